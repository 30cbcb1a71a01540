package sparse_test

import (
	"fmt"
	"testing"

	"github.com/galeproject/gale/solver/sparse"
	"github.com/galeproject/gale/solver/sparse/sparsetest"
)

var sizes = []struct{ nx, nz int }{{200, 100}, {500, 250}, {971, 331}}

func BenchmarkAnalyze(b *testing.B) {
	for _, g := range sizes {
		b.Run(fmt.Sprintf("%dx%d", g.nx, g.nz), func(b *testing.B) {
			a := sparsetest.Wave(g.nx, g.nz, 15, 4)
			for b.Loop() {
				analyze(b, a)
			}
		})
	}
}

func BenchmarkFactor(b *testing.B) {
	for _, g := range sizes {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%dx%d/threads=%d", g.nx, g.nz, threads), func(b *testing.B) {
				a := sparsetest.Wave(g.nx, g.nz, 15, 4)
				f := factor(b, a, sparse.FactorOptions{Threads: threads})
				for b.Loop() {
					if err := f.Refactor(b.Context(), a.Values); err != nil {
						b.Fatal(err)
					}
				}
				r := f.Report()
				b.ReportMetric(r.Flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFlop/s")
				b.ReportMetric(float64(r.Bytes)/(1<<20), "MiB")
			})
		}
	}
}

func BenchmarkSolve(b *testing.B) {
	for _, g := range sizes {
		a := sparsetest.Wave(g.nx, g.nz, 15, 4)
		f := factor(b, a, sparse.FactorOptions{Threads: 1})
		for _, n := range []int{1, 31} {
			b.Run(fmt.Sprintf("%dx%d/columns=%d", g.nx, g.nz, n), func(b *testing.B) {
				x := sparsetest.Columns(1, a.N(), n)
				for b.Loop() {
					if err := f.Solve(b.Context(), x); err != nil {
						b.Fatal(err)
					}
				}
				r := f.Report()
				b.ReportMetric(16*float64(r.NNZ)*float64(n*b.N)/b.Elapsed().Seconds()/1e9, "GFlop/s")
			})
		}
	}
}

// BenchmarkPoints has sources and receivers near the top.
func BenchmarkPoints(b *testing.B) {
	for _, g := range sizes {
		a := sparsetest.Wave(g.nx, g.nz, 15, 4)
		f := factor(b, a, sparse.FactorOptions{Threads: 1})
		b.Run(fmt.Sprintf("%dx%d/columns=31", g.nx, g.nz), func(b *testing.B) {
			row := func(n, z int) []sparse.Column {
				c := make([]sparse.Column, n)
				for i := range c {
					c[i] = sparse.Column{Node: []int32{int32(z*g.nx + 20 + i*(g.nx-40)/n)}, Weight: []complex128{1}}
				}
				return c
			}
			rhs, sample := row(31, 17), row(100, 18)
			out := make([][]complex128, len(rhs))
			for i := range out {
				out[i] = make([]complex128, len(sample))
			}
			for b.Loop() {
				if err := f.SolvePoints(b.Context(), rhs, sample, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
