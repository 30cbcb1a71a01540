package solver

import (
	"fmt"

	"github.com/galeproject/gale/display"
)

// Image is one number a cell or a node of a grid, and how to draw it: a gradient, a part of a field.
type Image struct {
	Grid
	OnNodes bool // (Nx+1)×(Nz+1) values on the corners of cells, else Nx×Nz values in cells
	Title   string
	Name    string // of the values
	Unit    string // of the values, "" if they have none
	Values  []float64
	Colors  display.Colors
	Lo, Hi  float64 // the range of colours; equal: chosen from the values
	Outline []uint8 // a model's speeds in 255 steps, one a cell, whose steps are drawn over the picture; nil: none
	Problem string  // why this image is not what was asked for: it then has no values
}

// NewImage is an image of one value a cell of a model, with the model's outline. Without a model, or with another number of values, it
// tells its Problem.
func NewImage(m *Model, values []float64) *Image {
	switch {
	case m == nil:
		return &Image{Problem: "there is no model"}
	case m.Problem != "":
		return &Image{Problem: m.Problem}
	case len(values) != m.Cells() || m.Grid.Check() != nil:
		return &Image{Problem: fmt.Sprintf("%d values for %d×%d cells", len(values), m.Nx, m.Nz)}
	}
	return &Image{Grid: m.Grid, Values: values, Outline: shade(m.C)}
}

// Add returns the sum of two images. Nil stands for zero. The sum of images of different shape has no values and says so in its
// Problem, so that Add can be the operation of a reduction.
func (m *Image) Add(o *Image) *Image {
	switch {
	case m == nil:
		return o
	case o == nil || m.Problem != "":
		return m
	case o.Problem != "":
		return o
	}
	s := *m
	if m.Grid != o.Grid || m.OnNodes != o.OnNodes || len(m.Values) != len(o.Values) {
		s.Values = nil
		s.Problem = fmt.Sprintf("an image of %v cannot be added to one of %v", o.Grid, m.Grid)
		return &s
	}
	s.Lo, s.Hi = 0, 0
	s.Values = make([]float64, len(m.Values))
	for i, v := range m.Values {
		s.Values[i] = v + o.Values[i]
	}
	return &s
}

// String is the image in one line.
func (m *Image) String() string {
	switch {
	case m == nil:
		return "<nil>"
	case m.Problem != "":
		return "no image: " + m.Problem
	}
	lo, hi := span(m.Values)
	s := fmt.Sprintf("%v, %.4g to %.4g", m.Grid, lo, hi)
	if m.Unit != "" {
		s += " " + m.Unit
	}
	if m.Title != "" {
		s = m.Title + ": " + s
	}
	return s
}

// Bundle shows the picture.
func (m *Image) Bundle() display.Bundle {
	if m == nil || m.Problem != "" {
		return display.Text(m.String())
	}
	return display.Picture(m.String(), m.Heat())
}

// Heat is the picture, to be drawn beside others.
func (m *Image) Heat() display.Heat {
	h := heat(m.Grid, m.Values, m.OnNodes)
	h.Title = m.Title
	h.Colors, h.Lo, h.Hi = m.Colors, m.Lo, m.Hi
	if h.Lo == h.Hi && m.Colors == display.Diverging {
		h.Hi = Clip(m.Values, 0.99)
		h.Lo = -h.Hi
	}
	h.Bar = display.Axis{Name: m.Name, Unit: m.Unit}
	h.Shade = m.outline()
	return h
}

// outline is the model's outline for the picture.
func (m *Image) outline() *display.Shade {
	if len(m.Outline) != m.Cells() || m.Cells() == 0 {
		return nil
	}
	return &display.Shade{
		Nx: m.Nx, Ny: m.Nz, XLo: m.X0, XHi: m.X0 + m.Width(), YLo: m.Z0, YHi: m.Z0 + m.Height(), Values: m.Outline,
	}
}
