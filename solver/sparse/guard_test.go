package sparse_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver/sparse"
	"github.com/galeproject/gale/solver/sparse/sparsetest"
)

// withoutDiagonal makes the diagonal zero.
func withoutDiagonal(a *sparsetest.Matrix) *sparsetest.Matrix {
	b := a.Scaled(1)
	for i := range b.N() {
		for k, j := range b.Row(i) {
			if int(j) == i {
				b.Values[b.RowPtr[i]+k] = 0
			}
		}
	}
	return b
}

func TestZeroDiagonalIsRepaired(t *testing.T) {
	a := withoutDiagonal(sparsetest.Random(4, 12, 12, 0))
	f := factor(t, a, sparse.FactorOptions{Refine: sparse.Refine{Steps: 6}})
	if r := f.Report(); r.TinyPivots == 0 || r.MinPivot <= 0 {
		t.Errorf("%+v: no pivot was replaced", r)
	}
	sparsetest.Residual(t, f, a, 3, 1e-12)
	if r := f.Report(); r.Refinements == 0 || r.Residual > 1e-12 {
		t.Errorf("%d refinements, residual %.1e", r.Refinements, r.Residual)
	}
}

// TestIndefinite has no dominance at all: elimination without row exchanges grows, refinement repairs.
func TestIndefinite(t *testing.T) {
	for _, shift := range []complex128{0, 1, 3, 5} {
		for seed := range uint64(10) {
			a := sparsetest.Random(100+seed, 30, 27, shift)
			sparsetest.Residual(t, factor(t, a, sparse.FactorOptions{Refine: sparse.Refine{Steps: 3}}), a, 1, 1e-11)
		}
	}
}

func TestWaves(t *testing.T) {
	for _, c := range []struct {
		g   float64
		rim int
		raw float64
	}{{4, 10, 1e-11}, {6, 10, 1e-11}, {12, 10, 1e-11}, {4.1, 0, 1e-10}} {
		a := sparsetest.Wave(100, 80, c.rim, c.g)
		sparsetest.Residual(t, factor(t, a, sparse.FactorOptions{Refine: sparse.Refine{Steps: -1}}), a, 3, c.raw)
		f := factor(t, a, sparse.FactorOptions{Refine: sparse.Refine{Tol: 1e-30, Steps: 1}})
		sparsetest.Residual(t, f, a, 3, 1e-13)
		if r := f.Report(); r.TinyPivots != 0 || !(r.Growth >= 1) || !(r.MaxPivot > r.MinPivot) {
			t.Errorf("%d nodes to a wavelength: %+v", int(c.g), r)
		}
	}
}

// singular is a matrix whose rows sum to zero: a grid of springs that nothing holds.
func singular(nx, nz int) *sparsetest.Matrix {
	a := sparsetest.Random(1, nx, nz, 0)
	for i := range a.N() {
		diagonal, sum := 0, complex128(0)
		for k, j := range a.Row(i) {
			a.Values[a.RowPtr[i]+k] = -1
			if int(j) == i {
				diagonal = a.RowPtr[i] + k
			} else {
				sum++
			}
		}
		a.Values[diagonal] = sum
	}
	return a
}

func TestSingularIsAnError(t *testing.T) {
	a := singular(9, 8)
	f := factor(t, a, sparse.FactorOptions{})
	if f.Report().TinyPivots != 1 {
		t.Errorf("%d pivots replaced, want 1", f.Report().TinyPivots)
	}
	b := sparsetest.Columns(1, a.N(), 2)
	first := b[0][0]
	var e *sparse.AccuracyError
	if err := f.Solve(t.Context(), b); !errors.As(err, &e) || e.Residual < 1e-6 || e.Tiny != 1 || !strings.Contains(e.Error(), "singular") {
		t.Errorf("solve: %v, want an AccuracyError", err)
	}
	if b[0][0] != first {
		t.Error("a failed solve changed its column")
	}
	c := []sparse.Column{{Node: []int32{3}, Weight: []complex128{1}}}
	if err := f.SolvePoints(t.Context(), c, c, [][]complex128{{0}}); !errors.As(err, &e) {
		t.Errorf("solve points: %v, want an AccuracyError", err)
	}
}

func TestOverflowIsAnError(t *testing.T) {
	a := sparsetest.Random(2, 9, 8, 0).Scaled(1e308 / 8)
	b := withoutDiagonal(a)
	s := analyze(t, a)
	if _, err := s.Factor(t.Context(), b.Values, sparse.FactorOptions{Guard: 1e-300}); err == nil || !strings.Contains(err.Error(), "row ") {
		t.Errorf("%v, want an error that names a row", err)
	}
}

func TestSolveKeepsToTheLimit(t *testing.T) {
	a := sparsetest.Wave(60, 50, 8, 6)
	s := analyze(t, a)
	c := s.Cost()
	limit := c.Peak + 3*2*16*int64(a.N())
	f, err := s.Factor(t.Context(), a.Values, sparse.FactorOptions{Threads: 2, Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	sparsetest.Residual(t, f, a, 11, 1e-13) // more columns than fit, in smaller blocks
	if c.Factor != f.Bytes() {
		t.Errorf("cost says %d bytes, factor has %d", c.Factor, f.Bytes())
	}
}

// TestFrontsAllocateNothing counts allocations of a factorization and a solve of 450 fronts in memory used before.
func TestFrontsAllocateNothing(t *testing.T) {
	a := sparsetest.Wave(60, 50, 8, 6)
	f := factor(t, a, sparse.FactorOptions{Threads: 1})
	x := sparsetest.Columns(1, a.N(), 5)
	if n := testing.AllocsPerRun(5, func() {
		if err := f.Refactor(t.Context(), a.Values); err != nil {
			t.Fatal(err)
		}
		if err := f.Solve(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}); n > 60 || f.Report().Fronts < 400 {
		t.Errorf("%v allocations for %d fronts", n, f.Report().Fronts)
	}
}

func TestProgress(t *testing.T) {
	a := sparsetest.Wave(60, 50, 8, 6)
	for threads := 1; threads <= 3; threads++ {
		last, calls := 0.0, 0
		f := factor(t, a, sparse.FactorOptions{Threads: threads, Progress: func(done, total float64) {
			if done <= last || done > total {
				t.Errorf("progress %v after %v of %v", done, last, total)
			}
			last, calls = done, calls+1
		}})
		if total := f.Report().Flops; calls < 4 || math.Abs(last-total) > 1e-6*total {
			t.Errorf("threads %d: %d calls, the last at %v of %v", threads, calls, last, total)
		}
	}
}

func TestReport(t *testing.T) {
	a := sparsetest.Wave(30, 20, 4, 6)
	f := factor(t, a, sparse.FactorOptions{Portable: true})
	sparsetest.Residual(t, f, a, 2, 1e-13)
	r := f.Report()
	if r.N != 600 || r.Kernel != "portable" || r.Columns != 2 || r.Bytes != f.Bytes() || r.NNZ != f.Symbolic().Cost().NNZ {
		t.Errorf("%+v", r)
	}
	for _, want := range []string{"600 unknowns", "portable", "growth", "2 columns solved"} {
		if !strings.Contains(r.String(), want) {
			t.Errorf("%q lacks %q", r, want)
		}
	}
}
