package fdfd_test

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/exact"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// Fields over the whole zone against exact ones computed here, in media and at frequencies that no table holds. Distances are in wavelengths
// of the slowest medium; errors are relative, in the norm over all nodes a wavelength and more from the source.

// wavelength of the slowest medium, metres; nothing is 1 here.
const lambda = 70.

// slowest is its speed in m/s.
const slowest = 1400.

// box is nx×nz wavelengths of a medium, g cells in each.
func box(t *testing.T, nx, nz, g int, at func(z float64) solver.Props) *solver.Model {
	t.Helper()
	h := lambda / float64(g)
	m, err := solver.Average(solver.Grid{Nx: nx * g, Nz: nz * g, Dx: h, Dz: h, X0: 300, Z0: 0}, 1, func(_, z float64) solver.Props { return at(z) })
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// fielder is what both kinds of kernels do.
type fielder interface {
	Field(src solver.Point) (*solver.Field, error)
}

// zoneError is the error of a field over nodes of a stride whose depth is in a range.
func zoneError(t *testing.T, k fielder, src solver.Point, stride int, lo, hi, strength float64, want func(x, z []float64) []complex128) float64 {
	t.Helper()
	u, err := k.Field(src)
	if err != nil {
		t.Fatal(err)
	}
	var x, z []float64
	var got []complex128
	for iz := 0; iz <= u.Nz; iz += stride {
		for ix := 0; ix <= u.Nx; ix += stride {
			p := u.Node(ix, iz)
			if p.Z >= lo && p.Z <= hi && math.Hypot(p.X-src.X, p.Z-src.Z) >= lambda*(1-1e-9) {
				x, z, got = append(x, p.X-src.X), append(z, p.Z), append(got, u.At(ix, iz)*complex(strength, 0))
			}
		}
	}
	return solvertest.RelError(got, want(x, z))
}

func allow(t *testing.T, what string, e, limit float64) {
	t.Helper()
	t.Logf("%s: %.2g, allowed %.2g", what, e, limit)
	if !(e <= limit) {
		t.Errorf("%s: error %.3g, allowed %.2g", what, e, limit)
	}
}

const freq = slowest / lambda

func kernel(t *testing.T, m *solver.Model, opts ...fdfd.Option) *fdfd.Kernel {
	t.Helper()
	k, err := fdfd.NewKernel(m, freq, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// skipFine leaves fine grids out of short tests.
func skipFine(g int) bool { return testing.Short() && g > 4 }

func TestZoneHomogeneous(t *testing.T) {
	for g, limit := range map[int]float64{3: 3e-2, 4: 6e-3, 5: 2.5e-3, 6: 1.2e-3, 8: 1.2e-3, 10: 1.2e-3} {
		if skipFine(g) {
			continue
		}
		m := box(t, 20, 20, g, func(float64) solver.Props { return solver.Props{C: slowest, Rho: 1750} })
		src := m.Node(2*g, 2*g)
		want := func(x, z []float64) (v []complex128) {
			for i := range x {
				v = append(v, exact.Line(2*math.Pi/lambda, math.Hypot(x[i], z[i]-src.Z)))
			}
			return v
		}
		layer := fdfd.Absorbing(fdfd.Layer{Cells: 20, R: 1e-6, M: 2})
		allow(t, fmt.Sprint(g, " points"), zoneError(t, kernel(t, m, layer), src, 1, 0, 1e9, 1./1750, want), limit)
		if g == 4 {
			allow(t, "fitted points", zoneError(t, kernel(t, m, layer, fdfd.FittedPoints()), src, 1, 0, 1e9, 1./1750, want), 2.2e-3)
		}
	}
}

func TestZoneHalfSpaces(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, c := range []struct{ slower, faster, rho1, rho2 float64 }{{1400, 2400, 1200, 1200}, {1400, 3500, 1000, 2400}, {1400, 1400, 1000, 2600}, {2100, 1400, 1900, 1300}, {1400, 1900, 2000, 1100}} {
		for g, limit := range map[int]float64{4: 9e-3, 6: 1.6e-3} {
			if skipFine(g) {
				continue
			}
			m := box(t, 16, 12, g, func(z float64) solver.Props {
				if z > 6*lambda {
					return solver.Props{C: c.faster, Rho: c.rho2}
				}
				return solver.Props{C: c.slower, Rho: c.rho1}
			})
			src := m.Node(2*g, 2*g)
			l := exact.Layers{K: []complex128{complex(2*math.Pi*freq/c.slower, 0), complex(2*math.Pi*freq/c.faster, 0)}, Rho: []float64{c.rho1, c.rho2}, Bottom: []float64{6 * lambda}}
			k := kernel(t, m, fdfd.Absorbing(fdfd.Layer{Cells: 20, R: 1e-6, M: 2}))
			for name, part := range map[string][2]float64{"upper": {0, 6*lambda - 1}, "lower": {6*lambda + 1, 1e9}} {
				e := zoneError(t, k, src, g, part[0], part[1], 1/c.rho1, layers(t, &l, src.Z))
				allow(t, fmt.Sprintf("%+v, %d points, %s", c, g, name), e, limit)
			}
		}
	}
}

func layers(t *testing.T, l *exact.Layers, zs float64) func(x, z []float64) []complex128 {
	t.Helper()
	return func(x, z []float64) []complex128 {
		v, err := l.Fields(zs, x, z)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Three layers that attenuate under a free surface.
func TestZoneLayersUnderFreeSurface(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	c, rho, q := []float64{1400, 2100, 1700}, []float64{1000, 1900, 2100}, []float64{1e9, 30, 45}
	bottom := []float64{4 * lambda, 7 * lambda}
	l := exact.Layers{Rho: rho, Bottom: bottom, Mirror: -1}
	for i := range c {
		l.K = append(l.K, complex(2*math.Pi*freq/c[i], 0)*cmplx.Sqrt(complex(1, 1/q[i])))
	}
	for g, limit := range map[int]float64{4: 9e-3, 6: 1.6e-3} {
		if skipFine(g) {
			continue
		}
		m := box(t, 14, 10, g, func(z float64) solver.Props {
			i := 0
			for i < 2 && z > bottom[i] {
				i++
			}
			return solver.Props{C: c[i], Rho: rho[i], Q: q[i]}
		})
		src := m.Node(2*g, 2*g)
		k := kernel(t, m, fdfd.FreeSurface(), fdfd.Absorbing(fdfd.Layer{Cells: 20, R: 1e-6, M: 2}))
		for name, part := range map[string][2]float64{"first": {0, 4*lambda - 1}, "below": {4*lambda + 1, 1e9}} {
			allow(t, fmt.Sprint(g, " points, ", name), zoneError(t, k, src, g, part[0], part[1], 1e-3, layers(t, &l, src.Z)), limit)
		}
	}
}

// Each side alone can be a mirror: the image solution, turned.
func TestZoneMirrors(t *testing.T) {
	for g, limit := range map[int]float64{4: 8e-3, 6: 1.3e-3} {
		if skipFine(g) {
			continue
		}
		m := box(t, 10, 10, g, func(float64) solver.Props { return solver.Props{C: slowest, Rho: 900} })
		for side := range 4 {
			for s, sign := range map[fdfd.Side]float64{fdfd.Free: -1, fdfd.Rigid: 1} {
				b := fdfd.Boundary{}
				*[4]*fdfd.Side{&b.Top, &b.Right, &b.Bottom, &b.Left}[side] = s
				at := [4][2]int{{2, 1}, {9, 2}, {2, 9}, {1, 2}}[side]
				src := m.Node(at[0]*g, at[1]*g)
				want := func(x, z []float64) (v []complex128) {
					for i := range x {
						r, across := [4]float64{z[i], m.Width() - x[i] - src.X + m.X0, m.Height() - z[i], x[i] + src.X - m.X0}[side], x[i]
						if side%2 == 1 {
							across = z[i] - src.Z
						}
						v = append(v, exact.Mirror(2*math.Pi/lambda, across, r, lambda, sign))
					}
					return v
				}
				k := kernel(t, m, fdfd.Sides(b), fdfd.Absorbing(fdfd.Layer{Cells: 20, R: 1e-6, M: 3}))
				allow(t, fmt.Sprintf("%d points, side %d, %v", g, side, s), zoneError(t, k, src, 1, -1, 1e9, 1./900, want), limit)
			}
		}
	}
}

// Sources and receivers anywhere between nodes, in open space and close to a free surface.
func TestZoneOffGrid(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 4))
	for _, c := range []struct {
		g, r   int
		free   bool
		fitted bool
		limit  float64
	}{
		{4, 4, false, false, 5.5e-3},
		{5, 4, false, false, 3.1e-3},
		{6, 4, false, false, 2.4e-3},
		{8, 4, false, false, 1.4e-3},
		{4, 6, false, false, 6.6e-3},
		{5, 6, false, false, 2.4e-3},
		{6, 6, false, false, 1.1e-3},
		{8, 6, false, false, 4.2e-4},
		{4, 4, true, false, 8.6e-3},
		{6, 4, true, false, 5.6e-3},
		{8, 4, true, false, 2.8e-3},
		{4, 6, false, true, 7.5e-4},
	} {
		if skipFine(c.g) {
			continue
		}
		m := box(t, 10, 10, c.g, func(float64) solver.Props { return solver.Props{C: slowest, Rho: 1} })
		opts := []fdfd.Option{fdfd.HalfWidth(c.r), fdfd.Absorbing(fdfd.Layer{Cells: 5 * c.g, R: 1e-8, M: 3})}
		src, sign := solver.At(m.X0+4.83*lambda, 4.71*lambda), 0.
		if c.free {
			src, sign = solver.At(m.X0+4.83*lambda, 0.24*lambda), -1
			opts = append(opts, fdfd.FreeSurface())
		}
		if c.fitted {
			opts = append(opts, fdfd.FittedPoints())
		}
		var rec []solver.Point
		var want []complex128
		edge := float64(c.r+1) / float64(c.g) // so far from the absorbing layers that no point reaches into them
		if c.free {
			edge = 0.3
		}
		for len(rec) < 200 {
			in := 10 - 2*edge
			p := solver.At(m.X0+(edge+in*rnd.Float64())*lambda, (edge+in*rnd.Float64())*lambda)
			if d := math.Hypot(p.X-src.X, p.Z-src.Z); d >= lambda*max(1, 2*float64(c.r)/float64(c.g)) { // windows do not overlap
				rec, want = append(rec, p), append(want, exact.Mirror(2*math.Pi/lambda, p.X-src.X, p.Z, src.Z, sign))
			}
		}
		d, err := kernel(t, m, opts...).Data([]solver.Point{src}, rec)
		if err != nil {
			t.Fatal(err)
		}
		allow(t, fmt.Sprintf("%+v", c), solvertest.RelError(d.Values, want), c.limit)
	}
}

// Attenuation, damping and dispersion, each and all.
func TestZoneAttenuation(t *testing.T) {
	for _, c := range []struct{ q, tau, f0 float64 }{{25, 0, 0}, {math.Inf(1), 0.8, 0}, {40, 1.3, 55}} {
		for g, limit := range map[int]float64{4: 9e-3, 6: 1.4e-3} {
			if skipFine(g) {
				continue
			}
			m := box(t, 14, 14, g, func(float64) solver.Props { return solver.Props{C: slowest, Rho: 1, Q: c.q} })
			omega := complex(2*math.Pi*freq, 0)
			opts := []fdfd.Option{fdfd.Absorbing(fdfd.Layer{Cells: 20, R: 1e-6, M: 2})}
			if c.tau > 0 {
				omega += complex(0, 1/c.tau)
				opts = append(opts, fdfd.Damping(c.tau))
			}
			speed := complex(slowest, 0)
			if c.f0 > 0 {
				speed *= complex(1+math.Log(freq/c.f0)/(math.Pi*c.q), 0)
				opts = append(opts, fdfd.Dispersion(c.f0))
			}
			k := omega / speed * cmplx.Sqrt(complex(1, 1/c.q))
			src := m.Node(2*g, 3*g)
			want := func(x, z []float64) (v []complex128) {
				for i := range x {
					v = append(v, exact.Line(k, math.Hypot(x[i], z[i]-src.Z)))
				}
				return v
			}
			allow(t, fmt.Sprintf("%+v, %d points", c, g), zoneError(t, kernel(t, m, opts...), src, 1, 0, 1e9, 1, want), limit)
		}
	}
}

// Point sources in three dimensions, with the contour that is planned: eight wavenumbers in the section.
func TestZonePointSource(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for g, limit := range map[int]float64{4: 8.5e-3, 6: 1.8e-3} {
		if skipFine(g) {
			continue
		}
		m := box(t, 12, 8, g, func(z float64) solver.Props {
			if z > 5*lambda {
				return solver.Props{C: 2.2 * slowest, Rho: 2200}
			}
			return solver.Props{C: slowest, Rho: 1100}
		})
		k, err := fdfd.NewKernel25D(m, freq, fdfd.Contour{}, fdfd.Absorbing(fdfd.Layer{Cells: 20, R: 1e-6, M: 2}))
		if err != nil {
			t.Fatal(err)
		}
		if n := k.Contour().N; n != 8 {
			t.Errorf("%d wavenumbers", n)
		}
		src := m.Node(2*g, 2*g)
		l := exact.Layers{K: []complex128{2 * math.Pi / lambda, 2 * math.Pi / lambda / 2.2}, Rho: []float64{1100, 2200}, Bottom: []float64{5 * lambda}, Space: true}
		for name, part := range map[string][2]float64{"upper": {0, 5*lambda - 1}, "lower": {5*lambda + 1, 1e9}} {
			allow(t, fmt.Sprint(g, " points, ", name), zoneError(t, k, src, 2*g, part[0], part[1], 1./1100, layers(t, &l, src.Z)), limit)
		}
	}
}

// Off the section the contour that is planned for the survey does.
func TestZoneAcross(t *testing.T) {
	const g = 4
	m := box(t, 10, 6, g, func(float64) solver.Props { return solver.Props{C: slowest, Rho: 1} })
	src := m.Node(2*g, 3*g)
	var rec []solver.Point
	var want []complex128
	for i := range 6 {
		for j := range 3 {
			p := m.Node((5+i/2)*g, (1+2*j)*g).Off(float64(i) * 0.3 * lambda)
			rec = append(rec, p)
			want = append(want, exact.Point(2*math.Pi/lambda, math.Hypot(math.Hypot(p.X-src.X, p.Z-src.Z), p.Y)))
		}
	}
	s := solver.Fixed([]solver.Point{src}, rec)
	c, err := fdfd.ContourFor(m, freq, s, 1e-3)
	if err != nil {
		t.Fatal(err)
	}
	k, err := fdfd.NewKernel25D(m, freq, c, fdfd.Absorbing(fdfd.Layer{Cells: 20, R: 1e-6, M: 2}))
	if err != nil {
		t.Fatal(err)
	}
	d, err := k.Forward(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(c)
	allow(t, "across", solvertest.RelError(d.Values, want), 8.5e-3)
}
