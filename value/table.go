package value

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// mapCodec writes and reads the contents of maps.
type mapCodec struct {
	t         reflect.Type
	key, elem *codec
}

func (m maker) table(c *codec) {
	t := &mapCodec{t: c.t, key: m.codec(c.t.Key()), elem: m.codec(c.t.Elem())}
	c.table = t
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		q := *(*unsafe.Pointer)(p)
		if q == nil {
			e.uint(refNil)
			return nil
		}
		id := identity{q, c, 0, table}
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
		to := (*unsafe.Pointer)(p)
		switch ref {
		case refNil:
			*to = nil
			return nil
		case refEmpty, refInside:
			return malformed("reference %d to a map", ref)
		case refNew:
			if err := d.spend(1, 64); err != nil {
				return err
			}
			*to = reflect.MakeMap(c.t).UnsafePointer()
			id := identity{*to, c, 0, table}
			d.objects = append(d.objects, id)
			d.later(id)
			return nil
		}
		id, err := d.known(ref, c, table)
		*to = id.p
		return err
	}
}

// enc writes the pairs in the order of the bytes of their keys.
func (t *mapCodec) enc(e *encoder, q unsafe.Pointer) error {
	m := reflect.NewAt(t.t, unsafe.Pointer(&q)).Elem()
	n := m.Len()
	e.uint(uint64(n))
	keys := reflect.MakeSlice(reflect.SliceOf(t.t.Key()), n, n)
	elems := reflect.MakeSlice(reflect.SliceOf(t.t.Elem()), n, n)
	sort := &encoder{o: e.o, sorting: e, depth: e.depth}
	if e.sorting != nil {
		sort.sorting = e.sorting
	}
	type entry struct{ i, from, to int }
	order := make([]entry, n)
	it := m.MapRange()
	for i := 0; it.Next(); i++ {
		k := keys.Index(i)
		k.SetIterKey(it)
		elems.Index(i).SetIterValue(it)
		from := len(sort.b)
		clear(sort.types)
		if err := t.key.enc(sort, k.Addr().UnsafePointer()); err != nil {
			return at(err, "["+keyText(k)+"]")
		}
		order[i] = entry{i, from, len(sort.b)}
	}
	slices.SortFunc(order, func(a, b entry) int {
		return bytes.Compare(sort.b[a.from:a.to], sort.b[b.from:b.to])
	})
	for _, o := range order {
		k := keys.Index(o.i)
		if t.key.pure {
			e.b = append(e.b, sort.b[o.from:o.to]...)
		} else if err := t.key.enc(e, k.Addr().UnsafePointer()); err != nil {
			return at(err, "["+keyText(k)+"]")
		}
		if err := t.elem.enc(e, elems.Index(o.i).Addr().UnsafePointer()); err != nil {
			return at(err, "["+keyText(k)+"]")
		}
	}
	return nil
}

// keyText is a key as a step of a path.
func keyText(k reflect.Value) string {
	if k.Kind() == reflect.Interface && !k.IsNil() {
		k = k.Elem()
	}
	switch {
	case k.Kind() == reflect.String:
		return fmt.Sprintf("%.40q", k.String())
	case k.CanInt():
		return fmt.Sprint(k.Int())
	case k.CanUint():
		return fmt.Sprint(k.Uint())
	case k.CanFloat():
		return fmt.Sprint(k.Float())
	case k.Kind() == reflect.Bool:
		return fmt.Sprint(k.Bool())
	}
	return k.Type().String()
}

func (t *mapCodec) dec(d *decoder, q unsafe.Pointer) error {
	n, err := d.count(t.key.least + t.elem.least)
	if err != nil {
		return err
	}
	m := reflect.NewAt(t.t, unsafe.Pointer(&q)).Elem()
	k, v := reflect.New(t.t.Key()).Elem(), reflect.New(t.t.Elem()).Elem()
	for i := range n {
		if err := d.spend(1, t.key.size+t.elem.size+8); err != nil {
			return err
		}
		k.SetZero()
		v.SetZero()
		if err := t.key.dec(d, k.Addr().UnsafePointer()); err != nil {
			return err
		}
		if err := t.elem.dec(d, v.Addr().UnsafePointer()); err != nil {
			return err
		}
		if !k.Comparable() {
			return malformed("a key of a map that cannot be compared")
		}
		m.SetMapIndex(k, v)
		if m.Len() != i+1 {
			return malformed("a key of a map twice")
		}
	}
	return nil
}
