package solvertest_test

import (
	"math"
	"testing"

	"github.com/galeproject/gale/solver/solvertest"
)

func TestOrders(t *testing.T) {
	for _, p := range solvertest.Orders([]float64{4, 2, 1}, []float64{16, 4, 1}) {
		if math.Abs(p-2) > 1e-14 {
			t.Errorf("order %g", p)
		}
	}
	if e := solvertest.RelError([]complex128{3i}, []complex128{4i}); e != 0.25 {
		t.Errorf("error %g", e)
	}
	if !math.IsInf(solvertest.RelError(nil, []complex128{1}), 1) || solvertest.RelError(nil, nil) != 0 {
		t.Error("lengths")
	}
}

func TestDot(t *testing.T) {
	m := [2][3]complex128{{1, 2i, 3}, {1 - 1i, 0, 5}}
	j := func(v []float64) []complex128 {
		r := make([]complex128, 2)
		for i := range r {
			for k := range v {
				r[i] += m[i][k] * complex(v[k], 0)
			}
		}
		return r
	}
	adjoint := func(sign float64) func([]complex128) []float64 {
		return func(r []complex128) []float64 {
			v := make([]float64, 3)
			for i := range r {
				for k := range v {
					v[k] += real(m[i][k])*real(r[i]) + sign*imag(m[i][k])*imag(r[i])
				}
			}
			return v
		}
	}
	if e := solvertest.Dot(3, 2, 1, j, adjoint(1)); e > 1e-14 {
		t.Errorf("a right adjoint: %g", e)
	}
	if e := solvertest.Dot(3, 2, 1, j, adjoint(-1)); e < 1e-3 {
		t.Errorf("an adjoint without the conjugate: %g", e)
	}
}

func TestTaylor(t *testing.T) {
	for _, p := range solvertest.Taylor(math.Exp, 1, 0.1, 5) {
		if math.Abs(p-2) > 0.05 {
			t.Errorf("order %g for a right slope", p)
		}
	}
	for _, p := range solvertest.Taylor(math.Exp, 0.5, 0.01, 3) {
		if p > 1.1 {
			t.Errorf("order %g for a wrong slope", p)
		}
	}
}
