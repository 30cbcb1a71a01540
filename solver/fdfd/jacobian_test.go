package fdfd_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// noise is a change of all three properties, of sizes that matter alike.
func noise(m *solver.Model, seed uint64) *fdfd.Change {
	return unpack(m, normal(3*m.Cells(), seed))
}

func normal(n int, seed uint64) []float64 {
	rnd := rand.New(rand.NewPCG(seed, 2))
	v := make([]float64, n)
	for i := range v {
		v[i] = rnd.NormFloat64()
	}
	return v
}

// scales make changes of the three properties dimensionless.
var scales = [3]float64{1e-8, 1e-5, 1e-2}

func unpack(m *solver.Model, v []float64) *fdfd.Change {
	n := m.Cells()
	part := func(i int) []float64 {
		p := make([]float64, n)
		for j := range p {
			p[j] = scales[i] * v[i*n+j]
		}
		return p
	}
	return &fdfd.Change{Slowness2: part(0), Buoyancy: part(1), Loss: part(2)}
}

func pack(s *fdfd.Sensitivity) (v []float64) {
	for i, p := range [3][]float64{s.Slowness2, s.Buoyancy, s.Loss} {
		for _, x := range p {
			v = append(v, scales[i]*x)
		}
	}
	return v
}

// geometries are the three that surveys have, with points between nodes and sources of different strength.
func geometries() map[string]*solver.Survey {
	src := []solver.Point{solver.At(133, 131), solver.At(251, 64), solver.At(60, 200)}
	return map[string]*solver.Survey{
		"fixed":    {Src: src, Rec: []solver.Point{solver.At(41, 3), solver.At(122.5, 177), solver.At(287, 9), solver.At(400, 290)}, Strength: []complex128{1, 2i, 3 - 1i}},
		"streamer": {Src: src, Rec: []solver.Point{solver.At(12, 1), solver.At(24, 3), solver.At(33.3, 0)}, Streamer: true},
		"absolute": {Src: src, Each: [][]solver.Point{{solver.At(1, 1), solver.At(2, 30)}, {solver.At(203, 4), solver.At(200, 30)}, {solver.At(40, 50), solver.At(7, 8)}}},
	}
}

func TestDotOfAllProperties(t *testing.T) {
	m := random(42, 30, 4)
	for name, opts := range map[string][]fdfd.Option{
		"absorbing":  nil,
		"free":       {fdfd.FreeSurface(), fdfd.FittedPoints()},
		"dispersive": {fdfd.Dispersion(40), fdfd.Damping(0.7), fdfd.FieldMemory(0)},
		"share":      {fdfd.Share(fdfd.Term{Ky: 0.03 - 0.03i, Weight: 0.2 - 0.1i})},
		"classic":    {fdfd.Using(fdfd.JSS)},
	} {
		k, err := fdfd.NewKernel(m, 30, opts...)
		if err != nil {
			t.Fatal(err)
		}
		for kind, s := range geometries() {
			template, err := k.Forward(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			j := func(v []float64) []complex128 {
				d, err := k.Jvec(t.Context(), s, unpack(m, v))
				if err != nil {
					t.Fatal(err)
				}
				return d.Values
			}
			adjoint := func(r []complex128) []float64 {
				d := *template
				d.Values = r
				g, err := k.Jtvec(t.Context(), &d)
				if err != nil {
					t.Fatal(err)
				}
				return pack(g)
			}
			if e := solvertest.Dot(3*m.Cells(), len(template.Values), 7, j, adjoint); !(e < 1e-12) {
				t.Errorf("%s, %s: the adjoint misses by %.1e", name, kind, e)
			}
		}
	}
}

// move is the model changed by step·v.
func move(m *solver.Model, v *fdfd.Change, step float64) *solver.Model {
	c := m.Clone()
	for i := range c.C {
		c.C[i] = 1 / math.Sqrt(1/(c.C[i]*c.C[i])+step*v.Slowness2[i])
		c.Rho[i] = 1 / (1/c.Rho[i] + step*v.Buoyancy[i])
		c.Q[i] = 1 / (1/c.Q[i] + step*v.Loss[i])
	}
	return c
}

// Jvec is the derivative of Forward: differences fall with the square of the step.
func TestJvecIsTheDerivative(t *testing.T) {
	m := random(42, 30, 4)
	v := noise(m, 3)
	k, err := fdfd.NewKernel(m, 30, fdfd.FreeSurface(), fdfd.Dispersion(55))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range geometries() {
		at := func(step float64) *solver.Data {
			if err := k.Update(move(m, v, step)); err != nil {
				t.Fatal(err)
			}
			d, err := k.Forward(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		base := at(0)
		jv, err := k.Jvec(t.Context(), s, v)
		if err != nil {
			t.Fatal(err)
		}
		var h, e []float64
		for step := 0.2; step > 0.001; step /= 2 {
			linear := base.Sub(base)
			for i, x := range jv.Values {
				linear.Values[i] = base.Values[i] + complex(step, 0)*x
			}
			h, e = append(h, step), append(e, at(step).L2(linear))
		}
		orders := solvertest.Orders(h, e)
		for _, p := range orders[len(orders)-5:] {
			if !(p > 1.95 && p < 2.05) {
				t.Errorf("%s: orders %.3f", name, orders)
				break
			}
		}
	}
}

// A misfit of the user's own, here of amplitudes alone, has the gradient that differences show.
func TestMisfitOfOnesOwn(t *testing.T) {
	m := random(42, 30, 4)
	v := noise(m, 5)
	k, err := fdfd.NewKernel(m, 30, fdfd.FreeSurface())
	if err != nil {
		t.Fatal(err)
	}
	s := geometries()["streamer"]
	first, err := k.Forward(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	value := 0.
	amplitudes := func(d *solver.Data) (*solver.Data, error) {
		r := d.Sub(d)
		value = 0
		for i, x := range d.Values {
			a, o := math.Hypot(real(x), imag(x)), 1.3*math.Hypot(real(first.Values[i]), imag(first.Values[i]))
			if a == 0 {
				return nil, errors.New("no amplitude")
			}
			value += (a - o) * (a - o) / 2
			r.Values[i] = x * complex((a-o)/a, 0)
		}
		return r, nil
	}
	var g *fdfd.Sensitivity
	misfit := func(step float64) float64 {
		if err := k.Update(move(m, v, step)); err != nil {
			t.Fatal(err)
		}
		if _, g, err = k.Misfit(t.Context(), s, amplitudes); err != nil {
			t.Fatal(err)
		}
		return value
	}
	misfit(0)
	orders := solvertest.Taylor(misfit, g.Dot(v), 0.1, 8)
	for _, p := range orders[3:] {
		if !(p > 1.95 && p < 2.05) {
			t.Errorf("orders of the remainder %.3f", orders)
			break
		}
	}
	broken := errors.New("no")
	if _, _, err := k.Misfit(t.Context(), s, func(*solver.Data) (*solver.Data, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("the misfit's error is %v", err)
	}
	if _, _, err := k.Misfit(t.Context(), s, func(*solver.Data) (*solver.Data, error) { return nil, nil }); err == nil {
		t.Error("no residual is accepted")
	}
}

// Gauss and Newton's matrix is symmetric and not negative, and its work is that of its factors.
func TestGaussNewton(t *testing.T) {
	m := random(42, 30, 4)
	k, err := fdfd.NewKernel(m, 30, fdfd.FreeSurface())
	if err != nil {
		t.Fatal(err)
	}
	s := geometries()["fixed"]
	w := make([]float64, len(s.Src)*s.PerSource())
	for i := range w {
		w[i] = float64(i % 3)
	}
	a, b := noise(m, 8), noise(m, 9)
	apply := func(v *fdfd.Change) *fdfd.Sensitivity {
		h, err := k.GaussNewton(t.Context(), s, v, w)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	ha, hb := apply(a), apply(b)
	if x, y := ha.Dot(b), hb.Dot(a); !(math.Abs(x-y) <= 1e-12*max(ha.Dot(a), hb.Dot(b))) {
		t.Errorf("bᵀHa = %g, aᵀHb = %g", x, y)
	}
	if ha.Dot(a) <= 0 {
		t.Errorf("aᵀHa = %g", ha.Dot(a))
	}
	if _, err := k.GaussNewton(t.Context(), s, a, w[1:]); err == nil {
		t.Error("too few weights are accepted")
	}
}

// The pseudo-Hessian of a cell is the squared norm of (∂A)·u at its corners. What the cell scatters is −A⁻¹(∂A)·u, and A⁻¹ among the
// corners is known from data with sources there, so (∂A)·u follows by another way.
func TestPseudoHessian(t *testing.T) {
	m := random(12, 9, 4)
	k, err := fdfd.NewKernel(m, 30, fdfd.Sides(fdfd.Boundary{fdfd.Rigid, fdfd.Rigid, fdfd.Rigid, fdfd.Rigid}))
	if err != nil {
		t.Fatal(err)
	}
	src := solver.At(40, 50)
	h, err := k.PseudoHessian(t.Context(), solver.Fixed([]solver.Point{src}, nil))
	if err != nil {
		t.Fatal(err)
	}
	const ix, iz = 5, 4
	i := iz*m.Nx + ix
	v := &fdfd.Change{Slowness2: make([]float64, m.Cells())}
	v.Slowness2[i] = 1
	var nodes []solver.Point
	for z := range m.Nz + 1 {
		for x := range m.Nx + 1 {
			nodes = append(nodes, m.Node(x, z))
		}
	}
	scattered, err := k.Jvec(t.Context(), solver.Fixed([]solver.Point{src}, nodes), v)
	if err != nil {
		t.Fatal(err)
	}
	back, err := k.Data(nodes, nodes) // −A⁻¹/h²
	if err != nil {
		t.Fatal(err)
	}
	corner := []int{iz*(m.Nx+1) + ix, iz*(m.Nx+1) + ix + 1, (iz+1)*(m.Nx+1) + ix, (iz+1)*(m.Nx+1) + ix + 1}
	var rows [][]complex128
	for _, r := range corner {
		row := []complex128{}
		for _, c := range corner {
			row = append(row, back.At(c, r))
		}
		rows = append(rows, append(row, scattered.Values[r]))
	}
	q, sum := gauss(rows), 0.
	for _, x := range q {
		sum += (real(x)*real(x) + imag(x)*imag(x)) / 1e4 // h⁴
	}
	if got := h.Slowness2[i]; !(math.Abs(got/sum-1) < 1e-8) {
		t.Errorf("%g, by what it scatters %g", got, sum)
	}
}

// gauss solves a small system, rows of coefficients and right-hand side.
func gauss(m [][]complex128) []complex128 {
	n := len(m)
	for k := range n {
		for i := range n {
			if i != k {
				f := m[i][k] / m[k][k]
				for j := k; j <= n; j++ {
					m[i][j] -= f * m[k][j]
				}
			}
		}
	}
	x := make([]complex128, n)
	for i := range x {
		x[i] = m[i][n] / m[i][i]
	}
	return x
}

// A streamer's data are those of a fixed survey, taken where each source has its receivers.
func TestGeometries(t *testing.T) {
	m := random(42, 30, 4)
	k, err := fdfd.NewKernel(m, 30)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range geometries() {
		d, err := k.Forward(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range s.Src {
			one, err := k.Data([]solver.Point{p}, s.Receivers(i))
			if err != nil {
				t.Fatal(err)
			}
			w := complex128(1)
			if s.Strength != nil {
				w = s.Strength[i]
			}
			want := make([]complex128, len(one.Values))
			for j, v := range one.Values {
				want[j] = w * v
			}
			if e := solvertest.RelError(d.Gather(i), want); !(e < 1e-12) {
				t.Errorf("%s, source %d: data differ by %.1e", name, i, e)
			}
		}
	}
	src := []solver.Point{solver.At(100, 100), solver.At(200, 100)}
	for want, s := range map[string]*solver.Survey{
		"for source 1, receiver 0 at (500, 100) m is outside": {Src: src, Rec: []solver.Point{solver.At(300, 0)}, Streamer: true},
		"receiver 0 at (50, 50, 3) m is 3 m across":           solver.Fixed(src, []solver.Point{solver.At(50, 50).Off(3)}),
		"source 1 has 0 receivers, source 0 has 1":            {Src: src, Each: [][]solver.Point{src[:1], nil}},
		"1 strengths for 2 sources":                           {Src: src, Strength: []complex128{1}},
		"it is nil":                                           nil,
	} {
		if _, err := k.Forward(t.Context(), s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
