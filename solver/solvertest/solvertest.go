// Package solvertest holds the proofs that computations with waves are tested by: relative errors, orders of accuracy, the
// dot-product test of a derivative and its adjoint, the Taylor test of a gradient, and an exact field. They are for tests of this
// project and for users who write operators or gradients of their own.
//
// The functions return figures, and never decide, print or depend on package testing.
package solvertest

import (
	"math"
	"math/cmplx"
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

// Hankel0 is the Hankel function H₀⁽¹⁾ for −π/2 < arg z < 3π/2, accurate to 4e-15 for 1e-3 < |z| < 400: by its series below 3, else by
// the trapezoidal rule on the integral of K₀.
func Hankel0(z complex128) complex128 {
	if cmplx.Abs(z) < 3 {
		const euler = 0.57721566490153286
		q := -(z / 2) * (z / 2)
		t, j, y, h := complex128(1), complex128(1), complex128(0), 0.
		for m := 1.; m < 40; m++ {
			t *= q / complex(m*m, 0)
			h += 1 / m
			j += t
			y -= complex(h, 0) * t
		}
		return j + complex(0, 2/math.Pi)*((cmplx.Log(z/2)+euler)*j+y)
	}
	w := -1i * z
	sum := complex128(0.5)
	for n := 1.; n <= 32; n++ {
		u := 0.04 * n * n
		sum += complex(math.Exp(-u), 0) / cmplx.Sqrt(1+complex(u, 0)/(2*w))
	}
	return 2 / (1i * math.Pi) * cmplx.Exp(-w) * cmplx.Sqrt(2/w) * 0.2 * sum
}

// FreeField is the pressure at distance r metres from a source of strength 1/ρ in a homogeneous medium with wavenumber k: (i/4)H₀⁽¹⁾(kr).
func FreeField(k complex128, r float64) complex128 { return 0.25i * Hankel0(k*complex(r, 0)) }
