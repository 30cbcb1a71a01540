package seismogram_test

import (
	"math"
	"math/cmplx"
	"strings"
	"testing"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/seismogram"
)

// The spectra are those of the signals: against a fine sum, with complex frequencies.
func TestSpectra(t *testing.T) {
	for _, w := range []seismogram.Wavelet{
		seismogram.Ricker{Peak: 6, Delay: 0.25},
		seismogram.Kuepper{N: 2, Width: 0.3},
		seismogram.Kuepper{N: 1, Width: 0.2},
		seismogram.Sampled{Dt: 0.01, T0: 0.05, Values: []float64{0, 1, 3, 1, -1, -2, 0}},
	} {
		for _, omega := range []complex128{0, complex(0, 4), complex(40, 0), complex(40, 2), complex(math.Pi/0.15, 0), complex(90, -1)} {
			const dt = 4e-5
			var sum complex128
			for i := range 25000 {
				at := float64(i) * dt
				sum += complex(w.At(at)*dt, 0) * cmplx.Exp(1i*omega*complex(at, 0))
			}
			if s, ok := w.(seismogram.Sampled); ok && omega != 0 { // the straight lines between samples are triangles
				half := omega * complex(s.Dt/2, 0)
				sum *= half * half / (cmplx.Sin(half) * cmplx.Sin(half))
			}
			if got := w.Spectrum(omega); cmplx.Abs(got-sum) > 1e-6 {
				t.Errorf("%v at %g: %g, the signal's is %g", w, omega, got, sum)
			}
		}
	}
}

// A signal that is delayed and divided comes out of its spectrum, sampled at n/T with damping, although it would wrap around without.
func TestSynthesizeDelays(t *testing.T) {
	const period, fmax, dt = 1.5, 20, 0.004
	tau := period / 4
	w := seismogram.Ricker{Peak: 6, Delay: 0.25}
	src, rec := []solver.Point{{X: 1}}, solver.Line(solver.At(0, 0), solver.At(100, 0), 3)
	delays := []float64{0.1, 0.7, 1.6} // the last arrives after the end
	var data []*solver.Data
	for _, f := range seismogram.Band(period, fmax) {
		d := solver.NewData(f, src, rec)
		for ir, at := range delays {
			d.Values[ir] = cmplx.Exp(1i*complex(2*math.Pi*f, 1/tau)*complex(at, 0)) / complex(1+at, 0)
		}
		data = append([]*solver.Data{d}, data...) // any order
	}
	u, err := seismogram.Synthesize(data, w, period, tau, dt)
	if err != nil {
		t.Fatal(err)
	}
	if u.Nt != 375 || u.Dt != dt || len(u.Values) != 3*375 {
		t.Fatalf("%v", u)
	}
	for ir, at := range delays {
		var e, n float64
		for it, v := range u.Trace(0, ir) {
			want := w.At(float64(it)*u.Dt-at) / (1 + at)
			e, n = e+(v-want)*(v-want), n+want*want
		}
		if ir < 2 && !(math.Sqrt(e/n) < 1e-3) {
			t.Errorf("delay %g: relative error %.2e", at, math.Sqrt(e/n))
		}
		if ir == 2 && !(math.Sqrt(e) < 0.05*math.Sqrt(n)+0.2) {
			t.Errorf("what arrives after the end comes back as %.2e", math.Sqrt(e))
		}
	}
	want := data[len(data)-10] // 9/T = 6 Hz
	back, s := u.Data(want.Freq, tau), w.Spectrum(complex(2*math.Pi*want.Freq, 1/tau))
	for ir := range 2 {
		if d := cmplx.Abs(back.Values[ir]-want.Values[ir]*s) / cmplx.Abs(want.Values[ir]*s); d > 1e-2 {
			t.Errorf("back to frequencies: relative difference %.1e", d)
		}
	}
	if s := display.Of(u).String(); !strings.Contains(s, "1 sources × 3 receivers") || display.Of(u).Data["image/png"] == nil {
		t.Errorf("shows %q", s)
	}
}

func TestSynthesizeRefuses(t *testing.T) {
	at := func(f ...float64) (ds []*solver.Data) {
		for _, f := range f {
			ds = append(ds, solver.NewData(f, make([]solver.Point, 1), make([]solver.Point, 1)))
		}
		return ds
	}
	w := seismogram.Ricker{Peak: 5}
	other := at(1, 2)
	other[1] = solver.NewData(2, make([]solver.Point, 2), make([]solver.Point, 1))
	for want, c := range map[string]struct {
		d               []*solver.Data
		w               seismogram.Wavelet
		period, tau, dt float64
	}{
		"there are no data":           {nil, w, 1, 0, 0.1},
		"2 Hz is missing":             {at(1, 3), w, 1, 0, 0.01},
		"1 Hz is there twice":         {at(1, 1), w, 1, 0, 0.01},
		"no multiple of 1/T = 1 Hz":   {at(1, 2.5), w, 1, 0, 0.01},
		"too long for 2 Hz":           {at(1, 2), w, 1, 0, 0.3},
		"period 0 s":                  {at(1), w, 0, 0, 0.1},
		"damping time -1 s":           {at(1), w, 1, -1, 0.1},
		"have another shape":          {other, w, 1, 0, 0.1},
		"has spectrum (NaN+NaNi)":     {at(1), seismogram.Ricker{}, 1, 0, 0.1},
		"data 1 (<nil>) have another": {append(at(1), nil), w, 1, 0, 0.1},
	} {
		if u, err := seismogram.Synthesize(c.d, c.w, c.period, c.tau, c.dt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, %v, want %s", u, err, want)
		}
	}
}

func TestSignature(t *testing.T) {
	d := solver.NewData(3, make([]solver.Point, 2), make([]solver.Point, 2))
	obs := solver.NewData(3, d.Src, d.Rec)
	for i := range d.Values {
		d.Values[i] = complex(float64(i)*1e200, 1e200)
		obs.Values[i] = d.Values[i] * (2 - 3i) * 1e-200
	}
	if got := seismogram.Signature(d, obs); cmplx.Abs(got*1e200-(2-3i)) > 1e-12 {
		t.Errorf("signature %g", got)
	}
	if !cmplx.IsNaN(seismogram.Signature(d, nil)) {
		t.Error("nothing has a signature")
	}
}
