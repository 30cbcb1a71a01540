package sparse

import (
	"math"
	"sync"
)

// refine measures the residuals of a block of solutions and improves the columns above the tolerance. b gives a
// right-hand side's value at a vertex.
func (j *solving) refine(w *sweep, b func(v, r int) complex128) error {
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
func (j *solving) step(w *sweep, cols []int, b func(v, r int) complex128, norms, res []float64) (better bool, err error) {
	f := j.f
	c := f.spaces.get(f, len(cols), f.N())
	defer f.spaces.put(c)
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
func (j *solving) residual(w, to *sweep, cols []int, b func(v, r int) complex128, norms, res []float64) error {
	f := j.f
	p, perm, n := f.s.pattern, f.s.perm, w.n
	t := make([]complex128, n)
	clear(norms)
	clear(res)
	for v := range f.N() {
		if v&1023 == 0 {
			if err := j.check(); err != nil {
				return err
			}
		}
		for r := range t {
			t[r] = b(v, r)
			norms[r] += abs2(t[r])
		}
		for q := p.RowPtr[v]; q < p.RowPtr[v+1]; q++ {
			a, k := f.values[q], int(perm[p.Col[q]])
			x := w.x[k*w.ld:][:n]
			for r := range t {
				t[r] -= a * x[r]
			}
		}
		for r := range t {
			res[r] += abs2(t[r])
		}
		if to != nil {
			k := int(perm[v])
			d := to.x[k*to.ld:][:to.ld]
			clear(d[len(cols):])
			for i, r := range cols {
				d[i] = t[r]
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
