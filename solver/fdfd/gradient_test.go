package fdfd_test

import (
	"encoding/json"
	"math"
	"math/cmplx"
	"os"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/solvertest"
)

// sums are what another implementation of the same discrete equations found for one gradient.
type gradientSums struct {
	Sum, Dot, Norm float64
	Cells          [][3]float64
}

type gradientFile struct {
	Nx, Nz           int
	H, F, R, C0, Tau float64
	Npml, M          int
	SourceNodes      [][2]int `json:"source_nodes"`
	ReceiverNodes    [][2]int `json:"receiver_nodes"`
	Cases            []struct {
		Name, Top string
		Ky        [][4]float64
		DataRe    [][]float64 `json:"data_re"`
		DataIm    [][]float64 `json:"data_im"`
		JvRe      [][]float64 `json:"Jv_re"`
		JvIm      [][]float64 `json:"Jv_im"`
		Misfit    float64
		M         gradientSums `json:"gradient_m"`
		B         gradientSums `json:"gradient_inverse_rho"`
		Q         gradientSums `json:"gradient_inverse_q"`
	}
}

func (f *gradientFile) grid() solver.Grid { return solver.Grid{Nx: f.Nx, Nz: f.Nz, Dx: f.H, Dz: f.H} }

// model is given by formulas at cell centres.
func (f *gradientFile) model() *solver.Model {
	m := &solver.Model{Grid: f.grid()}
	for iz := range f.Nz {
		for ix := range f.Nx {
			p := m.Center(ix, iz)
			m.C = append(m.C, 1700+100*math.Cos(p.X/45)*math.Sin(p.Z/33)+p.Z)
			m.Rho = append(m.Rho, 1900+90*math.Sin(p.X/50-p.Z/27))
			m.Q = append(m.Q, 35+8*math.Cos(p.Z/25))
		}
	}
	return m
}

// probe is a smooth function of one number a cell.
func probe(g solver.Grid, scale float64) []float64 {
	v := make([]float64, 0, g.Cells())
	for iz := range g.Nz {
		for ix := range g.Nx {
			p := g.Center(ix, iz)
			v = append(v, scale*math.Sin(p.X/47)*math.Cos(p.Z/21))
		}
	}
	return v
}

func (f *gradientFile) options(i int) []fdfd.Option {
	opts := []fdfd.Option{fdfd.Absorbing(fdfd.Layer{Cells: f.Npml, R: f.R, M: f.M, C0: f.C0}), fdfd.Damping(f.Tau)}
	if f.Cases[i].Top == "free" {
		opts = append(opts, fdfd.FreeSurface())
	}
	return opts
}

func (f *gradientFile) survey() (src, rec []solver.Point) {
	for _, n := range f.SourceNodes {
		src = append(src, f.grid().Node(n[0], n[1]))
	}
	for _, n := range f.ReceiverNodes {
		rec = append(rec, f.grid().Node(n[0], n[1]))
	}
	return src, rec
}

func loadGradient(t *testing.T) *gradientFile {
	t.Helper()
	raw, err := os.ReadFile("testdata/gradient.json")
	if err != nil {
		t.Fatal(err)
	}
	f := new(gradientFile)
	if err := json.Unmarshal(raw, f); err != nil {
		t.Fatal(err)
	}
	return f
}

// matrixOf is the values of receivers (rows) and sources (columns) in our order.
func matrixOf(re, im [][]float64) []complex128 {
	var v []complex128
	for j := range re[0] {
		for i := range re {
			v = append(v, complex(re[i][j], im[i][j]))
		}
	}
	return v
}

// observed spoils data by closed formulas of the receiver's and the source's number.
func observed(d *solver.Data) *solver.Data {
	o := solver.NewData(d.Freq, d.Src, d.Rec)
	for k, v := range d.Values {
		i, j := float64(k%len(d.Rec)), float64(k/len(d.Rec))
		o.Values[k] = v * complex(1+0.1*math.Cos(i+2*j), 0.15*math.Sin(1.3*i-j))
	}
	return o
}

// Data, scattered data, misfit and gradients agree with an independent implementation, for three boundaries and dimensions.
func TestGradientNumbers(t *testing.T) {
	f := loadGradient(t)
	src, rec := f.survey()
	v := probe(f.grid(), 1e-9)
	for i, c := range f.Cases {
		t.Run(c.Name, func(t *testing.T) {
			var kernels []*fdfd.Kernel
			d, jv := solver.NewData(f.F, src, rec), solver.NewData(f.F, src, rec)
			for _, ky := range c.Ky {
				k, err := fdfd.NewKernel(f.model(), f.F, append(f.options(i), fdfd.CrossLine(complex(ky[0], ky[1])))...)
				if err != nil {
					t.Fatal(err)
				}
				kernels = append(kernels, k)
				one, err := k.Data(src, rec)
				if err != nil {
					t.Fatal(err)
				}
				born, err := k.Jvec(t.Context(), solver.Fixed(src, rec), &fdfd.Change{Slowness2: v})
				if err != nil {
					t.Fatal(err)
				}
				for j := range one.Values {
					d.Values[j] += complex(ky[2], ky[3]) * one.Values[j]
					jv.Values[j] += complex(ky[2], ky[3]) * born.Values[j]
				}
			}
			if e := solvertest.RelError(d.Values, matrixOf(c.DataRe, c.DataIm)); !(e < 1e-11) {
				t.Errorf("data differ by %.1e", e)
			}
			if e := solvertest.RelError(jv.Values, matrixOf(c.JvRe, c.JvIm)); !(e < 1e-10) {
				t.Errorf("scattered data differ by %.1e", e)
			}
			r := d.Sub(observed(d))
			if n := r.L2(nil); math.Abs(n*n/2/c.Misfit-1) > 1e-11 {
				t.Errorf("misfit %g, want %g", n*n/2, c.Misfit)
			}
			total := fdfd.Sensitivity{Slowness2: make([]float64, f.Nx*f.Nz), Buoyancy: make([]float64, f.Nx*f.Nz), Loss: make([]float64, f.Nx*f.Nz)}
			for l, ky := range c.Ky {
				turned := solver.NewData(f.F, src, rec)
				for j, x := range r.Values {
					turned.Values[j] = x * cmplx.Conj(complex(ky[2], ky[3]))
				}
				s, err := kernels[l].Jtvec(t.Context(), turned)
				if err != nil {
					t.Fatal(err)
				}
				for j := range s.Slowness2 {
					total.Slowness2[j] += s.Slowness2[j]
					total.Buoyancy[j] += s.Buoyancy[j]
					total.Loss[j] += s.Loss[j]
				}
			}
			compare(t, "1/c²", f.grid(), total.Slowness2, c.M)
			compare(t, "1/ρ", f.grid(), total.Buoyancy, c.B)
			compare(t, "1/Q", f.grid(), total.Loss, c.Q)
		})
	}
}

func compare(t *testing.T, name string, g solver.Grid, got []float64, want gradientSums) {
	t.Helper()
	var sum, dot, norm float64
	for i, w := range probe(g, 1) {
		sum += got[i]
		dot += got[i] * w
		norm += got[i] * got[i]
	}
	norm = math.Sqrt(norm)
	check := func(what string, a, b, scale float64) {
		t.Helper()
		if !(math.Abs(a-b) <= 1e-9*scale) {
			t.Errorf("%s, %s: %.12g, want %.12g", name, what, a, b)
		}
	}
	check("norm", norm, want.Norm, want.Norm)
	check("sum", sum, want.Sum, want.Norm)
	check("dot", dot, want.Dot, want.Norm)
	for _, c := range want.Cells {
		check("cell", got[int(c[1])*g.Nx+int(c[0])], c[2], want.Norm)
	}
}

// The derivative and its adjoint are a pair, with attenuation, free surface and points between nodes.
func TestAdjointDot(t *testing.T) {
	f := loadGradient(t)
	src := []solver.Point{solver.At(33, 31), solver.At(151, 14)}
	rec := []solver.Point{solver.At(41, 3), solver.At(122.5, 177), solver.At(287, 9), solver.At(300, 220)}
	k, err := fdfd.NewKernel(f.model(), f.F, append(f.options(1), fdfd.FittedPoints())...)
	if err != nil {
		t.Fatal(err)
	}
	j := func(v []float64) []complex128 {
		d, err := k.Jvec(t.Context(), solver.Fixed(src, rec), &fdfd.Change{Slowness2: v})
		if err != nil {
			t.Fatal(err)
		}
		return d.Values
	}
	adjoint := func(r []complex128) []float64 {
		d := solver.NewData(f.F, src, rec)
		copy(d.Values, r)
		s, err := k.Jtvec(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		g := s.Slowness2
		return g
	}
	if e := solvertest.Dot(f.Nx*f.Nz, len(src)*len(rec), 7, j, adjoint); !(e < 1e-12) {
		t.Errorf("the adjoint misses by %.1e", e)
	}
}

// The misfit's remainder falls with the square of the step, for speed, density and attenuation.
func TestGradientTaylor(t *testing.T) {
	f := loadGradient(t)
	src, rec := f.survey()
	base := f.model()
	make1 := func(m *solver.Model) *fdfd.Kernel {
		k, err := fdfd.NewKernel(m, f.F, f.options(1)...)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	k := make1(base)
	d, err := k.Data(src, rec)
	if err != nil {
		t.Fatal(err)
	}
	obs := observed(d)
	s, err := k.Jtvec(t.Context(), d.Sub(obs))
	if err != nil {
		t.Fatal(err)
	}
	g, err := k.Gradient(src, rec, []*solver.Data{nil, {Freq: 1}, obs})
	if err != nil {
		t.Fatal(err)
	}
	dir := probe(f.grid(), 1)
	for name, c := range map[string]struct {
		grad  []float64
		scale float64
		move  func(m *solver.Model, i int, by float64)
	}{
		"1/c²":  {s.Slowness2, 2e-8, func(m *solver.Model, i int, by float64) { m.C[i] = 1 / math.Sqrt(1/(m.C[i]*m.C[i])+by) }},
		"1/ρ":   {s.Buoyancy, 2e-5, func(m *solver.Model, i int, by float64) { m.Rho[i] = 1 / (1/m.Rho[i] + by) }},
		"1/Q":   {s.Loss, 5e-3, func(m *solver.Model, i int, by float64) { m.Q[i] = 1 / (1/m.Q[i] + by) }},
		"speed": {g.Values, 50, func(m *solver.Model, i int, by float64) { m.C[i] += by }},
	} {
		slope := 0.
		for i, w := range dir {
			slope += c.grad[i] * w * c.scale
		}
		misfit := func(step float64) float64 {
			m := base.Clone()
			for i, w := range dir {
				c.move(m, i, step*c.scale*w)
			}
			if err := k.Update(m); err != nil {
				t.Fatal(err)
			}
			x, err := k.Data(src, rec)
			if err != nil {
				t.Fatal(err)
			}
			n := x.L2(obs)
			return n * n / 2
		}
		orders := solvertest.Taylor(misfit, slope, 1, 8)
		for _, p := range orders[3:] {
			if !(p > 1.95 && p < 2.05) {
				t.Errorf("%s: orders of the remainder %.3f", name, orders)
				break
			}
		}
	}
}

func TestGradientRefuses(t *testing.T) {
	m := solver.Homogeneous(20, 20, 10, 1500, 1000)
	k, err := fdfd.NewKernel(m, 15)
	if err != nil {
		t.Fatal(err)
	}
	p := []solver.Point{solver.At(50, 50)}
	bad := solver.NewData(15, p, p)
	bad.Values[0] = cmplx.NaN()
	elsewhere, one := solver.NewData(15, p, []solver.Point{solver.At(60, 50)}), solver.NewData(15, p, p)
	for want, obs := range map[string][]*solver.Data{
		"none of 1 observed data have that frequency":         {solver.NewData(14, p, p)},
		"none of 0 observed":                                  nil,
		"have 4 values for 1 sources × 1 receivers":           {solver.NewData(15, append(p, p...), append(p, p...))},
		"observed data 0 have value (NaN+NaNi) for source 0,": {bad},
		"0 are of other places: receiver 0 is at (60, 50) m":  {elsewhere},
		"observed data 1 have that frequency too":             {one, one},
	} {
		if _, err := k.Gradient(p, p, obs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := k.Jvec(t.Context(), solver.Fixed(p, p), &fdfd.Change{Loss: []float64{1}}); err == nil {
		t.Error("a change without values is accepted")
	}
	if _, err := k.Jvec(t.Context(), solver.Fixed(p, p), nil); err == nil {
		t.Error("no change is accepted")
	}
	if _, err := k.Jtvec(t.Context(), &solver.Data{Src: p, Rec: p}); err == nil {
		t.Error("a residual without values is accepted")
	}
	if _, err := k.Jtvec(t.Context(), nil); err == nil {
		t.Error("no residual is accepted")
	}
}
