package sparsetest

import (
	"math/cmplx"
	"testing"
)

// Residual promises ‖b−A·x‖₂/‖b‖₂ ≤ tol for random right-hand sides.
func Residual(tb testing.TB, s Solver, a *Matrix, columns int, tol float64) {
	tb.Helper()
	b := Columns(1, a.N(), columns)
	for c, x := range solve(tb, s, b) {
		r := a.Mul(x)
		for i := range r {
			r[i] = b[c][i] - r[i]
		}
		if e := norm(r) / norm(b[c]); !(e <= tol) {
			tb.Errorf("column %d: residual %.1e, want at most %.1e", c, e, tol)
		}
	}
}

// BackwardError promises |b−A·x| ≤ tol·(|A|·|x|+|b|) row by row: x solves a system that is nearly the one given.
func BackwardError(tb testing.TB, s Solver, a *Matrix, tol float64) {
	tb.Helper()
	b := Columns(2, a.N(), 2)
	for c, x := range solve(tb, s, b) {
		r := a.Mul(x)
		worst := 0.0
		for i := range r {
			scale := cmplx.Abs(b[c][i])
			for k, j := range a.Row(i) {
				scale += cmplx.Abs(a.Values[a.RowPtr[i]+k]) * cmplx.Abs(x[j])
			}
			worst = max(worst, cmplx.Abs(b[c][i]-r[i])/scale)
		}
		if !(worst <= tol) {
			tb.Errorf("column %d: backward error %.1e, want at most %.1e", c, worst, tol)
		}
	}
}

// Symmetry promises reciprocity: source and receiver may change places.
func Symmetry(tb testing.TB, s Solver, n int, tol float64) {
	tb.Helper()
	nodes := []int{0, n / 3, n / 2, n - 1}
	b := make([][]complex128, len(nodes))
	for c, v := range nodes {
		b[c] = make([]complex128, n)
		b[c][v] = 1
	}
	x := solve(tb, s, b)
	for i, u := range nodes {
		for k, v := range nodes {
			p, q := x[i][v], x[k][u]
			if d := cmplx.Abs(p - q); !(d <= tol*max(cmplx.Abs(p), cmplx.Abs(q))) {
				tb.Errorf("from %d to %d: %v, back %v", u, v, p, q)
			}
		}
	}
}

// ColumnsAlone promises that a column's solution does not depend on the columns solved with it: bit for bit where
// there are three or more, and up to tol of its norm where it goes alone, another way.
func ColumnsAlone(tb testing.TB, s Solver, n int, tol float64) {
	tb.Helper()
	b := Columns(3, n, 49)
	all := solve(tb, s, b)
	for _, first := range []int{0, 3, 46} {
		for count := 1; count <= 3; count++ {
			for i, x := range solve(tb, s, b[first:first+count]) {
				want := all[first+i]
				if count > 2 {
					equal(tb, x, want, "a column in a small and in a large block")
					continue
				}
				d := make([]complex128, n)
				for k := range d {
					d[k] = x[k] - want[k]
				}
				if e := norm(d) / norm(want); !(e <= tol) {
					tb.Errorf("column %d alone and in a block: apart by %.1e of its norm, want at most %.1e", first+i, e, tol)
				}
			}
		}
	}
}

// Same promises that two solvers give the same bits.
func Same(tb testing.TB, s, o Solver, n int) {
	tb.Helper()
	b := Columns(4, n, 7)
	x, y := solve(tb, s, b), solve(tb, o, b)
	for c := range x {
		equal(tb, x[c], y[c], "two solvers")
	}
}

func equal(tb testing.TB, x, y []complex128, what string) {
	tb.Helper()
	for i := range x {
		if x[i] != y[i] {
			tb.Fatalf("%s differ at row %d: %v and %v", what, i, x[i], y[i])
		}
	}
}
