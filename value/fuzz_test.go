package value

import (
	"encoding/binary"
	"errors"
	"math/big"
	"net/netip"
	"reflect"
	"runtime"
	"testing"
	"time"
)

// zoo has all that a codec can be.
type zoo struct {
	A any
	M map[any]any
	N *node
	V mesh
	T time.Time
	I *big.Int
	P netip.Addr
	S []mixed
	O operator
	B [3]bool
	Z []struct{}
	F []padded
	E error
}

var zooNames = namesOf(reflect.TypeFor[zoo](), reflect.TypeFor[mixed](), reflect.TypeFor[inner](), reflect.TypeFor[str](), reflect.TypeFor[node](), reflect.TypeFor[padded](),
	reflect.TypeFor[vertex](), reflect.TypeFor[mesh](), reflect.TypeFor[recipe](), reflect.TypeFor[operator]())

func zooValues() []any {
	one := &node{v: 1}
	one.next = one
	full := zoo{
		A: []any{1, str("x"), map[string]int{"a": 1}, [2]bool{true}, struct{ X, y int }{1, 2}, &inner{1, 2}, []*node{one}},
		M: map[any]any{1: "a", "b": 2.5}, N: one, T: time.Unix(1, 2).In(time.FixedZone("X", 60)), I: big.NewInt(-5), P: netip.MustParseAddr("::1"),
		S: make([]mixed, 2), O: *makeOperator(3), Z: make([]struct{}, 5), F: make([]padded, 100), E: sentinels[0],
	}
	full.V = mesh{vertices: []vertex{{name: "a"}, {name: "b"}}, data: make([]float64, 600)}
	full.V.first, full.V.peak, full.V.rows, full.V.late = &full.V.vertices[1], &full.V.data[3], [][]float64{full.V.data[:300]}, full.V.data[300:]
	return []any{full, zoo{}, []float64{1, 2}, make([]float64, 1000), "text", nil, one, map[string]any{"x": []int{1}}}
}

// join and split make one byte string of an encoding, for the fuzzer.
func join(bufs [][]byte) []byte {
	var b []byte
	for _, f := range bufs {
		b = append(binary.AppendUvarint(b, uint64(len(f))), f...)
	}
	return b
}

func split(b []byte) [][]byte {
	var bufs [][]byte
	for len(b) > 0 {
		n, k := binary.Uvarint(b)
		if k <= 0 || n > uint64(len(b)-k) {
			return append(bufs, b)
		}
		bufs, b = append(bufs, b[k:k+int(n):k+int(n)]), b[k+int(n):]
	}
	return bufs
}

func FuzzDecode(f *testing.F) {
	o := Options{Types: zooNames}
	for _, v := range zooValues() {
		for _, v := range []reflect.Value{reflect.ValueOf(v), Any(v)} {
			if !v.IsValid() {
				continue
			}
			e, err := Encode(v, o)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(join(append([][]byte{e.Head}, e.Frames...)))
		}
	}
	targets := []reflect.Type{reflect.TypeFor[any](), reflect.TypeFor[zoo](), reflect.TypeFor[*node](), reflect.TypeFor[map[string]any](), reflect.TypeFor[[]float64]()}
	f.Fuzz(func(t *testing.T, b []byte) {
		bufs := split(b)
		if len(bufs) == 0 {
			return
		}
		e := Encoded{bufs[0], bufs[1:]}
		for _, typ := range targets {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			v, err := Decode(e, typ, o)
			runtime.ReadMemStats(&after)
			if got, most := after.TotalAlloc-before.TotalAlloc, uint64(8<<20+2000*len(b)); got > most {
				t.Fatalf("%d bytes allocated for %d", got, len(b))
			}
			if err != nil {
				continue
			}
			if again, err := Encode(v, o); err == nil {
				if _, err := Decode(again, typ, o); err != nil {
					t.Fatalf("what was decoded does not travel: %v", err)
				}
			} else if r := (*Refused)(nil); !errors.As(err, &r) {
				t.Fatal(err)
			}
		}
	})
}

func FuzzUnpack(f *testing.F) {
	f.Add(join(Pack(nil)))
	f.Add(join(Pack([]Encoded{{}, {Head: []byte("head"), Frames: [][]byte{{1}, {}, make([]byte, 300)}}})))
	f.Fuzz(func(t *testing.T, b []byte) {
		bufs := split(b)
		es, err := Unpack(bufs)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		total, want := int64(0), int64(0)
		for _, e := range es {
			total += e.Size()
		}
		for _, b := range bufs {
			want += int64(len(b))
		}
		if total > want {
			t.Fatalf("%d bytes of %d", total, want)
		}
		if again, err := Unpack(Pack(es)); err != nil || len(again) != len(es) {
			t.Fatal(err)
		}
	})
}

func FuzzFromArray(f *testing.F) {
	f.Add("<f8", 2, 1, 16)
	f.Add("|b1", 1<<62, 4, 0)
	f.Add("<c16", 0, 3, 0)
	f.Add("<i8", -1, -8, 8)
	f.Fuzz(func(t *testing.T, kind string, a, b, size int) {
		if size < 0 || size > 1<<16 {
			return
		}
		raw := make([]byte, size)
		for _, typ := range []reflect.Type{reflect.TypeFor[any](), reflect.TypeFor[[][]float64](), reflect.TypeFor[[][2]bool]()} {
			v, err := FromArray(kind, []int{a, b}, raw, typ)
			if err != nil {
				continue
			}
			if k, shape, back, ok := Array(v); !ok || k != kind || len(back) != size || shape[0] != a || a > 0 && shape[1] != b {
				t.Fatal(k, shape, len(back), ok)
			}
		}
	})
}

func TestHostile(t *testing.T) {
	head := func(typ string, b ...byte) Encoded { return Encoded{Head: append([]byte(typ), b...)} }
	prefix := func(v reflect.Value) string {
		e, err := Encode(v, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return string(e.Head[:len(e.Head)-1]) // a nil of any kind is one byte
	}
	dynamic, pairs, list, bools := prefix(reflect.New(reflect.TypeFor[any]()).Elem()), prefix(reflect.ValueOf(map[bool]int(nil))), prefix(reflect.ValueOf([]int(nil))), prefix(reflect.ValueOf([]bool(nil)))
	k := func(k reflect.Kind) byte { return byte(k) }
	for _, c := range []struct {
		name string
		e    Encoded
		t    reflect.Type
	}{
		{"nothing", Encoded{}, reflect.TypeFor[any]()},
		{"another format", head("\x07"), reflect.TypeFor[any]()},
		{"a type of no kind", head(dynamic, typeNew, 99), reflect.TypeFor[any]()},
		{"a chan", head(dynamic, typeNew, k(reflect.Chan)), reflect.TypeFor[any]()},
		{"a type not defined", head(dynamic, typeKnown), reflect.TypeFor[any]()},
		{"a map by slices", head(dynamic, typeNew, k(reflect.Map), typeNew, k(reflect.Slice), typeNew, k(reflect.Int), typeNew, k(reflect.Int), 0), reflect.TypeFor[any]()},
		{"a map by any that holds a slice", head(dynamic, typeNew, k(reflect.Map), typeNew, k(reflect.Interface), typeNew, k(reflect.Int), refNew, 1, typeNew, k(reflect.Slice), typeNew, k(reflect.Int), refNil, 0), reflect.TypeFor[any]()},
		{"a struct with a field twice", head(dynamic, typeNew, k(reflect.Struct), 2, 1, 'A', 0, 0, typeNew, k(reflect.Int), 1, 'A', 0, 0, typeNew, k(reflect.Int), 2, 2), reflect.TypeFor[any]()},
		{"a struct with a bad name", head(dynamic, typeNew, k(reflect.Struct), 1, 1, '-', 0, 0, typeNew, k(reflect.Int), 2), reflect.TypeFor[any]()},
		{"a huge array", head(dynamic, typeNew, k(reflect.Array), 0xff, 0xff, 0xff, 0xff, 0x0f, typeNew, k(reflect.Int), 0), reflect.TypeFor[any]()},
		{"an array of any length of nothing", head(dynamic, typeNew, k(reflect.Array), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, typeNew, k(reflect.Struct), 0), reflect.TypeFor[any]()},
		{"a key twice", head(pairs, refNew, 2, 1, 2, 1, 4), reflect.TypeFor[map[bool]int]()},
		{"a map as empty", head(pairs, refEmpty), reflect.TypeFor[map[bool]int]()},
		{"a map in a map", head(pairs, refInside, 0, 0), reflect.TypeFor[map[bool]int]()},
		{"an object not met", head(list, refKnown+5), reflect.TypeFor[[]int]()},
		{"the root as another type", head(list, refKnown), reflect.TypeFor[[]int]()},
		{"a view of the root", head(list, refInside, 0, 0, 1), reflect.TypeFor[[]int]()},
		{"a view of what is ahead of another kind", head(list, refInside, 1, 9, typeNew, k(reflect.Int), 1, 2, 0, 1), reflect.TypeFor[[]int]()},
		{"a view of a nil type", head(list, refInside, 1, byte(array), 0), reflect.TypeFor[[]int]()},
		{"two targets", head(list, refInside, 1, byte(target), typeNew, k(reflect.Int), 2), reflect.TypeFor[[]int]()},
		{"more than there is", head(list, refNew, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f), reflect.TypeFor[[]int]()},
		{"a new array of nothing", head(list, refNew, 0), reflect.TypeFor[[]int]()},
		{"a bool of two", head(bools, refNew, 1, 2), reflect.TypeFor[[]bool]()},
	} {
		v, err := Decode(c.e, c.t, Options{})
		t.Log(c.name, ":", err)
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, %v", c.name, v, err)
		}
	}
	deep := []byte(dynamic)
	for range 200 {
		deep = append(deep, typeNew, k(reflect.Pointer))
	}
	if _, err := Decode(Encoded{Head: deep}, reflect.TypeFor[any](), Options{}); !errors.Is(err, ErrMalformed) {
		t.Error("a pointer to a pointer, on and on:", err)
	}
	good := Pack([]Encoded{{Head: []byte("h"), Frames: [][]byte{{1, 2}}}})
	for _, bufs := range [][][]byte{nil, {nil}, {{1}}, good[:1], {good[0], {1}}, append(good, nil), {append(good[0], 0), good[1]}, {{packed, 0xff, 0xff, 0xff, 0x0f}}, {{packed, 1, 9, 0}}, {{packed, 1, 0, 1}}} {
		if es, err := Unpack(bufs); !errors.Is(err, ErrMalformed) {
			t.Errorf("%v: %v, %v", bufs, es, err)
		}
	}
}

// TestEveryByteMatters changes encodings byte by byte and cuts them everywhere: errors, never panics.
func TestEveryByteMatters(t *testing.T) {
	o := Options{Types: zooNames}
	for _, v := range zooValues() {
		e, err := Encode(Any(v), o)
		if err != nil {
			t.Fatal(err)
		}
		typ := reflect.TypeFor[any]()
		for i := range e.Head {
			if _, err := Decode(Encoded{e.Head[:i], e.Frames}, typ, o); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%T cut at %d: %v", v, i, err)
			}
			for _, x := range []byte{0, 1, 2, 3, 0x7f, 0x80, 0xff} {
				bad := append([]byte{}, e.Head...)
				bad[i] = x
				_, _ = Decode(Encoded{bad, e.Frames}, typ, o)
			}
		}
		if _, err := Decode(Encoded{append(e.Head, 0), e.Frames}, typ, o); !errors.Is(err, ErrMalformed) {
			t.Error("a byte too many:", err)
		}
		if _, err := Decode(Encoded{e.Head, append(e.Frames, nil)}, typ, o); !errors.Is(err, ErrMalformed) {
			t.Error("a frame too many:", err)
		}
		for i := range e.Frames {
			fs := append([][]byte{}, e.Frames...)
			fs[i] = fs[i][1:]
			if _, err := Decode(Encoded{e.Head, fs}, typ, o); !errors.Is(err, ErrMalformed) {
				t.Error("a short frame:", err)
			}
		}
	}
}
