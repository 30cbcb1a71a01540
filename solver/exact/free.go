package exact

import (
	"math"
	"math/cmplx"
)

// Line is the field at distance r of a line source in a homogeneous medium with wavenumber k: (i/4)H₀⁽¹⁾(kr), of two dimensions.
func Line(k complex128, r float64) complex128 { return 0.25i * Hankel0(k*complex(r, 0)) }

// Point is the field at distance r of a point source in a homogeneous medium with wavenumber k: e^{ikr}/(4πr), of three dimensions.
func Point(k complex128, r float64) complex128 {
	return cmplx.Exp(1i*k*complex(r, 0)) / complex(4*math.Pi*r, 0)
}

// Mirror is the field at (x, z) of a line source at (0, zs) under a mirror at z = 0: free surface for sign −1, rigid for +1.
func Mirror(k complex128, x, z, zs, sign float64) complex128 {
	return Line(k, math.Hypot(x, z-zs)) + complex(sign, 0)*Line(k, math.Hypot(x, z+zs))
}

// Elliptic is the field at (x, z) of a line source at the origin of a medium with ε = δ, whose axis is tilted by theta in radians; k
// is the wavenumber along the axis.
func Elliptic(k complex128, x, z, eps, theta float64) complex128 {
	s, c := math.Sincos(theta)
	u, v := c*x-s*z, s*x+c*z
	return Line(k, math.Sqrt(u*u/(1+2*eps)+v*v)) / complex(math.Sqrt(1+2*eps), 0)
}

// Transverse gives the P wave of a line source at the origin of a transversely isotropic acoustic medium with ε > δ, whose axis is tilted
// by theta in radians, at points (x[i], z[i]); k is the wavenumber along the axis. It holds a wavelength and more from the line through
// the source across the axis; the slow wave that such media also have is left out. It is
// nil where there are not as many x as z.
func Transverse(k float64, x, z []float64, eps, delta, theta float64) []complex128 {
	if len(x) != len(z) {
		return nil
	}
	if eps == delta {
		out := make([]complex128, len(x))
		for i := range out {
			out[i] = Elliptic(complex(k, 0), x[i], z[i], eps, theta)
		}
		return out
	}
	s, c := math.Sincos(theta)
	far := 0.
	for i := range x {
		far = max(far, math.Abs(c*x[i]-s*z[i]))
	}
	eta := eps - delta
	limit := 0.98 * k / math.Sqrt(2*eta)
	depth := min(0.25*k/math.Sqrt(1+2*eps), 6/max(far, 1e-300))
	g, w := legendre(2000)
	kx, kz, wt := make([]complex128, len(g)), make([]complex128, len(g)), make([]complex128, len(g))
	k2 := complex(k*k, 0)
	for i := range g {
		t := (g[i] + 1) / 2 * limit
		sn, cs := math.Sincos(math.Pi * t / limit)
		kx[i] = complex(t, -depth*sn)
		q := kx[i] * kx[i]
		kz[i] = upper(k2 * (k2 - complex(1+2*eps, 0)*q) / (k2 - complex(2*eta, 0)*q))
		wt[i] = complex(w[i]/2*limit, 0) * complex(1, -depth*math.Pi/limit*cs) * 1i / (2 * kz[i]) / math.Pi
	}
	out := make([]complex128, len(x))
	for i := range out {
		u, v := complex(math.Abs(c*x[i]-s*z[i]), 0), complex(math.Abs(s*x[i]+c*z[i]), 0)
		for j := range kx {
			out[i] += wt[j] * cmplx.Exp(1i*kz[j]*v) * cmplx.Cos(kx[j]*u)
		}
	}
	return out
}

// upper is the root with positive imaginary part: a wave that dies away.
func upper(z complex128) complex128 {
	q := cmplx.Sqrt(z)
	if imag(q) < 0 {
		return -q
	}
	return q
}
