package fdfd_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/cmplx"
	"os"
	"path/filepath"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// fieldCase is a problem with an exact solution: flat layers, a source, the field at points, grids to compute it on and the error
// that each may have, in the norm over all points of a group.
type fieldCase struct {
	Title, Kind, Top string
	F                float64
	Tau, F0          *float64
	Domain           struct{ Lx, Lz float64 }
	Medium           struct {
		Layers []struct {
			C, Rho, Eps, Delta, Theta float64
			Q                         *float64
		}
		Interfaces []float64
	}
	Source struct{ X, Z, Strength float64 }
	Ky     *struct {
		N           int
		Phi, Tau, T float64
	}
	Grids []struct {
		Ppw, Hx, Hz, R    float64
		Npml              [2]int
		M, Hicks          int
		Limit             map[string]float64
		LimitFittedPoints map[string]float64 `json:"limit_fitted_points"`
	}
	Points [][]any
}

func load(t *testing.T, name string) *fieldCase {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	c := new(fieldCase)
	if err := json.Unmarshal(raw, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// model cuts the layers into cells; interfaces lie between cells.
func (c *fieldCase) model(t *testing.T, hx, hz float64) *solver.Model {
	t.Helper()
	g := solver.Grid{Nx: int(math.Round(c.Domain.Lx / hx)), Nz: int(math.Round(c.Domain.Lz / hz)), Dx: hx, Dz: hz}
	m, err := solver.Average(g, 1, func(_, z float64) solver.Props {
		i := 0
		for i < len(c.Medium.Interfaces) && z > c.Medium.Interfaces[i] {
			i++
		}
		l := c.Medium.Layers[i]
		p := solver.Props{C: l.C, Rho: l.Rho, Eps: l.Eps, Delta: l.Delta, Theta: l.Theta}
		if l.Q != nil {
			p.Q = *l.Q
		}
		return p
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// solve computes the field at the points on one of the grids, and the errors of the groups.
func (c *fieldCase) solve(t *testing.T, grid int, fitted bool, more ...fdfd.Option) map[string]float64 {
	t.Helper()
	g := c.Grids[grid]
	m := c.model(t, g.Hx, g.Hz)
	_, fast := m.Range()
	fast *= math.Sqrt(1 + 2*c.Medium.Layers[0].Eps)
	opts := []fdfd.Option{
		fdfd.Absorbing(fdfd.Layer{Cells: min(g.Npml[0], g.Npml[1]), R: g.R, M: g.M, C0: fast}),
		fdfd.Sides(fdfd.Boundary{Top: map[string]fdfd.Side{"absorb": fdfd.Absorb, "free": fdfd.Free, "rigid": fdfd.Rigid}[c.Top]}),
	}
	if c.Tau != nil {
		opts = append(opts, fdfd.Damping(*c.Tau))
	}
	if c.F0 != nil {
		opts = append(opts, fdfd.Dispersion(*c.F0))
	}
	if g.Hicks > 0 {
		opts = append(opts, fdfd.HalfWidth(g.Hicks))
	}
	if fitted {
		opts = append(opts, fdfd.FittedPoints())
	}
	opts = append(opts, more...)
	var rec []solver.Point
	var want []complex128
	for _, p := range c.Points {
		rec = append(rec, solver.At(p[0].(float64), p[2].(float64)))
		want = append(want, complex(p[3].(float64), p[4].(float64)))
	}
	got := make([]complex128, len(rec))
	for _, term := range c.terms() {
		k, err := fdfd.NewKernel(m, c.F, append(opts, fdfd.CrossLine(term.Ky))...)
		if err != nil {
			t.Fatal(err)
		}
		d, err := k.Data([]solver.Point{solver.At(c.Source.X, c.Source.Z)}, rec)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range d.Values {
			got[i] += term.Weight * cmplx.Cos(term.Ky*complex(c.Points[i][1].(float64), 0)) * v * complex(c.Source.Strength, 0)
		}
	}
	errs := map[string]float64{}
	for i, p := range c.Points {
		name := p[5].(string)
		if _, done := errs[name]; done {
			continue
		}
		var a, b []complex128
		for j := i; j < len(c.Points); j++ {
			if c.Points[j][5] == name {
				a, b = append(a, got[j]), append(b, want[j])
			}
		}
		errs[name] = solvertest.RelError(a, b)
	}
	return errs
}

// terms are the wavenumbers along y and their weights: one for a field of two dimensions.
func (c *fieldCase) terms() []fdfd.Term {
	if c.Ky == nil {
		return []fdfd.Term{{Ky: 0, Weight: 1}}
	}
	slow := math.Inf(1)
	for _, l := range c.Medium.Layers {
		slow = min(slow, l.C)
	}
	return fdfd.Contour{N: c.Ky.N, Phi: c.Ky.Phi, Tau: c.Ky.Tau, T: c.Ky.T, K: 2 * math.Pi * c.F / slow}.Terms()
}

// run checks a case on its grids; with -short only on the coarse ones of at most short points per wavelength.
func run(t *testing.T, name string, short float64) {
	t.Helper()
	c := load(t, name)
	for i, g := range c.Grids {
		if testing.Short() && g.Ppw > short {
			continue
		}
		for _, fitted := range []bool{false, true} {
			limits := g.Limit
			if fitted {
				limits = g.LimitFittedPoints
			}
			if len(limits) == 0 || fitted && testing.Short() {
				continue
			}
			t.Run(fmt.Sprintf("%g points, fitted %v", g.Ppw, fitted), func(t *testing.T) {
				for group, e := range c.solve(t, i, fitted) {
					t.Logf("%s: %.2g, allowed %.2g", group, e, limits[group])
					if !(e <= limits[group]) {
						t.Errorf("%s: error %.3g, allowed %.2g", group, e, limits[group])
					}
				}
			})
		}
	}
}
