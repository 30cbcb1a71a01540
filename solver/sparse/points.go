package sparse

import (
	"context"
	"fmt"
	"math"
	"sync"
)

// A Column is a sparse vector: Weight[i] at vertex Node[i]. Weights of a vertex that is named twice add up.
type Column struct {
	Node   []int32
	Weight []complex128
}

func (c Column) check(n int) error {
	if len(c.Node) != len(c.Weight) {
		return fmt.Errorf("%d nodes, %d weights", len(c.Node), len(c.Weight))
	}
	for i, v := range c.Node {
		if v < 0 || int(v) >= n {
			return fmt.Errorf("node %d is outside 0..%d", v, n-1)
		}
		if a := math.Abs(real(c.Weight[i])) + math.Abs(imag(c.Weight[i])); !(a <= math.MaxFloat64) {
			return fmt.Errorf("weight %v of node %d is not finite", c.Weight[i], v)
		}
	}
	return nil
}

// SolvePoints solves for sparse right-hand sides and samples the solutions: out[i][k] = Σ weight·x at the nodes of
// sample[k], where A·x = rhs[i]. out has a row for each right-hand side and in it a place for each sample.
//
// Only the parts of the factor between sources, samples and the root are visited, and only their part of the
// solution is held, in blocks of up to 16. The residual of such a solution is not known; that of a probe, one dense
// right-hand side for each factorization, stands for it. If it is above 100·Refine.Tol, whole solutions are computed
// and refined instead, at several times the cost.
func (f *Factor) SolvePoints(ctx context.Context, rhs, sample []Column, out [][]complex128) error {
	if len(out) != len(rhs) {
		return fmt.Errorf("sparse: solve points: %d rows for results of %d right-hand sides", len(out), len(rhs))
	}
	for i, c := range rhs {
		if err := c.check(f.N()); err != nil {
			return fmt.Errorf("sparse: solve points: right-hand side %d: %w", i, err)
		}
		if len(out[i]) != len(sample) {
			return fmt.Errorf("sparse: solve points: row %d has %d places for %d samples", i, len(out[i]), len(sample))
		}
	}
	for i, c := range sample {
		if err := c.check(f.N()); err != nil {
			return fmt.Errorf("sparse: solve points: sample %d: %w", i, err)
		}
	}
	want := f.s.reach(sample)
	return f.blocks(ctx, len(rhs), int64(f.N()), func(j *solving, a, b int) error {
		return j.points(rhs[a:b], sample, want, out[a:b])
	})
}

// reach marks the fronts that own a node of the columns, and their ancestors.
func (s *Symbolic) reach(columns []Column) []bool {
	marks := make([]bool, len(s.fronts))
	for _, c := range columns {
		for _, v := range c.Node {
			for q := s.owner[s.perm[v]]; q >= 0 && !marks[q]; q = s.fronts[q].parent {
				marks[q] = true
			}
		}
	}
	return marks
}

// points solves a block of sparse right-hand sides.
func (j *solving) points(rhs, sample []Column, want []bool, out [][]complex128) error {
	f := j.f
	residual, err := f.probe.run(j)
	if err != nil {
		return err
	}
	var w *block
	if residual > probeFactor*f.opt.Refine.Tol && f.opt.Refine.Steps > 0 {
		if w, err = j.whole(rhs); err != nil {
			return err
		}
	} else {
		w = j.partial(rhs, want)
		if err := f.l.sweeps(j, w, nil, nil); err != nil {
			return err
		}
		f.record.add(residual, 0, len(rhs))
	}
	for r := range rhs {
		for k, c := range sample {
			sum := complex128(0)
			for i, v := range c.Node {
				sum += c.Weight[i] * *w.number(f.s.perm[v], r)
			}
			out[r][k] = sum
		}
	}
	w.done()
	return nil
}

// partial makes a block with the rows that sources or samples need.
func (j *solving) partial(rhs []Column, want []bool) *block {
	s := j.f.s
	live := s.reach(rhs)
	at := make([]int32, len(s.fronts))
	rows := int32(0)
	for i := range s.fronts {
		at[i] = -1
		if live[i] || want[i] {
			at[i] = rows
			rows += s.fronts[i].npiv
		}
	}
	w := j.f.space(len(rhs), j.width, int(rows))
	w.at, w.want = at, want
	copy(w.live, live)
	w.scatter(rhs)
	return w
}

// scatter makes the block the sum of sparse columns.
func (w *block) scatter(rhs []Column) {
	clear(w.x)
	for r, c := range rhs {
		for i, v := range c.Node {
			*w.number(w.f.s.perm[v], r) += c.Weight[i]
		}
	}
}

// whole computes refined solutions everywhere.
func (j *solving) whole(rhs []Column) (*block, error) {
	f := j.f
	w, b := f.space(len(rhs), j.width, f.N()), f.space(len(rhs), j.width, f.N())
	defer b.done()
	b.scatter(rhs)
	rows := func(g int, at []int32, to []complex128) {
		first := int(f.s.perm[at[0]]) // they follow one another in the order of elimination
		copy(to, b.group(g)[first*b.width:][:len(at)*b.width])
	}
	res := j.residuals(w, rows)
	if err := f.l.sweeps(j, w, rows, res); err != nil {
		return nil, err
	}
	return w, j.refine(w, rows, res)
}

// probeFactor is how much worse than Refine.Tol a factor may be before whole solutions are refined for a few samples.
const probeFactor = 100

// A probe is one dense right-hand side whose residual tells how good the factor is.
type probe struct {
	mu       sync.Mutex
	done     bool
	residual float64
}

// run gives the residual before refinement, measured once.
func (p *probe) run(j *solving) (float64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done {
		return p.residual, nil
	}
	f := j.f
	w := f.space(1, 1, f.N())
	defer w.done()
	b := func(_ int, at []int32, to []complex128) {
		for i, v := range at {
			to[i] = complex(1, float64(v%7)-3)
		}
	}
	r := j.residuals(w, b)
	if err := f.l.sweeps(j, w, b, r); err != nil {
		return 0, err
	}
	res := r.norms()
	if fail := f.opt.Refine.Fail; f.opt.Refine.Steps == 0 && !(res[0] <= fail) {
		return 0, &AccuracyError{Residual: res[0], Growth: f.watch.growth, Tiny: f.watch.tiny}
	}
	p.done, p.residual = true, res[0]
	return p.residual, nil
}
