package invert

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/galeproject/gale/solver"
)

// objective is what a stage minimises, as a function of m = 1/c² of all cells: the mean of its frequencies' misfits, and what
// regularisers add.
type objective struct {
	mapper Mapper
	start  *solver.Model // densities, Q, grid
	freqs  []float64
	terms  []Regulariser
	frozen []bool

	count, products int // evaluations, and products with the Gauss–Newton matrix
}

// point is the objective at one place.
type point struct {
	m, grad []float64
	value   float64   // misfit and penalty
	misfits []float64 // of each frequency
	penalty float64
	shape   []float64 // pseudo-Hessian, if asked for
	sources []Signature
}

// Signature is what was estimated of the sources of a frequency.
type Signature struct {
	Freq   float64 // Hz
	Values []complex128
}

// model is the model of m.
func (o *objective) model(m []float64) *solver.Model {
	c := o.start.Clone()
	for i, v := range m {
		if !o.frozen[i] {
			c.C[i] = 1 / math.Sqrt(v)
		}
	}
	return c
}

// at evaluates value and gradient.
func (o *objective) at(ctx context.Context, m []float64, shape bool) (*point, error) {
	rs, err := o.mapper.Map(ctx, &Request{Model: o.model(m), Freqs: o.freqs, Shape: shape})
	if err != nil {
		return nil, fmt.Errorf("invert: evaluating the misfit: %w", err)
	}
	o.count++
	norms, err := o.norms(rs)
	if err != nil {
		return nil, err
	}
	p := &point{m: slices.Clone(m), grad: make([]float64, len(m)), misfits: make([]float64, len(o.freqs))}
	if shape {
		p.shape = make([]float64, len(m))
	}
	for _, r := range rs {
		if r.Idle {
			continue
		}
		f := slices.Index(o.freqs, r.Freq)
		p.misfits[f] += r.Misfit / norms[f]
		if err := add(p.grad, r.Gradient, 1/(norms[f]*float64(len(o.freqs)))); err != nil {
			return nil, err
		}
		if shape {
			if err := add(p.shape, r.Shape, 1/(norms[f]*float64(len(o.freqs)))); err != nil {
				return nil, err
			}
		}
		p.sources = append(p.sources, Signature{r.Freq, r.Sources})
	}
	for _, v := range p.misfits {
		p.value += v / float64(len(o.freqs))
	}
	p.penalty = o.penalise(m, p.grad)
	p.value += p.penalty
	for i, f := range o.frozen {
		if f {
			p.grad[i] = 0
		}
	}
	if math.IsNaN(p.value) || math.IsInf(p.value, 0) {
		return nil, fmt.Errorf("invert: evaluating the misfit: it is %g", p.value)
	}
	return p, nil
}

// norms are what misfits are divided by, one a frequency.
func (o *objective) norms(rs []*Reply) ([]float64, error) {
	norms := make([]float64, len(o.freqs))
	for i, r := range rs {
		if r == nil {
			return nil, fmt.Errorf("invert: evaluating the misfit: term %d gave no reply", i)
		}
		if r.Idle {
			continue
		}
		f := slices.Index(o.freqs, r.Freq)
		if f < 0 {
			return nil, fmt.Errorf("invert: evaluating the misfit: term %d answered for %g Hz", i, r.Freq)
		}
		norms[f] += r.Norm
	}
	for f, n := range norms {
		if !(n > 0) || math.IsInf(n, 0) {
			return nil, fmt.Errorf("invert: evaluating the misfit: no data other than zero at %g Hz", o.freqs[f])
		}
	}
	return norms, nil
}

// product applies the Gauss–Newton matrix to v.
func (o *objective) product(ctx context.Context, p *point, v []float64) ([]float64, error) {
	rs, err := o.mapper.Map(ctx, &Request{Model: o.model(p.m), Freqs: o.freqs, Along: v})
	if err != nil {
		return nil, fmt.Errorf("invert: applying the Gauss-Newton matrix: %w", err)
	}
	o.products++
	norms, err := o.norms(rs)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(v))
	for _, r := range rs {
		if r.Idle {
			continue
		}
		f := slices.Index(o.freqs, r.Freq)
		if err := add(out, r.Product, 1/(norms[f]*float64(len(o.freqs)))); err != nil {
			return nil, err
		}
	}
	o.curve(p.m, v, out)
	for i, f := range o.frozen {
		if f {
			out[i] = 0
		}
	}
	return out, nil
}

// Misfits gives the misfit of a model at each of the frequencies in Hz.
func Misfits(ctx context.Context, mapper Mapper, m *solver.Model, freqs ...float64) ([]float64, error) {
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("invert: evaluating the misfit: %w", err)
	}
	o := &objective{mapper: mapper, start: m, freqs: freqs, frozen: make([]bool, m.Cells())}
	at := make([]float64, m.Cells())
	for i, c := range m.C {
		at[i] = 1 / (c * c)
	}
	p, err := o.at(ctx, at, false)
	if err != nil {
		return nil, err
	}
	return p.misfits, nil
}

// add adds f times b to a.
func add(a, b []float64, f float64) error {
	if len(a) != len(b) {
		return fmt.Errorf("invert: adding replies of terms: %d cells, the model has %d", len(b), len(a))
	}
	for i, v := range b {
		a[i] += f * v
	}
	return nil
}

// penalise adds what regularisers make of ln c = −½·ln m to the gradient by m.
func (o *objective) penalise(m, grad []float64) (cost float64) {
	if len(o.terms) == 0 {
		return 0
	}
	s, g := logs(m), make([]float64, len(m))
	for _, t := range o.terms {
		cost += t.Cost(o.start.Grid, s, g)
	}
	for i, v := range g {
		grad[i] -= v / (2 * m[i])
	}
	return cost
}

func (o *objective) curve(m, v, out []float64) {
	if len(o.terms) == 0 {
		return
	}
	s, ds, g := logs(m), make([]float64, len(m)), make([]float64, len(m))
	for i, x := range v {
		ds[i] = -x / (2 * m[i])
	}
	for _, t := range o.terms {
		t.Curve(o.start.Grid, s, ds, g)
	}
	for i, x := range g {
		out[i] -= x / (2 * m[i])
	}
}

func logs(m []float64) []float64 {
	s := make([]float64, len(m))
	for i, v := range m {
		s[i] = -math.Log(v) / 2
	}
	return s
}
