package solver

import (
	"fmt"
	"math"
	"math/cmplx"

	"github.com/galeproject/gale/display"
)

// Field is the pressure of one frequency and one source on the nodes of a grid, index iz·(Nx+1)+ix.
type Field struct {
	Grid
	Freq    float64 // Hz
	Src     Point
	Values  []complex128
	Outline []uint8 // the model's speeds in 255 steps, one a cell, for pictures; nil: none
}

// SetOutline takes the model's speeds as the outline of the field's pictures.
func (f *Field) SetOutline(m *Model) {
	f.Outline = nil
	if m != nil && m.Nx == f.Nx && m.Nz == f.Nz {
		f.Outline = shade(m.C)
	}
}

// At is the pressure at node (ix, iz).
func (f *Field) At(ix, iz int) complex128 { return f.Values[iz*(f.Nx+1)+ix] }

// Real is the real part: what the wave looks like at one moment.
func (f *Field) Real() *Image {
	return f.image("real part", "pressure", "Pa", display.Diverging, func(v complex128) float64 { return real(v) })
}

// Imag is the imaginary part: the wave a quarter of a period later.
func (f *Field) Imag() *Image {
	return f.image("imaginary part", "pressure", "Pa", display.Diverging, func(v complex128) float64 { return imag(v) })
}

// Phase is the angle in radians, −π to π.
func (f *Field) Phase() *Image {
	m := f.image("phase", "phase", "rad", display.Cyclic, cmplx.Phase)
	m.Lo, m.Hi = -math.Pi, math.Pi
	return m
}

// Abs is the amplitude.
func (f *Field) Abs() *Image {
	m := f.image("amplitude", "amplitude", "Pa", display.Sequential, cmplx.Abs)
	m.Hi = Clip(m.Values, 0.99)
	return m
}

func (f *Field) image(part, name, unit string, c display.Colors, of func(complex128) float64) *Image {
	m := &Image{
		Grid: f.Grid, OnNodes: true, Name: name, Unit: unit, Colors: c, Outline: f.Outline,
		Title: fmt.Sprintf("%s at %.4g Hz, source at %v m", part, f.Freq, f.Src), Values: make([]float64, len(f.Values)),
	}
	for i, v := range f.Values {
		m.Values[i] = of(v)
	}
	return m
}

// String is the field in one line.
func (f *Field) String() string {
	if f == nil {
		return "<nil>"
	}
	return fmt.Sprintf("field at %.4g Hz, source at %v m, %v", f.Freq, f.Src, f.Grid)
}

// Bundle shows the real part.
func (f *Field) Bundle() display.Bundle {
	if f == nil {
		return display.Text("<nil>")
	}
	return display.Picture(f.String(), f.Real().Heat())
}

// Add returns the sum of two fields. Nil stands for zero. The values of a sum of different shapes are nil.
func (f *Field) Add(o *Field) *Field {
	switch {
	case f == nil:
		return o
	case o == nil:
		return f
	}
	s := *f
	s.Values = nil
	if f.Grid == o.Grid && len(f.Values) == len(o.Values) {
		s.Values = make([]complex128, len(f.Values))
		for i, v := range f.Values {
			s.Values[i] = v + o.Values[i]
		}
	}
	return &s
}
