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

	// Transverse isotropy (Thomsen 1986); nil: none. C is then the speed of P waves along the axis of symmetry.
	Eps, Delta []float64
	Theta      []float64 // tilt of the axis from the vertical, radians: it points to x = −sin θ, z = −cos θ

	Problem string // why this model is not what was asked for: it then has no cells, and nothing accepts it
}

// Gardner is the density in kg/m³ that goes with a speed in m/s where nothing better is known (Gardner, Gardner and Gregory 1974).
func Gardner(c float64) float64 { return 310 * math.Sqrt(math.Sqrt(c)) }

// Check returns an error that names the first bad value and its cell.
func (m *Model) Check() error {
	if m == nil {
		return fmt.Errorf("solver: checking a model: it is nil")
	}
	if m.Problem != "" {
		return fmt.Errorf("solver: checking a model: %s", m.Problem)
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
	return m.checkAxis()
}

// checkAxis wants ε and δ above −½ and finite.
func (m *Model) checkAxis() error {
	for _, f := range []struct {
		name  string
		v     []float64
		least float64
	}{{"ε", m.Eps, -0.5}, {"δ", m.Delta, -0.5}, {"tilt", m.Theta, math.Inf(-1)}} {
		if f.v != nil && len(f.v) != m.Cells() {
			return fmt.Errorf("solver: checking a model: %d values of %s for %d×%d cells", len(f.v), f.name, m.Nx, m.Nz)
		}
		for i, v := range f.v {
			if !(v > f.least) || math.IsInf(v, 0) {
				return fmt.Errorf("solver: checking a model: %s %g in cell %d (ix %d, iz %d) at %v m", f.name, v, i, i%m.Nx, i/m.Nx,
					m.Center(i%m.Nx, i/m.Nx))
			}
		}
	}
	return nil
}

// Axis gives ε, δ and the tilt of cell i.
func (m *Model) Axis(i int) (eps, delta, theta float64) {
	if m.Eps != nil {
		eps = m.Eps[i]
	}
	if m.Delta != nil {
		delta = m.Delta[i]
	}
	if m.Theta != nil {
		theta = m.Theta[i]
	}
	return eps, delta, theta
}

// Anisotropic tells whether waves are faster in one direction than in another in some cell.
func (m *Model) Anisotropic() bool {
	some := func(v float64) bool { return v != 0 }
	return slices.ContainsFunc(m.Eps, some) || slices.ContainsFunc(m.Delta, some)
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
	c.Eps, c.Delta, c.Theta = slices.Clone(m.Eps), slices.Clone(m.Delta), slices.Clone(m.Theta)
	return &c
}

// Scale returns a model with all speeds multiplied by f. Densities stay as they are; without given densities they follow the
// new speeds. A factor that is not positive and finite gives a model that tells its Problem and
// that nothing accepts.
func (m *Model) Scale(f float64) *Model {
	if !positive(f) {
		return &Model{Name: m.Name, Problem: fmt.Sprintf("speeds scaled by %g", f)}
	}
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
	if m.Problem != "" {
		return name + ": no model: " + m.Problem
	}
	lo, hi := m.Range()
	return fmt.Sprintf("%s: %v, speed %.4g to %.4g m/s", name, m.Grid, lo, hi)
}

// Bundle shows the speeds as a picture.
func (m *Model) Bundle() display.Bundle {
	if m == nil || m.Problem != "" {
		return display.Text(m.String())
	}
	h := heat(m.Grid, m.C, false)
	h.Title = m.String()
	h.Bar = display.Axis{Name: "speed", Unit: "m/s"}
	return display.Picture(m.String(), h)
}

// Homogeneous is a box of nx×nz cells of h metres with one speed and one density.
func Homogeneous(nx, nz int, h, c, rho float64) *Model {
	m := &Model{Name: "homogeneous", Grid: Grid{Nx: nx, Nz: nz, Dx: h, Dz: h}}
	if nx > 0 && nz > 0 && nx <= MaxCells/nz {
		n := nx * nz
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
