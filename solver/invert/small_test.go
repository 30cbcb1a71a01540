package invert_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/invert"
	"github.com/galeproject/gale/solver/solvertest"
)

// small is a quick problem: a slow spot in 24×14 cells of 20 m, sources above, receivers below.
type small struct {
	start *solver.Model
	obs   []*solver.Data
}

var quick = fdfd.Absorbing(fdfd.Layer{Cells: 6, R: 1e-5, M: 2, C0: 2000})

func newSmall(tb testing.TB, freqs ...float64) *small {
	tb.Helper()
	s := &small{start: solver.Homogeneous(24, 14, 20, 2000, 1000)}
	s.start.Rho = nil // follows the speed
	truth := s.start.Clone()
	for i := range truth.C {
		p := truth.Center(i%24, i/24)
		truth.C[i] -= 250 * math.Exp(-((p.X-240)*(p.X-240)+(p.Z-140)*(p.Z-140))/3600)
	}
	for _, f := range freqs {
		k, err := fdfd.NewKernel(truth, f, quick)
		if err != nil {
			tb.Fatal(err)
		}
		d, err := k.Data(solver.Line(solver.At(40, 20), solver.At(440, 20), 6), solver.Line(solver.At(30, 250), solver.At(450, 250), 15))
		if err != nil {
			tb.Fatal(err)
		}
		s.obs = append(s.obs, d)
	}
	return s
}

func (s *small) term(tb testing.TB, obs *solver.Data, c invert.Compare) *invert.Term {
	tb.Helper()
	k, err := fdfd.NewKernel(s.start, obs.Freq, quick)
	if err != nil {
		tb.Fatal(err)
	}
	term, err := invert.NewTerm(k, obs, c)
	if err != nil {
		tb.Fatal(err)
	}
	return term
}

func (s *small) terms(tb testing.TB, c invert.Compare) (ts []*invert.Term) {
	tb.Helper()
	for _, o := range s.obs {
		ts = append(ts, s.term(tb, o, c))
	}
	return ts
}

// moved is the start with m = 1/c² moved by t along v.
func (s *small) moved(v []float64, t float64) *solver.Model {
	m := s.start.Clone()
	for i, c := range m.C {
		m.C[i] = 1 / math.Sqrt(1/(c*c)+t*v[i])
	}
	return m
}

// direction is a random smooth one.
func (s *small) direction(seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 2))
	v := make([]float64, s.start.Cells())
	for i := range v {
		v[i] = r.NormFloat64() * 2e-8
	}
	return solver.Blur(s.start.Grid, v, 30, 30)
}

func answer(tb testing.TB, term *invert.Term, q *invert.Request) *invert.Reply {
	tb.Helper()
	r, err := term.Answer(q)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func dot(a, b []float64) (s float64) {
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// each calls f for every way to compare.
func each(f func(name string, c invert.Compare)) {
	for _, m := range []invert.Misfit{invert.L2, invert.Phase, invert.Log, invert.Normalised} {
		for _, s := range []invert.Source{invert.Known, invert.PerSource, invert.Shared} {
			for _, weighted := range []bool{false, true} {
				c := invert.Compare{Misfit: m, Source: s}
				if weighted {
					for i := range 6 * 15 {
						c.Weights = append(c.Weights, float64(i%4))
					}
				}
				f(fmt.Sprintf("%v, %v, weighted %v", m, s, weighted), c)
			}
		}
	}
}

// The gradient of each misfit, with known and with estimated signatures, leaves a remainder of second order.
func TestMisfitsTaylor(t *testing.T) {
	s := newSmall(t, 8)
	// signatures that nobody knows
	for i := range s.obs[0].Values {
		s.obs[0].Values[i] *= complex(1.5, 0.4) * complex(1+0.1*float64(i/15), 0)
	}
	v := s.direction(1)
	each(func(name string, c invert.Compare) {
		term := s.term(t, s.obs[0], c)
		at := func(x float64) *invert.Reply {
			return answer(t, term, &invert.Request{Model: s.moved(v, x), Freqs: []float64{8}})
		}
		orders := solvertest.Taylor(func(x float64) float64 { return at(x).Misfit }, dot(at(0).Gradient, v), 0.5, 6)
		for _, o := range orders[2:] {
			if !(o > 1.9 && o < 2.1) {
				t.Errorf("%s: orders %.3f", name, orders)
				break
			}
		}
		r := at(0)
		if !(r.Misfit > 0) || !(r.Norm > 0) || len(r.Sources) == 0 {
			t.Errorf("%s: %v of %v, signatures %v", name, r.Misfit, r.Norm, r.Sources)
		}
	})
}

// Where the misfit is zero the Gauss–Newton product is the derivative of the gradient.
func TestProducts(t *testing.T) {
	s := newSmall(t, 8)
	k, err := fdfd.NewKernel(s.start, 8, quick)
	if err != nil {
		t.Fatal(err)
	}
	obs, err := k.Data(s.obs[0].Src, s.obs[0].Rec)
	if err != nil {
		t.Fatal(err)
	}
	v, w := s.direction(1), s.direction(2)
	each(func(name string, c invert.Compare) {
		term := s.term(t, obs, c)
		at := func(x float64) []float64 {
			return answer(t, term, &invert.Request{Model: s.moved(v, x), Freqs: []float64{8}}).Gradient
		}
		const h = 1e-2
		want := (dot(at(h), w) - dot(at(-h), w)) / (2 * h)
		q := &invert.Request{Model: s.start, Freqs: []float64{8}, Along: v}
		hv := answer(t, term, q).Product
		if got := dot(hv, w); !(math.Abs(got-want) < 2e-4*math.Sqrt(math.Abs(dot(hv, v)*want))+2e-4*math.Abs(want)) {
			t.Errorf("%s: product %.8g, differences %.8g", name, got, want)
		}
		q.Along = w
		if a, b := dot(hv, w), dot(answer(t, term, q).Product, v); math.Abs(a-b) > 1e-10*math.Abs(a) {
			t.Errorf("%s: not symmetric: %g, %g", name, a, b)
		}
	})
}

// A signature is found again.
func TestSignatures(t *testing.T) {
	s := newSmall(t, 8)
	k, err := fdfd.NewKernel(s.start, 8, quick)
	if err != nil {
		t.Fatal(err)
	}
	obs, err := k.Data(s.obs[0].Src, s.obs[0].Rec)
	if err != nil {
		t.Fatal(err)
	}
	const sigma = 0.3 - 2i
	for i := range obs.Values {
		obs.Values[i] *= sigma
	}
	for _, m := range []invert.Misfit{invert.L2, invert.Log, invert.Normalised} {
		for _, src := range []invert.Source{invert.PerSource, invert.Shared} {
			r := answer(t, s.term(t, obs, invert.Compare{Misfit: m, Source: src}), &invert.Request{Model: s.start, Freqs: []float64{8}})
			for _, g := range r.Sources {
				if d := g - sigma; math.Hypot(real(d), imag(d)) > 1e-9 {
					t.Errorf("%v, %v: signature %g, want %g", m, src, g, sigma)
				}
			}
			if r.Misfit > 1e-14*r.Norm {
				t.Errorf("%v, %v: misfit %g", m, src, r.Misfit)
			}
		}
	}
}

// Terms that are asked at once, and a frequency whose sources are spread over terms, give what one term after the other gives.
func TestMappersAgree(t *testing.T) {
	s := newSmall(t, 6, 8)
	v := invert.Inversion{Start: s.start, Stages: []invert.Stage{{Freqs: []float64{6, 8}, Iterations: 4}}, PseudoHessian: true, SmoothX: 20}
	serial, err := v.Run(t.Context(), invert.Serial(s.terms(t, invert.Compare{Source: invert.PerSource})...))
	if err != nil {
		t.Fatal(err)
	}
	ts := s.terms(t, invert.Compare{Source: invert.PerSource})
	atOnce := invert.MapperFunc(func(ctx context.Context, q *invert.Request) ([]*invert.Reply, error) {
		rs, errs := make([]*invert.Reply, len(ts)), make([]error, len(ts))
		var wg sync.WaitGroup
		for i, term := range ts {
			wg.Go(func() { rs[i], errs[i] = term.AnswerContext(ctx, q) })
		}
		wg.Wait()
		return rs, firstError(errs)
	})
	var spread []*invert.Term
	for _, o := range s.obs {
		for i := 0; i < 6; i += 2 {
			part := &solver.Data{Freq: o.Freq, Src: o.Src[i : i+2], Rec: o.Rec, Values: o.Values[15*i : 15*(i+2)]}
			spread = append(spread, s.term(t, part, invert.Compare{Source: invert.PerSource}))
		}
	}
	for name, m := range map[string]invert.Mapper{"at once": atOnce, "spread": invert.Serial(spread...)} {
		got, err := v.Run(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range serial.Model.C {
			limit := 0.
			if name == "spread" {
				limit = 1e-12 * c
			}
			if math.Abs(got.Model.C[i]-c) > limit {
				t.Fatalf("%s: speed %.17g in cell %d, serial %.17g", name, got.Model.C[i], i, c)
			}
		}
	}
	if h := serial.History; !(h[len(h)-1].Misfit < 0.3*h[0].Misfit) {
		t.Errorf("misfit %g to %g", h[0].Misfit, h[len(h)-1].Misfit)
	}
}

func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
