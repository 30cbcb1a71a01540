package engine

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/galeproject/gale/value"
)

// inline is the size in bytes up to which an array stands in the pickle; larger ones are frames of their own.
const inline = 1024

// pickler writes values as Python reads them.
type pickler struct {
	b      []byte
	frames [][]byte
	depth  int
}

// pickled gives a value as a Python client's deserialize reads it: a pickle, then the frames of large arrays.
func pickled(x any) ([][]byte, error) {
	p := &pickler{b: []byte{0x80, 4}}
	if err := p.top(x); err != nil {
		return nil, err
	}
	return append([][]byte{append(p.b, '.')}, p.frames...), nil
}

// top writes the whole value, or an element of it if it is a short list or dict: there arrays may be frames.
func (p *pickler) top(x any) error {
	v := reflect.ValueOf(x)
	if p.canned(v) {
		return nil
	}
	if v.IsValid() && v.Kind() == reflect.Slice && v.Len() < maxItems && v.Type() == reflect.TypeFor[[]any]() {
		return p.list(v.Len(), func(i int) error {
			if p.canned(v.Index(i)) {
				return nil
			}
			return p.put(v.Index(i))
		})
	}
	if m, ok := x.(map[string]any); ok && len(m) < maxItems {
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		slices.Sort(keys) // the order in which the frames are read
		p.op('}')
		for _, k := range keys {
			p.str(k)
			if !p.canned(reflect.ValueOf(m[k])) {
				if err := p.put(reflect.ValueOf(m[k])); err != nil {
					return err
				}
			}
			p.op('s')
		}
		return nil
	}
	return p.put(v)
}

// numeric says whether a slice is an array to Python: of numbers of a fixed size, not of int, which is Python's own.
func numeric(v reflect.Value) bool {
	for v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() || v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return false
	}
	t := v.Type()
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Int, reflect.Uint, reflect.Bool:
		return false
	case reflect.Uint8:
		return v.Type().Elem().Kind() != reflect.Uint8 // []byte is bytes
	default:
		return true
	}
}

// canned writes an array as ipyparallel's CannedArray.
func (p *pickler) canned(v reflect.Value) bool {
	if !numeric(v) {
		return false
	}
	kind, shape, raw, ok := value.Array(v)
	if !ok {
		return false
	}
	p.global(canning, "CannedArray")
	p.b = append(p.b, ")\x81}("...)
	p.str("shape")
	p.tuple(shape)
	p.str("dtype")
	p.str(kind)
	p.str("pickled")
	p.op(0x89)
	p.str("buffers")
	p.op(']')
	if len(raw) > inline {
		p.op('N')
		p.frames = append(p.frames, slices.Clone(raw)) // the value may change before it is sent
	} else {
		p.bytes(raw)
	}
	p.b = append(p.b, "aub"...)
	return true
}

// array writes an array that is nested too deeply for a CannedArray: numpy.ndarray(shape, dtype, bytes).
func (p *pickler) array(v reflect.Value) bool {
	if !numeric(v) {
		return false
	}
	kind, shape, raw, ok := value.Array(v)
	if !ok {
		return false
	}
	p.global("numpy", "ndarray")
	p.op('(')
	p.tuple(shape)
	p.str(kind)
	p.bytes(raw)
	p.b = append(p.b, "tR"...)
	return true
}

func (p *pickler) op(b byte) { p.b = append(p.b, b) }

func (p *pickler) global(module, name string) {
	p.b = append(p.b, fmt.Sprintf("c%s\n%s\n", module, name)...)
}

func (p *pickler) str(s string) {
	s = strings.ToValidUTF8(s, "\uFFFD")
	p.op('X')
	p.b = binary.LittleEndian.AppendUint32(p.b, uint32(len(s)))
	p.b = append(p.b, s...)
}

func (p *pickler) bytes(b []byte) {
	p.op(0x8e)
	p.b = binary.LittleEndian.AppendUint64(p.b, uint64(len(b)))
	p.b = append(p.b, b...)
}

func (p *pickler) tuple(ns []int) {
	p.op('(')
	for _, n := range ns {
		p.int(big.NewInt(int64(n)))
	}
	p.op('t')
}

func (p *pickler) int(n *big.Int) {
	if n.IsInt64() && n.Int64() == int64(int32(n.Int64())) {
		p.op('J')
		p.b = binary.LittleEndian.AppendUint32(p.b, uint32(int32(n.Int64())))
		return
	}
	if n.BitLen() > 1600 { // beyond LONG1's 255 bytes: as text
		p.b = append(p.b, fmt.Sprintf("L%sL\n", n)...)
		return
	}
	// little-endian two's complement
	size := n.BitLen()/8 + 1
	two := new(big.Int).Set(n)
	if n.Sign() < 0 {
		two.Add(two, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	b := two.FillBytes(make([]byte, size))
	slices.Reverse(b)
	p.op(0x8a)
	p.op(byte(size))
	p.b = append(p.b, b...)
}

func (p *pickler) float(f float64) {
	p.op('G')
	p.b = binary.BigEndian.AppendUint64(p.b, math.Float64bits(f))
}

func (p *pickler) list(n int, put func(i int) error) error {
	p.op(']')
	for i := range n {
		if err := put(i); err != nil {
			return err
		}
		p.op('a')
	}
	return nil
}

// put writes any value; what has no form in Python is an error that names its type.
func (p *pickler) put(v reflect.Value) error {
	if p.depth++; p.depth > maxDepth {
		return fmt.Errorf("TypeError: a %v is nested too deeply for Python", v.Type())
	}
	defer func() { p.depth-- }()
	if !v.IsValid() {
		p.op('N')
		return nil
	}
	if done := p.special(v); done {
		return nil
	}
	switch v.Kind() {
	case reflect.Bool:
		p.op(0x89)
		if v.Bool() {
			p.b[len(p.b)-1] = 0x88
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.int(big.NewInt(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p.int(new(big.Int).SetUint64(v.Uint()))
	case reflect.Float32, reflect.Float64:
		p.float(v.Float())
	case reflect.Complex64, reflect.Complex128:
		p.global("builtins", "complex")
		p.op('(')
		p.float(real(v.Complex()))
		p.float(imag(v.Complex()))
		p.b = append(p.b, "tR"...)
	case reflect.String:
		p.str(v.String())
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			p.op('N')
			return nil
		}
		return p.put(v.Elem())
	case reflect.Slice, reflect.Array:
		return p.sequence(v)
	case reflect.Map:
		return p.dict(v)
	case reflect.Struct:
		return p.record(v)
	default:
		return fmt.Errorf("TypeError: a %v has no form in Python", v.Type())
	}
	return nil
}

// special writes types that mean more than their kind.
func (p *pickler) special(v reflect.Value) bool {
	if !v.CanInterface() {
		return false
	}
	switch x := v.Interface().(type) {
	case []byte:
		if x == nil {
			p.op('N')
		} else {
			p.bytes(x)
		}
	case *big.Int:
		if x == nil {
			return false
		}
		p.int(x)
	case time.Time:
		p.str(x.Format(time.RFC3339Nano))
	case error:
		if v.Kind() == reflect.Pointer && v.IsNil() {
			return false
		}
		p.str(x.Error())
	default:
		return p.array(v)
	}
	return true
}

func (p *pickler) sequence(v reflect.Value) error {
	if v.Kind() == reflect.Slice && v.IsNil() {
		p.b = append(p.b, ']')
		return nil
	}
	return p.list(v.Len(), func(i int) error { return p.put(v.Index(i)) })
}

func (p *pickler) dict(v reflect.Value) error {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	p.op('}')
	for _, k := range keys {
		if err := p.put(k); err != nil {
			return err
		}
		if err := p.put(v.MapIndex(k)); err != nil {
			return err
		}
		p.op('s')
	}
	return nil
}

// record writes a struct as a dict of its exported fields; without any it has no form.
func (p *pickler) record(v reflect.Value) error {
	p.op('}')
	n := 0
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		n++
		p.str(f.Name)
		if err := p.put(v.Field(i)); err != nil {
			return err
		}
		p.op('s')
	}
	if n == 0 && v.NumField() > 0 {
		return fmt.Errorf("TypeError: a %v has no exported fields to show to Python", v.Type())
	}
	return nil
}
