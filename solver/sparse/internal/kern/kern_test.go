package kern

import (
	"fmt"
	"math/cmplx"
	"math/rand/v2"
	"testing"
	"time"
)

var r = rand.New(rand.NewPCG(1, 2))

func numbers[T Number](n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(complex(r.NormFloat64(), r.NormFloat64()))
	}
	return x
}

// guarded is a copy with marks behind it that nobody may touch.
const marks = 9

func guarded[T Number](x []T) []T {
	g := append(make([]T, 0, len(x)+marks), x...)
	for range marks {
		g = append(g, 7)
	}
	return g[:len(x)]
}

func checkMarks[T Number](t *testing.T, x []T) {
	t.Helper()
	for _, v := range x[len(x) : len(x)+marks] {
		if v != 7 {
			t.Fatal("written behind the end")
		}
	}
}

// near allows rounding of sums of some hundred numbers.
func near[T Number](t *testing.T, got, want []T) {
	t.Helper()
	tol := 1e-12
	if !double[T]() {
		tol = 2e-4
	}
	for i := range want {
		g, w := complex128(got[i]), complex128(want[i])
		if d := cmplx.Abs(g - w); !(d <= tol*(1+cmplx.Abs(w))) {
			t.Fatalf("element %d: %v, want %v", i, g, w)
		}
	}
}

// every runs a test with all loops that this machine has, in both precisions.
func every(t *testing.T, f128 func(*testing.T, Loops[complex128]), f64 func(*testing.T, Loops[complex64])) {
	t.Helper()
	for _, l := range []Loops[complex128]{Portable[complex128](), Best[complex128]()} {
		t.Run(l.Name()+"/double", func(t *testing.T) { f128(t, l) })
	}
	for _, l := range []Loops[complex64]{Portable[complex64](), Best[complex64]()} {
		t.Run(l.Name()+"/single", func(t *testing.T) { f64(t, l) })
	}
}

func TestTiles(t *testing.T) { every(t, testTiles[complex128], testTiles[complex64]) }

func testTiles[T Number](t *testing.T, l Loops[T]) {
	t.Helper()
	for _, k := range []int{1, 2, 3, 4, 5, 8, 17, 64} {
		for nt := range 6 {
			a, b, c := numbers[T](4*k), numbers[T](4*k*nt), numbers[T](16*nt)
			want, zero := append([]T(nil), c...), make([]T, len(c))
			for n := range nt {
				for i := range 4 {
					for j := range 4 {
						for q := range k {
							p := a[4*q+i] * b[n*4*k+4*q+j]
							want[16*n+4*j+i] -= p
							zero[16*n+4*j+i] -= p
						}
					}
				}
			}
			x, y := guarded(c), guarded(c)
			l.Sub(k, nt, a, b, x)
			l.Set(k, nt, a, b, y)
			near(t, x, want)
			near(t, y, zero)
			checkMarks(t, x)
			checkMarks(t, y)
			for n := range nt { // a tile alone has the same bits
				one := append([]T(nil), c[16*n:16*n+16]...)
				l.Sub(k, 1, a, b[4*k*n:], one)
				for i := range one {
					if one[i] != x[16*n+i] {
						t.Fatalf("tile %d of %d differs from the same alone", n, nt)
					}
				}
			}
		}
	}
}

func TestStrip(t *testing.T) { every(t, testStrip[complex128], testStrip[complex64]) }

// testStrip divides by a triangle and multiplies it up again.
func testStrip[T Number](t *testing.T, l Loops[T]) {
	t.Helper()
	for _, extra := range []int{0, 3} {
		for to := range 5 {
			for from := range to {
				var b []T
				off := make([]int, to)
				for s := range to { // strip s has s+1+extra tiles
					off[s] = len(b)
					b = append(b, numbers[T](Tile*(s+1+extra))...)
				}
				for i := range b {
					b[i] /= 4
				}
				d := numbers[T](4 * to)
				c, x := numbers[T](Tile*to), numbers[T](Tile*to)
				got, gx := guarded(c[Tile*from:]), guarded(x)
				l.Strip(from, to, got, gx, b[off[from]:], Tile*(from+1+extra), Tile, d[4*from:])
				checkMarks(t, got)
				checkMarks(t, gx)
				for j := 4 * from; j < 4*to; j++ { // c[:, j] = Σ x[:, q]·b[q, j]
					for i := range 4 {
						sum := gx[4*j+i]
						for q := range j {
							sum += gx[4*q+i] * b[off[j/4]+4*q+j%4]
						}
						near(t, []T{sum, got[4*j+i-Tile*from]}, []T{c[4*j+i], gx[4*j+i] * d[j]})
					}
				}
				near(t, gx[:Tile*from], x[:Tile*from])
			}
		}
	}
}

func TestBack(t *testing.T) { every(t, testBack[complex128], testBack[complex64]) }

func testBack[T Number](t *testing.T, l Loops[T]) {
	t.Helper()
	for ns := range 6 {
		for _, step := range [][2]int{{16, 0}, {28, 0}, {32, 16}} {
			b, x, c := numbers[T](16+ns*step[0]+ns*ns*step[1]), numbers[T](16*ns), numbers[T](16)
			want := append([]T(nil), c...)
			at, stride := 0, step[0]
			for s := range ns {
				for j := range 4 {
					for i := range 4 {
						for q := range 4 {
							want[4*i+q] -= b[at+4*i+j] * x[4*(4*s+j)+q]
						}
					}
				}
				at, stride = at+stride, stride+step[1]
			}
			got := guarded(c)
			l.Back(ns, b, step[0], step[1], x, got)
			near(t, got, want)
			checkMarks(t, got)
		}
	}
	c, u := guarded(numbers[T](16)), numbers[T](16)
	old := append([]T(nil), c...)
	l.Lower(c, u)
	checkMarks(t, c)
	for i := range 4 {
		for q := range 4 {
			sum := c[4*i+q]
			for j := i + 1; j < 4; j++ {
				sum += c[4*j+q] * u[4*i+j]
			}
			near(t, []T{sum}, []T{old[4*i+q]})
		}
	}
}

func TestRows(t *testing.T) { every(t, testRows[complex128], testRows[complex64]) }

func testRows[T Number](t *testing.T, l Loops[T]) {
	t.Helper()
	x, y := guarded(numbers[T](40)), numbers[T](20)
	want := append([]T(nil), x...)
	to := []int32{3, 9, 0, 7, 1}
	for i, k := range to {
		for q := range 4 {
			want[4*int(k)+q] += y[4*i+q]
		}
	}
	l.Scatter(to, x, y)
	near(t, x, want)
	checkMarks(t, x)
	got := guarded(make([]T, 20))
	l.Gather(to, x, got)
	checkMarks(t, got)
	for i, k := range to {
		near(t, got[4*i:4*i+4], x[4*k:4*k+4])
	}
	l.Scatter(nil, x, y)
	l.Gather(nil, x, got)
}

func TestAdd(t *testing.T) { every(t, testAdd[complex128], testAdd[complex64]) }

func testAdd[T Number](t *testing.T, l Loops[T]) {
	t.Helper()
	runs := []Run{{0, 5, 1}, {1, 7, 9}, {10, 20, 4}, {14, 25, 3}}
	for limit := range int32(20) {
		for m := 1; m <= Rows; m++ {
			for n := range len(runs) + 1 {
				const first = 3
				src, x := numbers[T](4*16+m), guarded(numbers[T](4*(27-first)+m))
				want := append([]T(nil), x...)
				for _, r := range runs[:n] {
					for k := r.Src; k < min(limit, r.Src+r.N); k++ {
						for i := range m {
							want[4*int(r.Dst+k-r.Src-first)+i] += src[4*int(k)+i]
						}
					}
				}
				l.Add(m, runs[:n], limit, first, x, src)
				near(t, x, want)
				checkMarks(t, x)
			}
		}
	}
}

func TestOneColumn(t *testing.T) { every(t, testOneColumn[complex128], testOneColumn[complex64]) }

func testOneColumn[T Number](t *testing.T, l Loops[T]) {
	t.Helper()
	for ns := range 4 {
		for _, k := range []int{0, 1, 2, 3, 4, 5, 12, 33} {
			a, y, x := numbers[T](4*ns*k), numbers[T](k), numbers[T](4*ns)
			out, lanes := guarded(make([]T, 4*ns)), guarded(make([]T, l.Lanes()*k))
			l.Ones(ns, k, a, y, out)
			l.Dots(ns, k, a, x, lanes)
			checkMarks(t, out)
			checkMarks(t, lanes)
			sums, dot := make([]T, 4*ns), make([]T, k)
			for s := range ns {
				for j := range k {
					for i := range 4 {
						v := a[4*(s*k+j)+i]
						sums[4*s+i] += v * y[j]
						dot[j] += v * x[4*s+i]
					}
				}
			}
			near(t, out, sums)
			for j := range k {
				near(t, []T{l.Dot(lanes, j)}, dot[j:j+1])
			}
		}
	}
}

func TestResidual(t *testing.T) {
	m := &Matrix{
		RowPtr: []int{0, 2, 2, 5, 7}, Col: []int32{0, 2, 3, 0, 2, 1, 3}, Perm: []int32{2, 0, 3, 1},
		Half: []uint32{0, 3, 1, 3, 2, 4, 0}, Values: numbers[complex128](5),
	}
	for _, fast := range []bool{false, true} {
		m.Portable = !fast
		for n := range 5 {
			rows := []int32{3, 0, 1, 2}[:n]
			x, b := numbers[complex128](16), guarded(numbers[complex128](4*n))
			one := make([]complex128, n)
			want := append([]complex128(nil), b...)
			for i, v := range rows {
				for q := m.RowPtr[v]; q < m.RowPtr[v+1]; q++ {
					for r := range 4 {
						want[4*i+r] -= m.Values[m.Half[q]] * x[4*m.Perm[m.Col[q]]+int32(r)]
					}
					one[i] += m.Values[m.Half[q]] * x[m.Perm[m.Col[q]]]
				}
			}
			m.Residual(rows, x, b)
			near(t, b, want)
			checkMarks(t, b)
			one = guarded(one)
			m.Residual1(rows, x, one)
			near(t, one, make([]complex128, n))
			checkMarks(t, one)
		}
	}
}

func TestCopies(t *testing.T) { every(t, testCopies[complex128], testCopies[complex64]) }

func testCopies[T Number](t *testing.T, l Loops[T]) {
	t.Helper()
	for n := range 9 {
		from, to := numbers[T](4*n), guarded(numbers[T](4*n))
		l.Copy(n, to, from)
		near(t, to, from)
		checkMarks(t, to)
		if n > Rows {
			continue
		}
		tile, want := guarded(numbers[T](Tile)), make([]T, Tile)
		copy(want, from)
		l.Take(n, tile, from)
		near(t, tile, want)
		checkMarks(t, tile)
	}
}

func TestColumns(t *testing.T) {
	for _, portable := range []bool{true, false} {
		for n := range 60 {
			at, cols := make([]int32, n), make([][]complex128, Rows)
			for r := range cols {
				cols[r] = numbers[complex128](n)
			}
			for i := range at {
				at[i] = int32((7*i + 3) % max(1, n))
				if n%7 == 0 {
					at[i] = int32(n - 1 - i)
				}
			}
			rows, want := guarded(make([]complex128, 4*n)), make([]complex128, 4*n)
			for i, k := range at {
				for r := range cols {
					want[4*i+r] = cols[r][k]
				}
			}
			c := Four(cols, portable)
			c.Rows(at, rows)
			near(t, rows, want)
			checkMarks(t, rows)
			for r := range cols {
				clear(cols[r])
			}
			c.Put(at, rows)
			for i, k := range at {
				for r := range cols {
					if cols[r][k] != want[4*i+r] {
						t.Fatalf("portable %v, %d rows: row %d, column %d", portable, n, i, r)
					}
				}
			}
		}
	}
}

func TestMaxAbs(t *testing.T) { every(t, testMaxAbs[complex128], testMaxAbs[complex64]) }

func testMaxAbs[T Number](t *testing.T, l Loops[T]) {
	t.Helper()
	for n := range 23 {
		a := guarded(numbers[T](n))
		for i := range a {
			for _, big := range []T{9, -9, 9i, -9i} {
				old := a[i]
				a[i] = big
				if m := l.MaxAbs(a); m != 9 {
					t.Fatalf("%d elements, 9 at %d: %v", n, i, m)
				}
				a[i] = old
			}
		}
	}
}

func BenchmarkPeak(b *testing.B) {
	if !Peak(1) {
		b.Skip("no assembly for this processor")
	}
	began := time.Now()
	Peak(1_000_000 * b.N)
	b.ReportMetric(PeakFlops*1e6*float64(b.N)/float64(time.Since(began).Nanoseconds()), "GFlop/s")
}

func BenchmarkRead(b *testing.B) {
	a := Numbers[complex128](1 << 23)
	clear(a)
	b.SetBytes(16 * int64(len(a)))
	for b.Loop() {
		Read(a)
	}
}

func benchTiles[T Number](b *testing.B, l Loops[T]) {
	b.Helper()
	for _, k := range []int{8, 64} {
		b.Run(fmt.Sprintf("%s/bytes=%d/k=%d", l.Name(), size[T](), k), func(b *testing.B) {
			const nt = 16
			x, y, c := numbers[T](4*k), numbers[T](4*k*nt), numbers[T](16*nt)
			for b.Loop() {
				l.Sub(k, nt, x, y, c)
			}
			b.ReportMetric(float64(b.N)*8*16*nt*float64(k)/float64(b.Elapsed().Nanoseconds()), "GFlop/s")
		})
	}
}

func BenchmarkTiles(b *testing.B) {
	benchTiles(b, Portable[complex128]())
	benchTiles(b, Best[complex128]())
	benchTiles(b, Best[complex64]())
}
