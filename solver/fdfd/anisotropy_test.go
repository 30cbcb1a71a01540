package fdfd_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/exact"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// axial is a box of one transversely isotropic medium with g cells in a wavelength of 100 m.
func axial(t *testing.T, n, g int, eps, delta, theta float64) *solver.Model {
	t.Helper()
	m, err := solver.Average(solver.Grid{Nx: n * g, Nz: n * g, Dx: 100 / float64(g), Dz: 100 / float64(g)}, 1, func(_, _ float64) solver.Props {
		return solver.Props{C: 2000, Rho: 1, Eps: eps, Delta: delta, Theta: theta}
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// away is the error of a kernel's field from a source in the middle, a wavelength and more from it and from the line across the axis.
func away(t *testing.T, k *fdfd.Kernel, eps, delta, theta float64, stride int) float64 {
	t.Helper()
	g := k.Grid()
	src := g.Node(g.Nx/2, g.Nz/2)
	u, err := k.Field(src)
	if err != nil {
		t.Fatal(err)
	}
	var x, z []float64
	var got []complex128
	st, ct := math.Sincos(theta)
	for iz := 0; iz <= g.Nz; iz += stride {
		for ix := 0; ix <= g.Nx; ix += stride {
			p := g.Node(ix, iz)
			dx, dz := p.X-src.X, p.Z-src.Z
			if math.Hypot(dx, dz) >= 100 && math.Abs(st*dx+ct*dz) >= 100 {
				x, z, got = append(x, dx), append(z, dz), append(got, u.At(ix, iz))
			}
		}
	}
	return solvertest.RelError(got, exact.Transverse(2*math.Pi/100, x, z, eps, delta, theta))
}

// Media of our own choice, at depth and tilt that no table has.
func TestAnisotropyElsewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, c := range []struct {
		g                        int
		eps, delta, theta, limit float64
	}{{4, 0.15, 0.1, -0.7, 0.025}, {6, 0.15, 0.1, -0.7, 0.012}, {5, 0.3, 0.3, 1.2, 0.03}, {6, 0.1, -0.02, 0, 0.008}} {
		k, err := fdfd.NewKernel(axial(t, 10, c.g, c.eps, c.delta, c.theta), 20, fdfd.Absorbing(fdfd.Layer{M: 3}))
		if err != nil {
			t.Fatal(err)
		}
		e := away(t, k, c.eps, c.delta, c.theta, 3)
		t.Logf("%+v: %.2g", c, e)
		if !(e <= c.limit) {
			t.Errorf("%+v: error %.2g", c, e)
		}
		if r := k.Factor().Residual; !(r < 1e-10) {
			t.Errorf("%+v: residual %.1e", c, r)
		}
	}
}

// Elliptic, vertical, tilted and mildly tilted media at every node.
func TestAnisotropyWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, c := range []struct {
		eps, delta, theta float64
		limits            map[int]float64
	}{
		{.2, .2, math.Pi / 6, map[int]float64{4: 2.5e-2, 6: 1e-2}},
		{.2, .1, 0, map[int]float64{4: 3e-2, 6: 1e-2}},
		{.2, .1, math.Pi / 6, map[int]float64{4: 4.2e-2, 6: 2.1e-2}},
		{.1, .05, math.Pi / 6, map[int]float64{4: 3e-2, 6: 1.3e-2}},
	} {
		for g, limit := range c.limits {
			k, err := fdfd.NewKernel(axial(t, 10, g, c.eps, c.delta, c.theta), 20, fdfd.Absorbing(fdfd.Layer{M: 3}))
			if err != nil {
				t.Fatal(err)
			}
			allow(t, fmt.Sprintf("ε %g, δ %g, tilt %.2g, %d points", c.eps, c.delta, c.theta, g), away(t, k, c.eps, c.delta, c.theta, 1), limit)
		}
	}
}

// A grid that carries the slow wave is refused with advice that holds, and the safer weights do what they are said to.
func TestSlowWaveRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	m := axial(t, 10, 8, 0.2, 0, 0)
	_, err := fdfd.NewKernel(m, 20)
	for _, want := range []string{"in cell 0 (ix 0, iz 0) at (6.25, 6.25) m, ε 0.2, δ 0, tilt 0, 8 points per wavelength", "cells of 16.6 m do not carry it", "SafeWeights()"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := fdfd.NewKernel(axial(t, 10, 6, 0.2, 0, 0), 20); err != nil {
		t.Errorf("cells of 16.7 m: %v", err)
	}
	k, err := fdfd.NewKernel(m, 20, fdfd.SafeWeights())
	if err != nil {
		t.Fatal(err)
	}
	if w := k.Warnings(); len(w) < 1 || !strings.Contains(w[0], "β = 0,") {
		t.Errorf("warnings %q", w)
	}
	if e := away(t, k, 0.2, 0, 0, 3); !(e < 0.02) {
		t.Errorf("error %.2g with the safer weights", e)
	}
	if err := k.Update(axial(t, 10, 8, 0.1, 0.05, 0)); err != nil || len(k.Warnings()) > 1 {
		t.Errorf("a tamer medium: %v, %q", err, k.Warnings())
	}
}

func TestAnisotropyRefuses(t *testing.T) {
	flip := axial(t, 2, 5, 0.1, 0.05, 0.3)
	flip.Delta[13] = 0.2
	wide := axial(t, 2, 5, 0.1, 0.05, 0.3)
	wide.Dx *= 2
	for want, c := range map[string]struct {
		m   *solver.Model
		opt fdfd.Option
	}{
		"ε 0.1 is less than δ 0.2 in cell 13 (ix 3, iz 1)": {flip, nil},
		"needs square cells, not 40×20 m":                  {wide, nil},
		"a cross-line wavenumber":                          {axial(t, 2, 5, 0.1, 0.05, 0.3), fdfd.CrossLine(0.01)},
		"not those of JSS":                                 {axial(t, 2, 5, 0.1, 0.05, 0.3), fdfd.Using(fdfd.JSS)},
		"and fitted points":                                {axial(t, 2, 5, 0.1, 0.05, 0.3), fdfd.FittedPoints()},
	} {
		if _, err := fdfd.NewKernel(c.m, 20, c.opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	k, err := fdfd.NewKernel(axial(t, 2, 5, 0.1, 0.05, 0.3), 20)
	if err != nil {
		t.Fatal(err)
	}
	p := []solver.Point{solver.At(50, 50)}
	d, err := k.Data(p, p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Jtvec(t.Context(), d); err == nil || !strings.Contains(err.Error(), "not known for anisotropic models") {
		t.Errorf("gradient: %v", err)
	}
	if err := k.Update(flip); err == nil {
		t.Error("ε below δ is accepted by an update")
	}
	if again, err := k.Data(p, p); err != nil || again.Values[0] != d.Values[0] || k.Model().Delta[13] != 0.05 {
		t.Errorf("after a refused update: %v, %v", again, err)
	}
}

// A folded layer between isotropic ones: reciprocal, and where nothing is anisotropic it is what the plain operator computes.
func TestAnisotropicFold(t *testing.T) {
	at := func(eps, delta float64) func(x, z float64) solver.Props {
		return func(x, z float64) solver.Props {
			f := 250 * math.Cos(2*math.Pi*x/3000)
			switch {
			case z < 1000+f:
				return solver.Props{C: 2000}
			case z < 1900+f:
				return solver.Props{C: 2600, Eps: eps, Delta: delta, Theta: math.Atan(250 * 2 * math.Pi / 3000 * math.Sin(2*math.Pi*x/3000))}
			default:
				return solver.Props{C: 3400}
			}
		}
	}
	g := solver.Grid{Nx: 120, Nz: 60, Dx: 50, Dz: 50}
	ps := []solver.Point{solver.At(1010, 123), solver.At(3000, 1500), solver.At(4400, 2810)}
	data := func(eps, delta float64, opts ...fdfd.Option) *solver.Data {
		m, err := solver.Average(g, 1, at(eps, delta))
		if err != nil {
			t.Fatal(err)
		}
		k, err := fdfd.NewKernel(m, 8, opts...)
		if err != nil {
			t.Fatal(err)
		}
		d, err := k.Data(ps, ps)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := data(0.2, 0.1, fdfd.FreeSurface())
	for i := range ps {
		for j := range i {
			if e := solvertest.RelError([]complex128{d.At(i, j)}, []complex128{d.At(j, i)}); !(e < 1e-12) {
				t.Errorf("points %d and %d are not reciprocal by %.1e", i, j, e)
			}
		}
	}
	plain, nearly := data(0, 0), data(1e-7, 1e-7)
	if e := nearly.L2(plain) / plain.L2(nil); !(e < 2e-3) {
		t.Errorf("a medium that is hardly anisotropic differs by %.2g", e)
	}
	if e := d.L2(plain) / plain.L2(nil); e < 0.05 {
		t.Errorf("anisotropy of 20 %% changes data by %.2g", e)
	}
}
