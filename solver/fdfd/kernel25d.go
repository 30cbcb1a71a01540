package fdfd

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/galeproject/gale/solver"
)

// Kernel25D is a model and a frequency with the factorised matrices of all cross-line wavenumbers of a contour: sources are points, waves
// spread in three dimensions over a section that does not change across. It has the methods of a Kernel.
//
// On engines its parts are better made one by one, with Share(t) for t of Contour.Terms, since their results add up.
type Kernel25D struct {
	contour Contour
	freq    float64
	terms   []*Kernel
	threads int

	mu   sync.RWMutex // for writing in Update
	took time.Duration
	log  *slog.Logger // may be nil

	doubts   sync.Mutex
	worst    float64 // of what the contour made wrong in the surveys so far
	exponent float64 // by which their terms outgrew the sum
	doubt    string  // about it
}

// NewKernel25D makes the kernels of a contour, see ContourFor. The zero Contour is planned for points in the section from a wavelength
// apart to the model's diagonal. Options are those of NewKernel; CrossLine and Share have no effect.
func NewKernel25D(model *solver.Model, freq float64, c Contour, opts ...Option) (*Kernel25D, error) {
	o := defaults()
	for _, f := range opts {
		if f != nil {
			f(&o)
		}
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if c == (Contour{}) {
		var err error
		if c, err = ContourFor(model, freq, solver.Fixed(nil, nil), 0); err != nil {
			return nil, fmt.Errorf("fdfd: making a kernel for 2.5-D: %w", err)
		}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	began := time.Now()
	k := &Kernel25D{contour: c, freq: freq, terms: make([]*Kernel, c.N), threads: o.workers(), log: o.log}
	share := o.limit
	if share > 0 {
		share = max(1, share/int64(c.N)) // the limit is for all of them
	}
	ts, done := c.Terms(), 0
	var told sync.Mutex
	err := k.each(func(i int) (err error) {
		// a thread for each kernel is faster than all threads for one after the other
		more := append(slices.Clip(opts), Share(ts[i]), FieldMemory(o.fields/int64(c.N)), Threads(max(1, k.threads/c.N)), MemoryLimit(share), Progress(nil))
		if i > 0 {
			more = append(more, Log(nil)) // once is enough
		}
		if k.terms[i], err = NewKernel(model, freq, more...); err != nil {
			return err
		}
		told.Lock()
		defer told.Unlock()
		done++
		if o.progress != nil {
			o.progress("factorising", done, c.N)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	k.took = time.Since(began)
	return k, nil
}

// each calls f for every term, as many at once as there are threads.
func (k *Kernel25D) each(f func(i int) error) error {
	errs := make([]error, len(k.terms))
	parallel(k.threads, len(errs), func(i int) { errs[i] = f(i) })
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// check refuses receivers so far across the section that rounding would swallow the sum, or the contour gets it wrong.
func (k *Kernel25D) check(s *solver.Survey) error {
	if err := s.Check(); err != nil {
		return fmt.Errorf("fdfd: placing points: %w", err)
	}
	cell, most := k.terms[0].Grid(), 0.
	for i, p := range s.Src {
		for j, q := range s.Receivers(i) {
			y := q.Y - p.Y
			if y == 0 {
				continue
			}
			r := max(math.Hypot(p.X-q.X, p.Z-q.Z), min(cell.Dx, cell.Dz))
			if g := growth(k.contour.K, k.contour.Phi, y*y/r); !(g <= mostGrowth*1.001) {
				return fmt.Errorf("fdfd: placing points: receiver %d at %v m is %.4g m across the section from source %d and only %.4g m in it: "+
					"terms would grow by e^%.3g; plan the contour for this survey with ContourFor, or use three dimensions", j, q, math.Abs(y), i, r, g)
			} else {
				most = max(most, g)
			}
		}
	}
	if err := k.judge(s); err != nil {
		return err
	}
	k.doubts.Lock()
	defer k.doubts.Unlock()
	k.exponent = max(k.exponent, most)
	return nil
}

// Forward computes the data of a survey.
func (k *Kernel25D) Forward(ctx context.Context, s *solver.Survey) (*solver.Data, error) {
	if err := k.ready(ctx); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.sum(s, func(t *Kernel) (*solver.Data, error) { return t.Forward(ctx, s) })
}

// sum adds the terms' data, always in the same order.
func (k *Kernel25D) sum(s *solver.Survey, f func(t *Kernel) (*solver.Data, error)) (*solver.Data, error) {
	if err := k.check(s); err != nil {
		return nil, err
	}
	parts := make([]*solver.Data, len(k.terms))
	err := k.each(func(i int) (err error) {
		parts[i], err = f(k.terms[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	total := parts[0]
	for _, p := range parts[1:] {
		for i, v := range p.Values {
			total.Values[i] += v
		}
	}
	return total, nil
}

// Jvec applies the derivative of the data to a change of the model, see Kernel.Jvec.
func (k *Kernel25D) Jvec(ctx context.Context, s *solver.Survey, v *Change) (*solver.Data, error) {
	if err := k.ready(ctx); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.sum(s, func(t *Kernel) (*solver.Data, error) { return t.Jvec(ctx, s, v) })
}

// Jtvec applies the adjoint of the derivative of the data to a residual, see Kernel.Jtvec.
func (k *Kernel25D) Jtvec(ctx context.Context, residual *solver.Data) (*Sensitivity, error) {
	if err := k.ready(ctx); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if residual != nil {
		if err := k.check(residual.Survey()); err != nil {
			return nil, err
		}
	}
	return k.add(func(t *Kernel) (*Sensitivity, error) { return t.Jtvec(ctx, residual) })
}

// add adds the terms' gradients, always in the same order.
func (k *Kernel25D) add(f func(t *Kernel) (*Sensitivity, error)) (*Sensitivity, error) {
	parts := make([]*Sensitivity, len(k.terms))
	err := k.each(func(i int) (err error) {
		parts[i], err = f(k.terms[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	var total *Sensitivity
	for _, p := range parts {
		total = total.Add(p)
	}
	return total, nil
}

// Misfit computes data, hands all of them to adjoint and computes the misfit's gradient, see Kernel.Misfit.
func (k *Kernel25D) Misfit(ctx context.Context, s *solver.Survey, adjoint func(*solver.Data) (*solver.Data, error)) (*solver.Data, *Sensitivity, error) {
	if err := k.ready(ctx); err != nil {
		return nil, nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	d, err := k.sum(s, func(t *Kernel) (*solver.Data, error) {
		t.mu.RLock()
		defer t.mu.RUnlock()
		h, err := t.shots(s)
		if err != nil {
			return nil, err
		}
		d := s.Data(t.freq)
		return d, t.dataAndFields(ctx, h, d)
	})
	if err != nil {
		return nil, nil, err
	}
	if adjoint == nil {
		return d, nil, fmt.Errorf("fdfd: computing a gradient at %g Hz: there is no misfit", k.freq)
	}
	r, err := adjoint(d)
	if err != nil {
		return d, nil, fmt.Errorf("fdfd: computing a gradient at %g Hz: %w", k.freq, err)
	}
	g, err := k.add(func(t *Kernel) (*Sensitivity, error) { return t.Jtvec(ctx, r) })
	return d, g, err
}

// PseudoHessian adds those of the terms, each with its squared weight, see Kernel.PseudoHessian.
func (k *Kernel25D) PseudoHessian(ctx context.Context, s *solver.Survey) (*Sensitivity, error) {
	if err := k.ready(ctx); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.add(func(t *Kernel) (*Sensitivity, error) { return t.PseudoHessian(ctx, s) })
}

// GaussNewton applies Re JᴴWJ to a change of the model, see Kernel.GaussNewton.
func (k *Kernel25D) GaussNewton(ctx context.Context, s *solver.Survey, v *Change, weights []float64) (*Sensitivity, error) {
	return gaussNewton(ctx, k, s, v, weights)
}

// Data computes what each receiver records from each source of strength 1.
func (k *Kernel25D) Data(src, rec []solver.Point) (*solver.Data, error) {
	return k.Forward(context.Background(), solver.Fixed(src, rec))
}

// DataContext is Data that can be cancelled.
func (k *Kernel25D) DataContext(ctx context.Context, src, rec []solver.Point) (*solver.Data, error) {
	return k.Forward(ctx, solver.Fixed(src, rec))
}

// Field computes the pressure in the section from a source of strength 1. Closer to the source than the contour was planned for it is
// inexact.
func (k *Kernel25D) Field(src solver.Point) (*solver.Field, error) {
	return k.FieldContext(context.Background(), src)
}

// FieldContext is Field that can be cancelled.
func (k *Kernel25D) FieldContext(ctx context.Context, src solver.Point) (*solver.Field, error) {
	if err := k.ready(ctx); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	parts := make([]*solver.Field, len(k.terms))
	err := k.each(func(i int) (err error) {
		parts[i], err = k.terms[i].FieldContext(ctx, src)
		return err
	})
	if err != nil {
		return nil, err
	}
	total := parts[0]
	for _, p := range parts[1:] {
		for i, v := range p.Values {
			total.Values[i] += v
		}
	}
	return total, nil
}

// Gradient is the derivative of the misfit ½‖d−obs‖² with respect to the speed of each cell, see Kernel.Gradient.
func (k *Kernel25D) Gradient(src, rec []solver.Point, obs []*solver.Data) (*solver.Image, error) {
	return gradient(context.Background(), k, src, rec, obs)
}

// GradientContext is Gradient that can be cancelled.
func (k *Kernel25D) GradientContext(ctx context.Context, src, rec []solver.Point, obs []*solver.Data) (*solver.Image, error) {
	return gradient(ctx, k, src, rec, obs)
}

// Update replaces the model in all terms, see Kernel.Update. The contour stays.
func (k *Kernel25D) Update(model *solver.Model) error {
	if err := k.ready(context.Background()); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	began := time.Now()
	if err := k.each(func(i int) error { return k.terms[i].Update(model) }); err != nil {
		return err
	}
	k.took = time.Since(began)
	return nil
}
