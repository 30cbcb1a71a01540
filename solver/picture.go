package solver

import (
	"math"
	"slices"

	"github.com/galeproject/gale/display"
)

// heat is a picture of values on the cells of a grid, or on its nodes.
func heat(g Grid, v []float64, nodes bool) display.Heat {
	h := display.Heat{
		Nx: g.Nx, Ny: g.Nz, Values: v,
		X: display.Axis{Name: "x", Unit: "m", Lo: g.X0, Hi: g.X0 + g.Width()},
		Y: display.Axis{Name: "depth", Unit: "m", Lo: g.Z0, Hi: g.Z0 + g.Height()},
	}
	if nodes {
		h.Nx, h.Ny, h.Smooth = g.Nx+1, g.Nz+1, true
		h.X.Lo, h.X.Hi = h.X.Lo-g.Dx/2, h.X.Hi+g.Dx/2
		h.Y.Lo, h.Y.Hi = h.Y.Lo-g.Dz/2, h.Y.Hi+g.Dz/2
	}
	return h
}

// Clip is a value that a fraction part of the absolute values does not exceed: a range of colours that a point source does not
// swallow.
func Clip(v []float64, part float64) float64 {
	a := make([]float64, 0, len(v))
	for _, x := range v {
		if finite(x) {
			a = append(a, math.Abs(x))
		}
	}
	slices.Sort(a)
	if len(a) == 0 || a[len(a)-1] == 0 {
		return 1
	}
	if v := a[int(part*float64(len(a)-1))]; v > 0 {
		return v
	}
	return max(a[len(a)-1], 1e-300)
}

// shade is the model's speed in 255 steps, for its outline in pictures.
func shade(c []float64) []uint8 {
	lo, hi := span(c)
	s := make([]uint8, len(c))
	if hi > lo {
		for i, v := range c {
			s[i] = uint8((v - lo) / (hi - lo) * 255)
		}
	}
	return s
}
