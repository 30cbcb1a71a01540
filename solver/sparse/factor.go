package sparse

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"
)

// FactorOptions of Symbolic.Factor; the zero value is good.
type FactorOptions struct {
	// Threads to work with, in solves too; 0 means GOMAXPROCS. The result does not depend on it.
	Threads int
	// Limit in bytes for the factor while it is made, and for the factor and the workspace of a solve; 0 means none.
	Limit int64
	// Single keeps L in complex64: half the memory and about half the time of a factorization. Solutions are refined in
	// complex128 to the same tolerance, in more steps: one or two where waves are damped, a dozen in a large closed box.
	Single bool
	// Guard is the smallest pivot, |re|+|im|, as a fraction of the largest value of the matrix; smaller ones are
	// replaced by it with their phase kept. 0 means 1e-8, and 1e-4 in single precision.
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
	Steps int     // at most; 0 means 2, in single precision 20; negative none
	Fail  float64 // a residual above it is an AccuracyError; 0 means 1e-6
}

func (r Refine) withDefaults(single bool) Refine {
	if r.Tol == 0 {
		r.Tol = 1e-12
	}
	switch {
	case r.Steps == 0 && single:
		r.Steps = 20
	case r.Steps == 0:
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
	l      arithmetic
	values []complex128 // one of each value and its mirror, in the order of elimination

	mu    sync.RWMutex // held for writing by Refactor
	valid bool
	watch guard
	took  time.Duration

	probe  probe
	record record
}

// Factor factors the matrix with the given values, in the pattern's order: finite, and symmetric up to 1e-12 of the
// largest; of an entry and its mirror one is taken.
func (s *Symbolic) Factor(ctx context.Context, values []complex128, opt FactorOptions) (*Factor, error) {
	opt.Threads = threads(opt.Threads)
	opt.Refine = opt.Refine.withDefaults(opt.Single)
	switch {
	case opt.Guard == 0 && opt.Single:
		opt.Guard = 1e-4
	case opt.Guard == 0:
		opt.Guard = 1e-8
	}
	f := &Factor{s: s, opt: opt, plan: s.plan(opt.Threads)}
	if _, err := s.check(values); err != nil {
		return nil, err
	}
	if need := f.Bytes() + f.plan.bytes(s, f.number()); opt.Limit > 0 && need > opt.Limit {
		return nil, &LimitError{fmt.Sprintf("factoring %d unknowns", s.N()), need, opt.Limit}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sparse: factor: %w", err)
	}
	if opt.Single {
		f.l = newStore[complex64](s, opt.Portable)
	} else {
		f.l = newStore[complex128](s, opt.Portable)
	}
	f.values = make([]complex128, len(s.entry))
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
	for q, k := range f.s.half {
		f.values[k] = values[q]
	}
	f.record.reset()
	f.probe.done = false
	g, err := f.l.eliminate(ctx, f, largest)
	if err != nil {
		return fmt.Errorf("sparse: factor: %w", err)
	}
	if g.bad >= 0 {
		return fmt.Errorf("sparse: factor: row %d: the pivot is not finite: the values overflow", f.s.inv[g.bad])
	}
	f.watch, f.took, f.valid = g, time.Since(began), true
	return nil
}

// N is the number of unknowns.
func (f *Factor) N() int { return f.s.N() }

// Symbolic is what the factor shares with others of its pattern.
func (f *Factor) Symbolic() *Symbolic { return f.s }

// Bytes held by the factor, without workspace.
func (f *Factor) Bytes() int64 { return f.s.factorBytes(f.number()) }

// number is the size of a number of L.
func (f *Factor) number() int64 {
	if f.opt.Single {
		return 8
	}
	return 16
}
