package fdfd_test

import (
	"math"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/exact"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// A size that is often shown: 200×100 nodes, 1 m apart, 2500 m/s, 200 Hz. The whole field a wavelength and more from the source is right
// to 1 % in two dimensions, in an elliptic medium and in 2.5-D.
func TestClassicSizesWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const c, f, eps = 2500., 200., 0.2
	k := complex(2*math.Pi*f/c, 0)
	g := solver.Grid{Nx: 199, Nz: 99, Dx: 1, Dz: 1}
	src := g.Node(50, 50)
	medium := func(e float64) *solver.Model {
		m, err := solver.Average(g, 1, func(_, _ float64) solver.Props { return solver.Props{C: c, Rho: 1, Eps: e, Delta: e} })
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	layer := fdfd.Absorbing(fdfd.Layer{Cells: 30})
	flat, err := fdfd.NewKernel(medium(0), f, layer)
	if err != nil {
		t.Fatal(err)
	}
	elliptic, err := fdfd.NewKernel(medium(eps), f, layer)
	if err != nil {
		t.Fatal(err)
	}
	spread, err := fdfd.NewKernel25D(medium(0), f, fdfd.Contour{}, layer)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]struct {
		k    fielder
		want func(x, z float64) complex128
	}{
		"two dimensions": {flat, func(x, z float64) complex128 { return exact.Line(k, math.Hypot(x, z)) }},
		"elliptic":       {elliptic, func(x, z float64) complex128 { return exact.Elliptic(k, x, z, eps, 0) }},
		"2.5-D":          {spread, func(x, z float64) complex128 { return exact.Point(k, math.Hypot(x, z)) }},
	} {
		u, err := v.k.Field(src)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []complex128
		for iz := range g.Nz + 1 {
			for ix := range g.Nx + 1 {
				p := g.Node(ix, iz)
				if x, z := p.X-src.X, p.Z-src.Z; math.Hypot(x, z) >= c/f {
					got, want = append(got, u.At(ix, iz)), append(want, v.want(x, z))
				}
			}
		}
		allow(t, name, solvertest.RelError(got, want), 1e-2)
	}
}
