package solver_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/solver"
)

// digest hashes speeds and densities in hundredths.
func digest(m *solver.Model) string {
	h := sha256.New()
	for _, f := range [][]float64{m.C, m.Rho} {
		for _, v := range f {
			var b [4]byte
			binary.LittleEndian.PutUint32(b[:], uint32(int32(math.Floor(v*100+0.5))))
			h.Write(b[:])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// The digests were made by an independent program in another language.
func TestMarmousiFormulas(t *testing.T) {
	for _, c := range []struct {
		g    solver.Grid
		want string
	}{
		{solver.Grid{Nx: 180, Nz: 60, Dx: 50, Dz: 50}, "a4e9926ee3339c19709fc8b2bdc36b79403c1461c074796cf0fd9eb1a261b176"},
		{solver.Grid{Nx: 360, Nz: 120, Dx: 25, Dz: 25}, "779f909e7d594d09255a30665878aff0945cb6991dccaf5acfbe97d4b97b0033"},
	} {
		m, err := solver.Average(c.g, 1, solver.Marmousi)
		if err != nil {
			t.Fatal(err)
		}
		if got := digest(m); got != c.want {
			t.Errorf("%v: %s", c.g, got)
		}
	}
}

func TestMarmousiLike(t *testing.T) {
	m := solver.MarmousiLike(25)
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	if m.Nx != 368 || m.Nz != 120 || m.C[0] != 1500 || m.Rho[0] != 1000 {
		t.Errorf("%v, first cell %g %g", m, m.C[0], m.Rho[0])
	}
	if lo, hi := m.Range(); lo != 1500 || hi < 4400 || hi > 4600 {
		t.Errorf("speeds %g to %g", lo, hi)
	}
	for _, h := range []float64{0, -1, math.NaN(), 1e9} {
		if solver.MarmousiLike(h).Check() == nil {
			t.Errorf("cells of %g m are accepted", h)
		}
	}
}

func TestAverage(t *testing.T) {
	g := solver.Grid{Nx: 1, Nz: 1, Dx: 10, Dz: 10}
	m, err := solver.Average(g, 2, func(_, z float64) solver.Props {
		if z < 5 {
			return solver.Props{C: 1000, Rho: 1000}
		}
		return solver.Props{C: 2000, Rho: 2000, Q: 50}
	})
	if err != nil {
		t.Fatal(err)
	}
	rho, k := 1500., (1/1e9+1/8e9)/2
	if c := math.Sqrt(1 / (rho * k)); math.Abs(m.C[0]-c) > 1e-9 || m.Rho[0] != rho || m.Q[0] != 100 {
		t.Errorf("got %g %g %g, want %g %g 100", m.C[0], m.Rho[0], m.Q[0], c, rho)
	}
	for _, sub := range []int{0, 65} {
		if _, err := solver.Average(g, sub, solver.Marmousi); err == nil {
			t.Errorf("%d points are accepted", sub)
		}
	}
	if _, err := solver.Average(g, 1, func(_, _ float64) solver.Props { return solver.Props{C: -1, Rho: 1} }); err == nil {
		t.Error("a negative speed is accepted")
	}
}

func TestCoarsen(t *testing.T) {
	m := solver.Homogeneous(5, 4, 10, 1500, 1000)
	m.X0 = 100
	m.C[0], m.C[7] = 2000, 3000
	m.Q = make([]float64, 20)
	for i := range m.Q {
		m.Q[i] = 50
	}
	c, err := m.Coarsen(2)
	if err != nil {
		t.Fatal(err)
	}
	mean := func(v ...float64) float64 {
		k := 0.
		for _, c := range v {
			k += 1 / (c * c) / 4
		}
		return math.Sqrt(1 / k)
	}
	if c.Nx != 2 || c.Nz != 2 || c.Dx != 20 || c.X0 != 100 || math.Abs(c.C[0]-mean(2000, 1500, 1500, 1500)) > 1e-9 ||
		math.Abs(c.C[1]-mean(1500, 1500, 3000, 1500)) > 1e-9 || c.C[2] != 1500 || math.Abs(c.Q[0]-50) > 1e-9 {
		t.Errorf("%v: %v %v", c, c.C, c.Q)
	}
	for _, n := range []int{0, 5, 65} {
		if _, err := m.Coarsen(n); err == nil {
			t.Errorf("coarsened by %d", n)
		}
	}
}

func TestCheckNamesTheCell(t *testing.T) {
	good := func() *solver.Model { return solver.Homogeneous(4, 3, 10, 1500, 1000) }
	if err := good().Check(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*solver.Model){
		"speed -2 in cell 6 (ix 2, iz 1)":   func(m *solver.Model) { m.C[6] = -2 },
		"speed NaN in cell 0":               func(m *solver.Model) { m.C[0] = math.NaN() },
		"speed +Inf in cell 1":              func(m *solver.Model) { m.C[1] = math.Inf(1) },
		"density 0 in cell 11 (ix 3, iz 2)": func(m *solver.Model) { m.Rho[11] = 0 },
		"Q -1 in cell 2":                    func(m *solver.Model) { m.Q = []float64{1, math.Inf(1), -1, 1, 1, 1, 1, 1, 1, 1, 1, 1} },
		"11 values of speed for 4×3 cells":  func(m *solver.Model) { m.C = m.C[1:] },
		"0 values of speed":                 func(m *solver.Model) { m.C = nil },
		"2 values of Q":                     func(m *solver.Model) { m.Q = []float64{1, 1} },
		"0×3 cells":                         func(m *solver.Model) { m.Nx = 0 },
		"are more than":                     func(m *solver.Model) { m.Nx, m.Nz = math.MaxInt, 2 },
		"cells of 0×10 m":                   func(m *solver.Model) { m.Dx = 0 },
		"cells of 10×NaN m":                 func(m *solver.Model) { m.Dz = math.NaN() },
		"origin at (+Inf, 0) m":             func(m *solver.Model) { m.X0 = math.Inf(1) },
		"have no finite size":               func(m *solver.Model) { m.Dx = 1e308 },
	} {
		m := good()
		spoil(m)
		if err := m.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	var none *solver.Model
	if none.Check() == nil {
		t.Error("no model is accepted")
	}
}

func TestScaleAndClone(t *testing.T) {
	m := solver.Homogeneous(2, 2, 10, 1500, 1000)
	s := m.Scale(1.02)
	if s.C[3] != 1530 || m.C[3] != 1500 || s.Rho[3] != 1000 {
		t.Errorf("scaled %v, before %v", s.C, m.C)
	}
	s.Rho[0] = 1
	if m.Rho[0] != 1000 {
		t.Error("the scaled model shares densities")
	}
	m.Rho = nil
	if got := m.Density(0); math.Abs(got-310*math.Pow(1500, 0.25)) > 1e-9 {
		t.Errorf("density %g", got)
	}
}

func TestFromNodes(t *testing.T) {
	m, err := solver.FromNodes(3, 2, 10, []float64{1000, 1000, 2000, 1000, 1000, 2000}, []float64{1, 1, 1, 1, 1, 1}, []float64{10, 10, 10, 10, 10, 30})
	if err != nil {
		t.Fatal(err)
	}
	want := math.Sqrt(1 / ((1e-6 + 0.25e-6) / 2))
	if m.Nx != 2 || m.Nz != 1 || math.Abs(m.C[0]-1000) > 1e-9 || math.Abs(m.C[1]-want) > 1e-9 || math.Abs(m.Q[1]-12) > 1e-9 {
		t.Errorf("%v: %v %v", m, m.C, m.Q)
	}
	if _, err := solver.FromNodes(3, 1, 10, []float64{1, 1, 1}, nil, nil); err == nil {
		t.Error("one row of nodes is accepted")
	}
}

func raw(t *testing.T, v ...float32) string {
	t.Helper()
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	path := filepath.Join(t.TempDir(), "v.f32")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadRaw(t *testing.T) {
	m, err := solver.ReadRaw(raw(t, 1500, 1600, 1700, 1800, 1900, 2000), 3, 2, 10)
	if err != nil {
		t.Fatal(err)
	}
	if m.Nx != 3 || m.Nz != 2 || m.C[1] != 1600 || m.C[3] != 1800 || m.Dx != 10 || m.Name != "v.f32" {
		t.Errorf("%v: %v", m, m.C)
	}
	m, err = solver.ReadRaw(raw(t, 1500, 1500, 1500, 1500, 1500, 1500), 3, 2, 10, solver.Nodes())
	if err != nil || m.Nx != 2 || m.Nz != 1 || math.Abs(m.C[1]-1500) > 1e-9 {
		t.Errorf("nodes: %v, %v", m, err)
	}
}

func TestReadRawRefuses(t *testing.T) {
	nan := float32(math.NaN())
	for want, c := range map[string]struct {
		path   string
		nx, nz int
		h      float64
	}{
		"it has 8 bytes, 3×2 samples of 4 bytes are 24": {raw(t, 1, 2), 3, 2, 10},
		"sample 2 (ix 0, iz 1) is NaN m/s":              {raw(t, 1, 2, nan, 4), 2, 2, 10},
		"sample 3 (ix 1, iz 1) is -4 m/s":               {raw(t, 1, 2, 3, -4), 2, 2, 10},
		"sample 0 (ix 0, iz 0) is 0 m/s":                {raw(t, 0, 2, 3, 4), 2, 2, 10},
		"sample 1 (ix 1, iz 0) is +Inf m/s":             {raw(t, 1, float32(math.Inf(1)), 3, 4), 2, 2, 10},
		"no such file":                                  {filepath.Join(t.TempDir(), "none"), 2, 2, 10},
		"-2×2 cells":                                    {raw(t, 1), -2, 2, 10},
		"cells of 0×0 m":                                {raw(t, 1), 1, 1, 0},
		"not a file":                                    {t.TempDir(), 1, 1, 1},
		"are more than":                                 {raw(t, 1), 1 << 40, 1 << 40, 1},
	} {
		m, err := solver.ReadRaw(c.path, c.nx, c.nz, c.h)
		if err == nil || !strings.Contains(err.Error(), want) || m != nil {
			t.Errorf("want %q, got %v, %v", want, m, err)
		}
	}
}

func FuzzReadRaw(f *testing.F) {
	f.Add([]byte{0, 0, 0x80, 0x3f}, 1, 1)
	f.Add([]byte{0, 0, 0x80, 0x3f, 0, 0, 0xc0, 0x7f}, 2, 1)
	f.Add([]byte{}, 0, -1)
	f.Fuzz(func(t *testing.T, b []byte, nx, nz int) {
		path := filepath.Join(t.TempDir(), "v")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, o := range [][]solver.RawOption{nil, {solver.Nodes()}} {
			m, err := solver.ReadRaw(path, nx, nz, 10, o...)
			if (m == nil) == (err == nil) {
				t.Fatalf("%v, %v", m, err)
			}
			if err == nil && m.Check() != nil {
				t.Fatal(m.Check())
			}
		}
	})
}

// The file of the true model is not part of the project: GALE_MARMOUSI names it, 941×301 samples at 10 m.
func TestReadMarmousi(t *testing.T) {
	path := os.Getenv("GALE_MARMOUSI")
	if path == "" {
		t.Skip("set GALE_MARMOUSI to the file of 941×301 float32 to read it")
	}
	m, err := solver.ReadRaw(path, 941, 301, 10)
	if err != nil {
		t.Fatal(err)
	}
	lo, hi := m.Range()
	if math.Abs(lo-1469.6) > 0.1 || math.Abs(hi-5801.1) > 0.1 {
		t.Errorf("speeds %g to %g", lo, hi)
	}
	m, err = solver.ReadRaw(path, 941, 301, 10, solver.Nodes())
	if err != nil || m.Nx != 940 || m.Nz != 300 {
		t.Errorf("nodes: %v, %v", m, err)
	}
	save(t, "marmousi", m.Bundle())
}

func TestSurvey(t *testing.T) {
	if got := solver.Frequencies(3, 10, 8); !reflect.DeepEqual(got, []float64{3, 4, 5, 6, 7, 8, 9, 10}) {
		t.Errorf("frequencies %v", got)
	}
	if got := solver.Frequencies(3, 10, 1); !reflect.DeepEqual(got, []float64{3}) {
		t.Errorf("one frequency %v", got)
	}
	if got := solver.Line(solver.At(500, 10), solver.At(9000, 30), 3); !reflect.DeepEqual(got, []solver.Point{solver.At(500, 10), solver.At(4750, 20), solver.At(9000, 30)}) {
		t.Errorf("line %v", got)
	}
	if solver.Line(solver.Point{}, solver.Point{}, -1) != nil || solver.Frequencies(1, 2, 0) != nil {
		t.Error("less than one is something")
	}
	g := solver.Grid{Nx: 10, Nz: 5, Dx: 10, Dz: 20, X0: 100}
	for p, want := range map[solver.Point]bool{{X: 100}: true, {X: 200, Z: 100}: true, {X: 99}: false, {X: 150, Z: 101}: false, {X: math.NaN()}: false} {
		if g.Contains(p) != want {
			t.Errorf("%v in %v: %v", p, g, !want)
		}
	}
}

func TestData(t *testing.T) {
	d := solver.NewData(5, make([]solver.Point, 2), make([]solver.Point, 3))
	for i := range d.Values {
		d.Values[i] = complex(float64(i), -1)
	}
	if d.At(1, 2) != 5-1i || len(d.Gather(1)) != 3 || d.Gather(1)[0] != 3-1i {
		t.Errorf("values %v", d.Values)
	}
	if got := d.L2(nil); math.Abs(got-math.Sqrt(61)) > 1e-14 {
		t.Errorf("norm %g", got)
	}
	if h, _ := display.Of([]*solver.Data{d, d}).Data["text/html"].(string); strings.Count(h, "<td>5.1</td>") != 2 {
		t.Errorf("table %s", h)
	}
	if d.Sub(nil).Values != nil {
		t.Error("nothing can be subtracted")
	}
	if d.L2(d) != 0 || d.Sub(d).L2(nil) != 0 {
		t.Error("data differ from themselves")
	}
	if !math.IsNaN(d.L2(solver.NewData(5, nil, nil))) {
		t.Error("data of another shape have a distance")
	}
	huge := solver.NewData(5, make([]solver.Point, 1), make([]solver.Point, 2))
	huge.Values = []complex128{3e200, 4e200}
	if got := huge.L2(nil); math.Abs(got/5e200-1) > 1e-14 {
		t.Errorf("norm %g", got)
	}
}

func TestImageAdd(t *testing.T) {
	g := solver.Grid{Nx: 2, Nz: 1, Dx: 1, Dz: 1}
	a, b := &solver.Image{Grid: g, Values: []float64{1, 2}}, &solver.Image{Grid: g, Values: []float64{10, 20}}
	if s := a.Add(b); !reflect.DeepEqual(s.Values, []float64{11, 22}) || a.Values[0] != 1 {
		t.Errorf("sum %v", s.Values)
	}
	var none *solver.Image
	if none.Add(a) != a || a.Add(none) != a {
		t.Error("nil is not zero")
	}
	c := &solver.Image{Grid: solver.Grid{Nx: 1, Nz: 1, Dx: 1, Dz: 1}, Values: []float64{1}}
	s := a.Add(c).Add(a)
	if s.Problem == "" || s.Values != nil || a.Add(s).Problem == "" || !strings.Contains(s.Bundle().String(), "cannot be added") {
		t.Errorf("sum of different shapes: %+v", s)
	}
}

func save(t *testing.T, name string, b display.Bundle) {
	t.Helper()
	dir := os.Getenv("GALE_PICTURES")
	s, _ := b.Data["image/png"].(string)
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(raw) == 0 {
		t.Fatalf("no picture: %v, %v", b, err)
	}
	if len(raw) > 150_000 {
		t.Errorf("the picture %s has %d bytes", name, len(raw))
	}
	if dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPictures(t *testing.T) {
	m := solver.MarmousiLike(25)
	save(t, "model", display.Of(m))
	f := &solver.Field{Grid: m.Grid, Freq: 5, Src: solver.At(4000, 500)}
	f.SetOutline(m)
	for iz := range m.Nz + 1 {
		for ix := range m.Nx + 1 {
			p := m.Node(ix, iz)
			r := math.Hypot(p.X-4000, p.Z-500) + 10
			s, c := math.Sincos(2 * math.Pi * 5 / 2000 * r)
			f.Values = append(f.Values, complex(c/math.Sqrt(r), s/math.Sqrt(r)))
		}
	}
	save(t, "real", display.Of(f.Real()))
	save(t, "phase", display.Of(f.Phase()))
	save(t, "abs", display.Of(f.Abs()))
	save(t, "field", display.Of(f))
	d := solver.NewData(5, solver.Line(solver.At(500, 10), solver.At(9000, 10), 31), solver.Line(solver.At(200, 10), solver.At(9200, 10), 301))
	for is, s := range d.Src {
		for ir, q := range d.Rec {
			r := math.Abs(s.X-q.X) + 20
			sin, cos := math.Sincos(2 * math.Pi * 5 / 1500 * r)
			d.Gather(is)[ir] = complex(cos/math.Sqrt(r), sin/math.Sqrt(r))
		}
	}
	save(t, "data", display.Of(d))
	for _, v := range []any{(*solver.Model)(nil), (*solver.Field)(nil), (*solver.Image)(nil), (*solver.Data)(nil), &solver.Data{}, &solver.Model{}, &solver.Image{}, &solver.Field{}} {
		if s := display.Of(v).String(); s == "" || strings.Contains(s, "panicked") {
			t.Errorf("%T shows %q", v, s)
		}
	}
	if s := fmt.Sprint(m); s != "Marmousi-like: 368×120 cells of 25 m, 9200×3000 m, speed 1500 to 4500 m/s" {
		t.Errorf("text %q", s)
	}
}

// What cannot be made says so, in its text and to everything that is given it.
func TestModelsThatAreNone(t *testing.T) {
	for want, m := range map[string]*solver.Model{
		"cells of 0 m, 2 to 500 are possible":   solver.MarmousiLike(0),
		"cells of NaN m, 2 to 500 are possible": solver.MarmousiLike(math.NaN()),
		"speeds scaled by NaN":                  solver.Homogeneous(3, 3, 10, 1500, 1000).Scale(math.NaN()),
		"speeds scaled by -1":                   solver.Homogeneous(3, 3, 10, 1500, 1000).Scale(-1),
	} {
		if err := m.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
		if !strings.Contains(m.String(), "no model: "+want) {
			t.Errorf("text %q", m)
		}
	}
	m := solver.Homogeneous(3, 3, 10, 1500, 1000)
	m.Eps, m.Delta = make([]float64, 9), make([]float64, 9)
	if m.Anisotropic() {
		t.Error("zeros are anisotropic")
	}
	m.Eps[4] = 0.1
	if !m.Anisotropic() || m.Check() != nil {
		t.Errorf("anisotropic %v, %v", m.Anisotropic(), m.Check())
	}
	m.Delta[7] = math.NaN()
	if err := m.Check(); err == nil || !strings.Contains(err.Error(), "δ NaN in cell 7 (ix 1, iz 2)") {
		t.Errorf("%v", err)
	}
}
