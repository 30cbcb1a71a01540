package sparse

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// blockColumns is the largest number of right-hand sides that go through the factor together. More gain nothing, and
// each takes 16 bytes of workspace an unknown.
const blockColumns = 16

// Solve replaces each column b of x, of length N, by the solution of A·x = b. Columns go through the factor in blocks
// of up to 16. Each residual is measured, and columns above Refine.Tol are refined. Several goroutines may solve at
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
	width   int // columns of a group
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
	j := &solving{f: f, ctx: ctx, stopped: new(atomic.Bool), width: kern.Rows}
	if n <= alone {
		j.width = 1
	}
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
	column := 2 * 16 * rows // a second one for refinement
	if f.opt.Single {
		column += 8 * rows
	}
	free := f.opt.Limit - f.Bytes()
	if free < column {
		return 0, 0, &LimitError{"a solve beside the factor", f.Bytes() + column, f.opt.Limit}
	}
	most := int(min(free/column, int64(n)))
	threads = min(threads, most)
	blocks = max(blocks, (n*threads+most-1)/most)
	return min(blocks, n), threads, nil
}

// dense solves a block of dense columns in place.
func (j *solving) dense(b [][]complex128) error {
	f := j.f
	w := f.space(len(b), j.width, f.N())
	defer w.done()
	rows := w.rowsOf(b)
	res := j.residuals(w, rows)
	if err := f.l.sweeps(j, w, rows, res); err != nil {
		return err
	}
	if err := j.refine(w, rows, res); err != nil {
		return err
	}
	w.store(b)
	return nil
}
