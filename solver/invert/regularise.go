package invert

import (
	"fmt"
	"math"

	"github.com/galeproject/gale/solver"
)

// Regulariser adds to the misfit what an unlikely model costs. It sees s = ln c, one number a cell, so that its weight means the same for
// slow and for fast ground. What String says tells one regulariser from another when a run is resumed.
type Regulariser interface {
	// Cost returns the cost and adds its derivative by s to grad.
	Cost(g solver.Grid, s, grad []float64) float64
	// Curve adds the second derivative at s, or a positive approximation of it, times v to out.
	Curve(g solver.Grid, s, v, out []float64)
	String() string
}

// Smooth costs Weight times the mean over cells of |Length·∇s|²: rough models are unlikely.
type Smooth struct {
	Weight float64
	Length float64 // m; 0: a cell's side, the larger one
}

// Cost is Weight·mean|Length·∇s|².
func (r Smooth) Cost(g solver.Grid, s, grad []float64) (cost float64) {
	w := r.Weight / float64(g.Cells())
	slopes(g, r.Length, func(i, right, below int, x, z float64) {
		dx, dz := (s[right]-s[i])*x, (s[below]-s[i])*z
		cost += w * (dx*dx + dz*dz)
		spread(grad, i, right, below, 2*w*dx*x, 2*w*dz*z)
	})
	return cost
}

// Curve is exact.
func (r Smooth) Curve(g solver.Grid, _, v, out []float64) { r.Cost(g, v, out) }

// String is the regulariser in one line.
func (r Smooth) String() string { return fmt.Sprintf("smooth %g, %g m", r.Weight, r.Length) }

// TotalVariation costs Weight times the mean over cells of √(|Length·∇s|²+Edge²) − Edge: models of few edges are likely, whatever the
// steps at the edges.
type TotalVariation struct {
	Weight float64
	Length float64 // m; 0: a cell's side, the larger one
	Edge   float64 // below it steps are smoothed as by Smooth; 0: 0.01, one per cent
}

func (r TotalVariation) edge() float64 {
	if r.Edge > 0 {
		return r.Edge
	}
	return 0.01
}

// Cost is Weight·mean(√(|Length·∇s|²+Edge²) − Edge).
func (r TotalVariation) Cost(g solver.Grid, s, grad []float64) (cost float64) {
	w, e := r.Weight/float64(g.Cells()), r.edge()
	slopes(g, r.Length, func(i, right, below int, x, z float64) {
		dx, dz := (s[right]-s[i])*x, (s[below]-s[i])*z
		n := math.Sqrt(dx*dx + dz*dz + e*e)
		cost += w * (n - e)
		spread(grad, i, right, below, w*dx*x/n, w*dz*z/n)
	})
	return cost
}

// Curve holds the norms of the slopes fixed (lagged diffusivity).
func (r TotalVariation) Curve(g solver.Grid, s, v, out []float64) {
	w, e := r.Weight/float64(g.Cells()), r.edge()
	slopes(g, r.Length, func(i, right, below int, x, z float64) {
		dx, dz := (s[right]-s[i])*x, (s[below]-s[i])*z
		n := math.Sqrt(dx*dx + dz*dz + e*e)
		spread(out, i, right, below, w*(v[right]-v[i])*x*x/n, w*(v[below]-v[i])*z*z/n)
	})
}

// String is the regulariser in one line.
func (r TotalVariation) String() string {
	return fmt.Sprintf("total variation %g, %g m, edge %g", r.Weight, r.Length, r.edge())
}

// Near costs Weight times the mean over cells of (s − ln Speed)²: models far from one that is trusted are unlikely.
type Near struct {
	Weight float64
	Speed  []float64 // m/s, one a cell
}

// Cost is Weight·mean(s − ln Speed)². Without a speed for each cell it is 0.
func (r Near) Cost(g solver.Grid, s, grad []float64) (cost float64) {
	w := r.Weight / float64(g.Cells())
	for i := range min(len(s), len(r.Speed)) {
		d := s[i] - math.Log(r.Speed[i])
		cost += w * d * d
		grad[i] += 2 * w * d
	}
	return cost
}

// Curve is exact.
func (r Near) Curve(g solver.Grid, _, v, out []float64) {
	for i := range min(len(v), len(r.Speed)) {
		out[i] += 2 * r.Weight / float64(g.Cells()) * v[i]
	}
}

// String is the regulariser in one line.
func (r Near) String() string { return fmt.Sprintf("near %g", r.Weight) }

// slopes calls f for each cell with its neighbours to the right and below, itself at the edge, and what their differences are to be
// multiplied by.
func slopes(g solver.Grid, length float64, f func(i, right, below int, x, z float64)) {
	if length == 0 {
		length = max(g.Dx, g.Dz)
	}
	x, z := length/g.Dx, length/g.Dz
	for iz := range g.Nz {
		for ix := range g.Nx {
			i := iz*g.Nx + ix
			right, below := i, i
			if ix+1 < g.Nx {
				right = i + 1
			}
			if iz+1 < g.Nz {
				below = i + g.Nx
			}
			f(i, right, below, x, z)
		}
	}
}

// spread adds the derivatives by a difference to both of its cells.
func spread(grad []float64, i, right, below int, x, z float64) {
	grad[right] += x
	grad[below] += z
	grad[i] -= x + z
}
