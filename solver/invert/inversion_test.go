package invert_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/invert"
)

// Each method finds the slow spot, with each way of preconditioning, and never leaves bounds or frozen cells.
func TestMethods(t *testing.T) {
	s := newSmall(t, 6, 9)
	g := s.start.Grid
	base := invert.Inversion{Start: s.start, Stages: invert.Growing(6, 9), Frozen: invert.Above(g, 50), Slowest: 1700, Fastest: 2020}
	for name, change := range map[string]func(v *invert.Inversion){
		"L-BFGS":         func(*invert.Inversion) {},
		"smoothed":       func(v *invert.Inversion) { v.SmoothX, v.SmoothZ = 25, 15 },
		"pseudo-Hessian": func(v *invert.Inversion) { v.PseudoHessian = true },
		"deepening":      func(v *invert.Inversion) { v.Gain = invert.Deepening(g, 0.3, 2) },
		"Gauss-Newton":   func(v *invert.Inversion) { v.Method, v.Stages = invert.GaussNewton, iterations(v.Stages, 5) },
		"Gauss-Newton, pseudo-Hessian": func(v *invert.Inversion) {
			v.Method, v.PseudoHessian, v.Stages = invert.GaussNewton, true, iterations(v.Stages, 5)
		},
	} {
		v := base
		change(&v)
		got, err := v.Run(t.Context(), invert.Serial(s.terms(t, invert.Compare{})...))
		if err != nil {
			t.Fatal(err)
		}
		h := got.History
		if a, b := h[0].Misfit, h[len(h)-1].Misfit; !(b < a/50) {
			t.Errorf("%s: misfit %g to %g: %v", name, a, b, got)
		}
		lo, hi := got.Model.Range()
		if lo < 1700*(1-1e-12) || hi > 2020*(1+1e-12) {
			t.Errorf("%s: speeds %g to %g", name, lo, hi)
		}
		for i, f := range v.Frozen {
			if f && got.Model.C[i] != 2000 {
				t.Fatalf("%s: frozen cell %d has speed %g", name, i, got.Model.C[i])
			}
		}
		if c := got.Model.C[7*24+12]; !(c < 1920) {
			t.Errorf("%s: %g m/s in the middle of the slow spot", name, c)
		}
		for i := 1; i < len(h); i++ {
			if h[i].Iteration > 0 && !(h[i].Misfit+h[i].Penalty < h[i-1].Misfit+h[i-1].Penalty) {
				t.Errorf("%s: step %d goes up: %v", name, i, h)
			}
		}
	}
}

func iterations(stages []invert.Stage, n int) []invert.Stage {
	for i := range stages {
		stages[i].Iterations = n
	}
	return stages
}

// Every misfit that does not know amplitudes finds the spot although sources are not what was thought.
func TestUnknownSources(t *testing.T) {
	s := newSmall(t, 6)
	for i := range s.obs[0].Values {
		s.obs[0].Values[i] *= complex(-3, 2) * complex(1+0.3*float64(i/15), 0)
	}
	for _, m := range []invert.Misfit{invert.L2, invert.Phase, invert.Log, invert.Normalised} {
		for _, method := range []invert.Method{invert.LBFGS, invert.GaussNewton} {
			v := invert.Inversion{Start: s.start, Stages: iterations(invert.OneByOne(6), 10), PseudoHessian: true, SmoothX: 30, SmoothZ: 30, Method: method}
			got, err := v.Run(t.Context(), invert.Serial(s.terms(t, invert.Compare{Misfit: m, Source: invert.PerSource})...))
			if err != nil {
				t.Fatal(err)
			}
			h := got.History
			if a, b := h[0].Misfit, h[len(h)-1].Misfit; !(b < a/20) {
				t.Errorf("%v, %v: misfit %g to %g: %v", m, method, a, b, got)
			}
			if c := got.Model.C[7*24+12]; !(c < 1940) {
				t.Errorf("%v, %v: %g m/s in the middle of the slow spot", m, method, c)
			}
			if len(got.Sources) != 1 || len(got.Sources[0].Values) != 6 {
				t.Errorf("%v: signatures %v", m, got.Sources)
			}
		}
	}
}

// A perfect start is no error, nor is a search that finds nothing.
func TestNothingBetter(t *testing.T) {
	s := newSmall(t, 6)
	flat := invert.MapperFunc(func(_ context.Context, q *invert.Request) ([]*invert.Reply, error) {
		g := make([]float64, q.Model.Cells())
		for i := range g {
			g[i] = float64(i % 3)
		}
		return []*invert.Reply{{Freq: 6, Misfit: 1, Norm: 1, Gradient: g}}, nil // a gradient that is not the misfit's
	})
	got, err := invert.Inversion{Start: s.start, Stages: invert.OneByOne(6)}.Run(t.Context(), flat)
	if err != nil || got.Stage != 1 || got.Value != 1 {
		t.Errorf("%v, %v", got, err)
	}
	for i, c := range got.Model.C {
		if math.Abs(c-2000) > 1e-9 {
			t.Fatalf("cell %d moved to %g", i, c)
		}
	}
	level := invert.MapperFunc(func(_ context.Context, q *invert.Request) ([]*invert.Reply, error) {
		return []*invert.Reply{{Freq: 6, Misfit: 1, Norm: 1, Gradient: make([]float64, q.Model.Cells())}, {Freq: 7, Idle: true}}, nil
	})
	if got, err := (invert.Inversion{Start: s.start, Stages: invert.OneByOne(6)}).Run(t.Context(), level); err != nil || got.Evaluations != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestRefuses(t *testing.T) {
	s := newSmall(t, 6)
	good := func() invert.Inversion { return invert.Inversion{Start: s.start, Stages: invert.OneByOne(6)} }
	reply := func(r ...*invert.Reply) invert.Mapper {
		return invert.MapperFunc(func(context.Context, *invert.Request) ([]*invert.Reply, error) { return r, nil })
	}
	right := make([]float64, s.start.Cells())
	for want, c := range map[string]struct {
		spoil func(v *invert.Inversion)
		m     invert.Mapper
	}{
		"there are no stages":        {spoil: func(v *invert.Inversion) { v.Stages = nil }},
		"stage 0 has frequencies []": {spoil: func(v *invert.Inversion) { v.Stages = []invert.Stage{{}} }},
		"bounds 3000 to 2500 m/s":    {spoil: func(v *invert.Inversion) { v.Slowest, v.Fastest = 3000, 2500 }},
		"speed 2000 in cell 0":       {spoil: func(v *invert.Inversion) { v.Slowest, v.Fastest = 2100, 2500 }},
		"2 frozen cells":             {spoil: func(v *invert.Inversion) { v.Frozen = make([]bool, 2) }},
		"gain NaN of cell 0": {spoil: func(v *invert.Inversion) {
			v.Gain = solver.Blur(v.Start.Grid, append([]float64{math.NaN()}, right[1:]...), 0, 0)
		}},
		"checking a model":                 {spoil: func(v *invert.Inversion) { v.Start = nil }},
		"first step 2":                     {spoil: func(v *invert.Inversion) { v.FirstStep = 2 }},
		"gradients smoothed by -1":         {spoil: func(v *invert.Inversion) { v.SmoothX = -1 }},
		"term 0 gave no reply":             {m: reply(nil)},
		"term 0 answered for 7 Hz":         {m: reply(&invert.Reply{Freq: 7})},
		"no data other than zero at 6 Hz":  {m: reply()},
		"3 cells, the model has 336":       {m: reply(&invert.Reply{Freq: 6, Norm: 1, Gradient: make([]float64, 3)})},
		"evaluating the misfit: it is NaN": {m: reply(&invert.Reply{Freq: 6, Norm: 1, Misfit: math.NaN(), Gradient: right})},
		"evaluating the misfit: engine is ill": {m: invert.MapperFunc(func(context.Context, *invert.Request) ([]*invert.Reply, error) {
			return nil, errors.New("engine is ill")
		})},
	} {
		v := good()
		if c.spoil != nil {
			c.spoil(&v)
		}
		if c.m == nil {
			c.m = invert.Serial()
		}
		if _, err := v.Run(t.Context(), c.m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestTermRefuses(t *testing.T) {
	s := newSmall(t, 6)
	k := s.term(t, s.obs[0], invert.Compare{})
	if r, err := k.Answer(nil); err == nil {
		t.Errorf("nothing is answered by %v", r)
	}
	if r := answer(t, k, &invert.Request{Model: s.start, Freqs: []float64{7}}); !r.Idle {
		t.Errorf("another frequency is answered: %+v", r)
	}
	if _, err := k.Answer(&invert.Request{Model: solver.Homogeneous(3, 3, 20, 2000, 1), Freqs: []float64{6}}); err == nil {
		t.Error("another grid is accepted")
	}
	if _, err := k.Answer(&invert.Request{Model: s.start, Freqs: []float64{6}, Along: []float64{1}}); err == nil || !strings.Contains(err.Error(), "a change of 1 cells") {
		t.Errorf("a short change: %v", err)
	}
}

// The state and the history draw themselves.
func TestShows(t *testing.T) {
	s := newSmall(t, 6)
	got, err := invert.Inversion{Start: s.start, Stages: iterations(invert.OneByOne(6), 2)}.Run(t.Context(), invert.Serial(s.terms(t, invert.Compare{})...))
	if err != nil {
		t.Fatal(err)
	}
	if b := display.Of(got); b.Data["image/png"] == nil || !strings.HasPrefix(b.String(), "inversion: all 1 stages done") {
		t.Errorf("shows %q", b.String())
	}
	if b := display.Of(got.History); b.Data["image/svg+xml"] == nil || !strings.HasPrefix(b.String(), "3 steps") {
		t.Errorf("shows %q", b.String())
	}
	for _, v := range []any{(*invert.State)(nil), &invert.State{}, invert.History{}, s.terms(t, invert.Compare{})} {
		if x := display.Of(v).String(); x == "" || strings.Contains(x, "panicked") {
			t.Errorf("%T shows %q", v, x)
		}
	}
}

// What cannot be begun is refused in words.
func TestRefusesNil(t *testing.T) {
	s := newSmall(t, 6)
	terms := s.terms(t, invert.Compare{})
	good := invert.Inversion{Start: s.start, Stages: invert.OneByOne(6)}
	for want, run := range map[string]func() error{
		"no mapper": func() error { _, err := good.Run(t.Context(), nil); return err },
		"regulariser 0 is nil": func() error {
			v := good
			v.Regularise = []invert.Regulariser{nil}
			_, err := v.Run(t.Context(), invert.Serial(terms...))
			return err
		},
		"term 0": func() error { _, err := good.Run(t.Context(), invert.Serial(nil)); return err },
		"all data are zero": func() error {
			obs := *s.obs[0]
			obs.Values = make([]complex128, len(obs.Values))
			k, err := fdfd.NewKernel(s.start, obs.Freq)
			if err != nil {
				return err
			}
			_, err = invert.NewTerm(k, &obs, invert.Compare{})
			return err
		},
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
