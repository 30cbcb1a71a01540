package namespace

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/module"
)

// RunOptions say how a cell is run.
type RunOptions struct {
	Silent bool         // make no display of the result
	Emit   func(Output) // takes what show displays, from the goroutine that called it; nil drops it
}

// Outcome is what became of a run.
type Outcome struct {
	Result     *display.Bundle // of the last expression; nil if it has none
	Failure    *Failure        // nil when the run ended well
	LeftBehind bool            // interrupted, but its goroutine still runs
	Seconds    float64
}

// run is one execution of user code: of a cell, or of a call with all its items. It stays in Namespace.runs as long as its
// goroutine lives.
type run struct {
	unit    *unit
	emit    func(Output)
	done    chan struct{} // closed when the goroutine has ended
	stopped atomic.Bool   // interrupted: loops end at their next look
	ended   atomic.Bool   // nobody waits for it any more
	wide    bool          // interrupted with the flags of all modules; guarded by Namespace.mu
	aside   atomic.Pointer[Failure]
	out     printed
	heap    int64                   // when it began
	full    atomic.Pointer[Failure] // it was stopped because memory ran out
}

// Run runs the cell of a loaded module and waits until it ends, or until an interrupt by ctx has left it behind. Variables that the
// cell needs must be set: otherwise nothing runs.
func (n *Namespace) Run(ctx context.Context, id module.ID, o RunOptions) Outcome {
	var u *unit
	n.update(func() { u = n.units[id] })
	if u == nil {
		f := failure(NameError, "module %v is not loaded", id)
		f.Err = ErrNotLoaded
		return Outcome{Failure: f}
	}
	if f := n.unset(id.Session, u.m.Needs); f != nil {
		return Outcome{Failure: f}
	}
	start := time.Now()
	cell := &cellrt.Run{Space: n.space, Context: ctx}
	var out Outcome
	n.update(func() { n.defined(u.m) })
	left := n.execute(ctx, u, cell, o.Emit, func() {
		if err := cellrt.Start(u.run, cell); err != nil {
			out.Failure = asFailure(err)
			return
		}
		if cell.Shown && !o.Silent {
			b := display.OfAll(cell.Values...)
			out.Result = &b
		}
	}, func(f *Failure) { out.Failure = f })
	if left {
		return Outcome{Failure: leftBehind(), LeftBehind: true, Seconds: since(start)}
	}
	if out.Failure != nil {
		out.Failure.renumber(u)
		out.Result = nil
		n.update(func() { n.withdraw(u.m) })
	}
	out.Seconds = since(start)
	return out
}

func leftBehind() *Failure {
	return failure(NameInterrupted, "interrupted; what it waits for does not end, so its goroutine was left behind")
}

// execute runs f, with the display of its result, in a goroutine of its own that belongs to the cell's run. It returns when that has
// ended, or true when the goroutine was left behind: then nothing that f touches may be read. failed takes a panic of f, or of a
// goroutine that f started.
func (n *Namespace) execute(ctx context.Context, u *unit, cell *cellrt.Run, emit func(Output), f func(), failed func(*Failure)) (left bool) {
	r := &run{unit: u, emit: emit, done: make(chan struct{}), heap: n.heap()}
	cell.Data = r
	if u == foreign {
		r.wide = true // its loops may be those of any module
	}
	n.update(func() { n.runs[r] = struct{}{}; n.share() })
	var fail *Failure
	go func() {
		defer n.over(r)
		cell.Do(func() { protect(f, &fail) })
	}()
	if left = n.await(ctx, r); left {
		return true
	}
	r.ended.Store(true)
	r.flush()
	if fail == nil {
		fail = r.aside.Load()
	}
	if full := r.full.Load(); full != nil {
		failed(full)
		return false
	}
	if fail != nil {
		failed(interrupted(ctx, fail))
	}
	return false
}

// interrupted says why a run was interrupted, if it was: code that gave up because its context ended failed for no other reason.
func interrupted(ctx context.Context, f *Failure) *Failure {
	if f.Name != NameInterrupted && (ctx.Err() == nil || !errors.Is(f.Err, ctx.Err())) {
		return f
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return failure(NameInterrupted, "interrupted: %v", cause)
	}
	return failure(NameInterrupted, "interrupted")
}

// protect runs f and makes its panic, or the end of its goroutine, a failure.
func protect(f func(), fail **Failure) {
	done := false
	defer func() {
		if x := recover(); x != nil {
			*fail = recovered(x, 1)
		} else if !done {
			*fail = failure(NamePanic, "runtime.Goexit ended the goroutine")
		}
	}()
	f()
	done = true
}

// of is the run that a goroutine of cell code belongs to, nil for none.
func of(cell *cellrt.Run) *run {
	if cell == nil {
		return nil
	}
	r, _ := cell.Data.(*run)
	return r
}

// show displays values for the run of the calling goroutine.
func (n *Namespace) show(vs []any) {
	r := of(n.space.Current())
	if r == nil || r.emit == nil {
		return
	}
	b := display.OfAll(vs...)
	r.flush()
	r.emit(Output{Bundle: b})
}

// failed takes the panic of a goroutine that cell code started: it fails the run while that lasts.
func (n *Namespace) failed(cell *cellrt.Run, x any, _ []byte) {
	f := recovered(x, 1)
	f.Value = "in a goroutine: " + f.Value
	f.Trace[0] = f.Error()
	r := of(cell)
	if r != nil && !r.ended.Load() && r.aside.CompareAndSwap(nil, f) {
		return
	}
	if r != nil && r.unit != foreign {
		f.Trace[0] += fmt.Sprintf(" (started by cell[%d])", r.unit.cell.Load())
	}
	n.o.Late(f)
}
