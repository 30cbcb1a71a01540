package fdfd

import (
	"fmt"
	"math"

	"github.com/galeproject/gale/solver"
)

// Change is a change of a model, one number a cell for each property; nil is none.
type Change struct {
	Slowness2 []float64 // of m = 1/c², s²/m²
	Buoyancy  []float64 // of b = 1/ρ at the same speed, m³/kg
	Loss      []float64 // of 1/Q
}

// BySpeed is the change of the model that goes with changes of speed, one a cell in m/s, to first order. Where the model has no
// density of its own, Gardner's follows the speed. It is nil, which nothing accepts, without a model or with another number of values.
func BySpeed(m *solver.Model, dc []float64) *Change {
	if !whole(m, dc) {
		return nil
	}
	v := &Change{Slowness2: make([]float64, len(dc))}
	if m.Rho == nil {
		v.Buoyancy = make([]float64, len(dc))
	}
	for i, d := range dc {
		c := m.C[i]
		v.Slowness2[i] = -2 * d / (c * c * c)
		if m.Rho == nil {
			v.Buoyancy[i] = -d / (4 * c * m.Density(i))
		}
	}
	return v
}

// ByDensity is the change of the model that goes with changes of density, one a cell in kg/m³, to first order; nil as BySpeed is.
func ByDensity(m *solver.Model, drho []float64) *Change {
	if !whole(m, drho) {
		return nil
	}
	v := &Change{Buoyancy: make([]float64, len(drho))}
	for i, d := range drho {
		rho := m.Density(i)
		v.Buoyancy[i] = -d / (rho * rho)
	}
	return v
}

// whole tells whether v has a value for each cell of a model.
func whole(m *solver.Model, v []float64) bool { return m.Check() == nil && len(v) == m.Cells() }

func (v *Change) check(cells int) error {
	if v == nil {
		return fmt.Errorf("there is no change")
	}
	for _, p := range []struct {
		name string
		v    []float64
	}{{"1/c²", v.Slowness2}, {"1/ρ", v.Buoyancy}, {"1/Q", v.Loss}} {
		if p.v != nil && len(p.v) != cells {
			return fmt.Errorf("%d values of change of %s for %d cells", len(p.v), p.name, cells)
		}
		for i, x := range p.v {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("change %g of %s in cell %d", x, p.name, i)
			}
		}
	}
	return nil
}

// Sensitivity is the derivative of a misfit by each property of each cell. Strengths of sources, weights of points and the profiles of
// absorbing layers are held fixed; what a property does in the layers is counted in the cell at their edge.
type Sensitivity struct {
	Slowness2 []float64 // by m = 1/c²
	Buoyancy  []float64 // by b = 1/ρ at fixed c
	Loss      []float64 // by 1/Q
}

// Add returns the sum. Nil stands for zero; of different lengths the sum is nil.
func (s *Sensitivity) Add(o *Sensitivity) *Sensitivity {
	switch {
	case s == nil:
		return o
	case o == nil:
		return s
	}
	return &Sensitivity{plus(s.Slowness2, o.Slowness2), plus(s.Buoyancy, o.Buoyancy), plus(s.Loss, o.Loss)}
}

func plus(a, b []float64) []float64 {
	if len(a) != len(b) {
		return nil
	}
	s := make([]float64, len(a))
	for i := range s {
		s[i] = a[i] + b[i]
	}
	return s
}

// Speed is the derivative by the speed of each cell of m at fixed density; without a density of its own Gardner's follows the speed. It
// is nil for a model of other cells.
func (s *Sensitivity) Speed(m *solver.Model) []float64 {
	if s == nil || !whole(m, s.Slowness2) || m.Rho == nil && !whole(m, s.Buoyancy) {
		return nil
	}
	g := make([]float64, len(s.Slowness2))
	for i, v := range s.Slowness2 {
		c := m.C[i]
		g[i] = -2 / (c * c * c) * v
		if m.Rho == nil { // ρ = 310·c^¼, dρ/dc = ρ/4c
			g[i] -= s.Buoyancy[i] / (4 * c * m.Density(i))
		}
	}
	return g
}

// Density is the derivative by the density of each cell of m at fixed speed; nil as Speed is.
func (s *Sensitivity) Density(m *solver.Model) []float64 {
	if s == nil || !whole(m, s.Buoyancy) {
		return nil
	}
	g := make([]float64, len(s.Buoyancy))
	for i, v := range s.Buoyancy {
		rho := m.Density(i)
		g[i] = -v / (rho * rho)
	}
	return g
}

// Dot is Σ s·v over cells and properties: the slope of the misfit along v.
func (s *Sensitivity) Dot(v *Change) float64 {
	sum := 0.
	if s == nil || v == nil {
		return sum
	}
	for _, p := range [3][2][]float64{{s.Slowness2, v.Slowness2}, {s.Buoyancy, v.Buoyancy}, {s.Loss, v.Loss}} {
		for i := range min(len(p[0]), len(p[1])) {
			sum += p[0][i] * p[1][i]
		}
	}
	return sum
}
