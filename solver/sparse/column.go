package sparse

import "github.com/galeproject/gale/solver/sparse/internal/kern"

// One right-hand side is a matter of reading L twice, so each panel is read once from its start to its end, forward in
// products of strips with what is known, backward in sums of products of columns, which are kept in lanes until the
// strip of the column is reached.

// forwardOne is forward for groups of one column.
func (m *store[T]) forwardOne(b *block, p *path[T], i int) {
	f := &m.s.fronts[i]
	npiv, full := int(f.npiv), f.full()
	panel := m.panels[f.panel : f.panel+int64(f.panelLen())]
	d := m.dinv[f.first : f.first+f.npiv]
	rows := b.below(f, p.rows)
	for g := range b.groups {
		x := p.x[g*b.rows : (g+1)*b.rows]
		c, y := x[b.first(i):][:npiv], p.y[:npiv]
		var out [kern.Rows]T
		for s := 0; kern.Rows*s < npiv; s++ {
			j := kern.Rows * s
			a := panel[f.at(s):]
			m.loops.Ones(1, j, a, y, out[:])
			a = a[kern.Rows*j:]
			end := min(kern.Rows, npiv-j)
			for k := range end {
				v := c[j+k] - out[k]
				y[j+k] = v
				c[j+k] = v * d[j+k]
				for q := k + 1; q < kern.Rows; q++ {
					out[q] += a[kern.Rows*k+q] * v
				}
			}
			for k := end; k < kern.Rows && k-end < len(rows); k++ {
				x[rows[k-end]] -= out[k]
			}
		}
		next, rest := full, rows
		if ph := f.phase(); ph > 0 {
			next++
			rest = rows[min(kern.Rows-ph, len(rows)):]
		}
		if len(rest) == 0 {
			continue
		}
		m.loops.Ones(f.strips()-next, npiv, panel[f.at(next):], y, p.below)
		for k, r := range rest {
			x[r] -= p.below[k]
		}
	}
}

// soon is how many numbers before a panel are asked for while it is at work.
const soon = 1 << 10

// backwardOne is backward for groups of one column.
func (m *store[T]) backwardOne(b *block, p *path[T], i int) {
	f := &m.s.fronts[i]
	npiv, full, ph := int(f.npiv), f.full(), f.phase()
	panel := m.panels[f.panel : f.panel+int64(f.panelLen())]
	if f.panel > 0 { // the panel before comes next
		m.loops.Soon(m.panels[max(0, f.panel-soon):f.panel])
	}
	rows := b.below(f, p.rows)
	lanes := p.lanes[:m.loops.Lanes()*npiv]
	for g := range b.groups {
		x := p.x[g*b.rows : (g+1)*b.rows]
		c := x[b.first(i):][:npiv]
		below := p.below[:kern.Rows*(f.strips()-full)]
		clear(below[:min(ph, len(below))])
		for k, r := range rows {
			below[ph+k] = x[r]
		}
		if end := ph + len(rows); end < len(below) {
			clear(below[end:])
		}
		clear(lanes)
		next := full
		if ph > 0 {
			next++
		}
		if n := f.strips() - next; n > 0 {
			m.loops.Dots(n, npiv, panel[f.at(next):], below[kern.Rows*(next-full):], lanes)
		}
		for s := next - 1; s >= 0; s-- {
			j := kern.Rows * s
			end := min(kern.Rows, npiv-j)
			var t [kern.Rows]T
			if s == full {
				copy(t[:], below[:kern.Rows])
			}
			a := panel[f.at(s):]
			tile := a[kern.Rows*j:]
			for k := end - 1; k >= 0; k-- {
				v := c[j+k] - m.loops.Dot(lanes, j+k)
				for q := k + 1; q < kern.Rows; q++ {
					v -= tile[kern.Rows*k+q] * t[q]
				}
				t[k] = v
				c[j+k] = v
			}
			m.loops.Dots(1, j, a, t[:], lanes)
		}
	}
}
