// Package kern holds the inner loops of the sparse solver on blocks of complex numbers, in double and single precision.
//
// All operands lie in row strips: a strip is four rows, stored column after column, four numbers a column,
// so that element (i, k) of a strip is s[4*k+i]. A strip is at once the packed left operand of a product, a
// row of 4×4 tiles of a result, and a stream for a single right-hand side. Four right-hand sides are a strip too: their
// rows are the columns of the strip, so that solves and factorizations are the same products.
//
// Contract: every slice is long enough for the counts given; kernels read and write inside the slices only,
// allocate nothing and do the same additions in the same order for a column whatever its neighbours are.
// The package never checks values, never starts a goroutine and keeps no state.
//
// A third set of loops, for AVX-512 say, needs a branch in each method of Loops, a flag that Best sets, and a set of
// assembly functions that passes the tests here; drivers know none of it.
package kern

// Rows is the height of a strip and the width of a tile.
const Rows = 4

// Tile is the number of elements of a 4×4 tile.
const Tile = Rows * Rows

// Number is what the loops compute with.
type Number interface{ complex64 | complex128 }

//go:generate sh -c "go run ./gen > loops_amd64.s"
