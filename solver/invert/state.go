package invert

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/solver"
)

// State is where an inversion is. It shows itself as the model and its change from the start.
type State struct {
	Stages      []Stage
	Stage       int // that runs, from 0; len(Stages) when all are done
	Iteration   int // of the stage
	Evaluations int // of misfit and gradient, in all stages
	Products    int // with the Gauss–Newton matrix, in all stages
	Began       int // Evaluations at the beginning of the stage
	Value       float64
	Model       *solver.Model
	Sources     []Signature // the last that were estimated
	History     History

	start *solver.Model
	m     []float64
	now   *point // nil before the first evaluation of a stage
	s, y  [][]float64
}

// Step is one iteration in short. Iteration 0 is a stage's beginning.
type Step struct {
	Stage, Iteration, Evaluations int
	Misfit, Penalty, Length       float64 // Misfit is the mean over the stage's frequencies, without the penalty of regularisers
}

// History is what happened so far; it shows itself as a curve.
type History []Step

// take makes a point the state's own.
func (s *State) take(p *point, length float64, obj *objective, d *descent) {
	s.now, s.m, s.s, s.y = p, p.m, d.s, d.y
	s.Value, s.Evaluations, s.Products, s.Sources = p.value, obj.count, obj.products, p.sources
	s.Model = obj.model(p.m)
	s.History = append(s.History, Step{s.Stage, s.Iteration, obj.count, p.value - p.penalty, p.penalty, length})
}

// Misfits are the misfits of the running stage's frequencies.
func (s *State) Misfits() []float64 {
	if s.now == nil {
		return nil
	}
	return slices.Clone(s.now.misfits)
}

// String is the state in one line.
func (s *State) String() string {
	if s == nil {
		return "<nil>"
	}
	what := fmt.Sprintf("all %d stages done", len(s.Stages))
	if s.Stage < len(s.Stages) {
		what = fmt.Sprintf("stage %d of %d (%v Hz), iteration %d", s.Stage+1, len(s.Stages), s.Stages[s.Stage].Freqs, s.Iteration)
	}
	t := fmt.Sprintf("inversion: %s, %d evaluations", what, s.Evaluations)
	if n := len(s.History); n > 0 {
		t += fmt.Sprintf(", misfit %.4g", s.History[n-1].Misfit)
	}
	return t
}

// Bundle shows the model and how it differs from the start.
func (s *State) Bundle() display.Bundle {
	if s == nil || s.Model == nil || s.start == nil {
		return display.Text(s.String())
	}
	lo, hi := s.start.Range()
	now := solver.NewImage(s.Model, s.Model.C)
	now.Outline = nil
	now.Title, now.Name, now.Unit, now.Lo, now.Hi = s.String(), "speed", "m/s", lo, hi
	change := *now
	change.Title, change.Name, change.Lo, change.Hi, change.Colors = "change from the start", "change", 0, 0, display.Diverging
	change.Values = make([]float64, len(s.Model.C))
	for i, c := range s.Model.C {
		change.Values[i] = c - s.start.C[i]
	}
	now.Title = "model"
	return display.Picture(s.String(), now.Heat(), change.Heat())
}

// settled tells whether the last iteration lowered what is minimised by less than a part of it. The history alone tells, so that a
// resumed run ends where it would have ended.
func (h History) settled(part float64) bool {
	n := len(h)
	if n < 2 || h[n-1].Iteration == 0 {
		return false
	}
	before, now := h[n-2].Misfit+h[n-2].Penalty, h[n-1].Misfit+h[n-1].Penalty
	return before-now < part*before
}

// String is the last step in one line.
func (h History) String() string {
	if len(h) == 0 {
		return "no steps"
	}
	l := h[len(h)-1]
	return fmt.Sprintf("%d steps, %d evaluations, misfit %.4g", len(h), l.Evaluations, l.Misfit)
}

// Bundle shows the misfit over evaluations, a line for each stage, on a logarithmic axis.
func (h History) Bundle() display.Bundle {
	p := plot.New()
	p.Title.Text = h.String()
	p.X.Label.Text, p.Y.Label.Text = "evaluations", "misfit"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: 3}
	for i := 0; i < len(h); {
		j := i
		var xy plotter.XYs
		for ; j < len(h) && h[j].Stage == h[i].Stage; j++ {
			xy = append(xy, plotter.XY{X: float64(h[j].Evaluations), Y: max(h[j].Misfit, 1e-30)})
		}
		if l, q, err := plotter.NewLinePoints(xy); err == nil {
			l.Color, q.Color = shades[h[i].Stage%len(shades)], shades[h[i].Stage%len(shades)]
			p.Add(l, q)
		}
		i = j
	}
	if len(h) == 0 {
		return display.Text(h.String())
	}
	b := display.Of(p)
	b.Data[display.TypeText] = h.String()
	return b
}

var shades = [...]color.RGBA{{31, 119, 180, 255}, {214, 39, 40, 255}, {44, 160, 44, 255}, {148, 103, 189, 255}, {255, 127, 14, 255}, {23, 190, 207, 255}}
