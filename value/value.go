package value

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
)

// Types names types for interface values. Basic types, error, and whatever is composed of named types by pointers, slices,
// arrays, maps and structs need no name of their own.
type Types interface {
	TypeName(t reflect.Type) (string, bool)
	TypeByName(name string) (reflect.Type, bool)
}

// Encoded is a value as bytes. Frames may share memory with the value that they come from.
type Encoded struct {
	Head   []byte
	Frames [][]byte
}

// Size is the number of bytes in head and frames.
func (e Encoded) Size() int64 {
	n := int64(len(e.Head))
	for _, f := range e.Frames {
		n += int64(len(f))
	}
	return n
}

// Hash is the SHA-256 of head and frames, each preceded by its length. Equal values hash equally.
func (e Encoded) Hash() [32]byte {
	h := sha256.New()
	part := func(b []byte) {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	part(e.Head)
	for _, f := range e.Frames {
		part(f)
	}
	var sum [32]byte
	h.Sum(sum[:0])
	return sum
}

// Options say how to encode and decode. The zero value serves where no interface holds a type of the program's own.
type Options struct {
	Types  Types  // names of types, may be nil
	Copy   bool   // frames and decoded arrays are copies
	Limits Limits // zero fields mean the defaults
	Name   string // of the value, for messages: "model" gives "model.cache.mu"; default "value"
}

// Limits bound what an encoding may ask for. Depth holds for both directions, the others for Decode.
type Limits struct {
	Depth    int   // nesting of interface values and stand-ins; default 10,000
	Elements int   // of one slice or map; default 1<<40
	Bytes    int64 // allocated in all; default 1 MB and 256 times the size of the encoding
}

func (o Options) fill(size int64) Options {
	if o.Limits.Depth == 0 {
		o.Limits.Depth = 10_000
	}
	if o.Limits.Elements == 0 {
		o.Limits.Elements = 1 << 40
	}
	if o.Limits.Bytes == 0 {
		o.Limits.Bytes = 1<<20 + 256*size
	}
	if o.Name == "" {
		o.Name = "value"
	}
	return o
}

// Refused says that a part of a value cannot leave its process.
type Refused struct {
	Path   string // of the part: "model.cache.mu"
	Reason string // "a locked sync.Mutex stays in its process"
	Err    error  // what the part's own EncodeValue returned, or nil
}

func (r *Refused) Error() string { return "cannot send " + r.Path + ": " + r.Reason }

// Unwrap gives the error of the part's own EncodeValue.
func (r *Refused) Unwrap() error { return r.Err }

// ErrMalformed is wrapped by errors of Decode, Unpack and FromArray about bytes that no Encode, Pack or Array made.
var ErrMalformed = errors.New("malformed encoding")

func malformed(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, a...)...)
}

// Any gives x as a value of type any, so that its encoding carries its type: decode it as any. reflect.ValueOf(x) has the
// static type of x, which the receiver must then know.
func Any(x any) reflect.Value {
	return reflect.ValueOf(&x).Elem()
}

// Encode gives v as bytes. An error is a *Refused. v may come from an unexported field if it is addressable.
// Nothing may write to what v reaches meanwhile.
func Encode(v reflect.Value, o Options) (Encoded, error) {
	o = o.fill(0)
	if !v.IsValid() {
		return Encoded{}, &Refused{Path: o.Name, Reason: "there is no value"}
	}
	if !v.CanAddr() {
		if !v.CanInterface() {
			return Encoded{}, &Refused{Path: o.Name, Reason: "it is a copy of an unexported field"}
		}
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		v = c
	}
	return encodeRoot(v, o)
}

// Decode makes a value of type t, which must be the type of the value that was encoded, or take what a value encoded as
// any holds. The result is addressable. An error wraps ErrMalformed if the bytes are at fault.
func Decode(e Encoded, t reflect.Type, o Options) (reflect.Value, error) {
	o = o.fill(e.Size())
	v, err := decodeRoot(e, t, o)
	if held, ok := errors.AsType[otherType](err); ok && held.name == dynamic.String() {
		v, err = decodeHeld(e, t, o)
	}
	if err != nil {
		return reflect.Value{}, fmt.Errorf("value: decoding %s as %v: %w", o.Name, t, err)
	}
	return v, nil
}
