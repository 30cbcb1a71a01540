package display

import (
	"fmt"
	"math"
)

// Axis is one direction of a picture. Lo and Hi are the outer edges of the first and last cell, in Unit.
type Axis struct {
	Name, Unit string
	Lo, Hi     float64
}

func (a Axis) label() string {
	if a.Unit == "" {
		return a.Name
	}
	return a.Name + " (" + a.Unit + ")"
}

// Heat is an array on a regular grid to be drawn with colours. Row 0 is at the top: y grows downwards, as depth does.
type Heat struct {
	Title  string
	X, Y   Axis
	Nx, Ny int
	Values []float64 // Ny rows of Nx; NaN is drawn grey
	Colors Colors
	Lo, Hi float64 // the range of colours; values outside take the end colours. Equal: the range of the values
	Bar    Axis    // name and unit of the values; Lo and Hi are not used
	Smooth bool    // interpolate between values instead of drawing cells
	Free   bool    // x and y are different things: do not keep their proportion
	Shade  *Shade  // nil: none
}

func (h *Heat) check() error {
	switch {
	case h.Nx < 1 || h.Ny < 1 || h.Nx > math.MaxInt32/h.Ny || len(h.Values) != h.Nx*h.Ny:
		return fmt.Errorf("display: drawing %q: %d values for %d×%d cells", h.Title, len(h.Values), h.Nx, h.Ny)
	case h.Shade != nil && !h.Shade.fits():
		return fmt.Errorf("display: drawing %q: the shade has %d values for %d×%d cells", h.Title, len(h.Shade.Values), h.Shade.Nx, h.Shade.Ny)
	case !finite(h.X.Lo, h.X.Hi, h.Y.Lo, h.Y.Hi, h.Lo, h.Hi) || h.X.Hi <= h.X.Lo || h.Y.Hi <= h.Y.Lo:
		return fmt.Errorf("display: drawing %q: axes %g…%g, %g…%g, colours %g…%g", h.Title, h.X.Lo, h.X.Hi, h.Y.Lo, h.Y.Hi, h.Lo, h.Hi)
	}
	return nil
}

func finite(vs ...float64) bool {
	for _, v := range vs {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// limits returns the range of colours, never empty.
func (h *Heat) limits() (lo, hi float64) {
	lo, hi = h.Lo, h.Hi
	if lo == hi {
		lo, hi = math.Inf(1), math.Inf(-1)
		for _, v := range h.Values {
			if finite(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	if lo > hi { // no finite value
		return 0, 1
	}
	lo, hi = min(max(lo, -1e300), 1e300), min(max(hi, -1e300), 1e300)
	big := max(math.Abs(lo), math.Abs(hi))
	switch d := hi - lo; {
	case big < 1e-290: // ticks cannot be told apart
		return -1, 1
	case d <= 1e-9*big:
		return lo - 0.01*big, hi + 0.01*big
	}
	return lo, hi
}

// sample returns the value at (u, v), both 0…1 from the upper left corner of the grid; du and dv are the size of a pixel.
func (h *Heat) sample(u, v, du, dv float64) float64 {
	x, y := u*float64(h.Nx), v*float64(h.Ny)
	wx, wy := du*float64(h.Nx), dv*float64(h.Ny)
	if wx > 1 || wy > 1 { // several cells a pixel: their mean
		return h.mean(x-wx/2, x+wx/2, y-wy/2, y+wy/2)
	}
	if !h.Smooth {
		return h.at(int(x), int(y))
	}
	x, y = x-0.5, y-0.5
	i, j := math.Floor(x), math.Floor(y)
	fx, fy := x-i, y-j
	a, b := h.at(int(i), int(j)), h.at(int(i)+1, int(j))
	c, d := h.at(int(i), int(j)+1), h.at(int(i)+1, int(j)+1)
	if h.Colors == Cyclic { // neighbours may lie a turn apart
		turn := h.Hi - h.Lo
		b, c, d = nearest(a, b, turn), nearest(a, c, turn), nearest(a, d, turn)
		m := (a*(1-fx)+b*fx)*(1-fy) + (c*(1-fx)+d*fx)*fy
		return nearest((h.Lo+h.Hi)/2, m, turn)
	}
	return (a*(1-fx)+b*fx)*(1-fy) + (c*(1-fx)+d*fx)*fy
}

// nearest moves v by whole turns to within half a turn of a.
func nearest(a, v, turn float64) float64 {
	if turn <= 0 {
		return v
	}
	return v - turn*math.Round((v-a)/turn)
}

func (h *Heat) mean(x0, x1, y0, y1 float64) float64 {
	var s float64
	n := 0
	for j := int(y0 + 0.5); j <= max(int(y1-0.5), int(y0+0.5)); j++ {
		for i := int(x0 + 0.5); i <= max(int(x1-0.5), int(x0+0.5)); i++ {
			s += h.at(i, j)
			n++
		}
	}
	return s / float64(n)
}

// at is the value of the nearest cell.
func (h *Heat) at(i, j int) float64 {
	return h.Values[min(max(j, 0), h.Ny-1)*h.Nx+min(max(i, 0), h.Nx-1)]
}
