package value

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"unsafe"
)

type decoder struct {
	o       Options
	b       []byte
	frames  [][]byte
	objects []identity // by number
	items   []item
	types   []knownType
	depth   int
	budget  int64 // bytes that may still be allocated
}

func decodeRoot(e Encoded, t reflect.Type, o Options) (reflect.Value, error) {
	d := &decoder{o: o, b: e.Head, frames: e.Frames, budget: o.Limits.Bytes}
	f, err := d.byte()
	if err != nil {
		return reflect.Value{}, err
	}
	if f != format {
		return reflect.Value{}, malformed("format %d, not %d", f, format)
	}
	name, err := d.string()
	if err != nil {
		return reflect.Value{}, err
	}
	if err := d.sameType(name, t, t.String()); err != nil {
		return reflect.Value{}, err
	}
	c := codecOf(t)
	if err := d.spend(1, c.size); err != nil {
		return reflect.Value{}, err
	}
	v := reflect.New(t)
	root := identity{v.UnsafePointer(), c, 1, target}
	d.objects = append(d.objects, root)
	d.later(root)
	if err := d.drain(0); err != nil {
		return reflect.Value{}, err
	}
	if len(d.b) > 0 || len(d.frames) > 0 {
		return reflect.Value{}, malformed("%d bytes and %d frames left over", len(d.b), len(d.frames))
	}
	return v.Elem(), nil
}

var dynamic = reflect.TypeFor[any]()

// otherType says that the encoding is of another type than is wanted.
type otherType struct{ name string }

func (o otherType) Error() string { return "it holds a " + o.name }

// decodeHeld makes a value of type t of what a value encoded as any holds.
func decodeHeld(e Encoded, t reflect.Type, o Options) (reflect.Value, error) {
	v, err := decodeRoot(e, dynamic, o)
	if err != nil {
		return v, err
	}
	held := v.Elem()
	if !held.IsValid() {
		return v, otherType{"nil"}
	}
	if !held.Type().AssignableTo(t) {
		return v, otherType{held.Type().String()}
	}
	as := reflect.New(t).Elem()
	as.Set(held)
	return as, nil
}

// sameType reads a fingerprint and compares name and fingerprint with a type.
func (d *decoder) sameType(name string, t reflect.Type, want string) error {
	b, err := d.take(4)
	if err != nil {
		return err
	}
	if name != want {
		return otherType{name}
	}
	if binary.LittleEndian.Uint32(b) != fingerprint(t) {
		return fmt.Errorf("type %s is defined differently in the sender", name)
	}
	return nil
}

func (d *decoder) byte() (byte, error) {
	if len(d.b) == 0 {
		return 0, malformed("it ends early")
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c, nil
}

func (d *decoder) uint() (uint64, error) {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		return 0, malformed("no number where one should be")
	}
	d.b = d.b[n:]
	return v, nil
}

func (d *decoder) take(n int) ([]byte, error) {
	if n < 0 || len(d.b) < n {
		return nil, malformed("%d bytes wanted, %d left", n, len(d.b))
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b, nil
}

func (d *decoder) string() (string, error) {
	n, err := d.uint()
	if err != nil {
		return "", err
	}
	if n > uint64(len(d.b)) {
		return "", malformed("a string of %d bytes, %d left", n, len(d.b))
	}
	b, err := d.take(int(n))
	return string(b), err
}

// count reads a number of elements and checks that the rest of the head can hold them at least bytes each.
func (d *decoder) count(least int) (int, error) {
	n, err := d.uint()
	if err != nil {
		return 0, err
	}
	if n > uint64(d.o.Limits.Elements) {
		return 0, malformed("%d elements are over the limit of %d", n, d.o.Limits.Elements)
	}
	if least > 0 && n > uint64(len(d.b)/least) {
		return 0, malformed("%d elements in %d bytes", n, len(d.b))
	}
	return int(n), nil
}

// spend takes n elements of a size from what may be allocated.
func (d *decoder) spend(n int, size uintptr) error {
	if size > 0 && uint64(n) > uint64(d.budget)/uint64(size) {
		return malformed("%d elements of %d bytes are over the limit", n, size)
	}
	d.budget -= int64(n) * int64(size)
	return nil
}

func (d *decoder) later(id identity) { d.items = append(d.items, item{identity: id}) }

// drain reads the contents of objects, in the order in which the encoder wrote them.
func (d *decoder) drain(from int) error {
	for i := from; i < len(d.items); i++ {
		if d.items[i].done {
			continue
		}
		d.items[i].done = true
		if err := d.contents(d.items[i].identity); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) contents(id identity) error {
	switch id.k {
	case array:
		for i := range id.n {
			if err := id.c.dec(d, unsafe.Add(id.p, uintptr(i)*id.c.size)); err != nil {
				return err
			}
		}
		return nil
	case table:
		return id.c.table.dec(d, id.p)
	default:
		return id.c.dec(d, id.p)
	}
}

// known gives the object of a number that a reference to kind k of c holds.
func (d *decoder) known(ref uint64, c *codec, k objectKind) (identity, error) {
	i := ref - refKnown
	if ref < refKnown || i >= uint64(len(d.objects)) {
		return identity{}, malformed("reference %d to one of %d objects", ref, len(d.objects))
	}
	id := d.objects[i]
	if id.c != c || id.k != k {
		return identity{}, malformed("reference to object %d as another type", i)
	}
	return id, nil
}

// raw fills n plain elements at p.
func (d *decoder) raw(p unsafe.Pointer, c *codec, n int) error {
	src, err := d.source(c, n)
	if err != nil || len(src) == 0 {
		return err
	}
	copy(unsafe.Slice((*byte)(p), len(src)), src)
	return nil
}

// source gives the memory of n plain elements in head or frame.
func (d *decoder) source(c *codec, n int) ([]byte, error) {
	if c.size == 0 || n == 0 {
		return nil, nil
	}
	if uint64(n) > 1<<62/uint64(c.size) {
		return nil, malformed("%d elements of %d bytes", n, c.size)
	}
	size := n * int(c.size)
	var src []byte
	if size <= Inline {
		b, err := d.take(size)
		if err != nil {
			return nil, err
		}
		src = b
	} else {
		if len(d.frames) == 0 || len(d.frames[0]) != size {
			return nil, malformed("no frame of %d bytes where one should be", size)
		}
		src, d.frames = d.frames[0], d.frames[1:]
	}
	return src, c.plain.check(src, c.size)
}

func (d *decoder) enter() error {
	if d.depth++; d.depth > d.o.Limits.Depth {
		return malformed("nested deeper than %d", d.o.Limits.Depth)
	}
	return nil
}
