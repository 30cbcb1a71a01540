package sparse

import "github.com/galeproject/gale/solver/sparse/internal/kern"

// A sweep is a block of right-hand sides on their way through the factor: node-major, row after row of n numbers.
// Rows exist for the pivots of some fronts only, when the others are known to be zero or unwanted.
type sweep struct {
	f    *Factor
	n    int          // right-hand sides
	x    []complex128 // rows
	at   []int32      // front → row of its first pivot; nil when all rows exist
	live []bool       // fronts where the right-hand sides are not zero, with their ancestors; nil to find out
	want []bool       // fronts whose rows of the solution are wanted, with their ancestors; nil for all
	rows []complex128 // four rows of scratch
}

// row is the place of a number of the elimination order.
func (w *sweep) row(k int32) []complex128 {
	r := int(k)
	if w.at != nil {
		q := w.f.s.owner[k]
		r = int(w.at[q] + k - w.f.s.fronts[q].first)
	}
	return w.x[r*w.n : (r+1)*w.n : (r+1)*w.n]
}

// pivots are the rows of a front's pivots.
func (w *sweep) pivots(i int) []complex128 {
	f := &w.f.s.fronts[i]
	r := int(f.first)
	if w.at != nil {
		r = int(w.at[i])
	}
	return w.x[r*w.n : (r+int(f.npiv))*w.n]
}

// strip collects the four rows of strip s of a front; behind its end they are scratch.
func (w *sweep) strip(f *front, x []complex128, s int) (rows [kern.Rows][]complex128) {
	below := w.f.s.frontRows(f)
	for i := range rows {
		switch k := kern.Rows*s + i; {
		case k < int(f.npiv):
			rows[i] = x[k*w.n : (k+1)*w.n : (k+1)*w.n]
		case k < f.size():
			rows[i] = w.row(below[k-int(f.npiv)])
		default:
			rows[i] = w.rows[i*w.n : (i+1)*w.n]
		}
	}
	return rows
}

// forward solves L·y = b for the pivots of front i, subtracts from the rows below, and leaves D⁻¹·y.
func (w *sweep) forward(i int) {
	f := &w.f.s.fronts[i]
	panel := w.f.panels[f.panel:]
	x := w.pivots(i)
	p, n := int(f.npiv), w.n
	for s := range f.strips() {
		rows := w.strip(f, x, s)
		k := min(kern.Rows*s, p)
		a := panel[f.at(s):]
		kern.Forward(k, n, a, x, &rows)
		for c := k; c < min(k+kern.Rows, p); c++ {
			for q := c - k + 1; q < kern.Rows; q++ {
				kern.Row(a[kern.Rows*c+q], rows[c-k], rows[q])
			}
		}
	}
	dinv := w.f.dinv[f.first : f.first+f.npiv]
	for k, d := range dinv {
		row := x[k*n : (k+1)*n]
		for r := range row {
			row[r] *= d
		}
	}
}

// backward solves Lᵀ·x = y for the pivots of front i; the rows below are known.
func (w *sweep) backward(i int) {
	f := &w.f.s.fronts[i]
	panel := w.f.panels[f.panel:]
	x := w.pivots(i)
	p, n := int(f.npiv), w.n
	for s := f.strips() - 1; s >= 0; s-- {
		a := panel[f.at(s):]
		k := min(kern.Rows*s, p)
		if k+kern.Rows <= p { // pivots only
			w.transpose(a, k, kern.Rows, x[k*n:])
			kern.Backward(k, n, a, x[k*n:], x)
			continue
		}
		rows := w.strip(f, x, s)
		for q, row := range rows {
			to := w.rows[q*n : (q+1)*n]
			if kern.Rows*s+q < f.size() {
				copy(to, row)
			} else {
				clear(to)
			}
		}
		if k < p {
			w.transpose(a, k, p-k, w.rows)
			copy(x[k*n:], w.rows[:(p-k)*n])
		}
		kern.Backward(k, n, a, w.rows, x)
	}
}

// transpose solves the diagonal tile at column k with nj pivots for four rows x.
func (w *sweep) transpose(a []complex128, k, nj int, x []complex128) {
	n := w.n
	for c := nj - 1; c >= 0; c-- {
		o := x[c*n : (c+1)*n]
		for q := c + 1; q < kern.Rows; q++ {
			kern.Row(a[kern.Rows*(k+c)+q], x[q*n:(q+1)*n], o)
		}
	}
}
