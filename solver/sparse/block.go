package sparse

import "github.com/galeproject/gale/solver/sparse/internal/kern"

// A block is right-hand sides on their way to solutions, in groups of four columns: group g has a row of four numbers
// for each pivot, in elimination order, and the columns behind the last are zero. One or two columns in a call go each
// alone, in groups of one. Rows exist for the pivots of some fronts only, when the others are known to be zero or
// unwanted.
type block struct {
	f      *Factor
	n      int // columns
	width  int // columns of a group: 4, or 1
	groups int
	rows   int          // of a group
	x      []complex128 // groups·rows·width
	at     []int32      // front → row of its first pivot, −1 without; nil when all rows exist
	live   []bool       // fronts where the right-hand sides are not zero, with their ancestors; found on the way when all rows exist
	want   []bool       // fronts whose rows of the solution are wanted, with their ancestors; nil for all
	buf    []complex128 // rows of a chunk of vertices
}

// alone is how many columns of a call go one by one: that takes no longer than a group of four.
const alone = 2

// space gives a block of n right-hand sides with so many rows. Blocks that are done go back with done, for the next
// solve with any factor of the pattern, or to the garbage collector.
func (f *Factor) space(n, width, rows int) *block {
	w, ok := f.s.spaces.Get().(*block)
	if !ok {
		w = new(block)
	}
	w.f, w.n, w.width, w.groups, w.rows = f, n, width, (n+width-1)/width, rows
	w.at, w.want = nil, nil
	if n := w.groups * rows * width; cap(w.x) < n {
		w.x = kern.Numbers[complex128](int64(n))
	} else {
		w.x = w.x[:n]
	}
	w.buf = grow(w.buf, chunk*kern.Rows)
	w.live = grow(w.live, len(f.s.fronts))
	clear(w.live)
	return w
}

func grow[E any](x []E, n int) []E {
	if cap(x) < n {
		return make([]E, n)
	}
	return x[:n]
}

func (w *block) done() {
	s := w.f.s
	w.f, w.at, w.want = nil, nil, nil
	s.spaces.Put(w)
}

// group gives the rows of a group.
func (w *block) group(g int) []complex128 {
	n := w.rows * w.width
	return w.x[g*n : (g+1)*n]
}

// row is the row of a number of the elimination order.
func (w *block) row(k int32) int {
	if w.at == nil {
		return int(k)
	}
	q := w.f.s.owner[k]
	return int(w.at[q] + k - w.f.s.fronts[q].first)
}

// first is the row of the first pivot of front i.
func (w *block) first(i int) int {
	if w.at == nil {
		return int(w.f.s.fronts[i].first)
	}
	return int(w.at[i])
}

// number is the place of a number of the elimination order in a column.
func (w *block) number(k int32, column int) *complex128 {
	return &w.x[(column/w.width*w.rows+w.row(k))*w.width+column%w.width]
}

// below gives the rows of the contribution block of a front, in buf if they are not numbers of the order.
func (w *block) below(f *front, buf []int32) []int32 {
	rows := w.f.s.frontRows(f)
	if w.at == nil {
		return rows
	}
	buf = buf[:len(rows)]
	for i, k := range rows {
		buf[i] = int32(w.row(k))
	}
	return buf
}

// zero tells that front i has no right-hand side yet.
func (w *block) zero(i int) bool {
	n, first := int(w.f.s.fronts[i].npiv)*w.width, w.first(i)*w.width
	for g := range w.groups {
		for _, z := range w.group(g)[first : first+n] {
			if z != 0 {
				return false
			}
		}
	}
	return true
}

// chunk is how many rows are turned from or to columns at a time, in the cache.
const chunk = 256

// A rower writes the rows of group g of right-hand sides at some vertices, at most chunk.
type rower func(g int, at []int32, to []complex128)

// rowsOf is the rower of dense columns.
func (w *block) rowsOf(b [][]complex128) rower {
	if w.width == 1 {
		return func(g int, at []int32, to []complex128) {
			col := b[g]
			for i, v := range at {
				to[i] = col[v]
			}
		}
	}
	fours := w.fours(b)
	return func(g int, at []int32, to []complex128) {
		if g < len(fours) {
			fours[g].Rows(at, to)
			return
		}
		to = to[:len(at)*kern.Rows]
		clear(to)
		for r, col := range b[g*kern.Rows:] {
			for i, v := range at {
				to[i*kern.Rows+r] = col[v]
			}
		}
	}
}

// fours are the groups of columns that are whole.
func (w *block) fours(b [][]complex128) []*kern.Columns {
	fours := make([]*kern.Columns, len(b)/kern.Rows)
	for g := range fours {
		fours[g] = kern.Four(b[g*kern.Rows:], w.f.opt.Portable)
	}
	return fours
}

// load takes some rows of right-hand sides in, in the order of elimination, as everything that passes through rows:
// what is close in that order is close on the grid too.
func (w *block) load(rows rower, first, end int) {
	for k := first; k < end; k += chunk {
		to := min(k+chunk, end)
		for g := range w.groups {
			rows(g, w.f.s.inv[k:to], w.group(g)[k*w.width:to*w.width])
		}
	}
}

// store writes solutions to dense columns.
func (w *block) store(b [][]complex128) {
	var fours []*kern.Columns
	if w.width == kern.Rows {
		fours = w.fours(b)
	}
	inv := w.f.s.inv
	for k := 0; k < len(inv); k += chunk {
		at := inv[k:min(k+chunk, len(inv))]
		for g, c := range fours {
			c.Put(at, w.group(g)[k*kern.Rows:])
		}
		for r := len(fours) * kern.Rows; r < len(b); r++ {
			from := w.group(r / w.width)[k*w.width+r%w.width:]
			for i, v := range at {
				b[r][v] = from[i*w.width]
			}
		}
	}
}
