package sparse

import "github.com/galeproject/gale/solver/sparse/internal/kern"

// A sweep is a block of right-hand sides on their way through the factor: node-major, a row of n numbers, padded to
// ld, for each pivot. Rows exist for the pivots of some fronts only, when the others are known to be zero or unwanted.
type sweep struct {
	f     *Factor
	n, ld int          // right-hand sides, and the length of a row
	x     []complex128 // rows
	at    []int32      // front → row of its first pivot; nil when all rows exist
	live  []bool       // fronts where the right-hand sides are not zero, with their ancestors; found on the way when all rows exist
	want  []bool       // fronts whose rows of the solution are wanted, with their ancestors; nil for all
	below []complex128 // rows of a front below its pivots, in strips of the front
	buf   []complex128 // rows of a chunk of vertices
	spare []complex128 // a strip of rows that nobody needs
}

// row is the place of a number of the elimination order.
func (w *sweep) row(k int32) []complex128 {
	r := int(k)
	if w.at != nil {
		q := w.f.s.owner[k]
		r = int(w.at[q] + k - w.f.s.fronts[q].first)
	}
	return w.x[r*w.ld : (r+1)*w.ld : (r+1)*w.ld]
}

// pivots are the rows of a front's pivots.
func (w *sweep) pivots(i int) []complex128 {
	f := &w.f.s.fronts[i]
	r := int(f.first)
	if w.at != nil {
		r = int(w.at[i])
	}
	return w.x[r*w.ld : (r+int(f.npiv))*w.ld]
}

// strip gives the four rows of strip s of a front with pivot rows x; behind its end they are spare.
func (w *sweep) strip(f *front, x []complex128, s int) (rows [kern.Rows][]complex128) {
	below := w.f.s.frontRows(f)
	for i := range rows {
		switch k := kern.Rows*s + i; {
		case k < int(f.npiv):
			rows[i] = x[k*w.ld : (k+1)*w.ld : (k+1)*w.ld]
		case k < f.size():
			rows[i] = w.row(below[k-int(f.npiv)])
		default:
			rows[i] = w.spare[i*w.ld : (i+1)*w.ld : (i+1)*w.ld]
		}
	}
	return rows
}

// forward solves L·y = b for the pivots of front i, subtracts from the rows below, and leaves D⁻¹·y.
func (w *sweep) forward(i int) {
	f := &w.f.s.fronts[i]
	panel := w.f.panels[f.panel:]
	loops := w.f.loops
	x := w.pivots(i)
	p, ld := int(f.npiv), w.ld
	for s := range f.strips() {
		rows := w.strip(f, x, s)
		k := min(kern.Rows*s, p)
		a := panel[f.at(s):]
		loops.Forward(k, ld, a, x, &rows)
		for c := k; c < min(k+kern.Rows, p); c++ {
			for q := c - k + 1; q < kern.Rows; q++ {
				loops.Row(a[kern.Rows*c+q], rows[c-k], rows[q])
			}
		}
	}
	for k, d := range w.f.dinv[f.first : f.first+f.npiv] {
		loops.Scale(d, x[k*ld:(k+1)*ld])
	}
	clear(w.spare)
}

// backward solves Lᵀ·x = y for the pivots of front i, four at a time from the last; the rows below are known.
func (w *sweep) backward(i int) {
	f := &w.f.s.fronts[i]
	panel := w.f.panels[f.panel:]
	loops := w.f.loops
	x := w.pivots(i)
	p, ld, full := int(f.npiv), w.ld, f.full()
	below := w.gather(f)
	ns := f.strips() - full
	if ph := f.phase(); ph > 0 {
		rows := w.strip(f, x, full)
		if ns > 1 {
			to := rows // the columns behind the pivots are another strip's: what they give is not wanted
			for q := ph; q < kern.Rows; q++ {
				to[q] = w.spare[q*ld : (q+1)*ld]
			}
			loops.Backward(ns-1, ld, panel[f.at(full+1)+kern.Tile*full:], kern.Rows*p, 0, below[kern.Rows*ld:], &to)
			clear(w.spare)
		}
		w.tile(panel[f.at(full)+kern.Tile*full:], ph, &rows)
		copy(below, x[kern.Rows*full*ld:])
	}
	for t := full - 1; t >= 0; t-- {
		rows := w.strip(f, x, t)
		if ns > 0 {
			loops.Backward(ns, ld, panel[f.at(full)+kern.Tile*t:], kern.Rows*p, 0, below, &rows)
		}
		if k := full - 1 - t; k > 0 {
			loops.Backward(k, ld, panel[f.at(t+1)+kern.Tile*t:], kern.Tile*(t+2), kern.Tile, x[kern.Rows*(t+1)*ld:], &rows)
		}
		w.tile(panel[f.at(t)+kern.Tile*t:], kern.Rows, &rows)
	}
}

// tile solves a diagonal tile of nj pivots.
func (w *sweep) tile(a []complex128, nj int, rows *[kern.Rows][]complex128) {
	for c := nj - 1; c >= 0; c-- {
		for q := c + 1; q < kern.Rows; q++ {
			w.f.loops.Row(a[kern.Rows*c+q], rows[q], rows[c])
		}
	}
}

// gather copies the rows below the pivots of a front, in the place that they have in its strips.
func (w *sweep) gather(f *front) []complex128 {
	rows := w.f.s.frontRows(f)
	ld, ph := w.ld, f.phase()
	end := kern.Rows * (f.strips() - f.full())
	g := w.below[:end*ld]
	clear(g[:ph*ld])
	clear(g[(ph+len(rows))*ld:])
	for i, r := range rows {
		copy(g[(ph+i)*ld:(ph+i+1)*ld], w.row(r))
	}
	return g
}
