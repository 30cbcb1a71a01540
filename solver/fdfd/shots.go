package fdfd

import (
	"context"
	"fmt"
	"math/cmplx"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/sparse"
)

// shots are a survey on a kernel's unknowns: right-hand sides, and what each receiver samples.
type shots struct {
	survey *solver.Survey
	rhs    []sparse.Column
	rec    [][]sparse.Column // of each source, the same slice where all have the same receivers
	weight complex128        // of the kernel's share in a field of three dimensions
	ky     complex128
}

// shots spreads a survey over unknowns.
func (k *Kernel) shots(s *solver.Survey) (*shots, error) {
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("fdfd: placing points: %w", err)
	}
	g := k.model.Grid
	h := &shots{survey: s, weight: k.opt.weight, ky: k.opt.ky}
	var err error
	if h.rhs, err = k.med.columns("source", s.Src, complex(-1/(g.Dx*g.Dz), 0), &k.opt); err != nil {
		return nil, err
	}
	for i, w := range s.Strength {
		for j := range h.rhs[i].Weight {
			h.rhs[i].Weight[j] *= w
		}
	}
	h.rec = make([][]sparse.Column, len(s.Src))
	if s.Shared() {
		all, err := k.med.columns("receiver", s.Rec, 1, &k.opt)
		if err != nil {
			return nil, err
		}
		for i := range h.rec {
			h.rec[i] = all
		}
	}
	for i, p := range s.Src {
		rec := s.Receivers(i)
		if !s.Shared() {
			if h.rec[i], err = k.med.columns(fmt.Sprintf("for source %d, receiver", i), rec, 1, &k.opt); err != nil {
				return nil, err
			}
		}
		for j, r := range rec {
			if r.Y != p.Y && !k.opt.lined {
				return nil, fmt.Errorf("fdfd: placing points: receiver %d at %v m is %g m across the section from source %d: "+
					"waves of a line source are the same there; a point source needs a Kernel25D or shares of its kernels", j, r, r.Y-p.Y, i)
			}
		}
	}
	return h, nil
}

// factor is what the sample of receiver j of source i is to be multiplied by.
func (h *shots) factor(i, j int) complex128 {
	y := h.survey.Src[i].Y
	switch {
	case h.survey.Each != nil:
		y -= h.survey.Each[i][j].Y
	case h.survey.Streamer:
		y = h.survey.Rec[j].Y
	default:
		y -= h.survey.Rec[j].Y
	}
	if y == 0 {
		return h.weight
	}
	return h.weight * cmplx.Cos(h.ky*complex(y, 0))
}

// sample takes the data of source i from its field.
func (h *shots) sample(i int, u, out []complex128) {
	for j, c := range h.rec[i] {
		sum := complex128(0)
		for l, n := range c.Node {
			sum += c.Weight[l] * u[n]
		}
		out[j] = h.factor(i, j) * sum
	}
}

// inject makes x the adjoint right-hand side of source i for the residuals r.
func (h *shots) inject(i int, r, x []complex128) {
	clear(x)
	for j, v := range r {
		if v != 0 {
			scatter(x, h.rec[i][j], h.factor(i, j)*cmplx.Conj(v))
		}
	}
}

// record computes data by solving for the receivers' places alone.
func (k *Kernel) record(ctx context.Context, h *shots, d *solver.Data) error {
	group := len(h.rhs)
	if !h.survey.Shared() {
		group = block
	}
	for first := 0; first < len(h.rhs); first += group {
		last := min(first+group, len(h.rhs))
		sample, begin := h.rec[first], 0
		if !h.survey.Shared() { // what any of the group wants is computed for all
			sample = nil
			for i := first; i < last; i++ {
				sample = append(sample, h.rec[i]...)
			}
		}
		out := make([][]complex128, last-first)
		for i := range out {
			if out[i] = d.Gather(first + i); !h.survey.Shared() {
				out[i] = make([]complex128, len(sample))
			}
		}
		if err := k.factor.SolvePoints(ctx, h.rhs[first:last], sample, out); err != nil {
			return fmt.Errorf("fdfd: computing data at %g Hz: %w", k.freq, err)
		}
		for i := range out {
			g := d.Gather(first + i)
			for j := range g {
				g[j] = h.factor(first+i, j) * out[i][begin+j]
			}
			if !h.survey.Shared() {
				begin += len(g)
			}
		}
		k.tell("solving", last, len(h.rhs))
	}
	return nil
}
