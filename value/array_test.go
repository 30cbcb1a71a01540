package value

import (
	"reflect"
	"testing"
	"unsafe"
)

type hertz float64

func TestArray(t *testing.T) {
	rows := [][]int32{{1, 2, 3}, {4, 5, 6}}
	flat := []float64{1, 2, 3}
	for _, c := range []struct {
		v     any
		kind  string
		shape []int
		size  int
	}{
		{flat, "<f8", []int{3}, 24},
		{[]complex128{1, 2i}, "<c16", []int{2}, 32},
		{[]complex64{1}, "<c8", []int{1}, 8},
		{[]float32{1}, "<f4", []int{1}, 4},
		{[]hertz{5}, "<f8", []int{1}, 8},
		{[]int{1}, "<i8", []int{1}, 8},
		{[]uint16{1}, "<u2", []int{1}, 2},
		{[]bool{true, false}, "|b1", []int{2}, 2},
		{[]byte("abc"), "|u1", []int{3}, 3},
		{[]int8{}, "|i1", []int{0}, 0},
		{[]int64(nil), "<i8", []int{0}, 0},
		{[2][3]float64{{1}, {2}}, "<f8", []int{2, 3}, 48},
		{rows, "<i4", []int{2, 3}, 24},
		{[][2]uint64{{1, 2}}, "<u8", []int{1, 2}, 16},
		{[][]float64{}, "<f8", []int{0, 0}, 0},
		{[][]float64{{}, {}}, "<f8", []int{2, 0}, 0},
		{[][][]bool{{{true}}, {{false}}}, "|b1", []int{2, 1, 1}, 2},
	} {
		kind, shape, raw, ok := Array(reflect.ValueOf(c.v))
		if !ok || kind != c.kind || !reflect.DeepEqual(shape, c.shape) || len(raw) != c.size {
			t.Errorf("%T: %s %v %d %v", c.v, kind, shape, len(raw), ok)
			continue
		}
		v, err := FromArray(kind, shape, raw, reflect.TypeOf(c.v))
		if err != nil {
			t.Error(err)
			continue
		}
		if w := v.Interface(); !reflect.DeepEqual(w, c.v) && reflect.ValueOf(c.v).Len() > 0 {
			t.Errorf("%v became %v", c.v, w)
		}
	}
	_, _, raw, _ := Array(reflect.ValueOf(flat))
	if unsafe.Pointer(&raw[0]) != unsafe.Pointer(&flat[0]) {
		t.Error("Array copies a slice")
	}
	v, err := FromArray("<f8", []int{3}, raw, reflect.TypeFor[any]())
	if w, ok := reflect.TypeAssert[[]float64](v); err != nil || !ok || &w[0] != &flat[0] {
		t.Error("FromArray copies:", err)
	}
	if v, err = FromArray("<f8", []int{2}, append(make([]byte, 1), raw...)[1:17], reflect.TypeFor[[]hertz]()); err != nil || v.Index(1).Float() != 2 {
		t.Error("unaligned:", v, err)
	}
	if v, err = FromArray("<i4", []int{2, 3}, mustRaw(t, rows), reflect.TypeFor[any]()); err != nil || !reflect.DeepEqual(v.Interface(), rows) {
		t.Error("rows as any:", v, err)
	}
	w := v.Interface().([][]int32)
	if _ = append(w[0], 9); w[1][0] != 4 {
		t.Error("a row has room in the next")
	}
}

func mustRaw(t *testing.T, v any) []byte {
	t.Helper()
	_, _, raw, ok := Array(reflect.ValueOf(v))
	if !ok {
		t.Fatalf("%T is no array", v)
	}
	return raw
}

func TestNoArray(t *testing.T) {
	for _, v := range []any{nil, 1, "a", []string{"a"}, [][]int{{1}, {1, 2}}, []any{1}, []uintptr{1}, map[int]int{}, &[]int{1}} {
		if kind, _, _, ok := Array(reflect.ValueOf(v)); ok {
			t.Errorf("%T is an array of %s", v, kind)
		}
	}
	for _, c := range []struct {
		kind  string
		shape []int
		size  int
		t     reflect.Type
	}{
		{"<f8", []int{2}, 15, reflect.TypeFor[[]float64]()},
		{"<f8", []int{2}, 16, reflect.TypeFor[[]float32]()},
		{">f8", []int{2}, 16, reflect.TypeFor[any]()},
		{"<f8", []int{2, 1}, 16, reflect.TypeFor[[]float64]()},
		{"<f8", []int{2}, 16, reflect.TypeFor[[][]float64]()},
		{"<f8", []int{2}, 16, reflect.TypeFor[[3]float64]()},
		{"<f8", []int{}, 8, reflect.TypeFor[any]()},
		{"<f8", []int{-2, -1}, 16, reflect.TypeFor[any]()},
		{"<f8", []int{1 << 61}, 0, reflect.TypeFor[any]()},
		{"<f8", []int{1 << 31, 1 << 31, 0}, 0, reflect.TypeFor[any]()},
		{"|b1", []int{2}, 2, reflect.TypeFor[error]()},
	} {
		if v, err := FromArray(c.kind, c.shape, make([]byte, c.size), c.t); err == nil {
			t.Errorf("%v gave %v", c, v)
		}
	}
	if _, err := FromArray("|b1", []int{1}, []byte{2}, reflect.TypeFor[[]bool]()); err == nil {
		t.Error("a bool of 2")
	}
}
