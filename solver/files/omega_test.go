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
)

func TestProjectRoundTrip(t *testing.T) {
	for _, section := range []string{"layers5", "fold"} {
		m, err := solver.Section(section, 100, 1)
		if err != nil {
			t.Fatal(err)
		}
		if m.Q != nil {
			m.Q[5] = math.Inf(1)
		}
		name := filepath.Join(t.TempDir(), "line1")
		if err := files.WriteProject(name, m); err != nil {
			t.Fatal(err)
		}
		got, err := files.ReadProject(name, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got.Grid != m.Grid || got.Name != "line1" {
			t.Errorf("%v, want %v", got, m)
		}
		for i, pair := range [][2][]float64{{got.C, m.C}, {got.Rho, m.Rho}, {got.Q, m.Q}, {got.Eps, m.Eps}, {got.Delta, m.Delta}, {got.Theta, m.Theta}} {
			if len(pair[0]) != len(pair[1]) {
				t.Errorf("%s: field %d has %d values, want %d", section, i, len(pair[0]), len(pair[1]))
			}
			for j, v := range pair[0] {
				if w := pair[1][j]; v != w && math.Abs(v-w) > 2e-7*math.Abs(w) {
					t.Fatalf("%s: field %d is %g in cell %d, want %g", section, i, v, j, w)
				}
			}
		}
	}
	name := filepath.Join(t.TempDir(), "none")
	if _, err := files.ReadProject(name, 0); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no project: %v", err)
	}
	small, large := solver.Homogeneous(3, 3, 10, 2000, 1000), solver.Homogeneous(4, 3, 10, 2000, 1000)
	if err := errors.Join(files.WriteProject(name, small), files.WriteModel(name+".sgy", large), os.Rename(name+".sgy", name+".rho")); err != nil {
		t.Fatal(err)
	}
	if _, err := files.ReadProject(name, 10); err == nil || !strings.Contains(err.Error(), "4×3 samples, the speeds have 3×3") {
		t.Errorf("densities of another size: %v", err)
	}
}

func utout(tb testing.TB) (data []*solver.Data, raw []byte) {
	tb.Helper()
	src, rec := solver.Line(solver.At(0, 0), solver.At(1, 0), 2), solver.Line(solver.At(0, 9), solver.At(2, 9), 3)
	for f := range 2 {
		d := solver.NewData(float64(float32(4*math.Pi*float64(f+1)))/(2*math.Pi), src, rec)
		for i := range d.Values {
			d.Values[i] = complex(float64(i), -0.25)
		}
		data = append(data, d)
	}
	path := filepath.Join(tb.TempDir(), "line1.utout")
	if err := files.WriteUTOUT(path, data, 0.5); err != nil {
		tb.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return data, raw
}

func TestUTOUT(t *testing.T) {
	want, raw := utout(t)
	if len(raw) != 2*(8+2*4*8) || binary.LittleEndian.Uint32(raw) != 64 || binary.LittleEndian.Uint32(raw[68:]) != 64 {
		t.Fatalf("%d bytes, %x", len(raw), raw[:16])
	}
	got, tau, err := files.DecodeUTOUT(bytes.NewReader(raw), want[0].Src, want[0].Rec)
	if err != nil || tau != 0.5 || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, τ %g: %v, want %v", err, tau, got, want)
	}
	big := make([]byte, len(raw))
	for i := 0; i < len(raw); i += 4 {
		binary.BigEndian.PutUint32(big[i:], binary.LittleEndian.Uint32(raw[i:]))
	}
	got, _, err = files.DecodeUTOUT(bytes.NewReader(big), want[0].Src, want[0].Rec)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("big-endian: %v, %v", err, got)
	}
	for _, c := range []struct {
		spoil  func(b []byte) []byte
		at     int64
		reason string
	}{
		{func([]byte) []byte { return nil }, 0, "the file has 0 bytes"},
		{func(b []byte) []byte { b[0]++; return b }, 0, "the first record has 65 bytes"},
		{func(b []byte) []byte { return b[:30] }, 30, "ends within a record: 26 of 64"},
		{func(b []byte) []byte { b[68]++; return b }, 68, "ends with the length 65"},
		{func(b []byte) []byte { b[72]++; return b }, 72, "a record of 65 bytes"},
		{func(b []byte) []byte { b[36] ^= 1; return b }, 36, "source 1 has ω ="},
		{func(b []byte) []byte { return b[:70] }, 70, "ends within the length behind a record: 2 of 4"},
	} {
		_, _, err := files.DecodeUTOUT(bytes.NewReader(c.spoil(bytes.Clone(raw))), want[0].Src, want[0].Rec)
		var f *files.FormatError
		if !errors.As(err, &f) || f.Offset != c.at || !strings.Contains(f.Reason, c.reason) {
			t.Errorf("%v, want byte %d: %s", err, c.at, c.reason)
		}
	}
}

func FuzzUTOUT(f *testing.F) {
	data, raw := utout(f)
	f.Add(raw)
	f.Add(raw[:80])
	f.Fuzz(func(t *testing.T, b []byte) {
		got, _, err := files.DecodeUTOUT(bytes.NewReader(b), data[0].Src, data[0].Rec)
		for _, d := range got {
			if err == nil && len(d.Values) != 6 {
				t.Fatalf("%v", d)
			}
		}
	})
}
