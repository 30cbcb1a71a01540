package fdfd

import (
	"bytes"
	"encoding/csv"
	"math"
	"math/cmplx"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// table reads a file of numbers with one line of names.
func table(t *testing.T, name string) [][]float64 {
	t.Helper()
	f, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(f)).ReadAll()
	if err != nil || len(rows) < 5 {
		t.Fatalf("%s: %d rows, %v", name, len(rows), err)
	}
	var out [][]float64
	for _, r := range rows[1:] {
		v := make([]float64, len(r))
		for i := range r {
			if v[i], err = strconv.ParseFloat(r[i], 64); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, v)
	}
	return out
}

// The table was computed with 50 digits.
func TestFit9(t *testing.T) {
	for _, r := range table(t, "weights.csv") {
		x := complex(r[0], r[1])
		w, d := fit9(x, true)
		for j := range 3 {
			want, wantD := complex(r[2+2*j], r[3+2*j]), complex(r[8+2*j], r[9+2*j])
			if e := cmplx.Abs(w[j] - want); !(e <= 1e-9*max(1, cmplx.Abs(want))) {
				t.Errorf("weight %d at %g: %g, want %g", j, x, w[j], want)
			}
			if e := cmplx.Abs(d[j] - wantD); !(e <= 1e-9*max(1, cmplx.Abs(wantD))) {
				t.Errorf("D %d at %g: %g, want %g", j, x, d[j], wantD)
			}
		}
	}
}

// The series and the equations meet.
func TestFit9Seam(t *testing.T) {
	for _, turn := range []float64{0, 1, 2, 3} {
		u := cmplx.Exp(complex(0, turn))
		a, da := fit9(complex(seriesBelow*(1-1e-12), 0)*u, true)
		b, db := fit9(complex(seriesBelow*(1+1e-12), 0)*u, true)
		for j := range a {
			if e := cmplx.Abs(a[j] - b[j]); e > 1e-11 {
				t.Errorf("weight %d jumps by %.1e at angle %g", j, e, turn)
			}
			if e := cmplx.Abs(da[j] - db[j]); e > 1e-9 {
				t.Errorf("D %d jumps by %.1e at angle %g", j, e, turn)
			}
		}
	}
}

func TestRectFit(t *testing.T) {
	for _, r := range table(t, "weights-rect.csv") {
		k2 := complex(r[2], r[3])
		w, _ := rectFit(k2, r[0], r[1], false)
		for j, got := range []complex128{w.c, w.dx, w.dz, w.e} {
			want := complex(r[4+2*j], r[5+2*j])
			if e := cmplx.Abs(got - want); !(e <= 2e-9*max(1, cmplx.Abs(want))) {
				t.Errorf("weight %d at %g×%g, k² %g: %g, want %g", j, r[0], r[1], k2, got, want)
			}
		}
	}
	for _, x := range []complex128{0.5, 2.4, 1.5 - 0.7i, -1.2} {
		s, d := fit9(x/100, true)
		w, e := rectFit(x/100/25, 5, 5, true)
		for j, v := range [][2]complex128{{s[0], w.c}, {s[1], w.dx}, {s[1], w.dz}, {s[2], w.e}} {
			if cmplx.Abs(v[0]-v[1]) > 1e-8 {
				t.Errorf("square cell, weight %d: %g by one fit, %g by the other", j, v[0], v[1])
			}
		}
		if cmplx.Abs(d[0]-e.c) > 1e-5 || cmplx.Abs(d[2]-e.e) > 1e-5 {
			t.Errorf("square cell at %g, D: %g %g by one fit, %g %g by the other", x, d[0], d[2], e.c, e.e)
		}
	}
}

func TestPointFit(t *testing.T) {
	for _, r := range table(t, "point-fit.csv") {
		k2 := complex(r[2], 0)
		w, _ := Fit9.massAt(k2, r[0], r[1], false)
		b0, bx, bz := pointFit(k2, r[0], r[1], hourglass, w, r[3])
		for j, got := range []complex128{b0, bx, bz} {
			if e := cmplx.Abs(got - complex(r[4+j], 0)); !(e < 1e-7) {
				t.Errorf("weight %d at %g×%g, k² %g, power %g: %g, want %g", j, r[0], r[1], r[2], r[3], got, r[4+j])
			}
		}
	}
}

// phaseError is the largest relative error of the phase velocity over directions at g points per wavelength.
func phaseError(g float64) float64 {
	w, _ := fit9(complex(sq(2*math.Pi/g), 0), false)
	const a = hourglass
	symbol := func(k, t float64) float64 { // of a plane wave with wavenumber k, h = 1
		x, z := math.Cos(k*math.Cos(t)), math.Cos(k*math.Sin(t))
		return 2*a*(x+z-2) + 2*(1-a)*(x*z-1) + sq(2*math.Pi/g)*(real(w[0])+2*real(w[1])*(x+z)+4*real(w[2])*x*z)
	}
	worst := 0.
	for i := range 91 {
		t := math.Pi / 2 * float64(i) / 90
		k := 2 * math.Pi / g
		for range 20 { // secant on the symbol
			h := 1e-6 * k
			k -= symbol(k, t) * 2 * h / (symbol(k+h, t) - symbol(k-h, t))
		}
		worst = max(worst, math.Abs(2*math.Pi/g/k-1))
	}
	return worst
}

func sq(v float64) float64 { return v * v }

func TestDispersion(t *testing.T) {
	for g, limit := range map[float64]float64{3: 3e-4, 4: 4e-5, 6: 3e-6, 10: 1.2e-7} {
		if e := phaseError(g); !(e <= limit) {
			t.Errorf("%g points per wavelength: phase velocity wrong by %.2e, allowed %.1e", g, e, limit)
		}
	}
}
