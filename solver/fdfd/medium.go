package fdfd

import (
	"math"

	"github.com/galeproject/gale/solver"
)

// medium is a model at one frequency with its layers: what the matrix is made of. It is never changed.
//
// Cells and nodes are counted in the padded grid, layers included. Unknowns are its nodes without those where the pressure is zero: the
// outer walls of absorbing layers and free sides.
type medium struct {
	grid    solver.Grid
	sides   Boundary
	layers  layers
	stencil Stencil
	omega   complex128
	k2      []complex128 // a physical cell
	buoy    []float64    // 1/ρ, a physical cell
	w       []weights    // a physical cell
	a       float64      // hourglass weight
	x, z    []complex128 // stretches at the centres of padded cells
	lost    [4]int       // rows and columns of nodes at zero pressure: top, right, bottom, left
}

func newMedium(m *solver.Model, freq float64, l layers, o *options) *medium {
	omega := complex(2*math.Pi*freq, 0)
	if o.tau > 0 && !math.IsInf(o.tau, 1) {
		omega += complex(0, 1/o.tau)
	}
	n := m.Cells()
	d := &medium{
		grid: m.Grid, sides: o.sides, layers: l, stencil: o.stencil, omega: omega,
		k2: make([]complex128, n), buoy: make([]float64, n), w: make([]weights, n),
		x: stretch(m.Nx, m.Dx, l[3], l[1], omega), z: stretch(m.Nz, m.Dz, l[0], l[2], omega),
	}
	for i, s := range [4]Side{o.sides.Top, o.sides.Right, o.sides.Bottom, o.sides.Left} {
		if s != Rigid {
			d.lost[i] = 1
		}
	}
	_, a := o.stencil.fixed()
	d.a = a
	parallel(o.workers(), m.Nz, func(iz int) { d.row(m, freq, iz, o) })
	return d
}

// row fills in the cells of a row.
func (d *medium) row(m *solver.Model, freq float64, iz int, o *options) {
	w2, ky2 := d.omega*d.omega, o.ky*o.ky
	for i := iz * m.Nx; i < (iz+1)*m.Nx; i++ {
		k2 := w2 * complex(1/(m.C[i]*m.C[i]), 0)
		if m.Q != nil {
			a, _ := attenuation(1/m.Q[i], freq, o.f0)
			k2 *= a
		}
		k2 -= ky2
		d.k2[i], d.buoy[i] = k2, 1/m.Density(i)
		if i > iz*m.Nx && k2 == d.k2[i-1] {
			d.w[i] = d.w[i-1]
			continue
		}
		d.w[i], _ = o.stencil.massAt(k2, m.Dx, m.Dz, false)
	}
}

// box is the number of unknowns in x and z.
func (d *medium) box() (nx, nz int) {
	return len(d.x) + 1 - d.lost[1] - d.lost[3], len(d.z) + 1 - d.lost[0] - d.lost[2]
}

// unknown gives the unknown at node (ix, iz) of the physical grid, which may lie in a layer, and whether there is one.
func (d *medium) unknown(ix, iz int) (int32, bool) {
	nx, nz := d.box()
	bx, bz := ix+d.layers[3].Cells-d.lost[3], iz+d.layers[0].Cells-d.lost[0]
	if bx < 0 || bz < 0 || bx >= nx || bz >= nz {
		return 0, false
	}
	return int32(bz*nx + bx), true
}

// physical is the physical cell whose properties the padded cell (px, pz) has.
func (d *medium) physical(px, pz int) int {
	ix := min(max(px-d.layers[3].Cells, 0), d.grid.Nx-1)
	iz := min(max(pz-d.layers[0].Cells, 0), d.grid.Nz-1)
	return iz*d.grid.Nx + ix
}

// cell holds the four different entries of the symmetric 4×4 matrix of a cell.
type cell struct{ self, edgeX, edgeZ, diag complex128 }

// stiffness is the gradient part of a padded cell for ρ = 1.
func (d *medium) stiffness(px, pz int) cell {
	x, z := d.x[px], d.z[pz]
	wx, wz := z/(x*complex(d.grid.Dx*d.grid.Dx, 0)), x/(z*complex(d.grid.Dz*d.grid.Dz, 0))
	p, m := complex((1+d.a)/4, 0), complex((1-d.a)/4, 0)
	return cell{self: -p * (wx + wz), edgeX: p*wx - m*wz, edgeZ: p*wz - m*wx, diag: m * (wx + wz)}
}

// mass is the pattern of weights w times s.
func mass(w weights, s complex128) cell {
	return cell{self: s * w.c / 4, edgeX: s * w.dx / 2, edgeZ: s * w.dz / 2, diag: s * w.e}
}

func (c cell) plus(o cell) cell {
	return cell{c.self + o.self, c.edgeX + o.edgeX, c.edgeZ + o.edgeZ, c.diag + o.diag}
}

func (c cell) times(s complex128) cell { return cell{c.self * s, c.edgeX * s, c.edgeZ * s, c.diag * s} }
