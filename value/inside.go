package value

import (
	"cmp"
	"reflect"
	"slices"
	"sort"
	"unsafe"
)

// Pointers and slices may point into an object that is also reached as a whole: a node in a slice of nodes, rows of one
// array, a lock of the struct around it. Most values have none of that; so it is looked for when a value has been
// written, and only if there is some the value is written once more with these references as object and offset.

// owner is an object that others point into.
type owner struct {
	identity
	from, to uintptr
}

// extent is the memory of an object.
type extent struct {
	from, to uintptr
	object   int
}

// nesting counts the types that begin where a type begins: a struct of one field is around the field.
func nesting(t reflect.Type) int {
	n := 0
	for {
		switch {
		case t.Kind() == reflect.Struct && t.NumField() > 0:
			f, ok := fieldAt(t, 0)
			if !ok {
				return n
			}
			t = f.Type
		case t.Kind() == reflect.Array && t.Len() > 0:
			t = t.Elem()
		default:
			return n
		}
		n++
	}
}

// overlaps gives the outermost objects that contain other objects, by address.
func (e *encoder) overlaps() []owner {
	if len(e.objects) < 2 {
		return nil
	}
	all := make([]extent, 0, len(e.objects))
	for i, id := range e.objects {
		if id.k != table {
			from := uintptr(id.p)
			all = append(all, extent{from, from + uintptr(id.n)*id.c.size, i})
		}
	}
	slices.SortFunc(all, func(a, b extent) int {
		if a.from != b.from {
			return cmp.Compare(a.from, b.from)
		}
		if a.to != b.to {
			return cmp.Compare(b.to, a.to)
		}
		return cmp.Or(cmp.Compare(nesting(e.objects[b.object].c.t), nesting(e.objects[a.object].c.t)), cmp.Compare(a.object, b.object))
	})
	var owners []owner
	top, taken := 0, false
	for i := 1; i < len(all); i++ {
		switch o := all[i]; {
		case o.from >= all[top].to || o.to > all[top].to:
			if o.to > all[top].to {
				top, taken = i, false
			}
		case !taken:
			owners, taken = append(owners, owner{e.objects[all[top].object], all[top].from, all[top].to}), true
		}
	}
	return owners
}

// inside writes a reference into an owner, if the object lies in one.
func (e *encoder) inside(id identity) (bool, error) {
	if id.k == table {
		return false, nil
	}
	from := uintptr(id.p)
	i := sort.Search(len(e.owners), func(i int) bool { return e.owners[i].from > from }) - 1
	if i < 0 || from+uintptr(id.n)*id.c.size > e.owners[i].to {
		return false, nil
	}
	o := e.owners[i]
	if o.identity == id || !holds(o.identity, from-o.from, id) {
		return false, nil
	}
	e.uint(refInside)
	k, known := e.ids[o.identity]
	if !known {
		k = len(e.objects)
	}
	e.uint(uint64(k))
	if !known {
		if err := e.ahead(o.identity); err != nil {
			return false, err
		}
	}
	e.uint(uint64(from - o.from))
	if id.k == array {
		e.uint(uint64(id.n))
	}
	return true, nil
}

// ahead writes an object that is first met through a reference into it.
func (e *encoder) ahead(id identity) error {
	e.number(id)
	e.b = append(e.b, byte(id.k))
	if err := e.typ(id.c.t); err != nil {
		return err
	}
	e.uint(uint64(id.n))
	if id.k == array && id.c.plain != nil {
		e.raw(id.p, id.c, id.n)
	} else {
		e.later(id)
	}
	return nil
}

// holds reports whether the memory of an object at an offset is that of another one.
func holds(o identity, offset uintptr, in identity) bool {
	t, n := o.c.t, o.n
	for {
		size := t.Size()
		if size == 0 || offset >= size*uintptr(n) {
			return false
		}
		if t == in.c.t && offset%size == 0 && in.n <= n-int(offset/size) {
			return true
		}
		offset %= size
		switch t.Kind() {
		case reflect.Array:
			t, n = t.Elem(), t.Len()
		case reflect.Struct:
			f, ok := fieldAt(t, offset)
			if !ok {
				return false
			}
			t, n, offset = f.Type, 1, offset-f.Offset
		default:
			return false
		}
	}
}

func fieldAt(t reflect.Type, offset uintptr) (reflect.StructField, bool) {
	for f := range t.Fields() {
		if f.Offset <= offset && offset < f.Offset+f.Type.Size() {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// owner reads the object that a reference points into, and the offset.
func (d *decoder) owner() (identity, uintptr, error) {
	k, err := d.uint()
	if err != nil {
		return identity{}, 0, err
	}
	if k == uint64(len(d.objects)) {
		if err := d.ahead(); err != nil {
			return identity{}, 0, err
		}
	}
	if k >= uint64(len(d.objects)) || d.objects[k].k == table {
		return identity{}, 0, malformed("reference into object %d of %d", k, len(d.objects))
	}
	offset, err := d.uint()
	return d.objects[k], uintptr(offset), err
}

func (d *decoder) ahead() error {
	k, err := d.byte()
	if err != nil {
		return err
	}
	t, err := d.typ()
	if err != nil {
		return err
	}
	if t == nil || t.Size() == 0 {
		return malformed("an object without type or size")
	}
	c := codecOf(t)
	switch objectKind(k) {
	case table:
	case array:
		var h header
		return d.newArray(&h, reflect.SliceOf(t), c)
	case target:
		n, err := d.uint()
		if err == nil && n != 1 {
			err = malformed("%d targets of a pointer", n)
		}
		if err == nil {
			err = d.spend(1, c.size)
		}
		if err != nil {
			return err
		}
		id := identity{reflect.New(t).UnsafePointer(), c, 1, target}
		d.objects = append(d.objects, id)
		d.later(id)
		return nil
	}
	return malformed("an object of kind %d", k)
}

// inside reads a pointer into an object.
func (d *decoder) inside(elem *codec) (unsafe.Pointer, error) {
	o, offset, err := d.owner()
	if err != nil {
		return nil, err
	}
	if !holds(o, offset, identity{c: elem, n: 1}) {
		return nil, malformed("no %v at %d of a %v", elem.t, offset, o.c.t)
	}
	return unsafe.Add(o.p, offset), nil
}

// view reads a slice of a part of an object.
func (d *decoder) view(h *header, elem *codec) error {
	o, offset, err := d.owner()
	if err != nil {
		return err
	}
	n, err := d.uint()
	if err != nil {
		return err
	}
	if n == 0 || n > uint64(d.o.Limits.Elements) || !holds(o, offset, identity{c: elem, n: int(n)}) {
		return malformed("no %d elements of %v at %d of a %v", n, elem.t, offset, o.c.t)
	}
	*h = header{unsafe.Add(o.p, offset), int(n), int(n)}
	return nil
}
