package invert

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"slices"

	"github.com/galeproject/gale/solver"
)

// Method is how a stage is minimised.
type Method uint8

// The methods. Both have a line search and keep to the bounds.
const (
	LBFGS       Method = iota // remembers the last ten changes of the gradient: a kernel's update and three solves a source an iteration
	GaussNewton               // solves with JᴴJ by conjugate gradients: fewer iterations, each of several products
)

// String is the method's name.
func (m Method) String() string {
	if m == GaussNewton {
		return "Gauss-Newton"
	}
	return "L-BFGS"
}

// Stage is a set of frequencies that are fitted together. Zeros take the defaults.
type Stage struct {
	Freqs       []float64 // Hz
	Iterations  int       // at most; 0: 25
	Evaluations int       // of misfit and gradient, at most; 0: 30
}

// OneByOne makes a stage of each frequency, in the given order.
func OneByOne(freqs ...float64) []Stage {
	var s []Stage
	for _, f := range freqs {
		s = append(s, Stage{Freqs: []float64{f}})
	}
	return s
}

// Growing makes stages that take in one more frequency each: what was fitted before is not forgotten.
func Growing(freqs ...float64) []Stage {
	var s []Stage
	for i := range freqs {
		s = append(s, Stage{Freqs: slices.Clone(freqs[:i+1])})
	}
	return s
}

// Inversion says what is looked for and how. Only Start and Stages are needed.
type Inversion struct {
	Start  *solver.Model // where the search begins; its densities and Q stay
	Stages []Stage

	Method   Method
	Products int // of an iteration of GaussNewton, at most; 0: 10

	Slowest, Fastest float64   // bounds of speed in m/s; 0: half and twice the extremes of Start
	Frozen           []bool    // cells that stay as they are, see [Above]; nil: none
	Gain             []float64 // how freely each cell may move, see [Deepening]; nil: all alike

	PseudoHessian    bool    // divide gradients by what each cell can do at the beginning of its stage
	SmoothX, SmoothZ float64 // m: standard deviations by which gradients are smoothed
	Regularise       []Regulariser

	FirstStep float64 // largest relative change of speed in the first step of a stage; 0: 0.02
	Tolerance float64 // a stage ends when an iteration lowers the misfit by less than this part; 0: 1e-5

	Checkpoint string       // a file that keeps the state after each iteration, and from which a run goes on if it exists; "": none
	Watch      func(*State) // is told of each iteration before the next begins, and of a resumed state; nil: nobody
	Log        *slog.Logger // nil: none
}

// Above freezes the cells whose middle lies above a depth in metres.
func Above(g solver.Grid, depth float64) []bool {
	f := make([]bool, g.Cells())
	for i := range f {
		f[i] = g.Center(0, i/g.Nx).Z < depth
	}
	return f
}

// Deepening lets cells move the more the deeper they lie: gain top + slope·z with z in kilometres.
func Deepening(g solver.Grid, top, slope float64) []float64 {
	v := make([]float64, g.Cells())
	for i := range v {
		v[i] = top + slope*g.Center(0, i/g.Nx).Z/1000
	}
	return v
}

// Run minimises, stage by stage, and returns the last state, which holds the model. When nothing better can be found a stage ends; that is
// no error. After an error, a cancelled context too, the state is the best so far.
func (v Inversion) Run(ctx context.Context, mapper Mapper) (*State, error) {
	if mapper == nil {
		return nil, errors.New("invert: starting: there is no mapper: Serial makes one of terms")
	}
	if err := v.prepare(); err != nil {
		return nil, err
	}
	s, err := v.begin()
	if err != nil {
		return nil, err
	}
	for s.Stage < len(v.Stages) {
		if err := v.stage(ctx, mapper, s); err != nil {
			return s, err
		}
		s.Stage, s.Iteration, s.Began = s.Stage+1, 0, s.Evaluations
		s.now, s.s, s.y = nil, nil, nil
		if err := v.save(s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// begin is the state of the checkpoint, or the first one.
func (v *Inversion) begin() (*State, error) {
	if v.Checkpoint != "" {
		s, err := load(v.Checkpoint, v)
		if err == nil {
			v.Log.Info("going on from a checkpoint", "file", v.Checkpoint, "stage", s.Stage, "iteration", s.Iteration)
			v.Watch(s)
			return s, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	s := &State{Stages: v.Stages, Model: v.Start.Clone(), start: v.Start, m: make([]float64, v.Start.Cells())}
	for i, c := range v.Start.C {
		s.m[i] = 1 / (c * c)
	}
	return s, nil
}

// stage minimises the frequencies of the state's stage from where the state is.
func (v *Inversion) stage(ctx context.Context, mapper Mapper, s *State) error {
	st := v.Stages[s.Stage]
	obj := &objective{mapper: mapper, start: v.Start, freqs: st.Freqs, terms: v.Regularise, frozen: v.Frozen, count: s.Evaluations, products: s.Products}
	d := &descent{
		obj: obj, lo: 1 / sq(v.Fastest), hi: 1 / sq(v.Slowest), method: v.Method, inner: v.Products, s: s.s, y: s.y,
		limit: s.Began + st.Evaluations, first: 2 * v.FirstStep, // m is the inverse square of speed
	}
	if s.now == nil {
		p, err := obj.at(ctx, s.m, v.PseudoHessian)
		if err != nil {
			return err
		}
		s.take(p, 0, obj, d)
		if err := v.tell(s); err != nil {
			return err
		}
	}
	d.pre = &preconditioner{grid: v.Start.Grid, gain: gains(v.Gain, s.now.shape, v.Frozen), sx: v.SmoothX, sz: v.SmoothZ}
	for s.Iteration < st.Iterations && obj.count < d.limit && !s.History.settled(v.Tolerance) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("invert: in stage %d: %w", s.Stage, err)
		}
		before := s.now
		q, t, err := d.step(ctx, before)
		if err != nil {
			return err
		}
		if q == nil {
			v.Log.Info("nothing better was found", "stage", s.Stage, "iteration", s.Iteration)
			s.Evaluations, s.Products = obj.count, obj.products
			return nil
		}
		q.shape = before.shape
		s.Iteration++
		s.take(q, t, obj, d)
		if err := v.tell(s); err != nil {
			return err
		}
	}
	return nil
}

// tell saves a state and shows it around.
func (v *Inversion) tell(s *State) error {
	v.Log.Info("inversion", "stage", s.Stage, "iteration", s.Iteration, "misfit", s.Value, "evaluations", s.Evaluations)
	if err := v.save(s); err != nil {
		return err
	}
	v.Watch(s)
	return nil
}

func (v *Inversion) save(s *State) error {
	if v.Checkpoint == "" {
		return nil
	}
	return s.save(v.Checkpoint, v.fingerprint())
}

// prepare checks the inversion and fills in defaults.
func (v *Inversion) prepare() error {
	if err := v.Start.Check(); err != nil {
		return fmt.Errorf("invert: starting: %w", err)
	}
	if i := slices.Index(v.Regularise, nil); i >= 0 {
		return fmt.Errorf("invert: starting: regulariser %d is nil", i)
	}
	if err := v.prepareStages(); err != nil {
		return err
	}
	n := v.Start.Cells()
	lo, hi := v.Start.Range()
	v.Slowest, v.Fastest = fallback(v.Slowest, lo/2), fallback(v.Fastest, 2*hi)
	v.FirstStep, v.Tolerance = fallback(v.FirstStep, 0.02), fallback(v.Tolerance, 1e-5)
	if v.Products == 0 {
		v.Products = 10
	}
	if v.Frozen == nil {
		v.Frozen = make([]bool, n)
	}
	if v.Watch == nil {
		v.Watch = func(*State) {}
	}
	if v.Log == nil {
		v.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case len(v.Frozen) != n || v.Gain != nil && len(v.Gain) != n:
		return fmt.Errorf("invert: starting: %d frozen cells and %d gains for a model of %d cells", len(v.Frozen), len(v.Gain), n)
	case !(v.Slowest > 0) || !(v.Fastest > v.Slowest) || math.IsInf(v.Fastest, 1):
		return fmt.Errorf("invert: starting: bounds %g to %g m/s", v.Slowest, v.Fastest)
	case !(v.FirstStep > 0 && v.FirstStep < 1) || !(v.Tolerance > 0) || v.Products < 1 || v.Method > GaussNewton:
		return fmt.Errorf("invert: starting: first step %g, tolerance %g, %d products, method %d", v.FirstStep, v.Tolerance, v.Products, v.Method)
	case !(v.SmoothX >= 0) || !(v.SmoothZ >= 0):
		return fmt.Errorf("invert: starting: gradients smoothed by %g×%g m", v.SmoothX, v.SmoothZ)
	}
	for i, c := range v.Start.C {
		if !v.Frozen[i] && !(c >= v.Slowest && c <= v.Fastest) {
			return fmt.Errorf("invert: starting: speed %g in cell %d (ix %d, iz %d), bounds are %g to %g m/s", c, i, i%v.Start.Nx, i/v.Start.Nx, v.Slowest, v.Fastest)
		}
		if v.Gain != nil && !(v.Gain[i] >= 0 && v.Gain[i] <= math.MaxFloat64) {
			return fmt.Errorf("invert: starting: gain %g of cell %d", v.Gain[i], i)
		}
	}
	return nil
}

func (v *Inversion) prepareStages() error {
	if len(v.Stages) == 0 {
		return fmt.Errorf("invert: starting: there are no stages")
	}
	v.Stages = slices.Clone(v.Stages)
	for i := range v.Stages {
		s := &v.Stages[i]
		if s.Iterations == 0 {
			s.Iterations = 25
		}
		if s.Evaluations == 0 {
			s.Evaluations = 30
		}
		if len(s.Freqs) == 0 || s.Iterations < 0 || s.Evaluations < 0 {
			return fmt.Errorf("invert: starting: stage %d has frequencies %v, %d iterations, %d evaluations", i, s.Freqs, s.Iterations, s.Evaluations)
		}
	}
	return nil
}

func fallback(v, otherwise float64) float64 {
	if v == 0 {
		return otherwise
	}
	return v
}

// fingerprint tells an inversion from others: a checkpoint belongs to one.
func (v *Inversion) fingerprint() string {
	h := sha256.New()
	for _, x := range []any{v.Start.Grid, v.Start.C, v.Start.Rho, v.Start.Q, v.Stages, v.Method, v.Products, v.Slowest, v.Fastest, v.Frozen, v.Gain, v.PseudoHessian, v.SmoothX, v.SmoothZ, v.FirstStep, v.Tolerance} {
		fmt.Fprintln(h, x)
	}
	for _, r := range v.Regularise {
		fmt.Fprintln(h, r)
	}
	return hex.EncodeToString(h.Sum(nil))
}
