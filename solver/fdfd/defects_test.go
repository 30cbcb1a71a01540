package fdfd_test

import (
	"fmt"
	"math"
	"math/cmplx"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/exact"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// Each side can be free: the pressure on it is zero, there is no layer, and the field is that of the image, with its points mirrored at
// the row that the operator has as its side.
func freeSides(t *testing.T) {
	t.Helper()
	const n, h, c, f = 60, 10., 1200., 20.
	m := solver.Homogeneous(n, n, h, c, 1)
	for side := range 4 {
		b := [4]fdfd.Side{}
		b[side] = fdfd.Free
		k, err := fdfd.NewKernel(m, f, fdfd.Sides(fdfd.Boundary{Top: b[0], Right: b[1], Bottom: b[2], Left: b[3]}))
		if err != nil {
			t.Fatal(err)
		}
		if k.Layers()[side].Cells != 0 {
			t.Errorf("side %d: layers %+v", side, k.Layers())
		}
		// (along, depth) from the free side
		at := func(along, depth float64) solver.Point {
			switch side {
			case 0:
				return solver.At(along*h, depth*h)
			case 1:
				return solver.At((n-depth)*h, along*h)
			case 2:
				return solver.At(along*h, (n-depth)*h)
			default:
				return solver.At(depth*h, along*h)
			}
		}
		var rec []solver.Point
		var want []complex128
		for along := 20.; along <= 50; along += 2.25 {
			for _, depth := range []float64{1.5, 4, 7.75} { // closer than points between nodes reach
				rec = append(rec, at(along, depth))
				want = append(want, exact.Mirror(2*math.Pi*f/c, (along-10)*h, depth*h, 2.5*h, -1))
			}
		}
		d, err := k.Data([]solver.Point{at(10, 2.5)}, append(rec, at(30, 0)))
		if err != nil {
			t.Fatal(err)
		}
		if v := d.Values[len(rec)]; cmplx.Abs(v) > 1e-12 {
			t.Errorf("side %d: pressure %g on it", side, v)
		}
		if e := solvertest.RelError(d.Values[:len(rec)], want); !(e < 8e-3) {
			t.Errorf("side %d: error %.2g", side, e)
		}
	}
}

// Frequencies need no raster, and no two of them anything in common.
func anyFrequencies(t *testing.T) {
	t.Helper()
	m := solver.Homogeneous(40, 20, 10, 1500, 1)
	for _, f := range []float64{3.14159, 7, 7.0001, 22.22, math.Sqrt2 * 13} {
		k, err := fdfd.NewKernel(m, f)
		if err != nil || k.Freq() != f {
			t.Fatalf("%g Hz: %v", f, err)
		}
		d, err := k.Data([]solver.Point{solver.At(50, 100)}, []solver.Point{solver.At(350, 100)})
		if err != nil {
			t.Fatal(err)
		}
		if want := exact.Line(complex(2*math.Pi*f/1500, 0), 300); cmplx.Abs(d.Values[0]-want) > 0.02*cmplx.Abs(want) {
			t.Errorf("%g Hz: %g, want %g", f, d.Values[0], want)
		}
	}
}

// A gradient's size over frequency is that of its misfit: nothing is scaled by a root of frequency on the way, in two dimensions or 2.5.
func noHalfDerivative(t *testing.T) {
	t.Helper()
	type misfitting interface {
		Update(*solver.Model) error
		Data(src, rec []solver.Point) (*solver.Data, error)
		Gradient(src, rec []solver.Point, obs []*solver.Data) (*solver.Image, error)
	}
	m := solver.Homogeneous(24, 16, 10, 1600, 1)
	src, rec := []solver.Point{solver.At(40, 80)}, []solver.Point{solver.At(200, 80)}
	for _, f := range []float64{10, 25} {
		flat, err := fdfd.NewKernel(m, f)
		if err != nil {
			t.Fatal(err)
		}
		spread, err := fdfd.NewKernel25D(m, f, fdfd.Contour{})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []misfitting{flat, spread} {
			obs, err := k.Data(src, rec)
			if err != nil {
				t.Fatal(err)
			}
			obs.Values[0] *= 1.2 - 0.3i
			g, err := k.Gradient(src, rec, []*solver.Data{obs})
			if err != nil {
				t.Fatal(err)
			}
			const cell = 8*24 + 12
			misfit := func(by float64) float64 {
				c := m.Clone()
				c.C[cell] += by
				if err := k.Update(c); err != nil {
					t.Fatal(err)
				}
				d, err := k.Data(src, rec)
				if err != nil {
					t.Fatal(err)
				}
				n := d.L2(obs)
				return n * n / 2
			}
			if r := g.Values[cell] * 2 / (misfit(1) - misfit(-1)); !(math.Abs(r-1) < 1e-3) {
				t.Errorf("%s: gradient over difference is %.4f", fmt.Sprint(k), r)
			}
		}
	}
}

// What gradients pass through on the way to another set of unknowns is its own transpose.
func smoothingAdjoint(t *testing.T) {
	t.Helper()
	g := solver.Grid{Nx: 23, Nz: 17, Dx: 10, Dz: 7}
	v, w := normal(g.Cells(), 1), normal(g.Cells(), 2)
	dot := func(a, b []float64) (s float64) {
		for i := range a {
			s += a[i] * b[i]
		}
		return s
	}
	there, back := dot(solver.Blur(g, v, 25, 12), w), dot(v, solver.Blur(g, w, 25, 12))
	if !(math.Abs(there-back) < 1e-12*math.Abs(there)) || math.Abs(there-dot(v, w)) < 1e-3*math.Abs(there) {
		t.Errorf("%g and %g", there, back)
	}
}
