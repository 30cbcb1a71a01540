package sparse

import "math"

// guard watches the pivots of one worker.
type guard struct {
	least    float64 // smaller pivots, |re|+|im|, are replaced
	tiny     int
	min, max float64 // of |D|
	growth   float64 // largest |re| or |im| of L
	bad      int     // number of the first pivot that is not finite, or −1
}

func newGuard(least float64) guard { return guard{least: least, min: math.Inf(1), bad: -1} }

// pivot gives a pivot that can be divided by, and its inverse: a small one is made larger, its phase kept.
func (g *guard) pivot(d complex128, number int) (pivot, inverse complex128) {
	re, im := real(d), imag(d)
	a := math.Abs(re) + math.Abs(im)
	if !(a >= g.least) {
		switch {
		case math.IsNaN(a):
			return g.fail(number)
		case a == 0:
			re = g.least
		default:
			re, im = re*(g.least/a), im*(g.least/a)
		}
		g.tiny++
		a = math.Abs(re) + math.Abs(im)
	}
	if !(a > 0 && a <= math.MaxFloat64) {
		return g.fail(number)
	}
	u, v := re/a, im/a
	n := u*u + v*v
	size := a * math.Sqrt(n)
	g.min, g.max = min(g.min, size), max(g.max, size)
	return complex(re, im), complex(u/n/a, -v/n/a)
}

func (g *guard) fail(number int) (pivot, inverse complex128) {
	if g.bad < 0 {
		g.bad = number
	}
	return 1, 1
}

func (g *guard) merge(o guard) {
	g.tiny += o.tiny
	g.min, g.max, g.growth = min(g.min, o.min), max(g.max, o.max), max(g.growth, o.growth)
	if o.bad >= 0 && (g.bad < 0 || o.bad < g.bad) {
		g.bad = o.bad
	}
}
