package value

import (
	"fmt"
	"math/bits"
	"reflect"
	"strconv"
	"unsafe"
)

// kinds of array elements, by the names that numpy has for them on a little-endian machine.
func arrayKind(t reflect.Type) (string, bool) {
	letter := ""
	switch t.Kind() {
	case reflect.Bool:
		return "|b1", true
	case reflect.Int8:
		return "|i1", true
	case reflect.Uint8:
		return "|u1", true
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		letter = "<i"
	case reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		letter = "<u"
	case reflect.Float32, reflect.Float64:
		letter = "<f"
	case reflect.Complex64, reflect.Complex128:
		letter = "<c"
	default:
		return "", false
	}
	return letter + strconv.Itoa(int(t.Size())), true
}

// elements are the types that FromArray chooses for an interface.
var elements = map[string]reflect.Type{
	"|b1": reflect.TypeFor[bool](),
	"|i1": reflect.TypeFor[int8](), "<i2": reflect.TypeFor[int16](), "<i4": reflect.TypeFor[int32](), "<i8": reflect.TypeFor[int64](),
	"|u1": reflect.TypeFor[uint8](), "<u2": reflect.TypeFor[uint16](), "<u4": reflect.TypeFor[uint32](), "<u8": reflect.TypeFor[uint64](),
	"<f4": reflect.TypeFor[float32](), "<f8": reflect.TypeFor[float64](), "<c8": reflect.TypeFor[complex64](), "<c16": reflect.TypeFor[complex128](),
}

// Array gives a slice or array of numbers or bools, or slices of such that are all of one length, as numpy would hold it:
// kind is a dtype ("<f8", "<c16", "|b1"), raw the elements in C order. raw shares the memory of v where v is one piece,
// else it is a copy. ok is false for anything else, ragged slices among it.
func Array(v reflect.Value) (kind string, shape []int, raw []byte, ok bool) {
	if !v.IsValid() {
		return "", nil, nil, false
	}
	if v.Kind() == reflect.Interface {
		return Array(v.Elem())
	}
	t := v.Type()
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	kind, ok = arrayKind(t)
	if !ok || v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return "", nil, nil, false
	}
	if v.Kind() == reflect.Array && !v.CanAddr() {
		if !v.CanInterface() {
			return "", nil, nil, false
		}
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		v = c
	}
	shape = shapeOf(v)
	a := gather{elem: t.Size()}
	if !a.walk(v, shape) {
		return "", nil, nil, false
	}
	return kind, shape, a.bytes(), true
}

// shapeOf follows first elements; where there is none the rest is of length 0, or the length of an array type.
func shapeOf(v reflect.Value) []int {
	var shape []int
	t := v.Type()
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		n := 0
		switch {
		case v.IsValid():
			n = v.Len()
		case t.Kind() == reflect.Array:
			n = t.Len()
		}
		shape = append(shape, n)
		if t = t.Elem(); v.IsValid() && n > 0 {
			v = v.Index(0)
		} else {
			v = reflect.Value{}
		}
	}
	return shape
}

// gather collects pieces of memory that may turn out to be one.
type gather struct {
	elem   uintptr
	pieces [][]byte
}

func (a *gather) walk(v reflect.Value, shape []int) bool {
	if v.Len() != shape[0] {
		return false
	}
	if len(shape) == 1 {
		if n := uintptr(v.Len()) * a.elem; n > 0 {
			p := v.Index(0).Addr().UnsafePointer()
			a.pieces = append(a.pieces, unsafe.Slice((*byte)(p), n))
		}
		return true
	}
	for i := range v.Len() {
		if !a.walk(v.Index(i), shape[1:]) {
			return false
		}
	}
	return true
}

func (a *gather) bytes() []byte {
	switch len(a.pieces) {
	case 0:
		return []byte{}
	case 1:
		return a.pieces[0]
	}
	size := 0
	for _, p := range a.pieces {
		size += len(p)
	}
	raw := make([]byte, 0, size)
	for _, p := range a.pieces {
		raw = append(raw, p...)
	}
	return raw
}

// mostRows bounds the outer lengths of an array that has no elements to pay for them.
const mostRows = 1 << 16

// FromArray makes a value of type t of what Array gives, or of what numpy sent: t has as many dimensions as shape, or is
// any, and then []float64, [][]float64 and so on serve. Memory is used in place where raw is aligned and t is made of
// slices. An error says what does not fit, or wraps ErrMalformed.
func FromArray(kind string, shape []int, raw []byte, t reflect.Type) (reflect.Value, error) {
	v, err := fromArray(kind, shape, raw, t)
	if err != nil {
		return reflect.Value{}, fmt.Errorf("value: making %v of an array %s%v: %w", t, kind, shape, err)
	}
	return v, nil
}

func fromArray(kind string, shape []int, raw []byte, t reflect.Type) (reflect.Value, error) {
	made := t
	if t.Kind() == reflect.Interface {
		e, ok := elements[kind]
		if !ok {
			return reflect.Value{}, malformed("no kind of elements")
		}
		for range shape {
			e = reflect.SliceOf(e)
		}
		if !e.AssignableTo(t) {
			return reflect.Value{}, fmt.Errorf("%v does not implement it", e)
		}
		made = e
	}
	elem := made
	for range shape {
		if elem.Kind() != reflect.Slice && elem.Kind() != reflect.Array {
			return reflect.Value{}, fmt.Errorf("it has %d dimensions", len(shape))
		}
		elem = elem.Elem()
	}
	if k, ok := arrayKind(elem); !ok || k != kind || len(shape) == 0 {
		return reflect.Value{}, fmt.Errorf("its elements are %v", elem)
	}
	if err := checkShape(shape, raw, elem); err != nil {
		return reflect.Value{}, err
	}
	mem := raw
	if len(raw) > 0 && uintptr(unsafe.Pointer(&raw[0]))%uintptr(elem.Align()) != 0 {
		s := reflect.MakeSlice(reflect.SliceOf(elem), len(raw)/int(elem.Size()), len(raw)/int(elem.Size()))
		mem = unsafe.Slice((*byte)(s.UnsafePointer()), len(raw))
		copy(mem, raw)
	}
	v := reflect.New(t).Elem()
	to := v
	if made != t {
		to = reflect.New(made).Elem()
	}
	if _, err := scatter(to, shape, mem, elem.Size()); err != nil {
		return reflect.Value{}, err
	}
	if made != t {
		v.Set(to)
	}
	return v, nil
}

func checkShape(shape []int, raw []byte, elem reflect.Type) error {
	size, rows := uint64(elem.Size()), uint64(1)
	for i, n := range shape {
		if n < 0 {
			return malformed("a negative length")
		}
		hi, lo := bits.Mul64(size, uint64(n))
		if size = lo; hi > 0 {
			return malformed("the size overflows")
		}
		if i < len(shape)-1 {
			hi, rows = bits.Mul64(rows, uint64(max(n, 1)))
			if hi > 0 || rows > uint64(max(len(raw), mostRows)) {
				return malformed("%d rows in %d bytes", rows, len(raw))
			}
		}
	}
	if size != uint64(len(raw)) {
		return malformed("%d bytes wanted, %d there", size, len(raw))
	}
	if elem.Kind() == reflect.Bool {
		return (&plain{bools: []span{{0, 1}}}).check(raw, 1)
	}
	return nil
}

// scatter fills v with memory and returns what is left of it.
func scatter(v reflect.Value, shape []int, mem []byte, size uintptr) ([]byte, error) {
	n := shape[0]
	if v.Kind() == reflect.Array && v.Len() != n {
		return nil, fmt.Errorf("%v has %d elements, not %d", v.Type(), v.Len(), n)
	}
	if len(shape) == 1 {
		used := n * int(size)
		switch {
		case v.Kind() == reflect.Array && used > 0:
			copy(unsafe.Slice((*byte)(v.Addr().UnsafePointer()), used), mem)
		case v.Kind() == reflect.Slice && used > 0:
			*(*header)(v.Addr().UnsafePointer()) = header{unsafe.Pointer(&mem[0]), n, n}
		case v.Kind() == reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		return mem[used:], nil
	}
	if v.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(v.Type(), n, n))
	}
	for i := range n {
		var err error
		if mem, err = scatter(v.Index(i), shape[1:], mem, size); err != nil {
			return nil, err
		}
	}
	return mem, nil
}
