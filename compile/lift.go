package compile

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/galeproject/gale/module"
)

// lift is a function that is given to a package which runs it elsewhere: it becomes a top-level function λ whose first parameter holds
// what it captured, and in its place stands a closure that calls λ and whose record says how to make it again in another process.
type lift struct {
	name  string
	piece *piece
	expr  ast.Expr     // in place of which the closure stands
	lit   *ast.FuncLit // a literal; nil for a named function, a method expression or a method value
	recv  ast.Expr     // of a method value
	outer *lift        // literal that this one stands in
	sig   *types.Signature

	vars   []*types.Var // captured
	fields []string     // their names in the struct
}

// findLifts finds the functions given to remote packages in live pieces.
func (a *analysis) findLifts() error {
	for _, p := range a.pieces {
		if !a.live[p] || p.node == nil {
			continue
		}
		ast.Inspect(p.node, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok && a.isRemote(c) {
				for _, arg := range c.Args {
					a.addLift(p, ast.Unparen(arg))
				}
			}
			return true
		})
	}
	for _, l := range a.lifts {
		if err := a.checkLift(l); err != nil {
			return err
		}
	}
	return nil
}

// callee is the function or method that a call names, nil for others.
func (a *analysis) callee(c *ast.CallExpr) *types.Func {
	x := ast.Unparen(c.Fun)
	for {
		switch y := x.(type) {
		case *ast.IndexExpr:
			x = y.X
			continue
		case *ast.IndexListExpr:
			x = y.X
			continue
		}
		break
	}
	var o types.Object
	switch x := x.(type) {
	case *ast.Ident:
		o = a.info.Uses[x]
	case *ast.SelectorExpr:
		o = a.info.Uses[x.Sel]
	}
	fn, _ := o.(*types.Func)
	return fn
}

func (a *analysis) isRemote(c *ast.CallExpr) bool {
	fn := a.callee(c)
	return fn != nil && fn.Pkg() != nil && a.c.t.remote[fn.Pkg().Path()]
}

// addLift takes an argument up if it is a function that can be named.
func (a *analysis) addLift(p *piece, x ast.Expr) {
	t := a.info.TypeOf(x)
	if t == nil || a.liftOf[x] != nil {
		return
	}
	sig, ok := t.Underlying().(*types.Signature)
	if !ok {
		return
	}
	l := &lift{name: fmt.Sprintf("λᐧ%d_%d", a.c.gen, len(a.lifts)+1), piece: p, expr: x, sig: sig}
	switch y := x.(type) {
	case *ast.FuncLit:
		l.lit = y
	case *ast.Ident, *ast.IndexExpr, *ast.IndexListExpr:
		if !a.namesFunction(x) {
			return
		}
	case *ast.SelectorExpr:
		if sel := a.info.Selections[y]; sel != nil && sel.Kind() == types.MethodVal {
			l.recv = y.X
		} else if !a.namesFunction(x) {
			return
		}
	default:
		return
	}
	for _, o := range slices.Backward(a.lifts) {
		if o.lit != nil && o.lit.Pos() < x.Pos() && x.End() <= o.lit.End() {
			l.outer = o
			break
		}
	}
	a.lifts = append(a.lifts, l)
	a.liftOf[x] = l
}

// namesFunction says whether an expression names a function or a method expression.
func (a *analysis) namesFunction(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		_, ok := a.info.Uses[x].(*types.Func)
		return ok
	case *ast.SelectorExpr:
		_, ok := a.info.Uses[x.Sel].(*types.Func)
		return ok
	case *ast.IndexExpr:
		return a.namesFunction(x.X)
	case *ast.IndexListExpr:
		return a.namesFunction(x.X)
	}
	return false
}

// checkLift finds what a lifted function captures, and refuses what cannot work elsewhere.
func (a *analysis) checkLift(l *lift) error {
	if err := a.capture(l); err != nil {
		return err
	}
	var err error
	refuse := func(pos token.Pos, format string, args ...any) {
		if err == nil {
			err = a.c.diagnose(diagnosticAt(a.position(pos), fmt.Sprintf(format, args...)))
		}
	}
	if l.lit != nil {
		a.eachAssigned(l.lit.Body, func(id *ast.Ident) {
			if v, ok := a.info.Uses[id].(*types.Var); ok && slices.Contains(l.vars, v) {
				refuse(id.Pos(), "a remote function works on a copy of %s; return the value", v.Name())
			}
		})
	}
	check := func(writes map[string]token.Pos) {
		for _, n := range sortedKeys(writes) {
			if !a.ofEngines(n) {
				refuse(writes[n], "%s lives in the notebook: return the value, or define %s on the engines", n, n)
			}
		}
	}
	if l.lit != nil {
		check(a.assigned(l.lit))
	}
	vars, pieces := a.liftReads(l)
	for p := range pieces {
		check(a.writes[p])
	}
	for _, n := range sortedKeys(vars) {
		if here, there := a.c.st.vars[module.Local][n], a.c.st.vars[module.Engines][n]; a.c.scope == module.Local && there != nil {
			if now := a.newVars[n]; now != nil {
				here = now
			}
			if here != nil && here.symbol != there.symbol {
				refuse(l.expr.Pos(), "%s is a %s in the notebook (cell %d) and a %s on the engines (cell %d): a function that runs there would take it for the notebook's; give one another name", n, here.shown, here.cell, there.shown, there.cell)
			}
		}
	}
	return err
}

// liftReads is readBy for a lifted function: the receiver of a method value is captured, not read.
func (a *analysis) liftReads(l *lift) (vars map[string]bool, pieces map[*piece]bool) {
	if se, ok := l.expr.(*ast.SelectorExpr); ok && l.recv != nil {
		return a.readBy(se.Sel)
	}
	return a.readBy(l.expr)
}

// ofEngines says whether a name means the engines' own variable in a function that runs there.
func (a *analysis) ofEngines(name string) bool {
	return a.c.st.vars[module.Engines][name] != nil || a.c.scope == module.Engines && a.newVars[name] != nil
}

// capture lists the local variables that a lifted function uses from outside, and says how it reads them.
func (a *analysis) capture(l *lift) error {
	if l.recv != nil {
		return a.captureReceiver(l)
	}
	if l.lit == nil {
		return nil
	}
	taken := map[string]bool{}
	var err error
	ast.Inspect(l.lit, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		if o, ok := a.info.Uses[id].(*types.TypeName); ok && err == nil {
			err = a.outerType(l, id, o)
		}
		v, ok := a.info.Uses[id].(*types.Var)
		if !ok || v.IsField() || v.Pkg() != a.pkg || a.ofPackage(v) || v.Pos() >= l.lit.Pos() && v.Pos() < l.lit.End() {
			return true
		}
		i := slices.Index(l.vars, v)
		if i < 0 {
			name := v.Name()
			for taken[name] {
				name += "ᐧ"
			}
			taken[name] = true
			i = len(l.vars)
			l.vars, l.fields = append(l.vars, v), append(l.fields, name)
			if _, terr := a.typeText(v.Type(), a.mark, map[string]string{}); terr != nil && err == nil {
				err = a.c.diagnose(diagnosticAt(a.position(id.Pos()), fmt.Sprintf("a remote function cannot take %s with it: %v", v.Name(), terr)))
			}
		}
		a.captured[id] = "cᐧ." + l.fields[i]
		return true
	})
	if err == nil {
		if _, terr := a.typeText(l.sig, a.mark, map[string]string{}); terr != nil {
			err = a.c.diagnose(diagnosticAt(a.position(l.lit.Pos()), fmt.Sprintf("a remote function cannot have such a parameter or result: %v", terr)))
		}
	}
	return err
}

// outerType refuses types and type parameters of the function around a literal.
func (a *analysis) outerType(l *lift, id *ast.Ident, o *types.TypeName) error {
	if o.Pkg() != a.pkg || a.ofPackage(o) || o.Pos() >= l.lit.Pos() && o.Pos() < l.lit.End() {
		return nil
	}
	return a.c.diagnose(diagnosticAt(a.position(id.Pos()), fmt.Sprintf("a remote function cannot use %s, which is local to the function around it; declare the type at the top level", o.Name())))
}

// captureReceiver checks that the receiver of a method value can travel.
func (a *analysis) captureReceiver(l *lift) error {
	if _, err := a.typeText(a.info.TypeOf(l.recv), a.mark, map[string]string{}); err != nil {
		return a.c.diagnose(diagnosticAt(a.position(l.recv.Pos()), fmt.Sprintf("a remote function cannot take its receiver with it: %v", err)))
	}
	return nil
}

// remoteCall puts closures in place of the functions given to a remote package, and passes the record of a function on to the function that
// such a call makes of it.
func (r *rewriter) remoteCall(c *ast.CallExpr) {
	if !r.isRemote(c) {
		return
	}
	var first *lift
	for _, arg := range c.Args {
		if l := r.liftOf[ast.Unparen(arg)]; l != nil {
			if first == nil {
				first = l
			}
			r.replaceNodeBy(l.expr, func() string { return r.closure(l) })
		}
	}
	result := r.info.TypeOf(c)
	if first == nil || result == nil {
		return
	}
	if _, ok := result.Underlying().(*types.Signature); !ok || len(c.Args) != 1 {
		return
	}
	t, err := r.typeText(result, r.mark, r.extra(r.f))
	if err != nil {
		r.keepError(r.c.diagnose(diagnosticAt(r.position(c.Pos()), err.Error())))
		return
	}
	r.replaceNodeBy(c, func() string {
		from, to := r.offset(c.Pos()), r.offset(c.Lparen)+1
		return fmt.Sprintf("func() %s { fᐧ := %s; lᐧ, _ := νᐧspace.Lifted(fᐧ); return rtᐧ.Lift(νᐧspace, lᐧ, %sfᐧ)) }()", t, r.closure(first), r.f.text(from, to-from))
	})
}

// closure is the text that stands in place of a lifted function.
func (r *rewriter) closure(l *lift) string {
	t, err := r.typeText(l.sig, r.mark, r.extra(r.f))
	if err != nil {
		r.keepError(r.c.diagnose(diagnosticAt(r.position(l.expr.Pos()), err.Error())))
		return ""
	}
	params, args, results := r.forward(l.sig)
	ret := ""
	if results != "" {
		ret = "return "
	}
	capture, record := "var cᐧ *"+l.name+"cap", ""
	if values := r.values(l); values != "" {
		capture, record = "cᐧ := &"+l.name+"cap{"+values+"}", "Cap: cᐧ, "
	}
	return fmt.Sprintf("func() %s { %s; return rtᐧ.Lift(νᐧspace, rtᐧ.Lifted{Session: %q, Gen: %d, Symbol: %q, %s%s}, func(%s)%s { %s%s(cᐧ%s) }) }()",
		t, capture, r.c.s.id, r.c.gen, l.name, record, r.record(l), params, results, ret, l.name, args)
}

// values are the fields of the struct of captured values, "" if there are none.
func (r *rewriter) values(l *lift) string {
	if l.recv != nil {
		take := ""
		if r.addressed(l) {
			take = "&"
		}
		return "recv: " + take + r.edited(l.recv)
	}
	var list []string
	for i, v := range l.vars {
		value := v.Name()
		if o := l.outer; o != nil {
			if j := slices.Index(o.vars, v); j >= 0 {
				value = "cᐧ." + o.fields[j]
			}
		}
		list = append(list, l.fields[i]+": "+value)
	}
	return strings.Join(list, ", ")
}

// addressed says whether a method value takes the address of its receiver.
func (a *analysis) addressed(l *lift) bool {
	se, ok := l.expr.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	sel := a.info.Selections[se]
	fn, ok := sel.Obj().(*types.Func)
	return ok && !sel.Indirect() && !isPointer(sel.Recv()) && !types.IsInterface(sel.Recv()) && isPointer(fn.Signature().Recv().Type())
}

// forward writes parameters with generated names, the arguments that pass them on, and results.
func (r *rewriter) forward(sig *types.Signature) (params, args, results string) {
	w := &typeWriter{pkg: r.pkg, name: r.mark, imports: r.extra(r.f)}
	var list []string
	for i := range sig.Params().Len() {
		t := w.text(sig.Params().At(i).Type())
		name := fmt.Sprintf("p%dᐧ", i)
		args += ", " + name
		if sig.Variadic() && i == sig.Params().Len()-1 {
			t = "..." + strings.TrimPrefix(t, "[]")
			args += "..."
		}
		list = append(list, name+" "+t)
	}
	if sig.Results().Len() > 0 {
		results = " " + w.tuple(sig.Results(), false)
	}
	return strings.Join(list, ", "), args, results
}

// record writes the variables of a lifted function's record.
func (r *rewriter) record(l *lift) string {
	names, _ := r.liftReads(l)
	var vars, needs strings.Builder
	for _, n := range sortedKeys(names) {
		v := r.lookup(n)
		if e := r.c.st.vars[module.Engines][n]; e != nil && r.newVars[n] == nil {
			v = e
		}
		switch {
		case v == nil:
		case r.ofEngines(n):
			fmt.Fprintf(&needs, "{Name: %q, Symbol: %q, Cell: %d}, ", v.name, v.symbol, v.cell)
		default:
			fmt.Fprintf(&vars, "{Name: %q, Symbol: %q, Cell: %d, P: &%s}, ", v.name, v.symbol, v.cell, v.symbol)
		}
	}
	text := ""
	if vars.Len() > 0 {
		text += "Vars: []rtᐧ.LiftedVar{" + vars.String() + "}, "
	}
	if needs.Len() > 0 {
		text += "Needs: []rtᐧ.Need{" + needs.String() + "}, "
	}
	return text
}

// function writes λ.
func (a *analysis) function(l *lift) string {
	r := &rewriter{analysis: a, f: l.piece.file, p: l.piece}
	if l.lit == nil {
		params, args, results := r.forward(l.sig)
		ret := ""
		if results != "" {
			ret = "return "
		}
		if params != "" {
			params = ", " + params
		}
		return fmt.Sprintf("//line gale:4\nfunc %s(cᐧ *%scap%s)%s { %s%s(%s) }\n", l.name, l.name, params, results, ret, r.target(l), strings.TrimPrefix(args, ", "))
	}
	params := strings.TrimSuffix(strings.TrimPrefix(r.edited(l.lit.Type.Params), "("), ")")
	if params != "" {
		params = ", " + params
		if names := l.lit.Type.Params.List; len(names) > 0 && len(names[0].Names) == 0 {
			params, _, _ = r.forward(l.sig)
			params = ", " + params
		}
	}
	results := ""
	if l.lit.Type.Results != nil {
		results = " " + r.edited(l.lit.Type.Results)
	}
	q := r.position(l.lit.Body.Pos())
	return fmt.Sprintf("//line gale:4\nfunc %s(cᐧ *%scap%s)%s %s%s\n", l.name, l.name, params, results, lineHere(l.piece.cell, q.Line, q.Column), r.edited(l.lit.Body))
}

// target is the function that a lifted name means, as λ calls it.
func (r *rewriter) target(l *lift) string {
	if l.recv != nil {
		se, ok := l.expr.(*ast.SelectorExpr)
		if ok {
			return "cᐧ.recv." + se.Sel.Name
		}
	}
	id, ok := l.expr.(*ast.Ident)
	if se, isSel := l.expr.(*ast.SelectorExpr); isSel {
		id, ok = se.Sel, true
	}
	text := r.f.inside(r.offset(l.expr.Pos()), r.offset(l.expr.End())-r.offset(l.expr.Pos()))
	if !ok {
		return text
	}
	in, generic := r.info.Instances[id]
	if !generic || in.TypeArgs.Len() == 0 {
		return "(" + text + ")"
	}
	w := &typeWriter{pkg: r.pkg, name: r.mark, imports: r.extra(r.f)}
	var list []string
	for t := range in.TypeArgs.Types() {
		list = append(list, w.text(t))
	}
	return text + "[" + strings.Join(list, ", ") + "]"
}

// captures writes the struct of captured values.
func (a *analysis) captures(l *lift, imports map[string]string) string {
	w := &typeWriter{pkg: a.pkg, name: a.mark, imports: imports}
	var b strings.Builder
	fmt.Fprintf(&b, "type %scap struct {\n", l.name)
	if l.recv != nil {
		t := w.text(a.info.TypeOf(l.recv))
		if a.addressed(l) {
			t = "*" + t
		}
		fmt.Fprintf(&b, "recv %s\n", t)
	}
	for i, v := range l.vars {
		fmt.Fprintf(&b, "%s %s\n", l.fields[i], w.text(v.Type()))
	}
	b.WriteString("}\n")
	return b.String()
}
