package invert

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

// newton solves the Gauss–Newton equations H·x = −g for the free cells by preconditioned conjugate gradients, until the residual is below
// a part of the gradient that shrinks with it (Eisenstat and Walker 1996), or the products run out.
func (d *descent) newton(ctx context.Context, p *point, g []float64, free []bool) ([]float64, error) {
	x := make([]float64, len(g))
	r := make([]float64, len(g))
	floats.AddScaled(r, -1, g)
	z := masked(d.pre.apply(r), free)
	rz := floats.Dot(r, z)
	dir := z
	goal := rz * sq(min(0.5, math.Sqrt(p.value)))
	for n := 0; n < d.inner && rz > goal; n++ {
		h, err := d.obj.product(ctx, p, dir)
		if err != nil {
			return nil, err
		}
		h = masked(h, free)
		curvature := floats.Dot(dir, h)
		if !(curvature > 0) {
			break
		}
		a := rz / curvature
		floats.AddScaled(x, a, dir)
		floats.AddScaled(r, -a, h)
		z = masked(d.pre.apply(r), free)
		next := floats.Dot(r, z)
		old := dir
		dir = z
		floats.AddScaled(dir, next/rz, old)
		rz = next
	}
	if floats.Norm(x, math.Inf(1)) == 0 { // no curvature at all: downhill, carefully
		floats.AddScaled(x, d.cautious(p, dir), dir)
	}
	return x, nil
}

func sq(v float64) float64 { return v * v }
