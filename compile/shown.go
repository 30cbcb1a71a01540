package compile

import (
	"go/ast"
	"go/constant"
	"go/types"
	"strconv"

	"github.com/galeproject/gale/module"
)

// shownOnly gives what a cell shows that consists of a variable or a constant: it needs no code. Code is needed for an error, which fails
// its cell, for a variable whose type has been declared again, and on engines, where a value may wait for the module that declares its
// variable.
func (a *analysis) shownOnly() (*module.Show, bool) {
	c := a.c
	if len(c.fresh) != 1 || c.fresh[0].kind != statement || !c.fresh[0].last || c.fresh[0].quiet {
		return nil, false
	}
	st, ok := c.fresh[0].node.(*ast.ExprStmt)
	if !ok {
		return nil, false
	}
	x := ast.Unparen(st.X)
	tv := a.info.Types[x]
	if tv.Value != nil {
		s := constantShow(tv.Type, tv.Value)
		return s, s != nil
	}
	id, ok := x.(*ast.Ident)
	if !ok || c.scope != module.Local || !a.notebookVar(a.info.Uses[id]) || isError(tv.Type) {
		return nil, false
	}
	v := c.vars[id.Name]
	if v == nil || a.stale[id.Name] || a.isAncestor(id.Name, v) {
		return nil, false
	}
	return &module.Show{Symbol: v.symbol}, true
}

// constantShow gives a constant of one of the basic types that Show knows, nil for the others.
func constantShow(t types.Type, v constant.Value) *module.Show {
	b, ok := types.Default(t).(*types.Basic)
	if !ok {
		return nil
	}
	s := &module.Show{Type: b.Name()}
	switch b.Kind() {
	case types.Byte:
		s.Type = "uint8"
	case types.Rune:
		s.Type = "int32"
	default:
	}
	switch info := b.Info(); {
	case info&types.IsBoolean != 0:
		s.Text = strconv.FormatBool(constant.BoolVal(v))
	case info&types.IsString != 0:
		s.Text = strconv.Quote(constant.StringVal(v))
	case info&types.IsInteger != 0:
		s.Text = constant.ToInt(v).ExactString()
	case info&types.IsFloat != 0 && b.Kind() == types.Float32:
		f, _ := constant.Float32Val(v)
		s.Text = strconv.FormatFloat(float64(f), 'g', -1, 32)
	case info&types.IsFloat != 0:
		f, _ := constant.Float64Val(v)
		s.Text = strconv.FormatFloat(f, 'g', -1, 64)
	default:
		return nil
	}
	if x, err := s.Constant(); err != nil || x == nil { // it does not fit, which code will say
		return nil
	}
	return s
}

// show makes the module of such a cell.
func (a *analysis) show(s *module.Show) (*module.Module, error) {
	needs, err := a.checkScopes()
	if err != nil {
		return nil, err
	}
	for p := range a.reads { // so that the tables name the variable
		a.live[p] = true
	}
	m := a.tables(needs)
	m.Types, m.Funcs, m.Show = nil, nil, s
	return m, nil
}
