package value

import (
	"reflect"
	"unsafe"
)

// iface makes a codec of an interface: the type of what it holds, then the value.
func iface(c *codec) {
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		v := reflect.NewAt(c.t, p).Elem()
		if v.IsNil() {
			e.uint(refNil)
			return nil
		}
		v = v.Elem()
		dc := codecOf(v.Type())
		if what := dc.never(); what != "" {
			return stays(what)
		}
		if err := e.typ(dc.t); err != nil {
			return err
		}
		if err := e.enter(); err != nil {
			return err
		}
		defer func() { e.depth-- }()
		if dc.t.Kind() == reflect.Pointer {
			q := v.UnsafePointer()
			return dc.enc(e, unsafe.Pointer(&q))
		}
		held := reflect.New(dc.t)
		held.Elem().Set(v)
		return dc.enc(e, held.UnsafePointer())
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		v := reflect.NewAt(c.t, p).Elem()
		t, err := d.typ()
		if err != nil {
			return err
		}
		if t == nil {
			v.SetZero()
			return nil
		}
		if !t.AssignableTo(c.t) {
			return malformed("a %v as %v", t, c.t)
		}
		if err := d.enter(); err != nil {
			return err
		}
		defer func() { d.depth-- }()
		if err := d.spend(1, t.Size()); err != nil {
			return err
		}
		held := reflect.New(t)
		if err := codecOf(t).dec(d, held.UnsafePointer()); err != nil {
			return err
		}
		v.Set(held.Elem())
		return nil
	}
}

// never says why no value of the type, other than nil pointers, can travel, or "".
func (c *codec) never() string {
	if c.refuses == "" && c.t.Kind() == reflect.Pointer && c.t.Name() == "" {
		return codecOf(c.t.Elem()).refuses
	}
	return c.refuses
}
