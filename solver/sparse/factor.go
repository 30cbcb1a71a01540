package sparse

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// FactorOptions of Symbolic.Factor; the zero value is good.
type FactorOptions struct {
	// Threads to work with, in solves too; 0 means GOMAXPROCS. The result does not depend on it.
	Threads int
	// Limit in bytes for the factor while it is made, and for the factor and the workspace of a solve; 0 means none.
	Limit int64
	// Guard is the smallest pivot, |re|+|im|, as a fraction of the largest value of the matrix; smaller ones are
	// replaced by it with their phase kept. 0 means 1e-8.
	Guard float64
	// Refine says how exact solutions are to be.
	Refine Refine
	// Portable uses plain Go where the processor could do better; results differ by rounding.
	Portable bool
	// Progress is called now and then with the operations done and those to do, from one goroutine at a time.
	Progress func(done, total float64)
}

// Refine rules iterative refinement. Residuals are ‖b−A·x‖₂/‖b‖₂ of a column.
type Refine struct {
	Tol   float64 // columns with a larger residual are refined; 0 means 1e-12
	Steps int     // at most; 0 means 2, negative none
	Fail  float64 // a residual above it is an AccuracyError; 0 means 1e-6
}

func (r Refine) withDefaults() Refine {
	if r.Tol == 0 {
		r.Tol = 1e-12
	}
	if r.Steps == 0 {
		r.Steps = 2
	}
	if r.Fail == 0 {
		r.Fail = 1e-6
	}
	r.Steps = max(0, r.Steps)
	return r
}

// A Factor is A = L·D·Lᵀ for one set of values. It keeps a copy of the values for residuals.
type Factor struct {
	s      *Symbolic
	opt    FactorOptions
	plan   *plan
	loops  kern.Loops
	panels []complex128
	dinv   []complex128
	values []complex128

	mu    sync.RWMutex // held for writing by Refactor
	valid bool
	watch guard
	took  time.Duration
	cold  bool // the panels have not been written since they were made

	probe  probe
	record record
}

// Factor factors the matrix with the given values, in the pattern's order: finite, and symmetric up to 1e-12 of the
// largest; of an entry and its mirror one is taken.
func (s *Symbolic) Factor(ctx context.Context, values []complex128, opt FactorOptions) (*Factor, error) {
	opt.Threads = threads(opt.Threads)
	opt.Refine = opt.Refine.withDefaults()
	if opt.Guard == 0 {
		opt.Guard = 1e-8
	}
	f := &Factor{s: s, opt: opt, plan: s.plan(opt.Threads), cold: true}
	if f.loops = kern.Best(); opt.Portable {
		f.loops = kern.Portable()
	}
	if _, err := s.check(values); err != nil {
		return nil, err
	}
	if need := f.bytes() + f.plan.bytes(s); opt.Limit > 0 && need > opt.Limit {
		return nil, &LimitError{fmt.Sprintf("factoring %d unknowns", s.N()), need, opt.Limit}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sparse: factor: %w", err)
	}
	f.panels = make([]complex128, s.panels+kern.Tile) // the last tile of a panel may be read as a whole
	f.dinv = make([]complex128, s.N())
	f.values = make([]complex128, len(values))
	if err := f.Refactor(ctx, values); err != nil {
		return nil, err
	}
	return f, nil
}

// check wants finite and symmetric values and gives the largest |re|+|im|.
func (s *Symbolic) check(values []complex128) (largest float64, err error) {
	p := s.pattern
	if len(values) != p.NNZ() {
		return 0, fmt.Errorf("sparse: factor: %d values for %d entries of the pattern", len(values), p.NNZ())
	}
	for i := range p.N() {
		sum := 0.0
		for q := p.RowPtr[i]; q < p.RowPtr[i+1]; q++ {
			a := math.Abs(real(values[q])) + math.Abs(imag(values[q]))
			if !(a <= math.MaxFloat64) {
				return 0, fmt.Errorf("sparse: factor: row %d: value %v at column %d is not finite", i, values[q], p.Col[q])
			}
			sum += a
			largest = max(largest, a)
		}
		if sum == 0 {
			return 0, fmt.Errorf("sparse: factor: row %d is zero: the matrix is singular", i)
		}
	}
	// Rounding may break the symmetry of values that are computed twice; anything more is another matrix.
	tol := 1e-12 * largest
	var row, at, mirror int
	symmetric, err := p.mirror(func(i, lower, upper int) bool {
		row, at, mirror = i, lower, upper
		d := values[lower] - values[upper]
		return d == 0 || math.Abs(real(d))+math.Abs(imag(d)) <= tol
	})
	if err == nil && !symmetric {
		err = fmt.Errorf("sparse: factor: row %d: not symmetric: value %v at column %d, %v at its mirror", row, values[at], p.Col[at], values[mirror])
	}
	return largest, err
}

// Refactor replaces the values and factors again in the same memory. It waits for solves under way. After an error
// the Factor has no valid factorization, but Refactor may be called again.
func (f *Factor) Refactor(ctx context.Context, values []complex128) error {
	largest, err := f.s.check(values)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	began := time.Now()
	f.valid = false
	copy(f.values, values)
	f.record.reset()
	f.probe.done = false
	g, err := f.eliminate(ctx, f.opt.Guard*largest)
	f.cold = false
	if err != nil {
		return fmt.Errorf("sparse: factor: %w", err)
	}
	if g.bad >= 0 {
		return fmt.Errorf("sparse: factor: row %d: the pivot is not finite: the values overflow", f.s.inv[g.bad])
	}
	f.watch, f.took, f.valid = g, time.Since(began), true
	return nil
}

// A worker factors one front at a time.
type worker struct {
	f     *Factor
	guard guard
	e     elimination
	x     []complex128
	stack [2][]complex128
	top   [2]int
}

// A bench is the memory of a factorization at work.
type bench struct {
	region  []complex128
	workers []*worker
}

// bench takes memory that another factorization has finished with, or makes it.
func (f *Factor) bench(least float64) *bench {
	b, ok := f.s.benches.Get().(*bench)
	if !ok || len(b.workers) != f.plan.threads { // made for another plan
		b = &bench{region: make([]complex128, f.plan.region), workers: make([]*worker, f.plan.threads)}
		for i := range b.workers {
			w := &worker{x: make([]complex128, stripsLen(f.s.largest))}
			for d := range w.stack {
				w.stack[d] = make([]complex128, f.plan.stack[d])
			}
			b.workers[i] = w
		}
	}
	for _, w := range b.workers {
		w.f, w.guard, w.top = f, newGuard(least), [2]int{}
	}
	return b
}

func (b *bench) done(s *Symbolic) {
	for _, w := range b.workers {
		w.f, w.e = nil, elimination{}
	}
	s.benches.Put(b)
}

// eliminate does the numeric work with all threads.
func (f *Factor) eliminate(ctx context.Context, least float64) (guard, error) {
	var stopped atomic.Bool
	defer context.AfterFunc(ctx, func() { stopped.Store(true) })()
	if err := ctx.Err(); err != nil {
		return guard{}, err
	}
	b := f.bench(least)
	defer b.done(f.s)
	r := &runner{f: f, region: b.region, stopped: &stopped}
	r.run(b.workers)
	if err := ctx.Err(); err != nil && stopped.Load() {
		return guard{}, err
	}
	g := newGuard(least)
	for _, w := range b.workers {
		g.merge(w.guard)
	}
	return g, nil
}

// front assembles and eliminates front i into place; split is nil where other threads have better things to do.
func (w *worker) front(r *runner, i int, split func(int, func(int))) {
	s := w.f.s
	f := &s.fronts[i]
	panel := w.f.panels[f.panel : f.panel+int64(f.panelLen())]
	if !w.f.cold {
		clear(panel)
	}
	for _, e := range s.frontEntries(f) {
		panel[e.dst] += w.f.values[e.src]
	}
	children := s.frontChildren(f)
	var blocks [16][]complex128
	from := blocks[:0]
	for _, c := range slices.Backward(children) { // the last child is on top of the stack
		from = append(from, w.take(r, int(c)))
	}
	for k, c := range children {
		s.extend(w.f.loops, f, &s.fronts[c], true, panel, nil, from[len(from)-1-k])
	}
	block := w.put(r, i)
	w.e = elimination{
		front: f, panel: panel, block: block, dinv: w.f.dinv[f.first : f.first+f.npiv], x: w.x,
		guard: &w.guard, loops: w.f.loops, split: split, stopped: r.stopped,
	}
	w.e.run()
	if r.stopped.Load() {
		return
	}
	for k, c := range children {
		s.extend(w.f.loops, f, &s.fronts[c], false, nil, block, from[len(from)-1-k])
	}
	w.guard.growth = max(w.guard.growth, w.f.growth(f, panel))
}

// growth is the largest |re| or |im| in L below the diagonal tiles.
func (f *Factor) growth(q *front, panel []complex128) float64 {
	m := 0.0
	for s := range q.strips() {
		end := kern.Rows * min(q.width(s), kern.Rows*s)
		m = max(m, f.loops.MaxAbs(panel[q.at(s):][:end]))
	}
	return m
}

// put gives the place of the contribution block of front i.
func (w *worker) put(r *runner, i int) []complex128 {
	f := &w.f.s.fronts[i]
	n := f.blockLen()
	if w.f.plan.kind[i] != inside {
		at := w.f.plan.place[i]
		return r.region[at : at+int64(n)]
	}
	d := f.depth & 1
	w.top[d] += n
	return w.stack[d][w.top[d]-n : w.top[d]]
}

// take gives the contribution block of front i and frees its place for whatever comes after the parent.
func (w *worker) take(r *runner, i int) []complex128 {
	f := &w.f.s.fronts[i]
	n := f.blockLen()
	if w.f.plan.kind[i] != inside {
		at := w.f.plan.place[i]
		return r.region[at : at+int64(n)]
	}
	d := f.depth & 1
	w.top[d] -= n
	return w.stack[d][w.top[d] : w.top[d]+n]
}

// N is the number of unknowns.
func (f *Factor) N() int { return f.s.N() }

// Symbolic is what the factor shares with others of its pattern.
func (f *Factor) Symbolic() *Symbolic { return f.s }

// Bytes held by the factor, without workspace.
func (f *Factor) Bytes() int64 { return f.bytes() }

func (f *Factor) bytes() int64 {
	return numberBytes * (f.s.panels + kern.Tile + int64(f.s.N()) + int64(f.s.pattern.NNZ()))
}
