package fdfd_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/exact"
	"github.com/galeproject/gale/solver/fdfd"
)

// section is a kernel whose contour is planned for the section alone, at 8 points in a wavelength of 100 m.
func section(t *testing.T) *fdfd.Kernel25D {
	t.Helper()
	k, err := fdfd.NewKernel25D(solver.Homogeneous(80, 48, 12.5, 1500, 1), 15, fdfd.Contour{}, fdfd.FittedPoints())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Off the section a contour planned for it is good for a while, and refused where it is not.
func TestContourOffItsSection(t *testing.T) {
	k := section(t)
	src := solver.At(250, 300)
	got, err := k.Data([]solver.Point{src}, []solver.Point{solver.At(650, 300).Off(100)})
	if err != nil {
		t.Fatal(err)
	}
	want := exact.Point(2*math.Pi/100, math.Hypot(400, 100))
	if e := abs(got.Values[0]-want) / abs(want); e > 0.01 {
		t.Errorf("100 m off: %.2g wrong", e)
	}
	for _, f := range []func(*solver.Survey) error{
		func(s *solver.Survey) error { _, err := k.Forward(context.Background(), s); return err },
		func(s *solver.Survey) error { _, _, err := k.Misfit(context.Background(), s, nil); return err },
	} {
		err = f(solver.Fixed([]solver.Point{src}, []solver.Point{solver.At(650, 300), solver.At(650, 300).Off(200)}))
		if err == nil || !strings.Contains(err.Error(), "receiver 1 is 200 m across") || !strings.Contains(err.Error(), "ContourFor") {
			t.Errorf("200 m off: %v", err)
		}
	}
}

// Close to a source a contour that does not reach far is wrong by what its kernel then says.
func TestContourCloseToASource(t *testing.T) {
	k := section(t)
	if w := k.Warnings(); len(w) != 0 {
		t.Errorf("before any survey: %q", w)
	}
	if s := k.Report().String(); !strings.Contains(s, "not solved yet") || !strings.Contains(s, "right to 2 % from 3") {
		t.Errorf("%s", s)
	}
	src := solver.At(250, 300)
	for i, d := range []float64{37.5, 25, 12.5} {
		rec := src.Plus(solver.At(d, 0))
		one := solver.Fixed([]solver.Point{src}, []solver.Point{solver.At(650, 300), rec})
		told, err := k.Contour().Error(k.Model(), 15, one)
		if err != nil {
			t.Fatal(err)
		}
		if want := []float64{.018, .057, .18}[i]; math.Abs(told/want-1) > 0.1 {
			t.Errorf("%g m: error %.2g, measured %.2g", d, told, want)
		}
		if _, err := k.Forward(context.Background(), one); err != nil {
			t.Fatal(err)
		}
		r := k.Report()
		if r.Quadrature < told*0.99 || r.Expected < r.Quadrature || !r.Solved {
			t.Errorf("%g m: %v", d, r)
		}
	}
	w := strings.Join(k.Warnings(), "\n")
	if !strings.Contains(w, "receiver 1 is 0.12 wavelengths from source 0") || !strings.Contains(w, "19 %") || !strings.Contains(w, "T = ") {
		t.Errorf("warnings %q", w)
	}
}

func abs(v complex128) float64 { return math.Hypot(real(v), imag(v)) }

func nan() float64 { return math.NaN() }
