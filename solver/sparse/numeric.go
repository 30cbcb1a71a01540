package sparse

import (
	"context"
	"math"
	"slices"
	"sync/atomic"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// arithmetic is the part of a Factor that depends on the precision of L.
type arithmetic interface {
	eliminate(ctx context.Context, f *Factor, largest float64) (guard, error)
	sweeps(j *solving, b *block, rhs rower, res *residuals) error
	kernel() string
}

// store is L and D in one precision. Blocks of pivots of fronts lie one behind the other in panels (see layout.go).
type store[T kern.Number] struct {
	s      *Symbolic
	loops  kern.Loops[T]
	panels []T
	dinv   []T
	scale  float64 // L·D·Lᵀ is the matrix times this
	cold   bool    // the panels have not been written since they were made
}

func newStore[T kern.Number](s *Symbolic, portable bool) *store[T] {
	m := &store[T]{s: s, loops: kern.Best[T](), cold: true}
	if portable {
		m.loops = kern.Portable[T]()
	}
	m.panels = kern.Numbers[T](s.panels + kern.Tile) // the last tile of a panel may be read as a whole
	m.dinv = make([]T, s.N()+kern.Rows)
	return m
}

func (m *store[T]) kernel() string { return m.loops.Name() }

// A worker factors one front at a time.
type worker[T kern.Number] struct {
	m      *store[T]
	values []complex128
	plan   *plan
	guard  guard
	e      elimination[T]
	x      []T
	stack  [2][]T
	top    [2]int
}

// A bench is the memory of a factorization at work.
type bench[T kern.Number] struct {
	region  []T
	workers []*worker[T]
}

// bench takes memory that another factorization has finished with, or makes it.
func (m *store[T]) bench(f *Factor, least float64) *bench[T] {
	b, ok := m.s.benches[precision[T]()].Get().(*bench[T])
	if !ok || len(b.workers) != f.plan.threads { // made for another plan
		b = &bench[T]{region: kern.Numbers[T](f.plan.region), workers: make([]*worker[T], f.plan.threads)}
		for i := range b.workers {
			w := &worker[T]{x: kern.Numbers[T](stripsLen(m.s.largest))}
			for d := range w.stack {
				w.stack[d] = kern.Numbers[T](f.plan.stack[d])
			}
			b.workers[i] = w
		}
	}
	for _, w := range b.workers {
		w.m, w.values, w.plan, w.guard, w.top = m, f.values, f.plan, newGuard(least), [2]int{}
	}
	return b
}

func (m *store[T]) done(b *bench[T]) {
	for _, w := range b.workers {
		w.m, w.values, w.plan, w.e = nil, nil, nil, elimination[T]{}
	}
	m.s.benches[precision[T]()].Put(b)
}

// precision is 0 for double and 1 for single numbers.
func precision[T kern.Number]() int {
	if numberBytes[T]() == 16 {
		return 0
	}
	return 1
}

// eliminate does the numeric work with all threads.
func (m *store[T]) eliminate(ctx context.Context, f *Factor, largest float64) (guard, error) {
	var stopped atomic.Bool
	defer context.AfterFunc(ctx, func() { stopped.Store(true) })()
	if err := ctx.Err(); err != nil {
		return guard{}, err
	}
	m.scale = 1
	if precision[T]() == 1 && largest > 0 { // a power of two: the range of single numbers is small
		m.scale = math.Ldexp(1, -math.Ilogb(largest))
	}
	least := f.opt.Guard * largest * m.scale
	b := m.bench(f, least)
	defer m.done(b)
	r := &runner[T]{f: f, region: b.region, stopped: &stopped}
	r.run(b.workers)
	m.cold = false
	if err := ctx.Err(); err != nil && stopped.Load() {
		return guard{}, err
	}
	g := newGuard(least)
	for _, w := range b.workers {
		g.merge(w.guard)
	}
	g.min, g.max = g.min/m.scale, g.max/m.scale
	return g, nil
}

// front assembles and eliminates front i into place; split is nil where other threads have better things to do.
func (w *worker[T]) front(r *runner[T], i int, split func(int, func(int))) {
	m, s := w.m, w.m.s
	f := &s.fronts[i]
	panel := m.panels[f.panel : f.panel+int64(f.panelLen())]
	if !m.cold {
		clear(panel)
	}
	values, scale := w.values[f.entry:f.entryNd], complex(m.scale, 0)
	for k, dst := range s.entry[f.entry:f.entryNd] {
		panel[dst] += T(values[k] * scale)
	}
	children := s.frontChildren(f)
	var blocks [16][]T
	from := blocks[:0]
	for _, c := range slices.Backward(children) { // the last child is on top of the stack
		from = append(from, w.take(r, int(c)))
	}
	for k, c := range children {
		extend(s, m.loops, f, &s.fronts[c], true, panel, nil, from[len(from)-1-k])
	}
	block := w.put(r, i)
	e := &w.e
	e.front, e.panel, e.block, e.dinv, e.x = f, panel, block, m.dinv[f.first:f.first+f.npiv], w.x
	e.guard, e.loops, e.split, e.stopped = &w.guard, m.loops, split, r.stopped
	e.run()
	if r.stopped.Load() {
		return
	}
	for k, c := range children {
		extend(s, m.loops, f, &s.fronts[c], false, nil, block, from[len(from)-1-k])
	}
	w.guard.growth = max(w.guard.growth, m.growth(f, panel))
}

// growth is the largest |re| or |im| in L below the diagonal tiles.
func (m *store[T]) growth(q *front, panel []T) float64 {
	g := 0.0
	for s := range q.full() {
		g = max(g, m.loops.MaxAbs(panel[q.at(s):][:kern.Tile*s]))
	}
	if q.full() < q.strips() { // the strip of the last pivots too, but for its diagonal
		end := q.at(q.full() + 1)
		g = max(g, m.loops.MaxAbs(panel[q.at(q.full()):][:kern.Tile*q.full()]), m.loops.MaxAbs(panel[min(end, len(panel)):]))
	}
	return g
}

// put gives the place of the contribution block of front i.
func (w *worker[T]) put(r *runner[T], i int) []T {
	f := &w.m.s.fronts[i]
	n := f.blockLen()
	if w.plan.kind[i] != inside {
		at := w.plan.place[i]
		return r.region[at : at+int64(n)]
	}
	d := f.depth & 1
	w.top[d] += n
	return w.stack[d][w.top[d]-n : w.top[d]]
}

// take gives the contribution block of front i and frees its place for whatever comes after the parent.
func (w *worker[T]) take(r *runner[T], i int) []T {
	f := &w.m.s.fronts[i]
	n := f.blockLen()
	if w.plan.kind[i] != inside {
		at := w.plan.place[i]
		return r.region[at : at+int64(n)]
	}
	d := f.depth & 1
	w.top[d] -= n
	return w.stack[d][w.top[d] : w.top[d]+n]
}
