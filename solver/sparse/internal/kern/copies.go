package kern

import "unsafe"

// Take makes the first n rows of a tile those of from, and the others zero.
func (l Loops[T]) Take(n int, tile, from []T) {
	tile, from = tile[:Tile], from[:Rows*n]
	if l.avx2 && n > 0 {
		if double[T]() {
			take128(n, at(tile), at(from))
		} else {
			take64(n, at(tile), at(from))
		}
		return
	}
	clear(tile[copy(tile, from):])
}

// Copy copies n rows of four numbers.
func (l Loops[T]) Copy(n int, to, from []T) {
	to, from = to[:Rows*n], from[:Rows*n]
	if l.avx2 && n > 0 {
		if double[T]() {
			copyRows128(n, at(to), at(from))
		} else {
			copyRows64(n, at(to), at(from))
		}
		return
	}
	copy(to, from)
}

// Columns are four columns of a dense matrix, whose rows the loops turn to rows of four numbers and back.
type Columns struct {
	x        [Rows][]complex128
	at       [Rows]unsafe.Pointer
	portable bool
}

// Four makes Columns of columns of equal length.
func Four(x [][]complex128, portable bool) *Columns {
	c := &Columns{portable: portable || !haveAVX2}
	n := len(x[0])
	for r := range c.x {
		c.x[r] = x[r][:n]
		if n > 0 {
			c.at[r] = unsafe.Pointer(&c.x[r][0])
		}
	}
	return c
}

// Rows writes the rows at v; all must be there.
func (c *Columns) Rows(v []int32, rows []complex128) {
	rows = rows[:Rows*len(v)]
	if !c.portable && len(v) > 0 {
		fromColumns128(len(v), &v[0], &c.at, unsafe.Pointer(&rows[0]))
		return
	}
	for i, k := range v {
		p := (*[Rows]complex128)(rows[Rows*i:])
		p[0], p[1], p[2], p[3] = c.x[0][k], c.x[1][k], c.x[2][k], c.x[3][k]
	}
}

// Put replaces the rows at v; all must be there.
func (c *Columns) Put(v []int32, rows []complex128) {
	rows = rows[:Rows*len(v)]
	if !c.portable && len(v) > 0 {
		toColumns128(len(v), &v[0], &c.at, unsafe.Pointer(&rows[0]))
		return
	}
	for i, k := range v {
		p := (*[Rows]complex128)(rows[Rows*i:])
		c.x[0][k], c.x[1][k], c.x[2][k], c.x[3][k] = p[0], p[1], p[2], p[3]
	}
}
