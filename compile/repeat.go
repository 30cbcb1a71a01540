package compile

import (
	"maps"
	"slices"

	"github.com/galeproject/gale/module"
)

// maxRepeats bounds the images that a session keeps for texts that come again, in bytes.
const maxRepeats = 4 << 20

// repeats are the modules of a session by the text that they were made of. The oldest are forgotten.
type repeats struct {
	byText map[text]*repeat
	order  []text
	bytes  int
}

type text struct {
	scope  module.Scope
	source string
}

// repeat is a committed cell with what the names in it meant when it was.
type repeat struct {
	c     *Compiled
	means map[string]meaning
}

// meaning is what generated code depends on of a name.
type meaning struct {
	decls   []*decl
	imports string
	vars    [2]place // in the cell's scope and the other
}

// place is the memory and type of a variable.
type place struct{ symbol, frozen, text string }

// meaningOf gives what a name means to a cell in a scope.
func (s *state) meaningOf(scope module.Scope, name string) meaning {
	m := meaning{imports: s.imports[name]}
	for _, d := range s.decls {
		if d.kind == methodDecl && d.recv == name || d.kind != methodDecl && slices.Contains(d.names, name) {
			m.decls = append(m.decls, d)
		}
	}
	for i, sc := range []module.Scope{scope, other(scope)} {
		if v := s.vars[sc][name]; v != nil {
			m.vars[i] = place{v.symbol, v.frozen, v.text}
		}
	}
	return m
}

func (m meaning) equal(o meaning) bool {
	return m.imports == o.imports && m.vars == o.vars && slices.Equal(m.decls, o.decls)
}

// repeatable says whether a cell's module does the same when the text comes again: it declares variables at most, and reads none that it gives
// another memory.
func (c *compilation) repeatable(a *analysis) bool {
	for _, p := range c.fresh {
		if p.d != nil {
			return false
		}
	}
	for _, old := range c.old {
		if now := a.newVars[old.name]; now == nil || now.symbol != old.symbol {
			return false
		}
	}
	return true
}

// remember keeps a committed cell for the case that its text comes again.
func (s *Session) remember(c *Compiled) {
	if c.names == nil || c.Module == nil {
		return
	}
	key := text{c.delta.scope, c.delta.source}
	r := &repeat{c: c, means: map[string]meaning{}}
	for name := range c.names {
		r.means[name] = s.st.meaningOf(key.scope, name)
	}
	x := &s.repeats
	if x.byText == nil {
		x.byText = map[text]*repeat{}
	}
	x.forget(key)
	x.byText[key] = r
	x.order = append(x.order, key)
	x.bytes += r.size(key)
	for x.bytes > maxRepeats && len(x.order) > 1 {
		x.forget(x.order[0])
	}
}

// size counts what a repeat holds, with a guess at its tables.
func (r *repeat) size(key text) int {
	return len(r.c.Module.Image) + len(key.source) + 2048
}

func (x *repeats) forget(key text) {
	r := x.byText[key]
	if r == nil {
		return
	}
	delete(x.byText, key)
	x.order = slices.DeleteFunc(x.order, func(t text) bool { return t == key })
	x.bytes -= r.size(key)
}

// again gives the cell that was made of the same text, if all names in it still mean the same.
func (s *Session) again(scope module.Scope, cell Cell) *Compiled {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repeats.byText[text{scope, newlines(cell.Source)}]
	if r == nil {
		return nil
	}
	for name, m := range r.means {
		if !s.st.meaningOf(scope, name).equal(m) {
			return nil
		}
	}
	m := *r.c.Module
	m.Cell = cell.Number
	m.Vars, m.Needs = slices.Clone(m.Vars), slices.Clone(m.Needs)
	d := &delta{gen: r.c.delta.gen, cell: cell.Number, source: r.c.delta.source, scope: scope, vars: map[string]*variable{}}
	for name, v := range r.c.delta.vars {
		now := *v
		now.cell = cell.Number
		d.vars[name] = &now
	}
	for i, v := range m.Vars {
		if v.Defined {
			m.Vars[i].Cell = cell.Number
		}
	}
	for i, n := range m.Needs {
		if v := s.st.variable(scope, n.Name); v != nil {
			m.Needs[i].Cell = v.cell
		}
	}
	d.names = maps.Clone(r.c.delta.names)
	return &Compiled{Module: &m, delta: d}
}
