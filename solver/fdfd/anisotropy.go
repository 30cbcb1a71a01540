package fdfd

import (
	"fmt"
	"math"
	"sync"

	"github.com/galeproject/gale/solver"
)

// tilted is what a medium has besides when it is transversely isotropic: a second field q on nodes all of whose cells have ε > δ. The
// matrix of both is symmetric, and p is that of the usual equations.
type tilted struct {
	med    *medium
	kinds  []kind
	of     []int32 // kind of a physical cell
	second []bool  // whether there is a q at an unknown of p
	warn   string

	phase, slope float64 // what the weights make wrong, see measure
}

// kind is one of the different media of a model.
type kind struct {
	eta, s2 float64 // ε−δ, 1+2δ
	st, ct  float64
	p, q    fiveWeights
}

// newTilted fits weights to each different medium and refuses media whose slow wave the grid would carry.
func newTilted(m *solver.Model, d *medium, freq float64, o *options) (*tilted, error) {
	switch {
	case m.Dx != m.Dz:
		return nil, fmt.Errorf("anisotropy needs square cells, not %g×%g m", m.Dx, m.Dz)
	case o.ky != 0:
		return nil, fmt.Errorf("anisotropy and a cross-line wavenumber do not go together")
	case o.stencil != Fit9:
		return nil, fmt.Errorf("anisotropy has weights of its own, not those of %v", o.stencil)
	case o.fitted:
		return nil, fmt.Errorf("anisotropy and fitted points do not go together")
	}
	t := &tilted{med: d, of: make([]int32, m.Cells())}
	type medium4 struct{ c, eps, delta, theta float64 }
	known := map[medium4]int32{}
	var axes []axis
	var first []int // a cell of the kind
	for i, c := range m.C {
		eps, delta, theta := m.Axis(i)
		if eps < delta-1e-9 {
			return nil, fmt.Errorf("ε %g is less than δ %g in cell %d (ix %d, iz %d) at %v m: the symmetric equations do not hold", eps, delta, i, i%m.Nx, i/m.Nx,
				m.Center(i%m.Nx, i/m.Nx))
		}
		key := medium4{c, eps, delta, math.Mod(theta, math.Pi)}
		n, ok := known[key]
		if !ok {
			n = int32(len(axes))
			known[key] = n
			axes, first = append(axes, axis{2 * math.Pi * freq / c * m.Dx, eps, delta, key.theta}), append(first, i)
		}
		t.of[i] = n
	}
	if err := t.fit(m, axes, first, o); err != nil {
		return nil, err
	}
	t.nodes()
	t.measure(axes, m.Dx)
	return t, nil
}

// fewKinds is how many different media are each tried for the slow wave; more are tried on a raster.
const fewKinds = 256

// raster moves a medium to the next of a raster where the slow wave is more likely.
func (m axis) raster() axis {
	return axis{
		math.Exp2(math.Floor(math.Log2(m.kh)*64) / 64), math.Ceil(m.eps*100-1e-9) / 100, math.Floor(m.delta*100+1e-9) / 100,
		math.Round(m.theta*90/math.Pi) * math.Pi / 90,
	}
}

// fit chooses the weights of each kind. All kinds have fitted ones, or all the same fallback, since fields pass from one to another.
func (t *tilted) fit(m *solver.Model, axes []axis, first []int, o *options) error {
	tried := axes
	if len(axes) > fewKinds {
		seen := map[axis]bool{}
		tried = nil
		for _, a := range axes {
			if r := a.raster(); !seen[r] {
				seen[r] = true
				tried = append(tried, r)
			}
		}
	}
	z := newZone()
	beta := -2.
	betas := []float64{noFallback}
	betas = append(betas, fallbacks[:]...)
	for _, b := range betas {
		worst := firstOf(o.workers(), len(tried), func(i int) bool {
			p, q := tried[i].fit(b)
			return tried[i].slow(p, q, z)
		})
		if worst < 0 {
			beta = b
			break
		}
		if b == noFallback && !o.safe {
			return t.refuse(m, axes, first, tried[worst])
		}
	}
	if beta < noFallback {
		return fmt.Errorf("no weights keep the slow wave of this anisotropic medium off the grid: make cells larger, or ε−δ smaller")
	}
	if beta != noFallback {
		t.warn = fmt.Sprintf("anisotropy with the safer weights of β = %g, less accurate than fitted ones", beta)
	}
	t.kinds = make([]kind, len(axes))
	parallel(o.workers(), len(axes), func(i int) { t.kinds[i] = axes[i].kind(beta) })
	return nil
}

// firstOf is the least of 0 to n−1 for which f holds, −1 for none; what comes after one that was found need not be tried.
func firstOf(threads, n int, f func(i int) bool) int {
	var mu sync.Mutex
	least := n
	parallel(threads, n, func(i int) {
		mu.Lock()
		behind := i > least
		mu.Unlock()
		if behind || !f(i) {
			return
		}
		mu.Lock()
		least = min(least, i)
		mu.Unlock()
	})
	if least == n {
		return -1
	}
	return least
}

// refuse names a cell and what can be done.
func (t *tilted) refuse(m *solver.Model, axes []axis, first []int, bad axis) error {
	cell := first[0]
	for i, a := range axes {
		if a == bad || a.raster() == bad {
			cell = first[i]
			break
		}
	}
	eps, delta, theta := m.Axis(cell)
	z, coarser := newZone(), 0.
	for f := 1.1; f < 3; f *= 1.1 {
		a := bad
		if a.kh *= f; a.kh > 2*math.Pi/leastPoints {
			break
		}
		if p, q := a.fit(noFallback); !a.slow(p, q, z) {
			coarser = f * m.Dx
			break
		}
	}
	advice := "SafeWeights() computes with weights that are less accurate"
	for _, b := range fallbacks {
		if p, q := bad.fit(b); !bad.slow(p, q, z) {
			phase, slope := bad.misses(p, q)
			advice += fmt.Sprintf(", wrong by some %.1g %% over ten wavelengths", 100*wrongBy(7, phase, slope))
			break
		}
	}
	if coarser > 0 {
		advice = fmt.Sprintf("cells of %.3g m do not carry it; %s", coarser, advice)
	}
	return fmt.Errorf("the grid carries the slow shear wave of the acoustic approximation in cell %d (ix %d, iz %d) at %v m, ε %g, δ %g, tilt %.3g, %.3g points per wavelength: "+
		"fields would be wrong by 40 %% and more; %s", cell, cell%m.Nx, cell/m.Nx, m.Center(cell%m.Nx, cell/m.Nx), eps, delta, theta, 2*math.Pi/bad.kh, advice)
}

// kind makes the weights of a medium; isotropic ones are those of Fit9.
func (m axis) kind(beta float64) kind {
	st, ct := math.Sincos(m.theta)
	k := kind{eta: m.eps - m.delta, s2: 1 + 2*m.delta, st: st, ct: ct}
	if m.elliptic() {
		k.eta = 0
	}
	if m.eps == 0 && m.delta == 0 {
		w, _ := fit9(complex(m.kh*m.kh, 0), false)
		k.p = fiveWeights{real(w[0]), real(w[1]), real(w[1]), real(w[2]), real(w[2])}
		return k
	}
	k.p, k.q = m.fit(beta)
	return k
}

// nodes finds where q is. At nodes that touch a cell with ε = δ it is zero.
func (t *tilted) nodes() {
	d := t.med
	nx, nz := d.box()
	t.second = make([]bool, nx*nz)
	for i := range t.second {
		t.second[i] = true
	}
	for pz := range d.z {
		for px := range d.x {
			if t.kinds[t.of[d.physical(px, pz)]].eta > 0 {
				continue
			}
			for _, n := range d.corners(px, pz) {
				if n >= 0 {
					t.second[n] = false
				}
			}
		}
	}
}

// block4 is the matrix of a cell: of p with p, of p with q, of q with q, over its four nodes.
type block4 struct{ pp, pq, qq [4][4]complex128 }

var (
	gradX  = [4]float64{-.5, .5, -.5, .5}
	gradZ  = [4]float64{-.5, -.5, .5, .5}
	zigzag = [4]float64{1, -1, -1, 1}
)

// matrix computes the block of a padded cell.
func (t *tilted) matrix(px, pz int) (b block4) {
	d := t.med
	i := d.physical(px, pz)
	k := &t.kinds[t.of[i]]
	x, z, h2 := d.x[px], d.z[pz], d.grid.Dx*d.grid.Dx
	xz := x * z * complex(d.buoy[i], 0)
	ct, st := complex(k.ct, 0), complex(k.st, 0)
	hx := complex(hourglass/4, 0) * (ct*ct/(x*x) + st*st/(z*z))
	hz := complex(hourglass/4, 0) * (st*st/(x*x) + ct*ct/(z*z))
	s2, s := complex(k.s2, 0), complex(math.Sqrt(k.s2), 0)
	scale := xz * d.k2[i]
	var du, dv [4]complex128
	for p := range 4 {
		gx, gz := complex(gradX[p], 0), complex(gradZ[p], 0)
		du[p], dv[p] = ct*gx/x-st*gz/z, st*gx/x+ct*gz/z
	}
	for p := range 4 {
		for q := p; q < 4; q++ {
			zz := complex(zigzag[p]*zigzag[q], 0)
			ex := -xz * (du[p]*du[q] + zz*hx) / complex(h2, 0)
			ez := -xz * (dv[p]*dv[q] + zz*hz) / complex(h2, 0)
			b.pp[p][q] = s2*ex + ez + scale*k.p.entry(p, q)
			if k.eta > 0 {
				b.pq[p][q] = s * ex
				b.qq[p][q] = ex + scale*k.q.entry(p, q)/complex(2*k.eta, 0)
			}
			b.pp[q][p], b.pq[q][p], b.qq[q][p] = b.pp[p][q], b.pq[p][q], b.qq[p][q]
		}
	}
	return b
}

// entry is the mass between nodes p and q of a cell.
func (w *fiveWeights) entry(p, q int) complex128 {
	v := w[0] / 4
	switch p ^ q {
	case 1:
		v = w[1] / 2
	case 2:
		v = w[2] / 2
	case 3:
		if v = w[4]; p == 0 || p == 3 {
			v = w[3]
		}
	}
	return complex(v, 0)
}

// assemble sums blocks into the values of the matrix.
func (t *tilted) assemble(s *structure) []complex128 {
	v := s.take()
	clear(v)
	d := t.med
	for pz := range d.z {
		for px := range d.x {
			b := t.matrix(px, pz)
			at := d.corners(px, pz)
			for p, i := range at {
				for q, j := range at {
					if i < 0 || j < 0 {
						continue
					}
					v[s.find(i, j)] += b.pp[p][q]
					if si, sj := s.second[i], s.second[j]; sj >= 0 {
						v[s.find(i, int(sj))] += b.pq[p][q]
						v[s.find(int(sj), i)] += b.pq[p][q]
						if si >= 0 {
							v[s.find(int(si), int(sj))] += b.qq[p][q]
						}
					}
				}
			}
		}
	}
	return v
}
