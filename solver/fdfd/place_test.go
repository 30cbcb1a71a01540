package fdfd_test

import (
	"math"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
)

func TestPlace(t *testing.T) {
	m := solver.Homogeneous(30, 30, 10, 1500, 1)
	for i := 15 * 30; i < m.Cells(); i++ {
		m.C[i] = 2500
	}
	k, err := fdfd.NewKernel(m, 20, fdfd.FittedPoints())
	if err != nil {
		t.Fatal(err)
	}
	for want, p := range map[string]solver.Point{
		"on a node, fitted": solver.At(50, 50), "between nodes, fitted": solver.At(53, 50), "on a node, at an interface, plain": solver.At(50, 150),
		"between nodes, at an interface, plain": solver.At(50, 144),
	} {
		if got, err := k.Place(p); err != nil || got.String() != want {
			t.Errorf("%v: %v, %v, want %s", p, got, err, want)
		}
	}
	if _, err := k.Place(solver.At(-20, 0)); err == nil {
		t.Error("a place outside")
	}
}

// The report of a kernel for 2.5-D has the exponent of its surveys.
func TestReportOffTheSection(t *testing.T) {
	m := solver.Homogeneous(60, 30, 10, 1500, 1)
	src, rec := []solver.Point{solver.At(100, 150)}, []solver.Point{solver.At(500, 150).Off(80)}
	c, err := fdfd.ContourFor(m, 25, solver.Fixed(src, rec), 0)
	if err != nil {
		t.Fatal(err)
	}
	k, err := fdfd.NewKernel25D(m, 25, c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Data(src, rec); err != nil {
		t.Fatal(err)
	}
	r := k.Report()
	if want := c.K * 80 * 80 / 400 * math.Tan(c.Phi) / 4; math.Abs(r.Exponent-want) > 1e-9 || !strings.Contains(r.String(), "off the section terms grow by e^") {
		t.Errorf("exponent %g, want %g: %v", r.Exponent, want, r)
	}
}
