package kern

import "unsafe"

// A Matrix is a sparse matrix whose rows are multiplied with rows of four numbers: entry q of row v, which are the
// entries RowPtr[v] to RowPtr[v+1], is Values[Half[q]] and meets row Perm[Col[q]]. All numbers must be in range.
type Matrix struct {
	RowPtr    []int
	Col, Perm []int32
	Half      []uint32
	Values    []complex128
	Portable  bool // plain Go
}

// Residual subtracts the products of rows of the matrix with x from as many rows of t.
func (m *Matrix) Residual(rows []int32, x, t []complex128) {
	t = t[:Rows*len(rows)]
	if !m.Portable && haveAVX2 && len(m.Col) > 0 && len(rows) > 0 {
		residual128(len(rows), &rows[0], &m.RowPtr[0], &m.Col[0], &m.Perm[0], &m.Half[0], unsafe.Pointer(&m.Values[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(&t[0]))
		return
	}
	for i, v := range rows {
		o := (*[Rows]complex128)(t[Rows*i:])
		for q := m.RowPtr[v]; q < m.RowPtr[v+1]; q++ {
			f, y := m.Values[m.Half[q]], (*[Rows]complex128)(x[Rows*int(m.Perm[m.Col[q]]):])
			for r := range o {
				o[r] -= f * y[r]
			}
		}
	}
}

// Residual1 is Residual for rows of one number.
func (m *Matrix) Residual1(rows []int32, x, t []complex128) {
	t = t[:len(rows)]
	if !m.Portable && haveAVX2 && len(m.Col) > 0 && len(rows) > 0 {
		residualOne128(len(rows), &rows[0], &m.RowPtr[0], &m.Col[0], &m.Perm[0], &m.Half[0], unsafe.Pointer(&m.Values[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(&t[0]))
		return
	}
	for i, v := range rows {
		sum := complex128(0)
		for q := m.RowPtr[v]; q < m.RowPtr[v+1]; q++ {
			sum += m.Values[m.Half[q]] * x[m.Perm[m.Col[q]]]
		}
		t[i] -= sum
	}
}
