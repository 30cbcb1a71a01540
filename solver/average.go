package solver

import (
	"fmt"
	"math"
)

// Props are the properties of the ground at one point. Rho zero means Gardner's rule, Q zero no attenuation; ε, δ and tilt are those of
// Model.
type Props struct{ C, Rho, Q, Eps, Delta, Theta float64 }

// Average makes a model of a continuous medium: in each cell density and compressibility 1/(ρc²) are means over sub×sub points, which
// keeps interfaces that cross cells where they are. With sub = 1 the medium is sampled at the centres. Q is the harmonic mean; ε, δ and
// tilt are plain ones.
func Average(g Grid, sub int, at func(x, z float64) Props) (*Model, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	if sub < 1 || sub > 64 {
		return nil, fmt.Errorf("solver: averaging a medium: %d points a side of a cell, 1 to 64 are possible", sub)
	}
	if at == nil {
		return nil, fmt.Errorf("solver: averaging a medium: there is no function of places")
	}
	m := &Model{Grid: g, C: make([]float64, g.Cells()), Rho: make([]float64, g.Cells())}
	var q []float64
	for iz := range g.Nz {
		for ix := range g.Nx {
			i := iz*g.Nx + ix
			p, loss, bad := mean(g, ix, iz, sub, at)
			if bad != "" {
				return nil, fmt.Errorf("solver: averaging a medium: %s in cell %d (ix %d, iz %d) at %v m", bad, i, ix, iz, g.Center(ix, iz))
			}
			m.C[i], m.Rho[i] = p.C, p.Rho
			m.tilt(i, p)
			if loss > 0 {
				if q == nil {
					q = fill(g.Cells(), math.Inf(1))
				}
				q[i] = 1 / loss
			}
		}
	}
	m.Q = q
	return m, m.Check()
}

// tilt sets ε, δ and the tilt of cell i, in arrays that exist once one is not zero.
func (m *Model) tilt(i int, p Props) {
	for _, f := range []struct {
		to *[]float64
		v  float64
	}{{&m.Eps, p.Eps}, {&m.Delta, p.Delta}, {&m.Theta, p.Theta}} {
		if f.v != 0 && *f.to == nil {
			*f.to = make([]float64, m.Cells())
		}
		if *f.to != nil {
			(*f.to)[i] = f.v
		}
	}
}

// mean averages one cell; loss is 1/Q, bad a value that no medium has.
func mean(g Grid, ix, iz, sub int, at func(x, z float64) Props) (m Props, loss float64, bad string) {
	var k, rho float64
	first, same := Props{}, true
	n := float64(sub)
	for j := range sub {
		for i := range sub {
			p := at(g.X0+(float64(ix)+(float64(i)+0.5)/n)*g.Dx, g.Z0+(float64(iz)+(float64(j)+0.5)/n)*g.Dz)
			if bad := p.bad(); bad != "" {
				return p, 0, bad
			}
			if p.Rho == 0 {
				p.Rho = Gardner(p.C)
			}
			if i == 0 && j == 0 {
				first = p
			}
			same = same && p == first
			rho += p.Rho
			k += 1 / (p.Rho * p.C * p.C)
			m.Eps += p.Eps / (n * n)
			m.Delta += p.Delta / (n * n)
			m.Theta += p.Theta / (n * n)
			if p.Q != 0 {
				loss += 1 / p.Q
			}
		}
	}
	n *= n
	if same { // exactly, without rounding
		return first, loss / n, ""
	}
	m.Rho = rho / n
	m.C = math.Sqrt(n / (m.Rho * k))
	return m, loss / n, ""
}

// bad names a value that would vanish in a mean; ε, δ and tilt are checked with the model.
func (p Props) bad() string {
	switch {
	case !positive(p.C):
		return fmt.Sprintf("speed %g", p.C)
	case !(p.Rho >= 0) || math.IsInf(p.Rho, 0):
		return fmt.Sprintf("density %g", p.Rho)
	case !(p.Q >= 0):
		return fmt.Sprintf("Q %g", p.Q)
	}
	return ""
}

// FromNodes makes a model of values on the corners of cells, as many programs store them: nx×nz nodes give (nx−1)×(nz−1) cells
// whose density and compressibility 1/(ρc²) are means of their corners. rho and q may be nil. h is the distance of nodes in metres.
func FromNodes(nx, nz int, h float64, c, rho, q []float64) (*Model, error) {
	nodes := &Model{Grid: Grid{Nx: nx, Nz: nz, Dx: h, Dz: h}, C: c, Rho: rho, Q: q}
	if err := nodes.Check(); err != nil {
		return nil, fmt.Errorf("solver: converting nodes to cells: %w", err)
	}
	if nx < 2 || nz < 2 {
		return nil, fmt.Errorf("solver: converting nodes to cells: %d×%d nodes have no cell between them", nx, nz)
	}
	g := nodes.Grid
	g.Nx, g.Nz = nx-1, nz-1
	m := &Model{Grid: g, C: make([]float64, g.Cells())}
	if rho != nil {
		m.Rho = make([]float64, g.Cells())
	}
	if q != nil {
		m.Q = make([]float64, g.Cells())
	}
	for iz := range g.Nz {
		for ix := range g.Nx {
			var r, k, loss float64
			for _, n := range []int{iz*nx + ix, iz*nx + ix + 1, (iz+1)*nx + ix, (iz+1)*nx + ix + 1} {
				d := nodes.Density(n)
				r += d / 4
				k += 1 / (d * c[n] * c[n]) / 4
				if q != nil {
					loss += 1 / q[n] / 4
				}
			}
			i := iz*g.Nx + ix
			m.C[i] = math.Sqrt(1 / (r * k))
			if rho != nil {
				m.Rho[i] = r
			}
			if q != nil {
				m.Q[i] = 1 / loss
			}
		}
	}
	return m, nil
}

// Coarsen makes a model of n×n times larger cells, whose density and compressibility are means. Cells at the right and lower edge that
// do not fill a larger one are left out.
func (m *Model) Coarsen(n int) (*Model, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	if n < 1 || n > 64 || n > m.Nx || n > m.Nz {
		return nil, fmt.Errorf("solver: coarsening a model of %d×%d cells: by %d", m.Nx, m.Nz, n)
	}
	g := m.Grid
	g.Nx, g.Nz, g.Dx, g.Dz = m.Nx/n, m.Nz/n, m.Dx*float64(n), m.Dz*float64(n)
	c, err := Average(g, n, func(x, z float64) Props {
		i := int((z-m.Z0)/m.Dz)*m.Nx + int((x-m.X0)/m.Dx)
		p := Props{C: m.C[i], Rho: m.Density(i)}
		if m.Q != nil {
			p.Q = m.Q[i]
		}
		p.Eps, p.Delta, p.Theta = m.Axis(i)
		return p
	})
	if err != nil {
		return nil, err
	}
	c.Name = m.Name
	return c, nil
}
