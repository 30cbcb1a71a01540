package fdfd

import (
	"fmt"
	"math"

	"github.com/galeproject/gale/solver"
)

const (
	lost     = 0.1 // the error of a contour above which a place off the section is refused
	doubtful = 0.02
	fineness = 8 // places are told apart by an eighth of a factor of two
)

// quadrature is what a contour makes wrong in a survey, in the exact field of a homogeneous medium.
type quadrature struct {
	err      float64 // the largest
	src, rec int     // where
	at       offset
}

// Error is the largest relative error that the sum over the contour makes for the sources and receivers of a survey, measured on the
// exact field of a homogeneous medium with the slowest and with the fastest speed of the model. Receivers closer to their source than a
// cell count as that far, as in ContourFor.
func (c Contour) Error(m *solver.Model, freq float64, s *solver.Survey) (float64, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	if err := m.Check(); err != nil {
		return 0, err
	}
	if err := s.Check(); err != nil {
		return 0, err
	}
	if !(freq > 0) || math.IsInf(freq, 0) {
		return 0, fmt.Errorf("fdfd: measuring a contour: %g Hz", freq)
	}
	lo, hi := m.Range()
	return c.survey(2*math.Pi*freq/lo, 2*math.Pi*freq/hi, min(m.Dx, m.Dz), s, func(offset) bool { return true }).err, nil
}

// survey measures the offsets of a survey that count, each kind of place once.
func (c Contour) survey(slow, fast, least float64, s *solver.Survey, counts func(offset) bool) (q quadrature) {
	type place struct{ r, y int }
	seen := map[place]bool{}
	for i, p := range s.Src {
		for j, to := range s.Receivers(i) {
			o := offset{max(math.Hypot(p.X-to.X, p.Z-to.Z), least), math.Abs(p.Y - to.Y)}
			at := place{int(math.Round(fineness * math.Log2(o.r/least))), -1}
			if o.y > 0 {
				at.y = int(math.Round(fineness * math.Log2(1+o.y/least)))
			}
			if seen[at] || math.IsNaN(o.r) || math.IsInf(o.r, 0) || !counts(o) {
				continue
			}
			seen[at] = true
			if e := c.miss(slow, fast, math.Inf(1), []offset{o}); e > q.err {
				q.err, q.src, q.rec, q.at = e, i, j, o
			}
		}
	}
	return q
}

// near is the least distance in the section, in metres from 1/64 wavelength on, from which the contour is no doubt.
func (c Contour) near(slow, fast float64) float64 {
	wave := 2 * math.Pi / slow
	r := 2 * wave
	for r > wave/64 && c.miss(slow, fast, math.Inf(1), []offset{{r, 0}}) <= doubtful {
		r /= math.Pow(2, 1./fineness)
	}
	return r * math.Pow(2, 1./fineness)
}

// reach is the T that a contour of its angle needs for distance r.
func (c Contour) reach(r float64) float64 { return max(1.5, 8/(c.K*r*math.Cos(c.Phi))) }

// judge refuses a survey for which the contour is of no use, and remembers what it makes wrong.
func (k *Kernel25D) judge(s *solver.Survey) error {
	cell := k.terms[0].Grid()
	lo, hi := k.terms[0].speeds()
	slow, fast := 2*math.Pi*k.freq/lo, 2*math.Pi*k.freq/hi
	least := min(cell.Dx, cell.Dz)
	off := k.contour.survey(slow, fast, least, s, func(o offset) bool { return o.y > 0 })
	if off.err > lost {
		return fmt.Errorf("fdfd: placing points: receiver %d is %.4g m across the section from source %d and %.4g m in it, where %v are wrong by %.2g %%: "+
			"plan the contour for this survey with ContourFor", off.rec, off.at.y, off.src, off.at.r, k.contour, 100*off.err)
	}
	in := k.contour.survey(slow, fast, least, s, func(o offset) bool { return o.y == 0 })
	if off.err > in.err {
		in = off
	}
	k.doubts.Lock()
	defer k.doubts.Unlock()
	if in.err <= k.worst {
		return nil
	}
	k.worst = in.err
	if in.err > doubtful {
		k.doubt = k.contour.words(in, 2*math.Pi/slow)
		if k.log != nil {
			k.log.Warn("FDFD kernel for 2.5-D", "frequency", k.freq, "doubt", k.doubt)
		}
	}
	return nil
}

// words tell what a contour makes wrong, and what would be right.
func (c Contour) words(q quadrature, wave float64) string {
	w := fmt.Sprintf("receiver %d is %.2g wavelengths from source %d", q.rec, math.Hypot(q.at.r, q.at.y)/wave, q.src)
	if q.at.y > 0 {
		w += fmt.Sprintf(", %.4g m across the section", q.at.y)
	}
	w += fmt.Sprintf(": the contour is wrong by %.2g %% there", 100*q.err)
	if t := c.reach(q.at.r); t > c.T*1.01 {
		w += fmt.Sprintf(", T = %.2g is needed where it is %.2g", t, c.T)
	}
	return w + "; plan it for this survey with ContourFor"
}

// speeds are the least and the largest of the model.
func (k *Kernel) speeds() (lo, hi float64) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.model.Range()
}
