package invert_test

import (
	"math"
	"slices"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/invert"
)

// section is an inversion for the made-up section: 180×60 cells of 50 m and density 1, data computed on cells of half the side.
type section struct {
	truth, start *solver.Model
	src, rec     []solver.Point
}

func newSection(tb testing.TB) *section {
	tb.Helper()
	g := solver.Grid{Nx: 180, Nz: 60, Dx: 50, Dz: 50}
	s := &section{truth: light(tb, g)}
	s.start = s.truth.Smooth(500, 300)
	for i := range 4 * g.Nx {
		s.start.C[i] = 1500
	}
	for ix := 4; ix < 177; ix += 7 {
		s.src = append(s.src, g.Node(ix, 1))
	}
	for ix := 2; ix < 179; ix += 2 {
		s.rec = append(s.rec, g.Node(ix, 3))
	}
	return s
}

// light is the section sampled at the middle of cells, with density 1.
func light(tb testing.TB, g solver.Grid) *solver.Model {
	tb.Helper()
	m, err := solver.Average(g, 1, solver.Marmousi)
	if err != nil {
		tb.Fatal(err)
	}
	m.Rho = slices.Repeat([]float64{1}, g.Cells())
	return m
}

// layer is an absorbing layer of n cells.
func layer(n int) fdfd.Option {
	return fdfd.Absorbing(fdfd.Layer{Cells: n, R: 1e-5, M: 2, C0: 2500})
}

// observe computes data on the finer grid.
func (s *section) observe(tb testing.TB, freq float64) *solver.Data {
	tb.Helper()
	k, err := fdfd.NewKernel(light(tb, solver.Grid{Nx: 360, Nz: 120, Dx: 25, Dz: 25}), freq, layer(20))
	if err != nil {
		tb.Fatal(err)
	}
	d, err := k.Data(s.src, s.rec)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func (s *section) terms(tb testing.TB, stencil fdfd.Stencil, freqs ...float64) []*invert.Term {
	tb.Helper()
	var ts []*invert.Term
	for _, f := range freqs {
		k, err := fdfd.NewKernel(s.start, f, layer(10), fdfd.Using(stencil))
		if err != nil {
			tb.Fatal(err)
		}
		term, err := invert.NewTerm(k, s.observe(tb, f), invert.Compare{})
		if err != nil {
			tb.Fatal(err)
		}
		ts = append(ts, term)
	}
	return ts
}

// misfit is the mean over terms.
func misfit(tb testing.TB, m *solver.Model, ts []*invert.Term) (mean float64) {
	tb.Helper()
	for _, term := range ts {
		r, err := term.Answer(&invert.Request{Model: m, Freqs: []float64{term.Freq()}})
		if err != nil {
			tb.Fatal(err)
		}
		mean += r.Misfit / r.Norm / float64(len(ts))
	}
	return mean
}

// wrong is the root mean square error of speed in the upper middle of the section, below the water.
func (s *section) wrong(m *solver.Model) float64 {
	e, n := 0., 0.
	for iz := 4; iz < 36; iz++ {
		for ix := 20; ix < 160; ix++ {
			d := m.C[iz*180+ix] - s.truth.C[iz*180+ix]
			e, n = e+d*d, n+1
		}
	}
	return math.Sqrt(e / n)
}

var sectionFreqs = []float64{2, 2.8, 3.9, 5.5, 7.5}

// run inverts and returns the misfits of start and end, and the end.
func (s *section) run(tb testing.TB, stencil fdfd.Stencil, change func(v *invert.Inversion)) (before, after float64, end *invert.State) {
	tb.Helper()
	ts := s.terms(tb, stencil, sectionFreqs...)
	v := invert.Inversion{
		Start: s.start, Stages: invert.OneByOne(sectionFreqs...), Slowest: 1400, Fastest: 5000,
		Frozen: invert.Above(s.start.Grid, 200), Gain: invert.Deepening(s.start.Grid, 0.3, 1),
	}
	change(&v)
	before = misfit(tb, s.start, ts)
	end, err := v.Run(tb.Context(), invert.Serial(ts...))
	if err != nil {
		tb.Fatal(err)
	}
	after = misfit(tb, end.Model, ts)
	tb.Logf("misfit %.4g to %.4g (÷%.0f) in %d evaluations and %d products; error of the upper part %.0f to %.0f m/s",
		before, after, before/after, end.Evaluations, end.Products, s.wrong(s.start), s.wrong(end.Model))
	return before, after, end
}

// From low to high frequencies the misfit falls a hundredfold, and the upper part of the section is found.
func TestSection(t *testing.T) {
	if testing.Short() {
		t.Skip("takes forty seconds of a quiet core")
	}
	s := newSection(t)
	before, after, end := s.run(t, fdfd.Fit9, func(*invert.Inversion) {})
	if math.Abs(before/0.2025-1) > 1e-3 {
		t.Errorf("misfit of the start %.5g, want 0.2025", before)
	}
	if !(before/after >= 100) || end.Evaluations > 150 {
		t.Errorf("misfit fell by %.1f in %d evaluations, want 100 in 150", before/after, end.Evaluations)
	}
	if !(s.wrong(end.Model) <= 0.6*s.wrong(s.start)) {
		t.Errorf("error of the upper part %.0f m/s, before %.0f", s.wrong(end.Model), s.wrong(s.start))
	}
	// A fixed stencil, at the spacing that is enough for the fitted one, fits five times worse.
	if _, fixed, _ := s.run(t, fdfd.JSS, func(*invert.Inversion) {}); !(fixed >= 5*after) {
		t.Errorf("misfit %g by Jo, Shin and Suh, %g by fitted weights", fixed, after)
	}
}

// Other ways to the same section, for docs/bench/inversion.md.
func BenchmarkSection(b *testing.B) {
	s := newSection(b)
	for name, change := range map[string]func(v *invert.Inversion){
		"all frequencies at the end": func(v *invert.Inversion) {
			v.Stages = append(v.Stages, invert.Stage{Freqs: sectionFreqs, Iterations: 10})
		},
		"total variation": func(v *invert.Inversion) {
			v.Regularise = []invert.Regulariser{invert.TotalVariation{Weight: 0.002}}
		},
		"Gauss-Newton": func(v *invert.Inversion) {
			v.Method, v.Stages = invert.GaussNewton, iterations(v.Stages, 4)
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				before, after, end := s.run(b, fdfd.Fit9, change)
				b.ReportMetric(before/after, "fall")
				b.ReportMetric(float64(end.Evaluations), "evaluations")
			}
		})
	}
}
