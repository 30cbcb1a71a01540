// Package solvertest holds the proofs that computations with waves are tested by: relative errors, orders of accuracy, the
// dot-product test of a derivative and its adjoint, and the Taylor test of a gradient. They are for tests of this
// project and for users who write operators or gradients of their own.
//
// The functions return figures, and never decide, print or depend on package testing.
package solvertest

import (
	"math"
	"math/rand/v2"
)

// RelError is ‖got−want‖₂/‖want‖₂. It is +Inf when the lengths differ, and NaN when either holds a NaN.
func RelError(got, want []complex128) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var d, w float64
	for i, v := range want {
		d += sq(got[i] - v)
		w += sq(v)
	}
	if d == 0 && w == 0 {
		return 0
	}
	return math.Sqrt(d / w)
}

func sq(v complex128) float64 { return real(v)*real(v) + imag(v)*imag(v) }

// Orders are the orders of accuracy between neighbours: log(e[i]/e[i+1]) / log(h[i]/h[i+1]).
func Orders(h, e []float64) []float64 {
	var p []float64
	for i := 1; i < min(len(h), len(e)); i++ {
		p = append(p, math.Log(e[i-1]/e[i])/math.Log(h[i-1]/h[i]))
	}
	return p
}

// Dot is the dot-product test of a linear map J from n real numbers to m complex ones and its adjoint: with random v and r it
// returns |Re⟨Jv, r⟩ − ⟨v, Jᴴr⟩| over the larger of both. A correct pair gives rounding error, 1e-12 and less; anything else is a
// wrong adjoint.
func Dot(n, m int, seed uint64, j func(v []float64) []complex128, adjoint func(r []complex128) []float64) float64 {
	rnd := rand.New(rand.NewPCG(seed, 1))
	v, r := make([]float64, n), make([]complex128, m)
	for i := range v {
		v[i] = rnd.NormFloat64()
	}
	for i := range r {
		r[i] = complex(rnd.NormFloat64(), rnd.NormFloat64())
	}
	var a, b float64
	for i, x := range j(v) {
		a += real(x)*real(r[i]) + imag(x)*imag(r[i])
	}
	for i, x := range adjoint(r) {
		b += x * v[i]
	}
	return math.Abs(a-b) / max(math.Abs(a), math.Abs(b))
}

// Taylor is the Taylor test of a gradient. f gives the misfit at a step t along some direction and slope its derivative at 0. It
// returns the orders of the remainder |f(t) − f(0) − t·slope| between halved steps: 2 for a correct slope, 1 for a wrong one.
func Taylor(f func(t float64) float64, slope, step float64, halvings int) []float64 {
	f0 := f(0)
	var h, e []float64
	for range halvings + 1 {
		h = append(h, step)
		e = append(e, math.Abs(f(step)-f0-step*slope))
		step /= 2
	}
	return Orders(h, e)
}
