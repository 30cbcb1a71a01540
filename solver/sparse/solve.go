package sparse

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// blockColumns is the largest number of right-hand sides that go through the factor together.
const blockColumns = 48

// Solve replaces each column b of x, of length N, by the solution of A·x = b. Columns go through the factor in blocks
// of up to 48. Each residual is measured, and columns above Refine.Tol are refined. Several goroutines may solve at
// once. After an error the columns hold either right-hand side or solution; a column is never half written.
func (f *Factor) Solve(ctx context.Context, x [][]complex128) error {
	for c, b := range x {
		if len(b) != f.N() {
			return fmt.Errorf("sparse: solve: column %d has %d rows, want %d", c, len(b), f.N())
		}
		for v, z := range b {
			if a := math.Abs(real(z)) + math.Abs(imag(z)); !(a <= math.MaxFloat64) {
				return fmt.Errorf("sparse: solve: column %d: value %v at row %d is not finite", c, z, v)
			}
		}
	}
	return f.blocks(ctx, len(x), int64(f.N()), func(j *solving, a, b int) error {
		return j.dense(x[a:b])
	})
}

// A solving is one call at work.
type solving struct {
	f       *Factor
	ctx     context.Context
	stopped *atomic.Bool
}

// check is asked between fronts.
func (j *solving) check() error {
	if j.stopped.Load() {
		if err := j.ctx.Err(); err != nil {
			return fmt.Errorf("sparse: solve: %w", err)
		}
		return errStopped
	}
	return nil
}

var errStopped = errors.New("stopped by another block's error")

// blocks cuts n columns into blocks and runs them on the factor's threads; rows is the workspace a column needs.
func (f *Factor) blocks(ctx context.Context, n int, rows int64, work func(j *solving, a, b int) error) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if !f.valid {
		return fmt.Errorf("sparse: solve: %w", ErrStale)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sparse: solve: %w", err)
	}
	if n == 0 {
		return nil
	}
	k, threads, err := f.cut(n, rows)
	if err != nil {
		return err
	}
	j := &solving{f: f, ctx: ctx, stopped: new(atomic.Bool)}
	defer context.AfterFunc(ctx, func() { j.stopped.Store(true) })()
	if k == 1 {
		return work(j, 0, n)
	}
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, k)
	for range threads {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= k {
					return
				}
				if errs[i] = j.check(); errs[i] == nil {
					errs[i] = work(j, i*n/k, (i+1)*n/k)
				}
				if errs[i] != nil {
					j.stopped.Store(true)
				}
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil && !errors.Is(err, errStopped) {
			return err
		}
	}
	return nil
}

// cut chooses the number of blocks and of threads, within the limit of memory.
func (f *Factor) cut(n int, rows int64) (blocks, threads int, err error) {
	threads = min(f.opt.Threads, n)
	blocks = max((n+blockColumns-1)/blockColumns, threads)
	if f.opt.Limit == 0 {
		return blocks, threads, nil
	}
	column := 2 * numberBytes * rows // a second one for refinement
	free := f.opt.Limit - f.bytes()
	if free < column {
		return 0, 0, &LimitError{"a solve beside the factor", f.bytes() + column, f.opt.Limit}
	}
	most := int(min(free/column, int64(n)))
	threads = min(threads, most)
	blocks = max(blocks, (n*threads+most-1)/most)
	return min(blocks, n), threads, nil
}

// dense solves a block of dense columns in place.
func (j *solving) dense(b [][]complex128) error {
	f := j.f
	w := f.space(len(b), f.N())
	defer w.done()
	rows := func(v, n int, to []complex128) { transpose(b, v, n, to, w.ld) }
	w.load(rows)
	if err := j.sweeps(w); err != nil {
		return err
	}
	if err := j.refine(w, rows); err != nil {
		return err
	}
	perm := f.s.perm
	for v := 0; v < f.N(); v += chunk {
		n := min(chunk, f.N()-v)
		for i := range n {
			copy(w.buf[i*w.ld:], w.row(perm[v+i]))
		}
		for r, col := range b {
			for i := range col[v : v+n] {
				col[v+i] = w.buf[i*w.ld+r]
			}
		}
	}
	return nil
}

// chunk is how many vertices are turned from columns to rows at a time, in the cache.
const chunk = 64

// A rower writes the rows of right-hand sides at vertices v to v+n, n ≤ chunk, each padded to the length of a row.
type rower func(v, n int, to []complex128)

// transpose is the rower of dense columns.
func transpose(b [][]complex128, v, n int, to []complex128, ld int) {
	to = to[:n*ld]
	if ld > len(b) {
		clear(to)
	}
	for r, col := range b {
		for i, z := range col[v : v+n] {
			to[i*ld+r] = z
		}
	}
}

// load takes right-hand sides in.
func (w *sweep) load(rows rower) {
	perm := w.f.s.perm
	for v := 0; v < len(perm); v += chunk {
		n := min(chunk, len(perm)-v)
		rows(v, n, w.buf)
		for i := range n {
			copy(w.row(perm[v+i]), w.buf[i*w.ld:(i+1)*w.ld])
		}
	}
}

// sweeps runs forward through the fronts where the block is not zero, and backward through those that are wanted.
func (j *solving) sweeps(w *sweep) error {
	fronts := j.f.s.fronts
	live := w.live
	for i := range fronts {
		if !live[i] && (w.at != nil || zero(w.pivots(i))) {
			continue
		}
		if err := j.check(); err != nil {
			return err
		}
		if q := fronts[i].parent; q >= 0 {
			live[q] = true
		}
		w.forward(i)
	}
	for i := range slices.Backward(fronts) {
		if w.want != nil && !w.want[i] {
			continue
		}
		if err := j.check(); err != nil {
			return err
		}
		w.backward(i)
	}
	return nil
}

func zero(x []complex128) bool {
	for _, z := range x {
		if z != 0 {
			return false
		}
	}
	return true
}

// space gives a block of n right-hand sides with so many rows. Blocks that are done go back with done, for the next
// solve with any factor of the pattern, or to the garbage collector.
func (f *Factor) space(n, rows int) *sweep {
	w, ok := f.s.spaces.Get().(*sweep)
	if !ok {
		w = new(sweep)
	}
	w.f, w.n, w.ld = f, n, f.loops.Pad(n)
	w.at, w.want = nil, nil
	w.x = grow(w.x, rows*w.ld)
	w.below = grow(w.below, (f.s.maxCB+2*kern.Rows)*w.ld)
	w.spare = grow(w.spare, kern.Rows*w.ld)
	w.buf = grow(w.buf, chunk*w.ld)
	clear(w.spare)
	w.live = grow(w.live, len(f.s.fronts))
	clear(w.live)
	return w
}

func grow[E any](x []E, n int) []E {
	if cap(x) < n {
		return make([]E, n)
	}
	return x[:n]
}

func (w *sweep) done() {
	s := w.f.s
	w.f, w.at, w.want = nil, nil, nil
	s.spaces.Put(w)
}
