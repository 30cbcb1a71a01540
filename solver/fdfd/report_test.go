package fdfd_test

import (
	"bytes"
	"log/slog"
	"math"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/exact"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// What a forecast expects is what comes, within a factor of three: fields over 20 wavelengths with each stencil.
func TestForecastHolds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, c := range []struct {
		g     int
		s     fdfd.Stencil
		cells int
	}{{3, fdfd.Fit9, 20}, {4, fdfd.Fit9, 20}, {5, fdfd.Fit9, 20}, {8, fdfd.Fit9, 10}, {4, fdfd.JSS, 20}, {6, fdfd.Operto, 20}, {10, fdfd.JSS, 20}} {
		m := solver.Homogeneous(20*c.g, 20*c.g, 100/float64(c.g), 2000, 1)
		opts := []fdfd.Option{fdfd.Using(c.s), fdfd.Absorbing(fdfd.Layer{Cells: c.cells})}
		r, err := fdfd.Forecast(m, 20, opts...)
		if err != nil {
			t.Fatal(err)
		}
		k, err := fdfd.NewKernel(m, 20, opts...)
		if err != nil {
			t.Fatal(err)
		}
		u, err := k.Field(m.Node(2*c.g, 2*c.g))
		if err != nil {
			t.Fatal(err)
		}
		var got, want []complex128
		for iz := range m.Nz + 1 {
			for ix := range m.Nx + 1 {
				if d := math.Hypot(float64(ix-2*c.g), float64(iz-2*c.g)) / float64(c.g); d >= 1 {
					got, want = append(got, u.At(ix, iz)), append(want, exact.Line(2*math.Pi/100, 100*d))
				}
			}
		}
		e := solvertest.RelError(got, want)
		t.Logf("%v, %d points, %d cells: expected %.2g, came %.2g", c.s, c.g, c.cells, r.Expected, e)
		if e > 3*r.Expected || e < r.Expected/3 {
			t.Errorf("%v, %d points, %d cells: expected %.2g, came %.2g", c.s, c.g, c.cells, r.Expected, e)
		}
		if (r.Expected > 0.02) != strings.Contains(r.String(), "warning: results may be wrong by") {
			t.Errorf("%v", r)
		}
	}
}

func TestReport(t *testing.T) {
	m := solver.MarmousiLike(50)
	var log bytes.Buffer
	k, err := fdfd.NewKernel(m, 12, fdfd.FreeSurface(), fdfd.Absorbing(fdfd.Layer{Cells: 4}), fdfd.Log(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Data([]solver.Point{solver.At(1000, 100)}, []solver.Point{solver.At(3000, 100)}); err != nil {
		t.Fatal(err)
	}
	r := k.Report()
	if r.Points.Least != 2.5 || r.Points.At.Z > 250 || r.Points.Low < r.Points.Least || r.Points.Median < r.Points.Low {
		t.Errorf("points %+v", r.Points)
	}
	if r.Sides[0] != (fdfd.Edge{}) || r.Sides[1].Cells != 4 || r.Sides[1].Wavelengths > 2 || r.Sides[2].Decibels > -15 {
		t.Errorf("sides %+v", r.Sides)
	}
	if r.Unknowns != k.Unknowns() || r.Bytes < 1e6 || r.Growth <= 0 || !(r.Residual < 1e-9) || r.Seconds <= 0 || r.Terms != 1 {
		t.Errorf("%+v", r)
	}
	if n := len(r.Warnings); n == 0 || strings.Count(log.String(), "\n") != n || !strings.Contains(log.String(), "absorbing layers") {
		t.Errorf("warnings %q, log %q", r.Warnings, &log)
	}
	if _, err := fdfd.Forecast(m, 100); err == nil {
		t.Error("a forecast of what is refused")
	}
}
