package fdfd

import (
	"fmt"
	"maps"
	"math"
	"math/cmplx"
	"slices"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/sparse"
)

// hicksB is the shape of the Kaiser window for half widths of 1 to 10 cells (Hicks 2002).
var hicksB = [...]float64{1.24, 2.94, 4.53, 6.31, 7.91, 9.42, 10.95, 12.53, 14.09, 14.18}

// onNode is the distance in cells below which a point is on a node.
const onNode = 1e-9

// tap is a weight at a node of one axis.
type tap struct {
	node   int
	weight float64
}

// taps are the weights of a point at u cells along an axis of n cells: one on a node, else a windowed sinc of half width r.
func taps(u float64, r int) []tap {
	if v := math.Round(u); math.Abs(u-v) <= onNode {
		return []tap{{int(v), 1}}
	}
	first := int(math.Floor(u))
	ts := make([]tap, 0, 2*r)
	b := hicksB[r-1]
	for j := first - r + 1; j <= first+r; j++ {
		d := float64(j) - u
		if math.Abs(d) > float64(r) {
			continue
		}
		t := d / float64(r)
		ts = append(ts, tap{j, sinc(d) * besselI0(b*math.Sqrt(1-t*t)) / besselI0(b)})
	}
	return ts
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// besselI0 is the modified Bessel function of order zero, by its series; arguments are below 15.
func besselI0(x float64) float64 {
	q, s, t := x*x/4, 1., 1.
	for m := 1.; m < 100 && t > 1e-17*s; m++ {
		t *= q / (m * m)
		s += t
	}
	return s
}

// fold mirrors a node that lies beyond a side of the axis of n cells back inside, with the sign of the image; nodes in absorbing
// layers stay where they are.
func fold(j, n int, lo, hi Side) (node int, sign float64, ok bool) {
	sign = 1
	for range 2 {
		switch {
		case j < 0 && lo != Absorb:
			j, sign = -j, sign*image(lo)
		case j > n && hi != Absorb:
			j, sign = 2*n-j, sign*image(hi)
		default:
			return j, sign, true
		}
	}
	return 0, 0, false
}

func image(s Side) float64 {
	if s == Free {
		return -1
	}
	return 1
}

// column spreads a point over unknowns. The weights serve receivers as they are, sources times −1/(hx·hz).
func (d *medium) column(p solver.Point, o *options) sparse.Column {
	g := d.grid
	u, v := (p.X-g.X0)/g.Dx, (p.Z-g.Z0)/g.Dz
	xs, zs := taps(u, o.halfWidth), taps(v, o.halfWidth)
	if o.fitted {
		return d.fitted(xs, zs, int(math.Round(u)), int(math.Round(v)), o.power)
	}
	xs, zs = folded(xs, g.Nx, d.sides.Left, d.sides.Right), folded(zs, g.Nz, d.sides.Top, d.sides.Bottom)
	c := sparse.Column{Node: make([]int32, 0, len(xs)*len(zs)), Weight: make([]complex128, 0, len(xs)*len(zs))}
	for _, b := range zs {
		for _, a := range xs {
			if i, ok := d.unknown(a.node, b.node); ok {
				c.Node, c.Weight = append(c.Node, i), append(c.Weight, complex(a.weight*b.weight, 0))
			}
		}
	}
	return c
}

// folded are taps with those beyond a side folded back, one a node.
func folded(ts []tap, n int, lo, hi Side) []tap {
	out := ts[:0:0]
	for _, t := range ts {
		j, sign, ok := fold(t.node, n, lo, hi)
		if !ok {
			continue
		}
		at := slices.IndexFunc(out, func(o tap) bool { return o.node == j })
		if at < 0 {
			at, out = len(out), append(out, tap{node: j})
		}
		out[at].weight += sign * t.weight
	}
	slices.SortFunc(out, func(a, b tap) int { return a.node - b.node })
	return out
}

// fitted is column with a correction, see fit.
func (d *medium) fitted(xs, zs []tap, ix, iz int, power float64) sparse.Column {
	g := d.grid
	at := map[[2]int]complex128{}
	for _, a := range xs {
		for _, b := range zs {
			at[[2]int{a.node, b.node}] += complex(a.weight*b.weight, 0)
		}
	}
	at = d.fit(at, ix, iz, power)
	sum := map[int32]complex128{}
	for _, n := range slices.SortedFunc(maps.Keys(at), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) }) {
		ix, sx, okx := fold(n[0], g.Nx, d.sides.Left, d.sides.Right)
		iz, sz, okz := fold(n[1], g.Nz, d.sides.Top, d.sides.Bottom)
		if !okx || !okz {
			continue
		}
		if i, ok := d.unknown(ix, iz); ok {
			sum[i] += at[n] * complex(sx*sz, 0)
		}
	}
	var c sparse.Column
	for _, i := range slices.Sorted(maps.Keys(sum)) {
		c.Node, c.Weight = append(c.Node, i), append(c.Weight, sum[i])
	}
	return c
}

// columns spreads points; what and number go into the error of the first that is outside.
func (d *medium) columns(what string, ps []solver.Point, scale complex128, o *options) ([]sparse.Column, error) {
	for i, p := range ps {
		if !d.grid.Contains(p) {
			return nil, fmt.Errorf("fdfd: placing points: %s %d at %v m is outside of the grid, x %g to %g, z %g to %g", what, i, p,
				d.grid.X0, d.grid.X0+d.grid.Width(), d.grid.Z0, d.grid.Z0+d.grid.Height())
		}
	}
	cs := make([]sparse.Column, len(ps))
	for i, p := range ps {
		cs[i] = d.column(p, o)
		for j := range cs[i].Weight {
			cs[i].Weight[j] *= scale
		}
	}
	return cs, nil
}

// fit convolves weights with a five-point pattern whose symbol is a power of the slope of the operator's symbol: ½, half of the
// correction at each end, so that reciprocity stays exact, or 1 for a source whose field is not sampled but shown. It does so only where the cells around are one medium: at an interface
// it would do harm.
func (d *medium) fit(at map[[2]int]complex128, ix, iz int, power float64) map[[2]int]complex128 {
	first, one := d.around(ix, iz)
	if !one {
		return at
	}
	b0, bx, bz := pointFit(d.k2[first], d.grid.Dx, d.grid.Dz, d.a, d.w[first], power)
	out := make(map[[2]int]complex128, 2*len(at))
	for _, n := range slices.SortedFunc(maps.Keys(at), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) }) {
		w := at[n]
		out[n] += w * b0
		out[[2]int{n[0] - 1, n[1]}] += w * bx
		out[[2]int{n[0] + 1, n[1]}] += w * bx
		out[[2]int{n[0], n[1] - 1}] += w * bz
		out[[2]int{n[0], n[1] + 1}] += w * bz
	}
	return out
}

// around is a cell at a node, and whether the 4×4 cells there are one medium.
func (d *medium) around(ix, iz int) (first int, one bool) {
	first = -1
	for z := iz - 2; z < iz+2; z++ {
		for x := ix - 2; x < ix+2; x++ {
			i := d.physical(x+d.layers[3].Cells, z+d.layers[0].Cells)
			if first < 0 {
				first = i
			}
			if cmplx.Abs(d.k2[i]-d.k2[first]) > 1e-9*cmplx.Abs(d.k2[first]) || math.Abs(d.buoy[i]-d.buoy[first]) > 1e-9*d.buoy[first] {
				return first, false
			}
		}
	}
	return first, true
}

// pointFit gives the weights of a node and its neighbours in x and z whose symbol is (−slope/2)^power of the operator's symbol in
// four directions, by least squares with the plain transpose.
func pointFit(k2 complex128, hx, hz, a float64, w weights, power float64) (b0, bx, bz complex128) {
	k := cmplx.Sqrt(k2)
	wx, wz, area := complex(hz/hx, 0), complex(hx/hz, 0), k2*complex(hx*hz, 0)
	square := hx == hz
	n := 3
	if square {
		n = 2
	}
	var m system
	for i := range 4 {
		st, ct := math.Sincos(math.Pi / 16 * float64(2*i+1))
		ux, uz := k*complex(hx*ct, 0), k*complex(hz*st, 0)
		cx, sx := cosSin(ux)
		cz, sz := cosSin(uz)
		x1, z1 := -ux*sx, -uz*sz
		slope := (2*wx*x1+2*wz*z1+complex(1-a, 0)*(wx+wz)*(x1*(cz-1)+(cx-1)*z1))/area + 2*w.dx*x1 + 2*w.dz*z1 + 4*w.e*(x1*cz+cx*z1)
		row := [size]complex128{1, 2 * cx, 2 * cz, cmplx.Pow(-slope/2, complex(power, 0))}
		if square {
			row = [size]complex128{1, 2 * (cx + cz), row[3]}
		}
		for p := range n {
			for q := range n + 1 {
				m[p][q] += row[p] * row[q]
			}
		}
	}
	y := m.solve(n)
	return y[0], y[1], y[n-1]
}
