package invert

import (
	"context"
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"sync"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
)

// Kernel is what a term needs of one frequency of the wave problem; *fdfd.Kernel and *fdfd.Kernel25D have it.
type Kernel interface {
	Update(model *solver.Model) error
	Misfit(ctx context.Context, s *solver.Survey, adjoint func(*solver.Data) (*solver.Data, error)) (*solver.Data, *fdfd.Sensitivity, error)
	Jvec(ctx context.Context, s *solver.Survey, v *fdfd.Change) (*solver.Data, error)
	Jtvec(ctx context.Context, residual *solver.Data) (*fdfd.Sensitivity, error)
	PseudoHessian(ctx context.Context, s *solver.Survey) (*fdfd.Sensitivity, error)
}

// Compare says how a term's data are compared. The zero value is L2 of data with known sources.
type Compare struct {
	Misfit  Misfit
	Source  Source
	Weights []float64 // one a datum, not negative; nil: 1
}

// Term is one frequency's share of the misfit. Sources of one frequency may be spread over several terms: their misfits are added before
// they are divided. Its methods may be called from several goroutines.
type Term struct {
	kernel  Kernel
	obs     *solver.Data
	compare Compare

	mu    sync.Mutex
	model *solver.Model // that the kernel was brought to; nil: not known
	last  *solver.Data  // computed with it
}

// NewTerm compares what a kernel computes with observed data of its frequency. The kernel belongs to the term from now on.
func NewTerm(k Kernel, obs *solver.Data, c Compare) (*Term, error) {
	if k == nil || obs == nil || len(obs.Values) == 0 {
		return nil, fmt.Errorf("invert: making a term: there is no kernel or there are no data")
	}
	if f, ok := k.(interface{ Freq() float64 }); ok && f.Freq() != obs.Freq {
		return nil, fmt.Errorf("invert: making a term: a kernel of %g Hz for data of %g Hz", f.Freq(), obs.Freq)
	}
	if c.Misfit > Normalised || c.Source > Shared {
		return nil, fmt.Errorf("invert: making a term of %g Hz: %v, sources %v", obs.Freq, c.Misfit, c.Source)
	}
	s := obs.Survey()
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("invert: making a term of %g Hz: %w", obs.Freq, err)
	}
	if n := len(s.Src) * s.PerSource(); len(obs.Values) != n || c.Weights != nil && len(c.Weights) != n {
		return nil, fmt.Errorf("invert: making a term of %g Hz: %d values and %d weights for %d sources of %d receivers", obs.Freq, len(obs.Values), len(c.Weights), len(s.Src), s.PerSource())
	}
	for i, v := range obs.Values {
		if cmplx.IsNaN(v) || cmplx.IsInf(v) {
			return nil, fmt.Errorf("invert: making a term of %g Hz: value %g for source %d, receiver %d", obs.Freq, v, i/s.PerSource(), i%s.PerSource())
		}
	}
	if !slices.ContainsFunc(obs.Values, func(v complex128) bool { return v != 0 }) {
		return nil, fmt.Errorf("invert: making a term of %g Hz: all data are zero", obs.Freq)
	}
	for i, w := range c.Weights {
		if !(w >= 0) || math.IsInf(w, 1) {
			return nil, fmt.Errorf("invert: making a term of %g Hz: weight %g for source %d, receiver %d", obs.Freq, w, i/s.PerSource(), i%s.PerSource())
		}
	}
	return &Term{kernel: k, obs: obs, compare: c}, nil
}

// Request is what all terms are asked at once. It is plain data and travels.
type Request struct {
	Model *solver.Model
	Freqs []float64 // Hz: terms of other frequencies do nothing
	Along []float64 // a change of 1/c², s²/m² a cell: its product with the Gauss–Newton matrix is wanted, and nothing else
	Shape bool      // the pseudo-Hessian is wanted too
}

// Reply is a term's answer. Gradient is by 1/c², one number a cell.
type Reply struct {
	Freq     float64 // Hz
	Idle     bool    // the request was for other frequencies: the rest is empty
	Misfit   float64
	Norm     float64 // what misfits of this frequency are divided by, together
	Gradient []float64
	Product  []float64
	Shape    []float64
	Sources  []complex128 // signatures, one a source or one for all
}

// Answer answers a request.
func (t *Term) Answer(q *Request) (*Reply, error) { return t.AnswerContext(context.Background(), q) }

// AnswerContext is Answer that can be cancelled.
func (t *Term) AnswerContext(ctx context.Context, q *Request) (*Reply, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &Reply{Freq: t.obs.Freq}
	if q == nil || q.Model == nil {
		return nil, fmt.Errorf("invert: answering at %g Hz: no model was sent", r.Freq)
	}
	if !slices.Contains(q.Freqs, r.Freq) {
		r.Idle = true
		return r, nil
	}
	if err := t.bring(q.Model); err != nil {
		return nil, fmt.Errorf("invert: answering at %g Hz: %w", r.Freq, err)
	}
	if q.Along == nil || t.last == nil {
		if err := t.gradient(ctx, q.Model, r); err != nil {
			return nil, fmt.Errorf("invert: answering at %g Hz: %w", r.Freq, err)
		}
	}
	if q.Along != nil {
		if err := t.product(ctx, q, r); err != nil {
			return nil, fmt.Errorf("invert: answering at %g Hz: %w", r.Freq, err)
		}
	}
	if q.Shape {
		h, err := t.kernel.PseudoHessian(ctx, t.obs.Survey())
		if err != nil {
			return nil, fmt.Errorf("invert: answering at %g Hz: %w", r.Freq, err)
		}
		r.Shape = h.Slowness2
	}
	return r, nil
}

// bring makes the kernel's model the wanted one.
func (t *Term) bring(m *solver.Model) error {
	if t.model != nil && t.model.Grid == m.Grid && slices.Equal(t.model.C, m.C) && slices.Equal(t.model.Rho, m.Rho) && slices.Equal(t.model.Q, m.Q) {
		return nil
	}
	t.model, t.last = nil, nil
	if err := t.kernel.Update(m); err != nil {
		return err
	}
	t.model = m.Clone()
	return nil
}

func (t *Term) gradient(ctx context.Context, m *solver.Model, r *Reply) error {
	d, g, err := t.kernel.Misfit(ctx, t.obs.Survey(), func(d *solver.Data) (*solver.Data, error) {
		if len(d.Values) != len(t.obs.Values) {
			return nil, fmt.Errorf("invert: %d computed values, %d observed ones", len(d.Values), len(t.obs.Values))
		}
		a := *d
		a.Values = make([]complex128, len(d.Values))
		for _, p := range t.groups(d) {
			v, n, s := p.measure(a.Values[p.first : p.first+len(p.d)])
			r.Misfit, r.Norm, r.Sources = r.Misfit+v, r.Norm+n, append(r.Sources, s)
		}
		return &a, nil
	})
	if err != nil {
		return err
	}
	t.last = d
	r.Gradient = bySlowness(m, g)
	return nil
}

// product applies Re Jᴴ·C·J, C being the Gauss–Newton matrix of the misfit by the data.
func (t *Term) product(ctx context.Context, q *Request, r *Reply) error {
	if len(q.Along) != q.Model.Cells() {
		return fmt.Errorf("a change of %d cells for a model of %d", len(q.Along), q.Model.Cells())
	}
	dc := make([]float64, len(q.Along))
	for i, v := range q.Along {
		c := q.Model.C[i]
		dc[i] = -c * c * c / 2 * v
	}
	d, err := t.kernel.Jvec(ctx, t.obs.Survey(), fdfd.BySpeed(q.Model, dc))
	if err != nil {
		return err
	}
	r.Misfit, r.Norm = 0, 0
	scratch := make([]complex128, len(d.Values))
	for _, p := range t.groups(t.last) {
		v, n, sigma := p.measure(scratch[:len(p.d)])
		r.Misfit, r.Norm = r.Misfit+v, r.Norm+n
		p.curve(sigma, d.Values[p.first:p.first+len(p.d)])
	}
	g, err := t.kernel.Jtvec(ctx, d)
	if err != nil {
		return err
	}
	r.Product = bySlowness(q.Model, g)
	return nil
}

// bySlowness is a sensitivity by 1/c², with a density that follows the speed where it is not given.
func bySlowness(m *solver.Model, g *fdfd.Sensitivity) []float64 {
	out := g.Speed(m)
	for i, c := range m.C {
		out[i] *= -c * c * c / 2
	}
	return out
}

// part is a group with its place in the data.
type part struct {
	group
	first int
}

// groups divides data by their signatures.
func (t *Term) groups(d *solver.Data) []part {
	each := len(d.Values)
	if t.compare.Source == PerSource || t.compare.Misfit == Normalised && t.compare.Source == Known {
		each /= len(d.Src)
	}
	var ps []part
	for i := 0; i < len(d.Values); i += each {
		p := part{group{d: d.Values[i : i+each], o: t.obs.Values[i : i+each], kind: t.compare.Misfit, guess: t.compare.Source != Known}, i}
		if t.compare.Weights != nil {
			p.w = t.compare.Weights[i : i+each]
		}
		ps = append(ps, p)
	}
	return ps
}

// Freq is the frequency in Hz.
func (t *Term) Freq() float64 { return t.obs.Freq }

// String is the term in one line.
func (t *Term) String() string {
	return fmt.Sprintf("%v misfit at %.4g Hz, %d sources, signatures %v", t.compare.Misfit, t.obs.Freq, len(t.obs.Src), t.compare.Source)
}

// Row is the term's line in a table.
func (t *Term) Row() [][2]string {
	return [][2]string{
		{"frequency (Hz)", fmt.Sprintf("%.6g", t.obs.Freq)},
		{"misfit", t.compare.Misfit.String()},
		{"signatures", t.compare.Source.String()},
		{"data", fmt.Sprint(len(t.obs.Values))},
	}
}

// Bytes is the memory that the term holds.
func (t *Term) Bytes() int64 {
	n := int64(16 * len(t.obs.Values))
	if b, ok := t.kernel.(interface{ Bytes() int64 }); ok {
		n += b.Bytes()
	}
	return n
}
