package fdfd_test

import (
	"fmt"
	"math"
	"math/cmplx"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/exact"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// What zephyr, an ancestor in Python, computed wrongly, each a test that it would fail.
func TestZephyrDefects(t *testing.T) {
	for _, c := range []struct {
		item int
		name string
		test func(t *testing.T)
	}{
		{1, "gradients had half the size and the other sign", gradientSize},
		{1, "amplitudes were scaled inside gradients by the root of frequency", noHalfDerivative},
		{2, "Jvec was quadratic", jvecLinear},
		{3, "amplitudes of 2.5-D fell as 1 over f", spreading},
		{4, "real cross-line wavenumbers up to the branch point", branchPoint},
		{5, "the absorbing layer damped under a free surface", freeSurface},
		{5, "the mirror was not where the operator has its side", freeSides},
		{6, "offsets of points were metres, not cells", offsetsInCells},
		{7, "anisotropy was read upside down", anisotropyUpright},
		{8, "elliptic media had the wrong amplitude", ellipticAmplitude},
		{9, "errors were divided by N instead of its root", errorNorm},
		{10, "the matrix was not symmetric", reciprocal},
		{11, "frequencies had to be regular", anyFrequencies},
		{11, "the adjoint of a change of grid was its inverse", smoothingAdjoint},
		{11, "cross-line wavenumbers were half as large as said", crossLineUnits},
		{11, "options were accepted and ignored", optionsCount},
		{12, "any free side was not implemented", freeSides},
		{13, "absorbing layers reflected 1 to 4 %", layersAbsorb},
	} {
		t.Run(fmt.Sprintf("%02d %s", c.item, c.name), c.test)
	}
}

func gradientSize(t *testing.T) {
	t.Helper()
	m := solver.Homogeneous(30, 20, 10, 1600, 0)
	m.Rho = nil // Gardner's, which moves with the speed
	src, rec := []solver.Point{solver.At(60, 100)}, []solver.Point{solver.At(250, 90), solver.At(210, 40)}
	k, err := fdfd.NewKernel(m, 25)
	if err != nil {
		t.Fatal(err)
	}
	obs, err := k.Data(src, rec)
	if err != nil {
		t.Fatal(err)
	}
	for i := range obs.Values {
		obs.Values[i] *= 1.1 + 0.2i
	}
	g, err := k.Gradient(src, rec, []*solver.Data{obs})
	if err != nil {
		t.Fatal(err)
	}
	misfit := func(cell int, by float64) float64 {
		c := m.Clone()
		c.C[cell] += by
		if err := k.Update(c); err != nil {
			t.Fatal(err)
		}
		d, err := k.Data(src, rec)
		if err != nil {
			t.Fatal(err)
		}
		n := d.L2(obs)
		return n * n / 2
	}
	for _, cell := range []int{10*30 + 15, 9*30 + 10, 0, 7*30 + 29} {
		if r := g.Values[cell] * 2 / (misfit(cell, 1) - misfit(cell, -1)); !(math.Abs(r-1) < 1e-3) {
			t.Errorf("cell %d: gradient over difference is %.4f", cell, r)
		}
	}
}

func jvecLinear(t *testing.T) {
	t.Helper()
	m := random(30, 20, 3)
	k, err := fdfd.NewKernel(m, 25)
	if err != nil {
		t.Fatal(err)
	}
	s := solver.Fixed([]solver.Point{solver.At(50, 60)}, []solver.Point{solver.At(250, 90)})
	v, w := noise(m, 1), noise(m, 1)
	for i := range w.Slowness2 {
		w.Slowness2[i], w.Buoyancy[i], w.Loss[i] = -3*w.Slowness2[i], -3*w.Buoyancy[i], -3*w.Loss[i]
	}
	a, err := k.Jvec(t.Context(), s, v)
	if err != nil {
		t.Fatal(err)
	}
	b, err := k.Jvec(t.Context(), s, w)
	if err != nil {
		t.Fatal(err)
	}
	if r := b.Values[0] / a.Values[0]; cmplx.Abs(r+3) > 1e-12 {
		t.Errorf("−3 times the change makes %g times the data", r)
	}
}

func spreading(t *testing.T) {
	t.Helper()
	for _, f := range []float64{5, 10, 20} {
		h := 1500 / f / 6
		m := solver.Homogeneous(48, 24, h, 1500, 1)
		k, err := fdfd.NewKernel25D(m, f, fdfd.Contour{})
		if err != nil {
			t.Fatal(err)
		}
		d, err := k.Data([]solver.Point{m.Node(6, 12)}, []solver.Point{m.Node(42, 14)})
		if err != nil {
			t.Fatal(err)
		}
		r := h * math.Hypot(36, 2)
		if a := cmplx.Abs(d.Values[0]) * 4 * math.Pi * r; !(math.Abs(a-1) < 0.01) {
			t.Errorf("%g Hz: amplitude times 4πr is %.3f", f, a)
		}
	}
}

func branchPoint(t *testing.T) {
	t.Helper()
	const k, r, n = 2 * math.Pi, 5, 80
	sum := complex128(0)
	for j := range n {
		ky := k * 0.999999 * float64(j) / (n - 1)
		w := k / (n - 1) / math.Pi
		if j == 0 {
			w /= 2
		}
		sum += complex(w, 0) * exact.Line(cmplx.Sqrt(complex(k*k-ky*ky, 0)), r)
	}
	want := exact.Point(k, r)
	if e := cmplx.Abs(sum-want) / cmplx.Abs(want); e < 0.05 {
		t.Errorf("80 real wavenumbers are known to be wrong, got %.2g", e)
	}
	c, err := fdfd.PlanContour(k, 1, 10, 0, 1e-3)
	if err != nil {
		t.Fatal(err)
	}
	if e := spatial(c, k, r, 0); c.N > 8 || !(e < 1e-3) {
		t.Errorf("%v: error %.2g", c, e)
	}
}

func freeSurface(t *testing.T) {
	t.Helper()
	m := solver.Homogeneous(60, 40, 10, 1200, 1)
	k, err := fdfd.NewKernel(m, 20, fdfd.FreeSurface())
	if err != nil {
		t.Fatal(err)
	}
	if k.Layers()[0].Cells != 0 {
		t.Errorf("layers %+v", k.Layers())
	}
	u, err := k.Field(m.Node(10, 3))
	if err != nil {
		t.Fatal(err)
	}
	var got, want []complex128
	for ix := 20; ix <= 55; ix++ {
		if u.At(ix, 0) != 0 {
			t.Errorf("pressure %g on the surface", u.At(ix, 0))
		}
		for iz := 1; iz <= 8; iz++ { // close under the surface, where it mattered
			got, want = append(got, u.At(ix, iz)), append(want, exact.Mirror(2*math.Pi*20/1200, 10*float64(ix-10), 10*float64(iz), 30, -1))
		}
	}
	if e := solvertest.RelError(got, want); !(e < 5e-3) {
		t.Errorf("error %.2g", e)
	}
}

func offsetsInCells(t *testing.T) {
	t.Helper()
	data := func(h float64) *solver.Data {
		m := solver.Homogeneous(40, 30, h, 1500, 1)
		k, err := fdfd.NewKernel(m, 250/h)
		if err != nil {
			t.Fatal(err)
		}
		d, err := k.Data([]solver.Point{solver.At(8.3*h, 12.6*h)}, []solver.Point{solver.At(30.2*h, 17.9*h), solver.At(25.5*h, 3.1*h)})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if one, many := data(1), data(25); !(many.L2(one) < 1e-10*one.L2(nil)) {
		t.Errorf("the same problem on cells of 1 and 25 m differs by %.2g", many.L2(one)/one.L2(nil))
	}
}

func anisotropyUpright(t *testing.T) {
	t.Helper()
	m := solver.Homogeneous(60, 60, 50, 1500, 1)
	m.Eps, m.Delta = make([]float64, m.Cells()), make([]float64, m.Cells())
	plain, err := fdfd.NewKernel(m, 5)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 * 60 { // the upper third
		m.Eps[i], m.Delta[i] = 0.15, 0.1
	}
	k, err := fdfd.NewKernel(m, 5)
	if err != nil {
		t.Fatal(err)
	}
	change := func(z int) float64 {
		s, r := []solver.Point{m.Node(10, z)}, []solver.Point{m.Node(50, z)}
		a, err := k.Data(s, r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := plain.Data(s, r)
		if err != nil {
			t.Fatal(err)
		}
		return a.L2(b) / b.L2(nil)
	}
	if top, bottom := change(8), change(52); top < 0.3 || bottom > 0.1 {
		t.Errorf("anisotropy above changes data above by %.2g and below by %.2g", top, bottom)
	}
}

func ellipticAmplitude(t *testing.T) {
	t.Helper()
	const eps, g = 0.2, 8
	k, err := fdfd.NewKernel(axial(t, 8, g, eps, eps, 0), 20, fdfd.Absorbing(fdfd.Layer{M: 3}))
	if err != nil {
		t.Fatal(err)
	}
	grid := k.Grid()
	u, err := k.Field(grid.Node(4*g, 4*g))
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range [][2]int{{7 * g, 4 * g}, {4 * g, 7 * g}, {6 * g, 1 * g}} {
		want := exact.Elliptic(2*math.Pi/100, 100./g*float64(at[0]-4*g), 100./g*float64(at[1]-4*g), eps, 0)
		if r := cmplx.Abs(u.At(at[0], at[1])) / cmplx.Abs(want); !(math.Abs(r-1) < 0.01) {
			t.Errorf("amplitude at %v is %.3f times the exact one", at, r)
		}
	}
}

func errorNorm(t *testing.T) {
	t.Helper()
	want := make([]complex128, 10000)
	for i := range want {
		want[i] = cmplx.Exp(complex(0, float64(i)))
	}
	got := make([]complex128, len(want))
	for i := range got {
		got[i] = want[i] * 1.75
	}
	if e := solvertest.RelError(got, want); math.Abs(e-0.75) > 1e-12 {
		t.Errorf("75 %% wrong everywhere is an error of %g", e)
	}
}

func reciprocal(t *testing.T) {
	t.Helper()
	k, err := fdfd.NewKernel(random(30, 30, 8), 30, fdfd.FreeSurface())
	if err != nil {
		t.Fatal(err)
	}
	p := []solver.Point{solver.At(31, 17), solver.At(222, 261)}
	d, err := k.Data(p, p)
	if err != nil {
		t.Fatal(err)
	}
	if e := cmplx.Abs(d.At(0, 1)-d.At(1, 0)) / cmplx.Abs(d.At(1, 0)); !(e < 1e-12) {
		t.Errorf("not reciprocal by %.1e", e)
	}
}

func crossLineUnits(t *testing.T) {
	t.Helper()
	const ky, y = 0.02, 37. // rad/m, m
	k, err := fdfd.NewKernel(random(30, 30, 8), 30, fdfd.CrossLine(ky))
	if err != nil {
		t.Fatal(err)
	}
	d, err := k.Data([]solver.Point{solver.At(50, 50)}, []solver.Point{solver.At(200, 200), solver.At(200, 200).Off(y)})
	if err != nil {
		t.Fatal(err)
	}
	if r := d.Values[1] / d.Values[0]; cmplx.Abs(r-complex(math.Cos(ky*y), 0)) > 1e-12 {
		t.Errorf("%g m across the section data are %g times those in it, want %g", y, r, math.Cos(ky*y))
	}
}

func optionsCount(t *testing.T) {
	t.Helper()
	m := random(30, 30, 8)
	p := []solver.Point{solver.At(52, 57)}
	var plain complex128
	for i, o := range []fdfd.Option{
		nil, fdfd.FreeSurface(), fdfd.Sides(fdfd.Boundary{Left: fdfd.Rigid}), fdfd.Absorbing(fdfd.Layer{Cells: 5}), fdfd.Using(fdfd.JSS), fdfd.Damping(0.3),
		fdfd.Dispersion(50), fdfd.CrossLine(0.01), fdfd.HalfWidth(6), fdfd.Share(fdfd.Term{Ky: 0.01, Weight: 2}),
	} {
		k, err := fdfd.NewKernel(m, 30, o)
		if err != nil {
			t.Fatal(err)
		}
		d, err := k.Data(p, []solver.Point{solver.At(201, 208)})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			plain = d.Values[0]
		} else if d.Values[0] == plain {
			t.Errorf("option %d changes nothing", i)
		}
	}
}

func layersAbsorb(t *testing.T) {
	t.Helper()
	const g = 6
	field := func(l fdfd.Layer) *solver.Field {
		k, err := fdfd.NewKernel(solver.Homogeneous(12*g, 3*g, 10, 600, 1), 10, fdfd.Absorbing(l))
		if err != nil {
			t.Fatal(err)
		}
		f, err := k.Field(k.Grid().Node(g, 1))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	far := func(f *solver.Field) (v []complex128) {
		for iz := range 3*g + 1 {
			for ix := 2 * g; ix <= 12*g; ix++ {
				v = append(v, f.At(ix, iz))
			}
		}
		return v
	}
	ref := far(field(fdfd.Layer{Cells: 60, R: 1e-8, M: 3}))
	own, old := solvertest.RelError(far(field(fdfd.Layer{})), ref), solvertest.RelError(far(field(fdfd.Layer{Cells: 20, R: 1e-3, M: 2})), ref)
	if db := 20 * math.Log10(own); !(db < -58) || !(own < old/5) {
		t.Errorf("the default layer reflects %.0f dB, the old profile %.0f dB", db, 20*math.Log10(old))
	}
}
