package invert

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// descent minimises an objective within bounds. Its memory is plain data, so that it can be saved between iterations.
type descent struct {
	obj    *objective
	pre    *preconditioner
	lo, hi float64 // bounds of m
	method Method
	inner  int         // products of an iteration of GaussNewton, at most
	s, y   [][]float64 // changes of place and of gradient, the oldest first
	limit  int         // evaluations, at most
	first  float64     // largest relative change of m in a first step
}

// memory is how many pairs L-BFGS keeps.
const memory = 10

// step makes one iteration from p. It returns the better point and the step's length; nil when nothing better was found.
func (d *descent) step(ctx context.Context, p *point) (*point, float64, error) {
	free := d.free(p)
	for {
		dir, t, err := d.direction(ctx, p, free)
		if err != nil {
			return nil, 0, err
		}
		if dir == nil {
			return nil, 0, nil
		}
		q, t, err := d.search(ctx, p, dir, t)
		if err != nil {
			return nil, 0, err
		}
		if q != nil {
			d.remember(p, q)
			return q, t, nil
		}
		if len(d.s) == 0 { // not even downhill
			return nil, 0, nil
		}
		d.s, d.y = nil, nil // what was remembered misleads
	}
}

// free tells which cells may move: not those at a bound that the gradient pushes against.
func (d *descent) free(p *point) []bool {
	free := make([]bool, len(p.m))
	for i, m := range p.m {
		g := p.grad[i]
		free[i] = d.pre.gain[i] > 0 && !(m <= d.lo && g > 0) && !(m >= d.hi && g < 0)
	}
	return free
}

// direction is where to go from p and the first step to try; nil when p is stationary.
func (d *descent) direction(ctx context.Context, p *point, free []bool) (dir []float64, t float64, err error) {
	g := masked(p.grad, free)
	if floats.Norm(g, math.Inf(1)) == 0 {
		return nil, 0, nil
	}
	if d.method == GaussNewton {
		dir, err := d.newton(ctx, p, g, free)
		return dir, 1, err
	}
	dir = masked(d.lbfgs(g), free)
	floats.Scale(-1, dir)
	if slope := floats.Dot(dir, g); !(slope < 0) {
		d.s, d.y = nil, nil
		dir = masked(d.pre.apply(g), free)
		floats.Scale(-1, dir)
	}
	if len(d.s) > 0 {
		return dir, 1, nil
	}
	return dir, d.cautious(p, dir), nil
}

// cautious is the step that changes no m by more than the part first.
func (d *descent) cautious(p *point, dir []float64) float64 {
	most := 0.
	for i, v := range dir {
		most = max(most, math.Abs(v)/p.m[i])
	}
	if most == 0 {
		return 1
	}
	return d.first / most
}

// lbfgs applies the inverse of the remembered second derivatives (Nocedal 1980), with the preconditioner in its middle.
func (d *descent) lbfgs(g []float64) []float64 {
	q := slices.Clone(g)
	a := make([]float64, len(d.s))
	for i := len(d.s) - 1; i >= 0; i-- {
		a[i] = floats.Dot(d.s[i], q) / floats.Dot(d.s[i], d.y[i])
		floats.AddScaled(q, -a[i], d.y[i])
	}
	r := d.pre.apply(q)
	if n := len(d.s) - 1; n >= 0 {
		if yy := floats.Dot(d.y[n], d.pre.apply(d.y[n])); yy > 0 {
			floats.Scale(floats.Dot(d.s[n], d.y[n])/yy, r)
		}
	}
	for i := range d.s {
		b := floats.Dot(d.y[i], r) / floats.Dot(d.s[i], d.y[i])
		floats.AddScaled(r, a[i]-b, d.s[i])
	}
	return r
}

// remember keeps what a step has told of the second derivatives.
func (d *descent) remember(p, q *point) {
	if d.method != LBFGS {
		return
	}
	s, y := slices.Clone(q.m), slices.Clone(q.grad)
	floats.Sub(s, p.m)
	floats.Sub(y, p.grad)
	if sy := floats.Dot(s, y); !(sy > 1e-10*math.Sqrt(floats.Dot(s, s)*floats.Dot(y, y))) {
		return
	}
	d.s, d.y = append(d.s, s), append(d.y, y)
	if len(d.s) > memory {
		d.s, d.y = slices.Clone(d.s[1:]), slices.Clone(d.y[1:])
	}
}

// move is the place at p + t·dir, within bounds.
func (d *descent) move(p *point, dir []float64, t float64) []float64 {
	m := slices.Clone(p.m)
	for i, v := range dir {
		if v != 0 {
			m[i] = min(max(m[i]+t*v, d.lo), d.hi)
		}
	}
	return m
}

func masked(v []float64, free []bool) []float64 {
	out := slices.Clone(v)
	for i, f := range free {
		if !f {
			out[i] = 0
		}
	}
	return out
}

// search looks along the projected path for a step that lowers the objective enough and after which it falls more slowly (the weak
// conditions of Wolfe). When the evaluations run out it returns the lowest point seen, nil if there is none below p.
func (d *descent) search(ctx context.Context, p *point, dir []float64, t float64) (*point, float64, error) {
	const enough, flat, tries = 1e-4, 0.9, 8
	slope := floats.Dot(dir, p.grad)
	lo, hi := bracket{value: p.value, slope: slope}, bracket{t: math.Inf(1)}
	var best *point
	bestT := 0.
	for range tries {
		if d.obj.count >= d.limit {
			break
		}
		q, err := d.obj.at(ctx, d.move(p, dir, t), false)
		if err != nil {
			return nil, 0, err
		}
		b := bracket{t, q.value, d.along(q, dir)}
		if q.value <= p.value+enough*t*slope && (best == nil || q.value < best.value) {
			best, bestT = q, t
		}
		switch {
		case q.value > p.value+enough*t*slope:
			hi = b
		case b.slope < flat*slope:
			lo = b
		default:
			return q, t, nil
		}
		if t = lo.between(hi); t <= lo.t {
			break
		}
	}
	return best, bestT, nil
}

// along is the slope at q along the projected path: cells at their bounds have stopped.
func (d *descent) along(q *point, dir []float64) (slope float64) {
	for i, v := range dir {
		if q.m[i] <= d.lo && v < 0 || q.m[i] >= d.hi && v > 0 {
			continue
		}
		slope += v * q.grad[i]
	}
	return slope
}

// bracket is an end of the interval in which a step is looked for.
type bracket struct{ t, value, slope float64 }

// between is the next step to try: the minimum of the cubic through both ends, or further out when there is no upper end yet.
func (a bracket) between(b bracket) float64 {
	if math.IsInf(b.t, 1) {
		return 4 * a.t
	}
	w := b.t - a.t
	u := a.slope + b.slope - 3*(a.value-b.value)/(a.t-b.t)
	v := math.Sqrt(max(u*u-a.slope*b.slope, 0))
	t := b.t - w*(b.slope+v-u)/(b.slope-a.slope+2*v)
	if math.IsNaN(t) {
		t = a.t + w/2
	}
	return min(max(t, a.t+0.1*w), b.t-0.1*w)
}
