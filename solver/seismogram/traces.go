package seismogram

import (
	"fmt"
	"math"
	"math/cmplx"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/solver"
)

// Traces are the seismograms of a survey: sample it of receiver ir from source is has index (is·len(Rec)+ir)·Nt+it and time T0+it·Dt.
type Traces struct {
	Dt, T0   float64 // s
	Nt       int
	Src, Rec []solver.Point
	Values   []float64
	Name     string // of the wavelet
}

// Check returns an error that tells what is wrong with the numbers.
func (t *Traces) Check() error {
	switch {
	case t == nil:
		return fmt.Errorf("seismogram: checking traces: there are none")
	case !(t.Dt > 0) || math.IsInf(t.Dt, 0) || math.IsNaN(t.T0) || math.IsInf(t.T0, 0) || t.Nt < 1:
		return fmt.Errorf("seismogram: checking traces: %d samples of %g s from %g s", t.Nt, t.Dt, t.T0)
	case len(t.Src) == 0 || len(t.Rec) == 0 || len(t.Values) != len(t.Src)*len(t.Rec)*t.Nt:
		return fmt.Errorf("seismogram: checking traces: %d values for %d sources × %d receivers × %d samples", len(t.Values), len(t.Src), len(t.Rec), t.Nt)
	}
	return nil
}

// Trace is the seismogram of receiver ir from source is; it shares memory with t.
func (t *Traces) Trace(is, ir int) []float64 {
	i := (is*len(t.Rec) + ir) * t.Nt
	return t.Values[i : i+t.Nt : i+t.Nt]
}

// Gather is what all receivers record from source is; it shares memory with t.
func (t *Traces) Gather(is int) *Traces {
	n := len(t.Rec) * t.Nt
	g := *t
	g.Src, g.Values = t.Src[is:is+1], t.Values[is*n:(is+1)*n:(is+1)*n]
	return &g
}

// Data is the traces' spectrum at one frequency under a damping time tau in seconds, which may be +Inf or 0 for none: what an FDFD kernel
// of that frequency and damping computes, times the wavelet's spectrum.
func (t *Traces) Data(freq, tau float64) *solver.Data {
	d := solver.NewData(freq, t.Src, t.Rec)
	for i := range d.Values {
		d.Values[i] = transform(t.Values[i*t.Nt:(i+1)*t.Nt], t.Dt, t.T0, angular(freq, tau))
	}
	return d
}

// angular is ω = 2πf + i/τ.
func angular(freq, tau float64) complex128 {
	if tau == 0 {
		return complex(2*math.Pi*freq, 0)
	}
	return complex(2*math.Pi*freq, 1/tau)
}

// String is the traces in one line.
func (t *Traces) String() string {
	if t == nil {
		return "<nil>"
	}
	s := fmt.Sprintf("seismograms of %d sources × %d receivers, %d samples of %.4g s from %.4g s", len(t.Src), len(t.Rec), t.Nt, t.Dt, t.T0)
	if t.Name != "" {
		s += ", " + t.Name
	}
	return s
}

// Bundle shows the gather of the middle source: time downwards, a receiver a column.
func (t *Traces) Bundle() display.Bundle {
	if t.Check() != nil {
		return display.Text(t.String())
	}
	is := len(t.Src) / 2
	g := t.Gather(is)
	h := display.Heat{
		Title: fmt.Sprintf("source %d at %v m", is, t.Src[is]), Nx: len(t.Rec), Ny: t.Nt, Values: make([]float64, len(g.Values)), Free: true,
		X:   display.Axis{Name: "receiver", Lo: -0.5, Hi: float64(len(t.Rec)) - 0.5},
		Y:   display.Axis{Name: "time", Unit: "s", Lo: t.T0 - t.Dt/2, Hi: t.T0 + (float64(t.Nt)-0.5)*t.Dt},
		Bar: display.Axis{Name: "pressure", Unit: "Pa"}, Colors: display.Diverging,
	}
	if x := t.Rec; len(x) > 1 && even(x) {
		half := (x[len(x)-1].X - x[0].X) / float64(len(x)-1) / 2
		h.X = display.Axis{Name: "receiver x", Unit: "m", Lo: x[0].X - half, Hi: x[len(x)-1].X + half}
	}
	for ir := range t.Rec {
		for it, v := range g.Trace(0, ir) {
			h.Values[it*len(t.Rec)+ir] = v
		}
	}
	h.Hi = solver.Clip(g.Values, 0.98)
	h.Lo = -h.Hi
	return display.Picture(t.String(), h)
}

// even tells whether receivers go to the right in equal steps.
func even(x []solver.Point) bool {
	d := (x[len(x)-1].X - x[0].X) / float64(len(x)-1)
	for i := 1; i < len(x); i++ {
		if !(math.Abs(x[i].X-x[i-1].X-d) <= 0.01*d) {
			return false
		}
	}
	return d > 0
}

// Signature estimates the source's complex strength at one frequency: what data computed with strength 1 must be multiplied by to be
// nearest to the observed ones, ⟨d, obs⟩/⟨d, d⟩ over all their values. It is NaN when the shapes differ or d is zero.
func Signature(d, obs *solver.Data) complex128 {
	if d == nil || obs == nil || len(d.Values) != len(obs.Values) {
		return cmplx.NaN()
	}
	scale := 0.
	for _, v := range d.Values {
		scale = max(scale, cmplx.Abs(v))
	}
	var a, b complex128
	for i, v := range d.Values {
		v /= complex(scale, 0)
		a += cmplx.Conj(v) * obs.Values[i]
		b += cmplx.Conj(v) * v
	}
	return a / b / complex(scale, 0)
}
