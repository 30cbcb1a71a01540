package compile

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"github.com/galeproject/gale/module"
)

// makeVars works out the variables that the cell defines.
func (a *analysis) makeVars() error {
	for _, p := range a.pieces {
		if p.kind != varDecl || p.d != nil {
			continue
		}
		names := specOf(p)
		for i, n := range p.names {
			if n == "_" || p.again[i] {
				continue
			}
			o := a.info.Defs[names.Names[i]]
			if o == nil {
				continue
			}
			v, err := a.newVariable(n, o.Type())
			if err != nil {
				return a.c.fail(p.line, p.col, "%v", err)
			}
			a.newVars[n] = v
		}
	}
	return nil
}

func (a *analysis) newVariable(name string, t types.Type) (*variable, error) {
	v := &variable{
		name: name, scope: a.c.scope, shown: a.shown(t), keys: map[string]string{}, layouts: map[string]string{}, imports: map[string]string{},
		gen: a.c.gen, cell: a.c.cell.Number,
	}
	var err error
	if v.text, err = a.typeText(t, func(s string) string { return s }, v.imports); err != nil {
		return nil, err
	}
	if v.frozen, err = a.typeText(t, a.mark, v.imports); err != nil {
		return nil, err
	}
	own := map[string]bool{}
	a.ownTypes(t, own)
	for n := range own {
		if base, i, old := splitVersion(n); old {
			v.keys[base], v.layouts[base] = a.c.st.versions[base][i], "old"
		} else {
			v.keys[n], v.layouts[n] = a.ident[n], a.layout[n]
		}
	}
	v.symbol = fmt.Sprintf("νᐧ%s_%d", name, a.c.gen)
	// the same name with the same type is the same memory, in either scope
	for _, scope := range []module.Scope{a.c.scope, other(a.c.scope)} {
		if old := a.c.st.vars[scope][name]; old != nil && old.frozen == v.frozen {
			v.symbol, v.gen = old.symbol, old.gen
			break
		}
	}
	return v, nil
}

// symbolOf is the text that stands for a notebook variable in generated code.
func (a *analysis) symbolOf(name string, f *file) string {
	if v := a.newVars[name]; v != nil {
		return v.symbol
	}
	v := a.c.vars[name]
	if v == nil {
		return name
	}
	if a.isAncestor(name, v) {
		if o := a.pkg.Scope().Lookup(name); o != nil {
			if t, err := a.typeText(o.Type(), a.mark, a.extra(f)); err == nil {
				return fmt.Sprintf("(*(*%s)(unsafeᐧ.Pointer(&%s)))", t, v.symbol)
			}
		}
	}
	return v.symbol
}

// lookup is the variable that a name means in the cell.
func (a *analysis) lookup(name string) *variable {
	if v := a.newVars[name]; v != nil {
		return v
	}
	return a.c.vars[name]
}

// variables lists the variables that the module declares, by symbol: those that live pieces mention, and those that the cell defines.
func (a *analysis) variables() map[string]*variable {
	out := map[string]*variable{}
	for p := range a.live {
		for n := range a.reads[p] {
			if v := a.lookup(n); v != nil {
				out[v.symbol] = v
			}
		}
	}
	for _, v := range a.newVars {
		out[v.symbol] = v
	}
	return out
}

// checkScopes refuses code of the notebook that reads a variable which only the engines have, outside of functions that will run there,
// and gives the variables that must be set before the cell runs.
func (a *analysis) checkScopes() ([]module.Need, error) {
	seen := map[*piece]bool{}
	needs := map[string]module.Need{}
	var visit func(p *piece) error
	visit = func(p *piece) error {
		if seen[p] || p.node == nil {
			return nil
		}
		seen[p] = true
		var err error
		var next []*piece
		a.eachLocalUse(p.node, func(o types.Object, pos token.Pos) {
			if q := a.byObject[o]; q != nil && q != p && q.d != nil {
				next = append(next, q)
			}
			v := a.c.vars[o.Name()]
			if err != nil || v == nil || !a.notebookVar(o) {
				return
			}
			if a.c.scope == module.Local && v.scope == module.Engines {
				q := a.position(pos)
				err = a.c.diagnose(diagnosticAt(q, fmt.Sprintf("%s lives on the engines (cell %d, %%%%px); here it is not set", v.name, v.cell)))
				return
			}
			needs[v.symbol] = module.Need{Name: v.name, Symbol: v.symbol, Cell: v.cell}
		})
		if p.kind == typeDecl {
			next = append(next, a.methods[p.d.names[0]]...)
		}
		for _, q := range next {
			if err != nil {
				break
			}
			err = visit(q)
		}
		return err
	}
	for _, p := range a.c.run {
		if err := visit(p); err != nil {
			return nil, err
		}
	}
	var list []module.Need
	for _, k := range sortedKeys(needs) {
		list = append(list, needs[k])
	}
	return list, nil
}

// eachLocalUse visits what code mentions outside of functions that are lifted.
func (a *analysis) eachLocalUse(n ast.Node, f func(o types.Object, pos token.Pos)) {
	ast.Inspect(n, func(n ast.Node) bool {
		if x, ok := n.(ast.Expr); ok && a.liftOf[x] != nil {
			return false
		}
		switch n := n.(type) {
		case *ast.Ident:
			if o := a.info.Uses[n]; o != nil {
				f(origin(o), n.Pos())
			}
		case *ast.SelectorExpr:
			if sel := a.info.Selections[n]; sel != nil {
				f(origin(sel.Obj()), n.Sel.Pos())
			}
		}
		return true
	})
}

// specOf is the only specification of a variable's piece.
func specOf(p *piece) *ast.ValueSpec {
	d, ok := p.node.(*ast.GenDecl)
	if !ok || len(d.Specs) != 1 {
		return &ast.ValueSpec{}
	}
	vs, ok := d.Specs[0].(*ast.ValueSpec)
	if !ok {
		return &ast.ValueSpec{}
	}
	return vs
}
