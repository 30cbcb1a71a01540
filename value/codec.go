package value

import (
	"reflect"
	"strconv"
	"sync"
	"unsafe"
)

// codec is how values of one type are written and read, at their address. There is one per type, so codecs compare as
// their types do.
type codec struct {
	t     reflect.Type
	size  uintptr
	least int    // bytes that a value takes in the head
	plain *plain // not nil: no pointers, memory may travel as it is
	pure  bool   // the bytes depend on the value alone, not on what was written before
	enc   func(e *encoder, p unsafe.Pointer) error
	dec   func(d *decoder, p unsafe.Pointer) error
	table *mapCodec // of a map

	refuses string // why no value of the type travels, or ""
	opaque  bool   // written by rules of its own, its fields do not matter
}

// The codecs made so far. They are a pure function of the type: keeping them is a matter of time only.
var (
	codecs  sync.Map // reflect.Type to *codec, complete with all that it uses
	codecMu sync.Mutex
)

func codecOf(t reflect.Type) *codec {
	if c, ok := codecs.Load(t); ok {
		return c.(*codec)
	}
	codecMu.Lock()
	defer codecMu.Unlock()
	m := maker{}
	c := m.codec(t)
	for t, c := range m {
		codecs.Store(t, c)
	}
	return c
}

// maker holds codecs in the making: a type may contain itself through pointers, slices, maps.
type maker map[reflect.Type]*codec

func (m maker) codec(t reflect.Type) *codec {
	if c, ok := codecs.Load(t); ok {
		return c.(*codec)
	}
	if c := m[t]; c != nil {
		return c
	}
	c := &codec{t: t, size: t.Size(), least: 1}
	m[t] = c
	if m.special(c) {
		return c
	}
	switch t.Kind() {
	case reflect.Array:
		m.array(c)
	case reflect.Struct:
		m.structure(c)
	case reflect.Slice:
		m.slice(c)
	case reflect.Pointer:
		m.pointer(c, m.codec(t.Elem()), 0)
	case reflect.Map:
		m.table(c)
	case reflect.Interface:
		iface(c)
	default:
		scalar(c)
	}
	return c
}

// asPlain makes a codec of memory that travels as it is.
func asPlain(c *codec, p *plain) {
	c.plain, c.pure = p, c.size <= Inline
	if c.least = int(c.size); c.size > Inline {
		c.least = 0
	}
	c.enc = func(e *encoder, p unsafe.Pointer) error { e.raw(p, c, 1); return nil }
	c.dec = func(d *decoder, p unsafe.Pointer) error { return d.raw(p, c, 1) }
}

func (m maker) array(c *codec) {
	elem, n := m.codec(c.t.Elem()), c.t.Len()
	if c.size == 0 {
		asPlain(c, &plain{})
		return
	}
	if p, ok := elem.plain.repeat(n, elem.size); ok {
		asPlain(c, p)
		return
	}
	c.least, c.pure = n*elem.least, elem.pure
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		for i := range n {
			if err := elem.enc(e, unsafe.Add(p, uintptr(i)*elem.size)); err != nil {
				return at(err, "["+strconv.Itoa(i)+"]")
			}
		}
		return nil
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		for i := range n {
			if err := elem.dec(d, unsafe.Add(p, uintptr(i)*elem.size)); err != nil {
				return err
			}
		}
		return nil
	}
}

type field struct {
	name   string
	offset uintptr
	*codec
}

func (m maker) structure(c *codec) {
	var fields []field
	least, pure := 0, true
	for f := range c.t.Fields() {
		if f.Name == "_" || f.Type.Size() == 0 {
			continue
		}
		fc := m.codec(f.Type)
		fields = append(fields, field{f.Name, f.Offset, fc})
		least, pure = least+fc.least, pure && fc.pure
	}
	if p, ok := plainStruct(c.t, fields); ok {
		asPlain(c, p)
		return
	}
	c.least, c.pure = least, pure
	inOrder(c, fields)
}

// inOrder writes and reads fields one after the other.
func inOrder(c *codec, fields []field) {
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		for i := range fields {
			f := &fields[i]
			if err := f.enc(e, unsafe.Add(p, f.offset)); err != nil {
				return at(err, "."+f.name)
			}
		}
		return nil
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		for i := range fields {
			f := &fields[i]
			if err := f.dec(d, unsafe.Add(p, f.offset)); err != nil {
				return err
			}
		}
		return nil
	}
}
