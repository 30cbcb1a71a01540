package fdfd

import (
	"math"
	"math/cmplx"
	"slices"
)

// hourglass is the weight a of the hourglass term in the stiffness of a cell.
const hourglass = 2. / 3

// weights are the mass weights of a cell: c of a node with itself, dx and dz of its edges, e of its diagonals.
type weights struct{ c, dx, dz, e complex128 }

// Coefficients of the weights' power series in x = (kh)², from the exact solution; below 0.4 the error is under 2e-14, where
// the linear equations lose digits.
var (
	seriesC = [...]float64{
		7. / 15, 1. / 40, 2.0502645502645503e-3, 1.7365547421971033e-4, 1.4886528549361304e-5,
		1.2822283927530497e-6, 1.10674484213731e-7, 9.5621333354071048e-9, 8.265462818171761e-10,
	}
	seriesD = [...]float64{
		1. / 10, 1. / 96, 9.6726190476190476e-4, 8.6163334318716263e-5, 7.5504552139390102e-6,
		6.5700936687148555e-7, 5.6987432828792231e-8, 4.9354463200198482e-9, 4.2712289760154316e-10,
	}
	seriesE = [...]float64{
		1. / 30, 1. / 240, 4.2989417989417989e-4, 4.0546185023181551e-5, 3.6605350032180183e-6,
		3.2341023705356439e-7, 2.8268326220645169e-8, 2.4576734659367227e-9, 2.1310335593769115e-10,
	}
)

const seriesBelow = 0.4

// fit9 gives the weights (c, d, e) of a square cell at x = (kh)², and, if slope is wanted, D = d(x·w)/dx, which gradients need.
//
// They are such that plane waves at π/16 and 3π/16 to the axes, and so in 16 directions, solve the discrete equation exactly, and
// that at π/8 the slope of its symbol is that of the continuous one, which makes amplitudes and impedances right. They are analytic
// in x: attenuation, damping and complex cross-line wavenumbers need nothing else.
func fit9(x complex128, slope bool) (w, d [3]complex128) {
	if cmplx.Abs(x) < seriesBelow {
		for j, s := range [3][]float64{seriesC[:], seriesD[:], seriesE[:]} {
			var v, dv complex128
			for _, a := range slices.Backward(s) {
				dv = dv*x + v
				v = v*x + complex(a, 0)
			}
			w[j], d[j] = v, v+x*dv
		}
		return w, d
	}
	const a = hourglass
	al := cmplx.Sqrt(x)
	ch := 1 / (2 * al) // d/dx = ch·d/dα
	var m, n system
	for i, t := range [3]float64{math.Pi / 16, 3 * math.Pi / 16, math.Pi / 8} {
		st, ct := math.Sincos(t)
		c, sc := cosSin(al * complex(ct, 0))
		s, ss := cosSin(al * complex(st, 0))
		c1, s1 := -complex(ct, 0)*sc, -complex(st, 0)*ss
		c2, s2 := -complex(ct*ct, 0)*c, -complex(st*st, 0)*s
		p0 := 2*a*(c+s-2) + 2*(1-a)*(c*s-1)
		p1 := 2*a*(c1+s1) + 2*(1-a)*(c1*s+c*s1)
		p2 := 2*a*(c2+s2) + 2*(1-a)*(c2*s+2*c1*s1+c*s2)
		if i < 2 {
			m[i] = [size + 1]complex128{1, 2 * (c + s), 4 * c * s, -p0 / x}
			n[i] = [size + 1]complex128{0, 2 * (c1 + s1) * ch, 4 * (c1*s + c*s1) * ch, -p1*ch/x + p0/(x*x)}
		} else {
			m[i] = [size + 1]complex128{0, 2 * (c1 + s1), 4 * (c1*s + c*s1), -(2*al + p1) / x}
			n[i] = [size + 1]complex128{0, 2 * (c2 + s2) * ch, 4 * (c2*s + 2*c1*s1 + c*s2) * ch, -(2+p2)*ch/x + (2*al+p1)/(x*x)}
		}
	}
	q := m
	y := m.solve(3)
	copy(w[:], y[:])
	if !slope {
		return w, d
	}
	for i := range 3 {
		q[i][3] = n[i][3] - n[i][0]*w[0] - n[i][1]*w[1] - n[i][2]*w[2]
	}
	dw := q.solve(3)
	for j := range d {
		d[j] = w[j] + x*dw[j]
	}
	return w, d
}

// cosSin is fast for real arguments, which are nearly all.
func cosSin(z complex128) (c, s complex128) {
	if imag(z) == 0 {
		s, c := math.Sincos(real(z))
		return complex(c, 0), complex(s, 0)
	}
	return cmplx.Cos(z), cmplx.Sin(z)
}

// size is the largest number of unknowns of a system.
const size = 5

// system is a small system of equations: in each row coefficients and, behind them, the right-hand side.
type system [size][size + 1]complex128

// solve eliminates the first n unknowns; what is in the system is lost.
func (m *system) solve(n int) (x [size]complex128) {
	for k := range n {
		p := k
		for i := k + 1; i < n; i++ {
			if abs1(m[i][k]) > abs1(m[p][k]) {
				p = i
			}
		}
		m[k], m[p] = m[p], m[k]
		inv := 1 / m[k][k]
		for i := k + 1; i < n; i++ {
			f := m[i][k] * inv
			for j := k; j <= n; j++ {
				m[i][j] -= f * m[k][j]
			}
		}
	}
	for i := n - 1; i >= 0; i-- {
		s := m[i][n]
		for j := i + 1; j < n; j++ {
			s -= m[i][j] * x[j]
		}
		x[i] = s / m[i][i]
	}
	return x
}

func abs1(z complex128) float64 { return math.Abs(real(z)) + math.Abs(imag(z)) }
