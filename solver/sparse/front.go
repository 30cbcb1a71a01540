package sparse

import (
	"math"
	"math/cmplx"
	"sync/atomic"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// blockPivots is how many pivots are eliminated before the rest of the front is updated.
const blockPivots = 64

// chunkStrips is how many strips of a large front are a piece of work for idle threads.
const chunkStrips = 16

// stripsLen is the room for the X strips of a front of n rows.
func stripsLen(n int) int64 {
	return int64((n+kern.Rows-1)/kern.Rows+1) * kern.Rows * blockPivots
}

// elimination is the work on one front. X = L·D of the current block of pivots is kept in strips beside L:
// L and X are the two operands of the update of the rest.
type elimination struct {
	*front
	panel, block []complex128
	dinv         []complex128
	x            []complex128 // strips of the current block, first the strip of its first pivot
	guard        *guard
	loops        kern.Loops
	split        func(pieces int, work func(piece int)) // runs pieces, perhaps at once
	stopped      *atomic.Bool
}

// run factors the front: panel becomes L with D on its diagonal, block the contribution to the parent without the
// children's. It gives up between strips when it is stopped.
func (e *elimination) run() {
	p, n := int(e.npiv), e.strips()
	for o := 0; o < p && !e.stopped.Load(); o += blockPivots {
		end := min(o+blockPivots, p)
		top := (end + kern.Rows - 1) / kern.Rows
		for s := o / kern.Rows; s < top; s++ {
			e.strip(s, o, end)
		}
		e.each((*elimination).strip, top, n, o, end)
		if end < p || e.ncb() > 0 {
			e.each((*elimination).update, end/kern.Rows, n, o, end)
		}
	}
}

// each does a step for the strips from..to, in pieces that threads share when there are many, the last (longest) first.
func (e *elimination) each(step func(e *elimination, s, o, end int), from, to, o, end int) {
	if e.split == nil || to-from < 3*chunkStrips {
		e.steps(step, from, to, o, end)
		return
	}
	k := (to - from + chunkStrips - 1) / chunkStrips
	e.split(k, func(piece int) {
		first := from + (k-1-piece)*chunkStrips
		e.steps(step, first, min(to, first+chunkStrips), o, end)
	})
}

func (e *elimination) steps(step func(e *elimination, s, o, end int), from, to, o, end int) {
	for s := from; s < to && !e.stopped.Load(); s++ {
		step(e, s, o, end)
	}
}

// strip takes the pivots o..end out of strip s, one tile after the other.
func (e *elimination) strip(s, o, end int) {
	width := kern.Rows * (end - o)
	x := e.x[(s-o/kern.Rows)*width:][:width]
	l := e.panel[e.at(s)+kern.Rows*o:]
	for j := o; j < end && j/kern.Rows <= s; j += kern.Rows {
		t, nj, k := j/kern.Rows, min(kern.Rows, end-j), kern.Rows*(j-o)
		tile := l[k : k+kern.Rows*nj]
		if k > 0 {
			e.sub(j-o, nj, l, e.x[(t-o/kern.Rows)*width:], tile)
		}
		if t == s {
			e.diagonal(j, nj, tile, x[k:])
			continue
		}
		e.loops.Trsm(nj, tile, x[k:], e.panel[e.at(t)+kern.Rows*j:], e.dinv[j:j+nj])
	}
}

// sub is Loops.Sub for a tile that may be narrow.
func (e *elimination) sub(k, nj int, a, b, c []complex128) {
	if nj == kern.Rows {
		e.loops.Sub(k, 1, a, b, c)
		return
	}
	var t [kern.Tile]complex128
	e.loops.Set(k, 1, a, b, t[:])
	for i := range c {
		c[i] += t[i]
	}
}

// diagonal factors a tile whose first nj columns are pivots j..; the rows behind them are ordinary.
func (e *elimination) diagonal(j, nj int, c, x []complex128) {
	for k := range nj {
		ck, xk := c[kern.Rows*k:kern.Rows*k+kern.Rows], x[kern.Rows*k:kern.Rows*k+kern.Rows]
		d := e.guard.pivot(ck[k], int(e.first)+j+k)
		di := 1 / d
		e.dinv[j+k] = di
		ck[k] = d
		for i := k + 1; i < kern.Rows; i++ {
			xk[i] = ck[i]
			ck[i] *= di
		}
		for q := k + 1; q < nj; q++ {
			cq := c[kern.Rows*q : kern.Rows*q+kern.Rows]
			for i := q; i < kern.Rows; i++ {
				cq[i] -= xk[i] * ck[q]
			}
		}
	}
}

// update subtracts the block of pivots o..end from the columns behind end in strip s. The first block of a front
// writes the contribution block, later ones subtract from it.
func (e *elimination) update(s, o, end int) {
	k := end - o
	width := kern.Rows * k
	a := e.panel[e.at(s)+kern.Rows*o:][:width]
	x := func(t int) []complex128 { return e.x[(t-o/kern.Rows)*width:] }
	full := e.full()
	t := end / kern.Rows
	if n := min(s+1, full) - t; n > 0 {
		e.loops.Sub(k, n, a, x(t), e.panel[e.at(s)+kern.Tile*t:])
		t += n
	}
	if s < full || e.ncb() == 0 && t > full {
		return
	}
	var c []complex128
	if e.ncb() > 0 {
		c = e.block[blockAt(s-full):blockAt(s-full+1)]
	}
	if ph := e.phase(); t == full && ph > 0 {
		var tile [kern.Tile]complex128
		e.loops.Set(k, 1, a, x(t), tile[:])
		if end < int(e.npiv) {
			q := e.panel[e.at(s)+kern.Tile*t:][:kern.Rows*ph]
			for i := range q {
				q[i] += tile[i]
			}
		}
		if c != nil {
			for i := kern.Rows * ph; i < kern.Tile; i++ {
				if o == 0 {
					c[i] = tile[i]
				} else {
					c[i] += tile[i]
				}
			}
		}
		t++
	}
	if n := s + 1 - t; n > 0 && c != nil {
		if o == 0 {
			e.loops.Set(k, n, a, x(t), c[kern.Tile*(t-full):])
		} else {
			e.loops.Sub(k, n, a, x(t), c[kern.Tile*(t-full):])
		}
	}
}

// guard watches the pivots of one worker.
type guard struct {
	least    float64 // smaller pivots, |re|+|im|, are replaced
	tiny     int
	min, max float64 // of |D|
	growth   float64 // largest |re| or |im| of L
	bad      int     // number of the first pivot that is not finite, or −1
}

func newGuard(least float64) guard { return guard{least: least, min: math.Inf(1), bad: -1} }

// pivot gives a pivot that can be divided by: a small one is made larger, its phase kept.
func (g *guard) pivot(d complex128, number int) complex128 {
	if a := math.Abs(real(d)) + math.Abs(imag(d)); !(a >= g.least) {
		if math.IsNaN(a) {
			return g.fail(number)
		}
		g.tiny++
		if a == 0 {
			d = complex(g.least, 0)
		} else {
			d *= complex(g.least/a, 0)
		}
	}
	a := cmplx.Abs(d)
	if math.IsInf(a, 0) {
		return g.fail(number)
	}
	g.min, g.max = min(g.min, a), max(g.max, a)
	return d
}

func (g *guard) fail(number int) complex128 {
	if g.bad < 0 {
		g.bad = number
	}
	return 1
}

func (g *guard) merge(o guard) {
	g.tiny += o.tiny
	g.min, g.max, g.growth = min(g.min, o.min), max(g.max, o.max), max(g.growth, o.growth)
	if o.bad >= 0 && (g.bad < 0 || o.bad < g.bad) {
		g.bad = o.bad
	}
}
