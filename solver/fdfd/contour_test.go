package fdfd_test

import (
	"fmt"
	"math"
	"math/cmplx"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/exact"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// spatial is the relative error of a contour at one place of a homogeneous medium.
func spatial(c fdfd.Contour, k, r, y float64) float64 {
	sum := complex128(0)
	for _, t := range c.Terms() {
		q := cmplx.Sqrt(complex(k*k, 0) - t.Ky*t.Ky)
		if imag(q) < 0 {
			q = -q
		}
		sum += t.Weight * cmplx.Cos(t.Ky*complex(y, 0)) * exact.Line(q, r)
	}
	want := exact.Point(complex(k, 0), math.Hypot(r, y))
	return cmplx.Abs(sum-want) / cmplx.Abs(want)
}

// Counts of wavenumbers and errors of given contours: distances in wavelengths from 1, the largest y/r, and what may be.
func TestContours(t *testing.T) {
	const q = math.Pi / 4
	for _, c := range []struct {
		n                               int
		phi, tau, t, near, far, y, want float64
	}{
		{8, q, .4, 2, 1, 10, 0, 4.1e-4},
		{10, q, .4, 2, 1, 10, 0, 8.5e-5},
		{12, q, .4, 2.5, 1, 10, 0, 9.4e-6},
		{8, q, .2, 1.5, 1, 50, 0, 1.75e-3},
		{10, q, .2, 2, 1, 50, 0, 4.6e-4},
		{12, q, .2, 2, 1, 50, 0, 8.5e-5},
		{16, q, .2, 3, 1, 50, 0, 4.9e-6},
		{20, q, .2, 4, 1, 50, 0, 4.5e-7},
		{10, q, .2, 2.5, .5, 100, 0, 1.65e-3},
		{16, q, .1, 4, .5, 100, 0, 3.9e-5},
		{18, math.Pi / 6, .4, 2.5, 1, 10, .25, 5.1e-6},
		{24, math.Pi / 5, .8, 4, 1, 10, .25, 6.5e-8},
		{18, math.Pi / 8, .2, 1.5, 1, 50, .25, 1.65e-3},
		{24, math.Pi / 8, .2, 2, 1, 50, .25, 5.2e-5},
		{32, math.Pi / 8, .2, 2.5, 1, 50, .25, 1.75e-6},
		{18, math.Pi / 8, .4, 2, 1, 10, .5, 1.05e-4},
		{24, math.Pi / 8, .4, 2.5, 1, 10, .5, 5.2e-6},
		{32, math.Pi / 20, .2, 1.5, 1, 50, .5, 3.5e-3},
		{24, math.Pi / 14, .8, 1.5, 1, 10, 1, 1.05e-3},
		{32, math.Pi / 14, .4, 2, 1, 10, 1, 5.6e-5},
	} {
		contour := fdfd.Contour{N: c.n, Phi: c.phi, Tau: c.tau, T: c.t, K: 2 * math.Pi}
		worst := 0.
		for i := range 60 {
			r := c.near * math.Pow(c.far/c.near, float64(i)/59)
			for _, y := range []float64{0, c.y / 2, c.y} {
				worst = max(worst, spatial(contour, 2*math.Pi, r, y*r))
			}
		}
		if !(worst <= c.want) {
			t.Errorf("%v, %g to %g wavelengths, y/r to %g: error %.2g, allowed %.2g", contour, c.near, c.far, c.y, worst, c.want)
		}
	}
	if e := spatial(fdfd.Contour{N: 32, Phi: q, Tau: .4, T: 2, K: 2 * math.Pi}, 2*math.Pi, 10, 10); e < 1e3 {
		t.Errorf("at 45° a point as far across as along is known to be lost, got %g", e)
	}
}

// A plan needs no more wavenumbers than is known to be enough, and keeps its promise between the places where it was tried.
func TestPlanContour(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const k = 2 * math.Pi / 50
	for _, c := range []struct {
		near, far, y, tol float64 // wavelengths
		n                 int
	}{
		{1, 10, 0, 5e-4, 8},
		{1, 10, 0, 1e-4, 10},
		{1, 50, 0, 2e-3, 8},
		{1, 50, 0, 5e-4, 10},
		{1, 50, 0, 1e-4, 12},
		{.5, 100, 0, 2e-3, 10},
		{.25, 20, 0, 2e-3, 16},
		{4, 10, 1, 1e-3, 18},
		{4, 10, 2, 1e-3, 18},
		{5, 10, 5, 2e-3, 32},
	} {
		contour, err := fdfd.PlanContour(k, 50*c.near, 50*c.far, 50*c.y, c.tol)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if contour.N > c.n {
			t.Errorf("%+v: %v", c, contour)
		}
		worst := 0.
		for i := range 100 {
			r := 50 * c.near * math.Pow(c.far/c.near, float64(i)/99)
			for j := range 4 {
				worst = max(worst, spatial(contour, k, r, 50*c.y*float64(j)/3))
			}
		}
		if !(worst <= 1.5*c.tol) {
			t.Errorf("%+v: %v is wrong by %.2g", c, contour, worst)
		}
	}
	for want, v := range map[string][5]float64{
		"too far across the section: y²/r is 1000 m":                {k, 1000, 2000, 1000, 1e-3},
		"wavenumber 0 rad/m":                                        {0, 1, 2, 0, 1e-3},
		"distances 2 to 1 m":                                        {1, 2, 1, 0, 1e-3},
		"48 wavenumbers are not accurate to 1e-16":                  {k, 50, 5000, 0, 1e-16},
		"wavenumber 0.125664 rad/m, distances NaN to 1 m, accuracy": {2 * math.Pi / 50, math.NaN(), 1, 0, 1e-3},
	} {
		if c, err := fdfd.PlanContour(v[0], v[1], v[2], v[3], v[4]); err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "distances NaN") {
			t.Errorf("want %q, got %v, %v", want, c, err)
		}
	}
}

// small is a kernel of six terms of a rough medium, and a survey with receivers off the section.
func small(t *testing.T, opts ...fdfd.Option) (*solver.Model, *fdfd.Kernel25D, *solver.Survey) {
	t.Helper()
	m := random(42, 30, 4)
	s := &solver.Survey{
		Src:      []solver.Point{solver.At(133, 131), solver.At(251, 64).Off(20)},
		Rec:      []solver.Point{solver.At(401, 3), solver.At(22.5, 277).Off(-30), solver.At(387, 209), solver.At(10, 290).Off(40)},
		Strength: []complex128{1, 2i},
	}
	c := fdfd.Contour{N: 6, Phi: math.Pi / 6, Tau: .4, T: 2, K: 2 * math.Pi * 30 / 1500}
	k, err := fdfd.NewKernel25D(m, 30, c, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return m, k, s
}

func TestDot25D(t *testing.T) {
	for name, opts := range map[string][]fdfd.Option{"absorbing": nil, "free, no memory": {fdfd.FreeSurface(), fdfd.FieldMemory(0), fdfd.Dispersion(20)}} {
		m, k, s := small(t, opts...)
		j := func(v []float64) []complex128 {
			d, err := k.Jvec(t.Context(), s, unpack(m, v))
			if err != nil {
				t.Fatal(err)
			}
			return d.Values
		}
		adjoint := func(r []complex128) []float64 {
			d := s.Data(30)
			d.Values = r
			g, err := k.Jtvec(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			return pack(g)
		}
		if e := solvertest.Dot(3*m.Cells(), len(s.Src)*s.PerSource(), 7, j, adjoint); !(e < 1e-12) {
			t.Errorf("%s: the adjoint misses by %.1e", name, e)
		}
	}
}

func TestTaylor25D(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	m, k, s := small(t, fdfd.FreeSurface())
	v := noise(m, 5)
	obs, err := k.Forward(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for i := range obs.Values {
		obs.Values[i] *= complex(1+0.1*math.Cos(float64(i)), 0.2)
	}
	var g *fdfd.Sensitivity
	misfit := func(step float64) float64 {
		if err := k.Update(move(m, v, step)); err != nil {
			t.Fatal(err)
		}
		var d *solver.Data
		d, g, err = k.Misfit(t.Context(), s, func(d *solver.Data) (*solver.Data, error) { return d.Sub(obs), nil })
		if err != nil {
			t.Fatal(err)
		}
		n := d.L2(obs)
		return n * n / 2
	}
	misfit(0)
	orders := solvertest.Taylor(misfit, g.Dot(v), 0.1, 8)
	for _, p := range orders[3:] {
		if !(p > 1.95 && p < 2.05) {
			t.Errorf("orders of the remainder %.3f", orders)
			break
		}
	}
}

// Shares made apart add up to the whole, as engines compute them.
func TestShares(t *testing.T) {
	m, k, s := small(t)
	whole, g, err := k.Misfit(t.Context(), s, func(d *solver.Data) (*solver.Data, error) { return d, nil })
	if err != nil {
		t.Fatal(err)
	}
	u, err := k.Field(s.Src[0])
	if err != nil {
		t.Fatal(err)
	}
	var kernels []*fdfd.Kernel
	var d *solver.Data
	var f *solver.Field
	for _, term := range k.Contour().Terms() {
		one, err := fdfd.NewKernel(m, 30, fdfd.Share(term))
		if err != nil {
			t.Fatal(err)
		}
		kernels = append(kernels, one)
		part, err := one.Forward(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		field, err := one.Field(s.Src[0])
		if err != nil {
			t.Fatal(err)
		}
		d, f = d.Add(part), f.Add(field)
	}
	if e := solvertest.RelError(d.Values, whole.Values); !(e < 1e-12) {
		t.Errorf("data differ by %.1e", e)
	}
	if e := solvertest.RelError(f.Values, u.Values); !(e < 1e-12) {
		t.Errorf("fields differ by %.1e", e)
	}
	var sum *fdfd.Sensitivity
	for _, one := range kernels {
		part, err := one.Jtvec(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		sum = sum.Add(part)
	}
	a, b := pack(sum), pack(g)
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= 1e-10*math.Abs(b[i])+1e-20) {
			t.Errorf("gradient %d: %g, by shares %g", i, b[i], a[i])
			break
		}
	}
	h, err := k.GaussNewton(t.Context(), s, noise(m, 1), nil)
	if err != nil || h.Dot(noise(m, 1)) <= 0 {
		t.Errorf("Gauss-Newton: %v, %v", h, err)
	}
	if p, err := k.PseudoHessian(t.Context(), s); err != nil || p.Slowness2[0] <= 0 {
		t.Errorf("pseudo-Hessian: %v", err)
	}
}

func TestKernel25DTellsAndRefuses(t *testing.T) {
	_, k, s := small(t)
	if !strings.HasPrefix(k.String(), "FDFD kernel for 2.5-D at 30 Hz: 6 wavenumbers, ") || len(k.Row()) != 6 || k.Bytes() < 6*k.Terms()[0].Bytes() {
		t.Errorf("%v, %d bytes", k, k.Bytes())
	}
	far := *s
	far.Rec = []solver.Point{solver.At(140, 140).Off(300)}
	if _, err := k.Forward(t.Context(), &far); err == nil || !strings.Contains(err.Error(), "receiver 0 at (140, 140, 300) m is 300 m across the section from source 0") {
		t.Errorf("far across: %v", err)
	}
	if _, err := fdfd.ContourFor(k.Model(), 30, &far, 0); err == nil || !strings.Contains(err.Error(), "too far across") {
		t.Errorf("far across: %v", err)
	}
	for want, c := range map[string]fdfd.Contour{
		"reading a contour":        {N: 5, Phi: 2, Tau: 1, T: 1, K: 1},
		"0 wavenumbers, angle 0.1": {Phi: .1, Tau: 1, T: 1, K: 1},
	} {
		if _, err := fdfd.NewKernel25D(k.Model(), 30, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := k.Jtvec(t.Context(), nil); err == nil {
		t.Error("no residual is accepted")
	}
	told := 0
	planned, err := fdfd.NewKernel25D(solver.Homogeneous(40, 30, 10, 1500, 1000), 30, fdfd.Contour{}, fdfd.Progress(func(string, int, int) { told++ }))
	if err != nil {
		t.Fatal(err)
	}
	if n := planned.Contour().N; n != 8 || told != 8 {
		t.Errorf("planned %v, told %d times", planned.Contour(), told)
	}
	if s := fmt.Sprint(planned.Contour()); !strings.HasPrefix(s, "8 wavenumbers to ") {
		t.Error(s)
	}
}
