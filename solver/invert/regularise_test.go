package invert_test

import (
	"math"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/invert"
	"github.com/galeproject/gale/solver/solvertest"
)

func regularisers(n int) []invert.Regulariser {
	speed := make([]float64, n)
	for i := range speed {
		speed[i] = 1900 + float64(i%7)
	}
	return []invert.Regulariser{
		invert.Smooth{Weight: 0.3},
		invert.Smooth{Weight: 0.3, Length: 55},
		invert.TotalVariation{Weight: 2, Length: 30},
		invert.TotalVariation{Weight: 2, Edge: 0.1},
		invert.Near{Weight: 4, Speed: speed},
	}
}

// The gradients of regularisers leave a remainder of second order; their curvatures are symmetric and not negative, and exact where
// the cost is a square.
func TestRegularisersTaylor(t *testing.T) {
	g := solver.Grid{Nx: 9, Nz: 6, Dx: 20, Dz: 10}
	n := g.Cells()
	s, v, w := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range s {
		f := float64(i)
		s[i], v[i], w[i] = 7.6+0.05*math.Sin(f*f), math.Cos(3*f), math.Sin(2*f)
	}
	at := func(x float64) []float64 {
		m := make([]float64, n)
		for i := range m {
			m[i] = s[i] + x*v[i]
		}
		return m
	}
	for _, r := range regularisers(n) {
		grad := make([]float64, n)
		r.Cost(g, s, grad)
		orders := solvertest.Taylor(func(x float64) float64 { return r.Cost(g, at(x), make([]float64, n)) }, dot(grad, v), 0.02, 7)
		for _, o := range orders[3:] {
			if !(o > 1.95 && o < 2.05) {
				t.Errorf("%v: orders %.3f", r, orders)
				break
			}
		}
		cv, cw := make([]float64, n), make([]float64, n)
		r.Curve(g, s, v, cv)
		r.Curve(g, s, w, cw)
		if a, b := dot(cv, w), dot(cw, v); math.Abs(a-b) > 1e-12*math.Abs(dot(cv, v)) || !(dot(cv, v) > 0) {
			t.Errorf("%v: curvature %g, %g, along %g", r, a, b, dot(cv, v))
		}
		if _, ok := r.(invert.TotalVariation); ok {
			continue
		}
		after := make([]float64, n)
		r.Cost(g, at(1), after)
		for i := range after {
			if d := after[i] - grad[i] - cv[i]; math.Abs(d) > 1e-12 {
				t.Fatalf("%v: curvature is off by %g in cell %d", r, d, i)
			}
		}
	}
}

// The gradient of misfit and penalties together, by 1/c², is what the minimiser is told: a start that fits is left for what is likelier.
func TestRegularisersPull(t *testing.T) {
	s := newSmall(t, 8)
	rough := s.start.Clone()
	for i := range rough.C {
		rough.C[i] += 40 * math.Sin(float64(i*i))
	}
	roughness := func(m *solver.Model, r invert.Regulariser) float64 {
		ln := make([]float64, len(m.C))
		for i, c := range m.C {
			ln[i] = math.Log(c)
		}
		return r.Cost(m.Grid, ln, make([]float64, len(ln)))
	}
	for _, method := range []invert.Method{invert.LBFGS, invert.GaussNewton} {
		for _, r := range []invert.Regulariser{invert.Smooth{Weight: 1000}, invert.TotalVariation{Weight: 100}} {
			v := invert.Inversion{
				Start: rough, Stages: []invert.Stage{{Freqs: []float64{8}, Iterations: 12}}, Regularise: []invert.Regulariser{r}, Method: method,
			}
			got, err := v.Run(t.Context(), invert.Serial(s.terms(t, invert.Compare{})...))
			if err != nil {
				t.Fatal(err)
			}
			if a, b := roughness(rough, r), roughness(got.Model, r); !(b < a/20) {
				t.Errorf("%v, %v: cost %g to %g", method, r, a, b)
			}
		}
	}
}
