package sparse

import (
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
type elimination[T kern.Number] struct {
	*front
	panel, block []T
	dinv         []T
	x            []T // strips of the current block, first the strip of its first pivot
	last         last[T]
	guard        *guard
	loops        kern.Loops[T]
	split        func(pieces int, work func(piece int)) // runs pieces, perhaps at once
	stopped      *atomic.Bool
}

// last is the diagonal tile of the last pivots of a front when they do not fill it, made whole by zeros: rows of the
// contribution block that share the strip are then subtracted from as the division by the tile goes on.
type last[T kern.Number] struct {
	tile [kern.Tile]T
	d    [kern.Rows]T
}

func (l *last[T]) set(tile, d []T) {
	*l = last[T]{}
	copy(l.tile[:], tile[:kern.Rows*len(d)])
	copy(l.d[:], d)
}

// run factors the front: panel becomes L with D on its diagonal, block the contribution to the parent without the
// children's. It gives up between strips when it is stopped.
func (e *elimination[T]) run() {
	p, n := int(e.npiv), e.strips()
	for o := 0; o < p && !e.stopped.Load(); o += blockPivots {
		end := min(o+blockPivots, p)
		top := (end + kern.Rows - 1) / kern.Rows
		for s := o / kern.Rows; s < top; s++ {
			e.pivots(s, o, end)
		}
		if nj := end % kern.Rows; nj > 0 {
			e.last.set(e.panel[e.at(top-1)+kern.Rows*(end-nj):], e.dinv[end-nj:end])
		}
		e.each(divideStrips, top, n, o, end)
		if end < p || e.ncb() > 0 {
			e.each(updateStrips, end/kern.Rows, n, o, end)
		}
	}
}

// A step is what is done to strips of a front that do not depend on each other.
type step int

const (
	divideStrips step = iota
	updateStrips
)

// each does a step for the strips from..to, in pieces that threads share when there are many, the last (longest) first.
func (e *elimination[T]) each(what step, from, to, o, end int) {
	if e.split == nil || to-from < 3*chunkStrips {
		e.steps(what, from, to, o, end)
		return
	}
	k := (to - from + chunkStrips - 1) / chunkStrips
	e.split(k, func(piece int) {
		first := from + (k-1-piece)*chunkStrips
		e.steps(what, first, min(to, first+chunkStrips), o, end)
	})
}

func (e *elimination[T]) steps(what step, from, to, o, end int) {
	for s := from; s < to && !e.stopped.Load(); s++ {
		if what == divideStrips {
			e.strip(s, o, end)
		} else {
			e.update(s, o, end)
		}
	}
}

// divide takes the first n tiles of pivots from o out of the strip c.
func (e *elimination[T]) divide(o, n int, c, x []T) {
	first := o / kern.Rows
	e.loops.Strip(0, n, c, x, e.panel[e.at(first)+kern.Rows*o:], kern.Tile*(first+1), kern.Tile, e.dinv[o:])
}

// strip takes the pivots o..end out of strip s, which is below them.
func (e *elimination[T]) strip(s, o, end int) {
	width := kern.Rows * (end - o)
	x := e.x[(s-o/kern.Rows)*width:][:width]
	c := e.panel[e.at(s)+kern.Rows*o:][:width]
	n := (end - o) / kern.Rows
	e.divide(o, n, c, x)
	if kern.Tile*n == width {
		return
	}
	var t, y [kern.Tile]T // not in e: threads may be at other strips
	nj := (end - o) % kern.Rows
	e.loops.Take(nj, t[:], c[kern.Tile*n:])
	if n > 0 {
		e.loops.Sub(kern.Rows*n, 1, x, e.panel[e.at(e.full())+kern.Rows*o:], t[:])
	}
	e.loops.Strip(0, 1, t[:], y[:], e.last.tile[:], 0, 0, e.last.d[:])
	e.loops.Copy(nj, c[kern.Tile*n:], t[:])
	e.loops.Copy(nj, x[kern.Tile*n:], y[:])
}

// pivots eliminates the pivots of strip s, which is one of those of the block.
func (e *elimination[T]) pivots(s, o, end int) {
	width := kern.Rows * (end - o)
	x := e.x[(s-o/kern.Rows)*width:][:width]
	c := e.panel[e.at(s)+kern.Rows*o:]
	n := s - o/kern.Rows
	j := kern.Rows * s
	nj := min(kern.Rows, end-j)
	if n > 0 {
		e.divide(o, n, c, x)
		if nj == kern.Rows {
			e.loops.Sub(kern.Rows*n, 1, x, c, c[kern.Tile*n:])
		} else {
			var t [kern.Tile]T
			e.loops.Take(nj, t[:], c[kern.Tile*n:])
			e.loops.Sub(kern.Rows*n, 1, x, c, t[:])
			e.loops.Copy(nj, c[kern.Tile*n:], t[:])
		}
	}
	e.diagonal(j, nj, c[kern.Tile*n:], x[kern.Tile*n:])
}

// diagonal factors a tile whose first nj columns are pivots j..; the rows behind them are ordinary.
func (e *elimination[T]) diagonal(j, nj int, c, x []T) {
	for k := range nj {
		ck, xk := c[kern.Rows*k:kern.Rows*k+kern.Rows], x[kern.Rows*k:kern.Rows*k+kern.Rows]
		d, inverse := e.guard.pivot(complex128(ck[k]), int(e.first)+j+k)
		di := T(inverse)
		e.dinv[j+k] = di
		ck[k] = T(d)
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
func (e *elimination[T]) update(s, o, end int) {
	k := end - o
	width := kern.Rows * k
	a := e.panel[e.at(s)+kern.Rows*o:][:width]
	x := func(t int) []T { return e.x[(t-o/kern.Rows)*width:] }
	full := e.full()
	t := end / kern.Rows
	if n := min(s+1, full) - t; n > 0 {
		e.loops.Sub(k, n, a, x(t), e.panel[e.at(s)+kern.Tile*t:])
		t += n
	}
	if s < full || e.ncb() == 0 && t > full {
		return
	}
	var c []T
	if e.ncb() > 0 {
		c = e.block[blockAt(s-full):blockAt(s-full+1)]
	}
	if t == full && e.phase() > 0 {
		e.straddle(s, o, end, a, x(t), c)
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

// straddle is update for the tile of strip s whose columns are the last pivots and the first of the contribution block.
func (e *elimination[T]) straddle(s, o, end int, a, x, c []T) {
	var tile [kern.Tile]T
	e.loops.Set(end-o, 1, a, x, tile[:])
	ph := kern.Rows * e.phase()
	if end < int(e.npiv) {
		q := e.panel[e.at(s)+kern.Tile*e.full():][:ph]
		for i := range q {
			q[i] += tile[i]
		}
	}
	if c == nil {
		return
	}
	if o == 0 {
		copy(c[ph:kern.Tile], tile[ph:])
		return
	}
	for i := ph; i < kern.Tile; i++ {
		c[i] += tile[i]
	}
}
