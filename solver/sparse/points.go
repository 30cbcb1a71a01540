package sparse

import (
	"context"
	"fmt"
	"math"
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
// solution is held, in blocks of up to 48. The residual of such a solution is not known; that of a probe, one dense
// right-hand side for each factorization, stands for it, and if that needs refinement whole solutions are computed
// and refined.
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
	return f.blocks(ctx, len(rhs), int64(f.N()), func(j *solving, a, b int) error {
		return j.points(rhs[a:b], sample, out[a:b])
	})
}

func (j *solving) points(rhs, sample []Column, out [][]complex128) error {
	f := j.f
	w := f.spaces.get(f, len(rhs), f.N())
	defer f.spaces.put(w)
	clear(w.x)
	b := make(map[[2]int]complex128)
	for r, c := range rhs {
		for i, v := range c.Node {
			w.x[int(f.s.perm[v])*w.n+r] += c.Weight[i]
			b[[2]int{int(v), r}] += c.Weight[i]
		}
	}
	if err := j.sweeps(w, true); err != nil {
		return err
	}
	if err := j.refine(w, func(v, r int) complex128 { return b[[2]int{v, r}] }); err != nil {
		return err
	}
	for r := range rhs {
		for k, c := range sample {
			sum := complex128(0)
			for i, v := range c.Node {
				sum += c.Weight[i] * w.row(f.s.perm[v])[r]
			}
			out[r][k] = sum
		}
	}
	return nil
}
