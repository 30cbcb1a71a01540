package value

import (
	"context"
	"encoding"
	"io"
	"io/fs"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"unsafe"
)

// Types of the standard library whose fields would be wrong elsewhere travel by what they mean.

// own makes such a codec, if the type has one.
func (m maker) own(c *codec) bool {
	switch c.t {
	case reflect.TypeFor[sync.Cond]():
		return m.parts(c, "L")
	case reflect.TypeFor[sync.Pool](): // what it holds is spare
		return m.parts(c, "New")
	case reflect.TypeFor[sync.Map]():
		m.syncMap(c)
		return true
	case reflect.TypeFor[strings.Builder]():
		builder(c)
		return true
	case reflect.TypeFor[netip.Addr](), reflect.TypeFor[netip.AddrPort](), reflect.TypeFor[netip.Prefix]():
		marshalled(c)
		return true
	}
	if c.t.PkgPath() == "sync/atomic" && strings.HasPrefix(c.t.Name(), "Pointer[") {
		v, ok := c.t.FieldByName("v")
		if !ok || c.t.Field(0).Type.Kind() != reflect.Array {
			return false
		}
		m.pointer(c, m.codec(c.t.Field(0).Type.Elem().Elem()), v.Offset)
		return true
	}
	return false
}

// parts writes some fields of a struct and leaves the others zero.
func (m maker) parts(c *codec, names ...string) bool {
	var fields []field
	for _, name := range names {
		f, ok := c.t.FieldByName(name)
		if !ok {
			return false
		}
		fields = append(fields, field{name, f.Offset, m.codec(f.Type)})
	}
	inOrder(c, fields)
	return true
}

// syncMap travels as a map[any]any.
func (m maker) syncMap(c *codec) {
	pairs := m.codec(reflect.TypeFor[map[any]any]()).table
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		held := map[any]any{}
		(*sync.Map)(p).Range(func(k, v any) bool {
			held[k] = v
			return true
		})
		return pairs.enc(e, *(*unsafe.Pointer)(unsafe.Pointer(&held)))
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		held := map[any]any{}
		if err := pairs.dec(d, *(*unsafe.Pointer)(unsafe.Pointer(&held))); err != nil {
			return err
		}
		for k, v := range held {
			(*sync.Map)(p).Store(k, v)
		}
		return nil
	}
}

// builder travels as its text: it holds its own address.
func builder(c *codec) {
	c.pure = true
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		e.string((*strings.Builder)(p).String())
		return nil
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		s, err := d.string()
		if err != nil {
			return err
		}
		if err := d.spend(len(s), 1); err != nil || s == "" {
			return err
		}
		_, err = (*strings.Builder)(p).WriteString(s)
		return err
	}
}

// marshalled travels as its binary form.
func marshalled(c *codec) {
	c.pure = true
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		b, err := reflect.NewAt(c.t, p).Interface().(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			return &refusal{reason: err.Error(), err: err}
		}
		e.string(string(b))
		return nil
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		s, err := d.string()
		if err != nil {
			return err
		}
		if err := reflect.NewAt(c.t, p).Interface().(encoding.BinaryUnmarshaler).UnmarshalBinary([]byte(s)); err != nil {
			return malformed("a %v: %v", c.t, err)
		}
		return nil
	}
}

// errorText is the type of what errors.New returns.
var errorText = reflect.TypeOf(io.EOF)

// sentinels are errors that are compared by address, by number on the wire.
var sentinels = [...]error{
	io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, io.ErrNoProgress, io.ErrShortBuffer, io.ErrShortWrite,
	fs.ErrInvalid, fs.ErrPermission, fs.ErrExist, fs.ErrNotExist, fs.ErrClosed, context.Canceled,
}

// errorString makes the codec of a pointer to the type of errors.New: known sentinels stay themselves.
func (m maker) errorString(c *codec) {
	m.pointer(c, m.codec(errorText.Elem()), 0)
	enc, dec := c.enc, c.dec
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		for i, s := range sentinels {
			if reflect.ValueOf(s).UnsafePointer() == *(*unsafe.Pointer)(p) {
				e.uint(refEmpty)
				e.uint(uint64(i))
				return nil
			}
		}
		return enc(e, p)
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		if len(d.b) == 0 || d.b[0] != refEmpty {
			return dec(d, p)
		}
		d.b = d.b[1:]
		i, err := d.uint()
		if err != nil {
			return err
		}
		if i >= uint64(len(sentinels)) {
			return malformed("error %d", i)
		}
		*(*unsafe.Pointer)(p) = reflect.ValueOf(sentinels[i]).UnsafePointer()
		return nil
	}
}
