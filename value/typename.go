package value

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Types on the wire: nothing (an interface that holds nothing), a definition, or one defined before.
const (
	typeNil = iota
	typeNew
	typeKnown
)

// Bounds of what composed types may ask of the run time, which keeps each type for ever.
const (
	mostTypes  = 4096 // in one encoding
	mostWeight = 128  // parts of a composed type
)

var errUnnamed = errors.New("no name")

// ownNames are the types that have a name without Types: basic ones by their kind, and these.
var ownNames = sync.OnceValues(func() (map[reflect.Type]string, map[string]reflect.Type) {
	byType, byName := map[reflect.Type]string{}, map[string]reflect.Type{}
	wrapped := fmt.Errorf("%w", io.EOF)
	wrapped2 := fmt.Errorf("%w %w", io.EOF, io.EOF)
	joined := errors.Join(io.EOF, io.EOF)
	for _, t := range []reflect.Type{
		reflect.TypeFor[error](),
		errorText.Elem(), reflect.TypeOf(wrapped).Elem(), reflect.TypeOf(wrapped2).Elem(), reflect.TypeOf(joined).Elem(), reflect.TypeOf(context.DeadlineExceeded), reflect.TypeFor[fs.PathError](), reflect.TypeFor[syscall.Errno](),
		reflect.TypeFor[sync.Mutex](), reflect.TypeFor[sync.RWMutex](),
		reflect.TypeFor[time.Time](), reflect.TypeFor[time.Duration](), reflect.TypeFor[time.Month](), reflect.TypeFor[time.Weekday](), reflect.TypeFor[time.Location](),
		reflect.TypeFor[big.Int](), reflect.TypeFor[big.Rat](), reflect.TypeFor[big.Float](),
	} {
		byType[t], byName[t.String()] = t.String(), t
	}
	return byType, byName
})

// basic are the predeclared types by kind.
var basic = map[reflect.Kind]reflect.Type{
	reflect.Bool: reflect.TypeFor[bool](), reflect.String: reflect.TypeFor[string](),
	reflect.Int: reflect.TypeFor[int](), reflect.Int8: reflect.TypeFor[int8](), reflect.Int16: reflect.TypeFor[int16](), reflect.Int32: reflect.TypeFor[int32](), reflect.Int64: reflect.TypeFor[int64](),
	reflect.Uint: reflect.TypeFor[uint](), reflect.Uint8: reflect.TypeFor[uint8](), reflect.Uint16: reflect.TypeFor[uint16](), reflect.Uint32: reflect.TypeFor[uint32](), reflect.Uint64: reflect.TypeFor[uint64](),
	reflect.Uintptr: reflect.TypeFor[uintptr](), reflect.Float32: reflect.TypeFor[float32](), reflect.Float64: reflect.TypeFor[float64](),
	reflect.Complex64: reflect.TypeFor[complex64](), reflect.Complex128: reflect.TypeFor[complex128](),
	reflect.Interface: reflect.TypeFor[any](),
}

// named marks a definition by name; other definitions begin with a reflect.Kind, all of which are above.
const named = byte(reflect.Invalid)

func (e *encoder) typ(t reflect.Type) error {
	_, err := e.typeRef(t)
	if errors.Is(err, errUnnamed) {
		return refuse(fmt.Sprintf("its type %v has no name that other processes know", t))
	}
	return err
}

// typeRef writes a type and gives its weight.
func (e *encoder) typeRef(t reflect.Type) (int, error) {
	if e.types == nil {
		e.types = map[reflect.Type]typeEntry{}
	}
	if k, ok := e.types[t]; ok {
		e.uint(uint64(typeKnown + k.number))
		return k.weight, nil
	}
	e.uint(typeNew)
	weight, err := e.define(t)
	if err != nil {
		return 0, err
	}
	if weight > mostWeight || len(e.types) >= mostTypes {
		return 0, refuse(fmt.Sprintf("its type %.60q… is too complex: give its parts names", t.String()))
	}
	e.types[t] = typeEntry{len(e.types), weight}
	return weight, nil
}

type typeEntry struct{ number, weight int }

func (e *encoder) define(t reflect.Type) (int, error) {
	if basic[t.Kind()] == t {
		e.b = append(e.b, byte(t.Kind()))
		return 1, nil
	}
	if name, ok := e.typeName(t); ok {
		e.b = append(e.b, named)
		e.string(name)
		e.b = binary.LittleEndian.AppendUint32(e.b, fingerprint(t))
		return 1, nil
	}
	switch t.Kind() {
	case reflect.Func:
		return 0, stays("a function value")
	case reflect.Chan, reflect.UnsafePointer:
		return 0, stays("a " + t.String())
	default:
	}
	if t.Name() != "" {
		return 0, errUnnamed
	}
	e.b = append(e.b, byte(t.Kind()))
	switch t.Kind() {
	case reflect.Array:
		e.uint(uint64(t.Len()))
	case reflect.Map:
		k, err := e.typeRef(t.Key())
		if err != nil {
			return 0, err
		}
		v, err := e.typeRef(t.Elem())
		return 1 + k + v, err
	case reflect.Struct:
		return e.defineStruct(t)
	case reflect.Pointer, reflect.Slice:
	default:
		return 0, errUnnamed
	}
	w, err := e.typeRef(t.Elem())
	return 1 + w, err
}

func (e *encoder) defineStruct(t reflect.Type) (int, error) {
	e.uint(uint64(t.NumField()))
	weight := 1
	for f := range t.Fields() {
		if f.Anonymous {
			return 0, errUnnamed // reflect.StructOf cannot make all of these
		}
		e.string(f.Name)
		e.string(f.PkgPath)
		e.string(string(f.Tag))
		w, err := e.typeRef(f.Type)
		if err != nil {
			return 0, err
		}
		weight += w + len(f.Tag)/16
	}
	return weight, nil
}

func (e *encoder) typeName(t reflect.Type) (string, bool) {
	if t.Name() == "" {
		return "", false
	}
	byType, _ := ownNames()
	if name, ok := byType[t]; ok {
		return name, true
	}
	if e.o.Types == nil {
		return "", false
	}
	return e.o.Types.TypeName(t)
}

var prints sync.Map // reflect.Type to uint32: a pure function, kept to save time

// fingerprint tells definitions of one name apart: a number made of the type's structure and field names.
func fingerprint(t reflect.Type) uint32 {
	if p, ok := prints.Load(t); ok {
		return p.(uint32)
	}
	var text strings.Builder
	seen := map[reflect.Type]int{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		if k, ok := seen[t]; ok {
			text.WriteString("@" + strconv.Itoa(k))
			return
		}
		seen[t] = len(seen)
		text.WriteString(t.Kind().String() + " " + t.Name() + "(")
		defer text.WriteString(")")
		if codecOf(t).opaque {
			return
		}
		switch t.Kind() {
		case reflect.Struct:
			for f := range t.Fields() {
				text.WriteString(f.Name + " ")
				visit(f.Type)
			}
		case reflect.Array:
			text.WriteString(strconv.Itoa(t.Len()) + " ")
			visit(t.Elem())
		case reflect.Map:
			visit(t.Key())
			visit(t.Elem())
		case reflect.Slice, reflect.Pointer:
			visit(t.Elem())
		case reflect.Interface:
			for m := range t.Methods() {
				text.WriteString(m.Name + " ")
			}
		default:
		}
	}
	visit(t)
	h := fnv.New32a()
	_, _ = h.Write([]byte(text.String()))
	prints.Store(t, h.Sum32())
	return h.Sum32()
}
