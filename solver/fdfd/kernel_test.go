package fdfd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// random is a rough medium with attenuation in cells of 10 m.
func random(nx, nz int, seed uint64) *solver.Model {
	rnd := rand.New(rand.NewPCG(seed, 0))
	m := solver.Homogeneous(nx, nz, 10, 0, 0)
	m.Q = make([]float64, m.Cells())
	for i := range m.C {
		m.C[i], m.Rho[i], m.Q[i] = 1500+2000*rnd.Float64(), 1000+1000*rnd.Float64(), 20+100*rnd.Float64()
	}
	return m
}

func TestReciprocity(t *testing.T) {
	m := random(60, 40, 3)
	for name, opts := range map[string][]fdfd.Option{
		"absorbing": nil,
		"free":      {fdfd.FreeSurface(), fdfd.FittedPoints()},
		"mixed":     {fdfd.Sides(fdfd.Boundary{Top: fdfd.Rigid, Right: fdfd.Free, Left: fdfd.Rigid}), fdfd.Damping(1), fdfd.CrossLine(0.01 - 0.01i)},
	} {
		k, err := fdfd.NewKernel(m, 30, opts...)
		if err != nil {
			t.Fatal(err)
		}
		ps := []solver.Point{solver.At(103, 57), solver.At(500, 300), solver.At(12, 391), solver.At(333.3, 5), solver.At(600, 10)}
		d, err := k.Data(ps, ps)
		if err != nil {
			t.Fatal(err)
		}
		there, back := []complex128{}, []complex128{}
		for i := range ps {
			for j := range i {
				there, back = append(there, d.At(i, j)), append(back, d.At(j, i))
			}
		}
		if e := solvertest.RelError(there, back); !(e < 1e-12) {
			t.Errorf("%s: data are not reciprocal by %.1e", name, e)
		}
	}
}

func TestFieldAndDataAgree(t *testing.T) {
	m := random(50, 30, 5)
	for name, opts := range map[string][]fdfd.Option{"absorbing": nil, "free": {fdfd.FreeSurface()}} {
		k, err := fdfd.NewKernel(m, 25, opts...)
		if err != nil {
			t.Fatal(err)
		}
		src := solver.At(123.4, 98.7)
		f, err := k.Field(src)
		if err != nil {
			t.Fatal(err)
		}
		var rec []solver.Point
		for iz := range m.Nz + 1 {
			for ix := range m.Nx + 1 {
				rec = append(rec, m.Node(ix, iz))
			}
		}
		d, err := k.Data([]solver.Point{src}, rec)
		if err != nil {
			t.Fatal(err)
		}
		if e := solvertest.RelError(d.Values, f.Values); !(e < 1e-11) {
			t.Errorf("%s: field and data differ by %.1e", name, e)
		}
		if name == "free" && f.At(7, 0) != 0 {
			t.Errorf("pressure %g on the free surface", f.At(7, 0))
		}
	}
}

func TestUpdateIsANewKernel(t *testing.T) {
	a, b := random(40, 30, 1), random(40, 30, 2)
	src, rec := []solver.Point{solver.At(55, 66)}, solver.Line(solver.At(10, 10), solver.At(390, 290), 20)
	k, err := fdfd.NewKernel(a, 25, fdfd.FreeSurface())
	if err != nil {
		t.Fatal(err)
	}
	before, err := k.Data(src, rec)
	if err != nil {
		t.Fatal(err)
	}
	layer := fdfd.Absorbing(fdfd.Layer{Cells: 20, R: 1e-6, M: 3, C0: 3000})
	k, err = fdfd.NewKernel(a, 25, fdfd.FreeSurface(), layer)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Update(b); err != nil {
		t.Fatal(err)
	}
	updated, err := k.Data(src, rec)
	if err != nil {
		t.Fatal(err)
	}
	k, err = fdfd.NewKernel(b, 25, fdfd.FreeSurface(), layer)
	if err != nil {
		t.Fatal(err)
	}
	anew, err := k.Data(src, rec)
	if err != nil {
		t.Fatal(err)
	}
	for i := range anew.Values {
		if updated.Values[i] != anew.Values[i] {
			t.Fatalf("value %d: %v updated, %v anew", i, updated.Values[i], anew.Values[i])
		}
	}
	if anew.L2(before) < 0.1*anew.L2(nil) {
		t.Error("the models make the same data: the test shows nothing")
	}
}

func TestUpdateRefusesAndKeepsWorking(t *testing.T) {
	m := random(20, 20, 1)
	k, err := fdfd.NewKernel(m, 25)
	if err != nil {
		t.Fatal(err)
	}
	src := []solver.Point{solver.At(50, 50)}
	want, err := k.Data(src, src)
	if err != nil {
		t.Fatal(err)
	}
	slow, other := m.Scale(0.1), random(21, 20, 1)
	for text, bad := range map[string]*solver.Model{"points per wavelength": slow, "the model has 21×20 cells": other, "it is nil": nil} {
		if err := k.Update(bad); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("want %q, got %v", text, err)
		}
	}
	m.C[0] = 1e-3 // the kernel has a copy
	if d, err := k.Data(src, src); err != nil || d.Values[0] != want.Values[0] {
		t.Errorf("after refused updates: %v, %v, want %v", d, err, want.Values)
	}
}

func TestNewKernelRefuses(t *testing.T) {
	good := func() *solver.Model { return solver.Homogeneous(20, 10, 10, 1500, 1000) }
	for want, c := range map[string]struct {
		freq  float64
		spoil func(*solver.Model)
		opt   fdfd.Option
	}{
		"frequency 0 Hz":    {0, nil, nil},
		"frequency -5 Hz":   {-5, nil, nil},
		"frequency NaN Hz":  {math.NaN(), nil, nil},
		"frequency +Inf Hz": {math.Inf(1), nil, nil},
		"1.5 points per wavelength at 100 Hz in cell 0 (ix 0, iz 0) at (5, 5) m, where the speed is 1500 m/s: 2.2 are needed, which is 68.18 Hz at most or cells of 6.818 m": {100, nil, nil},
		"in cell 27 (ix 7, iz 1)":             {50, func(m *solver.Model) { m.C[27] = 500 }, nil},
		"speed NaN in cell 3":                 {5, func(m *solver.Model) { m.C[3] = math.NaN() }, nil},
		"speed -1 in cell 3":                  {5, func(m *solver.Model) { m.C[3] = -1 }, nil},
		"199 values of speed for 20×10 cells": {5, func(m *solver.Model) { m.C = m.C[1:] }, nil},
		"sides {Top:Side(9)":                  {5, nil, fdfd.Sides(fdfd.Boundary{Top: 9})},
		"Stencil(77)":                         {5, nil, fdfd.Using(77)},
		"absorbing layer of -1 cells":         {5, nil, fdfd.Absorbing(fdfd.Layer{Cells: -1})},
		"absorbing layer with R 2":            {5, nil, fdfd.Absorbing(fdfd.Layer{R: 2})},
		"damping time NaN":                    {5, nil, fdfd.Damping(math.NaN())},
		"reference frequency -1":              {5, nil, fdfd.Dispersion(-1)},
		"half width of 11 cells":              {5, nil, fdfd.HalfWidth(11)},
		"cross-line wavenumber":               {5, nil, fdfd.CrossLine(complex(math.NaN(), 0))},
		"limit of -1 bytes":                   {5, nil, fdfd.MemoryLimit(-1)},
	} {
		m := good()
		if c.spoil != nil {
			c.spoil(m)
		}
		k, err := fdfd.NewKernel(m, c.freq, c.opt)
		if k != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v, %v", want, k, err)
		}
	}
	if _, err := fdfd.NewKernel(nil, 5); err == nil {
		t.Error("no model is accepted")
	}
	tiny := solver.Homogeneous(1, 1, 10, 1500, 1000)
	if _, err := fdfd.NewKernel(tiny, 5, fdfd.Sides(fdfd.Boundary{fdfd.Free, fdfd.Free, fdfd.Free, fdfd.Free})); err == nil || !strings.Contains(err.Error(), "no unknowns") {
		t.Errorf("a model without unknowns: %v", err)
	}
	if _, err := fdfd.NewKernel(good(), 5, fdfd.MemoryLimit(1000)); err == nil {
		t.Error("the limit of memory is not kept")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fdfd.NewKernel(good(), 5, fdfd.Context(ctx)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestPointsOutside(t *testing.T) {
	k, err := fdfd.NewKernel(solver.Homogeneous(20, 10, 10, 1500, 1000), 20)
	if err != nil {
		t.Fatal(err)
	}
	in, out := solver.At(5, 5), solver.At(200.1, 5)
	for want, c := range map[string][2][]solver.Point{
		"source 1 at (200.1, 5) m is outside of the grid, x 0 to 200, z 0 to 100": {{in, out}, {in}},
		"receiver 2 at (5, -1) m":  {{in}, {in, in, solver.At(5, -1)}},
		"source 0 at (NaN, 0) m":   {{solver.At(math.NaN(), 0)}, {in}},
		"source 0 at (+Inf, 50) m": {{solver.At(math.Inf(1), 50)}, {in}},
	} {
		if d, err := k.Data(c[0], c[1]); d != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if f, err := k.Field(out); f != nil || err == nil {
		t.Errorf("field: %v, %v", f, err)
	}
	if d, err := k.Data(nil, nil); err != nil || len(d.Values) != 0 {
		t.Errorf("no points: %v, %v", d, err)
	}
	corners := []solver.Point{{X: 0, Z: 0}, {X: 200, Z: 0}, {X: 0, Z: 100}, {X: 200, Z: 100}}
	if _, err := k.Data(corners, corners); err != nil {
		t.Errorf("corners: %v", err)
	}
}

// A source between nodes close to a corner with mirrors on both sides folds twice.
func TestTinyGridWithMirrors(t *testing.T) {
	for _, s := range []fdfd.Side{fdfd.Free, fdfd.Rigid} {
		k, err := fdfd.NewKernel(solver.Homogeneous(3, 3, 10, 1500, 1000), 20, fdfd.Sides(fdfd.Boundary{s, s, s, s}), fdfd.HalfWidth(10), fdfd.FittedPoints())
		if err != nil {
			t.Fatal(err)
		}
		p := []solver.Point{solver.At(3, 4), solver.At(29, 1), solver.At(15, 15)}
		d, err := k.Data(p, p)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range d.Values {
			if math.IsNaN(real(v)) {
				t.Errorf("%v: value %d is %v", s, i, v)
			}
		}
	}
}

func TestKernelTellsOfItself(t *testing.T) {
	m := solver.Homogeneous(60, 20, 10, 1500, 1000)
	k, err := fdfd.NewKernel(m, 25)
	if err != nil {
		t.Fatal(err)
	}
	if k.Freq() != 25 || k.Unknowns() != 99*59 || k.PointsPerWavelength() != 6 || k.Bytes() < 1e6 || k.Took() <= 0 || k.Grid() != m.Grid {
		t.Errorf("%v: %d unknowns, %g points, %d bytes, %v", k, k.Unknowns(), k.PointsPerWavelength(), k.Bytes(), k.Took())
	}
	if l := k.Layers(); l[0].Cells != 20 || l[0].M != 4 || l[0].R != 1e-6 || l[0].C0 != 1500 {
		t.Errorf("layers %+v", l)
	}
	if w := k.Warnings(); w != nil {
		t.Errorf("warnings %q", w)
	}
	var names []string
	for _, r := range k.Row() {
		names = append(names, r[0])
	}
	if got := fmt.Sprint(names); got != "[frequency (Hz) unknowns MB seconds points per wavelength]" {
		t.Errorf("row %s", got)
	}
	if h, _ := display.Of([]*fdfd.Kernel{k, k}).Data["text/html"].(string); strings.Count(h, "<td>5841</td>") != 2 {
		t.Errorf("table %s", h)
	}
	k, err = fdfd.NewKernel(m, 62.5, fdfd.Absorbing(fdfd.Layer{Cells: 2}))
	if err != nil {
		t.Fatal(err)
	}
	if w := k.Warnings(); len(w) != 6 || !strings.Contains(w[0], "only 2.40 points") || !strings.Contains(w[1], "at the top is 0.83 wavelengths") {
		t.Errorf("warnings %q", w)
	}
}

// Kernels of one size, made at once, share what they have in common, and may be used and updated at once.
func TestManyKernelsAtOnce(t *testing.T) {
	m := random(30, 20, 9)
	src, rec := []solver.Point{solver.At(50, 50)}, solver.Line(solver.At(10, 10), solver.At(290, 10), 5)
	kernels := make([]*fdfd.Kernel, 6)
	var all sync.WaitGroup
	for i := range kernels {
		all.Go(func() {
			k, err := fdfd.NewKernel(m, float64(10+i))
			if err != nil {
				t.Error(err)
				return
			}
			kernels[i] = k
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	want, err := kernels[0].Data(src, rec)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		all.Go(func() {
			if i == 3 {
				if err := kernels[0].Update(m); err != nil {
					t.Error(err)
				}
				return
			}
			d, err := kernels[0].Data(src, rec)
			if err != nil || d.L2(want) != 0 {
				t.Errorf("data differ, %v", err)
			}
		})
	}
	all.Wait()
}

// Speeds of a blocky model at fine blocks' accuracy: the same blocks refined eight times are the reference.
func TestMarmousiAgainstRefined(t *testing.T) {
	raw, err := os.ReadFile("testdata/marmousi-refined.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Nx, Nz, Npml, M        int
		H, X0, Strength, R, C0 float64
		SourceNode             [2]int `json:"source_node"`
		Frequencies            []struct {
			F      float64
			Points [][4]float64
		}
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	m, err := solver.Average(solver.Grid{Nx: f.Nx, Nz: f.Nz, Dx: f.H, Dz: f.H, X0: f.X0}, 1, solver.Marmousi)
	if err != nil {
		t.Fatal(err)
	}
	limits := map[float64]float64{7.5: 6e-3, 5: 1.6e-3, 3.75: 1.5e-3}
	for _, c := range f.Frequencies {
		k, err := fdfd.NewKernel(m, c.F, fdfd.Absorbing(fdfd.Layer{Cells: f.Npml, R: f.R, M: f.M, C0: f.C0}))
		if err != nil {
			t.Fatal(err)
		}
		u, err := k.Field(m.Node(f.SourceNode[0], f.SourceNode[1]))
		if err != nil {
			t.Fatal(err)
		}
		var got, want []complex128
		for _, p := range c.Points {
			got = append(got, u.At(int(p[0]), int(p[1]))*complex(f.Strength, 0))
			want = append(want, complex(p[2], p[3]))
		}
		if e := solvertest.RelError(got, want); !(e <= limits[c.F]) || limits[c.F] == 0 {
			t.Errorf("%g Hz: error %.2g, allowed %.2g", c.F, e, limits[c.F])
		}
	}
}

// What the absorbing layer reflects, in decibels, with its default profile.
func TestLayerReflects(t *testing.T) {
	for _, c := range []struct {
		g, cells int
		limit    float64
	}{{4, 5, -31}, {4, 10, -40}, {6, 10, -40}, {10, 10, -40}, {4, 15, -47}, {6, 15, -47}, {10, 15, -47}, {4, 20, -58}, {6, 20, -58}, {10, 20, -58}} {
		if testing.Short() && c.g > 6 {
			continue
		}
		field := func(l fdfd.Layer) []complex128 {
			k, err := fdfd.NewKernel(solver.Homogeneous(12*c.g, 3*c.g, 100/float64(c.g), 100, 1), 1, fdfd.Absorbing(l))
			if err != nil {
				t.Fatal(err)
			}
			f, err := k.Field(k.Grid().Node(c.g, max(1, c.g/4)))
			if err != nil {
				t.Fatal(err)
			}
			var far []complex128
			for iz := range 3*c.g + 1 {
				for ix := range 12*c.g + 1 {
					if math.Hypot(float64(ix-c.g), float64(iz-max(1, c.g/4))) >= float64(c.g) {
						far = append(far, f.At(ix, iz))
					}
				}
			}
			return far
		}
		ref := field(fdfd.Layer{Cells: 5 * c.g, R: 1e-8, M: 3})
		db := 20 * math.Log10(solvertest.RelError(field(fdfd.Layer{Cells: c.cells}), ref))
		t.Logf("%d points per wavelength, %d cells: %.1f dB", c.g, c.cells, db)
		if !(db <= c.limit) {
			t.Errorf("%d points per wavelength, %d cells: %.1f dB, allowed %g", c.g, c.cells, db, c.limit)
		}
	}
}

// A factor of half the size gives the same data to the accuracy that refinement reaches.
func TestSinglePrecision(t *testing.T) {
	m := random(60, 40, 3)
	src, rec := []solver.Point{solver.At(103, 57), solver.At(400, 200)}, solver.Line(solver.At(20, 20), solver.At(580, 380), 30)
	var data [2]*solver.Data
	var bytes [2]int64
	for i, o := range []fdfd.Option{nil, fdfd.SinglePrecision()} {
		k, err := fdfd.NewKernel(m, 30, fdfd.FreeSurface(), o)
		if err != nil {
			t.Fatal(err)
		}
		if data[i], err = k.Data(src, rec); err != nil {
			t.Fatal(err)
		}
		bytes[i] = k.Report().Bytes
	}
	if e := data[1].L2(data[0]) / data[0].L2(nil); !(e < 1e-8) {
		t.Errorf("data differ by %.1e", e)
	}
	if float64(bytes[1]) > 0.75*float64(bytes[0]) {
		t.Errorf("%d bytes, in double precision %d", bytes[1], bytes[0])
	}
}
