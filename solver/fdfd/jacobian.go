package fdfd

import (
	"context"
	"fmt"

	"github.com/galeproject/gale/solver"
)

// Forward computes the data of a survey. With Share they are the kernel's share; shares add up.
func (k *Kernel) Forward(ctx context.Context, s *solver.Survey) (*solver.Data, error) {
	if err := k.ready(ctx); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	h, err := k.shots(s)
	if err != nil {
		return nil, err
	}
	d := s.Data(k.freq)
	return d, k.record(ctx, h, d)
}

// Jvec applies the derivative of the data to a change of the model: what the change scatters, to first order. It is linear in v.
func (k *Kernel) Jvec(ctx context.Context, s *solver.Survey, v *Change) (*solver.Data, error) {
	if err := k.ready(ctx); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if err := v.check(k.model.Cells()); err != nil {
		return nil, fmt.Errorf("fdfd: computing scattered data: %w", err)
	}
	h, err := k.shots(s)
	if err != nil {
		return nil, err
	}
	d := s.Data(k.freq)
	cells := k.derivative().along(v)
	err = k.fields(ctx, h, func(first int, u [][]complex128) error {
		x := zeros(len(u), k.factor.N())
		k.parallel(len(u), func(i int) { k.med.scatterBy(cells, u[i], x[i]) })
		if err := k.factor.Solve(ctx, x); err != nil {
			return fmt.Errorf("fdfd: computing scattered data at %g Hz: %w", k.freq, err)
		}
		for i := range x {
			h.sample(first+i, x[i], d.Gather(first+i))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Jtvec applies the adjoint of the derivative of the data to a residual with its geometry: Re Jᴴr. For r the derivative of a misfit by
// the data, ∂Φ/∂Re d + i·∂Φ/∂Im d, it is the misfit's gradient; for ½‖d−obs‖² that is d−obs. A kernel with Share takes the residual of the
// sum and returns its share.
func (k *Kernel) Jtvec(ctx context.Context, residual *solver.Data) (*Sensitivity, error) {
	if err := k.ready(ctx); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if residual == nil {
		return nil, fmt.Errorf("fdfd: applying the adjoint: there is no residual")
	}
	h, err := k.shots(residual.Survey())
	if err != nil {
		return nil, err
	}
	return k.adjoint(ctx, h, residual)
}

// adjoint needs the lock.
func (k *Kernel) adjoint(ctx context.Context, h *shots, r *solver.Data) (*Sensitivity, error) {
	if want := len(h.rhs) * h.survey.PerSource(); len(r.Values) != want || len(h.rhs) > 0 && len(r.Rec) != h.survey.PerSource() {
		return nil, fmt.Errorf("fdfd: applying the adjoint: %d values for %d sources × %d receivers", len(r.Values), len(h.rhs), h.survey.PerSource())
	}
	p := newProducts(k.med)
	back := zeros(min(block, len(h.rhs)), k.factor.N())
	err := k.fields(ctx, h, func(first int, u [][]complex128) error {
		b := back[:len(u)]
		k.parallel(len(u), func(i int) { h.inject(first+i, r.Gather(first+i), b[i]) })
		if err := k.factor.Solve(ctx, b); err != nil {
			return fmt.Errorf("fdfd: applying the adjoint at %g Hz: %w", k.freq, err)
		}
		k.tell("back-propagating", first+len(u), len(h.rhs))
		k.parallel(len(k.med.z), func(pz int) { p.add(pz, b, u) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return k.derivative().contract(p), nil
}

// Misfit computes data, hands all of them to adjoint, which returns the derivative of some misfit by the data (see Jtvec), and computes
// the misfit's gradient. Fields are solved for once when there is room to keep them.
func (k *Kernel) Misfit(ctx context.Context, s *solver.Survey, adjoint func(*solver.Data) (*solver.Data, error)) (*solver.Data, *Sensitivity, error) {
	if err := k.ready(ctx); err != nil {
		return nil, nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if adjoint == nil {
		return nil, nil, fmt.Errorf("fdfd: computing a gradient at %g Hz: there is no misfit", k.freq)
	}
	h, err := k.shots(s)
	if err != nil {
		return nil, nil, err
	}
	d := s.Data(k.freq)
	if err := k.dataAndFields(ctx, h, d); err != nil {
		return nil, nil, err
	}
	r, err := adjoint(d)
	if err != nil {
		return d, nil, fmt.Errorf("fdfd: computing a gradient at %g Hz: %w", k.freq, err)
	}
	if r == nil {
		return d, nil, fmt.Errorf("fdfd: computing a gradient at %g Hz: there is no residual", k.freq)
	}
	g, err := k.adjoint(ctx, h, r)
	return d, g, err
}

// dataAndFields computes data by whole fields when these can be kept for what follows.
func (k *Kernel) dataAndFields(ctx context.Context, h *shots, d *solver.Data) error {
	if !k.keeps(len(h.rhs)) {
		return k.record(ctx, h, d)
	}
	return k.fields(ctx, h, func(first int, u [][]complex128) error {
		for i := range u {
			h.sample(first+i, u[i], d.Gather(first+i))
		}
		return nil
	})
}

// PseudoHessian is Σ ‖(∂A/∂property)·u‖² over sources, one number a cell for each property (Shin, Jang and Min 2001): what a gradient
// is divided by, after a little of its largest value is added, so that deep cells count.
func (k *Kernel) PseudoHessian(ctx context.Context, s *solver.Survey) (*Sensitivity, error) {
	if err := k.ready(ctx); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	h, err := k.shots(s)
	if err != nil {
		return nil, err
	}
	cells := k.derivative()
	p := newSquares(k.med)
	err = k.fields(ctx, h, func(_ int, u [][]complex128) error {
		k.parallel(len(k.med.z), func(pz int) { p.add(cells, pz, u) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p.result(real(h.weight)*real(h.weight) + imag(h.weight)*imag(h.weight)), nil
}

// GaussNewton applies Re JᴴWJ to a change of the model; weights are real and not negative, one a datum; nil: 1.
func (k *Kernel) GaussNewton(ctx context.Context, s *solver.Survey, v *Change, weights []float64) (*Sensitivity, error) {
	return gaussNewton(ctx, k, s, v, weights)
}

// differentiable is what both kinds of kernels can do.
type differentiable interface {
	Jvec(ctx context.Context, s *solver.Survey, v *Change) (*solver.Data, error)
	Jtvec(ctx context.Context, residual *solver.Data) (*Sensitivity, error)
}

func gaussNewton(ctx context.Context, k differentiable, s *solver.Survey, v *Change, weights []float64) (*Sensitivity, error) {
	d, err := k.Jvec(ctx, s, v)
	if err != nil {
		return nil, err
	}
	if weights != nil && len(weights) != len(d.Values) {
		return nil, fmt.Errorf("fdfd: applying the Gauss-Newton matrix: %d weights for %d data", len(weights), len(d.Values))
	}
	for i, w := range weights {
		d.Values[i] *= complex(w, 0)
	}
	return k.Jtvec(ctx, d)
}
