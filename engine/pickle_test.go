package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Buffers as Python clients send them (Python 3.11, ipyparallel 9).
const (
	pyBigArray   = "\x80\x04\x95m\x00\x00\x00\x00\x00\x00\x00\x8c\x1dipyparallel.serialize.canning\x94\x8c\x0bCannedArray\x94\x93\x94)\x81\x94}\x94(\x8c\x05shape\x94M\xe8\x03\x85\x94\x8c\x05dtype\x94\x8c\x03<f8\x94\x8c\x07pickled\x94\x89\x8c\x07buffers\x94]\x94Naub."
	pySmallArray = "\x80\x04\x95\x8e\x00\x00\x00\x00\x00\x00\x00\x8c\x1dipyparallel.serialize.canning\x94\x8c\x0bCannedArray\x94\x93\x94)\x81\x94}\x94(\x8c\x05shape\x94K\x04\x85\x94\x8c\x05dtype\x94\x8c\x03<f8\x94\x8c\x07pickled\x94\x89\x8c\x07buffers\x94]\x94C \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf0?\x00\x00\x00\x00\x00\x00\x00@\x00\x00\x00\x00\x00\x00\x08@\x94aub."
	pyReference  = "\x80\x04\x95N\x00\x00\x00\x00\x00\x00\x00\x8c\x1dipyparallel.serialize.canning\x94\x8c\tReference\x94\x93\x94)\x81\x94}\x94(\x8c\x04name\x94\x8c\x01a\x94\x8c\x07buffers\x94]\x94ub."
	pyRange      = "\x80\x04\x95 \x00\x00\x00\x00\x00\x00\x00\x8c\x08builtins\x94\x8c\x05range\x94\x93\x94K\x02K\x04K\x01\x87\x94R\x94."
	pyKeywords   = "\x80\x04\x95.\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x05nargs\x94K\x00\x8c\tnarg_bufs\x94K\x00\x8c\x07kw_keys\x94]\x94\x8c\x01s\x94au."
	pyList       = "\x80\x04\x95\x12\x00\x00\x00\x00\x00\x00\x00]\x94(K\x01G@\x04\x00\x00\x00\x00\x00\x00N\x88e."
	pyGetpid     = "\x80\x04\x8c\x05posix\x94\x8c\x06getpid\x94\x93\x94."
)

// canFunction is a canned Python function without its code.
func canFunction(module, name string) []byte {
	p := &pickler{b: []byte{0x80, 4}}
	p.global(canning, "CannedFunction")
	p.b = append(p.b, ")\x81}("...)
	for _, kv := range [][2]string{{"module", module}, {"__name__", name}} {
		p.str(kv[0])
		p.str(kv[1])
	}
	p.b = append(p.b, "ub."...)
	return p.b
}

// canReference is a Reference.
func canReference(name string) []byte {
	p := &pickler{b: []byte{0x80, 4}}
	p.global(canning, "Reference")
	p.b = append(p.b, ")\x81}("...)
	p.str("name")
	p.str(name)
	p.b = append(p.b, "ub."...)
	return p.b
}

func read(t *testing.T, bufs ...string) any {
	t.Helper()
	p := &payload{}
	for _, b := range bufs {
		p.bufs = append(p.bufs, []byte(b))
	}
	v, err := p.object()
	if err != nil {
		t.Fatal(err)
	}
	if len(p.bufs) != 0 {
		t.Fatalf("%d buffers are left", len(p.bufs))
	}
	return v
}

func TestReadWhatPythonSends(t *testing.T) {
	frame := make([]byte, 8000)
	binary.LittleEndian.PutUint64(frame[8:], math.Float64bits(2.5))
	big, ok := read(t, pyBigArray, string(frame)).([]float64)
	if !ok || len(big) != 1000 || big[1] != 2.5 {
		t.Fatalf("%T", big)
	}
	for _, c := range []struct {
		in   string
		want any
	}{
		{pySmallArray, []float64{0, 1, 2, 3}},
		{pyReference, reference("a")},
		{pyRange, []any{2, 3}},
		{pyList, []any{1, 2.5, nil, true}},
		{pyGetpid, foreign{"posix", "getpid"}},
		{"\x80\x04K\x05.", 5},
		{"\x80\x04N.", nil},
		{"\x80\x02cbuiltins\ncomplex\nG@\x00\x00\x00\x00\x00\x00\x00G\xbf\xf0\x00\x00\x00\x00\x00\x00\x86R.", complex(2, -1)},
		{"\x80\x02c_codecs\nencode\nX\x03\x00\x00\x00a\xc3\xbfX\x06\x00\x00\x00latin1\x86R.", []byte{'a', 0xff}},
		{"\x80\x04\x8f(K\x02K\x01\x90.", []any{1, 2}},
		{"\x80\x04}(X\x01\x00\x00\x00kK\x01X\x01\x00\x00\x00j]u.", map[string]any{"k": 1, "j": []any{}}},
		{"\x80\x04}K\x03X\x01\x00\x00\x00vs.", map[any]any{3: "v"}},
		{"\x80\x04cdatetime\ndatetime\nC\x0a\x07\xea\x01\x02\x03\x04\x05\x00\x00\x07\x85R.", time.Date(2026, 1, 2, 3, 4, 5, 7000, time.Local)},
		{"\x80\x02cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\x00\x00\x00f8\x89\x88\x87R(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbC\x08\x00\x00\x00\x00\x00\x00\xf8?\x86R.", 1.5},
	} {
		if got := read(t, c.in); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %#v, want %#v", c.in, got, c.want)
		}
	}
	if got := read(t, "\x80\x04\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01."); fmt.Sprint(got) != "18446744073709551616" {
		t.Error(got)
	}
}

func TestReadRefusals(t *testing.T) {
	for _, in := range []string{
		"", ".", "\x80\x04", "\x80\x04K", "\x80\x04\xff.", "\x80\x04X\xff\xff\xff\xffabc.", "\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
		"\x80\x04\x95\xff\x00\x00\x00\x00\x00\x00\x00N.", "I12", "cabc\ndef", "\x80\x04\x85.", "\x80\x04]a.",
		pyBigArray, // without its frame
		"\x80\x04cbuiltins\nrange\nK\x00J\xff\xff\xff\x7fK\x01\x87R.",
		"\x80\x04cos\nsystem\nX\x02\x00\x00\x00ls\x85R.",
		"\x80\x04}]K\x01s.", // a list as a key
		"\x80\x04cipyparallel.serialize.canning\nCannedClass\n)\x81.",
		"\x80\x04" + strings.Repeat("]", 200) + strings.Repeat("a", 199) + ".",
		"\x80\x04K\x01" + strings.Repeat("2\x86", 60) + ".", // doubles sixty times
	} {
		p := &payload{bufs: [][]byte{[]byte(in)}}
		if v, err := p.object(); err == nil {
			t.Errorf("%.60q was read as %#v", in, v)
		}
	}
}

func TestWriteGolden(t *testing.T) {
	type point struct {
		X      int
		Label  string
		hidden bool
	}
	for _, c := range []struct {
		x    any
		want string
	}{
		{nil, "N"},
		{true, "\x88"},
		{-7, "J\xf9\xff\xff\xff"},
		{int64(1) << 40, "\x8a\x06\x00\x00\x00\x00\x00\x01"},
		{int64(math.MinInt64), "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\xff"},
		{uint64(math.MaxUint64), "\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x00"},
		{2.5, "G@\x04\x00\x00\x00\x00\x00\x00"},
		{"hé", "X\x03\x00\x00\x00h\xc3\xa9"},
		{[]byte("ab"), "\x8e\x02\x00\x00\x00\x00\x00\x00\x00ab"},
		{[]any{1, nil}, "]J\x01\x00\x00\x00aNa"},
		{[]int{3}, "]J\x03\x00\x00\x00a"},
		{map[string]any{"b": 1, "a": nil}, "}X\x01\x00\x00\x00aNsX\x01\x00\x00\x00bJ\x01\x00\x00\x00s"},
		{map[float64]int{1: 2}, "}G?\xf0\x00\x00\x00\x00\x00\x00J\x02\x00\x00\x00s"},
		{1 + 2i, "cbuiltins\ncomplex\n(G?\xf0\x00\x00\x00\x00\x00\x00G@\x00\x00\x00\x00\x00\x00\x00tR"},
		{&point{3, "p", true}, "}X\x01\x00\x00\x00XJ\x03\x00\x00\x00sX\x05\x00\x00\x00LabelX\x01\x00\x00\x00ps"},
		{(*point)(nil), "N"},
		{[]complex64{1}, "cipyparallel.serialize.canning\nCannedArray\n)\x81}(X\x05\x00\x00\x00shape(J\x01\x00\x00\x00tX\x05\x00\x00\x00dtypeX\x03\x00\x00\x00<c8" +
			"X\x07\x00\x00\x00pickled\x89X\x07\x00\x00\x00buffers]\x8e\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00\x00aub"},
	} {
		bufs, err := pickled(c.x)
		if err != nil || len(bufs) != 1 || string(bufs[0]) != "\x80\x04"+c.want+"." {
			t.Errorf("%#v: got %q %v", c.x, bufs, err)
		}
	}
	for _, x := range []any{make(chan int), func() {}, struct{ a int }{1}, []any{func() {}}} {
		if _, err := pickled(x); err == nil || !strings.Contains(err.Error(), "TypeError") {
			t.Errorf("%T was written: %v", x, err)
		}
	}
	type ring struct{ Next *ring }
	r := &ring{}
	r.Next = r
	if _, err := pickled(r); err == nil {
		t.Error("a ring was written")
	}
}

func TestWriteReadsBack(t *testing.T) {
	big := new(big.Int).Lsh(big.NewInt(-3), 3000)
	for _, x := range []any{
		1, -1, 0, 255, 256, -129, 1 << 31, -1 << 31, math.MaxInt, math.MinInt, 2.5, "s", nil, true,
		[]byte{1},
		[]any{1, []any{2.5, nil}},
		3i,
		map[string]any{"k": []any{1}},
		[]float64{1, 2},
		[]complex128{1, 2i},
		[]float32{1},
		[]int64{5},
		[][]float64{{1, 2}, {3, 4}},
		make([]float64, 1000), make([]complex128, 300),
		[]any{make([]float64, 500), 1, make([]float64, 600)},
		map[string]any{"b": make([]float64, 300), "a": make([]float64, 200)},
		[]float64{},
	} {
		bufs, err := pickled(x)
		if err != nil {
			t.Errorf("%T: %v", x, err)
			continue
		}
		p := &payload{bufs: bufs}
		if got, err := p.object(); err != nil || !reflect.DeepEqual(got, x) || len(p.bufs) != 0 {
			t.Errorf("%T: got %#v, %v, %d buffers left", x, got, err, len(p.bufs))
		}
	}
	bufs, _ := pickled(big)
	if got := read(t, string(bufs[0])); fmt.Sprint(got) != big.String() {
		t.Errorf("%v", got)
	}
	bufs, err := pickled(make([]float64, 1000))
	if err != nil || len(bufs) != 2 || len(bufs[1]) != 8000 {
		t.Errorf("a large array is not a frame of its own: %d buffers, %v", len(bufs), err)
	}
}

func TestReadApply(t *testing.T) {
	a, err := readApply([][]byte{canFunction("ipyparallel.util", "_push"), []byte(pyKeywords), []byte(pyList)})
	if err != nil || a.f != (foreign{"ipyparallel.util", "_push"}) || !reflect.DeepEqual(a.kwargs, map[string]any{"s": []any{1, 2.5, nil, true}}) {
		t.Fatalf("%+v %v", a, err)
	}
	if _, err = readApply([][]byte{[]byte(pyReference)}); err == nil {
		t.Fatal("a request without a count was read")
	}
	if _, err = readApply(nil); err == nil {
		t.Fatal("nothing was read")
	}
}

func FuzzUnpickle(f *testing.F) {
	for _, s := range []string{pyBigArray, pySmallArray, pyReference, pyRange, pyKeywords, pyList, pyGetpid, "I1\n.", "(lp0\n."} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p := &payload{bufs: [][]byte{b, make([]byte, 64)}}
		v, err := p.object()
		if err != nil {
			return
		}
		if bufs, err := pickled(v); err == nil && (len(bufs) == 0 || !bytes.HasPrefix(bufs[0], []byte{0x80, 4})) {
			t.Fatalf("%q", bufs)
		}
	})
}
