package sparse

import (
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

// nine is a random complex symmetric 9-point matrix on an nx×nz box; shift is added to its diagonal.
func nine(r *rand.Rand, nx, nz int, shift complex128) (*Pattern, []complex128) {
	n := nx * nz
	rowPtr := make([]int, n+1)
	var col []int32
	var val []complex128
	seen := map[[2]int]complex128{}
	for z := range nz {
		for x := range nx {
			i := z*nx + x
			for dz := -1; dz <= 1; dz++ {
				for dx := -1; dx <= 1; dx++ {
					u, v := x+dx, z+dz
					if u < 0 || v < 0 || u >= nx || v >= nz {
						continue
					}
					j := v*nx + u
					a := complex(r.NormFloat64(), r.NormFloat64())
					if j == i {
						a += shift
					}
					if j < i {
						a = seen[[2]int{j, i}]
					} else {
						seen[[2]int{i, j}] = a
					}
					col, val = append(col, int32(j)), append(val, a)
				}
			}
			rowPtr[i+1] = len(col)
		}
	}
	p, err := NewPattern(n, rowPtr, col)
	if err != nil {
		panic(err)
	}
	return p, val
}

// gauss solves by dense elimination with partial pivoting.
func gauss(p *Pattern, val []complex128, b [][]complex128) [][]complex128 {
	n := p.N()
	m := make([][]complex128, n)
	for i := range m {
		m[i] = make([]complex128, n)
		for q := p.RowPtr[i]; q < p.RowPtr[i+1]; q++ {
			m[i][p.Col[q]] = val[q]
		}
	}
	x := make([][]complex128, len(b))
	for r := range b {
		x[r] = append([]complex128(nil), b[r]...)
	}
	for k := range n {
		best := k
		for i := k + 1; i < n; i++ {
			if cmplx.Abs(m[i][k]) > cmplx.Abs(m[best][k]) {
				best = i
			}
		}
		m[k], m[best] = m[best], m[k]
		for _, c := range x {
			c[k], c[best] = c[best], c[k]
		}
		for i := k + 1; i < n; i++ {
			f := m[i][k] / m[k][k]
			if f == 0 {
				continue
			}
			for j := k + 1; j < n; j++ {
				m[i][j] -= f * m[k][j]
			}
			for _, c := range x {
				c[i] -= f * c[k]
			}
		}
	}
	for k := n - 1; k >= 0; k-- {
		for _, c := range x {
			for j := k + 1; j < n; j++ {
				c[k] -= m[k][j] * c[j]
			}
			c[k] /= m[k][k]
		}
	}
	return x
}

func randomColumns(r *rand.Rand, n, count int) [][]complex128 {
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

func distance(x, want [][]complex128) float64 {
	d, s := 0.0, 0.0
	for c := range x {
		for i := range x[c] {
			d += abs2(x[c][i] - want[c][i])
			s += abs2(want[c][i])
		}
	}
	return cmplx.Abs(cmplx.Sqrt(complex(d/s, 0)))
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func solver(tb testing.TB, p *Pattern, val []complex128, o Orderer, opt FactorOptions) *Factor {
	tb.Helper()
	s, err := Analyze(tb.Context(), p, o, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	f, err := s.Factor(tb.Context(), val, opt)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}
