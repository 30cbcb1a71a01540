package cellrt

import (
	"context"
	"fmt"
	"log"
	"runtime/debug"
	"sync"
)

// Hooks is what a namespace hands in. A nil function takes the obvious default: nothing shown, background context, never stopped;
// without Failed a panic of a goroutine passes on and ends the process.
type Hooks struct {
	// Show displays the arguments of a call of show, anywhere in cell code.
	Show func(vs []any)
	// Failed is told that a goroutine started by cell code panicked. run is the run that started it.
	Failed func(run *Run, r any, stack []byte)
	// Context is the context of code that runs outside of any run (a goroutine of a library).
	Context func() context.Context
	// Stopped says whether the calling goroutine belongs to an interrupted run.
	Stopped func() bool
	// Print takes what cell code prints, and says no where standard output will do.
	Print func(b []byte) bool
}

// Space is what the modules of a namespace share. It has no fields of generic types: the compiler would compile their methods again for
// every module, which takes longer than all the rest.
type Space struct {
	hooks Hooks

	runs runs // of goroutines

	mu    sync.Mutex
	lifts map[uintptr]*record
}

// NewSpace makes a space.
func NewSpace(h Hooks) *Space {
	return &Space{hooks: h, runs: &runTable{}, lifts: map[uintptr]*record{}}
}

// runs is a table from goroutines to the runs that they belong to.
type runs interface {
	load(g uintptr) *Run
	swap(g uintptr, r *Run) (before *Run)
	remove(g uintptr)
	count() int
}

type runTable struct{ m sync.Map }

func (t *runTable) load(g uintptr) *Run {
	r, _ := t.m.Load(g)
	run, _ := r.(*Run)
	return run
}

func (t *runTable) swap(g uintptr, r *Run) *Run {
	before, _ := t.m.Swap(g, r)
	run, _ := before.(*Run)
	return run
}

func (t *runTable) remove(g uintptr) { t.m.Delete(g) }

func (t *runTable) count() (n int) {
	t.m.Range(func(any, any) bool { n++; return true })
	return n
}

// Current is the run that the calling goroutine belongs to, nil in a goroutine that cell code did not start.
func (s *Space) Current() *Run { return s.runs.load(goroutine()) }

// Goroutines counts those that belong to runs: while there are none, no code of a cell runs but what libraries started.
func (s *Space) Goroutines() int { return s.runs.count() }

// Context is ctx in cell code: that of the run.
func (s *Space) Context() context.Context {
	if r := s.Current(); r != nil && r.Context != nil {
		return r.Context
	}
	if s.hooks.Context != nil {
		return s.hooks.Context()
	}
	return context.Background()
}

// Show is show in cell code.
func (s *Space) Show(v ...any) {
	if s.hooks.Show != nil {
		s.hooks.Show(v)
	}
}

// Stop ends the goroutine if it belongs to an interrupted run.
func (s *Space) Stop() {
	if s.hooks.Stopped != nil && s.hooks.Stopped() {
		panic(Interrupted{})
	}
}

// Exit is os.Exit in cell code: it ends the run, not the process.
func (s *Space) Exit(code int) { panic(Exit{Code: code}) }

// Fatal is log.Fatal in cell code.
func (s *Space) Fatal(v ...any) { s.fatal(fmt.Sprint(v...)) }

// Fatalf is log.Fatalf in cell code.
func (s *Space) Fatalf(format string, v ...any) { s.fatal(fmt.Sprintf(format, v...)) }

// Fatalln is log.Fatalln in cell code.
func (s *Space) Fatalln(v ...any) { s.fatal(fmt.Sprintln(v...)) }

func (s *Space) fatal(text string) {
	if err := log.Output(3, text); err != nil {
		panic(Failure{Err: err})
	}
	panic(Exit{Code: 1})
}

// Fork is called by a go statement of cell code, in the old goroutine.
func (s *Space) Fork() *Run { return s.Current() }

// Enter is called first in the new goroutine, with what Fork gave, which it returns.
func (s *Space) Enter(run *Run) *Run {
	if run != nil {
		s.runs.swap(goroutine(), run)
	}
	return run
}

// Guard is deferred by every goroutine that cell code starts: a panic there is reported and ends the goroutine only.
func (s *Space) Guard(run *Run) {
	r := recover()
	s.runs.remove(goroutine())
	switch r.(type) {
	case nil, Interrupted:
		return
	}
	if s.hooks.Failed == nil {
		panic(r)
	}
	s.hooks.Failed(run, r, debug.Stack())
}
