package value

import (
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

// TestGolden fixes the bytes: a change of them needs a new format number.
func TestGolden(t *testing.T) {
	n := &node{v: 1}
	n.next = &node{2, n}
	for _, c := range []struct {
		v    reflect.Value
		want string
	}{
		{reflect.ValueOf(5), "0103696e74087051eb0a"},
		{reflect.ValueOf([]float64{1, -2}), "01095b5d666c6f617436349b687b470202000000000000f03f00000000000000c0"},
		{reflect.ValueOf(n), "010b2a76616c75652e6e6f646522756d930202020405"},
		{reflect.ValueOf(map[string]bool{"b": true, "a": false}), "010f6d61705b737472696e675d626f6f6c98d3f0c00202016100016201"},
		{Any([]any{nil, "x", inner{1, -1}, inner{2, 3}, [][2]uint8{{1, 2}}}), "010c696e74657266616365207b7d339d7804011701140205000118017801000b76616c75652e696e6e65729898eb7e0100000000000000ffffffffffffffff05020000000000000003000000000000000117011102010802010102"},
		{reflect.ValueOf(struct {
			P *int
			S []string
			E []string
		}{E: []string{}}), "0129737472756374207b2050202a696e743b2053205b5d737472696e673b2045205b5d737472696e67207d2a060ce8000001"},
	} {
		e, err := Encode(c.v, Options{Types: known})
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(e.Head); got != c.want {
			t.Errorf("%v\ngot  %s\nwant %s", c.v.Type(), got, c.want)
		}
	}
}

func TestHash(t *testing.T) {
	a := Encoded{[]byte("a"), [][]byte{[]byte("bc")}}
	for _, b := range []Encoded{{[]byte("ab"), [][]byte{[]byte("c")}}, {[]byte("abc"), nil}, {[]byte("a"), [][]byte{[]byte("b"), []byte("c")}}, {[]byte("a"), [][]byte{[]byte("bc"), nil}}} {
		if a.Hash() == b.Hash() {
			t.Errorf("%q hashes like %q", b, a)
		}
	}
}

func TestFramesShareMemory(t *testing.T) {
	v := make([]float64, 1000)
	e, err := Encode(reflect.ValueOf(v), Options{})
	if err != nil {
		t.Fatal(err)
	}
	v[5] = 7
	w, err := Decode(e, reflect.TypeOf(v), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if w := w.Interface().([]float64); &w[0] != &v[0] || w[5] != 7 {
		t.Error("an array was copied")
	}
	c, err := Encode(reflect.ValueOf(v), Options{Copy: true})
	if err != nil {
		t.Fatal(err)
	}
	x, err := Decode(e, reflect.TypeOf(v), Options{Copy: true})
	if err != nil {
		t.Fatal(err)
	}
	if unsafe.Pointer(&c.Frames[0][0]) == unsafe.Pointer(&v[0]) || &x.Interface().([]float64)[0] == &v[0] {
		t.Error("Copy does not copy")
	}
	odd := append(make([]byte, 1, 8001), e.Frames[0]...)[1:]
	w, err = Decode(Encoded{e.Head, [][]byte{odd}}, reflect.TypeOf(v), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s := w.Interface().([]float64); s[5] != 7 || uintptr(unsafe.Pointer(&s[0]))%8 != 0 {
		t.Error("an unaligned frame")
	}
	big := [1000]float64{3: 4}
	e, err = Encode(reflect.ValueOf(&big), Options{})
	if err != nil || len(e.Frames) != 1 {
		t.Fatal(len(e.Frames), err)
	}
	if w, err := Decode(e, reflect.TypeOf(&big), Options{}); err != nil || w.Interface().(*[1000]float64)[3] != 4 {
		t.Error(err)
	}
}

func TestTypesMustAgree(t *testing.T) {
	e, err := Encode(reflect.ValueOf([]int{1}), Options{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Decode(e, reflect.TypeFor[[]string](), Options{Name: "x"})
	if err == nil || err.Error() != "value: decoding x as []string: it holds a []int" {
		t.Error(err)
	}
	if w := again(t, Any([]int{1}).Interface(), Options{}); !reflect.DeepEqual(w, []int{1}) {
		t.Error(w)
	}
	held, err := Encode(Any([]int{1}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if w, err := Decode(held, reflect.TypeFor[[]int](), Options{}); err != nil || !reflect.DeepEqual(w.Interface(), []int{1}) || !w.CanSet() {
		t.Error(w, err)
	}
	if _, err := Decode(held, reflect.TypeFor[[]string](), Options{}); err == nil || err.Error() != "value: decoding value as []string: it holds a []int" {
		t.Error(err)
	}
	if held, err = Encode(Any(nil), Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(held, reflect.TypeFor[int](), Options{}); err == nil || err.Error() != "value: decoding value as int: it holds a nil" {
		t.Error(err)
	}
	older := func() reflect.Type { type shape struct{ A int }; return reflect.TypeFor[shape]() }()
	newer := func() reflect.Type { type shape struct{ A, B int }; return reflect.TypeFor[shape]() }()
	e, err = Encode(reflect.New(older).Elem(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = Decode(e, newer, Options{}); err == nil || !strings.HasSuffix(err.Error(), "type value.shape is defined differently in the sender") {
		t.Error(err)
	}
	e, err = Encode(Any(reflect.New(older).Interface()), Options{Types: namesOf(older)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = Decode(e, reflect.TypeFor[any](), Options{Types: namesOf(newer)}); err == nil || !strings.HasSuffix(err.Error(), "type value.shape is defined differently in the sender") {
		t.Error(err)
	}
	if _, err = Decode(e, reflect.TypeFor[any](), Options{}); err == nil || !strings.HasSuffix(err.Error(), "type value.shape is not known here") {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	v := map[string]any{"a": make([]*int, 100)}
	for i := range v["a"].([]*int) {
		v["a"].([]*int)[i] = new(int)
	}
	e, err := Encode(reflect.ValueOf(v), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []Limits{{Depth: 1, Elements: 99}, {Bytes: 1000}} {
		if _, err := Decode(e, reflect.TypeOf(v), Options{Limits: l}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%+v: %v", l, err)
		}
	}
	if _, err := Decode(e, reflect.TypeOf(v), Options{Limits: Limits{Depth: 1, Elements: 100, Bytes: 10_000}}); err != nil {
		t.Error(err)
	}
	if _, err := Encode(Any([]any{[]any{1}}), Options{Limits: Limits{Depth: 2}}); err != nil {
		t.Error(err) // contents of slices do not nest
	}
	if _, err := Encode(Any([1]any{[1]any{1}}), Options{Limits: Limits{Depth: 2}}); err == nil {
		t.Error("nested too deep")
	}
}

func TestAtOnce(t *testing.T) {
	type fresh struct {
		a *fresh
		b map[string][]fresh
		m *mixed
	}
	v := &fresh{m: &mixed{N: 1}, b: map[string][]fresh{"x": {{}}}}
	v.a = v
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			e, err := Encode(reflect.ValueOf(v), Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if w, err := Decode(e, reflect.TypeOf(v), Options{}); err != nil || w.Interface().(*fresh).a.b["x"] == nil {
				t.Error(w, err)
			}
		})
	}
	wg.Wait()
}

// A list of a million needs no stack to speak of.
func TestLongList(t *testing.T) {
	var l *node
	n := 1_000_000
	if testing.Short() {
		n = 50_000
	}
	for i := range n {
		l = &node{i, l}
	}
	w := again(t, l, Options{})
	for i := n - 1; i >= 0; i-- {
		if w.v != i {
			t.Fatal(w.v, i)
		}
		w = w.next
	}
	if w != nil {
		t.Error("longer than it was")
	}
}
