package value

import (
	"fmt"
	"reflect"
	"unsafe"
)

// Sender is a type that says how it travels: as the value that EncodeValue returns, which has no chan, func and the like
// and whose type has a name. An error refuses, and its text is the reason that the user reads.
type Sender interface {
	EncodeValue() (any, error)
}

// Receiver is the other half of a Sender, on the pointer: DecodeValue fills the receiver from what EncodeValue returned
// in the sending process. Objects that the value shares with what is around it may be incomplete during the call.
type Receiver interface {
	DecodeValue(any) error
}

// form makes the codec of a Sender.
func (m maker) form(c *codec) bool {
	p := reflect.PointerTo(c.t)
	if !p.Implements(reflect.TypeFor[Sender]()) {
		return false
	}
	receives := p.Implements(reflect.TypeFor[Receiver]())
	box := m.codec(reflect.TypeFor[any]())
	c.opaque = true
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		x, err := reflect.NewAt(c.t, p).Interface().(Sender).EncodeValue()
		if err != nil {
			return &refusal{reason: err.Error(), err: err}
		}
		if !receives {
			return refuse(fmt.Sprintf("%v has EncodeValue but no DecodeValue", c.t))
		}
		return e.standIn(box, &x)
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		if err := d.enter(); err != nil {
			return err
		}
		defer func() { d.depth-- }()
		from := len(d.items)
		var x any
		if err := box.dec(d, unsafe.Pointer(&x)); err != nil {
			return err
		}
		if err := d.drain(from); err != nil {
			return err
		}
		r, ok := reflect.NewAt(c.t, p).Interface().(Receiver)
		if !ok {
			return malformed("a %v, which has no DecodeValue", c.t)
		}
		if err := r.DecodeValue(x); err != nil {
			return fmt.Errorf("%v: %w", c.t, err)
		}
		return nil
	}
	return true
}

// standIn writes a value with all that it brings, so that the receiver has it whole before DecodeValue is called.
func (e *encoder) standIn(box *codec, x *any) error {
	if err := e.enter(); err != nil {
		return err
	}
	defer func() { e.depth-- }()
	from, cur := len(e.items), e.cur
	if err := box.enc(e, unsafe.Pointer(x)); err != nil {
		return err
	}
	if e.seek != nil || e.sorting != nil {
		return nil
	}
	if err := e.drain(from); err != nil {
		e.climb(err, from, func(up *encoder) error { return box.enc(up, unsafe.Pointer(x)) })
		e.cur = cur
		return err
	}
	e.cur = cur
	return nil
}
