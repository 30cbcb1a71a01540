package seismogram

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/galeproject/gale/solver"
)

// still stands for the frequency 0 in units of 1/T, since kernels want a positive one.
const still = 1e-9

// Band returns the frequencies in Hz that a time series of period T seconds needs: n/T for n = 0 to fmax·T. The first is not 0 but
// 1e-9/T, which is 0 to rounding and accepted by kernels that are damped.
func Band(period, fmax float64) []float64 {
	n := int(math.Floor(fmax*period + 1e-9))
	if !(period > 0) || !(fmax > 0) || n > 1<<20 {
		return nil
	}
	f := make([]float64, n+1)
	f[0] = still / period
	for i := 1; i <= n; i++ {
		f[i] = float64(i) / period
	}
	return f
}

// Synthesize makes time series of period T seconds from data of the frequencies n/T, in any order, computed with damping time tau in
// seconds (0: none) and sources of strength 1:
//
//	u(t) = e^{t/τ}·(2/T)·Re[½U₀S₀ + Σ U_n·S_n·e^{−2πint/T}],  S the wavelet's spectrum at 2πn/T + i/τ.
//
// dt is the sampling interval, which becomes T over a whole number. No frequency between the lowest and the highest may be missing;
// those below the lowest and above the highest count as zero.
func Synthesize(data []*solver.Data, w Wavelet, period, tau, dt float64) (*Traces, error) {
	if !(period > 0) || math.IsInf(period, 0) || !(tau >= 0) || !(dt > 0) || period/dt > 1<<24 {
		return nil, fmt.Errorf("seismogram: making time series: period %g s, damping time %g s, interval %g s", period, tau, dt)
	}
	if w == nil {
		return nil, errors.New("seismogram: making time series: there is no wavelet")
	}
	order, err := numbered(data, period)
	if err != nil {
		return nil, fmt.Errorf("seismogram: making time series: %w", err)
	}
	nt := int(math.Ceil(period/dt - 1e-9))
	top := order[len(order)-1].n
	if nt < 2*top+1 {
		return nil, fmt.Errorf("seismogram: making time series: an interval of %g s is too long for %g Hz, at most %.4g s is possible", dt, float64(top)/period, period/float64(2*top+1))
	}
	d := order[0].d
	t := &Traces{Dt: period / float64(nt), Nt: nt, Src: d.Src, Rec: d.Rec, Values: make([]float64, len(d.Values)*nt), Name: fmt.Sprint(w)}
	factor := make([]complex128, len(order))
	for i, o := range order {
		factor[i] = w.Spectrum(angular(float64(o.n)/period, tau)) / complex(period, 0)
		if cmplx.IsNaN(factor[i]) || cmplx.IsInf(factor[i]) {
			return nil, fmt.Errorf("seismogram: making time series: %v has spectrum %g at %g Hz", w, factor[i], float64(o.n)/period)
		}
	}
	grow := growth(t.Dt, tau, nt)
	fft := fourier.NewFFT(nt)
	coef := make([]complex128, nt/2+1)
	for i := range d.Values {
		for j, o := range order {
			coef[o.n] = cmplx.Conj(o.d.Values[i] * factor[j]) // Sequence sums c·e^{+2πint/T} and adds the conjugates
		}
		coef[0] = complex(real(coef[0]), 0)
		trace := fft.Sequence(t.Values[i*nt:(i+1)*nt], coef)
		for it := range trace {
			trace[it] *= grow[it]
		}
	}
	return t, nil
}

// growth is e^{t/τ}.
func growth(dt, tau float64, nt int) []float64 {
	g := make([]float64, nt)
	for i := range g {
		g[i] = 1
		if tau > 0 {
			g[i] = math.Exp(float64(i) * dt / tau)
		}
	}
	return g
}

// harmonic is data of frequency n/T.
type harmonic struct {
	n int
	d *solver.Data
}

// numbered sorts data by their multiple of 1/T.
func numbered(data []*solver.Data, period float64) ([]harmonic, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("there are no data")
	}
	var order []harmonic
	for i, d := range data {
		if d == nil || len(d.Values) != len(data[0].Values) || len(d.Src) != len(data[0].Src) || len(d.Rec) != len(data[0].Rec) || len(d.Values) != len(d.Src)*len(d.Rec) {
			return nil, fmt.Errorf("data %d (%v) have another shape than the first (%v)", i, d, data[0])
		}
		n := math.Round(d.Freq * period)
		if !(n >= 0) || n > 1<<20 || math.Abs(d.Freq*period-n) > 1e-6 {
			return nil, fmt.Errorf("data %d are of %g Hz, which is no multiple of 1/T = %g Hz", i, d.Freq, 1/period)
		}
		order = append(order, harmonic{int(n), d})
	}
	slices.SortFunc(order, func(a, b harmonic) int { return a.n - b.n })
	for i := 1; i < len(order); i++ {
		switch order[i].n - order[i-1].n {
		case 1:
		case 0:
			return nil, fmt.Errorf("%g Hz is there twice", order[i].d.Freq)
		default:
			return nil, fmt.Errorf("%g Hz is missing", float64(order[i-1].n+1)/period)
		}
	}
	return order, nil
}
