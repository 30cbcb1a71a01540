package exact

import (
	"math"
	"math/cmplx"
)

// Hankel0 is the Hankel function H₀⁽¹⁾ for −π/2 < arg z < 3π/2, accurate to 4e-15 for 1e-3 < |z| < 400: by its series below 3, else by
// the trapezoidal rule on the integral of K₀.
func Hankel0(z complex128) complex128 {
	if cmplx.Abs(z) < 3 {
		j, y := series0(z)
		return j + complex(0, 2/math.Pi)*y
	}
	w := -1i * z
	sum := complex128(0.5)
	for n := 1.; n <= 32; n++ {
		u := 0.04 * n * n
		sum += complex(math.Exp(-u), 0) / cmplx.Sqrt(1+complex(u, 0)/(2*w))
	}
	return 2 / (1i * math.Pi) * cmplx.Exp(-w) * cmplx.Sqrt(2/w) * 0.2 * sum
}

// Bessel0 is the Bessel function J₀ for |arg z| < π/2.
func Bessel0(z complex128) complex128 {
	switch {
	case imag(z) == 0:
		return complex(math.J0(real(z)), 0)
	case cmplx.Abs(z) < 3:
		j, _ := series0(z)
		return j
	default:
		return (Hankel0(z) + cmplx.Conj(Hankel0(cmplx.Conj(z)))) / 2
	}
}

// series0 gives J₀(z) and π/2·Y₀(z) by their series.
func series0(z complex128) (j, y complex128) {
	const euler = 0.57721566490153286
	if z == 0 {
		return 1, complex(math.Inf(-1), 0)
	}
	q := -(z / 2) * (z / 2)
	t, h := complex128(1), 0.
	j = 1
	for m := 1.; m < 40; m++ {
		t *= q / complex(m*m, 0)
		h += 1 / m
		j += t
		y -= complex(h, 0) * t
	}
	return j, (cmplx.Log(z/2)+euler)*j + y
}

// legendre gives points and weights of Gauss and Legendre on −1…1.
func legendre(n int) (x, w []float64) {
	x, w = make([]float64, n), make([]float64, n)
	for i := range n {
		v := math.Cos(math.Pi * (float64(i) + 0.75) / (float64(n) + 0.5))
		var d float64
		for range 50 {
			p0, p1 := 1., v
			for j := 2; j <= n; j++ {
				p0, p1 = p1, (float64(2*j-1)*v*p1-float64(j-1)*p0)/float64(j)
			}
			d = float64(n) * (v*p1 - p0) / (v*v - 1)
			step := p1 / d
			if v -= step; math.Abs(step) < 1e-15 {
				break
			}
		}
		x[i], w[i] = v, 2/((1-v*v)*d*d)
	}
	return x, w
}
