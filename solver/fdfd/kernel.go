package fdfd

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/sparse"
)

// The fewest points per wavelength: below the first a model is refused, below the second there is a warning.
const (
	leastPoints = 2.2
	fewPoints   = 2.5
)

// Kernel is a model and a frequency with their factorised matrix. Its methods may be called from several goroutines; Update waits
// for the others and keeps them out.
type Kernel struct {
	freq float64
	opt  options
	lay  layers
	st   *structure

	mu     sync.RWMutex
	model  *solver.Model // a copy
	med    *medium
	tilted *tilted // nil without anisotropy
	factor *sparse.Factor
	took   time.Duration
	points float64 // per wavelength
	slow   int     // the cell that has them
	kept   kept
}

// NewKernel assembles and factorises the matrix of a model at freq Hz. The model is copied.
//
// Errors come before any work: a frequency that is not positive and finite, a bad value in the model, fewer than 2.2 points per
// wavelength in some cell (both sides of a cell count), options that make no sense.
func NewKernel(model *solver.Model, freq float64, opts ...Option) (*Kernel, error) {
	began := time.Now()
	k, err := prepare(model, freq, opts)
	if err != nil {
		return nil, err
	}
	if k.opt.log != nil {
		for _, w := range k.forecast().Warnings {
			k.opt.log.Warn("FDFD kernel", "frequency", freq, "doubt", w)
		}
	}
	if err := k.factorise(k.opt.ctx); err != nil {
		return nil, fmt.Errorf("fdfd: making a kernel for %g Hz: %w", freq, err)
	}
	k.took = time.Since(began)
	return k, nil
}

// prepare does what comes before the work.
func prepare(model *solver.Model, freq float64, opts []Option) (*Kernel, error) {
	k := &Kernel{freq: freq, opt: defaults()}
	for _, o := range opts {
		if o != nil {
			o(&k.opt)
		}
	}
	if err := k.opt.check(); err != nil {
		return nil, err
	}
	if !(freq > 0) || math.IsInf(freq, 1) {
		return nil, fmt.Errorf("fdfd: making a kernel: frequency %g Hz", freq)
	}
	if err := k.see(model); err != nil {
		return nil, fmt.Errorf("fdfd: making a kernel: %w", err)
	}
	k.lay = layersFor(model, freq, k.opt.sides, k.opt.layer)
	if err := k.fits(model); err != nil {
		return nil, fmt.Errorf("fdfd: making a kernel for %g Hz: %w", freq, err)
	}
	if model.Anisotropic() { // what is wrong depends on the weights
		var err error
		if k.med, k.tilted, err = k.look(); err != nil {
			return nil, fmt.Errorf("fdfd: making a kernel for %g Hz: %w", freq, err)
		}
	}
	return k, nil
}

// see checks a model and keeps a copy.
func (k *Kernel) see(model *solver.Model) error {
	if err := model.Check(); err != nil {
		return err
	}
	points, slow := math.Inf(1), 0
	for i, c := range model.C {
		if p := c / k.freq / max(model.Dx, model.Dz); p < points {
			points, slow = p, i
		}
	}
	if points < leastPoints {
		c := model.C[slow]
		return fmt.Errorf("%.3g points per wavelength at %g Hz in cell %d (ix %d, iz %d) at %v m, where the speed is %g m/s: %g are needed, "+
			"which is %.4g Hz at most or cells of %.4g m", points, k.freq, slow, slow%model.Nx, slow/model.Nx,
			model.Center(slow%model.Nx, slow/model.Nx), c, leastPoints, c/leastPoints/max(model.Dx, model.Dz), c/leastPoints/k.freq)
	}
	k.model, k.points, k.slow = model.Clone(), points, slow
	return nil
}

// Update replaces the model by another on the same grid and factorises again in the same memory. The absorbing layers stay as they
// were made for the first model. After an error that comes before the work the kernel is as it was; after an error of the
// factorisation it needs another Update.
func (k *Kernel) Update(model *solver.Model) error {
	if err := k.ready(context.Background()); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	began := time.Now()
	if model != nil && model.Grid != k.model.Grid {
		return fmt.Errorf("fdfd: updating a kernel: the model has %v, the kernel %v", model.Grid, k.model.Grid)
	}
	old, points, slow, med := k.model, k.points, k.slow, k.med
	if err := k.see(model); err != nil {
		return fmt.Errorf("fdfd: updating a kernel: %w", err)
	}
	k.kept.drop()
	if err := k.factorise(context.Background()); err != nil {
		if k.med == med { // nothing has happened yet
			k.model, k.points, k.slow = old, points, slow
		}
		return fmt.Errorf("fdfd: updating a kernel of %g Hz: %w", k.freq, err)
	}
	k.took = time.Since(began)
	return nil
}

// look makes the medium of the kernel's model, and its weights where it is anisotropic.
func (k *Kernel) look() (*medium, *tilted, error) {
	med := newMedium(k.model, k.freq, k.lay, &k.opt)
	if nx, nz := med.box(); nx < 1 || nz < 1 {
		return nil, nil, fmt.Errorf("%v with sides %+v has no unknowns", k.model.Grid, k.opt.sides)
	}
	if err := med.check(k.model, &k.opt); err != nil || !k.model.Anisotropic() {
		return med, nil, err
	}
	tilt, err := newTilted(k.model, med, k.freq, &k.opt)
	return med, tilt, err
}

// factorise makes the matrix of the kernel's model and its factor, in the memory of the one before on the same structure.
func (k *Kernel) factorise(ctx context.Context) error {
	med, tilt := k.med, k.tilted
	if k.factor != nil || med == nil {
		var err error
		if med, tilt, err = k.look(); err != nil {
			return err
		}
	}
	nx, nz := med.box()
	var second []bool
	if tilt != nil {
		second = tilt.second
	}
	st, err := structureFor(ctx, nx, nz, second)
	if err != nil {
		return err
	}
	var values []complex128
	if tilt != nil {
		values = tilt.assemble(st)
	} else {
		values = med.assemble(st, k.opt.workers())
	}
	defer st.release(values)
	if k.factor != nil && k.st == st {
		k.med, k.tilted = med, tilt
		return k.factor.Refactor(ctx, values)
	}
	f, err := st.sym.Factor(ctx, values, sparse.FactorOptions{
		Threads: k.opt.threads, Limit: k.opt.limit, Single: k.opt.single,
		Progress: func(done, total float64) { k.tell("factorising", int(done/total*100), 100) },
	})
	if err != nil {
		return err
	}
	k.med, k.tilted, k.st, k.factor = med, tilt, st, f
	return nil
}

// Data computes what each receiver records from each source of strength 1. Points may lie anywhere in the grid; an error names
// the first that does not.
func (k *Kernel) Data(src, rec []solver.Point) (*solver.Data, error) {
	return k.DataContext(context.Background(), src, rec)
}

// DataContext is Data that can be cancelled. For other geometries see Forward.
func (k *Kernel) DataContext(ctx context.Context, src, rec []solver.Point) (*solver.Data, error) {
	return k.Forward(ctx, solver.Fixed(src, rec))
}

// Field computes the pressure on all nodes of the grid from a source of strength 1.
func (k *Kernel) Field(src solver.Point) (*solver.Field, error) {
	return k.FieldContext(context.Background(), src)
}

// FieldContext is Field that can be cancelled.
func (k *Kernel) FieldContext(ctx context.Context, src solver.Point) (*solver.Field, error) {
	if err := k.ready(ctx); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	g := k.model.Grid
	opt := k.opt
	opt.power = 1 // no receivers share the correction
	rhs, err := k.med.columns("source", []solver.Point{src}, opt.weight*complex(-1/(g.Dx*g.Dz), 0), &opt)
	if err != nil {
		return nil, err
	}
	x := zeros(1, k.factor.N())
	scatter(x[0], rhs[0], 1)
	if err := k.factor.Solve(ctx, x); err != nil {
		return nil, fmt.Errorf("fdfd: computing a field at %g Hz: %w", k.freq, err)
	}
	f := &solver.Field{Grid: k.model.Grid, Freq: k.freq, Src: src, Values: make([]complex128, 0, k.model.Nodes())}
	for iz := range k.model.Nz + 1 {
		for ix := range k.model.Nx + 1 {
			v := complex128(0)
			if i, ok := k.med.unknown(ix, iz); ok {
				v = x[0][i]
			}
			f.Values = append(f.Values, v)
		}
	}
	f.SetOutline(k.model)
	return f, nil
}

// scatter adds s times a column to a vector.
func scatter(x []complex128, c sparse.Column, s complex128) {
	for i, n := range c.Node {
		x[n] += s * c.Weight[i]
	}
}

// tell reports progress.
func (k *Kernel) tell(what string, done, total int) {
	if k.opt.progress != nil {
		k.opt.progress(what, done, total)
	}
}

// parallel calls f for 0 to n−1 on the kernel's threads.
func (k *Kernel) parallel(n int, f func(i int)) {
	parallel(k.opt.workers(), n, f)
}

func parallel(threads, n int, f func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(threads, n) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	all.Wait()
}
