package sparse

import (
	"math"
	"slices"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// A path is a group of right-hand sides, or several, passing a front.
type path[T kern.Number] struct {
	x     []T     // the block's rows in the precision of L
	y     []T     // pivot rows before the division by D, group after group
	below []T     // rows of the contribution block, in strips of the front, group after group
	rows  []int32 // their places in the block
	lanes []T
	last  last[T]
}

func (m *store[T]) path(b *block) *path[T] {
	p, ok := m.s.paths[precision[T]()].Get().(*path[T])
	if !ok {
		p = new(path[T])
	}
	p.y = grow(p.y, b.groups*b.width*(m.s.maxPiv+kern.Rows))
	p.below = grow(p.below, b.groups*b.width*(m.s.maxCB+2*kern.Rows))
	p.rows = grow(p.rows, m.s.maxCB)
	if b.width == 1 {
		p.lanes = grow(p.lanes, m.loops.Lanes()*m.s.maxPiv)
	}
	return p
}

// sweeps solves for a block in place.
func (m *store[T]) sweeps(j *solving, b *block) error {
	p := m.path(b)
	defer m.s.paths[precision[T]()].Put(p)
	var unscale []float64
	if x, ok := any(b.x).([]T); ok {
		p.x = x
	} else {
		p.x = grow(p.x, len(b.x))
		unscale = m.take(b, p.x)
	}
	err := m.through(j, b, p)
	if precision[T]() == 0 {
		p.x = nil // the block's
	} else if err == nil {
		m.give(b, p.x, unscale)
	}
	return err
}

// take turns right-hand sides into single numbers, each column times a power of two that makes its largest about one.
func (m *store[T]) take(b *block, x []T) (unscale []float64) {
	unscale = make([]float64, b.groups*b.width)
	for g := range b.groups {
		rows := b.group(g)
		to := x[g*len(rows) : (g+1)*len(rows)]
		var top, scale [kern.Rows]float64
		for i := 0; i < len(rows); i += b.width {
			for r, z := range rows[i : i+b.width] {
				top[r] = max(top[r], math.Abs(real(z)), math.Abs(imag(z)))
			}
		}
		for r := range b.width {
			scale[r] = 1
			if top[r] > 0 {
				scale[r] = math.Ldexp(1, max(-1000, min(1000, -math.Ilogb(top[r]))))
			}
			unscale[g*b.width+r] = m.scale / scale[r]
		}
		for i := 0; i < len(rows); i += b.width {
			for r, z := range rows[i : i+b.width] {
				to[i+r] = T(complex(real(z)*scale[r], imag(z)*scale[r]))
			}
		}
	}
	return unscale
}

// give turns solutions back.
func (m *store[T]) give(b *block, x []T, unscale []float64) {
	for g := range b.groups {
		rows := b.group(g)
		from := x[g*len(rows) : (g+1)*len(rows)]
		for i := 0; i < len(rows); i += b.width {
			for r := range b.width {
				z, s := complex128(from[i+r]), unscale[g*b.width+r]
				rows[i+r] = complex(real(z)*s, imag(z)*s)
			}
		}
	}
}

// through runs forward through the fronts where the block is not zero, and backward through those that are wanted.
func (m *store[T]) through(j *solving, b *block, p *path[T]) error {
	forward, backward := m.forward, m.backward
	if b.width == 1 {
		forward, backward = m.forwardOne, m.backwardOne
	}
	fronts, live := m.s.fronts, b.live
	for i := range fronts {
		if !live[i] && (b.at != nil || b.zero(i)) {
			continue
		}
		if err := j.check(); err != nil {
			return err
		}
		if q := fronts[i].parent; q >= 0 {
			live[q] = true
		}
		forward(b, p, i)
	}
	for i := range slices.Backward(fronts) {
		if b.want != nil && !b.want[i] {
			continue
		}
		if err := j.check(); err != nil {
			return err
		}
		backward(b, p, i)
	}
	return nil
}

// cacheNumbers is how much of a panel is used for all groups before the next part: it stays in the cache.
const cacheNumbers = 8 << 10

// forward solves L·y = b for the pivots of front i, subtracts from the rows below, and leaves D⁻¹·y.
func (m *store[T]) forward(b *block, p *path[T], i int) {
	f := &m.s.fronts[i]
	npiv, full := int(f.npiv), f.full()
	panel := m.panels[f.panel:]
	d := m.dinv[f.first:]
	c := func(g int) []T { return p.x[(g*b.rows+b.first(i))*kern.Rows:] }
	ly := kern.Rows * (npiv + kern.Rows)
	y := func(g int) []T { return p.y[g*ly : (g+1)*ly] }
	for from := 0; from < full; {
		to := from + 1
		for to < full && f.at(to+1)-f.at(from) <= cacheNumbers {
			to++
		}
		for g := range b.groups {
			m.loops.Strip(from, to, c(g)[kern.Tile*from:], y(g), panel[f.at(from):], kern.Tile*(from+1), kern.Tile, d[kern.Rows*from:])
		}
		from = to
	}
	rows := b.below(f, p.rows)
	next := full
	if ph := f.phase(); ph > 0 {
		next++
		p.last.set(panel[f.at(full)+kern.Tile*full:], d[kern.Rows*full:npiv])
		skip := min(kern.Rows-ph, len(rows))
		for g := range b.groups {
			yg, cg := y(g), c(g)[kern.Tile*full:]
			var t [kern.Tile]T
			move(t[:], cg, ph)
			if full > 0 {
				m.loops.Sub(kern.Rows*full, 1, yg, panel[f.at(full):], t[:])
			}
			m.loops.Strip(0, 1, t[:], yg[kern.Tile*full:], p.last.tile[:], 0, 0, p.last.d[:])
			move(cg, t[:], ph)
			if skip > 0 {
				m.loops.Scatter(rows[:skip], p.x[g*b.rows*kern.Rows:], yg[kern.Rows*npiv:])
			}
		}
		rows = rows[skip:]
	}
	chunk := max(1, cacheNumbers/(kern.Rows*npiv))
	for s := next; len(rows) > 0; s += chunk {
		n := min(chunk, f.strips()-s)
		now := rows[:min(len(rows), kern.Rows*n)]
		rows = rows[len(now):]
		for g := range b.groups {
			m.loops.Set(npiv, n, y(g), panel[f.at(s):], p.below)
			m.loops.Scatter(now, p.x[g*b.rows*kern.Rows:], p.below)
		}
	}
}

// backward solves Lᵀ·x = y for the pivots of front i, four at a time from the last; the rows below are known.
func (m *store[T]) backward(b *block, p *path[T], i int) {
	f := &m.s.fronts[i]
	npiv, full, ph := int(f.npiv), f.full(), f.phase()
	panel := m.panels[f.panel:]
	ns := f.strips() - full
	lb := kern.Tile * ns
	rows := b.below(f, p.rows)
	first := b.first(i)
	c := func(g int) []T { return p.x[(g*b.rows+first)*kern.Rows:] }
	if ph > 0 {
		p.last.set(panel[f.at(full)+kern.Tile*full:], m.dinv[int(f.first)+kern.Rows*full:f.first+f.npiv])
	}
	for g := range b.groups {
		below := p.below[g*lb : (g+1)*lb]
		m.loops.Gather(rows, p.x[g*b.rows*kern.Rows:], below[kern.Rows*ph:])
		for k := ph + len(rows); k < kern.Rows*ns; k++ {
			*(*[kern.Rows]T)(below[kern.Rows*k:]) = [kern.Rows]T{}
		}
		if ph > 0 {
			top := below[:kern.Tile] // the last pivots, and rows that share their strip
			move(top, c(g)[kern.Tile*full:], ph)
			if ns > 1 {
				// the columns behind the pivots are another strip's: what they give is not wanted
				t := *(*[kern.Tile]T)(top)
				m.loops.Back(ns-1, panel[f.at(full+1)+kern.Tile*full:], kern.Rows*npiv, 0, below[kern.Tile:], t[:])
				move(top, t[:], ph)
			}
			m.loops.Lower(top, p.last.tile[:])
			move(c(g)[kern.Tile*full:], top, ph)
		}
	}
	for t := full - 1; t >= 0; t-- {
		for g := range b.groups {
			x := c(g)
			to := x[kern.Tile*t:]
			if ns > 0 {
				m.loops.Back(ns, panel[f.at(full)+kern.Tile*t:], kern.Rows*npiv, 0, p.below[g*lb:(g+1)*lb], to)
			}
			if k := full - 1 - t; k > 0 {
				m.loops.Back(k, panel[f.at(t+1)+kern.Tile*t:], kern.Tile*(t+2), kern.Tile, x[kern.Tile*(t+1):], to)
			}
			m.loops.Lower(to, panel[f.at(t)+kern.Tile*t:])
		}
	}
}

// move copies a few rows of four numbers.
func move[T kern.Number](to, from []T, n int) {
	for i := 0; i < kern.Rows*n; i += kern.Rows {
		p, q := (*[kern.Rows]T)(to[i:]), (*[kern.Rows]T)(from[i:])
		p[0], p[1], p[2], p[3] = q[0], q[1], q[2], q[3] // a copy of the array would be a call
	}
}
