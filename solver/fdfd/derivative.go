package fdfd

import "math"

// derivative is the matrix' derivative by the properties of cells.
type derivative struct {
	med    *medium
	slopes []weights    // derivatives D of the weights, a physical cell
	byM    []complex128 // ∂k²/∂(1/c²), a physical cell
	byQ    []complex128 // ∂k²/∂(1/Q)
}

func (k *Kernel) derivative() *derivative {
	d := k.med
	n := len(d.k2)
	v := &derivative{med: d, slopes: d.slopes(), byM: make([]complex128, n), byQ: make([]complex128, n)}
	w2 := d.omega * d.omega
	for i := range n {
		q := 0. // 1/Q
		if k.model.Q != nil {
			q = 1 / k.model.Q[i]
		}
		a, da := attenuation(q, k.freq, k.opt.f0)
		v.byM[i] = w2 * a
		v.byQ[i] = w2 * da * complex(1/(k.model.C[i]*k.model.C[i]), 0)
	}
	return v
}

// slopes are the derivatives D of the weights of the physical cells.
func (d *medium) slopes() []weights {
	s := make([]weights, len(d.k2))
	for i, k2 := range d.k2 {
		if i > 0 && k2 == d.k2[i-1] {
			s[i] = s[i-1]
			continue
		}
		_, s[i] = d.stencil.massAt(k2, d.grid.Dx, d.grid.Dz, true)
	}
	return s
}

// cell gives the derivative of a padded cell's matrix by k² and by 1/ρ.
func (v *derivative) cell(px, pz, i int) (byK2, byB cell) {
	d := v.med
	xz := d.x[px] * d.z[pz]
	return mass(v.slopes[i], xz*complex(d.buoy[i], 0)), d.stiffness(px, pz).plus(mass(d.w[i], xz*d.k2[i]))
}

// along is the change of each padded cell's matrix with a change of the model; empty cells do not change.
func (v *derivative) along(by *Change) []cell {
	d := v.med
	out := make([]cell, len(d.x)*len(d.z))
	for pz := range d.z {
		for px := range d.x {
			i := d.physical(px, pz)
			var k2, b complex128
			if by.Slowness2 != nil {
				k2 += v.byM[i] * complex(by.Slowness2[i], 0)
			}
			if by.Loss != nil {
				k2 += v.byQ[i] * complex(by.Loss[i], 0)
			}
			if by.Buoyancy != nil {
				b = complex(by.Buoyancy[i], 0)
			}
			if k2 == 0 && b == 0 {
				continue
			}
			byK2, byB := v.cell(px, pz, i)
			out[pz*len(d.x)+px] = byK2.times(k2).plus(byB.times(b))
		}
	}
	return out
}

// contract makes products of fields −Re λᵀ(∂A/∂property)u.
func (v *derivative) contract(p *products) *Sensitivity {
	d := v.med
	n := len(d.k2)
	s := &Sensitivity{Slowness2: make([]float64, n), Buoyancy: make([]float64, n), Loss: make([]float64, n)}
	for pz := range d.z {
		for px := range d.x {
			i := d.physical(px, pz)
			byK2, byB := v.cell(px, pz, i)
			g := &p.sums[pz*len(d.x)+px]
			k2 := byK2.with(g)
			s.Slowness2[i] -= real(v.byM[i] * k2)
			s.Loss[i] -= real(v.byQ[i] * k2)
			s.Buoyancy[i] -= real(byB.with(g))
		}
	}
	return s
}

// with is the sum of a cell's entries times the products of fields that belong to them.
func (c cell) with(p *cell) complex128 {
	return c.self*p.self + c.edgeX*p.edgeX + c.edgeZ*p.edgeZ + c.diag*p.diag
}

// products are sums over sources of what two fields give at the nodes of each padded cell, for each different entry of its matrix.
type products struct {
	med  *medium
	sums []cell
}

func newProducts(d *medium) *products { return &products{d, make([]cell, len(d.x)*len(d.z))} }

// add sums over sources in the padded row pz. Rows may be added at once.
func (s *products) add(pz int, l, u [][]complex128) {
	d := s.med
	row := s.sums[pz*len(d.x):][:len(d.x)]
	for j := range u {
		uj, lj := u[j], l[j]
		for px := range row {
			at := d.corners(px, pz)
			a, b := gather(lj, at), gather(uj, at)
			p := &row[px]
			p.self += a[0]*b[0] + a[1]*b[1] + a[2]*b[2] + a[3]*b[3]
			p.edgeX += a[0]*b[1] + a[1]*b[0] + a[2]*b[3] + a[3]*b[2]
			p.edgeZ += a[0]*b[2] + a[2]*b[0] + a[1]*b[3] + a[3]*b[1]
			p.diag += a[0]*b[3] + a[3]*b[0] + a[1]*b[2] + a[2]*b[1]
		}
	}
}

// squares are sums over sources of ‖(∂A/∂property)·u‖² in each padded cell.
type squares struct {
	med  *medium
	sums [][3]float64
}

func newSquares(d *medium) *squares { return &squares{d, make([][3]float64, len(d.x)*len(d.z))} }

func (s *squares) add(v *derivative, pz int, u [][]complex128) {
	d := s.med
	for px := range d.x {
		i := d.physical(px, pz)
		byK2, byB := v.cell(px, pz, i)
		at := d.corners(px, pz)
		var k2, b float64
		for j := range u {
			f := gather(u[j], at)
			k2 += byK2.norm2(f)
			b += byB.norm2(f)
		}
		p := &s.sums[pz*len(d.x)+px]
		p[0] += k2 * abs2(v.byM[i])
		p[1] += b
		p[2] += k2 * abs2(v.byQ[i])
	}
}

func (s *squares) result(scale float64) *Sensitivity {
	d := s.med
	n := len(d.k2)
	r := &Sensitivity{Slowness2: make([]float64, n), Buoyancy: make([]float64, n), Loss: make([]float64, n)}
	for pz := range d.z {
		for px := range d.x {
			i, p := d.physical(px, pz), s.sums[pz*len(d.x)+px]
			r.Slowness2[i] += scale * p[0]
			r.Buoyancy[i] += scale * p[1]
			r.Loss[i] += scale * p[2]
		}
	}
	return r
}

// norm2 is ‖C·v‖² over the four nodes.
func (c cell) norm2(v [4]complex128) (s float64) {
	for p := range v {
		s += abs2(c.row(p, &v))
	}
	return s
}

// row is row p of C·v.
func (c *cell) row(p int, v *[4]complex128) complex128 {
	return c.self*v[p] + c.edgeX*v[p^1] + c.edgeZ*v[p^2] + c.diag*v[p^3]
}

func abs2(z complex128) float64 { return real(z)*real(z) + imag(z)*imag(z) }

// corners are the unknowns at a padded cell's nodes, −1 where the pressure is zero.
func (d *medium) corners(px, pz int) (at [4]int) {
	nx, nz := d.box()
	for p := range at {
		bx, bz := px+p&1-d.lost[3], pz+p>>1-d.lost[0]
		at[p] = -1
		if bx >= 0 && bz >= 0 && bx < nx && bz < nz {
			at[p] = bz*nx + bx
		}
	}
	return at
}

func gather(x []complex128, at [4]int) (v [4]complex128) {
	for p, i := range at {
		if i >= 0 {
			v[p] = x[i]
		}
	}
	return v
}

// scatterBy subtracts ∂A·u from out, where cells are the changes of the padded cells' matrices.
func (d *medium) scatterBy(cells []cell, u, out []complex128) {
	for pz := range d.z {
		for px := range d.x {
			c := &cells[pz*len(d.x)+px]
			if *c == (cell{}) {
				continue
			}
			at := d.corners(px, pz)
			v := gather(u, at)
			for p, n := range at {
				if n >= 0 {
					out[n] -= c.row(p, &v)
				}
			}
		}
	}
}

// attenuation is the factor of 1/c² at q = 1/Q and its derivative by q: 1 + iq, over (1 + q·ln(f/f0)/π)² with a reference frequency.
func attenuation(q, freq, f0 float64) (a, da complex128) {
	if f0 == 0 {
		return complex(1, q), 1i
	}
	s := math.Log(freq/f0) / math.Pi
	v := complex(1+s*q, 0)
	a = complex(1, q) / (v * v)
	return a, 1i/(v*v) - 2*complex(s, 0)*a/v
}
