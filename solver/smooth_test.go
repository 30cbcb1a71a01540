package solver_test

import (
	"math"
	"testing"

	"github.com/galeproject/gale/solver"
)

// A Gaussian keeps constants, is symmetric, widens a step as it must, and mirrors at the edges.
func TestBlur(t *testing.T) {
	g := solver.Grid{Nx: 40, Nz: 9, Dx: 10, Dz: 20}
	flat, a, b := make([]float64, g.Cells()), make([]float64, g.Cells()), make([]float64, g.Cells())
	for i := range flat {
		flat[i], a[i], b[i] = 3, math.Sin(float64(i*i)), math.Cos(float64(3*i))
	}
	for _, sigma := range [][2]float64{{0, 0}, {30, 0}, {0, 50}, {25, 1000}} {
		for i, v := range solver.Blur(g, flat, sigma[0], sigma[1]) {
			if math.Abs(v-3) > 1e-12 {
				t.Fatalf("%v: constant becomes %g in cell %d", sigma, v, i)
			}
		}
		var x, y float64
		ba, bb := solver.Blur(g, a, sigma[0], sigma[1]), solver.Blur(g, b, sigma[0], sigma[1])
		for i := range a {
			x, y = x+ba[i]*b[i], y+a[i]*bb[i]
		}
		if math.Abs(x-y) > 1e-10 {
			t.Errorf("%v: not symmetric: %g, %g", sigma, x, y)
		}
	}
	step := make([]float64, g.Cells())
	for i := range step {
		if i%g.Nx >= 20 {
			step[i] = 1
		}
	}
	blurred := solver.Blur(g, step, 30, 0)
	for ix := range g.Nx {
		want := 0.5 * (1 + math.Erf((float64(ix)+0.5-20)*10/30/math.Sqrt2))
		if math.Abs(blurred[ix]-want) > 5e-3 {
			t.Errorf("step at cell %d: %g, want %g", ix, blurred[ix], want)
		}
	}
}

func TestSmooth(t *testing.T) {
	m := solver.Homogeneous(10, 4, 10, 2000, 1000)
	m.Q = make([]float64, 40)
	for i := range m.C {
		m.C[i] += 100 * math.Sin(float64(i))
		m.Q[i] = 50
	}
	m.Q[3] = math.Inf(1)
	s := m.Smooth(20, 20)
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	lo, hi := s.Range()
	if !(hi-lo < 60) || m.C[1] == s.C[1] || math.Abs(s.Rho[7]-1000) > 1e-9 || !(s.Q[3] > 50) || math.IsInf(s.Q[3], 1) {
		t.Errorf("speeds %g to %g, %v", lo, hi, s.Q)
	}
}

func TestSplit(t *testing.T) {
	d := solver.NewData(5, solver.Line(solver.At(0, 0), solver.At(4, 0), 5), make([]solver.Point, 2))
	for i := range d.Values {
		d.Values[i] = complex(float64(i), 0)
	}
	d.Strength = []complex128{1, 2, 3, 4, 5}
	ps := d.Split(2)
	if len(ps) != 2 || len(ps[0].Src) != 2 || len(ps[1].Src) != 3 || ps[1].At(0, 1) != 5 || ps[1].Strength[0] != 3 || ps[1].Freq != 5 {
		t.Errorf("%v", ps)
	}
	if len(d.Split(9)) != 5 || d.Split(0) != nil {
		t.Error("more parts than sources, or none")
	}
}
