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
	tile  [kern.Tile]T
	zero  [kern.Tile]T
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

// sweeps solves for a block in place. It loads the right-hand sides if they come as rhs, and measures residuals if
// it is given some: on the way, where the precision of L allows, while rows are in the cache.
func (m *store[T]) sweeps(j *solving, b *block, rhs rower, res *residuals) error {
	p := m.path(b)
	defer m.s.paths[precision[T]()].Put(p)
	if x, ok := any(b.x).([]T); ok {
		p.x = x
		err := m.through(j, b, p, rhs, res)
		p.x = nil // the block's
		return err
	}
	if rhs != nil {
		b.load(rhs, 0, b.rows)
	}
	p.x = grow(p.x, len(b.x))
	unscale := m.take(b, p.x)
	if err := m.through(j, b, p, nil, nil); err != nil {
		return err
	}
	m.give(b, p.x, unscale)
	if res != nil {
		return res.all()
	}
	return nil
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
func (m *store[T]) through(j *solving, b *block, p *path[T], rhs rower, res *residuals) error {
	pieces := m.s.pieces
	if rhs != nil {
		for _, q := range pieces {
			if q.above { // what is below adds to these rows before the sweep comes to them
				b.load(rhs, int(q.first), int(q.end))
			}
		}
	}
	for _, q := range pieces {
		if rhs != nil && !q.above {
			b.load(rhs, int(q.first), int(q.end))
		}
		if err := m.up(j, b, p, q); err != nil {
			return err
		}
	}
	for _, q := range slices.Backward(pieces) {
		if err := m.down(j, b, p, q); err != nil {
			return err
		}
		if res != nil && !q.above {
			res.rows(int(q.first), int(q.end))
		}
	}
	if res != nil {
		res.above()
	}
	return nil
}

// up runs forward through a piece.
func (m *store[T]) up(j *solving, b *block, p *path[T], q piece) error {
	for i := q.from; i < q.to; i++ {
		if !b.live[i] && (b.at != nil || b.zero(int(i))) {
			continue
		}
		if err := j.check(); err != nil {
			return err
		}
		if parent := m.s.fronts[i].parent; parent >= 0 {
			b.live[parent] = true
		}
		if b.width == 1 {
			m.forwardOne(b, p, int(i))
		} else {
			m.forward(b, p, int(i))
		}
	}
	return nil
}

// down runs backward through a piece.
func (m *store[T]) down(j *solving, b *block, p *path[T], q piece) error {
	for i := q.to - 1; i >= q.from; i-- {
		if b.want != nil && !b.want[i] {
			continue
		}
		if err := j.check(); err != nil {
			return err
		}
		if b.width == 1 {
			m.backwardOne(b, p, int(i))
		} else {
			m.backward(b, p, int(i))
		}
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
			t := p.tile[:]
			m.loops.Take(ph, t, cg)
			if full > 0 {
				m.loops.Sub(kern.Rows*full, 1, yg, panel[f.at(full):], t)
			}
			m.loops.Strip(0, 1, t, yg[kern.Tile*full:], p.last.tile[:], 0, 0, p.last.d[:])
			m.loops.Copy(ph, cg, t)
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
		k := ph + len(rows)
		m.loops.Copy(kern.Rows*ns-k, below[kern.Rows*k:], p.zero[:])
		if ph > 0 {
			top := below[:kern.Tile] // the last pivots, and rows that share their strip
			t, cg := p.tile[:], c(g)[kern.Tile*full:]
			m.loops.Take(ph, t, cg)
			if ns > 1 {
				// the columns behind the pivots are another strip's: what they give is not wanted
				m.loops.Back(ns-1, panel[f.at(full+1)+kern.Tile*full:], kern.Rows*npiv, 0, below[kern.Tile:], t)
			}
			m.loops.Copy(ph, top, t)
			m.loops.Lower(top, p.last.tile[:])
			m.loops.Copy(ph, cg, top)
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
