package fdfd

import (
	"context"
	"fmt"
	"math/cmplx"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/solver"
)

// Gradient is the derivative of the misfit ½‖d−obs‖² with respect to the speed of each cell at fixed density. obs are observed
// data of the same sources and receivers; those of the kernel's frequency are used, the others ignored, so that a whole set can be
// given to kernels of all frequencies and the results be added. Other misfits, densities and attenuation: see Misfit.
func (k *Kernel) Gradient(src, rec []solver.Point, obs []*solver.Data) (*solver.Image, error) {
	return k.GradientContext(context.Background(), src, rec, obs)
}

// GradientContext is Gradient that can be cancelled.
func (k *Kernel) GradientContext(ctx context.Context, src, rec []solver.Point, obs []*solver.Data) (*solver.Image, error) {
	return gradient(ctx, k, src, rec, obs)
}

// measuring is what both kinds of kernels can do.
type measuring interface {
	Freq() float64
	ready(ctx context.Context) error
	Model() *solver.Model
	Misfit(ctx context.Context, s *solver.Survey, adjoint func(*solver.Data) (*solver.Data, error)) (*solver.Data, *Sensitivity, error)
}

func gradient(ctx context.Context, k measuring, src, rec []solver.Point, obs []*solver.Data) (*solver.Image, error) {
	if err := k.ready(ctx); err != nil {
		return nil, err
	}
	o, err := pick(k.Freq(), src, rec, obs)
	if err != nil {
		return nil, err
	}
	var r *solver.Data
	_, s, err := k.Misfit(ctx, solver.Fixed(src, rec), func(d *solver.Data) (*solver.Data, error) {
		r = d.Sub(o)
		return r, nil
	})
	if err != nil {
		return nil, err
	}
	model := k.Model()
	m := solver.NewImage(model, s.Speed(model))
	n := r.L2(nil)
	m.Title = fmt.Sprintf("gradient at %.4g Hz, misfit %.4g", k.Freq(), n*n/2)
	m.Name, m.Unit, m.Colors = "derivative by speed", "s/m", display.Diverging
	return m, nil
}

// pick finds the observed data of a frequency.
func pick(freq float64, src, rec []solver.Point, obs []*solver.Data) (*solver.Data, error) {
	var found *solver.Data
	fail := func(form string, v ...any) error {
		return fmt.Errorf("fdfd: computing a gradient at %g Hz: observed data "+form, append([]any{freq}, v...)...)
	}
	for i, o := range obs {
		if o == nil || o.Freq != freq {
			continue
		}
		if found != nil {
			return nil, fail("%d have that frequency too: they do not add up", i)
		}
		found = o
		if len(o.Values) != len(src)*len(rec) {
			return nil, fail("%d have %d values for %d sources × %d receivers", i, len(o.Values), len(src), len(rec))
		}
		if d := (&solver.Data{Src: src, Rec: rec}).Differs(o); d != "" {
			return nil, fail("%d are of other places: %s", i, d)
		}
		for j, v := range o.Values {
			if cmplx.IsNaN(v) || cmplx.IsInf(v) {
				return nil, fail("%d have value %g for source %d, receiver %d", i, v, j/len(rec), j%len(rec))
			}
		}
	}
	if found == nil {
		return nil, fmt.Errorf("fdfd: computing a gradient at %g Hz: none of %d observed data have that frequency", freq, len(obs))
	}
	return found, nil
}
