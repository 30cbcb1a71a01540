package fdfd_test

import (
	"math"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// The same blocks four times finer are the reference: the whole section a wavelength and more from the source, and receivers in its row.
func TestMarmousiWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const fine = 4
	g := solver.Grid{Nx: 120, Nz: 50, Dx: 50, Dz: 50, X0: 1500}
	m, err := solver.Average(g, 1, solver.Marmousi)
	if err != nil {
		t.Fatal(err)
	}
	b := g
	b.Nx, b.Nz, b.Dx, b.Dz = fine*g.Nx, fine*g.Nz, g.Dx/fine, g.Dz/fine
	blocks := &solver.Model{Grid: b, C: make([]float64, b.Cells()), Rho: make([]float64, b.Cells())}
	for i := range blocks.C {
		from := i / b.Nx / fine * g.Nx
		from += i % b.Nx / fine
		blocks.C[i], blocks.Rho[i] = m.C[from], m.Rho[from]
	}
	src := m.Node(60, 4)
	for _, c := range []struct{ freq, whole, receivers float64 }{{7.5, 6e-3, 1e-2}, {5, 1.6e-3, 2.5e-3}} {
		field := func(m *solver.Model, cells int) *solver.Field {
			k, err := fdfd.NewKernel(m, c.freq, fdfd.Absorbing(fdfd.Layer{Cells: cells, R: 1e-6, M: 2, C0: 2500}))
			if err != nil {
				t.Fatal(err)
			}
			u, err := k.Field(src)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		u, ref := field(m, 20), field(blocks, 20*fine)
		var got, want, atGot, atWant []complex128
		for iz := range g.Nz + 1 {
			for ix := range g.Nx + 1 {
				p := m.Node(ix, iz)
				if math.Hypot(p.X-src.X, p.Z-src.Z) < 1500/c.freq {
					continue
				}
				got, want = append(got, u.At(ix, iz)), append(want, ref.At(fine*ix, fine*iz))
				if iz == 4 {
					atGot, atWant = append(atGot, u.At(ix, iz)), append(atWant, ref.At(fine*ix, fine*iz))
				}
			}
		}
		whole, receivers := solvertest.RelError(got, want), solvertest.RelError(atGot, atWant)
		t.Logf("%g Hz: whole %.2g, receivers %.2g", c.freq, whole, receivers)
		if !(whole <= c.whole) || !(receivers <= c.receivers) {
			t.Errorf("%g Hz: whole %.2g, allowed %.2g; receivers %.2g, allowed %.2g", c.freq, whole, c.whole, receivers, c.receivers)
		}
	}
}
