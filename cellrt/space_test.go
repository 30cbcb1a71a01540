package cellrt

import (
	"bytes"
	"context"
	"errors"
	"log"
	"testing"
)

func recovered(f func()) (r any) {
	defer func() { r = recover() }()
	f()
	return nil
}

type key struct{}

func TestContextFollowsGoStatements(t *testing.T) {
	s := NewSpace(Hooks{Context: func() context.Context { return context.WithValue(context.Background(), key{}, "outside") }})
	if got := s.Context().Value(key{}); got != "outside" {
		t.Errorf("outside of runs: %v", got)
	}
	run := &Run{Space: s, Context: context.WithValue(context.Background(), key{}, "run")}
	inner := &Run{Space: s, Context: context.WithValue(context.Background(), key{}, "inner")}
	run.Do(func() {
		got := make(chan any)
		r := s.Fork()
		go func() {
			defer s.Guard(s.Enter(r))
			got <- s.Context().Value(key{})
		}()
		if v := <-got; v != "run" {
			t.Errorf("in a goroutine of the run: %v", v)
		}
		inner.Do(func() {
			if v := s.Context().Value(key{}); v != "inner" {
				t.Errorf("in a run within the run: %v", v)
			}
		})
		if s.Current() != run {
			t.Error("the outer run is not current again")
		}
	})
	if s.Current() != nil {
		t.Error("a run is current after its end")
	}
}

func TestGuardReports(t *testing.T) {
	type report struct {
		run   *Run
		r     any
		stack []byte
	}
	reports := make(chan report, 1)
	s := NewSpace(Hooks{Failed: func(run *Run, r any, stack []byte) { reports <- report{run, r, stack} }})
	run := &Run{Space: s}
	run.Do(func() {
		r := s.Fork()
		go func() {
			defer s.Guard(s.Enter(r))
			panic("boom")
		}()
	})
	got := <-reports
	if got.run != run || got.r != "boom" || !bytes.Contains(got.stack, []byte("TestGuardReports")) {
		t.Errorf("reported %+v", got)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer s.Guard(s.Enter(run))
		panic(Interrupted{})
	}()
	<-done
	if len(reports) != 0 {
		t.Error("an interrupt is reported as a failure")
	}
}

func TestStopAsks(t *testing.T) {
	stopped := false
	s := NewSpace(Hooks{Stopped: func() bool { return stopped }})
	if r := recovered(s.Stop); r != nil {
		t.Errorf("stopped: %v", r)
	}
	stopped = true
	if r := recovered(s.Stop); r != (Interrupted{}) {
		t.Errorf("panic value %v", r)
	}
}

func TestExitAndFatal(t *testing.T) {
	s := NewSpace(Hooks{})
	if r := recovered(func() { s.Exit(3) }); r != (Exit{Code: 3}) {
		t.Errorf("Exit: %v", r)
	}
	var b bytes.Buffer
	log.SetOutput(&b)
	flags := log.Flags()
	log.SetFlags(0)
	defer func() { log.SetOutput(log.Default().Writer()); log.SetFlags(flags) }()
	for _, f := range []func(){func() { s.Fatal("a", 1) }, func() { s.Fatalf("%d", 2) }, func() { s.Fatalln("c", 3) }} {
		if r := recovered(f); r != (Exit{Code: 1}) {
			t.Errorf("Fatal: %v", r)
		}
	}
	if b.String() != "a1\n2\nc 3\n" {
		t.Errorf("logged %q", b.String())
	}
}

func TestShow(t *testing.T) {
	var got []any
	NewSpace(Hooks{Show: func(vs []any) { got = vs }}).Show(1, "b")
	if len(got) != 2 || got[1] != "b" {
		t.Errorf("shown %v", got)
	}
	NewSpace(Hooks{}).Show(1)
}

func TestMust(t *testing.T) {
	if v := Must(3, nil); v != 3 {
		t.Errorf("Must gave %v", v)
	}
	cause := errors.New("cause")
	r := recovered(func() { Must(3, cause) })
	f, ok := r.(Failure)
	if !ok || !errors.Is(f, cause) || f.Error() != "cause" {
		t.Errorf("Must panicked with %v", r)
	}
}

func deep(n int) int {
	CheckStack()
	if n == 0 {
		return 0
	}
	var pad [1 << 10]byte
	pad[n%len(pad)] = 1
	return deep(n-1) + int(pad[0])
}

func TestCheckStack(t *testing.T) {
	if r := recovered(func() { deep(1000) }); r != nil {
		t.Errorf("shallow recursion: %v", r)
	}
	done := make(chan any)
	go func() { done <- recovered(func() { deep(1 << 30) }) }()
	if r := <-done; r != (Deep{}) {
		t.Errorf("deep recursion: %v", r)
	}
	if a, b := goroutine(), goroutine(); a != b || a == 0 {
		t.Errorf("goroutine is %x, then %x", a, b)
	}
}

// recursive is what the compiler makes of a cell's function that calls itself.
func recursive(n int) int {
	CheckStack()
	if n < 2 {
		return n
	}
	return recursive(n-1) + recursive(n-2)
}

func unchecked(n int) int {
	if n < 2 {
		return n
	}
	return unchecked(n-1) + unchecked(n-2)
}

func BenchmarkCheckStack(b *testing.B) {
	for name, f := range map[string]func(int) int{"checked": recursive, "unchecked": unchecked} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f(25)
			}
		})
	}
}
