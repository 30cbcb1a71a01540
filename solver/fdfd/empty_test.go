package fdfd_test

import (
	"context"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
)

// computing is what both kinds of kernels do.
type computing interface {
	Forward(ctx context.Context, s *solver.Survey) (*solver.Data, error)
	Jvec(ctx context.Context, s *solver.Survey, v *fdfd.Change) (*solver.Data, error)
	Jtvec(ctx context.Context, residual *solver.Data) (*fdfd.Sensitivity, error)
	PseudoHessian(ctx context.Context, s *solver.Survey) (*fdfd.Sensitivity, error)
	GaussNewton(ctx context.Context, s *solver.Survey, v *fdfd.Change, weights []float64) (*fdfd.Sensitivity, error)
	Misfit(ctx context.Context, s *solver.Survey, adjoint func(*solver.Data) (*solver.Data, error)) (*solver.Data, *fdfd.Sensitivity, error)
	FieldContext(ctx context.Context, src solver.Point) (*solver.Field, error)
	GradientContext(ctx context.Context, src, rec []solver.Point, obs []*solver.Data) (*solver.Image, error)
}

// Kernels that nobody made, and calls without a context, are errors.
func TestNothingToWorkWith(t *testing.T) {
	m := solver.Homogeneous(20, 20, 10, 1500, 1)
	k, err := fdfd.NewKernel(m, 15)
	if err != nil {
		t.Fatal(err)
	}
	k25, err := fdfd.NewKernel25D(m, 15, fdfd.Contour{})
	if err != nil {
		t.Fatal(err)
	}
	p := []solver.Point{solver.At(50, 50)}
	s, d := solver.Fixed(p, p), solver.NewData(15, p, p)
	var no context.Context
	for name, c := range map[string]struct {
		ctx  context.Context
		k    computing
		want string
	}{
		"no context":             {no, k, "no context"},
		"no context in 2.5-D":    {no, k25, "no context"},
		"an empty kernel":        {t.Context(), new(fdfd.Kernel), "is empty"},
		"an empty one for 2.5-D": {t.Context(), new(fdfd.Kernel25D), "is empty"},
		"nil":                    {t.Context(), (*fdfd.Kernel)(nil), "is empty"},
		"nil for 2.5-D":          {t.Context(), (*fdfd.Kernel25D)(nil), "is empty"},
	} {
		for i, f := range []func() error{
			func() error { _, err := c.k.Forward(c.ctx, s); return err },
			func() error { _, err := c.k.Jvec(c.ctx, s, noise(m, 1)); return err },
			func() error { _, err := c.k.Jtvec(c.ctx, d); return err },
			func() error { _, err := c.k.PseudoHessian(c.ctx, s); return err },
			func() error { _, err := c.k.GaussNewton(c.ctx, s, noise(m, 1), nil); return err },
			func() error {
				_, _, err := c.k.Misfit(c.ctx, s, func(d *solver.Data) (*solver.Data, error) { return d, nil })
				return err
			},
			func() error { _, err := c.k.FieldContext(c.ctx, p[0]); return err },
			func() error { _, err := c.k.GradientContext(c.ctx, p, p, []*solver.Data{d}); return err },
		} {
			if err := f(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, call %d: %v", name, i, err)
			}
		}
	}
	for _, f := range []func() error{
		func() error { return new(fdfd.Kernel).Update(m) }, func() error { return new(fdfd.Kernel25D).Update(m) },
		func() error { _, _, err := k.Misfit(t.Context(), s, nil); return err },
		func() error { _, _, err := k25.Misfit(t.Context(), s, nil); return err },
	} {
		if f() == nil {
			t.Error("no error")
		}
	}
	// what they tell of themselves
	var e fdfd.Kernel
	var e25 fdfd.Kernel25D
	e.Forget()
	e25.Forget()
	_, _, _, _ = e.Report().String(), e25.Report().String(), e.Row(), e25.Row()
	_, _, _, _ = e.Factor(), e.Layers(), e.Took(), e25.Took()
	if e.Bytes()+e25.Bytes() != 0 || e.Model() != nil || e25.Model() != nil || e.Grid() != e25.Grid() || e.PointsPerWavelength()+e25.PointsPerWavelength() != 0 ||
		len(e.Warnings())+len(e25.Warnings()) != 0 || !strings.HasPrefix(e.String(), "empty") || !strings.HasPrefix(e25.String(), "empty") {
		t.Errorf("%v, %v", &e, &e25)
	}
}

// Changes of another model are nil, and nil is refused with a name.
func TestChangesOfNoModel(t *testing.T) {
	m := solver.Homogeneous(4, 4, 10, 1500, 1)
	bad := []float64{1, 2}
	if fdfd.BySpeed(nil, bad) != nil || fdfd.BySpeed(m, bad) != nil || fdfd.ByDensity(nil, bad) != nil || fdfd.ByDensity(m, bad) != nil {
		t.Error("a change of no model")
	}
	s := &fdfd.Sensitivity{Slowness2: bad, Buoyancy: bad}
	if s.Speed(m) != nil || s.Density(m) != nil || s.Speed(nil) != nil || s.Dot(nil) != 0 {
		t.Error("a derivative by no model")
	}
}

// What makes a matrix have no numbers is named.
func TestCausesAreNamed(t *testing.T) {
	m := solver.Homogeneous(20, 20, 10, 1500, 1)
	lossy := m.Clone()
	lossy.Q = make([]float64, m.Cells())
	for i := range lossy.Q {
		lossy.Q[i] = 50
	}
	lossy.Q[23] = 1e-300
	for _, c := range []struct {
		m    *solver.Model
		o    fdfd.Option
		want string
	}{
		{m, fdfd.CrossLine(100), "cross-line wavenumber (100+0i) rad/m"},
		{lossy, nil, "Q is 1e-300, in cell 23 (ix 3, iz 1) at (35, 15) m"},
		{m, fdfd.Absorbing(fdfd.Layer{C0: 1e300}), "C0 1e+300"},
		{m, fdfd.Damping(1e-300), "damping time of 1e-300 s"},
	} {
		if _, err := fdfd.NewKernel(c.m, 15, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
	_, err := fdfd.NewKernel25D(m, 15, fdfd.Contour{N: 8, Phi: 0.5, Tau: 0.4, T: 2, K: 100})
	if err == nil || !strings.Contains(err.Error(), "cross-line wavenumber") {
		t.Errorf("a contour that goes too far: %v", err)
	}
	k, err := fdfd.NewKernel(m, 15)
	if err != nil {
		t.Fatal(err)
	}
	p := []solver.Point{solver.At(50, 50)}
	v := make([]float64, m.Cells())
	v[7] = nan()
	if _, err := k.Jvec(t.Context(), solver.Fixed(p, p), &fdfd.Change{Loss: v}); err == nil || !strings.Contains(err.Error(), "change NaN of 1/Q in cell 7") {
		t.Errorf("a change that is no number: %v", err)
	}
}
