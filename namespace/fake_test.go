package namespace

import (
	"fmt"
	"os"
	"testing"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/module"
)

// entry is the argument of a module's Reg and Run.
type entry struct {
	Registrar *cellrt.Registrar
	Run       *cellrt.Run
}

// images stands for compiled modules: an image's text names functions that are part of this test.
type images map[string]image

type image struct {
	reg func(r *cellrt.Registrar)
	run func(r *cellrt.Run)
}

// open is what Options.Open is in these tests.
func (im images) open(path string) (reg, run any, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	i, ok := im[string(b)]
	if !ok {
		return nil, nil, fmt.Errorf("no image %q", b)
	}
	return func(e *entry) {
			if i.reg != nil {
				i.reg(e.Registrar)
			}
		}, func(e *entry) {
			if i.run != nil {
				i.run(e.Run)
			}
		}, nil
}

// fixture is a namespace and the images that it can load.
type fixture struct {
	*Namespace
	t      *testing.T
	images images
	gen    int
}

func newFixture(t *testing.T, o Options) *fixture {
	t.Helper()
	f := &fixture{t: t, images: images{}}
	o.Open, o.Dir = f.images.open, t.TempDir()
	f.Namespace = New(o)
	return f
}

// load loads a module of one session with the next generation.
func (f *fixture) load(m module.Module, i image) module.ID {
	f.t.Helper()
	if m.Gen == 0 {
		f.gen++
		m.Gen = f.gen
	}
	if m.Session == "" {
		m.Session = "s1"
	}
	if m.Cell == 0 {
		m.Cell = m.Gen
	}
	if m.Scope == "" {
		m.Scope = f.o.Scope
	}
	for k := range m.Vars {
		if m.Vars[k].Scope == "" {
			m.Vars[k].Scope = m.Scope
		}
		if m.Vars[k].Cell == 0 {
			m.Vars[k].Cell = m.Cell
		}
	}
	m.Image = []byte(m.String())
	f.images[m.String()] = i
	if err := f.Load(&m); err != nil {
		f.t.Fatal(err)
	}
	return m.ID
}

// cell loads a module without tables and runs it.
func (f *fixture) cell(run func(r *cellrt.Run)) Outcome {
	f.t.Helper()
	return f.Run(f.t.Context(), f.load(module.Module{}, image{run: run}), RunOptions{})
}
