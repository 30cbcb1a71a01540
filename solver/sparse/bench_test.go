//go:build unix

package sparse_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

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
				began := cpu(b)
				for b.Loop() {
					if err := f.Refactor(b.Context(), a.Values); err != nil {
						b.Fatal(err)
					}
				}
				spent := cpu(b) - began
				r := f.Report()
				b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N)/1e6, "cpu-ms/op")
				b.ReportMetric(r.Flops*float64(b.N)/spent.Seconds()/1e9, "GFlop/cpu-s")
				b.ReportMetric(float64(r.Bytes)/(1<<20), "MiB")
			})
		}
	}
}

func BenchmarkSolve(b *testing.B) {
	for _, g := range sizes {
		a := sparsetest.Wave(g.nx, g.nz, 15, 4)
		f := factor(b, a, sparse.FactorOptions{Threads: 1, Refine: sparse.Refine{Steps: -1}})
		for _, n := range []int{1, 31, 64} {
			b.Run(fmt.Sprintf("%dx%d/columns=%d", g.nx, g.nz, n), func(b *testing.B) {
				x := sparsetest.Columns(1, a.N(), n)
				began := cpu(b)
				for b.Loop() {
					if err := f.Solve(b.Context(), x); err != nil {
						b.Fatal(err)
					}
				}
				spent := cpu(b) - began
				b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N)/1e6, "cpu-ms/op")
				b.ReportMetric(16*float64(f.Report().NNZ)*float64(n*b.N)/spent.Seconds()/1e9, "GFlop/cpu-s")
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
			began := cpu(b)
			for b.Loop() {
				if err := f.SolvePoints(b.Context(), rhs, sample, out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpu(b)-began).Nanoseconds())/float64(b.N)/1e6, "cpu-ms/op")
		})
	}
}

// cpu is the time that all threads of the process have worked: a machine at other work too does not change it much.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
