package solver

import "math"

// Smooth returns a model whose speeds are smoothed by a Gaussian of standard deviations x and z in metres, cut off at four of them and
// mirrored at the edges. Given densities and losses 1/Q are smoothed likewise.
func (m *Model) Smooth(x, z float64) *Model {
	s := m.Clone()
	if len(m.C) != m.Cells() {
		return s
	}
	s.C = Blur(m.Grid, m.C, x, z)
	if m.Rho != nil {
		s.Rho = Blur(m.Grid, m.Rho, x, z)
	}
	if m.Q != nil {
		for i, q := range m.Q {
			s.Q[i] = 1 / q
		}
		s.Q = Blur(m.Grid, s.Q, x, z)
		for i, l := range s.Q {
			s.Q[i] = 1 / l
		}
	}
	return s
}

// Blur convolves values, one a cell, with a Gaussian of standard deviations x and z in metres, cut off at four of them and mirrored at
// the edges. As a matrix it is symmetric. Of another number of values it is nil.
func Blur(g Grid, v []float64, x, z float64) []float64 {
	if g.Check() != nil || len(v) != g.Cells() {
		return nil
	}
	out := make([]float64, len(v))
	copy(out, v)
	blur(out, g.Nz, g.Nx, g.Nx, 1, z/g.Dz)
	blur(out, g.Nx, g.Nz, 1, g.Nx, x/g.Dx)
	return out
}

// blur convolves lines of n values that are stride apart; line l begins at l·next. sigma is in cells.
func blur(v []float64, n, lines, stride, next int, sigma float64) {
	if !(sigma > 0) || math.IsInf(sigma, 0) || n < 2 {
		return
	}
	r := int(min(4*sigma+0.5, 64*float64(n)))
	w, sum := make([]float64, 2*r+1), 0.
	for i := range w {
		w[i] = math.Exp(-float64((i-r)*(i-r)) / (2 * sigma * sigma))
		sum += w[i]
	}
	line := make([]float64, n)
	for l := range lines {
		clear(line)
		for i := range line {
			for j, x := range w {
				k := i + j - r
				if k < 0 || k >= n { // mirrors at the edges
					if k %= 2 * n; k < 0 {
						k += 2 * n
					}
					if k >= n {
						k = 2*n - 1 - k
					}
				}
				line[i] += x / sum * v[l*next+k*stride]
			}
		}
		for i, x := range line {
			v[l*next+i*stride] = x
		}
	}
}
