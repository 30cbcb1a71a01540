package fdfd_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/exact"
	"github.com/galeproject/gale/solver/fdfd"
)

// Cells that are not square, in both orientations, over 12 wavelengths at every node: plain and fitted points.
func TestZoneRectangularCells(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	plain := map[float64]map[int]float64{1.5: {4: 0.09, 6: 0.033}, 2: {4: 0.11, 6: 0.044}, 4: {4: 0.14, 6: 0.054}}
	fitted := map[int]float64{4: 2.3e-2, 6: 3.8e-3, 10: 5e-4}
	for aspect, limits := range plain {
		for _, upright := range []bool{false, true} {
			for g, limit := range fitted {
				h := lambda / float64(g) // the coarser side
				grid := solver.Grid{Nx: 12 * g, Nz: int(math.Round(12 * float64(g) * aspect)), Dx: h, Dz: h / aspect}
				if upright {
					grid = solver.Grid{Nx: grid.Nz, Nz: grid.Nx, Dx: grid.Dz, Dz: grid.Dx}
				}
				m, err := solver.Average(grid, 1, func(_, _ float64) solver.Props { return solver.Props{C: slowest, Rho: 1} })
				if err != nil {
					t.Fatal(err)
				}
				src := m.Node(int(math.Round(2*lambda/grid.Dx)), int(math.Round(2*lambda/grid.Dz)))
				want := func(x, z []float64) (v []complex128) {
					for i := range x {
						v = append(v, exact.Line(2*math.Pi/lambda, math.Hypot(x[i], z[i]-src.Z)))
					}
					return v
				}
				layer := fdfd.Absorbing(fdfd.Layer{Cells: 20 + 2*g, R: 1e-7})
				what := fmt.Sprintf("aspect %g, upright %v, %d points", aspect, upright, g)
				if limits[g] > 0 {
					allow(t, what, zoneError(t, kernel(t, m, layer), src, 1, 0, 1e9, 1, want), limits[g])
				}
				allow(t, what+", fitted", zoneError(t, kernel(t, m, layer, fdfd.FittedPoints()), src, 1, 0, 1e9, 1, want), limit)
			}
		}
	}
}
