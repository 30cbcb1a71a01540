package invert

import (
	"math"

	"github.com/galeproject/gale/solver"
)

// preconditioner is a rough inverse of the second derivatives: D·S·S·D, where D is a diagonal of gains and S smooths. It is symmetric
// and positive, and zero where cells are frozen.
type preconditioner struct {
	grid   solver.Grid
	gain   []float64
	sx, sz float64 // m
}

func (p *preconditioner) apply(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = x * p.gain[i]
	}
	if p.sx > 0 || p.sz > 0 {
		out = solver.Blur(p.grid, out, p.sx, p.sz)
		out = solver.Blur(p.grid, out, p.sx, p.sz)
	}
	for i := range out {
		out[i] *= p.gain[i]
	}
	return out
}

// gains are the diagonal: the user's, over the root of the pseudo-Hessian if there is one.
func gains(user, shape []float64, frozen []bool) []float64 {
	g := make([]float64, len(frozen))
	top := 0.
	for i, h := range shape {
		if !frozen[i] {
			top = max(top, h)
		}
	}
	const water = 3e-3 // of the largest value is added, so that cells without waves stay where they are
	for i := range g {
		if frozen[i] {
			continue
		}
		g[i] = 1
		if user != nil {
			g[i] = user[i]
		}
		if top > 0 {
			g[i] /= math.Sqrt(shape[i]/top + water)
		}
	}
	return g
}
