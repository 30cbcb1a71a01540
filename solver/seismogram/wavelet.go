package seismogram

import (
	"fmt"
	"math"
	"math/cmplx"
)

// Wavelet is what a source sends out: a signal and its spectrum ∫w(t)·e^{iωt}dt, which must hold for complex ω too.
type Wavelet interface {
	At(t float64) float64
	Spectrum(omega complex128) complex128
}

// Ricker is the second derivative of a Gaussian, (1−2a)·e^{−a} with a = (πf(t−t₀))², of peak 1.
type Ricker struct {
	Peak  float64 // frequency of the largest amplitude, Hz
	Delay float64 // t₀, s; 1.5/Peak keeps all but 1e-8 of it at t > 0
}

// At is the value at time t.
func (r Ricker) At(t float64) float64 {
	a := math.Pi * r.Peak * (t - r.Delay)
	return (1 - 2*a*a) * math.Exp(-a*a)
}

// Spectrum is 4√π·ω²/ω_p³·e^{−ω²/ω_p²}·e^{iωt₀}.
func (r Ricker) Spectrum(omega complex128) complex128 {
	p := complex(2*math.Pi*r.Peak, 0)
	return complex(4*math.Sqrt(math.Pi), 0) * omega * omega / (p * p * p) * cmplx.Exp(-omega*omega/(p*p)+1i*omega*complex(r.Delay, 0))
}

// String is the wavelet in one line.
func (r Ricker) String() string {
	return fmt.Sprintf("Ricker wavelet of %g Hz at %g s", r.Peak, r.Delay)
}

// Kuepper is the wavelet of N extrema (Küpper 1958), often written Keuper: sin(Nπt/W) − N/(N+2)·sin((N+2)πt/W) for 0 ≤ t ≤ W.
type Kuepper struct {
	N     int
	Width float64 // W, s
}

// At is the value at time t.
func (k Kuepper) At(t float64) float64 {
	if t < 0 || t > k.Width {
		return 0
	}
	n := float64(k.N)
	return math.Sin(n*math.Pi*t/k.Width) - n/(n+2)*math.Sin((n+2)*math.Pi*t/k.Width)
}

// Spectrum is that of two sines cut off at the width.
func (k Kuepper) Spectrum(omega complex128) complex128 {
	n := float64(k.N)
	return sine(omega, n*math.Pi/k.Width, k.Width) - complex(n/(n+2), 0)*sine(omega, (n+2)*math.Pi/k.Width, k.Width)
}

// sine is ∫₀^w sin(at)·e^{iωt}dt = [e(ω+a) − e(ω−a)]/2i, with e(s) = ∫₀^w e^{ist}dt = w·e^{isw/2}·sin(sw/2)/(sw/2).
func sine(omega complex128, a, w float64) complex128 {
	e := func(s complex128) complex128 {
		h := s * complex(w/2, 0)
		sinc := 1 - h*h/6
		if cmplx.Abs(h) > 1e-4 {
			sinc = cmplx.Sin(h) / h
		}
		return complex(w, 0) * cmplx.Exp(1i*h) * sinc
	}
	return (e(omega+complex(a, 0)) - e(omega-complex(a, 0))) / 2i
}

// String is the wavelet in one line.
func (k Kuepper) String() string {
	return fmt.Sprintf("Küpper wavelet of %d extrema, %g s", k.N, k.Width)
}

// Sampled is a wavelet of samples, 0 before and after them: a measured signature.
type Sampled struct {
	Dt, T0 float64 // s
	Values []float64
}

// At is the value at time t, on straight lines between samples.
func (s Sampled) At(t float64) float64 {
	u := (t - s.T0) / s.Dt
	i := int(math.Floor(u))
	if !(u >= 0) || i >= len(s.Values) {
		return 0
	}
	if i == len(s.Values)-1 {
		if u == float64(i) {
			return s.Values[i]
		}
		return 0
	}
	return s.Values[i] + (u-float64(i))*(s.Values[i+1]-s.Values[i])
}

// Spectrum is the sum of the samples' spectra, times Dt.
func (s Sampled) Spectrum(omega complex128) complex128 {
	return transform(s.Values, s.Dt, s.T0, omega)
}

// transform is dt·Σ v_j·e^{iωt_j}.
func transform(v []float64, dt, t0 float64, omega complex128) complex128 {
	var sum complex128
	step := cmplx.Exp(1i * omega * complex(dt, 0))
	e := cmplx.Exp(1i * omega * complex(t0, 0))
	for j, x := range v {
		if j%256 == 0 { // no drift
			e = cmplx.Exp(1i * omega * complex(t0+float64(j)*dt, 0))
		}
		sum += complex(x, 0) * e
		e *= step
	}
	return sum * complex(dt, 0)
}

// String is the wavelet in one line.
func (s Sampled) String() string {
	return fmt.Sprintf("wavelet of %d samples of %g s from %g s", len(s.Values), s.Dt, s.T0)
}
