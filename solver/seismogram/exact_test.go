package seismogram_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/seismogram"
)

// Seismograms in three dimensions through the whole chain, 2.5-D sum, damped transform, wavelet, against the exact delayed wavelet:
// homogeneous, 4 cells a wavelength at 20 Hz.
func TestSeismogramsExact(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	const c, h, period, fmax = 1500., 18.75, 1., 20.
	tau := period / 4
	w := seismogram.Ricker{Peak: 6, Delay: 0.25}
	m := solver.Homogeneous(40, 40, h, c, 1000)
	src := []solver.Point{m.Node(8, 8)}
	var rec []solver.Point
	nearest := math.Inf(1)
	for _, n := range [][2]int{{24, 8}, {40, 8}, {24, 24}, {40, 40}, {8, 40}, {32, 16}} {
		rec = append(rec, m.Node(n[0], n[1]))
		nearest = min(nearest, distance(src[0], rec[len(rec)-1]))
	}
	var data []*solver.Data
	for _, f := range seismogram.Band(period, fmax) {
		sum := solver.NewData(f, src, rec)
		ky, weights := contour(f, c, nearest)
		for i := range ky {
			k, err := fdfd.NewKernel(m, f, fdfd.Damping(tau), fdfd.CrossLine(ky[i]), fdfd.Absorbing(fdfd.Layer{Cells: 30, R: 1e-6, M: 2, C0: c}))
			if err != nil {
				t.Fatal(err)
			}
			d, err := k.Data(src, rec)
			if err != nil {
				t.Fatal(err)
			}
			for j, v := range d.Values {
				sum.Values[j] += weights[i] * v / 1000 // strength 1/ρ
			}
		}
		data = append(data, sum)
	}
	u, err := seismogram.Synthesize(data, w, period, tau, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	var e, n float64
	for ir := range rec {
		r := distance(src[0], rec[ir])
		for it, v := range u.Trace(0, ir) {
			want := w.At(float64(it)*u.Dt-r/c) / (4 * math.Pi * r)
			e, n = e+(v-want)*(v-want), n+want*want
		}
	}
	t.Logf("relative error of the seismograms %.2e", math.Sqrt(e/n))
	if !(math.Sqrt(e/n) <= 6e-4) {
		t.Errorf("relative error %.2e, want 6e-4", math.Sqrt(e/n))
	}
}

func distance(a, b solver.Point) float64 { return math.Hypot(a.X-b.X, a.Z-b.Z) }

// contour gives wavenumbers across the line and their weights: Gauss points on t = τ·k·sinh v along the ray of −45°.
func contour(f, c, nearest float64) (ky, weight []complex128) {
	const n, phi = 16, math.Pi / 4
	k := 2 * math.Pi * max(f, 0.5) / c
	scale, end := 0.8, max(1.5, 8/(k*nearest*math.Cos(phi)))
	if f > 4 {
		scale = 0.2
	}
	ray := complex(math.Cos(phi), -math.Sin(phi))
	v, w := make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(v, w, 0, math.Asinh(end/scale))
	for i := range v {
		ky = append(ky, complex(scale*k*math.Sinh(v[i]), 0)*ray)
		weight = append(weight, complex(w[i]*scale*k*math.Cosh(v[i])/math.Pi, 0)*ray)
	}
	return ky, weight
}
