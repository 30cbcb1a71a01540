package fdfd

import (
	"context"
	"fmt"
	"math"
	"math/cmplx"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/sparse"
)

// block is how many sources have their fields in memory at once.
const block = 16

// Sensitivity is what the adjoint of the derivative of data makes of a residual: one number a cell for each property, the gradient of
// ½‖d−obs‖² when the residual is d−obs. Strengths of sources and the absorbing layers' profiles are held fixed; what a property does in
// the layers is counted in the cell at their edge.
type Sensitivity struct {
	Slowness2 []float64 // for m = 1/c², s²/m²
	Buoyancy  []float64 // for b = 1/ρ at fixed c, m³/kg
	Loss      []float64 // for 1/Q; nil with a reference frequency of dispersion
}

// Gradient is the derivative of the misfit ½‖d−obs‖² with respect to the speed of each cell at fixed density. obs are observed
// data of the same sources and receivers; those of the kernel's frequency are used, the others ignored, so that a whole set can be
// given to kernels of all frequencies and the results be added.
func (k *Kernel) Gradient(src, rec []solver.Point, obs []*solver.Data) (*solver.Image, error) {
	return k.GradientContext(context.Background(), src, rec, obs)
}

// GradientContext is Gradient that can be cancelled.
func (k *Kernel) GradientContext(ctx context.Context, src, rec []solver.Point, obs []*solver.Data) (*solver.Image, error) {
	o, err := k.pick(src, rec, obs)
	if err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	d, err := k.data(ctx, src, rec)
	if err != nil {
		return nil, err
	}
	r := d.Sub(o)
	s, err := k.adjoint(ctx, r)
	if err != nil {
		return nil, err
	}
	g := make([]float64, len(s.Slowness2))
	for i, v := range s.Slowness2 {
		c := k.model.C[i]
		g[i] = -2 / (c * c * c) * v
		if k.model.Rho == nil { // the density follows the speed: ρ = 310·c^¼, dρ/dc = ρ/4c
			g[i] -= s.Buoyancy[i] / (4 * c * k.model.Density(i))
		}
	}
	m := solver.NewImage(k.model, g)
	n := r.L2(nil)
	m.Title = fmt.Sprintf("gradient at %.4g Hz, misfit %.4g", k.freq, n*n/2)
	m.Name, m.Unit, m.Colors = "derivative by speed", "s/m", display.Diverging
	return m, nil
}

// pick finds the observed data of the kernel's frequency.
func (k *Kernel) pick(src, rec []solver.Point, obs []*solver.Data) (*solver.Data, error) {
	for i, o := range obs {
		if o == nil || o.Freq != k.freq {
			continue
		}
		if len(o.Values) != len(src)*len(rec) {
			return nil, fmt.Errorf("fdfd: computing a gradient at %g Hz: observed data %d have %d values for %d sources × %d receivers", k.freq, i,
				len(o.Values), len(src), len(rec))
		}
		for j, v := range o.Values {
			if cmplx.IsNaN(v) || cmplx.IsInf(v) {
				return nil, fmt.Errorf("fdfd: computing a gradient at %g Hz: observed data %d have value %g for source %d, receiver %d", k.freq, i, v,
					j/len(rec), j%len(rec))
			}
		}
		return o, nil
	}
	return nil, fmt.Errorf("fdfd: computing a gradient at %g Hz: none of %d observed data have that frequency", k.freq, len(obs))
}

// Adjoint applies the adjoint of the derivative of data to a residual with its sources and receivers.
func (k *Kernel) Adjoint(ctx context.Context, residual *solver.Data) (*Sensitivity, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.adjoint(ctx, residual)
}

// adjoint needs the lock.
func (k *Kernel) adjoint(ctx context.Context, residual *solver.Data) (*Sensitivity, error) {
	if residual == nil {
		return nil, fmt.Errorf("fdfd: applying the adjoint: there is no residual")
	}
	rhs, sample, err := k.survey(residual.Src, residual.Rec)
	if err != nil {
		return nil, err
	}
	if len(residual.Values) != len(rhs)*len(sample) {
		return nil, fmt.Errorf("fdfd: applying the adjoint: %d values for %d sources × %d receivers", len(residual.Values), len(rhs), len(sample))
	}
	n := k.model.Cells()
	s := &sums{med: k.med, slopes: k.med.slopes(), m: make([]complex128, n), b: make([]complex128, n)}
	for first := 0; first < len(rhs); first += block {
		part := rhs[first:min(first+block, len(rhs))]
		u, err := k.fields(ctx, part)
		if err != nil {
			return nil, err
		}
		back := zeros(len(part), k.factor.N())
		for i := range part {
			for j, v := range residual.Gather(first + i) {
				scatter(back[i], sample[j], cmplx.Conj(v))
			}
		}
		if err := k.factor.Solve(ctx, back); err != nil {
			return nil, fmt.Errorf("fdfd: applying the adjoint at %g Hz: %w", k.freq, err)
		}
		s.add(u, back)
	}
	return s.result(k), nil
}

// Born applies the derivative of data with respect to 1/c² to a change of it, one number a cell in s²/m²: the data that the change
// scatters, to first order.
func (k *Kernel) Born(ctx context.Context, src, rec []solver.Point, change []float64) (*solver.Data, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if len(change) != k.model.Cells() {
		return nil, fmt.Errorf("fdfd: computing scattered data: %d values of change for %d cells", len(change), k.model.Cells())
	}
	rhs, sample, err := k.survey(src, rec)
	if err != nil {
		return nil, err
	}
	slopes := k.med.slopes()
	d := solver.NewData(k.freq, src, rec)
	for first := 0; first < len(rhs); first += block {
		part := rhs[first:min(first+block, len(rhs))]
		u, err := k.fields(ctx, part)
		if err != nil {
			return nil, err
		}
		scattered := zeros(len(part), k.factor.N())
		for i := range part {
			k.med.scatterBy(slopes, change, u[i], scattered[i])
		}
		if err := k.factor.Solve(ctx, scattered); err != nil {
			return nil, fmt.Errorf("fdfd: computing scattered data at %g Hz: %w", k.freq, err)
		}
		for i := range part {
			for j, c := range sample {
				for l, n := range c.Node {
					d.Gather(first + i)[j] += c.Weight[l] * scattered[i][n]
				}
			}
		}
	}
	return d, nil
}

// fields solves for sources.
func (k *Kernel) fields(ctx context.Context, rhs []sparse.Column) ([][]complex128, error) {
	x := zeros(len(rhs), k.factor.N())
	for i, c := range rhs {
		scatter(x[i], c, 1)
	}
	if err := k.factor.Solve(ctx, x); err != nil {
		return nil, fmt.Errorf("fdfd: computing fields at %g Hz: %w", k.freq, err)
	}
	return x, nil
}

func zeros(n, rows int) [][]complex128 {
	x := make([][]complex128, n)
	for i := range x {
		x[i] = make([]complex128, rows)
	}
	return x
}

// slopes are the derivatives D of the weights of the physical cells.
func (d *medium) slopes() []weights {
	s := make([]weights, len(d.k2))
	for i, k2 := range d.k2 {
		if i > 0 && k2 == d.k2[i-1] {
			s[i] = s[i-1]
			continue
		}
		_, _, s[i] = d.stencil.massAt(k2, d.grid.Dx, d.grid.Dz)
	}
	return s
}

// byM is the derivative of a padded cell's matrix with respect to 1/c².
func (d *medium) byM(px, pz, i int, slope weights) cell {
	f := d.x[px] * d.z[pz] * complex(d.buoy[i], 0) * d.omega * d.omega
	if d.att != nil {
		f *= d.att[i]
	}
	return mass(slope, f)
}

// corners are the unknowns at a padded cell's nodes, −1 where the pressure is zero.
func (d *medium) corners(px, pz int) (at [4]int) {
	nx, nz := d.box()
	for p := range at {
		bx, bz := px+p&1-d.lost[3], pz+p>>1-d.lost[0]
		at[p] = -1
		if bx >= 0 && bz >= 0 && bx < nx && bz < nz {
			at[p] = bz*nx + bx
		}
	}
	return at
}

func gather(x []complex128, at [4]int) (v [4]complex128) {
	for p, i := range at {
		if i >= 0 {
			v[p] = x[i]
		}
	}
	return v
}

// scatterBy subtracts (∂A/∂m·change)·u from out.
func (d *medium) scatterBy(slopes []weights, change []float64, u, out []complex128) {
	for pz := range d.z {
		for px := range d.x {
			i := d.physical(px, pz)
			if change[i] == 0 {
				continue
			}
			c := d.byM(px, pz, i, slopes[i]).times(complex(change[i], 0))
			at := d.corners(px, pz)
			v := gather(u, at)
			for p, n := range at {
				if n >= 0 {
					out[n] -= c.self*v[p] + c.edgeX*v[p^1] + c.edgeZ*v[p^2] + c.diag*v[p^3]
				}
			}
		}
	}
}

// sums collects λᵀ·(∂A/∂property)·u over sources, in complex numbers.
type sums struct {
	med    *medium
	slopes []weights
	m, b   []complex128
}

func (s *sums) add(u, back [][]complex128) {
	d := s.med
	for pz := range d.z {
		for px := range d.x {
			i := d.physical(px, pz)
			byM := d.byM(px, pz, i, s.slopes[i])
			byB := d.stiffness(px, pz).plus(mass(d.w[i], d.x[px]*d.z[pz]*d.k2[i]))
			at := d.corners(px, pz)
			for j := range u {
				f, l := gather(u[j], at), gather(back[j], at)
				s.m[i] += byM.bilinear(l, f)
				s.b[i] += byB.bilinear(l, f)
			}
		}
	}
}

func (s *sums) result(k *Kernel) *Sensitivity {
	n := len(s.m)
	r := &Sensitivity{Slowness2: make([]float64, n), Buoyancy: make([]float64, n)}
	if k.opt.f0 == 0 {
		r.Loss = make([]float64, n)
	}
	for i := range n {
		r.Slowness2[i], r.Buoyancy[i] = -real(s.m[i]), -real(s.b[i])
		if r.Loss != nil {
			att := complex128(1)
			if k.med.att != nil {
				att = k.med.att[i]
			}
			r.Loss[i] = -real(s.m[i] * 1i / att * complex(math.Pow(k.model.C[i], -2), 0))
		}
	}
	return r
}
