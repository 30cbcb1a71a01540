package solver_test

import (
	"math"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver"
)

// A mean over a cell names values that no medium has instead of losing them.
func TestAverageRefuses(t *testing.T) {
	g := solver.Grid{Nx: 4, Nz: 3, Dx: 10, Dz: 10}
	for want, p := range map[string]solver.Props{
		"Q -30": {C: 1500, Q: -30}, "Q NaN": {C: 1500, Q: math.NaN()}, "density -1": {C: 1500, Rho: -1}, "speed NaN": {C: math.NaN()}, "speed 0": {},
		"speed -1500": {C: -1500}, "density +Inf": {C: 1500, Rho: math.Inf(1)},
	} {
		for _, sub := range []int{1, 3} {
			_, err := solver.Average(g, sub, func(x, z float64) solver.Props {
				if x > 20 && x < 30 && z > 10 && z < 20 {
					return p
				}
				return solver.Props{C: 1500}
			})
			if err == nil || !strings.Contains(err.Error(), want+" in cell 6 (ix 2, iz 1) at (25, 15) m") {
				t.Errorf("want %q, got %v", want, err)
			}
		}
	}
	if _, err := solver.Average(g, 1, nil); err == nil {
		t.Error("an average of nothing")
	}
}

// Data of different frequencies or places have no sum.
func TestAddRefuses(t *testing.T) {
	p, q := []solver.Point{solver.At(0, 0), solver.At(10, 0)}, []solver.Point{solver.At(0, 0), solver.At(11, 0)}
	a := solver.NewData(15, p, p)
	if s := a.Add(solver.NewData(15, p, p)); len(s.Values) != 4 {
		t.Errorf("%v", s)
	}
	for name, b := range map[string]*solver.Data{
		"frequency": solver.NewData(99, p, p), "sources": solver.NewData(15, q, p), "receivers": solver.NewData(15, p, q), "shape": solver.NewData(15, p[:1], append(p, p...)),
		"geometry": (&solver.Survey{Src: p, Each: [][]solver.Point{p, q}}).Data(15),
	} {
		if s := a.Add(b); s.Values != nil {
			t.Errorf("data of other %s are added", name)
		}
	}
	moving := &solver.Survey{Src: p, Rec: p, Streamer: true}
	other := &solver.Survey{Src: p, Rec: q, Streamer: true}
	if d := moving.Data(15); d.Differs(moving.Data(15)) != "" || !strings.Contains(d.Differs(other.Data(15)), "receiver 1 of source 0") {
		t.Errorf("%q", d.Differs(other.Data(15)))
	}
}

// Nothing, too much and the wrong size are no reason to panic.
func TestNothingIsNoPanic(t *testing.T) {
	if err := solver.Homogeneous(3037000500, 3037000500, 10, 1500, 1).Check(); err == nil {
		t.Error("a model beyond all memory")
	}
	for name, m := range map[string]*solver.Image{
		"no model": solver.NewImage(nil, nil), "few values": solver.NewImage(solver.Homogeneous(2, 2, 1, 1, 1), []float64{1}), "no cells": solver.NewImage(&solver.Model{}, nil),
	} {
		if m.Bundle().String() == "" || m.Problem == "" {
			t.Errorf("%s: %v", name, m)
		}
	}
	var none *solver.Data
	if none.Sub(none) != nil || none.Row() != nil || none.Split(2) != nil || none.Add(none) != nil || (&solver.Data{Src: make([]solver.Point, 2)}).Split(2) == nil {
		t.Error("nothing is something")
	}
	if (&solver.Data{Src: make([]solver.Point, 2), Rec: make([]solver.Point, 2)}).Split(2) != nil {
		t.Error("data without values are split")
	}
	if solver.Blur(solver.Grid{Nx: 3, Nz: 3, Dx: 1, Dz: 1}, make([]float64, 4), 1, 1) != nil {
		t.Error("four values blurred as nine")
	}
}
