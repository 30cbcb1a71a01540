package compile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/galeproject/gale/module"
)

// Session is a notebook: what its cells have declared. It is safe for use from any goroutine; cells are compiled one after the other.
type Session struct {
	t  *Toolchain
	id string

	compiling sync.Mutex

	mu      sync.Mutex
	st      *state
	gen     int // the newest given; numbers never return
	repeats repeats
}

// NewSession starts a session. The id is part of the names in its modules: no two sessions whose modules may meet in one process
// can have the same.
func NewSession(t *Toolchain, id string) *Session { return &Session{t: t, id: id, st: newState()} }

// ID is the session's id.
func (s *Session) ID() string { return s.id }

func (s *Session) current() *state {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st
}

func (s *Session) nextGen() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gen++
	return s.gen
}

// Cell is a source with the number that messages give.
type Cell struct {
	Source string
	Number int
}

// Compiled is a cell that has been compiled and not yet committed.
type Compiled struct {
	// Module is nil when the cell has nothing to run.
	Module *module.Module
	delta  *delta
	names  map[string]bool // that the module depends on; nil: it is made for one run
}

// packagePath is the path of the package that all cells of a session belong to.
func packagePath(id string) string {
	var b strings.Builder
	b.WriteString("gale_")
	for _, c := range []byte(id) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return b.String()
}

// Compile checks a cell and makes its module. Nothing changes until Commit. The error is Diagnostics if the cell is at fault.
func (s *Session) Compile(ctx context.Context, scope module.Scope, cell Cell) (*Compiled, error) {
	if s.t.mode == None {
		return nil, errors.New(s.t.reason)
	}
	s.compiling.Lock()
	defer s.compiling.Unlock()
	if again := s.again(scope, cell); again != nil {
		return again, nil
	}
	c := s.newCompilation(scope, cell)
	c.ctx = ctx
	if err := c.parse(); err != nil {
		return nil, err
	}
	if len(c.fresh) == 0 {
		return &Compiled{delta: c.delta(nil)}, nil
	}
	a, err := c.analyse()
	if err != nil {
		return nil, err
	}
	result := &Compiled{delta: c.delta(a)}
	if c.repeatable(a) {
		result.names = c.mentioned
	}
	if show, ok := a.shownOnly(); ok {
		result.Module, err = a.show(show)
	} else {
		result.Module, err = a.build(ctx)
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

// build generates, compiles and links the module of a checked cell; nil if there is nothing to run or to call.
func (a *analysis) build(ctx context.Context) (*module.Module, error) {
	out, err := a.emit()
	if err != nil || out == nil {
		return nil, err
	}
	pkg := packagePath(a.c.s.id)
	j := &job{pkg: pkg, plug: fmt.Sprintf("%s_g%d", pkg, a.c.gen), files: out.files, imports: out.imports}
	if out.module.Image, err = a.c.t.build(ctx, j); err != nil {
		return nil, err
	}
	out.module.Libraries = j.libraries
	return out.module, nil
}

// analyse checks the cell as far as that goes without generating code.
func (c *compilation) analyse() (*analysis, error) {
	c.autoImport()
	skip := map[*decl]bool{}
	stale := map[string]bool{}
	for range 8 {
		c.need(skip)
		u, err := c.newUnit(stale)
		if err != nil {
			return nil, err
		}
		u.check()
		a := u.analyse(stale)
		if len(u.errs) > 0 {
			more := a.blameOld()
			if len(more) == 0 {
				return nil, u.diagnostics()
			}
			for d := range more {
				skip[d] = true
			}
			continue
		}
		a.number()
		a.versions()
		again := false
		for n, v := range c.vars {
			if !stale[n] && a.isStale(v) {
				stale[n], again = true, true
			}
		}
		if again {
			continue
		}
		if err := a.makeVars(); err != nil {
			return nil, err
		}
		if err := a.order(); err != nil {
			return nil, err
		}
		return a, a.predeclaredWrites()
	}
	return nil, c.fail(1, 1, "the cell's older declarations do not settle")
}

// delta collects what the session will learn.
func (c *compilation) delta(a *analysis) *delta {
	d := &delta{gen: c.gen, cell: c.cell.Number, source: c.cell.Source, scope: c.scope, imports: c.imports, names: c.names}
	for _, p := range c.fresh {
		if p.d != nil && p.init == "" {
			p.d.imports = c.imports
			d.decls = append(d.decls, p.d)
		}
	}
	if a != nil {
		d.vars, d.versions, d.frozen = a.newVars, a.newVersions, a.freeze
	}
	return d
}

// Commit makes the session know what a cell declares. Call it when the module has been loaded, before it runs.
func (s *Session) Commit(c *Compiled) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st = s.st.apply(c.delta)
	s.remember(c)
}
