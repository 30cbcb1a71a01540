package kern

import (
	"fmt"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

var r = rand.New(rand.NewPCG(1, 2))

func numbers(n int) []complex128 {
	x := make([]complex128, n)
	for i := range x {
		x[i] = complex(r.NormFloat64(), r.NormFloat64())
	}
	return x
}

// guarded is a copy with marks behind it that nobody may touch.
const marks = 5

func guarded(x []complex128) []complex128 {
	return append(append(make([]complex128, 0, len(x)+marks), x...), 7, 7, 7, 7, 7)[:len(x)]
}

func checkMarks(t *testing.T, x []complex128) {
	t.Helper()
	for _, v := range x[len(x) : len(x)+marks] {
		if v != 7 {
			t.Fatal("written behind the end")
		}
	}
}

func near(t *testing.T, got, want []complex128) {
	t.Helper()
	for i := range want {
		if d := cmplx.Abs(got[i] - want[i]); !(d <= 1e-12*(1+cmplx.Abs(want[i]))) {
			t.Fatalf("element %d: %v, want %v", i, got[i], want[i])
		}
	}
}

// every gives all loops that this machine has.
func every() []Loops {
	if l := Best(); l != Portable() {
		return []Loops{Portable(), l}
	}
	return []Loops{Portable()}
}

func TestTiles(t *testing.T) {
	for _, l := range every() {
		t.Run(l.Name(), func(t *testing.T) {
			for _, k := range []int{1, 2, 3, 4, 5, 8, 17, 64} {
				for nt := range 5 {
					a, b, c := numbers(4*k), numbers(4*k*nt), numbers(16*nt)
					want, zero := append([]complex128(nil), c...), make([]complex128, len(c))
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
				}
			}
		})
	}
}

func TestTrsm(t *testing.T) {
	for _, l := range every() {
		t.Run(l.Name(), func(t *testing.T) {
			for nj := 1; nj <= 4; nj++ {
				c, f, d := numbers(4*nj), numbers(4*nj), numbers(nj)
				x, y := guarded(numbers(4*nj)), guarded(c)
				l.Trsm(nj, y, x, f, d)
				checkMarks(t, x)
				checkMarks(t, y)
				for i := range 4 {
					for j := range nj {
						sum := x[4*j+i]
						for q := range j {
							sum += x[4*q+i] * f[4*q+j]
						}
						near(t, []complex128{sum, y[4*j+i]}, []complex128{c[4*j+i], x[4*j+i] * d[j]})
					}
				}
			}
		})
	}
}

func TestAdd(t *testing.T) {
	for _, l := range every() {
		t.Run(l.Name(), func(t *testing.T) {
			for n := range 14 {
				m := max(0, 4*n-3)
				src, dst := numbers(m), numbers(m)
				want := append([]complex128(nil), dst...)
				for i := range n {
					want[4*i] += src[4*i]
				}
				x := guarded(dst)
				l.Add(n, x, src)
				near(t, x, want)
				checkMarks(t, x)
			}
		})
	}
}

func TestSweeps(t *testing.T) {
	for _, l := range every() {
		t.Run(l.Name(), func(t *testing.T) {
			for _, columns := range []int{1, 2, 3, 4, 7, 8, 12, 13, 48} {
				n := l.Pad(columns)
				for _, k := range []int{0, 1, 2, 4, 5, 12, 33} {
					a, y := numbers(4*k), numbers(n*k)
					var o, want [4][]complex128
					for i := range o {
						o[i] = guarded(numbers(n))
						want[i] = append([]complex128(nil), o[i]...)
						for q := range k {
							for c := range n {
								want[i][c] -= a[4*q+i] * y[q*n+c]
							}
						}
					}
					l.Forward(k, n, a, y, &o)
					for i := range o {
						near(t, o[i], want[i])
						checkMarks(t, o[i])
					}
				}
				for ns := range 6 {
					for _, step := range [][2]int{{16, 0}, {28, 0}, {32, 16}} {
						a, x := numbers(16+ns*step[0]+ns*ns*step[1]), numbers(4*ns*n)
						var o, want [4][]complex128
						for i := range o {
							o[i] = guarded(numbers(n))
							want[i] = append([]complex128(nil), o[i]...)
							at, stride := 0, step[0]
							for s := range ns {
								for j := range 4 {
									for c := range n {
										want[i][c] -= a[at+4*i+j] * x[(4*s+j)*n+c]
									}
								}
								at, stride = at+stride, stride+step[1]
							}
						}
						l.Backward(ns, n, a, step[0], step[1], x, &o)
						for i := range o {
							near(t, o[i], want[i])
							checkMarks(t, o[i])
						}
					}
				}
				f, y, o := numbers(1)[0], numbers(n), guarded(numbers(n))
				want, scaled := append([]complex128(nil), o...), append([]complex128(nil), y...)
				for c := range n {
					want[c] -= f * y[c]
					scaled[c] *= f
				}
				l.Row(f, y, o)
				l.Scale(f, y)
				near(t, o, want)
				near(t, y, scaled)
				checkMarks(t, o)
			}
		})
	}
}

func TestMaxAbs(t *testing.T) {
	for _, l := range every() {
		t.Run(l.Name(), func(t *testing.T) {
			for n := range 23 {
				a := guarded(numbers(n))
				for i := range a {
					for _, big := range []complex128{9, -9, 9i, -9i} {
						old := a[i]
						a[i] = big
						if m := l.MaxAbs(a); m != 9 {
							t.Fatalf("%d elements, 9 at %d: %v", n, i, m)
						}
						a[i] = old
					}
				}
			}
		})
	}
}

func BenchmarkTiles(b *testing.B) {
	for _, l := range every() {
		for _, k := range []int{8, 64} {
			b.Run(fmt.Sprintf("%s/k=%d", l.Name(), k), func(b *testing.B) {
				const nt = 16
				x, y, c := numbers(4*k), numbers(4*k*nt), numbers(16*nt)
				for b.Loop() {
					l.Sub(k, nt, x, y, c)
				}
				b.ReportMetric(float64(b.N)*8*16*nt*float64(k)/float64(b.Elapsed().Nanoseconds()), "GFlop/s")
			})
		}
	}
}
