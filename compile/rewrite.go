package compile

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/galeproject/gale/module"
)

// rewriter edits the code of one piece.
type rewriter struct {
	*analysis
	f         *file
	p         *piece
	used      map[string]bool     // imports
	selected  map[*ast.Ident]bool // names behind a dot
	recursive map[*piece]bool
	started   *ast.CallExpr // by the go statement at hand
}

// rewrite edits all live pieces.
func (a *analysis) rewrite() {
	recursive := map[*piece]bool{}
	for p := range a.live {
		if p.kind == funcDecl || p.kind == methodDecl {
			recursive[p] = walk(p, a.calls)[p]
		}
	}
	for _, f := range a.files {
		f.edits = nil
		a.used[f] = map[string]bool{}
	}
	for _, p := range a.pieces {
		if a.live[p] && p.node != nil {
			r := &rewriter{analysis: a, f: p.file, p: p, used: a.used[p.file], selected: map[*ast.Ident]bool{}, recursive: recursive}
			ast.Inspect(p.node, r.visit)
		}
	}
}

func (r *rewriter) insert(pos token.Pos, text string) { r.f.replace(r.offset(pos), 0, text) }

func (r *rewriter) replaceNode(n ast.Node, text string) {
	r.f.replace(r.offset(n.Pos()), r.offset(n.End())-r.offset(n.Pos()), text)
}

func (r *rewriter) replaceNodeBy(n ast.Node, make func() string) {
	r.f.replaceBy(r.offset(n.Pos()), r.offset(n.End())-r.offset(n.Pos()), make)
}

// edited is the text of a node with its edits.
func (r *rewriter) edited(n ast.Node) string {
	return r.f.text(r.offset(n.Pos()), r.offset(n.End())-r.offset(n.Pos()))
}

func (r *rewriter) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ValueSpec:
		return r.valueSpec(n)
	case *ast.SelectorExpr:
		r.selected[n.Sel] = true
		return !r.exit(n)
	case *ast.Ident:
		r.ident(n)
	case *ast.ArrayType:
		return r.arrayType(n)
	case *ast.FuncDecl:
		r.funcDecl(n)
	case *ast.FuncLit:
		if r.callsOuter(n) {
			r.insert(n.Body.Lbrace+1, " rtᐧ.CheckStack();")
		}
	case *ast.ForStmt:
		r.insert(n.Body.Lbrace+1, r.stopCheck())
	case *ast.RangeStmt:
		if r.longRange(n) {
			r.insert(n.Body.Lbrace+1, r.stopCheck())
		}
	case *ast.GoStmt:
		r.goStmt(n)
	case *ast.CallExpr:
		r.remoteCall(n)
		if n != r.started { // its function is evaluated before
			r.methodCall(n)
		}
	}
	return true
}

// valueSpec leaves out the type of variables that have values: it is not part of the assignment that is generated.
func (r *rewriter) valueSpec(n *ast.ValueSpec) bool {
	if n != specOf(r.p) || r.p.kind != varDecl || n.Type == nil || len(n.Values) == 0 || blankOnly(n) {
		return true
	}
	for _, v := range n.Values {
		ast.Inspect(v, r.visit)
	}
	return false
}

// arrayType writes the length of an array as a number: the constants in it may be declared again while the type's text is kept.
func (r *rewriter) arrayType(n *ast.ArrayType) bool {
	length := r.length(n)
	if _, plain := n.Len.(*ast.BasicLit); plain || length == "" {
		return true
	}
	r.replaceNode(n.Len, length)
	ast.Inspect(n.Elt, r.visit)
	return false
}

func blankOnly(n *ast.ValueSpec) bool { return len(n.Names) == 1 && n.Names[0].Name == "_" }

// exit turns os.Exit and log.Fatal into what ends the cell, and fmt's Print functions into what prints for the cell, since several may run
// at once.
func (r *rewriter) exit(n *ast.SelectorExpr) bool {
	fn, ok := r.info.Uses[n.Sel].(*types.Func)
	if !ok || fn.Pkg() == nil || r.info.Selections[n] != nil {
		return false
	}
	switch fn.Pkg().Path() + "." + fn.Name() {
	case "os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln", "fmt.Print", "fmt.Printf", "fmt.Println":
		r.replaceNode(n, "νᐧspace."+fn.Name())
		return true
	}
	return false
}

func (r *rewriter) ident(n *ast.Ident) {
	o := r.info.Uses[n]
	if o == nil {
		o = r.info.Defs[n]
	}
	if o == nil {
		return
	}
	if text, ok := r.captured[n]; ok {
		r.replaceNode(n, text)
		return
	}
	if !r.selected[n] && o.Pkg() != nil && o.Pkg() != r.pkg {
		r.used["."+o.Pkg().Path()] = true
	}
	switch o := o.(type) {
	case *types.PkgName:
		r.used[o.Name()] = true
	case *types.TypeName:
		if r.ofPackage(o) {
			r.replaceNode(n, r.mark(o.Name()))
		}
	case *types.Func:
		r.funcIdent(n, o)
	case *types.Var:
		r.varIdent(n, o)
	}
}

func (r *rewriter) funcIdent(n *ast.Ident, o *types.Func) {
	if p := r.byObject[o.Origin()]; p != nil && (r.ofPackage(o) || p.init != "") {
		r.replaceNode(n, r.funcName(p))
		return
	}
	if r.ofPackage(o) {
		switch o.Name() {
		case "must":
			r.replaceNode(n, "rtᐧ.Must")
		case "show":
			r.replaceNode(n, "νᐧspace.Show")
		}
	}
}

func (r *rewriter) varIdent(n *ast.Ident, o *types.Var) {
	switch {
	case o.IsField():
		if name := r.embeddedType(o); name != "" && o.Pkg() == r.pkg {
			r.replaceNode(n, r.mark(name))
		}
	case r.notebookVar(o):
		r.replaceNode(n, r.symbolOf(o.Name(), r.f))
	case r.ofPackage(o) && o.Name() == "ctx":
		r.replaceNode(n, "νᐧspace.Context()")
	}
}

// embeddedType is the type of the package that an embedded field is named after, "" if there is none: the field is renamed with it.
func (u *unit) embeddedType(o *types.Var) string {
	if !o.Embedded() {
		return ""
	}
	t := o.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	var name *types.TypeName
	switch t := t.(type) {
	case *types.Named:
		name = t.Obj()
	case *types.Alias:
		name = t.Obj()
	}
	if name == nil || name.Pkg() != u.pkg || name.Name() != o.Name() {
		return ""
	}
	return name.Name()
}

func (r *rewriter) stopCheck() string {
	return fmt.Sprintf(" if atomicᐧ.LoadUint32(&stopᐧ%d) != 0 { νᐧspace.Stop() };", r.c.gen)
}

// funcDecl makes a function of a method: func (r T) M(a A) becomes func ƒᐧTᐧM_g(r T, a A).
func (r *rewriter) funcDecl(n *ast.FuncDecl) {
	if n.Recv != nil && !r.isGeneric(r.p.d.recv) {
		recv := n.Recv.List[0]
		name := "_"
		if len(recv.Names) > 0 {
			name = recv.Names[0].Name
		}
		// the type keeps its own edits: new text stands around it
		open, from, to := r.offset(n.Recv.Opening), r.offset(recv.Type.Pos()), r.offset(recv.Type.End())
		r.f.replace(open, from-open, r.funcName(r.p)+"("+name+" ")
		comma := ""
		if len(n.Type.Params.List) > 0 {
			comma = ", "
		}
		r.f.replace(to, r.offset(n.Type.Params.Opening)+1-to, comma)
		r.nameParams(n.Type.Params)
	}
	if r.recursive[r.p] {
		r.insert(n.Body.Lbrace+1, " rtᐧ.CheckStack();")
	}
}

// nameParams gives unnamed parameters the blank name, so that a named one can stand beside them.
func (r *rewriter) nameParams(l *ast.FieldList) {
	for _, p := range l.List {
		if len(p.Names) == 0 {
			r.insert(p.Type.Pos(), "_ ")
		}
	}
}

// callsOuter says whether a function literal calls a variable from outside: it may call itself.
func (r *rewriter) callsOuter(n *ast.FuncLit) bool {
	found := false
	ast.Inspect(n.Body, func(m ast.Node) bool {
		if c, ok := m.(*ast.CallExpr); ok {
			if id, ok := c.Fun.(*ast.Ident); ok {
				if v, ok := r.info.Uses[id].(*types.Var); ok && (v.Pos() < n.Pos() || v.Pos() > n.End()) {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// longRange says whether a range loop may run for long: over channels and functions, with calls or loops in it.
func (r *rewriter) longRange(n *ast.RangeStmt) bool {
	if t := r.info.TypeOf(n.X); t != nil {
		switch t.Underlying().(type) {
		case *types.Chan, *types.Signature:
			return true
		}
	}
	long := false
	ast.Inspect(n.Body, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.CallExpr:
			if tv, ok := r.info.Types[m.Fun]; !ok || !tv.IsType() && !tv.IsBuiltin() {
				long = true
			}
		case *ast.RangeStmt:
			long = true
		}
		return !long
	})
	return long
}

// goStmt makes goroutines belong to the run that starts them, and keeps their panics from ending the process.
func (r *rewriter) goStmt(n *ast.GoStmt) {
	c := n.Call
	r.started = c
	if lit, ok := c.Fun.(*ast.FuncLit); ok && !r.multiArg(c) {
		comma := func(more bool) string {
			if more {
				return ", "
			}
			return ""
		}
		r.insert(lit.Type.Params.Opening+1, "rᐧ *rtᐧ.Run"+comma(len(lit.Type.Params.List) > 0))
		r.nameParams(lit.Type.Params)
		r.insert(lit.Body.Lbrace+1, " defer νᐧspace.Guard(νᐧspace.Enter(rᐧ));")
		r.insert(c.Lparen+1, "νᐧspace.Fork()"+comma(len(c.Args) > 0))
		return
	}
	r.replaceNodeBy(n, func() string { return r.goText(c) })
}

// multiArg says whether the only argument of a call is a call with several results.
func (r *rewriter) multiArg(c *ast.CallExpr) bool {
	if len(c.Args) != 1 {
		return false
	}
	_, ok := r.info.TypeOf(c.Args[0]).(*types.Tuple)
	return ok
}

// goText writes go F(a, b) so that F, a and b are evaluated at once and the call is guarded.
func (r *rewriter) goText(c *ast.CallExpr) string {
	const guard = "defer νᐧspace.Guard(νᐧspace.Enter(rᐧ)); "
	tv := r.info.Types[c.Fun]
	if tv.IsBuiltin() || tv.IsType() {
		return "go func(rᐧ *rtᐧ.Run) { " + guard + r.edited(c) + " }(νᐧspace.Fork())"
	}
	names, values := []string{"rᐧ"}, []string{"νᐧspace.Fork()"}
	fun := r.edited(c.Fun)
	if !r.direct(c.Fun) {
		names, values = append(names, "fᐧ"), append(values, fun)
		fun = "fᐧ"
	}
	var args []string
	for i, x := range c.Args {
		at := r.info.Types[x]
		b, basic := at.Type.(*types.Basic)
		_, tuple := at.Type.(*types.Tuple)
		if at.Value != nil || tuple || basic && b.Info()&types.IsUntyped != 0 {
			args = append(args, r.edited(x))
			continue
		}
		name := fmt.Sprintf("a%dᐧ", i)
		names, values = append(names, name), append(values, r.edited(x))
		args = append(args, name)
	}
	dots := ""
	if c.Ellipsis.IsValid() {
		dots = "..."
	}
	return fmt.Sprintf("func() { %s := %s; go func() { %s%s(%s%s) }() }()", strings.Join(names, ", "), strings.Join(values, ", "), guard, fun, strings.Join(args, ", "), dots)
}

// direct says whether an expression names a function itself.
func (r *rewriter) direct(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		_, ok := r.info.Uses[x].(*types.Func)
		return ok
	case *ast.SelectorExpr:
		_, ok := r.info.Uses[x.Sel].(*types.Func)
		return ok && r.info.Selections[x] == nil
	case *ast.IndexExpr:
		return r.direct(x.X)
	case *ast.IndexListExpr:
		return r.direct(x.X)
	}
	return false
}

// methodCall makes x.M(a), where M is a method of a cell's type, a direct call of M's body.
func (r *rewriter) methodCall(c *ast.CallExpr) {
	se, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	sel := r.info.Selections[se]
	if sel == nil || sel.Kind() != types.MethodVal || types.IsInterface(sel.Recv()) || r.multiArg(c) {
		return
	}
	fn, ok := sel.Obj().(*types.Func)
	if !ok {
		return
	}
	p := r.byObject[fn.Origin()]
	if p == nil || p.kind != methodDecl || r.isGeneric(p.d.recv) {
		return
	}
	path, t, ok := r.selectionPath(r.info.TypeOf(se.X), sel.Index())
	if !ok || types.IsInterface(t) {
		return
	}
	take := ""
	switch wants, isPtr := isPointer(fn.Signature().Recv().Type()), isPointer(t); {
	case wants && !isPtr:
		take = "&"
	case !wants && isPtr:
		take = "*"
	}
	comma := ""
	if len(c.Args) > 0 {
		comma = ", "
	}
	r.insert(se.X.Pos(), r.funcName(p)+"("+take)
	end := r.offset(se.X.End())
	r.f.replace(end, r.offset(c.Lparen)+1-end, path+comma)
}

// selectionPath writes the embedded fields on the way to a method, and gives the type of the last.
func (r *rewriter) selectionPath(t types.Type, index []int) (path string, last types.Type, ok bool) {
	for _, i := range index[:len(index)-1] {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok {
			return "", nil, false
		}
		f := st.Field(i)
		if !f.Exported() && f.Pkg() != r.pkg {
			return "", nil, false
		}
		name := f.Name()
		if own := r.embeddedType(f); own != "" {
			name = r.mark(own)
		}
		path += "." + name
		t = f.Type()
	}
	return path, t, true
}

// predeclaredWrites refuses assignments to ctx.
func (a *analysis) predeclaredWrites() error {
	var err error
	for _, p := range a.c.fresh {
		if p.node == nil {
			continue
		}
		a.eachAssigned(p.node, func(id *ast.Ident) {
			if o, ok := a.info.Uses[id].(*types.Var); ok && err == nil && a.ofPackage(o) && !a.notebookVar(o) {
				q := a.position(id.Pos())
				err = a.c.fail(q.Line, q.Column, "%s is predeclared: define your own with %s := …", id.Name, id.Name)
			}
		})
	}
	return err
}

// fresh functions of a cell of the engines can be called by name.
func (a *analysis) callable(p *piece) bool {
	if a.c.scope != module.Engines || p.kind != funcDecl || p.older(a.c.gen) || p.init != "" {
		return false
	}
	fd, ok := p.node.(*ast.FuncDecl)
	return ok && fd.Type.TypeParams == nil
}
