package value

import (
	"bytes"
	"math"
	"reflect"
	"strconv"
	"sync"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"
)

var (
	keyTypes = []reflect.Type{
		reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint64](), reflect.TypeFor[string](),
		reflect.TypeFor[str](), reflect.TypeFor[inner](), reflect.TypeFor[[2]uint8](), reflect.TypeFor[time.Duration](), reflect.TypeFor[any](),
	}
	leafTypes = append([]reflect.Type{
		reflect.TypeFor[int16](), reflect.TypeFor[int32](), reflect.TypeFor[int64](), reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint32](),
		reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[complex64](), reflect.TypeFor[complex128](),
		reflect.TypeFor[node](), reflect.TypeFor[*node](), reflect.TypeFor[mixed](), reflect.TypeFor[padded](), reflect.TypeFor[time.Time](),
	}, keyTypes...)
)

// padded has holes: three kinds of them.
type padded struct {
	b bool
	_ [3]int32
	i int64
	c [2]struct {
		x int16
		y int8
	}
}

// types draws types, some of them again, so that values of them may share.
type types struct {
	t    *rapid.T
	seen []reflect.Type
}

func (m *types) draw(depth int) reflect.Type {
	if len(m.seen) > 0 && rapid.IntRange(0, 2).Draw(m.t, "again") == 0 {
		return rapid.SampledFrom(m.seen).Draw(m.t, "which")
	}
	t := m.fresh(depth)
	m.seen = append(m.seen, t)
	if k := t.Kind(); k == reflect.Slice || k == reflect.Array {
		m.seen = append(m.seen, reflect.PointerTo(t.Elem()))
	}
	return t
}

func (m *types) fresh(depth int) reflect.Type {
	t := m.t
	if depth == 0 {
		return rapid.SampledFrom(leafTypes).Draw(t, "leaf")
	}
	switch rapid.IntRange(0, 8).Draw(t, "kind") {
	case 0:
		return reflect.PointerTo(m.draw(depth - 1))
	case 1, 2:
		return reflect.SliceOf(m.draw(depth - 1))
	case 3:
		return reflect.ArrayOf(rapid.IntRange(0, 3).Draw(t, "length"), m.draw(depth-1))
	case 4:
		return reflect.MapOf(rapid.SampledFrom(keyTypes).Draw(t, "key"), m.draw(depth-1))
	case 5, 6, 7:
		var fields []reflect.StructField
		for i := range rapid.IntRange(0, 6).Draw(t, "fields") {
			f := reflect.StructField{Name: "F" + strconv.Itoa(i), Type: m.draw(depth - 1)}
			if rapid.Bool().Draw(t, "unexported") {
				f.Name, f.PkgPath = "f"+strconv.Itoa(i), "github.com/galeproject/gale/value"
			}
			fields = append(fields, f)
		}
		return reflect.StructOf(fields)
	default:
		return rapid.SampledFrom(leafTypes).Draw(t, "leaf")
	}
}

// filler draws values, some of which share objects.
type filler struct {
	t    *rapid.T
	nan  bool
	have map[reflect.Type][]reflect.Value
}

func (f *filler) fill(v reflect.Value, depth int) {
	if !v.CanSet() {
		v = reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
	}
	t := f.t
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint"))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(f.float())
	case reflect.Complex64, reflect.Complex128:
		v.SetComplex(complex(f.float(), f.float()))
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "string"))
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i), depth)
		}
	case reflect.Struct:
		switch v.Type() {
		case reflect.TypeFor[sync.Mutex](), reflect.TypeFor[sync.RWMutex]():
		case reflect.TypeFor[time.Time]():
			v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(-1e11, 1e11).Draw(t, "seconds"), 5).UTC()))
		default:
			for i := range v.NumField() {
				if v.Type().Field(i).Name != "_" {
					f.fill(v.Field(i), depth)
				}
			}
		}
	case reflect.Slice, reflect.Map, reflect.Pointer:
		f.reference(v, depth)
		return
	case reflect.Func, reflect.Chan: // only nil travels
	case reflect.Interface:
		if depth > 0 && v.NumMethod() == 0 && rapid.Bool().Draw(t, "holds") {
			e := reflect.New(rapid.SampledFrom(keyTypes[:len(keyTypes)-1]).Draw(t, "held")).Elem()
			f.fill(e, depth-1)
			v.Set(e)
		}
	default:
		f.t.Fatalf("no values of %v", v.Type())
	}
	if v.CanAddr() && v.Type().Size() > 0 {
		p := v.Addr() // others may point here
		f.have[p.Type()] = append(f.have[p.Type()], p)
	}
}

func (f *filler) float() float64 {
	x := rapid.Float64().Draw(f.t, "float")
	if f.nan && rapid.IntRange(0, 9).Draw(f.t, "nan") == 0 {
		return math.NaN()
	}
	return x
}

func (f *filler) reference(v reflect.Value, depth int) {
	t := v.Type()
	if old := f.have[t]; len(old) > 0 && rapid.IntRange(0, 3).Draw(f.t, "shared") == 0 {
		v.Set(rapid.SampledFrom(old).Draw(f.t, "which"))
		return
	}
	if depth <= 0 || rapid.IntRange(0, 4).Draw(f.t, "nil") == 0 {
		return
	}
	n := rapid.IntRange(0, 4).Draw(f.t, "n")
	switch v.Kind() {
	case reflect.Slice:
		if rapid.IntRange(0, 9).Draw(f.t, "big") == 0 && t.Elem().Size() < 64 {
			n = 600
		}
		v.Set(reflect.MakeSlice(t, n, n+1))
		f.have[t] = append(f.have[t], reflect.ValueOf(v.Interface()))
		for i := range min(n, 5) {
			f.fill(v.Index(i), depth-1)
		}
		if n > 2 {
			f.have[t] = append(f.have[t], v.Slice(1, n-1)) // a part of the same array
			p := v.Index(1).Addr()
			f.have[p.Type()] = append(f.have[p.Type()], p)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		f.have[t] = append(f.have[t], reflect.ValueOf(v.Interface()))
		for range n {
			k, e := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
			f.fill(k, depth-1)
			f.fill(e, depth-1)
			v.SetMapIndex(k, e)
		}
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		f.have[t] = append(f.have[t], reflect.ValueOf(v.Interface()))
		f.fill(v.Elem(), depth-1)
	default:
		f.t.Fatalf("%v is no reference", t)
	}
}

func same(a, b Encoded) bool {
	return bytes.Equal(a.Head, b.Head) && len(a.Frames) == len(b.Frames) && a.Hash() == b.Hash()
}

func TestAnyValueOfAnyType(t *testing.T) {
	known := namesOf(reflect.TypeFor[mixed](), reflect.TypeFor[inner](), reflect.TypeFor[str](), reflect.TypeFor[node](), reflect.TypeFor[padded](), reflect.TypeFor[vertex]())
	rapid.Check(t, func(t *rapid.T) {
		typ := (&types{t: t}).draw(rapid.IntRange(0, 3).Draw(t, "depth"))
		nan := rapid.Bool().Draw(t, "nan")
		v := reflect.New(typ).Elem()
		(&filler{t, nan, map[reflect.Type][]reflect.Value{}}).fill(v, 4)
		o := Options{Types: known, Copy: rapid.Bool().Draw(t, "copy")}
		if rapid.Bool().Draw(t, "dynamic") && typ.Size() > 0 {
			x := reflect.New(reflect.TypeFor[any]()).Elem()
			x.Set(v)
			v = x
		}
		e, err := Encode(v, o)
		if err != nil {
			t.Fatalf("%v: %v", typ, err)
		}
		for range 3 {
			if again, err := Encode(v, o); err != nil || !same(e, again) {
				t.Fatalf("%v encodes in two ways (%v)", typ, err)
			}
		}
		bufs := Pack([]Encoded{{}, e})
		es, err := Unpack(bufs)
		if err != nil || len(es) != 2 || !same(es[1], e) {
			t.Fatalf("pack: %v", err)
		}
		w, err := Decode(es[1], v.Type(), o)
		if err != nil {
			t.Fatalf("%v: %v", typ, err)
		}
		if !nan && !reflect.DeepEqual(v.Interface(), w.Interface()) {
			t.Fatalf("%v: %+v became %+v", typ, v, w)
		}
		if f, err := Encode(w, o); err != nil || !same(e, f) {
			t.Fatalf("%v: what arrived encodes differently (%v)", typ, err)
		}
		if err := alike(v, w); err != nil {
			t.Fatalf("%v: %v", typ, err)
		}
	})
}

func TestHolesAreSilent(t *testing.T) {
	make2 := func(fill byte) []padded {
		s := make([]padded, 200)
		mem := unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), uintptr(len(s))*unsafe.Sizeof(s[0]))
		for i := range mem {
			mem[i] = fill
		}
		for i := range s {
			s[i].b, s[i].i = true, 5
			for k := range s[i].c {
				s[i].c[k].x, s[i].c[k].y = 1, 2
			}
		}
		return s
	}
	for _, n := range []int{1, 200} {
		a, err := Encode(reflect.ValueOf(make2(0)[:n]), Options{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := Encode(reflect.ValueOf(make2(0xff)[:n]), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !same(a, b) {
			t.Errorf("what stood in padding travelled with %d structs", n)
		}
	}
}

func TestMapsEncodeAlike(t *testing.T) {
	type key struct{ a, b string }
	known := namesOf(reflect.TypeFor[inner](), reflect.TypeFor[str](), reflect.TypeFor[key]())
	p, q := &inner{1, 2}, &inner{0, 3}
	for _, f := range []func(up bool) any{
		func(up bool) any { return fillMap(up, func(i int) string { return strconv.Itoa(i) }) },
		func(up bool) any { return fillMap(up, func(i int) int { return i }) },
		func(up bool) any {
			return fillMap(up, func(i int) any { return []any{i, str("x"), int8(3), "y"}[i%4] })
		},
		func(up bool) any {
			return fillMap(up, func(i int) key { return key{strconv.Itoa(i % 3), strconv.Itoa(i)} })
		},
		func(up bool) any { return fillMap(up, func(i int) *inner { return []*inner{p, q}[i%2] }) },
	} {
		want, err := Encode(Any(f(true)), Options{Types: known})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			got, err := Encode(Any(f(i%2 == 0)), Options{Types: known})
			if err != nil || !same(want, got) {
				t.Errorf("%T encodes by chance (%v)", f(true), err)
			}
		}
	}
}

// Keys that are pointers are told apart by what was met before.
func TestMapsByPointer(t *testing.T) {
	type set struct {
		all []*inner
		has map[*inner]int
	}
	s := set{has: map[*inner]int{}}
	for i := range 20 {
		s.all = append(s.all, &inner{1, 2})
		s.has[s.all[i]] = i
	}
	want, err := Encode(reflect.ValueOf(s), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if got, err := Encode(reflect.ValueOf(s), Options{}); err != nil || !same(want, got) {
			t.Fatal("a map by pointers encodes by chance", err)
		}
	}
	w := again(t, s, Options{})
	for i, p := range w.all {
		if w.has[p] != i || len(w.has) != 20 {
			t.Errorf("%d is %d", i, w.has[p])
		}
	}
}

func fillMap[K comparable](up bool, key func(i int) K) map[K]int {
	m := map[K]int{}
	for i := range 50 {
		if !up {
			i = 49 - i
		}
		m[key(i)] = i % 4 / 4
	}
	return m
}
