package sparse

import (
	"math"
	"testing"
)

var inf = math.Inf(1)

func TestPointsEqualDense(t *testing.T) {
	r := random(7)
	p, val := nine(r, 40, 31, 14)
	for _, rule := range []Refine{{}, raw, {Tol: 1e-30, Steps: 1}} {
		for threads := 1; threads <= 3; threads++ {
			f := solver(t, p, val, Grid(40, 31), FactorOptions{Threads: threads, Refine: rule})
			rhs, sample := make([]Column, 60), make([]Column, 9)
			for _, c := range [][]Column{rhs, sample} {
				for i := range c {
					for range 1 + r.IntN(5) {
						c[i].Node = append(c[i].Node, int32(r.IntN(p.N())))
						c[i].Weight = append(c[i].Weight, complex(r.NormFloat64(), r.NormFloat64()))
					}
				}
			}
			rhs[3] = Column{}
			out, x := make([][]complex128, len(rhs)), make([][]complex128, len(rhs))
			for i, c := range rhs {
				out[i], x[i] = make([]complex128, len(sample)), make([]complex128, p.N())
				for k, v := range c.Node {
					x[i][v] += c.Weight[k]
				}
			}
			if err := f.SolvePoints(t.Context(), rhs, sample, out); err != nil {
				t.Fatal(err)
			}
			if err := f.Solve(t.Context(), x); err != nil {
				t.Fatal(err)
			}
			for i := range rhs {
				for k, c := range sample {
					want := complex128(0)
					for q, v := range c.Node {
						want += c.Weight[q] * x[i][v]
					}
					if out[i][k] != want {
						t.Fatalf("threads %d, right-hand side %d, sample %d: %v, want %v", threads, i, k, out[i][k], want)
					}
				}
			}
		}
	}
}

func TestPointsRefuseBadColumns(t *testing.T) {
	p, val := nine(random(1), 4, 4, 14)
	f := solver(t, p, val, Grid(4, 4), FactorOptions{})
	good := []Column{{[]int32{1}, []complex128{1}}}
	out := [][]complex128{{0}}
	for name, bad := range map[string][]Column{
		"outside":  {{[]int32{16}, []complex128{1}}},
		"negative": {{[]int32{-1}, []complex128{1}}},
		"uneven":   {{[]int32{1, 2}, []complex128{1}}},
		"infinite": {{[]int32{1}, []complex128{complex(inf, 0)}}},
	} {
		if f.SolvePoints(t.Context(), bad, good, out) == nil {
			t.Errorf("%s: taken as a right-hand side", name)
		}
		if f.SolvePoints(t.Context(), good, bad, out) == nil {
			t.Errorf("%s: taken as a sample", name)
		}
	}
	if f.SolvePoints(t.Context(), good, good, nil) == nil || f.SolvePoints(t.Context(), good, good, [][]complex128{nil}) == nil {
		t.Error("a result of the wrong shape is taken")
	}
	if err := f.SolvePoints(t.Context(), good, good, out); err != nil {
		t.Error(err)
	}
}
