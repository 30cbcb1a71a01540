package display

import "math"

// Shade is an array whose steps are drawn as darker lines over a picture: the outline of something that the picture is about. It
// has cells of its own, on the axes of the picture.
type Shade struct {
	Nx, Ny             int
	XLo, XHi, YLo, YHi float64
	Values             []uint8 // Ny rows of Nx
}

func (s *Shade) fits() bool {
	return s.Nx > 0 && s.Ny > 0 && s.Nx <= math.MaxInt32/s.Ny && len(s.Values) == s.Nx*s.Ny && finite(s.XLo, s.XHi, s.YLo, s.YHi) &&
		s.XHi > s.XLo && s.YHi > s.YLo
}

// contrast is the smallest difference over an interface, of 255, that is drawn.
const contrast = 6

// lines are the edges of cells on which an outline runs.
type lines struct {
	s            *Shade
	right, below []bool // of each cell
}

// outline finds the lines. An interface that runs through cells, whose values are then between those of its sides, has several
// steps in a row: only the largest of them is drawn, and only across the direction in which the values change more.
func (s *Shade) outline() *lines {
	if s == nil {
		return nil
	}
	l := &lines{s: s, right: make([]bool, len(s.Values)), below: make([]bool, len(s.Values))}
	for j := range s.Ny {
		for i := range s.Nx {
			alongX := func(d int) int { return s.at(i+d, j) }
			alongY := func(d int) int { return s.at(i, j+d) }
			across := max(apart(alongX(-1), alongX(1)), apart(s.at(i, j+1), s.at(i+1, j+1)))
			down := max(apart(alongY(-1), alongY(1)), apart(s.at(i+1, j-1), s.at(i+1, j+1)))
			l.right[j*s.Nx+i] = ridge(alongX) && apart(alongX(-1), alongX(2)) >= down
			l.below[j*s.Nx+i] = ridge(alongY) && apart(alongY(-1), alongY(2)) >= across
		}
	}
	return l
}

// ridge tells whether the step from 0 to 1 is the largest of three and belongs to an interface.
func ridge(at func(d int) int) bool {
	step := apart(at(0), at(1))
	return step > 0 && apart(at(-1), at(2)) >= contrast && step >= apart(at(-1), at(0)) && step > apart(at(1), at(2))
}

func apart(a, b int) int { return max(a-b, b-a) }

// at is the value of the nearest cell.
func (s *Shade) at(i, j int) int {
	return int(s.Values[min(max(j, 0), s.Ny-1)*s.Nx+min(max(i, 0), s.Nx-1)])
}

// crossed tells whether a line passes between the place (x, y) and its neighbours a pixel to the right or below.
func (l *lines) crossed(x, y, dx, dy float64) bool {
	if l == nil {
		return false
	}
	s := l.s
	cell := func(v, lo, hi float64, n int) int {
		return min(max(int(math.Floor((v-lo)/(hi-lo)*float64(n))), 0), n-1)
	}
	i, j := cell(x, s.XLo, s.XHi, s.Nx), cell(y, s.YLo, s.YHi, s.Ny)
	at := j*s.Nx + i
	return l.right[at] && cell(x+dx, s.XLo, s.XHi, s.Nx) > i || l.below[at] && cell(y+dy, s.YLo, s.YHi, s.Ny) > j
}
