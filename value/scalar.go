package value

import (
	"encoding/binary"
	"reflect"
	"unsafe"
)

// scalar makes codecs of basic types. Integers are varints, floats their bits.
func scalar(c *codec) {
	c.pure = true
	c.plain = &plain{}
	switch c.t.Kind() {
	case reflect.Bool:
		boolean(c)
	case reflect.Int:
		signed[int](c)
	case reflect.Int8:
		signed[int8](c)
	case reflect.Int16:
		signed[int16](c)
	case reflect.Int32:
		signed[int32](c)
	case reflect.Int64:
		signed[int64](c)
	case reflect.Uint:
		unsigned[uint](c)
	case reflect.Uint8:
		unsigned[uint8](c)
	case reflect.Uint16:
		unsigned[uint16](c)
	case reflect.Uint32:
		unsigned[uint32](c)
	case reflect.Uint64:
		unsigned[uint64](c)
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		c.least = int(c.size) // their bits, little endian as in memory
		c.enc = func(e *encoder, p unsafe.Pointer) error { e.raw(p, c, 1); return nil }
		c.dec = func(d *decoder, p unsafe.Pointer) error { return d.raw(p, c, 1) }
	case reflect.String:
		c.plain = nil
		text(c)
	default: // Chan, Func, UnsafePointer, Uintptr
		c.plain = nil
		homebound(c)
	}
}

func boolean(c *codec) {
	c.plain = &plain{bools: []span{{0, 1}}}
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		e.b = append(e.b, *(*byte)(p))
		return nil
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		b, err := d.byte()
		if err == nil && b > 1 {
			err = malformed("a bool of %d", b)
		}
		*(*bool)(p) = b == 1
		return err
	}
}

func signed[T int | int8 | int16 | int32 | int64](c *codec) {
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		e.b = binary.AppendVarint(e.b, int64(*(*T)(p)))
		return nil
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		v, n := binary.Varint(d.b)
		if n <= 0 || int64(T(v)) != v {
			return malformed("no %v where one should be", c.t)
		}
		d.b = d.b[n:]
		*(*T)(p) = T(v)
		return nil
	}
}

func unsigned[T uint | uint8 | uint16 | uint32 | uint64](c *codec) {
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		e.uint(uint64(*(*T)(p)))
		return nil
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		v, err := d.uint()
		if err == nil && uint64(T(v)) != v {
			err = malformed("no %v where one should be", c.t)
		}
		*(*T)(p) = T(v)
		return err
	}
}

func text(c *codec) {
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		e.string(*(*string)(p))
		return nil
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		s, err := d.string()
		if err == nil {
			err = d.spend(len(s), 1)
		}
		*(*string)(p) = s
		return err
	}
}

// homebound are types of which only the zero value travels, as one byte, so that memory asked for is paid in bytes.
func homebound(c *codec) {
	what := "a " + c.t.String()
	switch c.t.Kind() {
	case reflect.Func:
		what = "a function value"
	case reflect.Uintptr:
		what = "an address (" + c.t.String() + ")"
	default:
	}
	onlyZero(c, what)
}

// onlyZero makes a codec that refuses what is not all zero bytes.
func onlyZero(c *codec, what string) {
	c.pure = true
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		for _, b := range unsafe.Slice((*byte)(p), c.size) {
			if b != 0 {
				return stays(what)
			}
		}
		e.b = append(e.b, 0)
		return nil
	}
	c.dec = func(d *decoder, _ unsafe.Pointer) error {
		b, err := d.byte()
		if err == nil && b != 0 {
			err = malformed("a %v of %d", c.t, b)
		}
		return err
	}
}
