package compile

import (
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"strings"

	"github.com/galeproject/gale/module"
)

// output is what a cell becomes.
type output struct {
	files   []string // generated Go
	imports []string
	module  *module.Module // without its image
}

// emit generates the module of a checked cell, nil if there is nothing to run or to call.
func (a *analysis) emit() (*output, error) {
	if !a.findLive() {
		return nil, nil
	}
	if err := a.findLifts(); err != nil {
		return nil, err
	}
	needs, err := a.checkScopes()
	if err != nil {
		return nil, err
	}
	a.rewrite()
	for name, p := range a.byType {
		if a.live[p] {
			a.freezeType(name, p)
		}
	}
	out := &output{module: a.tables(needs), files: []string{firstFile}}
	all := map[string]bool{}
	add := func(text string, imports map[string]string) {
		out.files = append(out.files, render(text))
		for _, p := range imports {
			all[p] = true
		}
	}
	for _, f := range a.files {
		if f == a.vars {
			continue
		}
		if text, imports := a.emitFile(f); text != "" {
			add(text, imports)
		}
	}
	text, imports, err := a.emitTail()
	if err != nil {
		return nil, err
	}
	add(text, imports)
	out.imports = sortedKeys(all)
	return out, a.err
}

// firstFile holds the first function of a module, which must be one that nobody asks for: its name stands at the beginning of the table of
// names, and the runtime takes that place for no name.
const firstFile = "package main\n//line gale:4\n//go:noinline\nfunc firstᐧ() {}\n"

// findLive marks what the module contains: what the cell runs or offers, with all that it reaches. It says whether there is anything.
func (a *analysis) findLive() bool {
	keep := func(p *piece) {
		for q := range a.reach(p) {
			a.live[q] = true
		}
	}
	for _, p := range a.c.run {
		keep(p)
	}
	for _, p := range a.pieces {
		// a method of a type that may have values already must reach them
		edited := p.kind == methodDecl && !p.older(a.c.gen) && len(a.c.st.versions[p.d.recv]) > 0
		if edited && a.byType[p.d.recv] != nil {
			keep(a.byType[p.d.recv])
		}
		if a.callable(p) || a.c.scope == module.Engines && p.kind == methodDecl && !p.older(a.c.gen) && a.byType[p.d.recv] != nil {
			keep(p)
		}
	}
	if len(a.live) == 0 {
		return false
	}
	// types of variables
	for grown := true; grown; {
		n := len(a.live)
		for p := range a.live {
			for v := range a.reads[p] {
				a.keepTypes(v, keep)
			}
			if p.kind == varDecl {
				for _, v := range p.names {
					a.keepTypes(v, keep)
				}
			}
		}
		grown = len(a.live) > n
	}
	return true
}

func (a *analysis) keepTypes(name string, keep func(*piece)) {
	o := a.pkg.Scope().Lookup(name)
	if o == nil {
		return
	}
	own := map[string]bool{}
	a.ownTypes(o.Type(), own)
	for t := range own {
		if p := a.byType[t]; p != nil && !a.live[p] {
			keep(p)
		}
	}
}

// tables makes the module's tables.
func (a *analysis) tables(needs []module.Need) *module.Module {
	m := &module.Module{ID: module.ID{Session: a.c.s.id, Gen: a.c.gen}, Host: a.c.t.Host(), Scope: a.c.scope, Cell: a.c.cell.Number, Needs: needs}
	vars := a.variables()
	for _, symbol := range sortedKeys(vars) {
		v := vars[symbol]
		// a variable that both scopes share belongs here to the cell's
		scope := v.scope
		if own := a.c.st.vars[a.c.scope][v.name]; own != nil && own.symbol == symbol {
			scope = a.c.scope
		}
		m.Vars = append(m.Vars, module.Var{Name: v.name, Symbol: symbol, Type: v.shown, Scope: scope, Cell: v.cell, Defined: a.newVars[v.name] == v})
	}
	for _, n := range sortedKeys(a.byType) {
		if a.registers(n) {
			m.Types = append(m.Types, module.Type{Name: n, Symbol: versionName(n, a.version[n])})
		}
	}
	for _, l := range a.lifts {
		m.Funcs = append(m.Funcs, module.Func{Symbol: l.name})
	}
	for _, p := range a.pieces {
		if a.live[p] && a.callable(p) {
			m.Funcs = append(m.Funcs, module.Func{Name: p.d.names[0], Symbol: a.funcName(p)})
		}
	}
	return m
}

// registers says whether a type is registered by name: not generic ones, aliases and constraints.
func (a *analysis) registers(name string) bool {
	if !a.live[a.byType[name]] || a.isGeneric(name) {
		return false
	}
	o, ok := a.pkg.Scope().Lookup(name).(*types.TypeName)
	if !ok || o.IsAlias() {
		return false
	}
	it, ok := o.Type().Underlying().(*types.Interface)
	return !ok || it.IsMethodSet()
}

// emitFile writes the live declarations of a file, and the entry functions into the file of the cell; "" if there is nothing.
func (a *analysis) emitFile(f *file) (string, map[string]string) {
	var body strings.Builder
	for _, p := range a.pieces {
		if p.file != f || p.d == nil || !a.live[p] {
			continue
		}
		body.WriteString(directives(p.d.doc))
		body.WriteString(lineBefore(p.cell, p.line, p.col))
		body.WriteString(f.text(p.off, p.end()-p.off))
		body.WriteString("\n")
		if p.kind == methodDecl && !a.isGeneric(p.d.recv) {
			fmt.Fprintf(&body, "//line gale:1\n%s\n", a.methodStub(p))
		}
	}
	if f.gen == a.c.gen {
		body.WriteString(a.emitRun(f))
		body.WriteString(a.emitReg())
	}
	for _, l := range a.lifts {
		if l.piece.file == f {
			body.WriteString(a.function(l))
		}
	}
	if body.Len() == 0 {
		return "", nil
	}
	imports := map[string]string{}
	for name, path := range f.imports {
		if strings.HasPrefix(name, "_") || a.used[f][name] {
			imports[name] = path
		}
	}
	maps.Copy(imports, a.extras[f])
	var b strings.Builder
	writeImports(&b, imports, func(string) bool { return true })
	imports["rtᐧ"] = cellrtPath
	b.WriteString("import rtᐧ \"" + cellrtPath + "\"\nimport atomicᐧ \"sync/atomic\"\nimport unsafeᐧ \"unsafe\"\n")
	b.WriteString("var _ = rtᐧ.CheckStack\nvar _ = atomicᐧ.LoadUint32\nvar _ unsafeᐧ.Pointer\n")
	b.WriteString(body.String())
	return b.String(), imports
}

// directives keeps the compiler's directives of a declaration's comments.
func directives(doc string) string {
	var b strings.Builder
	for l := range strings.Lines(doc) {
		if l = strings.TrimSpace(l); strings.HasPrefix(l, "//go:") {
			b.WriteString(l + "\n")
		}
	}
	return b.String()
}

// emitRun writes the function that runs the cell.
func (a *analysis) emitRun(f *file) string {
	var b strings.Builder
	fmt.Fprintf(&b, "//line gale:2\nfunc runᐧ%d(rᐧ *rtᐧ.Run) {\n", a.c.gen)
	order := a.c.run
	if a.c.onlyDecls {
		order = a.initOrder()
	}
	var inits []*piece
	for _, p := range order {
		switch {
		case p.init != "":
			inits = append(inits, p)
		case p.kind == statement:
			b.WriteString(lineBefore(p.cell, p.line, p.col))
			b.WriteString(a.emitStatement(f, p))
		default:
			b.WriteString(lineBefore(p.cell, p.line, p.col))
			b.WriteString(a.emitAssignment(f, p))
		}
	}
	for _, p := range inits {
		b.WriteString(p.init + "()\n")
	}
	b.WriteString("\n//line gale:3\n}\n")
	return b.String()
}

// emitStatement writes a statement; the last expression is shown.
func (a *analysis) emitStatement(f *file, p *piece) string {
	text := f.text(p.off, p.end()-p.off)
	st, ok := p.node.(*ast.ExprStmt)
	if !p.last || !ok {
		return text + "\n"
	}
	return a.resultCall(st.X, p.quiet, text) + "\n"
}

// resultCall writes what becomes of the last expression.
func (a *analysis) resultCall(x ast.Expr, quiet bool, text string) string {
	tv := a.info.Types[x]
	if tv.Type == nil || tv.IsVoid() {
		return text
	}
	values, fails := 1, isError(tv.Type)
	if t, ok := tv.Type.(*types.Tuple); ok {
		values = t.Len()
		fails = values > 0 && isError(t.At(values-1).Type())
	}
	call, isCall := ast.Unparen(x).(*ast.CallExpr)
	switch {
	case fails && isCall && (quiet || values == 1 || a.isPrint(call)):
		return "rᐧ.Check(" + text + ")"
	case fails && quiet, quiet && !isCall:
		return "_ = " + text
	case quiet:
		return text
	case fails && isCall:
		return "rᐧ.ResultError(" + text + ")"
	case fails:
		return "rᐧ.Error(" + text + ")"
	}
	return "rᐧ.Result(" + text + ")"
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// isPrint says whether a call writes and gives the number of bytes, which nobody wants to see.
func (a *analysis) isPrint(c *ast.CallExpr) bool {
	fn := a.callee(c)
	if fn == nil || fn.Signature().Results().Len() != 2 {
		return false
	}
	b, ok := fn.Signature().Results().At(0).Type().(*types.Basic)
	if !ok || b.Info()&types.IsInteger == 0 {
		return false
	}
	for _, prefix := range []string{"Print", "Fprint", "Write"} {
		if strings.HasPrefix(fn.Name(), prefix) {
			return true
		}
	}
	return false
}

// emitAssignment writes what a definition of variables becomes: an assignment to package variables.
func (a *analysis) emitAssignment(f *file, p *piece) string {
	vs := specOf(p)
	var left []string
	for i, n := range p.names {
		if n == "_" || p.again[i] {
			left = append(left, a.again(p, i, n, f))
		} else {
			left = append(left, a.symbolOf(n, f))
		}
	}
	if len(vs.Values) == 0 {
		var b strings.Builder
		t := a.nodeText(f, vs.Type)
		for _, l := range left {
			if l != "_" {
				fmt.Fprintf(&b, "%s = *new(%s)\n", l, t)
			}
		}
		return b.String()
	}
	from, to := a.offset(vs.Values[0].Pos()), a.offset(vs.Values[len(vs.Values)-1].End())
	q := a.position(vs.Values[0].Pos())
	right := f.text(from, to-from)
	if vs.Type != nil && blankOnly(vs) {
		right = "(" + a.nodeText(f, vs.Type) + ")(" + right + ")"
	}
	return fmt.Sprintf("%s = %s%s\n", strings.Join(left, ", "), lineHere(p.cell, q.Line, q.Column), right)
}

// again is the left side for a name that := meets again in the same cell: it is assigned to, as in Go.
func (a *analysis) again(p *piece, i int, name string, f *file) string {
	if name == "_" || !p.again[i] {
		return "_"
	}
	return a.symbolOf(name, f)
}

func (a *analysis) nodeText(f *file, n ast.Node) string {
	return f.text(a.offset(n.Pos()), a.offset(n.End())-a.offset(n.Pos()))
}

// emitReg writes the function that registers names, and the two that package plugin finds.
func (a *analysis) emitReg() string {
	var b strings.Builder
	n := a.c.gen
	fmt.Fprintf(&b, "//line gale:5\nfunc regᐧ%d(rᐧ *rtᐧ.Registrar) {\nfirstᐧ()\nνᐧspace = rᐧ.Space\nrᐧ.Stop = &stopᐧ%d\n", n, n)
	for _, p := range a.pieces {
		if p.kind == methodDecl && a.live[p] && !a.isGeneric(p.d.recv) {
			key := versionName(p.d.recv, a.version[p.d.recv]) + "." + p.d.names[0]
			fmt.Fprintf(&b, "if rᐧ.Method(%q) { %s = %s }\n", key, a.bodyName(p.d.recv, p.d.names[0]), a.funcName(p))
		}
	}
	vars := a.variables()
	for _, symbol := range sortedKeys(vars) {
		fmt.Fprintf(&b, "rᐧ.Var(%q, %q, &%s)\n", vars[symbol].name, symbol, symbol)
	}
	for _, name := range sortedKeys(a.byType) {
		if a.registers(name) {
			t := versionName(name, a.version[name])
			fmt.Fprintf(&b, "rᐧ.Type(%q, %q, (*%s)(nil))\n", name, t, t)
		}
	}
	for _, l := range a.lifts {
		fmt.Fprintf(&b, "rᐧ.Func(\"\", %q, %s)\n", l.name, l.name)
	}
	for _, p := range a.pieces {
		if a.live[p] && a.callable(p) {
			fmt.Fprintf(&b, "rᐧ.Func(%q, %q, %s)\n", p.d.names[0], a.funcName(p), a.funcName(p))
		}
	}
	fmt.Fprintf(&b, "}\ntype argᐧ%d struct { Reg *rtᐧ.Registrar; Run *rtᐧ.Run }\n", n)
	fmt.Fprintf(&b, "func Reg(a *argᐧ%d) { regᐧ%d(a.Reg) }\nfunc Run(a *argᐧ%d) { runᐧ%d(a.Run) }\nfunc main() {}\nvar stopᐧ%d uint32\nvar νᐧspace *rtᐧ.Space\n", n, n, n, n, n)
	return b.String()
}

// methodStub is the method that calls the newest body.
func (a *analysis) methodStub(p *piece) string {
	fd, ok := p.node.(*ast.FuncDecl)
	if !ok {
		return ""
	}
	f := p.file
	recv := a.nodeText(f, fd.Recv.List[0].Type)
	types, params, args := []string{recv}, []string{}, []string{"rᐧ"}
	i := 0
	for _, field := range fd.Type.Params.List {
		t := withoutBlank(a.nodeText(f, field.Type))
		for range max(1, len(field.Names)) {
			name := fmt.Sprintf("p%dᐧ", i)
			i++
			params, types = append(params, name+" "+t), append(types, t)
			if _, ok := field.Type.(*ast.Ellipsis); ok {
				name += "..."
			}
			args = append(args, name)
		}
	}
	var results []string
	if fd.Type.Results != nil {
		for _, field := range fd.Type.Results.List {
			for range max(1, len(field.Names)) {
				results = append(results, a.nodeText(f, field.Type))
			}
		}
	}
	res, ret := "", ""
	if len(results) > 0 {
		res, ret = " ("+strings.Join(results, ", ")+")", "return "
	}
	body := a.bodyName(p.d.recv, p.d.names[0])
	return fmt.Sprintf("var %s func(%s)%s\nfunc (rᐧ %s) %s(%s)%s { %s%s(%s) }", body, strings.Join(types, ", "), res, recv, p.d.names[0], strings.Join(params, ", "), res, ret, body, strings.Join(args, ", "))
}

// withoutBlank takes away the name that nameParams gave.
func withoutBlank(t string) string { return strings.TrimPrefix(t, "_ ") }

// emitTail writes what belongs to no cell: variables, old versions of types, captured values.
func (a *analysis) emitTail() (string, map[string]string, error) {
	imports := map[string]string{"unsafeᐧ": "unsafe"}
	var tail strings.Builder
	for _, l := range a.lifts {
		tail.WriteString(a.captures(l, imports))
	}
	emitted := map[string]bool{}
	for n, p := range a.byType {
		if a.live[p] {
			emitted[fmt.Sprintf("%s|%d", n, a.version[n])] = true
		}
	}
	var queue []string
	vars := a.variables()
	for _, symbol := range sortedKeys(vars) {
		v := vars[symbol]
		maps.Copy(imports, v.imports)
		fmt.Fprintf(&tail, "var %s %s\n", symbol, v.frozen)
		queue = append(queue, marks(v.frozen)...)
	}
	for len(queue) > 0 {
		m := queue[0]
		queue = queue[1:]
		if emitted[m] {
			continue
		}
		emitted[m] = true
		t, ok := a.c.st.frozen[m]
		if !ok {
			return "", nil, fmt.Errorf("compile: no text for version %s of a type", m)
		}
		fmt.Fprintf(&tail, "%s\n", t.text)
		maps.Copy(imports, t.imports)
		queue = append(queue, t.deps...)
	}
	text := tail.String()
	for name := range imports {
		if !strings.Contains(text, name+".") {
			delete(imports, name)
		}
	}
	var b strings.Builder
	writeImports(&b, imports, func(string) bool { return true })
	b.WriteString("//line gale:6\n" + text)
	return b.String(), imports, nil
}
