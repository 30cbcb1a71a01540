// Package sparsetest states what a solver of sparse complex symmetric systems promises: one function a promise, each
// taking the smallest interface that can keep it, and matrices to try it on.
//
// The functions report through testing.TB. They never sleep and never measure time.
package sparsetest

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/galeproject/gale/solver/sparse"
)

// A Solver replaces right-hand sides by solutions.
type Solver interface {
	Solve(ctx context.Context, x [][]complex128) error
}

// A Refactorer takes new values.
type Refactorer interface {
	Solver
	Refactor(ctx context.Context, values []complex128) error
}

// A PointSolver takes sparse right-hand sides and samples solutions too.
type PointSolver interface {
	Solver
	SolvePoints(ctx context.Context, rhs, sample []sparse.Column, out [][]complex128) error
}

// A Matrix is a pattern with values.
type Matrix struct {
	*sparse.Pattern
	Values []complex128
	NX, NZ int // the grid
}

// Mul gives A·x.
func (a *Matrix) Mul(x []complex128) []complex128 {
	y := make([]complex128, len(x))
	for i := range y {
		for k, j := range a.Row(i) {
			y[i] += a.Values[a.RowPtr[i]+k] * x[j]
		}
	}
	return y
}

// Scaled is the matrix times a number.
func (a *Matrix) Scaled(f complex128) *Matrix {
	b := *a
	b.Values = make([]complex128, len(a.Values))
	for i, v := range a.Values {
		b.Values[i] = f * v
	}
	return &b
}

// Columns makes random right-hand sides.
func Columns(seed uint64, n, count int) [][]complex128 {
	r := rand.New(rand.NewPCG(seed, 2))
	b := make([][]complex128, count)
	for c := range b {
		b[c] = make([]complex128, n)
		for i := range b[c] {
			b[c][i] = complex(r.NormFloat64(), r.NormFloat64())
		}
	}
	return b
}

func clone(b [][]complex128) [][]complex128 {
	c := make([][]complex128, len(b))
	for i := range b {
		c[i] = append([]complex128(nil), b[i]...)
	}
	return c
}

func norm(x []complex128) float64 {
	s := 0.0
	for _, z := range x {
		s += real(z)*real(z) + imag(z)*imag(z)
	}
	return math.Sqrt(s)
}

// solve solves a copy.
func solve(tb testing.TB, s Solver, b [][]complex128) [][]complex128 {
	tb.Helper()
	x := clone(b)
	if err := s.Solve(tb.Context(), x); err != nil {
		tb.Fatalf("solve: %v", err)
	}
	return x
}
