//go:build !race

package namespace_test

import (
	"context"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/internal/host"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/namespace"
	"github.com/galeproject/gale/value"
)

// remotePath is the package whose functions' arguments are made ready to leave the process.
const remotePath = "github.com/galeproject/gale/client"

// tools are opened once: that takes a second.
var tools struct {
	once sync.Once
	t    *compile.Toolchain
	err  error
}

// session compiles cells and gives modules.
type session struct {
	*testing.T
	s    *compile.Session
	cell int
}

func newSession(t *testing.T, id string) *session {
	t.Helper()
	if host.Size() == 0 {
		t.Fatal("the program holds nothing for cells")
	}
	tools.once.Do(func() {
		tools.t, tools.err = compile.Open(context.Background(), compile.Options{Remote: []string{remotePath}})
	})
	if tools.err != nil {
		t.Fatal(tools.err)
	}
	if tools.t.Mode() == compile.None {
		t.Fatal(tools.t.Reason())
	}
	return &session{T: t, s: compile.NewSession(tools.t, id)}
}

func (s *session) compile(scope module.Scope, source string) *module.Module {
	s.Helper()
	s.cell++
	c, err := s.s.Compile(s.Context(), scope, compile.Cell{Source: source, Number: s.cell})
	if err != nil {
		s.Fatalf("%s\n%v", source, err)
	}
	s.s.Commit(c)
	return c.Module
}

// run compiles a cell, loads it and runs it.
func (s *session) run(n *namespace.Namespace, ctx context.Context, source string) namespace.Outcome { //nolint:revive // the namespace is the subject
	s.Helper()
	m := s.compile(module.Local, source)
	if m == nil {
		return namespace.Outcome{}
	}
	if err := n.Load(m); err != nil {
		s.Fatal(err)
	}
	return n.Run(ctx, m.ID, namespace.RunOptions{})
}

func TestTracesOfModules(t *testing.T) {
	s, n := newSession(t, "traces"), namespace.New(namespace.Options{})
	out := s.run(n, t.Context(), `type grid struct{ v []int }
func (g *grid) at(i int) int {
	return g.v[i]
}
func look(g *grid) (x int) {
	func() {
		x = g.at(7)
	}()
	return x
}
g := &grid{}
look(g)`)
	if out.Failure == nil {
		t.Fatal("no failure")
	}
	want := `RuntimeError: index out of range [7] with length 0
  cell[1]:3 grid.at
  cell[1]:7 look
  cell[1]:8 look
  cell[1]:12`
	got := strings.Join(out.Failure.Trace, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestInterruptOfModules(t *testing.T) {
	s, n := newSession(t, "interrupts"), namespace.New(namespace.Options{})
	s.run(n, t.Context(), "started := make(chan int, 1)\nfunc spin() { for { select { case started <- 1: default: } } }\nf := spin")
	started, err := n.Get("started")
	if err != nil {
		t.Fatal(err)
	}
	c, ok := reflect.TypeAssert[chan int](reflect.ValueOf(started))
	if !ok {
		t.Fatalf("%T", started)
	}
	for _, source := range []string{"spin()", "f()", "for { select { case started <- 1: default: } }", "started <- 1; started <- 1; select {}"} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-c; cancel() }()
		begin := time.Now()
		out := s.run(n, ctx, source)
		if out.Failure == nil || out.Failure.Name != namespace.NameInterrupted || out.LeftBehind != strings.Contains(source, "select {}") {
			t.Errorf("%s: %+v after %v", source, out, time.Since(begin))
		}
	}
	if out := s.run(n, t.Context(), "1 + 1"); out.Failure != nil || out.Result.String() != "2" {
		t.Errorf("the next cell: %+v", out)
	}
	if out := s.run(n, t.Context(), "func deep(k int) int { return deep(k+1) + 1 }\ndeep(0)"); out.Failure == nil || out.Failure.Name != namespace.NameDeep {
		t.Errorf("recursion: %+v", out.Failure)
	}
}

// A module that no earlier one was loaded for brings the functions and types it reaches; variables must be set.
func TestLateEngine(t *testing.T) {
	s := newSession(t, "late")
	modules := []*module.Module{
		s.compile(module.Engines, "type T struct{ N int }\nfunc (t T) Twice() int { return 2 * t.N }\nbase := 40"),
		s.compile(module.Engines, "base + (T{1}).Twice()"),
	}
	n := namespace.New(namespace.Options{Scope: module.Engines, Label: "engine 7"})
	run := func(m *module.Module) namespace.Outcome {
		if err := n.Load(m); err != nil {
			t.Fatal(err)
		}
		return n.Run(t.Context(), m.ID, namespace.RunOptions{})
	}
	if out := run(modules[1]); out.Failure == nil || out.Failure.Value != "engine 7: base is not set (declared in cell 1; Push it, or make it in a %%px cell)" {
		t.Fatalf("%+v", out.Failure)
	}
	if err := n.Set("base", 1); err != nil {
		t.Fatal(err)
	}
	if out := run(modules[1]); out.Failure != nil || out.Result.String() != "3" {
		t.Fatalf("%+v", out)
	}
	run(modules[0])
	if out := run(modules[1]); out.Failure != nil || out.Result.String() != "42" {
		t.Fatalf("%+v", out)
	}
	name, ok := n.Types().TypeName(reflect.TypeFor[int]())
	if ok {
		t.Fatalf("int is called %s", name)
	}
	x, err := n.Get("base")
	if err != nil || x != 40 {
		t.Fatal(x, err)
	}
	if _, err := value.Encode(value.Any(x), value.Options{Types: n.Types()}); err != nil {
		t.Fatal(err)
	}
}
