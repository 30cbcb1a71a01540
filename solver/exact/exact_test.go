package exact_test

import (
	"bytes"
	"encoding/csv"
	"math"
	"math/cmplx"
	"os"
	"strconv"
	"testing"

	"github.com/galeproject/gale/solver/exact"
)

// The table was computed with 50 digits.
func TestHankel0(t *testing.T) {
	f, err := os.ReadFile("testdata/hankel.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(f)).ReadAll()
	if err != nil || len(rows) < 10 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		var v [4]float64
		for i := range v {
			if v[i], err = strconv.ParseFloat(row[i], 64); err != nil {
				t.Fatal(err)
			}
		}
		z, want := complex(v[0], v[1]), complex(v[2], v[3])
		if e := cmplx.Abs(exact.Hankel0(z)-want) / cmplx.Abs(want); !(e < 1e-13) {
			t.Errorf("H(%g) is wrong by %.1e", z, e)
		}
	}
	for _, x := range []float64{0.5, 2.9, 3.1, 50} {
		if e := cmplx.Abs(exact.Hankel0(complex(x, 0)) - complex(math.J0(x), math.Y0(x))); e > 1e-13 {
			t.Errorf("H(%g) is wrong by %.1e", x, e)
		}
	}
}

func TestBessel0(t *testing.T) {
	for _, z := range []complex128{0, 0.3 - 0.1i, 2.9, 2.9 - 0.5i, 3.1 - 0.5i, 40 - 2i, 40} {
		// Bessel's integral by the trapezoidal rule, which is exact to rounding for periodic integrands
		const n = 400
		want := complex128(0)
		for i := range n {
			want += cmplx.Cos(z*complex(math.Sin(2*math.Pi*float64(i)/n), 0)) / n
		}
		if e := cmplx.Abs(exact.Bessel0(z) - want); !(e < 1e-13*max(1, cmplx.Abs(want))) {
			t.Errorf("J(%g) = %g, want %g", z, exact.Bessel0(z), want)
		}
	}
}

// Layers that do not differ are no layers, with a mirror and without, in two dimensions and three.
func TestLayersOfOneMedium(t *testing.T) {
	x, z := []float64{300, -40, 700}, []float64{10, 250, 600}
	for _, space := range []bool{false, true} {
		for _, mirror := range []float64{-1, 0, 1} {
			k := complex(2*math.Pi/50, 1e-3)
			l := exact.Layers{K: []complex128{k, k, k}, Rho: []float64{2, 2, 2}, Bottom: []float64{200, 450}, Mirror: mirror, Space: space}
			got, err := l.Fields(60, x, z)
			if err != nil {
				t.Fatal(err)
			}
			point := exact.Line
			if space {
				point = exact.Point
			}
			for i, v := range got {
				want := point(k, math.Hypot(x[i], z[i]-60)) + complex(mirror, 0)*point(k, math.Hypot(x[i], z[i]+60))
				if e := cmplx.Abs(v-want) / cmplx.Abs(want); !(e < 1e-10) {
					t.Errorf("space %v, mirror %g, point %d: wrong by %.1e", space, mirror, i, e)
				}
			}
		}
	}
}

// Pressure is continuous across interfaces and zero on a free surface.
func TestLayersAreContinuous(t *testing.T) {
	l := exact.Layers{K: []complex128{0.1, 0.04, 0.06 + 0.001i}, Rho: []float64{1, 2.5, 1.5}, Bottom: []float64{200, 300}, Mirror: -1}
	const d = 1e-6
	v, err := l.Fields(90, []float64{150, 150, 150, 150, 150}, []float64{200 - d, 200 + d, 300 - d, 300 + d, 0})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 4; i += 2 {
		if e := cmplx.Abs(v[i]-v[i+1]) / cmplx.Abs(v[i]); !(e < 1e-6) {
			t.Errorf("the pressure jumps by %.1e at an interface", e)
		}
	}
	if cmplx.Abs(v[4]) > 1e-12 {
		t.Errorf("pressure %g on the free surface", v[4])
	}
	if _, err := l.Fields(250, []float64{1}, []float64{1}); err == nil {
		t.Error("a source below the first interface is accepted")
	}
}

// The elliptic medium is the limit of the transversely isotropic one: half the difference of ε and δ, half the difference of fields.
func TestTransverse(t *testing.T) {
	x, z := []float64{30, 200, -150}, []float64{300, 180, -260}
	limit := exact.Transverse(0.15, x, z, 0.15, 0.15, 0.4)
	a := exact.Transverse(0.15, x, z, 0.152, 0.15, 0.4)
	b := exact.Transverse(0.15, x, z, 0.151, 0.15, 0.4)
	for i := range a {
		da, db := cmplx.Abs(a[i]-limit[i]), cmplx.Abs(b[i]-limit[i])
		if e := da / cmplx.Abs(limit[i]); e > 0.1 {
			t.Errorf("point %d: differs by %.1e", i, e)
		}
		if r := da / db; !(r > 1.85 && r < 2.15) && da > 1e-6 {
			t.Errorf("point %d: differences %g and %g", i, da, db)
		}
	}
}

func TestTransverseOfUnequalPlaces(t *testing.T) {
	if exact.Transverse(1, []float64{1, 2}, []float64{1}, 0.2, 0.1, 0) != nil || exact.Transverse(1, []float64{1}, nil, 0.2, 0.2, 0) != nil {
		t.Error("fields at places without a depth")
	}
}
