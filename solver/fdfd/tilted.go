package fdfd

import "math"

// A tilted transversely isotropic cell has two fields, p and q, each with five mass weights: of a node with itself, of its edges in x
// and z, and of its diagonals downwards and upwards to the right.
type fiveWeights [5]float64

// axis is a medium as its weights see it: the wavenumber along the axis of symmetry times the side of a cell, Thomsen's ε and δ, and
// the tilt of the axis in radians.
type axis struct{ kh, eps, delta, theta float64 }

// noFallback asks for weights of q that are fitted; other values of β ask for (1+β, −β/4, −β/4, 0, 0).
const noFallback = -1

// fallbacks are tried in this order where the fitted weights carry the slow wave: less accurate, and safer from one to the next.
var fallbacks = [...]float64{0, 0.5, 1}

func (m axis) elliptic() bool { return math.Abs(m.eps-m.delta) < 1e-9 }

// phase is the P wave's wavenumber, times the side of a cell, at angle phi from the axis.
func (m axis) phase(phi float64) float64 {
	s, c := math.Sincos(phi)
	k2 := m.kh * m.kh
	a1 := -((1+2*m.eps)*s*s + c*c)
	if m.elliptic() {
		return math.Sqrt(-k2 / a1)
	}
	a2 := 2 * (m.eps - m.delta) * s * s * c * c / k2
	return math.Sqrt(2 * k2 / (-a1 + math.Sqrt(a1*a1-4*a2*k2)))
}

// wave is a plane wave on the grid: symbols of the derivatives across and along the axis, of the grid and of the continuous medium,
// and the five cosines of the mass.
type wave struct {
	xh, zh, xc, zc float64
	b              fiveWeights
}

// wave makes λ times the P wave at phi.
func (m axis) wave(phi, lambda float64) (w wave) {
	k := lambda * m.phase(phi)
	sp, cp := math.Sincos(phi)
	st, ct := math.Sincos(m.theta)
	ku, kv := k*sp, k*cp
	kx, kz := ct*ku+st*kv, -st*ku+ct*kv
	w.xc, w.zc = ku*ku, kv*kv
	w.xh, w.zh = symbols(kx, kz, st, ct)
	w.b = fiveWeights{1, 2 * math.Cos(kx), 2 * math.Cos(kz), 2 * math.Cos(kx+kz), 2 * math.Cos(kx-kz)}
	return w
}

// symbols are those of the squared derivatives across and along an axis with the given sine and cosine.
func symbols(kx, kz, st, ct float64) (x, z float64) {
	sx, cx := math.Sincos(kx / 2)
	sz, cz := math.Sincos(kz / 2)
	return combine(2*sx*cz, 2*sz*cx, 4*sx*sz, st, ct)
}

func combine(gx, gz, hg, st, ct float64) (x, z float64) {
	u, v := ct*gx-st*gz, st*gx+ct*gz
	h := hourglass / 4 * hg * hg
	return u*u + h, v*v + h
}

func (w fiveWeights) dot(b *fiveWeights) float64 {
	return w[0]*b[0] + w[1]*b[1] + w[2]*b[2] + w[3]*b[3] + w[4]*b[4]
}

// fitting is a least squares problem for five weights, drawn to those of bilinear elements by a little.
type fitting struct {
	m   [5][5]float64
	rhs fiveWeights
}

var bilinear = fiveWeights{7. / 15, .1, .1, 1. / 30, 1. / 30}

func (f *fitting) add(row fiveWeights, want, weight float64) {
	r := want - bilinear.dot(&row)
	for i := range 5 {
		for j := range 5 {
			f.m[i][j] += weight * weight * row[i] * row[j]
		}
		f.rhs[i] += weight * weight * row[i] * r
	}
}

func (f *fitting) solve() fiveWeights {
	var s system
	for i := range 5 {
		for j := range 5 {
			s[i][j] = complex(f.m[i][j], 0)
		}
		s[i][i] += 1e-6
		s[i][5] = complex(f.rhs[i], 0)
	}
	w := bilinear
	for i, v := range s.solve(5) {
		w[i] += real(v)
	}
	return w
}

// angles is in how many directions the weights are fitted.
const angles = 16

// fit gives the weights of p and q. In 16 directions plane P waves solve the discrete equations as well as five weights allow: first
// q with its own slope, then p with the mean slope of the elimination of q.
func (m axis) fit(beta float64) (p, q fiveWeights) {
	q = fiveWeights{1}
	k2 := m.kh * m.kh
	if !m.elliptic() {
		if beta != noFallback {
			q = fiveWeights{1 + beta, -beta / 4, -beta / 4}
		} else {
			q = m.fitQ()
		}
	}
	s2, eta2 := 1+2*m.delta, 2*(m.eps-m.delta)
	need := func(phi, lambda float64) (w wave, grid, medium float64) {
		w = m.wave(phi, lambda)
		grid, medium = s2*w.xh+w.zh, s2*w.xc+w.zc
		if !m.elliptic() {
			grid += s2 * w.xh * w.xh / (k2/eta2*q.dot(&w.b) - w.xh)
			medium += s2 * w.xc * w.xc / (k2/eta2 - w.xc)
		}
		return w, grid / k2, medium / k2
	}
	const d = 1e-4
	var f fitting
	var slope fiveWeights
	want := 0.
	for i := range angles {
		phi := math.Pi * (float64(i) + 0.5) / angles
		w, grid, _ := need(phi, 1)
		f.add(w.b, grid, 1)
		a, ga, ma := need(phi, 1+d)
		b, gb, mb := need(phi, 1-d)
		for j := range slope {
			slope[j] += (a.b[j] - b.b[j]) / (2 * d) / angles
		}
		want += ((ga - gb) - (ma - mb)) / (2 * d) / angles
	}
	f.add(slope, want, 2)
	return f.solve(), q
}

func (m axis) fitQ() fiveWeights {
	const d = 1e-3
	k2 := m.kh * m.kh
	row := func(phi, lambda float64) (r fiveWeights, want float64) {
		w := m.wave(phi, lambda)
		for j := range r {
			r[j] = w.b[j] * w.xc / k2
		}
		return r, w.xh / k2
	}
	var f fitting
	for i := range angles {
		phi := math.Pi * (float64(i) + 0.5) / angles
		r, want := row(phi, 1)
		f.add(r, want, 1)
		a, wa := row(phi, 1+d)
		b, wb := row(phi, 1-d)
		for j := range r {
			r[j] = (a[j] - b[j]) / (2 * d)
		}
		f.add(r, (wa-wb)/(2*d), 0.3)
	}
	return f.solve()
}

// zone is a table of sines and cosines over half the wavevectors that a grid can carry.
type zone struct{ sinHalf, cosHalf, sin, cos [zoneSize]float64 }

const zoneSize = 241

func newZone() *zone {
	z := new(zone)
	for i := range zoneSize {
		k := -math.Pi + 2*math.Pi*float64(i)/(zoneSize-1)
		z.sinHalf[i], z.cosHalf[i] = math.Sincos(k / 2)
		z.sin[i], z.cos[i] = math.Sincos(k)
	}
	return z
}

// slow tells whether the grid carries the slow shear wave that the acoustic approximation of such a medium brings with it: for some
// wavevector the equation of q alone is negative and the determinant of both is positive again. The source then excites it, the absorbing
// layers do not absorb it, and fields are wrong by 40 % and more.
func (m axis) slow(p, q fiveWeights, z *zone) bool {
	if m.elliptic() {
		return false
	}
	st, ct := math.Sincos(m.theta)
	k2, s2, eta2 := m.kh*m.kh, 1+2*m.delta, 2*(m.eps-m.delta)
	for j := zoneSize / 2; j < zoneSize; j++ {
		for i := range zoneSize {
			cc, ss := z.cos[i]*z.cos[j], z.sin[i]*z.sin[j]
			b := fiveWeights{1, 2 * z.cos[i], 2 * z.cos[j], 2 * (cc - ss), 2 * (cc + ss)}
			x, y := combine(2*z.sinHalf[i]*z.cosHalf[j], 2*z.sinHalf[j]*z.cosHalf[i], 4*z.sinHalf[i]*z.sinHalf[j], st, ct)
			d := k2*q.dot(&b)/eta2 - x
			if d < 0 && (k2*p.dot(&b)-s2*x-y)*d-s2*x*x > 0 {
				return true
			}
		}
	}
	return false
}
