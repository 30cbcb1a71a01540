package exact

import (
	"fmt"
	"math"
	"math/cmplx"
	"sort"
)

// Layers are flat layers from the top: layer i ends at depth Bottom[i], the last goes on for ever.
type Layers struct {
	K      []complex128 // wavenumbers, rad/m
	Rho    []float64    // densities
	Bottom []float64    // depths of the interfaces, one fewer than layers; below the source
	Mirror float64      // at z = 0: −1 a free surface, +1 a rigid one, 0 none: the first layer goes on upwards
	Space  bool         // a point source in three dimensions instead of a line source in two
}

// points of the two parts of the path of integration.
const points = 3000

// Fields gives the pressure at (x[i], z[i]) from a source of strength 1/Rho[0] at (0, zs) in the first layer, by Sommerfeld's integral
// with generalised coefficients of reflection. The waves that come straight and from the mirror are taken in closed form.
func (l *Layers) Fields(zs float64, x, z []float64) ([]complex128, error) {
	n := len(l.K)
	if n == 0 || len(l.Rho) != n || len(l.Bottom) != n-1 || len(x) != len(z) {
		return nil, fmt.Errorf("exact: layers: %d wavenumbers, %d densities, %d interfaces, points with %d and %d coordinates", n, len(l.Rho), n-1, len(x), len(z))
	}
	if n > 1 && !(zs <= l.Bottom[0] && sort.Float64sAreSorted(l.Bottom)) {
		return nil, fmt.Errorf("exact: layers: source at %g m, interfaces at %g m", zs, l.Bottom)
	}
	out := make([]complex128, len(x))
	s := l.spectrum(zs, x)
	for i := range out {
		j := sort.SearchFloat64s(l.Bottom, z[i])
		out[i] = s.at(math.Abs(x[i]), z[i], j)
		if j == 0 {
			out[i] += l.point(math.Hypot(x[i], z[i]-zs))
			if l.Mirror != 0 {
				out[i] += complex(l.Mirror, 0) * l.point(math.Hypot(x[i], z[i]+zs))
			}
		}
	}
	return out, nil
}

func (l *Layers) point(r float64) complex128 {
	if l.Space {
		return Point(l.K[0], r)
	}
	return Line(l.K[0], r)
}

// spectrum is the integrand without its dependence on place: plane waves down and up in each layer.
type spectrum struct {
	l        *Layers
	kappa    []complex128
	q        [][]complex128 // vertical wavenumbers, layer by layer
	down, up [][]complex128 // amplitudes with weights, down from a layer's top and up from its bottom
}

// path goes below the real axis past the wavenumbers of the layers, then along it.
func (l *Layers) path(far float64) (kappa, w []complex128) {
	k := 0.
	for _, v := range l.K {
		k = max(k, cmplx.Abs(v))
	}
	t1, depth := 1.3*k, min(0.3*k, 6/max(far, 1e-300))
	g, wt := legendre(points)
	for i := range g {
		t := (g[i] + 1) / 2 * t1
		s, c := math.Sincos(math.Pi * t / t1)
		kappa = append(kappa, complex(t, -depth*s))
		w = append(w, complex(wt[i]/2*t1, 0)*complex(1, -depth*math.Pi/t1*c))
	}
	for i := range g {
		kappa = append(kappa, complex(t1+(g[i]+1)/2*10.7*k, 0))
		w = append(w, complex(wt[i]/2*10.7*k, 0))
	}
	return kappa, w
}

func (l *Layers) spectrum(zs float64, x []float64) *spectrum {
	far := 0.
	for _, v := range x {
		far = max(far, math.Abs(v))
	}
	n := len(l.K)
	s := &spectrum{l: l, q: make([][]complex128, n), down: make([][]complex128, n), up: make([][]complex128, n)}
	var w []complex128
	s.kappa, w = l.path(far)
	for j := range n {
		s.q[j], s.down[j], s.up[j] = make([]complex128, len(w)), make([]complex128, len(w)), make([]complex128, len(w))
	}
	q, refl, trans, den := make([]complex128, n), make([]complex128, n), make([]complex128, n), make([]complex128, n)
	for i, kappa := range s.kappa {
		for j, k := range l.K {
			q[j] = upper(k*k - kappa*kappa)
			s.q[j][i] = q[j]
		}
		l.coefficients(q, refl, trans, den)
		scale := w[i] * complex(0, 1/(2*math.Pi)) / q[0]
		if l.Space {
			scale *= kappa / 2
		}
		e := func(d float64) complex128 { return cmplx.Exp(1i * q[0] * complex(d, 0)) }
		m, first := complex(l.Mirror, 0), 0.
		if n > 1 {
			first = l.Bottom[0]
		}
		d := complex128(0) // down from the mirror, besides the straight wave
		if n > 1 || l.Mirror != 0 {
			d = m * (e(zs) + refl[0]*e(2*first-zs)) / (1 - m*refl[0]*e(2*first))
		}
		s.down[0][i] = (d - m*e(zs)) * scale
		if n == 1 {
			continue
		}
		s.up[0][i] = refl[0] * (e(first-zs) + d*e(first)) * scale
		a := (e(first-zs) + d*e(first)) * trans[0] / den[0] * scale
		for j := 1; j < n; j++ {
			s.down[j][i] = a
			if j < n-1 {
				th := cmplx.Exp(1i * q[j] * complex(l.Bottom[j]-l.Bottom[j-1], 0))
				s.up[j][i] = a * refl[j] * th
				a *= th * trans[j] / den[j]
			}
		}
	}
	return s
}

// coefficients are the reflection at the bottom of each layer of all that is below, and what is transmitted, from below upwards.
func (l *Layers) coefficients(q, refl, trans, den []complex128) {
	n := len(q)
	refl[n-1] = 0
	for j := n - 2; j >= 0; j-- {
		a, b := complex(l.Rho[j+1], 0)*q[j], complex(l.Rho[j], 0)*q[j+1]
		r := (a - b) / (a + b)
		trans[j] = 2 * a / (a + b)
		g := complex128(0)
		if j+1 < n-1 {
			g = refl[j+1] * cmplx.Exp(2i*q[j+1]*complex(l.Bottom[j+1]-l.Bottom[j], 0))
		}
		den[j] = 1 + r*g
		refl[j] = (r + g) / den[j]
	}
}

// at sums the plane waves of layer j at a place.
func (s *spectrum) at(x, z float64, j int) (sum complex128) {
	l := s.l
	top := 0.
	if j > 0 {
		top = l.Bottom[j-1]
	}
	last := j == len(l.K)-1
	for i, kappa := range s.kappa {
		if s.down[j][i] == 0 && s.up[j][i] == 0 {
			continue
		}
		v := s.down[j][i] * cmplx.Exp(1i*s.q[j][i]*complex(z-top, 0))
		if !last {
			v += s.up[j][i] * cmplx.Exp(1i*s.q[j][i]*complex(l.Bottom[j]-z, 0))
		}
		if l.Space {
			v *= Bessel0(kappa * complex(x, 0))
		} else {
			v *= cmplx.Cos(kappa * complex(x, 0))
		}
		sum += v
	}
	return sum
}
