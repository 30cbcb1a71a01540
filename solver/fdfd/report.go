package fdfd

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/galeproject/gale/solver"
)

// Report tells how accurate a kernel's results can be expected to be, from figures that were measured on exact fields. Staircases of
// the model, which are the model's own, are not in it: see solver.Average.
type Report struct {
	Freq       float64
	Points     Points  // per wavelength
	Sides      [4]Edge // top, right, bottom, left
	Operator   float64 // relative error that the stencil makes over half the grid's diagonal
	Reflection float64 // relative error that the absorbing layers make
	Quadrature float64 // relative error that the sum over a contour makes, see Kernel25D.Report
	Expected   float64 // all of them
	Warnings   []string

	// Of a kernel; zero in a forecast.
	Unknowns int
	Terms    int     // cross-line wavenumbers
	Near     float64 // metres from a source from which their sum is right to 2 %
	Exponent float64 // by which terms outgrew their sum off the section, in the surveys so far
	Solved   bool    // whether there is a residual
	Bytes    int64   // of the factors
	Growth   float64 // largest entry of L
	Residual float64 // of the last solve
	Refined  int     // steps of refinement for it
	Seconds  float64 // that making it took
}

// Points are cells in a wavelength: the least with its place, what one cell in twenty has or less, and the median.
type Points struct {
	Least, Low, Median float64
	At                 solver.Point
}

// Edge is an absorbing layer as waves see it; zero where a side does not absorb.
type Edge struct {
	Cells       int
	Wavelengths float64 // its thickness in the smallest wavelengths alongside
	Decibels    float64 // what it reflects
}

const (
	wrong    = 0.02 // an expected error above it is worth a warning
	thinEdge = 0.9  // wavelengths
)

// Forecast reports on a kernel before any work: NewKernel with the same arguments will do no worse. It fails where NewKernel would refuse
// the model or the options.
func Forecast(model *solver.Model, freq float64, opts ...Option) (*Report, error) {
	k, err := prepare(model, freq, opts)
	if err != nil {
		return nil, err
	}
	return k.forecast(), nil
}

// Report tells of the kernel as it is.
func (k *Kernel) Report() *Report {
	if k.empty() {
		return &Report{}
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	r := k.forecast()
	f := k.factor.Report()
	r.Unknowns, r.Terms, r.Bytes, r.Growth, r.Residual, r.Refined = f.N, 1, f.Bytes, f.Growth, f.Residual, f.Refinements
	r.Solved = f.Columns > 0
	r.Seconds = k.took.Seconds()
	return r
}

// Report tells of all terms: the sum of their bytes, the worst of their residuals. Quadrature is the contour's error from a wavelength to
// half the grid's diagonal in the section, or in the surveys so far where that is more.
func (k *Kernel25D) Report() *Report {
	if k.empty() {
		return &Report{}
	}
	r := k.terms[0].Report()
	for _, t := range k.terms[1:] {
		f := t.Report()
		r.Bytes += f.Bytes
		r.Solved = r.Solved || f.Solved
		r.Growth, r.Residual, r.Refined = max(r.Growth, f.Growth), max(r.Residual, f.Residual), max(r.Refined, f.Refined)
	}
	r.Terms, r.Seconds = len(k.terms), k.Took().Seconds()
	lo, hi := k.terms[0].speeds()
	slow, fast, g := 2*math.Pi*k.freq/lo, 2*math.Pi*k.freq/hi, k.Grid()
	wave := 2 * math.Pi / slow
	r.Quadrature = k.contour.miss(slow, fast, math.Inf(1), spread(wave, max(wave, math.Hypot(g.Width(), g.Height())/2), 0))
	r.Near = k.contour.near(slow, fast)
	k.doubts.Lock()
	defer k.doubts.Unlock()
	r.Quadrature, r.Exponent = max(r.Quadrature, k.worst), k.exponent
	r.Expected = math.Hypot(r.Expected, r.Quadrature)
	if k.doubt != "" {
		r.Warnings = append(r.Warnings, k.doubt)
	}
	return r
}

// forecast needs a model and layers only.
func (k *Kernel) forecast() *Report {
	m := k.model
	r := &Report{Freq: k.freq}
	h := max(m.Dx, m.Dz)
	g := make([]float64, m.Cells())
	for i, c := range m.C {
		g[i] = c / k.freq / h
	}
	var slope2, phase float64
	for _, v := range g {
		s, d := k.opt.stencil.errors(v)
		slope2 += s * s / float64(len(g))
		phase += d / (v * h) / float64(len(g))
	}
	offset := math.Hypot(m.Width(), m.Height()) / 2
	slices.Sort(g)
	r.Points = Points{Least: k.points, Low: g[len(g)/20], Median: g[len(g)/2], At: m.Center(k.slow%m.Nx, k.slow/m.Nx)}
	r.Operator = math.Hypot(0.65*math.Sqrt(slope2), 0.7*2*math.Pi*offset*phase)
	if m.Dx != m.Dz {
		r.Operator = max(r.Operator, oblong(max(m.Dx, m.Dz)/min(m.Dx, m.Dz), r.Points.Median, k.opt.fitted))
	}
	if k.tilted != nil {
		r.Operator = max(r.Operator, wrongBy(offset, k.tilted.phase, k.tilted.slope))
	}
	side := [4]float64{m.Dz, m.Dx, m.Dz, m.Dx}
	for i, l := range k.lay {
		if l.Cells == 0 {
			continue
		}
		slow, _ := alongside(m, i)
		coarse := slow / k.freq / side[i]
		r.Sides[i] = Edge{l.Cells, float64(l.Cells) / coarse, reflection(l.Cells, coarse)}
		r.Reflection = max(r.Reflection, math.Pow(10, r.Sides[i].Decibels/20))
	}
	r.Expected = math.Hypot(r.Operator, r.Reflection)
	r.Warnings = k.doubts(r)
	return r
}

// doubts are the report's warnings.
func (k *Kernel) doubts(r *Report) (w []string) {
	if k.tilted != nil && k.tilted.warn != "" {
		w = append(w, k.tilted.warn)
	}
	if r.Points.Least < fewPoints {
		w = append(w, fmt.Sprintf("only %.2f points per wavelength at %v m", r.Points.Least, r.Points.At))
	}
	for i, e := range r.Sides {
		if e.Cells > 0 && e.Wavelengths < thinEdge {
			w = append(w, fmt.Sprintf("the absorbing layer at the %s is %.2f wavelengths thick: %.2g %% of a wave may be reflected", sideNames[i], e.Wavelengths,
				100*math.Pow(10, e.Decibels/20)))
		}
	}
	if r.Expected > wrong {
		why := "the operator"
		if r.Reflection > r.Operator {
			why = "the absorbing layers"
		}
		w = append(w, fmt.Sprintf("results may be wrong by %.2g %%, because of %s", 100*r.Expected, why))
	}
	return w
}

var sideNames = [4]string{"top", "right", "bottom", "left"}

// Warnings are doubts about the accuracy of what the kernel computes, in words.
func (k *Kernel) Warnings() []string {
	if k.empty() {
		return nil
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.forecast().Warnings
}

// String is the report in words, one line a matter.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "at %.4g Hz: %.2f points per wavelength at least (at %v m), %.2f in one cell of twenty, median %.2f\n", r.Freq, r.Points.Least, r.Points.At, r.Points.Low, r.Points.Median)
	for i, e := range r.Sides {
		if e.Cells > 0 {
			fmt.Fprintf(&b, "%s: %d absorbing cells, %.2f wavelengths, %.0f dB\n", sideNames[i], e.Cells, e.Wavelengths, e.Decibels)
		}
	}
	fmt.Fprintf(&b, "expected error %.2g %%: operator %.2g %%, absorbing layers %.2g %%", 100*r.Expected, 100*r.Operator, 100*r.Reflection)
	if r.Near > 0 {
		fmt.Fprintf(&b, ", contour %.2g %%; the contour is right to 2 %% from %.3g m on", 100*r.Quadrature, r.Near)
	}
	if r.Exponent > 0 {
		fmt.Fprintf(&b, "; off the section terms grow by e^%.2g", r.Exponent)
	}
	if r.Unknowns > 0 {
		fmt.Fprintf(&b, "\n%d unknowns, %d wavenumbers, factors of %.1f MB, growth %.1e, ", r.Unknowns, r.Terms, float64(r.Bytes)/1e6, r.Growth)
		if r.Solved {
			fmt.Fprintf(&b, "residual %.0e after %d refinements", r.Residual, r.Refined)
		} else {
			b.WriteString("not solved yet")
		}
		fmt.Fprintf(&b, ", made in %.2f s", r.Seconds)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "\nwarning: %s", w)
	}
	return b.String()
}
