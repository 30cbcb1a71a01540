package sparse

import (
	"fmt"
	"math"
	"testing"
)

// wave is a 9-point matrix like those of the wave equation: −Δ − k² with an absorbing rim, scaled to about 1, its
// rows wavelengths of g nodes at the top and twice that at the bottom.
func wave(nx, nz, rim int, g float64) (*Pattern, []complex128) {
	sx, sz := stretch(nx, rim), stretch(nz, rim)
	n := nx * nz
	rowPtr := make([]int, 1, n+1)
	col, val := make([]int32, 0, 9*n), make([]complex128, 0, 9*n)
	// Weights: 2/3 of the 5-point Laplacian and 1/3 of the rotated one; the mass is spread over the neighbours.
	for z := range nz {
		for x := range nx {
			i := z*nx + x
			at := len(col)
			diagonal, sum := at, complex128(0)
			for dz := -1; dz <= 1; dz++ {
				for dx := -1; dx <= 1; dx++ {
					u, v := x+dx, z+dz
					var a complex128
					switch { // one number for a coupling, whichever end asks
					case dx == 0 && dz == 0:
					case dz == 0:
						a = 2. / 3 * sz[2*z+1] / sx[x+max(dx, 0)+x+min(dx, 0)+1]
					case dx == 0:
						a = 2. / 3 * sx[2*x+1] / sz[z+max(dz, 0)+z+min(dz, 0)+1]
					default:
						a = 1. / 6
					}
					sum += a
					if u < 0 || v < 0 || u >= nx || v >= nz {
						continue
					}
					if dx == 0 && dz == 0 {
						diagonal = len(col)
					}
					k := 2 * math.Pi / g / (1 + (float64(z)+float64(dz)/2)/float64(nz))
					mass := complex(k*k, 0) * sx[2*x+1+dx] * sz[2*z+1+dz] * complex([]float64{0.62, 0.08, 0.015}[abs(dx)+abs(dz)], 0)
					col, val = append(col, int32(v*nx+u)), append(val, -a-mass)
				}
			}
			val[diagonal] += sum
			rowPtr = append(rowPtr, len(col))
			_ = i
		}
	}
	p, err := NewPattern(n, rowPtr, col)
	if err != nil {
		panic(err)
	}
	return p, val
}

func abs(i int) int { return max(i, -i) }

// stretch is 1 + iσ at nodes (odd) and half-way (even).
func stretch(n, rim int) []complex128 {
	s := make([]complex128, 2*n+2)
	for i := range s {
		at := float64(i-1) / 2
		d := max(float64(rim)-at, at-float64(n-1-rim), 0)
		s[i] = complex(1, 0)
		if rim > 0 {
			s[i] = complex(1, 2.5*d*d/float64(rim*rim))
		}
	}
	return s
}

var sizes = []struct{ nx, nz int }{{200, 100}, {500, 250}, {971, 331}}

func BenchmarkAnalyze(b *testing.B) {
	for _, g := range sizes {
		b.Run(fmt.Sprintf("%dx%d", g.nx, g.nz), func(b *testing.B) {
			p, _ := wave(g.nx, g.nz, 15, 8)
			for b.Loop() {
				if _, err := Analyze(b.Context(), p, Grid(g.nx, g.nz), Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFactor(b *testing.B) {
	for _, g := range sizes {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%dx%d/threads=%d", g.nx, g.nz, threads), func(b *testing.B) {
				p, val := wave(g.nx, g.nz, 15, 8)
				f := solver(b, p, val, Grid(g.nx, g.nz), FactorOptions{Threads: threads})
				for b.Loop() {
					if err := f.Refactor(b.Context(), val); err != nil {
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
		p, val := wave(g.nx, g.nz, 15, 8)
		f := solver(b, p, val, Grid(g.nx, g.nz), FactorOptions{Threads: 1})
		for _, n := range []int{1, 31} {
			b.Run(fmt.Sprintf("%dx%d/columns=%d", g.nx, g.nz, n), func(b *testing.B) {
				x := randomColumns(random(1), p.N(), n)
				for b.Loop() {
					if err := f.Solve(b.Context(), x); err != nil {
						b.Fatal(err)
					}
				}
				r := f.Report()
				b.ReportMetric(16*float64(r.NNZ)*float64(n*b.N)/b.Elapsed().Seconds()/1e9, "GFlop/s")
				b.ReportMetric(r.Residual, "residual")
			})
		}
	}
}
