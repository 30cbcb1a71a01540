package solver

import (
	"fmt"
	"math"
	"slices"

	"github.com/galeproject/gale/display"
)

// Model is a piece of ground, one value a cell, index iz·Nx+ix.
type Model struct {
	Grid
	Name string
	C    []float64 // wave speed, m/s
	Rho  []float64 // density, kg/m³; nil: Gardner's 310·c^¼
	Q    []float64 // quality factor; nil: no attenuation. +Inf is no attenuation in one cell
}

// Gardner is the density in kg/m³ that goes with a speed in m/s where nothing better is known (Gardner, Gardner and Gregory 1974).
func Gardner(c float64) float64 { return 310 * math.Sqrt(math.Sqrt(c)) }

// Check returns an error that names the first bad value and its cell.
func (m *Model) Check() error {
	if m == nil {
		return fmt.Errorf("solver: checking a model: it is nil")
	}
	if err := m.Grid.Check(); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		v    []float64
		none bool // may be missing
		inf  bool // may be infinite
	}{{"speed", m.C, false, false}, {"density", m.Rho, true, false}, {"Q", m.Q, true, true}} {
		if f.v == nil && f.none {
			continue
		}
		if len(f.v) != m.Cells() {
			return fmt.Errorf("solver: checking a model: %d values of %s for %d×%d cells", len(f.v), f.name, m.Nx, m.Nz)
		}
		for i, v := range f.v {
			if !(v > 0) || math.IsInf(v, 1) && !f.inf {
				return fmt.Errorf("solver: checking a model: %s %g in cell %d (ix %d, iz %d) at %v m", f.name, v, i, i%m.Nx, i/m.Nx,
					m.Center(i%m.Nx, i/m.Nx))
			}
		}
	}
	return nil
}

// Density is the density of cell i, given or by Gardner's rule.
func (m *Model) Density(i int) float64 {
	if m.Rho != nil {
		return m.Rho[i]
	}
	return Gardner(m.C[i])
}

// Range returns the smallest and the largest speed.
func (m *Model) Range() (lo, hi float64) { return span(m.C) }

// Clone returns a model that shares nothing with m.
func (m *Model) Clone() *Model {
	c := *m
	c.C, c.Rho, c.Q = slices.Clone(m.C), slices.Clone(m.Rho), slices.Clone(m.Q)
	return &c
}

// Scale returns a model with all speeds multiplied by f. Densities stay as they are; without given densities they follow the
// new speeds.
func (m *Model) Scale(f float64) *Model {
	s := m.Clone()
	for i := range s.C {
		s.C[i] *= f
	}
	return s
}

// String is the model in one line.
func (m *Model) String() string {
	if m == nil {
		return "<nil>"
	}
	name := m.Name
	if name == "" {
		name = "model"
	}
	lo, hi := m.Range()
	return fmt.Sprintf("%s: %v, speed %.4g to %.4g m/s", name, m.Grid, lo, hi)
}

// Bundle shows the speeds as a picture.
func (m *Model) Bundle() display.Bundle {
	if m == nil {
		return display.Text("<nil>")
	}
	h := heat(m.Grid, m.C, false)
	h.Title = m.String()
	h.Bar = display.Axis{Name: "speed", Unit: "m/s"}
	return display.Picture(m.String(), h)
}

// Homogeneous is a box of nx×nz cells of h metres with one speed and one density.
func Homogeneous(nx, nz int, h, c, rho float64) *Model {
	m := &Model{Name: "homogeneous", Grid: Grid{Nx: nx, Nz: nz, Dx: h, Dz: h}}
	if n := nx * nz; nx > 0 && nz > 0 && n <= MaxCells {
		m.C, m.Rho = fill(n, c), fill(n, rho)
	}
	return m
}

func fill(n int, v float64) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = v
	}
	return s
}

func span(v []float64) (lo, hi float64) {
	if len(v) == 0 {
		return math.NaN(), math.NaN()
	}
	lo, hi = v[0], v[0]
	for _, x := range v {
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi
}
