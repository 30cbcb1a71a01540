package sparse_test

import (
	"fmt"
	"testing"

	"github.com/galeproject/gale/solver/sparse"
	"github.com/galeproject/gale/solver/sparse/sparsetest"
)

var (
	_ sparsetest.Refactorer  = (*sparse.Factor)(nil)
	_ sparsetest.PointSolver = (*sparse.Factor)(nil)
)

func analyze(tb testing.TB, a *sparsetest.Matrix) *sparse.Symbolic {
	tb.Helper()
	s, err := sparse.Analyze(tb.Context(), a.Pattern, sparse.Grid(a.NX, a.NZ), sparse.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func factor(tb testing.TB, a *sparsetest.Matrix, opt sparse.FactorOptions) *sparse.Factor {
	tb.Helper()
	f, err := analyze(tb, a).Factor(tb.Context(), a.Values, opt)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// TestPromises runs every promise on matrices of the kinds that matter.
func TestPromises(t *testing.T) {
	matrices := map[string]*sparsetest.Matrix{
		"one":    sparsetest.Random(1, 1, 1, 20),
		"line":   sparsetest.Random(2, 37, 1, 20),
		"random": sparsetest.Random(3, 41, 33, 20),
		"wave":   sparsetest.Wave(70, 51, 10, 6),
	}
	for name, a := range matrices {
		for threads := 1; threads <= 3; threads++ {
			t.Run(fmt.Sprintf("%s/threads=%d", name, threads), func(t *testing.T) {
				f := factor(t, a, sparse.FactorOptions{Threads: threads, Portable: threads == 2})
				sparsetest.Residual(t, f, a, 50, 1e-13)
				sparsetest.BackwardError(t, f, a, 1e-13)
				sparsetest.Symmetry(t, f, a.N(), 1e-10)
				sparsetest.ColumnsAlone(t, f, a.N(), 1e-11)
				sparsetest.Concurrency(t, f, a.N())
				sparsetest.Refactor(t, f, a)
				sparsetest.Cancel(t, f, a)
				sparsetest.BadValues(t, f, a)
				sparsetest.BadColumns(t, f, a.N())
				if a.N() > 2 {
					sparsetest.Points(t, f, a)
				}
				s := f.Symbolic()
				sparsetest.SharedSymbolic(t, a, func(v []complex128) (sparsetest.Solver, error) {
					return s.Factor(t.Context(), v, sparse.FactorOptions{Threads: threads})
				})
				sparsetest.Limit(t, func(limit int64) error {
					_, err := s.Factor(t.Context(), a.Values, sparse.FactorOptions{Threads: threads, Limit: limit})
					return err
				})
				sparsetest.Limit(t, func(limit int64) error {
					_, err := sparse.Analyze(t.Context(), a.Pattern, sparse.Grid(a.NX, a.NZ), sparse.Options{Threads: threads, Limit: limit})
					return err
				})
			})
		}
	}
}

// TestSinglePromises runs the promises on factors in single precision, which refine to the tolerance of double ones.
func TestSinglePromises(t *testing.T) {
	for name, a := range map[string]*sparsetest.Matrix{
		"one": sparsetest.Random(1, 1, 1, 20), "random": sparsetest.Random(3, 41, 33, 20), "wave": sparsetest.Wave(70, 51, 10, 6),
	} {
		for _, portable := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/portable=%v", name, portable), func(t *testing.T) {
				f := factor(t, a, sparse.FactorOptions{Threads: 2, Single: true, Portable: portable})
				sparsetest.Residual(t, f, a, 7, 1e-12)
				if name == "wave" {
					sparsetest.Symmetry(t, f, a.N(), 1e-8)
				}
				sparsetest.ColumnsAlone(t, f, a.N(), 1e-9)
				sparsetest.Concurrency(t, f, a.N())
				sparsetest.Refactor(t, f, a)
				sparsetest.Cancel(t, f, a)
				if a.N() > 2 {
					sparsetest.Points(t, f, a)
				}
				one := factor(t, a, sparse.FactorOptions{Threads: 1, Single: true, Portable: portable})
				sparsetest.Same(t, f, one, a.N())
				if r := f.Report(); !r.Single || r.Bytes != f.Symbolic().CostWith(sparse.FactorOptions{Single: true}).Factor || r.Bytes > f.Symbolic().Cost().Factor {
					t.Errorf("%+v", r)
				}
			})
		}
	}
}

// TestSingleContracts: each step of refinement gains a factor, and three make a damped problem exact.
func TestSingleContracts(t *testing.T) {
	a := sparsetest.Wave(150, 120, 12, 6)
	last := 1.0
	for _, steps := range []int{-1, 1, 2} {
		f := factor(t, a, sparse.FactorOptions{Single: true, Refine: sparse.Refine{Tol: 1e-30, Steps: steps, Fail: 1}})
		if err := f.Solve(t.Context(), sparsetest.Columns(1, a.N(), 3)); err != nil {
			t.Fatal(err)
		}
		r := f.Report()
		if r.Residual > last/50 {
			t.Errorf("steps %d: residual %.1e after %.1e", steps, r.Residual, last)
		}
		last = r.Residual
	}
}

// TestThreadsGiveTheSameBits covers fronts that threads share.
func TestThreadsGiveTheSameBits(t *testing.T) {
	a := sparsetest.Wave(130, 121, 10, 7)
	one := factor(t, a, sparse.FactorOptions{Threads: 1})
	for _, threads := range []int{2, 3, 5} {
		many := factor(t, a, sparse.FactorOptions{Threads: threads})
		for range 2 {
			sparsetest.Same(t, one, many, a.N())
			if err := many.Refactor(t.Context(), a.Values); err != nil {
				t.Fatal(err)
			}
		}
	}
}
