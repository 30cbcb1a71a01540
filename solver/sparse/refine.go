package sparse

import (
	"math"
	"slices"
	"sync"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// refine improves the columns of a block of solutions whose residual, which is given, is above the tolerance. b writes
// the right-hand sides.
func (j *solving) refine(w *block, b rower, first *residuals) error {
	f := j.f
	rule := f.opt.Refine
	res := first.norms()
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
		better, err := j.step(w, cols, b, res)
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
func (j *solving) step(w *block, cols []int, b rower, res []float64) (better bool, err error) {
	f := j.f
	c := f.space(len(cols), w.width, f.N())
	defer c.done()
	clear(c.x)
	r := j.residuals(w, b)
	r.to, r.cols = c, cols
	if err := r.all(); err != nil {
		return false, err
	}
	if err := f.l.sweeps(j, c, nil, nil); err != nil {
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
	r = j.residuals(w, b)
	if err := r.all(); err != nil {
		return false, err
	}
	now := r.norms()
	for i, q := range cols {
		if now[q] < res[q] {
			res[q] = now[q]
			better = true
			continue
		}
		add(i, -1)
	}
	return better, nil
}

// residuals are sums on their way to ‖b−A·x‖/‖b‖ of each column of a block.
type residuals struct {
	j    *solving
	w    *block
	b    rower // writes the right-hand sides
	to   *block
	cols []int // whose b−A·x goes to the block to, when there is one
	a    kern.Matrix
	sums [][2][kern.Rows]float64 // ‖b‖², ‖b−A·x‖², group by group
}

func (j *solving) residuals(w *block, b rower) *residuals {
	f := j.f
	a := kern.Matrix{RowPtr: f.s.pattern.RowPtr, Col: f.s.pattern.Col, Perm: f.s.perm, Half: f.s.half, Values: f.values, Portable: f.opt.Portable}
	return &residuals{j: j, w: w, b: b, a: a, sums: make([][2][kern.Rows]float64, w.groups)}
}

// rows adds some rows to the sums.
func (r *residuals) rows(first, end int) {
	w := r.w
	for k := first; k < end; k += chunk {
		at := w.f.s.inv[k:min(k+chunk, end)]
		t := w.buf[:len(at)*w.width]
		for g := range w.groups { // while the rows of A are in the cache
			r.b(g, at, t)
			squares(t, w.width, &r.sums[g][0])
			if w.width == 1 {
				r.a.Residual1(at, w.group(g), t)
			} else {
				r.a.Residual(at, w.group(g), t)
			}
			squares(t, w.width, &r.sums[g][1])
			if r.to != nil {
				r.to.put(g, k, w.width, t, r.cols)
			}
		}
	}
}

// above adds the rows of the fronts above the subtrees.
func (r *residuals) above() {
	for _, q := range r.w.f.s.pieces {
		if q.above {
			r.rows(int(q.first), int(q.end))
		}
	}
}

// all adds all rows, in the order in which sweeps would.
func (r *residuals) all() error {
	for _, q := range slices.Backward(r.w.f.s.pieces) {
		if err := r.j.check(); err != nil {
			return err
		}
		if !q.above {
			r.rows(int(q.first), int(q.end))
		}
	}
	r.above()
	return nil
}

// norms gives ‖b−A·x‖/‖b‖ of each column.
func (r *residuals) norms() []float64 {
	res := make([]float64, r.w.n)
	for c := range res {
		s := &r.sums[c/r.w.width]
		if res[c] = s[1][c%r.w.width]; res[c] != 0 {
			res[c] = math.Sqrt(res[c] / s[0][c%r.w.width])
		}
	}
	return res
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
