package namespace

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/module"
)

func TestRunShowsItsResult(t *testing.T) {
	f := newFixture(t, Options{})
	out := f.cell(func(r *cellrt.Run) { r.Result(1, "two") })
	if out.Failure != nil || out.Result == nil || out.Result.String() != "1 two" {
		t.Fatalf("got %+v", out)
	}
	if out := f.cell(func(*cellrt.Run) {}); out.Failure != nil || out.Result != nil {
		t.Fatalf("a cell without a result gave %+v", out)
	}
	id := f.load(module.Module{}, image{run: func(r *cellrt.Run) { r.Result(3) }})
	if out := f.Run(t.Context(), id, RunOptions{Silent: true}); out.Result != nil || out.Failure != nil {
		t.Fatalf("a silent cell gave %+v", out)
	}
}

func TestShowGoesToItsRun(t *testing.T) {
	f := newFixture(t, Options{})
	id := f.load(module.Module{}, image{run: func(r *cellrt.Run) {
		f.Space().Show("first")
		done := make(chan struct{})
		run := f.Space().Fork()
		go func() {
			defer close(done)
			defer f.Space().Guard(f.Space().Enter(run))
			f.Space().Show("second", 2)
		}()
		<-done
	}})
	var got []string
	f.Run(t.Context(), id, RunOptions{Emit: func(o Output) { got = append(got, o.Bundle.String()) }})
	if fmt.Sprint(got) != "[first second 2]" {
		t.Fatal(got)
	}
	f.Space().Show("outside of any run") // goes nowhere, harms nothing
}

func TestFailures(t *testing.T) {
	f := newFixture(t, Options{})
	for _, c := range []struct {
		name, ename, value string
		run                func()
	}{
		{"a value", "Panic", "boom", func() { panic("boom") }},
		{"a runtime error", "RuntimeError", "index out of range [5] with length 1", func() { s := []int{1}; i := 5; _ = s[i] }},
		{"an error with a type", "*fs.PathError", "open x: file does not exist", func() { panic(&fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}) }},
		{"a plain error", "Panic", "plain", func() { panic(errors.New("plain")) }},
		{"must", "Error", "plain", func() { cellrt.Must(0, errors.New("plain")) }},
		{"must with a type", "*fs.PathError", "open x: file does not exist", func() { cellrt.Must(os.ReadFile("x\x00")) }},
		{"exit", "Exit", "exit status 3", func() { f.Space().Exit(3) }},
		{"deep", "StackOverflow", "recursion too deep", func() { panic(cellrt.Deep{}) }},
		{"an angry value", "namespace.angry", "namespace.angry (its text panicked: string)", func() { panic(angry{}) }},
	} {
		out := f.cell(func(*cellrt.Run) { c.run() })
		if c.name == "must with a type" {
			c.value = "open x\x00: invalid argument"
		}
		if g := out.Failure; g == nil || g.Name != c.ename || g.Value != c.value || len(g.Trace) == 0 || g.Trace[0] != c.ename+": "+c.value {
			t.Errorf("%s: got %+v", c.name, g)
		}
	}
	if out := f.Run(t.Context(), module.ID{Session: "no", Gen: 1}, RunOptions{}); out.Failure == nil {
		t.Error("a module that is not here ran")
	}
}

type angry struct{}

func (angry) String() string { panic("no text") }

func TestFramesOfCells(t *testing.T) {
	f := newFixture(t, Options{})
	out := f.cell(func(*cellrt.Run) { inner() })
	want := []string{"RuntimeError: index out of range [7] with length 0", "  cell[4]:2 namespace.inner"}
	if g := out.Failure; g == nil || len(g.Trace) < 2 || g.Trace[0] != want[0] || !strings.HasPrefix(g.Trace[1], "  cell[4]:2") {
		t.Fatalf("got %q, want %q", out.Failure.Trace, want)
	}
}

func TestNamesOfFunctions(t *testing.T) {
	for in, want := range map[string]string{
		"gale_s1.ƒᐧscale_g7":                     "scale",
		"gale_s1.ƒᐧPointᐧNorm_g12":               "Point.Norm",
		"gale_s1.Run.runᐧ1.ƒᐧlook_in_g1.func1.2": "look_in",
		"gale_s1.ƒᐧtwice_g3[...]":                "twice",
		"gale_s1.λᐧ5_1":                          "func literal",
		"gale_s1.runᐧ5":                          "",
		"gale_s1.Run":                            "",
		"":                                       "",
		"github.com/x/y.(*T).Something":          "(*T).Something",
	} {
		if got := userName(in); got != want {
			t.Errorf("userName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestGoroutinePanics(t *testing.T) {
	var late atomic.Pointer[Failure]
	told := make(chan struct{})
	f := newFixture(t, Options{Late: func(f *Failure) { late.Store(f); close(told) }})
	start := func(run *cellrt.Run, done chan struct{}) {
		defer close(done)
		defer f.Space().Guard(f.Space().Enter(run))
		panic("in the back")
	}
	out := f.cell(func(*cellrt.Run) {
		done := make(chan struct{})
		go start(f.Space().Fork(), done)
		<-done
	})
	if out.Failure == nil || out.Failure.Value != "in a goroutine: in the back" {
		t.Fatalf("while the cell runs: %+v", out.Failure)
	}
	release := make(chan struct{})
	out = f.cell(func(*cellrt.Run) {
		run := f.Space().Fork()
		go func() { <-release; start(run, make(chan struct{})) }()
	})
	if out.Failure != nil {
		t.Fatal(out.Failure)
	}
	close(release)
	<-told
	if g := late.Load(); !strings.Contains(g.Text(), "in the back (started by cell[2])") {
		t.Fatalf("after the cell: %q", g.Text())
	}
}

func TestLoad(t *testing.T) {
	f := newFixture(t, Options{Host: "build-1"})
	calls := 0
	f.images["img"] = image{reg: func(*cellrt.Registrar) { calls++ }}
	f.images["bad"] = image{reg: func(*cellrt.Registrar) { panic("no") }}
	m := &module.Module{ID: module.ID{Session: "s", Gen: 1}, Host: "build-1", Image: []byte("img")}
	for range 2 {
		if err := f.Load(m); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 1 {
		t.Fatalf("Reg ran %d times", calls)
	}
	other := &module.Module{ID: module.ID{Session: "s", Gen: 2}, Host: "build-2", Image: []byte("img")}
	if err := f.Load(other); !errors.Is(err, module.ErrHost) {
		t.Fatalf("a module of another build: %v", err)
	}
	for _, image := range []string{"none", "bad"} {
		if err := f.Load(&module.Module{ID: module.ID{Session: "s", Gen: 3}, Host: "build-1", Image: []byte(image)}); err == nil {
			t.Fatalf("image %q was loaded", image)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(f.o.Dir, "*")); len(left) != 0 {
		t.Fatalf("images were left behind: %v", left)
	}
}

func TestNewestMethodWins(t *testing.T) {
	f := newFixture(t, Options{})
	var got []string
	reg := func(r *cellrt.Registrar) {
		got = append(got, fmt.Sprint(r.Method("Point.Norm")))
	}
	for _, gen := range []int{3, 1, 5, 4} {
		f.load(module.Module{ID: module.ID{Session: "s1", Gen: gen}}, image{reg: reg})
	}
	f.load(module.Module{ID: module.ID{Session: "s2", Gen: 1}}, image{reg: reg})
	if fmt.Sprint(got) != "[true false true false true]" {
		t.Fatal(got)
	}
}

// loop is what a compiled loop does at its head.
func loop(f *fixture, flag *uint32) {
	for {
		if atomic.LoadUint32(flag) != 0 {
			f.Space().Stop()
		}
		time.Sleep(time.Millisecond)
	}
}

func TestInterruptOfALoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		var own, other uint32
		ctx, cancel := context.WithCancel(t.Context())
		f.load(module.Module{}, image{reg: func(r *cellrt.Registrar) { r.Stop = &other }})
		id := f.load(module.Module{}, image{
			reg: func(r *cellrt.Registrar) { r.Stop = &own },
			run: func(*cellrt.Run) { cancel(); loop(f, &own) },
		})
		start := time.Now()
		out := f.Run(ctx, id, RunOptions{})
		if out.LeftBehind || out.Failure == nil || out.Failure.Name != "KeyboardInterrupt" || time.Since(start) > 10*time.Millisecond {
			t.Fatalf("%+v after %v", out, time.Since(start))
		}
		time.Sleep(time.Second)
		if atomic.LoadUint32(&own)+atomic.LoadUint32(&other) != 0 || f.LeftBehind() != 0 {
			t.Error("the flag stays set after the end of the run")
		}
		if out := f.Run(t.Context(), f.load(module.Module{}, image{run: func(r *cellrt.Run) { r.Result(1) }}), RunOptions{}); out.Failure != nil {
			t.Errorf("the next cell: %v", out.Failure)
		}
	})
}

func TestInterruptOfAnOlderFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		var older uint32
		ctx, cancel := context.WithCancel(t.Context())
		f.load(module.Module{}, image{reg: func(r *cellrt.Registrar) { r.Stop = &older }})
		start := time.Now()
		out := f.Run(ctx, f.load(module.Module{}, image{run: func(*cellrt.Run) { cancel(); loop(f, &older) }}), RunOptions{})
		if d := time.Since(start); out.LeftBehind || out.Failure.Name != "KeyboardInterrupt" || d > 10*time.Millisecond {
			t.Fatalf("%+v after %v", out, d)
		}
	})
}

func TestWhatWaitsIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		var flag uint32
		id := f.load(module.Module{}, image{
			reg: func(r *cellrt.Registrar) { r.Stop = &flag },
			run: func(r *cellrt.Run) { cancel(); <-release; loop(f, &flag) },
		})
		start := time.Now()
		out := f.Run(ctx, id, RunOptions{})
		if d := time.Since(start); !out.LeftBehind || out.Failure.Name != "KeyboardInterrupt" || d < interruptSteps[0] || d > 600*time.Millisecond {
			t.Fatalf("%+v after %v", out, d)
		}
		if f.LeftBehind() != 1 || atomic.LoadUint32(&flag) != 1 {
			t.Fatalf("%d goroutines left behind, flag %d", f.LeftBehind(), atomic.LoadUint32(&flag))
		}
		close(release) // it comes to a loop, which stops
		time.Sleep(time.Second)
		if f.LeftBehind() != 0 || atomic.LoadUint32(&flag) != 0 {
			t.Fatalf("%d goroutines left behind, flag %d", f.LeftBehind(), atomic.LoadUint32(&flag))
		}
	})
}

func TestInterruptSparesOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		var flag uint32
		var worked atomic.Int32
		stop := make(chan struct{})
		id := f.load(module.Module{}, image{
			reg: func(r *cellrt.Registrar) { r.Stop = &flag },
			run: func(*cellrt.Run) {
				run := f.Space().Fork()
				go func() {
					defer f.Space().Guard(f.Space().Enter(run))
					for {
						if atomic.LoadUint32(&flag) != 0 {
							f.Space().Stop()
						}
						select {
						case <-stop:
							return
						case <-time.After(time.Millisecond):
							worked.Add(1)
						}
					}
				}()
			},
		})
		f.Run(t.Context(), id, RunOptions{}) // its goroutine works on
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		f.Run(ctx, f.load(module.Module{}, image{run: func(*cellrt.Run) { time.Sleep(500 * time.Millisecond) }}), RunOptions{})
		before := worked.Load()
		time.Sleep(time.Second)
		if worked.Load() == before {
			t.Error("the goroutine of an earlier cell was stopped by the interrupt of another")
		}
		close(stop)
		synctest.Wait()
	})
}

func TestInterruptBecauseOfATimeLimit(t *testing.T) {
	f := newFixture(t, Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("ran longer than 2s"))
	out := f.Run(ctx, f.load(module.Module{}, image{run: func(r *cellrt.Run) { cellrt.Must(0, r.Context.Err()) }}), RunOptions{})
	if out.Failure == nil || out.Failure.Error() != "KeyboardInterrupt: interrupted: ran longer than 2s" {
		t.Fatalf("%+v", out.Failure)
	}
}
