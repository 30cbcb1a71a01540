package value

import (
	"reflect"
	"unsafe"
)

// header is what the memory of a slice holds.
type header struct {
	data     unsafe.Pointer
	len, cap int
}

func (m maker) slice(c *codec) {
	elem := m.codec(c.t.Elem())
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		h := (*header)(p)
		switch {
		case h.data == nil:
			e.uint(refNil)
			return nil
		case h.len == 0:
			e.uint(refEmpty)
			return nil
		}
		if elem.size == 0 { // all such may have one address
			e.uint(refNew)
			e.uint(uint64(h.len))
			return nil
		}
		id := identity{h.data, elem, h.len, array}
		fresh, err := e.ref(id)
		if !fresh {
			return err
		}
		e.uint(uint64(h.len))
		if elem.plain != nil {
			e.raw(h.data, elem, h.len)
		} else {
			e.later(id)
		}
		return nil
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		ref, err := d.uint()
		if err != nil {
			return err
		}
		h := (*header)(p)
		switch ref {
		case refNil:
			*h = header{}
			return nil
		case refEmpty:
			*h = header{data: reflect.MakeSlice(c.t, 0, 0).UnsafePointer()}
			return nil
		case refNew:
			return d.newArray(h, c.t, elem)
		case refInside:
			return d.view(h, elem)
		}
		id, err := d.known(ref, elem, array)
		*h = header{id.p, id.n, id.n}
		return err
	}
}

// newArray reads a slice not met before.
func (d *decoder) newArray(h *header, t reflect.Type, elem *codec) error {
	least := elem.least
	if elem.plain != nil {
		least = 0 // source checks
	}
	n, err := d.count(least)
	if err != nil {
		return err
	}
	if n == 0 {
		return malformed("a new array of no elements")
	}
	if elem.plain == nil {
		if err := d.spend(n, elem.size); err != nil {
			return err
		}
		id := identity{reflect.MakeSlice(t, n, n).UnsafePointer(), elem, n, array}
		*h = header{id.p, n, n}
		d.objects = append(d.objects, id)
		d.later(id)
		return nil
	}
	src, err := d.source(elem, n)
	if err != nil {
		return err
	}
	var mem unsafe.Pointer
	if len(src) > Inline && !d.o.Copy && uintptr(unsafe.Pointer(&src[0]))%uintptr(elem.t.Align()) == 0 {
		mem = unsafe.Pointer(&src[0]) // in place
	} else {
		if err := d.spend(n, elem.size); err != nil {
			return err
		}
		mem = reflect.MakeSlice(t, n, n).UnsafePointer()
		if len(src) > 0 {
			copy(unsafe.Slice((*byte)(mem), len(src)), src)
		}
	}
	*h = header{mem, n, n}
	if elem.size > 0 {
		d.objects = append(d.objects, identity{mem, elem, n, array})
	}
	return nil
}
