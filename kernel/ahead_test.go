package kernel_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/kernel/kerneltest"
	"github.com/galeproject/gale/kernel/kerneltest/toy"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

// watched is a compiler that tells what it compiles, and has versions.
type watched struct {
	toy.Compiler
	version  atomic.Int64
	compiled chan string // has room for all

	mu    sync.Mutex
	count map[string]int
}

func (w *watched) Version() int { return int(w.version.Load()) }

func (w *watched) Compile(ctx context.Context, scope module.Scope, source string, number int) (kernel.Compiled, error) {
	out, err := w.Compiler.Compile(ctx, scope, source, number)
	w.mu.Lock()
	w.count[source]++
	w.mu.Unlock()
	w.compiled <- source
	return out, err
}

func (w *watched) of(source string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count[source]
}

// gated is an evaluator whose cells begin when they are let.
type gated struct {
	*toy.Evaluator
	open chan struct{}
	ran  atomic.Int64
}

func (g *gated) Run(ctx context.Context, m *module.Module, run wire.Run, emit func(wire.Output)) wire.Reply {
	g.ran.Add(1)
	select {
	case <-g.open:
	case <-ctx.Done():
	}
	return g.Evaluator.Run(ctx, m, run, emit)
}

// aheadKernel starts a kernel whose first cell has begun and whose second has been compiled.
func aheadKernel(t *testing.T, first string) (w *watched, g *gated, c *kerneltest.Client, one, two wire.MsgID) {
	t.Helper()
	w = &watched{compiled: make(chan string, 100), count: map[string]int{}}
	g = &gated{Evaluator: toy.NewEvaluator(), open: make(chan struct{})}
	o := options(t, "ipc")
	o.Compiler, o.Evaluator = w, g
	serve(t, o)
	c = kerneltest.Dial(t, o.Connection)
	one = c.Cell(first, nil)
	if got := <-w.compiled; got != first {
		t.Fatalf("compiled %q first", got)
	}
	two = c.Cell("6*7", nil)
	if got := <-w.compiled; got != "6*7" { // while the first waits
		t.Fatalf("compiled %q", got)
	}
	return w, g, c, one, two
}

func TestNextCellIsCompiledAhead(t *testing.T) {
	w, g, c, one, two := aheadKernel(t, "x := 1")
	if n := g.ran.Load(); n > 1 {
		t.Errorf("%d cells ran", n)
	}
	close(g.open)
	c.Wait(one)
	if r := c.Wait(two); r.Value() != "42" || r.Reply["execution_count"] != 2.0 {
		t.Errorf("%v", r.Reply)
	}
	if n := w.of("6*7"); n != 1 {
		t.Errorf("compiled %d times", n)
	}
}

func TestStaleCompilationIsDropped(t *testing.T) {
	w, g, c, one, two := aheadKernel(t, "x := 1")
	w.version.Add(1)
	close(g.open)
	c.Wait(one)
	if r := c.Wait(two); r.Value() != "42" {
		t.Errorf("%v", r.Reply)
	}
	if n := w.of("6*7"); n != 2 {
		t.Errorf("compiled %d times", n)
	}
}

func TestAbortedCellIsNotRun(t *testing.T) {
	_, g, c, one, two := aheadKernel(t, `panic("boom")`)
	close(g.open)
	if r := c.Wait(one); r.Status() != "error" {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Wait(two); r.Status() != "aborted" {
		t.Errorf("%v", r.Reply)
	}
	if n := g.ran.Load(); n != 1 {
		t.Errorf("%d cells ran", n)
	}
	if r := c.Execute("7", nil); r.Value() != "7" {
		t.Errorf("%v", r.Reply)
	}
}

func TestWhatIsNotPlainGoIsNotCompiledAhead(t *testing.T) {
	w := &watched{compiled: make(chan string, 100), count: map[string]int{}}
	g := &gated{Evaluator: toy.NewEvaluator(), open: make(chan struct{})}
	o := options(t, "ipc")
	o.Compiler, o.Evaluator = w, g
	serve(t, o)
	c := kerneltest.Dial(t, o.Connection)
	one := c.Cell("x := 1", nil)
	<-w.compiled
	ids := []wire.MsgID{c.Cell("%time 1", nil), c.Cell("x = = 1", kerneltest.Request{"silent": true}), c.Cell("2", nil)}
	close(g.open)
	c.Wait(one)
	for i, want := range []string{"ok", "error", "ok"} {
		if r := c.Wait(ids[i]); r.Status() != want {
			t.Errorf("cell %d: %v", i, r.Reply)
		}
	}
	if n := w.of("x = = 1"); n > 1 {
		t.Errorf("compiled %d times", n)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for source, n := range w.count {
		if strings.Contains(source, "%") || n > 1 {
			t.Errorf("%q was compiled %d times", source, n)
		}
	}
}
