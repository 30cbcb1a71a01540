package solver

import (
	"fmt"
	"math"
	"math/cmplx"

	"github.com/galeproject/gale/display"
)

// Data is what receivers record from sources at one frequency: one complex pressure for each pair, index is·len(Rec)+ir.
type Data struct {
	Freq     float64 // Hz
	Src, Rec []Point
	Each     [][]Point    // the receivers of each source where they differ, see Survey; nil: Rec
	Strength []complex128 // of the sources; nil: 1
	Values   []complex128
}

// Survey is the geometry that the data belong to.
func (d *Data) Survey() *Survey {
	s := &Survey{Src: d.Src, Rec: d.Rec, Each: d.Each, Strength: d.Strength}
	if d.Each != nil {
		s.Rec = nil
	}
	return s
}

// Add returns the sum. Nil stands for zero. The values of a sum of different shapes, frequencies or places are nil.
func (d *Data) Add(o *Data) *Data {
	switch {
	case d == nil:
		return o
	case o == nil:
		return d
	}
	r := *d
	r.Values = nil
	if len(d.Values) == len(o.Values) && d.Freq == o.Freq && d.Differs(o) == "" {
		r.Values = make([]complex128, len(d.Values))
		for i, v := range d.Values {
			r.Values[i] = v + o.Values[i]
		}
	}
	return &r
}

// Differs tells where two sets of data have different sources or receivers; "" is nowhere. Places are the same within a millionth of
// the largest coordinate of either.
func (d *Data) Differs(o *Data) string {
	if d == nil || o == nil {
		return "there are no data"
	}
	if len(d.Src) != len(o.Src) || len(d.Rec) != len(o.Rec) || (d.Each == nil) != (o.Each == nil) && len(d.Src) > 0 {
		return fmt.Sprintf("%d sources × %d receivers are not %d × %d", len(d.Src), len(d.Rec), len(o.Src), len(o.Rec))
	}
	if i := apart(d.Src, o.Src); i >= 0 {
		return fmt.Sprintf("source %d is at %v m, not at %v m", i, o.Src[i], d.Src[i])
	}
	if d.Each == nil {
		if i := apart(d.Rec, o.Rec); i >= 0 {
			return fmt.Sprintf("receiver %d is at %v m, not at %v m", i, o.Rec[i], d.Rec[i])
		}
		return ""
	}
	for s := range min(len(d.Each), len(o.Each)) {
		if len(d.Each[s]) != len(o.Each[s]) {
			return fmt.Sprintf("source %d has %d receivers, not %d", s, len(o.Each[s]), len(d.Each[s]))
		}
		if i := apart(d.Each[s], o.Each[s]); i >= 0 {
			return fmt.Sprintf("receiver %d of source %d is at %v m, not at %v m", i, s, o.Each[s][i], d.Each[s][i])
		}
	}
	return ""
}

// apart is the first of equally many points that is elsewhere, −1 for none.
func apart(a, b []Point) int {
	size := 0.
	for _, p := range a {
		size = max(size, math.Abs(p.X), math.Abs(p.Z), math.Abs(p.Y))
	}
	for i, p := range a {
		if q := b[i]; !(max(math.Abs(p.X-q.X), math.Abs(p.Z-q.Z), math.Abs(p.Y-q.Y)) <= 1e-6*size) {
			return i
		}
	}
	return -1
}

// NewData is a matrix of zeros.
func NewData(freq float64, src, rec []Point) *Data {
	return &Data{Freq: freq, Src: src, Rec: rec, Values: make([]complex128, len(src)*len(rec))}
}

// At is the pressure at receiver ir from source is.
func (d *Data) At(is, ir int) complex128 { return d.Values[is*len(d.Rec)+ir] }

// Gather is the receivers' pressures from source is; it shares memory with d.
func (d *Data) Gather(is int) []complex128 { return d.Values[is*len(d.Rec) : (is+1)*len(d.Rec)] }

// Split divides the data by sources into n parts of nearly the same size, fewer if there are fewer sources. They share memory with d.
// Data that lack values have no parts.
func (d *Data) Split(n int) []*Data {
	if d == nil || len(d.Values) != len(d.Src)*len(d.Rec) {
		return nil
	}
	n = min(n, len(d.Src))
	var parts []*Data
	for k := range n {
		a, b := k*len(d.Src)/n, (k+1)*len(d.Src)/n
		p := *d
		p.Src, p.Values = d.Src[a:b], d.Values[a*len(d.Rec):b*len(d.Rec)]
		if d.Each != nil {
			p.Each = d.Each[a:b]
			p.Rec = p.Each[0]
		}
		if d.Strength != nil {
			p.Strength = d.Strength[a:b]
		}
		parts = append(parts, &p)
	}
	return parts
}

// L2 is the norm of the difference, √Σ|d−obs|². With obs nil it is the norm of d. It is NaN when the shapes differ.
func (d *Data) L2(obs *Data) float64 {
	if d == nil || obs != nil && len(d.Values) != len(obs.Values) {
		return math.NaN()
	}
	var s, scale float64 // s·scale² is the sum, without overflow or underflow
	for i, v := range d.Values {
		if obs != nil {
			v -= obs.Values[i]
		}
		a := cmplx.Abs(v)
		switch {
		case a == 0:
		case a > scale:
			s = 1 + s*(scale/a)*(scale/a)
			scale = a
		default:
			s += (a / scale) * (a / scale)
		}
	}
	return scale * math.Sqrt(s)
}

// Sub returns the difference. Its values are nil when the shapes differ; of nil it is nil.
func (d *Data) Sub(o *Data) *Data {
	if d == nil {
		return nil
	}
	r := &Data{Freq: d.Freq, Src: d.Src, Rec: d.Rec, Each: d.Each, Strength: d.Strength}
	if o != nil && len(d.Values) == len(o.Values) {
		r.Values = make([]complex128, len(d.Values))
		for i, v := range d.Values {
			r.Values[i] = v - o.Values[i]
		}
	}
	return r
}

// String is the data in one line.
func (d *Data) String() string {
	if d == nil {
		return "<nil>"
	}
	s := fmt.Sprintf("data at %.4g Hz, %d sources × %d receivers", d.Freq, len(d.Src), len(d.Rec))
	if lo, hi := d.amplitudes(); hi > 0 {
		s += fmt.Sprintf(", amplitude %.3g to %.3g Pa", lo, hi)
	}
	return s
}

func (d *Data) amplitudes() (lo, hi float64) {
	for i, v := range d.Values {
		a := cmplx.Abs(v)
		if i == 0 {
			lo = a
		}
		lo, hi = min(lo, a), max(hi, a)
	}
	return lo, hi
}

// Row is the data's line in a table.
func (d *Data) Row() [][2]string {
	if d == nil {
		return nil
	}
	lo, hi := d.amplitudes()
	return [][2]string{
		{"frequency (Hz)", fmt.Sprintf("%.6g", d.Freq)},
		{"sources", fmt.Sprint(len(d.Src))},
		{"receivers", fmt.Sprint(len(d.Rec))},
		{"smallest (Pa)", fmt.Sprintf("%.3g", lo)},
		{"largest (Pa)", fmt.Sprintf("%.3g", hi)},
	}
}

// Bundle shows amplitude, in decibels below the largest, and phase of the data matrix.
func (d *Data) Bundle() display.Bundle {
	if d == nil || len(d.Values) == 0 || len(d.Values) != len(d.Src)*len(d.Rec) {
		return display.Text(d.String())
	}
	_, top := d.amplitudes()
	amp, phase := make([]float64, len(d.Values)), make([]float64, len(d.Values))
	for i, v := range d.Values {
		amp[i] = max(20*math.Log10(max(cmplx.Abs(v), 1e-300)/max(top, 1e-300)), -200)
		phase[i] = cmplx.Phase(v)
	}
	h := display.Heat{
		Title: fmt.Sprintf("amplitude at %.4g Hz", d.Freq), Nx: len(d.Rec), Ny: len(d.Src), Values: amp, Free: true,
		X: display.Axis{Name: "receiver", Lo: -0.5, Hi: float64(len(d.Rec)) - 0.5}, Y: display.Axis{Name: "source", Lo: -0.5, Hi: float64(len(d.Src)) - 0.5},
		Bar: display.Axis{Name: "below the largest", Unit: "dB"}, Lo: -min(Clip(amp, 0.99), 80), Hi: 0,
	}
	p := h
	p.Title, p.Values, p.Colors = fmt.Sprintf("phase at %.4g Hz", d.Freq), phase, display.Cyclic
	p.Bar, p.Lo, p.Hi = display.Axis{Name: "phase", Unit: "rad"}, -math.Pi, math.Pi
	return display.Picture(d.String(), h, p)
}
