package files_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/files"
	"github.com/galeproject/gale/solver/seismogram"
)

// Files of another program: IBM floats in revision 0, IEEE floats in revision 1.
func TestReadSEGY(t *testing.T) {
	for name, format := range map[string]files.SampleFormat{"ibm-rev0.sgy": files.IBM32, "ieee-rev1.sgy": files.IEEE32} {
		f, err := files.ReadSEGY(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if f.Format != format || f.Interval != 4000 || f.Samples != 5 || len(f.Traces) != 6 || !strings.Contains(f.Text, "MADE BY ANOTHER PROGRAM") {
			t.Errorf("%s: %+v", name, f)
		}
		tr := f.Traces[4]
		if tr.Shot != 2 || tr.Channel != 2 || math.Abs(tr.SrcX-1025.5) > 1e-9 || math.Abs(tr.RecX-12.5) > 1e-9 || tr.SrcZ != 7.5 || tr.RecZ != 5 || tr.Delay != 8 {
			t.Errorf("%s: %+v", name, tr)
		}
		for i, v := range []float64{0, 1, -118.625, 1e-3, 3.5e7} {
			want := float64(float32(v) * 5)
			if got := tr.Values[i]; math.Abs(got-want) > 1e-6*math.Abs(want) {
				t.Errorf("%s: sample %d is %g, want %g", name, i, got, want)
			}
		}
	}
}

func TestIBMFloats(t *testing.T) {
	for bits, v := range map[uint32]float64{
		0: 0, 0x41100000: 1, 0xc1100000: -1, 0xc276a000: -118.625, 0x7fffffff: (1 - math.Ldexp(1, -24)) * math.Pow(16, 63), 0x00100000: math.Pow(16, -65), 0x40199999: 0.09999996423721313,
	} {
		f := &files.SEGY{Revision: 0, Interval: 1, Samples: 1, Traces: []files.Trace{{Values: []float64{v}}}}
		var b bytes.Buffer
		if err := files.EncodeSEGY(&b, f); err != nil {
			t.Fatal(err)
		}
		if got := binary.BigEndian.Uint32(b.Bytes()[3840:]); got != bits {
			t.Errorf("%g is %08x, want %08x", v, got, bits)
		}
		g, err := files.DecodeSEGY(&b)
		if err != nil || g.Traces[0].Values[0] != v {
			t.Errorf("%08x is %v, %v, want %g", bits, g, err, v)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), 1e76} {
		f := &files.SEGY{Revision: 0, Interval: 1, Samples: 2, Traces: []files.Trace{{Values: []float64{0, v}}}}
		if err := files.EncodeSEGY(&bytes.Buffer{}, f); err == nil || !strings.Contains(err.Error(), "trace 0: sample 1 is") {
			t.Errorf("%g: %v", v, err)
		}
	}
}

func survey() *seismogram.Traces {
	t := &seismogram.Traces{Dt: 0.004, T0: 0.1, Nt: 7, Src: []solver.Point{{X: 100.5, Z: 10}, {X: 2000, Z: 12.25}}, Rec: []solver.Point{{X: 0, Z: 5}, {X: 33.1, Z: 5}, {X: 70, Z: 5}}}
	for i := range 2 * 3 * 7 {
		t.Values = append(t.Values, float64(float32(math.Sin(float64(i)))*float32(i)))
	}
	return t
}

// Shot gathers come back: exactly from IEEE floats, to 2⁻²⁰ from IBM floats.
func TestGathersRoundTrip(t *testing.T) {
	for revision := range 3 {
		path := filepath.Join(t.TempDir(), "a.sgy")
		want := survey()
		if err := files.WriteGathers(path, want, revision); err != nil {
			t.Fatal(err)
		}
		got, err := files.ReadGathers(path)
		if err != nil {
			t.Fatal(err)
		}
		if got.Dt != want.Dt || got.T0 != want.T0 || got.Nt != want.Nt || len(got.Src) != 2 || len(got.Rec) != 3 {
			t.Errorf("revision %d: %v", revision, got)
		}
		for i, p := range append(append([]solver.Point{}, got.Src...), got.Rec...) {
			if q := append(append([]solver.Point{}, want.Src...), want.Rec...)[i]; math.Hypot(p.X-q.X, p.Z-q.Z) > 1e-9 {
				t.Errorf("revision %d: point %v, want %v", revision, p, q)
			}
		}
		for i, v := range want.Values {
			if d := math.Abs(got.Values[i] - v); d > 0 && revision > 0 || d > math.Ldexp(math.Abs(v), -20) {
				t.Errorf("revision %d: value %d is %g, want %g", revision, i, got.Values[i], v)
			}
		}
	}
}

func TestSEGYFormats(t *testing.T) {
	for _, format := range []files.SampleFormat{files.Int32, files.Int16, files.Int8, files.Uint32, files.Uint16, files.Uint8, files.IEEE64} {
		f := &files.SEGY{Text: "C 1 A~B", Revision: 2, Format: format, Interval: 0.1, Samples: 3, Feet: true, Traces: []files.Trace{
			{Shot: 1, Channel: 2, Ensemble: 3, SrcX: 1.5, SrcY: -2, RecX: 1e5, RecY: 0.25, SrcZ: 3, RecZ: 4, Delay: -5, Dead: true, Values: []float64{1, 100, 0}},
		}}
		var b bytes.Buffer
		if err := files.EncodeSEGY(&b, f); err != nil {
			t.Fatal(err)
		}
		g, err := files.DecodeSEGY(&b)
		if err != nil || !reflect.DeepEqual(f, g) {
			t.Errorf("format %d: %v: %+v, want %+v", format, err, g, f)
		}
	}
}

func TestSEGYRefuses(t *testing.T) {
	var b bytes.Buffer
	if err := files.EncodeSEGY(&b, &files.SEGY{Revision: 2, Interval: 4, Samples: 2, Traces: []files.Trace{{Values: []float64{1, 2}}}}); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	for _, c := range []struct {
		put    func(b []byte) []byte
		at     int64
		reason string
	}{
		{func(b []byte) []byte { return b[:3599] }, 3599, "ends within the file header: 3599 of 3600"},
		{func(b []byte) []byte { return b[:3700] }, 3700, "ends within a trace header: 100 of 240"},
		{func(b []byte) []byte { return b[:3847] }, 3847, "ends within the samples of trace 0: 7 of 8"},
		{func(b []byte) []byte { b[3225] = 4; return b }, 3224, "sample format 4"},
		{func(b []byte) []byte { b[3500] = 3; return b }, 3500, "revision 3"},
		{func(b []byte) []byte { b[3505] = 200; return b }, 3504, "200 extended texts"},
		{func(b []byte) []byte { b[3505] = 1; return b }, 3848, "ends within extended text 1 of 1: 248 of 3200"},
		{func(b []byte) []byte { b[3268] = 0x7f; return b }, 3268, "traces of 2130706434 samples"},
		{func(b []byte) []byte { b[3271] = 9; return b }, 3714, "trace of 2 samples in a file of traces of 9"},
		{func(b []byte) []byte { b[3272] = 0xff; return b }, 3272, "an interval of -"},
		{func(b []byte) []byte { b[3509] = 1; return b }, 3506, "1 additional trace headers"},
		{func(b []byte) []byte { b[3715] = 3; return b }, 3714, "trace of 3 samples"},
	} {
		_, err := files.DecodeSEGY(bytes.NewReader(c.put(bytes.Clone(good))))
		var f *files.FormatError
		if !errors.As(err, &f) || f.Offset != c.at || !strings.Contains(f.Reason, c.reason) {
			t.Errorf("%v, want byte %d: %s", err, c.at, c.reason)
		}
	}
}

func TestModels(t *testing.T) {
	m := solver.MarmousiLike(100)
	m.X0, m.Z0 = 250, 40
	for _, name := range []string{"m.npy", "m.sgy", "m.segy"} {
		path := filepath.Join(t.TempDir(), name)
		if err := files.WriteModel(path, m); err != nil {
			t.Fatal(err)
		}
		h := 0.
		if name == "m.npy" {
			h = 100
		}
		got, err := files.ReadModel(path, h)
		if err != nil {
			t.Fatal(err)
		}
		want := m.Grid
		if h != 0 {
			want.X0, want.Z0 = 0, 0
		}
		if got.Grid != want {
			t.Errorf("%s: %v, want %v", name, got.Grid, want)
		}
		for i, v := range m.C {
			if math.Abs(got.C[i]-v) > 1e-7*v {
				t.Fatalf("%s: cell %d is %g, want %g", name, i, got.C[i], v)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "m.f32")
	if err := files.WriteModel(path, m); err != nil {
		t.Fatal(err)
	}
	if got, err := solver.ReadRaw(path, m.Nx, m.Nz, 100); err != nil || math.Abs(got.C[50]-m.C[50]) > 1e-3 {
		t.Errorf("%v, %v", got, err)
	}
	for _, name := range []string{"m.txt", "none.npy", "none.sgy"} {
		if _, err := files.ReadModel(filepath.Join(t.TempDir(), name), 10); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	if err := files.WriteModel("m.txt", m); err == nil {
		t.Error("m.txt is written")
	}
}

func TestGathersRefuse(t *testing.T) {
	spoil := map[string]func(f *files.SEGY){
		"another place than in the first shot": func(f *files.SEGY) { f.Traces[4].RecX++ },
		"begins at trace 4":                    func(f *files.SEGY) { f.Traces[4].Shot = 3 },
		"begins at 3 ms, the first at 0 ms":    func(f *files.SEGY) { f.Traces[1].Delay = 3 },
		"5 traces for 2 shots of 3 receivers":  func(f *files.SEGY) { f.Traces = f.Traces[:5] },
		"there are no traces":                  func(f *files.SEGY) { f.Traces = nil },
	}
	for want, spoil := range spoil {
		f := &files.SEGY{Revision: 1, Interval: 4000, Samples: 1}
		for i := range 6 {
			f.Traces = append(f.Traces, files.Trace{Shot: i/3 + 1, RecX: float64(i % 3), Values: []float64{1}})
		}
		spoil(f)
		path := filepath.Join(t.TempDir(), "a.sgy")
		if err := files.WriteSEGY(path, f); err != nil {
			t.Fatal(err)
		}
		if _, err := files.ReadGathers(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func FuzzSEGY(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.sgy")
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	var b bytes.Buffer
	_ = files.EncodeSEGY(&b, &files.SEGY{Revision: 2, Interval: 4, Samples: 2, Format: files.IEEE64, Traces: []files.Trace{{Values: []float64{1, 2}}}})
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := files.DecodeSEGY(bytes.NewReader(b))
		if err != nil {
			return
		}
		for i, tr := range s.Traces {
			if len(tr.Values) != s.Samples {
				t.Fatalf("trace %d has %d samples, the file %d", i, len(tr.Values), s.Samples)
			}
		}
	})
}
