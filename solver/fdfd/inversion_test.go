package fdfd_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
)

// inversion looks for the made-up section from a smoothed one: 180×60 cells of 50 m, data computed on cells of 25 m, five
// frequencies from low to high.
type inversion struct {
	grid     solver.Grid
	truth    []float64
	src, rec []solver.Point
	layer    fdfd.Option
}

func newInversion(t *testing.T) *inversion {
	t.Helper()
	v := &inversion{
		grid:  solver.Grid{Nx: 180, Nz: 60, Dx: 50, Dz: 50},
		layer: fdfd.Absorbing(fdfd.Layer{Cells: 10, R: 1e-5, M: 2, C0: 2500}),
	}
	m, err := solver.Average(v.grid, 1, solver.Marmousi)
	if err != nil {
		t.Fatal(err)
	}
	v.truth = m.C
	for ix := 4; ix < 177; ix += 7 {
		v.src = append(v.src, v.grid.Node(ix, 1))
	}
	for ix := 2; ix < 179; ix += 2 {
		v.rec = append(v.rec, v.grid.Node(ix, 3))
	}
	return v
}

func (v *inversion) model(c []float64) *solver.Model {
	m := solver.Homogeneous(v.grid.Nx, v.grid.Nz, v.grid.Dx, 1, 1)
	m.C = c
	return m
}

// observe computes data on a finer grid.
func (v *inversion) observe(t *testing.T, freq float64) *solver.Data {
	t.Helper()
	m, err := solver.Average(solver.Grid{Nx: 360, Nz: 120, Dx: 25, Dz: 25}, 1, solver.Marmousi)
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Rho {
		m.Rho[i] = 1
	}
	k, err := fdfd.NewKernel(m, freq, fdfd.Absorbing(fdfd.Layer{Cells: 20, R: 1e-5, M: 2, C0: 2500}))
	if err != nil {
		t.Fatal(err)
	}
	d, err := k.Data(v.src, v.rec)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// smooth is the truth under a Gaussian of 6 cells in z and 10 in x, with water on top.
func (v *inversion) smooth() []float64 {
	nx, nz := v.grid.Nx, v.grid.Nz
	c := slices.Clone(v.truth)
	pass := func(n, lines, stride, next int, sigma float64) {
		r := int(4*sigma + 0.5)
		w, sum := make([]float64, 2*r+1), 0.
		for i := range w {
			w[i] = math.Exp(-float64((i-r)*(i-r)) / (2 * sigma * sigma))
			sum += w[i]
		}
		for l := range lines {
			line := make([]float64, n)
			for i := range line {
				for j, x := range w {
					k := i + j - r
					for k < 0 || k >= n { // mirrors at the edges
						k = max(-1-k, min(k, 2*n-1-k))
					}
					line[i] += x / sum * c[l*next+k*stride]
				}
			}
			for i, x := range line {
				c[l*next+i*stride] = x
			}
		}
	}
	pass(nz, nx, nx, 1, 6)
	pass(nx, nz, 1, nx, 10)
	for i := range 4 * nx {
		c[i] = 1500
	}
	return c
}

// misfit is ‖d−obs‖²/‖obs‖² and its gradient by 1/c².
func (v *inversion) misfit(t *testing.T, k *fdfd.Kernel, c []float64, obs *solver.Data) (float64, []float64) {
	t.Helper()
	if err := k.Update(v.model(c)); err != nil {
		t.Fatal(err)
	}
	d, err := k.Data(v.src, v.rec)
	if err != nil {
		t.Fatal(err)
	}
	r := d.Sub(obs)
	n, s := r.L2(nil), obs.L2(nil)
	a, err := k.Jtvec(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	floats.Scale(2/(s*s), a.Slowness2)
	return n * n / (s * s), a.Slowness2
}

func (v *inversion) kernel(t *testing.T, c []float64, freq float64) *fdfd.Kernel {
	t.Helper()
	k, err := fdfd.NewKernel(v.model(c), freq, v.layer)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The misfits of the starting model and a derivative along a given direction are those of an independent implementation.
func TestInversionStart(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	v := newInversion(t)
	c := v.smooth()
	for _, s := range [][3]float64{{90, 30, 2683.6845166981474}, {20, 10, 1957.277029287699}, {150, 50, 3212.288737935507}} {
		if got := c[int(s[1])*180+int(s[0])]; math.Abs(got-s[2]) > 1e-6 {
			t.Errorf("start model at %g, %g: %.10g, want %.10g", s[0], s[1], got, s[2])
		}
	}
	starts := map[float64]float64{2: 0.073603797, 2.8: 0.13788705, 3.9: 0.2010962, 5.5: 0.26435312, 7.5: 0.33566897}
	for freq, want := range starts {
		if testing.Short() && freq != 3.9 {
			continue
		}
		k, obs := v.kernel(t, c, freq), v.observe(t, freq)
		got, g := v.misfit(t, k, c, obs)
		if math.Abs(got/want-1) > 1e-5 {
			t.Errorf("%g Hz: misfit %.8g, want %.8g", freq, got, want)
		}
		if freq != 3.9 {
			continue
		}
		slope := 0.
		for i := 4 * 180; i < len(g); i++ {
			ix, iz := float64(i%180), float64(i/180)
			slope += g[i] * 1e-3 * weight(i) * math.Cos(0.3*ix) * math.Sin(0.2*iz)
		}
		if want := -7.9614187e-08; math.Abs(slope/want-1) > 1e-5 {
			t.Errorf("derivative %.8g, want %.8g", slope, want)
		}
	}
}

// weight scales the unknowns of cell i: deep cells move more.
func weight(i int) float64 { return (0.3 + (float64(i/180)+0.5)*50/1000) * 1e-8 }
