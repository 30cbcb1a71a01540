package solver

import (
	"fmt"
	"math"
)

// Grid is a box of Nx×Nz cells of Dx×Dz metres whose upper left corner is at (X0, Z0).
type Grid struct {
	Nx, Nz         int
	Dx, Dz, X0, Z0 float64
}

// MaxCells is the largest number of cells that a Grid may have.
const MaxCells = 1 << 28

// Check returns an error that names what is wrong with the grid.
func (g Grid) Check() error {
	switch {
	case g.Nx < 1 || g.Nz < 1:
		return fmt.Errorf("solver: checking a grid: %d×%d cells", g.Nx, g.Nz)
	case g.Nx > MaxCells/g.Nz:
		return fmt.Errorf("solver: checking a grid: %d×%d cells are more than %d", g.Nx, g.Nz, MaxCells)
	case !positive(g.Dx) || !positive(g.Dz):
		return fmt.Errorf("solver: checking a grid: cells of %g×%g m", g.Dx, g.Dz)
	case !finite(g.X0) || !finite(g.Z0):
		return fmt.Errorf("solver: checking a grid: origin at (%g, %g) m", g.X0, g.Z0)
	case !finite(float64(g.Nx)*g.Dx+math.Abs(g.X0)) || !finite(float64(g.Nz)*g.Dz+math.Abs(g.Z0)):
		return fmt.Errorf("solver: checking a grid: %d×%d cells of %g×%g m have no finite size", g.Nx, g.Nz, g.Dx, g.Dz)
	}
	return nil
}

// Cells is the number of cells.
func (g Grid) Cells() int { return g.Nx * g.Nz }

// Nodes is the number of corners of cells.
func (g Grid) Nodes() int { return (g.Nx + 1) * (g.Nz + 1) }

// Width and Height are in metres.
func (g Grid) Width() float64 { return float64(g.Nx) * g.Dx }

// Height is the grid's extent in z, in metres.
func (g Grid) Height() float64 { return float64(g.Nz) * g.Dz }

// Center is the middle of cell (ix, iz).
func (g Grid) Center(ix, iz int) Point {
	return At(g.X0+(float64(ix)+0.5)*g.Dx, g.Z0+(float64(iz)+0.5)*g.Dz)
}

// Node is the corner (ix, iz), 0 ≤ ix ≤ Nx, 0 ≤ iz ≤ Nz.
func (g Grid) Node(ix, iz int) Point {
	return At(g.X0+float64(ix)*g.Dx, g.Z0+float64(iz)*g.Dz)
}

// Contains tells whether the point is in the grid or on its edge; a billionth of a cell beyond is still on it.
func (g Grid) Contains(p Point) bool {
	const eps = 1e-9
	u, v := (p.X-g.X0)/g.Dx, (p.Z-g.Z0)/g.Dz
	return u >= -eps && v >= -eps && u <= float64(g.Nx)+eps && v <= float64(g.Nz)+eps
}

// String is the grid's size and place in one line.
func (g Grid) String() string {
	s := fmt.Sprintf("%d×%d cells of ", g.Nx, g.Nz)
	if g.Dx == g.Dz {
		s += fmt.Sprintf("%g m", g.Dx)
	} else {
		s += fmt.Sprintf("%g×%g m", g.Dx, g.Dz)
	}
	s += fmt.Sprintf(", %g×%g m", g.Width(), g.Height())
	if g.X0 != 0 || g.Z0 != 0 {
		s += fmt.Sprintf(" from (%g, %g)", g.X0, g.Z0)
	}
	return s
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func positive(v float64) bool { return v > 0 && finite(v) }
