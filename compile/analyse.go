package compile

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/galeproject/gale/module"
)

// analysis is what the checked package says: which declaration uses which, which variables, in which generation.
type analysis struct {
	*unit
	byObject map[types.Object]*piece
	byType   map[string]*piece   // type name -> its declaration
	methods  map[string][]*piece // type name -> its methods
	deps     map[*piece]map[*piece]bool
	reads    map[*piece]map[string]token.Pos // older variables that a piece mentions, and variables of the cell
	writes   map[*piece]map[string]token.Pos // variables that it assigns to
	calls    map[*piece]map[*piece]bool
	reached  map[*piece]map[*piece]bool // memo of reach over deps, the piece itself included
	gens     map[*piece]int             // newest generation of what a piece reaches

	layout  map[string]string // type name -> layout key
	ident   map[string]string // type name -> identity key
	version map[string]int    // type name -> index of its version

	newVars     map[string]*variable
	newVersions map[string]string
	freeze      map[string]frozenType
	stale       map[string]bool

	live     map[*piece]bool // what the module contains
	lifts    []*lift
	liftOf   map[ast.Expr]*lift
	captured map[*ast.Ident]string       // use in a lifted function -> text
	extras   map[*file]map[string]string // imports that generated text needs
	used     map[*file]map[string]bool   // imports that live pieces use
	err      error                       // the first of the rewriting
}

// extra is the imports that generated text in a file needs.
func (a *analysis) extra(f *file) map[string]string {
	if a.extras[f] == nil {
		a.extras[f] = map[string]string{}
	}
	return a.extras[f]
}

// keepError keeps the first error.
func (a *analysis) keepError(err error) {
	if a.err == nil {
		a.err = err
	}
}

func (u *unit) analyse(stale map[string]bool) *analysis {
	a := &analysis{
		unit: u, byObject: map[types.Object]*piece{}, byType: map[string]*piece{}, methods: map[string][]*piece{}, deps: map[*piece]map[*piece]bool{},
		reads: map[*piece]map[string]token.Pos{}, writes: map[*piece]map[string]token.Pos{}, calls: map[*piece]map[*piece]bool{},
		reached: map[*piece]map[*piece]bool{}, gens: map[*piece]int{}, layout: map[string]string{}, ident: map[string]string{}, version: map[string]int{},
		newVars: map[string]*variable{}, newVersions: map[string]string{}, freeze: map[string]frozenType{}, stale: stale, captured: map[*ast.Ident]string{},
		live: map[*piece]bool{}, liftOf: map[ast.Expr]*lift{}, extras: map[*file]map[string]string{}, used: map[*file]map[string]bool{},
	}
	for _, f := range u.files {
		for _, d := range f.ast.Decls {
			a.bind(d)
		}
	}
	for _, p := range u.pieces {
		if p.node != nil {
			a.edges(p)
		}
	}
	return a
}

// bind finds the pieces of a file's declarations and the objects that they define.
func (a *analysis) bind(d ast.Decl) {
	p := a.pieceAt(d.Pos())
	switch d := d.(type) {
	case *ast.FuncDecl:
		if p == nil {
			if d.Name.Name == "runᐧ" {
				a.bindStatements(d)
			}
			return
		}
		p.node = d
		if o := a.info.Defs[d.Name]; o != nil {
			a.byObject[o] = p
		}
		if d.Recv != nil {
			n := receiverBase(d.Recv.List[0].Type)
			a.methods[n] = append(a.methods[n], p)
		}
	case *ast.GenDecl:
		if p == nil {
			return
		}
		p.node = d
		for _, sp := range d.Specs {
			switch sp := sp.(type) {
			case *ast.TypeSpec:
				a.byObject[a.info.Defs[sp.Name]] = p
				a.byType[sp.Name.Name] = p
			case *ast.ValueSpec:
				for _, n := range sp.Names {
					if o := a.info.Defs[n]; o != nil {
						a.byObject[o] = p
					}
				}
			}
		}
	}
}

func (a *analysis) bindStatements(d *ast.FuncDecl) {
	for _, st := range d.Body.List {
		if q := a.pieceAt(st.Pos()); q != nil && q.node == nil {
			q.node = st
		}
	}
}

// ofPackage says whether an object stands at the top level of the cell's package.
func (a *analysis) ofPackage(o types.Object) bool {
	return o != nil && o.Pkg() == a.pkg && o.Parent() == a.pkg.Scope()
}

// notebookVar says whether an object is a variable of the notebook: an older one or one that the cell defines.
func (a *analysis) notebookVar(o types.Object) bool {
	v, ok := o.(*types.Var)
	return ok && a.ofPackage(v) && (a.c.vars[v.Name()] != nil || a.c.defined[v.Name()])
}

// edges records what a piece uses.
func (a *analysis) edges(p *piece) {
	deps, reads, calls := map[*piece]bool{}, map[string]token.Pos{}, map[*piece]bool{}
	a.deps[p], a.reads[p], a.calls[p] = deps, reads, calls
	a.eachUse(p.node, func(o types.Object, pos token.Pos, recv types.Type) {
		if a.notebookVar(o) {
			if _, ok := reads[o.Name()]; !ok {
				reads[o.Name()] = pos
			}
		}
		fn, isFunc := o.(*types.Func)
		if q := a.byObject[o]; q != nil {
			if q != p {
				deps[q] = true
			}
			if isFunc {
				calls[q] = true
			}
		}
		if isFunc && recv != nil && types.IsInterface(recv) {
			for _, methods := range a.methods {
				for _, m := range methods {
					if m.d.names[0] == fn.Name() {
						calls[m] = true
					}
				}
			}
		}
	})
	if p.kind == typeDecl {
		for _, m := range a.methods[p.d.names[0]] {
			deps[m] = true
		}
	}
	a.writes[p] = a.assigned(p.node)
}

// eachUse visits the objects that code mentions; recv is set for fields and methods.
func (a *analysis) eachUse(n ast.Node, f func(o types.Object, pos token.Pos, recv types.Type)) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if o := a.info.Uses[n]; o != nil {
				f(origin(o), n.Pos(), nil)
			}
		case *ast.SelectorExpr:
			if sel := a.info.Selections[n]; sel != nil {
				f(origin(sel.Obj()), n.Sel.Pos(), sel.Recv())
			}
		}
		return true
	})
}

// origin is the generic function of an instance.
func origin(o types.Object) types.Object {
	if fn, ok := o.(*types.Func); ok {
		return fn.Origin()
	}
	return o
}

// assigned lists the notebook variables that code assigns to, wholly or a part that is not behind a pointer, slice or map.
func (a *analysis) assigned(n ast.Node) map[string]token.Pos {
	out := map[string]token.Pos{}
	a.eachAssigned(n, func(id *ast.Ident) {
		if o := a.info.Uses[id]; a.notebookVar(o) {
			if _, ok := out[o.Name()]; !ok {
				out[o.Name()] = id.Pos()
			}
		}
	})
	return out
}

// eachAssigned visits the variables at the root of what code assigns to.
func (a *analysis) eachAssigned(n ast.Node, f func(*ast.Ident)) {
	root := func(x ast.Expr) {
		if id := a.root(x); id != nil {
			f(id)
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, l := range n.Lhs {
					root(l)
				}
			} else {
				for _, l := range n.Lhs { // x, y := with an old x
					if id, ok := l.(*ast.Ident); ok && a.info.Uses[id] != nil {
						f(id)
					}
				}
			}
		case *ast.IncDecStmt:
			root(n.X)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				root(n.Key)
				if n.Value != nil {
					root(n.Value)
				}
			}
		}
		return true
	})
}

// root is the variable whose own memory an assignable expression denotes, nil if it is behind a pointer, slice or map.
func (a *analysis) root(x ast.Expr) *ast.Ident {
	for {
		switch y := x.(type) {
		case *ast.Ident:
			return y
		case *ast.ParenExpr:
			x = y.X
		case *ast.SelectorExpr:
			t := a.info.TypeOf(y.X)
			if sel := a.info.Selections[y]; sel == nil || sel.Indirect() || t == nil || isPointer(t) {
				return nil
			}
			x = y.X
		case *ast.IndexExpr:
			t := a.info.TypeOf(y.X)
			if t == nil {
				return nil
			}
			if _, ok := t.Underlying().(*types.Array); !ok {
				return nil
			}
			x = y.X
		default:
			return nil
		}
	}
}

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

// reach is what a piece uses, over any number of steps, itself included.
func (a *analysis) reach(p *piece) map[*piece]bool {
	if r := a.reached[p]; r != nil {
		return r
	}
	r := walk(p, a.deps)
	r[p] = true
	a.reached[p] = r
	return r
}

// walk is the set of pieces that edges lead to; p is in it only if it is in a circle.
func walk(p *piece, edges map[*piece]map[*piece]bool) map[*piece]bool {
	seen := map[*piece]bool{}
	queue := []*piece{p}
	for len(queue) > 0 {
		x := queue[0]
		queue = queue[1:]
		for y := range edges[x] {
			if !seen[y] {
				seen[y] = true
				queue = append(queue, y)
			}
		}
	}
	return seen
}

// readBy lists the notebook variables that code mentions, itself or through what it reaches.
func (a *analysis) readBy(n ast.Node) (vars map[string]bool, pieces map[*piece]bool) {
	vars, pieces = map[string]bool{}, map[*piece]bool{}
	a.eachUse(n, func(o types.Object, _ token.Pos, _ types.Type) {
		if a.notebookVar(o) {
			vars[o.Name()] = true
		}
		if p := a.byObject[o]; p != nil && p.d != nil {
			for q := range a.reach(p) {
				pieces[q] = true
				for v := range a.reads[q] {
					vars[v] = true
				}
			}
		}
	})
	return vars, pieces
}

// number gives each piece the newest generation of what it reaches.
func (a *analysis) number() {
	for _, p := range a.pieces {
		g := 0
		for q := range a.reach(p) {
			if q.d != nil {
				g = max(g, q.d.gen)
			} else if q.kind == varDecl {
				g = max(g, a.c.gen)
			}
			for v := range a.reads[q] {
				if old := a.c.vars[v]; old != nil {
					g = max(g, old.gen)
				} else {
					g = max(g, a.c.gen)
				}
			}
		}
		a.gens[p] = g
	}
}

// blameOld says which older declarations have errors and are not reached from the cell: a name occurs in the cell with another
// meaning. They can be left out.
func (a *analysis) blameOld() map[*decl]bool {
	need := map[*piece]bool{}
	for _, p := range a.pieces {
		if !p.older(a.c.gen) {
			for q := range a.reach(p) {
				need[q] = true
			}
		}
	}
	skip := map[*decl]bool{}
	for _, e := range a.errs {
		if p := a.pieceAt(e.pos); p != nil && p.older(a.c.gen) && !need[p] {
			skip[p.d] = true
		}
	}
	return skip
}

// order refuses uses of a variable before the statement that defines it, and functions that would have to see an old and a new
// variable of one name.
func (a *analysis) order() error {
	definedAt := map[string]int{}
	for i, p := range a.c.run {
		for j, n := range p.names {
			if n != "_" && !p.again[j] {
				definedAt[n] = i
			}
		}
	}
	for i, p := range a.c.run {
		if p.node == nil || p.d != nil {
			continue
		}
		for n, pos := range a.reads[p] {
			if at, ok := definedAt[n]; ok && (at > i && !a.c.onlyDecls || at == i && p.define) {
				q := a.position(pos)
				return a.c.fail(q.Line, q.Column, "undefined: %s", n)
			}
		}
		if err := a.assignable(p); err != nil {
			return err
		}
		if err := a.mixed(i, p, definedAt); err != nil {
			return err
		}
	}
	return nil
}

// assignable checks the values of names that := meets again in one cell: they are assigned, as in Go.
func (a *analysis) assignable(p *piece) error {
	vs := specOf(p)
	for i, n := range p.names {
		if !p.again[i] {
			continue
		}
		var t types.Type
		if len(vs.Values) == len(p.names) {
			t = a.info.TypeOf(vs.Values[i])
		} else if tuple, ok := a.info.TypeOf(vs.Values[0]).(*types.Tuple); ok && i < tuple.Len() {
			t = tuple.At(i).Type()
		}
		o := a.pkg.Scope().Lookup(n)
		if t == nil || o == nil || types.AssignableTo(t, o.Type()) {
			continue
		}
		return a.c.fail(p.line, p.col, "cannot use a value of type %s for %s, which is a %s", a.shown(t), n, a.shown(o.Type()))
	}
	return nil
}

// mixed finds a function that a piece calls and that reads a variable of which the type changes later in the cell.
func (a *analysis) mixed(i int, p *piece, definedAt map[string]int) error {
	if a.c.onlyDecls {
		return nil
	}
	for q := range a.reach(p) {
		if q == p || q.d == nil {
			continue
		}
		for n := range a.reads[q] {
			old, now := a.c.st.variable(a.c.scope, n), a.newVars[n]
			if at, ok := definedAt[n]; ok && at >= i && old != nil && now != nil && old.symbol != now.symbol {
				return a.c.fail(p.line, p.col, "%s reads %s, which this cell redefines with another type further down: make two cells of it", q.title(), n)
			}
		}
	}
	return nil
}

// initOrder is the order in which a cell of declarations sets its variables: as Go initialises package variables, then functions init.
func (a *analysis) initOrder() []*piece {
	var out []*piece
	seen := map[*piece]bool{}
	for _, in := range a.info.InitOrder {
		for _, l := range in.Lhs {
			if p := a.byObject[l]; p != nil && !seen[p] {
				seen[p] = true
				out = append(out, p)
			}
		}
	}
	var first, last []*piece
	for _, p := range a.c.run {
		switch {
		case p.init != "":
			last = append(last, p)
		case !seen[p]:
			first = append(first, p)
		}
	}
	out = slices.DeleteFunc(out, func(p *piece) bool { return p.d != nil })
	return slices.Concat(first, out, last)
}

// funcName is the generated name of a function or method: equal names mean equal code.
func (a *analysis) funcName(p *piece) string {
	switch {
	case p.init != "":
		return p.init
	case p.kind == methodDecl:
		return fmt.Sprintf("ƒᐧ%sᐧ%s_g%d%s", p.d.recv, p.d.names[0], a.gens[p], a.suffix(p))
	}
	return fmt.Sprintf("ƒᐧ%s_g%d%s", p.d.names[0], a.gens[p], a.suffix(p))
}

// suffix tells the code of a function that uses variables of the engines from that of the same function in the notebook.
func (a *analysis) suffix(p *piece) string {
	local := a.c.st.vars[module.Local]
	for q := range a.reach(p) {
		for n := range a.reads[q] {
			v := a.c.vars[n]
			if v == nil {
				v = a.newVars[n]
			}
			if v != nil && v.scope == module.Engines && (local[n] == nil || local[n].symbol != v.symbol) {
				return "e"
			}
		}
	}
	return ""
}

// bodyName is the name of the variable through which a method's stub calls its body.
func (a *analysis) bodyName(recv, method string) string {
	return fmt.Sprintf("μᐧ%sᐧ%s", versionName(recv, a.version[recv]), method)
}
