package value

import (
	"reflect"
	"unsafe"
)

// pointer makes a codec of a pointer to elem that stands at an offset in the memory of c.
func (m maker) pointer(c, elem *codec, offset uintptr) {
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		q := *(*unsafe.Pointer)(unsafe.Add(p, offset))
		switch {
		case q == nil:
			e.uint(refNil)
			return nil
		case elem.size == 0: // all such may have one address
			e.uint(refEmpty)
			return nil
		}
		id := identity{q, elem, 1, target}
		fresh, err := e.ref(id)
		if fresh {
			e.later(id)
		}
		return err
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		ref, err := d.uint()
		if err != nil {
			return err
		}
		to := (*unsafe.Pointer)(unsafe.Add(p, offset))
		switch ref {
		case refNil:
			*to = nil
			return nil
		case refEmpty, refNew:
			if (elem.size == 0) != (ref == refEmpty) {
				return malformed("reference %d to a %v", ref, elem.t)
			}
			if err := d.spend(1, elem.size); err != nil {
				return err
			}
			*to = reflect.New(elem.t).UnsafePointer()
			if ref == refNew {
				id := identity{*to, elem, 1, target}
				d.objects = append(d.objects, id)
				d.later(id)
			}
			return nil
		case refInside:
			*to, err = d.inside(elem)
			return err
		}
		id, err := d.known(ref, elem, target)
		*to = id.p
		return err
	}
}
