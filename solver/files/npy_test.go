package files_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver/files"
)

// The files in testdata were written by numpy 2 and by segyio.
func TestReadNPY(t *testing.T) {
	eighths := make([]float64, 24)
	for i := range eighths {
		eighths[i] = float64(i) / 8
	}
	mixed := func(factor complex128) (c []complex128) {
		for i := range 12 {
			c = append(c, complex(eighths[i], 0)+factor*complex(eighths[12+i], 0))
		}
		return c
	}
	for name, want := range map[string]files.Array{
		"c-f8.npy":       {Shape: []int{2, 3, 4}, Float: eighths, Type: "<f8"},
		"fortran-f4.npy": {Shape: []int{2, 3, 4}, Float: eighths, Type: "<f4", Fortran: true},
		"big-c8.npy":     {Shape: []int{3, 4}, Complex: mixed(1i), Type: ">c8"},
		"v2-c16.npy":     {Shape: []int{3, 4}, Complex: mixed(-2i), Type: "<c16", Fortran: true},
		"v3-c16.npy":     {Shape: []int{3, 4}, Complex: mixed(-2i), Type: "<c16", Fortran: true},
		"f2.npy":         {Shape: []int{6}, Float: []float64{0, 1, -2.5, 65504, math.Ldexp(1, -24), math.Inf(1)}, Type: "<f2"},
		"i2.npy":         {Shape: []int{2, 2}, Float: []float64{1, -2, 3, -32768}, Type: ">i2"},
		"scalar.npy":     {Shape: []int{}, Float: []float64{7.25}, Type: "<f8"},
		"bool.npy":       {Shape: []int{2}, Float: []float64{1, 0}, Type: "|b1"},
	} {
		got, err := files.ReadNPY(filepath.Join("testdata", name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: %+v, want %+v", name, *got, want)
		}
	}
}

// What is written is byte for byte what numpy writes.
func TestWriteNPYAsNumpy(t *testing.T) {
	for _, name := range []string{"c-f8.npy", "fortran-f4.npy", "scalar.npy"} {
		want, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		a, err := files.DecodeNPY(bytes.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := files.EncodeNPY(&got, a); err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: %v, wrote %q, want %q", name, err, got.Bytes(), want)
		}
	}
}

func TestNPYRoundTrip(t *testing.T) {
	for _, kind := range []string{"", "<f4", "<f8", "<c8", "<c16"} {
		for _, shape := range [][]int{{}, {5}, {0}, {3, 0, 2}, {2, 3}, {3, 2, 4}, {1, 7, 1, 2}} {
			for _, fortran := range []bool{false, true} {
				n := 1
				for _, d := range shape {
					n *= d
				}
				a := &files.Array{Shape: shape, Type: kind, Fortran: fortran}
				for i := range n {
					if strings.Contains(kind, "c") {
						a.Complex = append(a.Complex, complex(float64(i), -0.5))
					} else {
						a.Float = append(a.Float, float64(i)-0.5)
					}
				}
				path := filepath.Join(t.TempDir(), "a.npy")
				if err := files.WriteNPY(path, a); err != nil {
					t.Fatal(err)
				}
				b, err := files.ReadNPY(path)
				if err != nil || fmt.Sprint(b.Float, b.Complex, b.Shape, b.Fortran) != fmt.Sprint(a.Float, a.Complex, a.Shape, a.Fortran) {
					t.Errorf("%s %v: %v, %+v, want %+v", kind, shape, err, b, a)
				}
			}
		}
	}
}

func npy(header string, values int) []byte {
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(append(b, header...), make([]byte, values)...)
}

// Each refusal tells the byte.
func TestNPYRefuses(t *testing.T) {
	good := "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"
	for _, c := range []struct {
		file   []byte
		at     int64
		reason string
	}{
		{nil, 0, "ends within the magic bytes: 0 of 8"},
		{[]byte("\x93NUMPX\x01\x00"), 0, "it begins with"},
		{[]byte("\x93NUMPY\x04\x00"), 6, "version 4.0"},
		{[]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), 8, "a header of 4294967295 bytes"},
		{npy(good, 15), 82, "ends within the values: 15 of 16"},
		{npy(good, 17), 83, "there is more after the last of 2 values"},
		{npy(strings.Replace(good, "<f8", "|O", 1), 16), 20, `values of type "|O"`},
		{npy(strings.Replace(good, "'<f8'", "[('a', '<f8')]", 1), 16), 20, "records"},
		{npy(strings.Replace(good, "(2,)", "(2000000000,)", 1), 16), 60, "more than 268435456 values"},
		{npy(strings.Replace(good, "(2,)", "(100000,100000)", 1), 16), 60, "more than 268435456 values"},
		{npy(strings.Replace(good, "(2,)", "(-2,)", 1), 16), 61, `the header has '-' where a size was expected`},
		{npy(strings.Replace(good, "(2,)", "(1234567890123,)", 1), 16), 61, "more than 12 digits"},
		{npy(strings.Replace(good, "False", "None", 1), 16), 44, "True or False"},
		{npy(strings.Replace(good, "shape", "descr", 1), 16), 51, `"descr" twice`},
		{npy(strings.Replace(good, "shape", "shade", 1), 16), 51, `unknown "shade"`},
		{npy("{'descr': '<f8', 'shape': (2,)}", 16), 10, `lacks "fortran_order"`},
		{npy(good+"x", 16), 67, "the end of the header"},
		{npy("{'descr': '<f8", 16), 20, "a short string"},
		{npy("[]", 16), 10, "'{'"},
	} {
		_, err := files.DecodeNPY(bytes.NewReader(c.file))
		var f *files.FormatError
		if !errors.As(err, &f) || f.Offset != c.at || !strings.Contains(f.Reason, c.reason) {
			t.Errorf("%q: %v, want byte %d: %s", c.file, err, c.at, c.reason)
		}
	}
	path := filepath.Join(t.TempDir(), "short.npy")
	if err := os.WriteFile(path, npy(good, 3), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := files.ReadNPY(path); err == nil || !strings.Contains(err.Error(), "short.npy: byte 70: the file ends within the values: 3 of 16") {
		t.Errorf("short file: %v", err)
	}
	if err := files.WriteNPY(path, &files.Array{Shape: []int{3}, Float: []float64{1}}); err == nil {
		t.Error("an array of the wrong size is written")
	}
}

func FuzzNPY(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.npy")
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(npy("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 0, 99999999999), }", 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := files.DecodeNPY(bytes.NewReader(b))
		if err != nil {
			return
		}
		a.Type = ""
		var out bytes.Buffer
		if err := files.EncodeNPY(&out, a); err != nil {
			t.Fatal(err)
		}
		again, err := files.DecodeNPY(&out)
		if err != nil || fmt.Sprint(a.Float, a.Complex, a.Shape) != fmt.Sprint(again.Float, again.Complex, again.Shape) {
			t.Fatalf("%v: %+v became %+v", err, a, again)
		}
	})
}

// A file that cannot be written whole leaves the old one and no other.
func TestWriteIsAtomic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.npy")
	if err := files.WriteNPY(path, &files.Array{Shape: []int{1}, Float: []float64{1}}); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := files.Write(path, func(w io.Writer) error {
		_, _ = w.Write(make([]byte, 1<<17))
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	a, err := files.ReadNPY(path)
	left, _ := os.ReadDir(dir)
	if err != nil || a.Float[0] != 1 || len(left) != 1 {
		t.Errorf("%v, %v, %d files", a, err, len(left))
	}
}
