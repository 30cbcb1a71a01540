package sparse

import (
	"math"
	"sync"
)

// refine measures the residuals of a block of solutions and improves the columns above the tolerance. b writes
// the right-hand sides.
func (j *solving) refine(w *sweep, b rower) error {
	f := j.f
	rule := f.opt.Refine
	norms := make([]float64, 2*w.n)
	norms, res := norms[:w.n], norms[w.n:]
	if err := j.residual(w, nil, nil, b, norms, res); err != nil {
		return err
	}
	steps := 0
	for ; steps < rule.Steps; steps++ {
		var cols []int
		for r, v := range res {
			if v > rule.Tol {
				cols = append(cols, r)
			}
		}
		if len(cols) == 0 {
			break
		}
		better, err := j.step(w, cols, b, norms, res)
		if err != nil {
			return err
		}
		if !better {
			break
		}
	}
	worst := 0.0
	for _, v := range res {
		worst = max(worst, v)
	}
	f.record.add(worst, steps, w.n)
	if !(worst <= rule.Fail) {
		return &AccuracyError{Residual: worst, Steps: steps, Growth: f.watch.growth, Tiny: f.watch.tiny}
	}
	return nil
}

// step solves for the residual of some columns and adds the correction where it helps.
func (j *solving) step(w *sweep, cols []int, b rower, norms, res []float64) (better bool, err error) {
	f := j.f
	c := f.space(len(cols), f.N())
	defer c.done()
	if err := j.residual(w, c, cols, b, norms, res); err != nil {
		return false, err
	}
	if err := j.sweeps(c); err != nil {
		return false, err
	}
	add := func(cols []int, sign complex128) {
		for k := range f.N() {
			x, d := w.x[k*w.ld:][:w.n], c.x[k*c.ld:][:c.n]
			for i, r := range cols {
				if r >= 0 {
					x[r] += sign * d[i]
				}
			}
		}
	}
	add(cols, 1)
	old := append([]float64(nil), res...)
	if err := j.residual(w, nil, nil, b, norms, res); err != nil {
		return false, err
	}
	worse := false
	for i, r := range cols {
		if res[r] < old[r] {
			cols[i] = -1
			better = true
		} else {
			res[r], worse = old[r], true
		}
	}
	if worse {
		add(cols, -1)
	}
	return better, nil
}

// residual gives ‖b−A·x‖/‖b‖ of each column, and puts b−A·x of cols into the block to, when there is one.
func (j *solving) residual(w, to *sweep, cols []int, b rower, norms, res []float64) error {
	f := j.f
	perm := f.s.perm
	clear(norms)
	clear(res)
	for v := 0; v < f.N(); v += chunk {
		if err := j.check(); err != nil {
			return err
		}
		n := min(chunk, f.N()-v)
		b(v, n, w.buf)
		for i := range n {
			t := w.buf[i*w.ld : (i+1)*w.ld]
			for r, z := range t[:w.n] {
				norms[r] += abs2(z)
			}
			j.subtract(w, v+i, t)
			for r, z := range t[:w.n] {
				res[r] += abs2(z)
			}
			if to != nil {
				d := to.row(perm[v+i])
				clear(d[len(cols):])
				for i, r := range cols {
					d[i] = t[r]
				}
			}
		}
	}
	for r := range res {
		if res[r] > 0 {
			res[r] = math.Sqrt(res[r] / norms[r])
		}
	}
	return nil
}

// subtract takes row v of A times the solutions from t.
func (j *solving) subtract(w *sweep, v int, t []complex128) {
	f := j.f
	p, perm := f.s.pattern, f.s.perm
	first, end := p.RowPtr[v], p.RowPtr[v+1]
	if w.n == 1 {
		sum := complex128(0)
		for q := first; q < end; q++ {
			sum += f.values[q] * w.x[int(perm[p.Col[q]])*w.ld]
		}
		t[0] -= sum
		return
	}
	for q := first; q < end; q++ {
		f.loops.Row(f.values[q], w.row(perm[p.Col[q]]), t)
	}
}

func abs2(z complex128) float64 { return real(z)*real(z) + imag(z)*imag(z) }

// record remembers how the last solve went.
type record struct {
	mu       sync.Mutex
	residual float64
	steps    int
	columns  int
}

func (r *record) add(residual float64, steps, columns int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.residual, r.steps = residual, steps
	r.columns += columns
}

func (r *record) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.residual, r.steps, r.columns = 0, 0, 0
}
