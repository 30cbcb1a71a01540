package fdfd

import (
	"fmt"
	"math"

	"github.com/galeproject/gale/solver"
)

// Side is what a side of the grid does to waves.
type Side uint8

// What a side can do.
const (
	Absorb Side = iota // a layer outside that lets waves out
	Free               // pressure zero, as at the surface of water
	Rigid              // no motion across
)

// String is the side's name.
func (s Side) String() string {
	if int(s) < 3 {
		return [...]string{"Absorb", "Free", "Rigid"}[s]
	}
	return fmt.Sprintf("Side(%d)", uint8(s))
}

// Boundary is the four sides. Its zero value absorbs everywhere.
type Boundary struct{ Top, Right, Bottom, Left Side }

// Layer describes the absorbing layers. Zero values are chosen by Layers' defaults: 20 cells, or one wavelength if that is more (60 at
// most); R 1e-6; M by the layer's thickness in the smallest wavelengths at the side: 2, from two on 3, from three on 4, and for
// layers under 0.9 wavelengths 1 with R 1e-5; C0 the largest speed at the side.
//
// The stretch of coordinates is 1 + iσ/ω with σ = −(M+1)·C0·ln R/(2L)·(d/L)^M at distance d into a layer of thickness L.
type Layer struct {
	Cells int     // in the direction of the longer side of a cell; across it as many as give the same thickness
	R     float64 // reflection at normal incidence that the continuous layer would have
	M     int     // power of the profile
	C0    float64 // m/s
}

const (
	defaultCells = 20
	mostCells    = 60
	maxLayer     = 1000
)

// layers are the resolved layers in the order top, right, bottom, left. A side that does not absorb has no cells.
type layers [4]Layer

// layersFor chooses what is not given. They stay as they are when a kernel's model is updated: a profile that followed the model
// would make gradients wrong.
func layersFor(m *solver.Model, freq float64, b Boundary, given Layer) layers {
	var out layers
	h := [4]float64{m.Dz, m.Dx, m.Dz, m.Dx}
	coarse := max(m.Dx, m.Dz)
	lo, _ := m.Range()
	cells := given.Cells
	if cells == 0 {
		cells = min(max(defaultCells, (int(math.Min(lo/freq/coarse, mostCells))+9)/10*10), mostCells)
	}
	for i, s := range [4]Side{b.Top, b.Right, b.Bottom, b.Left} {
		if s != Absorb {
			continue
		}
		l := given
		l.Cells = int(math.Round(float64(cells) * coarse / h[i]))
		slow, fast := alongside(m, i)
		if l.C0 == 0 {
			l.C0 = fast
		}
		thickness := float64(l.Cells) * h[i] * freq / slow
		if l.M == 0 {
			l.M = power(thickness)
		}
		if l.R == 0 {
			l.R = 1e-6
			if thickness < 0.9 {
				l.R = 1e-5
			}
		}
		out[i] = l
	}
	return out
}

// power is the default exponent for a thickness in wavelengths.
func power(thickness float64) int {
	switch {
	case thickness < 0.9:
		return 1
	case thickness < 2:
		return 2
	case thickness < 3:
		return 3
	default:
		return 4
	}
}

// alongside gives the smallest and the largest speed in the cells at one side.
func alongside(m *solver.Model, side int) (lo, hi float64) {
	lo, hi = math.Inf(1), 0
	see := func(ix, iz int) {
		v := m.C[iz*m.Nx+ix]
		eps, _, _ := m.Axis(iz*m.Nx + ix)
		lo, hi = min(lo, v), max(hi, v*math.Sqrt(1+2*max(eps, 0)))
	}
	switch side {
	case 0, 2:
		iz := 0
		if side == 2 {
			iz = m.Nz - 1
		}
		for ix := range m.Nx {
			see(ix, iz)
		}
	default:
		ix := m.Nx - 1
		if side == 3 {
			ix = 0
		}
		for iz := range m.Nz {
			see(ix, iz)
		}
	}
	return lo, hi
}

// stretch gives the complex stretch at the centres of the cells of a padded axis, n cells of h metres between the layers.
func stretch(n int, h float64, first, last Layer, omega complex128) []complex128 {
	s := make([]complex128, first.Cells+n+last.Cells)
	for i := range s {
		x := float64(i-first.Cells) + 0.5
		s[i] = 1 + first.sigma(-x, h)/omega + last.sigma(x-float64(n), h)/omega
	}
	return s
}

// sigma is iσ at d cells of h metres into the layer.
func (l Layer) sigma(d, h float64) complex128 {
	if l.Cells == 0 || d <= 0 {
		return 0
	}
	n := float64(l.Cells)
	return complex(0, -float64(l.M+1)*l.C0*math.Log(l.R)/(2*n*h)*math.Pow(d/n, float64(l.M)))
}
