// Package seismogram turns pressures of single frequencies into time series, and back: wavelets, the transform with the damping undone,
// gathers that draw themselves.
//
// A series of period T needs the frequencies n/T for n = 0 to fmax·T ([Band]), computed with a damping time τ of T/4 to T/3
// (fdfd.Damping): waves that arrive after T would otherwise appear at the beginning, and come down to e^{−T/τ} so. [Synthesize] multiplies
// by the wavelet's spectrum, transforms, and multiplies by e^{t/τ}.
//
// The forward transform is ∫u(t)·e^{+iωt}dt, which goes with the solver's e^{−iωt}. Times are in seconds, frequencies in Hz.
//
// The package never computes a wave, and never changes a value given to it.
package seismogram
