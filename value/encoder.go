package value

import (
	"encoding/binary"
	"reflect"
	"strconv"
	"unsafe"
)

// format is the first byte of a head.
const format = 1

// Inline is the size in bytes up to which plain memory is put into the head.
const Inline = 4096

// References to objects (targets of pointers, arrays behind slices, maps) begin with one of these; from refKnown on it is
// the number of an object met before. New objects are numbered as they are met. Their contents follow after the object
// that is being written, first met first written, so lists of any length need no stack.
const (
	refNil = iota
	refEmpty
	refNew
	refInside
	refKnown
)

// kindOf an object, as part of its identity.
type objectKind uint8

const (
	target objectKind = iota // of a pointer
	array                    // behind a slice
	table                    // a map
)

// identity of an object: a struct and its first field share an address, slices of one array may differ in length.
type identity struct {
	p unsafe.Pointer
	c *codec // of the target, of an element, of the map
	n int    // elements of an array
	k objectKind
}

// item is an object whose contents are to be written.
type item struct {
	identity
	parent int // item that the first reference was met in
	done   bool
}

type encoder struct {
	o       Options
	b       []byte
	frames  [][]byte
	ids     map[identity]int
	objects []identity // by number
	items   []item
	cur     int // item being written
	types   map[reflect.Type]typeEntry
	depth   int
	sorting *encoder  // not nil: the bytes serve only to sort keys of a map of that encoder
	seek    *identity // not nil: stop at the reference to this object (to find its path)
	owners  []owner   // not nil: objects that others point into
}

func (e *encoder) uint(v uint64)   { e.b = binary.AppendUvarint(e.b, v) }
func (e *encoder) string(s string) { e.uint(uint64(len(s))); e.b = append(e.b, s...) }

func encodeRoot(v reflect.Value, o Options) (Encoded, error) {
	c := codecOf(v.Type())
	root := identity{v.Addr().UnsafePointer(), c, 1, target}
	var owners []owner
	for {
		e := &encoder{o: o, ids: map[identity]int{}, owners: owners}
		err := e.all(root, v.Type())
		if err != nil {
			return Encoded{}, e.refused(err)
		}
		if owners == nil {
			if owners = e.overlaps(); owners != nil {
				continue // once more, with knowledge of who points into whom
			}
		}
		return Encoded{e.b, e.frames}, nil
	}
}

func (e *encoder) all(root identity, t reflect.Type) error {
	e.b = append(e.b, format)
	e.string(t.String())
	e.b = binary.LittleEndian.AppendUint32(e.b, fingerprint(t))
	e.number(root)
	e.items = append(e.items, item{identity: root, parent: -1})
	return e.drain(0)
}

// number gives the next number to an object.
func (e *encoder) number(id identity) {
	e.ids[id] = len(e.objects)
	e.objects = append(e.objects, id)
}

// drain writes the contents of items from the given one on, with those that turn up meanwhile.
func (e *encoder) drain(from int) error {
	for i := from; i < len(e.items); i++ {
		if e.items[i].done {
			continue
		}
		e.items[i].done = true
		e.cur = i
		if err := e.contents(e.items[i].identity); err != nil {
			e.cur = i // an inner drain may have moved it
			return err
		}
	}
	return nil
}

func (e *encoder) contents(id identity) error {
	switch id.k {
	case array:
		for i := range id.n {
			if err := id.c.enc(e, unsafe.Add(id.p, uintptr(i)*id.c.size)); err != nil {
				return at(err, "["+strconv.Itoa(i)+"]")
			}
		}
		return nil
	case table:
		return id.c.table.enc(e, id.p)
	default:
		return id.c.enc(e, id.p)
	}
}

// ref writes a reference to an object and reports whether it is new, so that a length may follow.
func (e *encoder) ref(id identity) (bool, error) {
	if e.seek != nil && *e.seek == id {
		return false, &refusal{found: true}
	}
	if e.sorting != nil {
		return e.refToSort(id)
	}
	if k, ok := e.ids[id]; ok {
		e.uint(uint64(refKnown + k))
		return false, nil
	}
	if e.owners != nil {
		ok, err := e.inside(id)
		if ok || err != nil {
			return false, err
		}
	}
	e.number(id)
	e.uint(refNew)
	return true, nil
}

// refToSort writes no number that depends on the order in which a map is walked.
func (e *encoder) refToSort(id identity) (bool, error) {
	if k, ok := e.sorting.ids[id]; ok {
		e.uint(uint64(refKnown + k))
		return false, nil
	}
	e.uint(refNew)
	if id.k == target && id.c.pure {
		return false, id.c.enc(e, id.p)
	}
	return false, nil
}

// later has the contents of a new object written after the present one.
func (e *encoder) later(id identity) {
	e.items = append(e.items, item{identity: id, parent: e.cur})
}

// raw writes n plain elements: up to Inline bytes into the head, else as a frame.
func (e *encoder) raw(p unsafe.Pointer, c *codec, n int) {
	size := uintptr(n) * c.size
	if size == 0 {
		return
	}
	mem := unsafe.Slice((*byte)(p), size)
	if size <= Inline {
		k := len(e.b)
		e.b = append(e.b, mem...)
		c.plain.wipe(e.b[k:], c.size)
		return
	}
	if e.o.Copy || len(c.plain.holes) > 0 {
		mem = append(make([]byte, 0, size), mem...)
		c.plain.wipe(mem, c.size)
	}
	e.frames = append(e.frames, mem)
}

// enter counts nesting that a value may choose.
func (e *encoder) enter() error {
	if e.depth++; e.depth > e.o.Limits.Depth {
		return refuse("it is nested deeper than " + strconv.Itoa(e.o.Limits.Depth) + " interface values")
	}
	return nil
}
