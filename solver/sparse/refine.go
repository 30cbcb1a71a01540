package sparse

import (
	"math"
	"sync"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// refine measures the residuals of a block of solutions and improves the columns above the tolerance. b writes
// the right-hand sides.
func (j *solving) refine(w *block, b rower) error {
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
func (j *solving) step(w *block, cols []int, b rower, norms, res []float64) (better bool, err error) {
	f := j.f
	c := f.space(len(cols), w.width, f.N())
	defer c.done()
	if err := j.residual(w, c, cols, b, norms, res); err != nil {
		return false, err
	}
	if err := f.l.sweeps(j, c); err != nil {
		return false, err
	}
	add := func(i int, sign complex128) {
		x, d := w.group(cols[i] / w.width)[cols[i]%w.width:], c.group(i / c.width)[i%c.width:]
		for k := 0; k < len(x); k += w.width {
			x[k] += sign * d[k]
		}
	}
	for i := range cols {
		add(i, 1)
	}
	old := append([]float64(nil), res...)
	if err := j.residual(w, nil, nil, b, norms, res); err != nil {
		return false, err
	}
	for i, r := range cols {
		if res[r] < old[r] {
			better = true
			continue
		}
		res[r] = old[r]
		add(i, -1)
	}
	return better, nil
}

// residual gives ‖b−A·x‖/‖b‖ of each column, and puts b−A·x of cols into the block to, when there is one.
func (j *solving) residual(w, to *block, cols []int, b rower, norms, res []float64) error {
	f := j.f
	if to != nil {
		clear(to.x)
	}
	a := &kern.Matrix{RowPtr: f.s.pattern.RowPtr, Col: f.s.pattern.Col, Perm: f.s.perm, Half: f.s.half, Values: f.values}
	sums := make([][2][kern.Rows]float64, w.groups)
	for k := 0; k < f.N(); k += chunk {
		if k%(64*chunk) == 0 {
			if err := j.check(); err != nil {
				return err
			}
		}
		at := f.s.inv[k:min(k+chunk, f.N())]
		t := w.buf[:len(at)*w.width]
		for g := range w.groups { // while the rows of A are in the cache
			b(g, at, t)
			squares(t, w.width, &sums[g][0])
			if w.width == 1 {
				a.Residual1(!f.opt.Portable, at, w.group(g), t)
			} else {
				a.Residual(!f.opt.Portable, at, w.group(g), t)
			}
			squares(t, w.width, &sums[g][1])
			if to != nil {
				to.put(g, k, w.width, t, cols)
			}
		}
	}
	for r := range w.n {
		norms[r] = sums[r/w.width][0][r%w.width]
		if res[r] = sums[r/w.width][1][r%w.width]; res[r] != 0 {
			res[r] = math.Sqrt(res[r] / norms[r])
		}
	}
	return nil
}

// put copies those columns of the rows t of group g, from row k, that are among cols.
func (w *block) put(g, k, width int, t []complex128, cols []int) {
	for i, r := range cols {
		if r/width != g {
			continue
		}
		x := w.group(i / w.width)[k*w.width+i%w.width:]
		for q := 0; q*width < len(t); q++ {
			x[q*w.width] = t[q*width+r%width]
		}
	}
}

// squares adds |t|² of each column to sums.
func squares(t []complex128, width int, sums *[kern.Rows]float64) {
	if width == 1 {
		s := sums[0]
		for _, z := range t {
			s += abs2(z)
		}
		sums[0] = s
		return
	}
	s := *sums
	for ; len(t) >= kern.Rows; t = t[kern.Rows:] {
		s[0] += abs2(t[0])
		s[1] += abs2(t[1])
		s[2] += abs2(t[2])
		s[3] += abs2(t[3])
	}
	*sums = s
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
