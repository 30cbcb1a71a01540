package value

import "reflect"

// plain describes memory without pointers: what travels as it is, except for holes.
type plain struct {
	holes []span // padding and blank fields: sent as zeros, so that equal values are equal bytes
	bools []span // bytes that must be 0 or 1
}

type span struct{ from, to uintptr }

// mostSpans bounds the description; a type with more is written field by field.
const mostSpans = 64

// add appends spans moved by an offset, joining neighbours.
func add(to, spans []span, offset uintptr) []span {
	for _, s := range spans {
		s.from, s.to = s.from+offset, s.to+offset
		if s.from == s.to {
			continue
		}
		if n := len(to); n > 0 && to[n-1].to == s.from {
			to[n-1].to = s.to
			continue
		}
		to = append(to, s)
	}
	return to
}

// repeat describes an array.
func (p *plain) repeat(n int, size uintptr) (*plain, bool) {
	if p == nil {
		return nil, false
	}
	r := &plain{}
	if len(p.holes)+len(p.bools) == 0 {
		return r, true
	}
	for i := range n {
		r.holes = add(r.holes, p.holes, uintptr(i)*size)
		r.bools = add(r.bools, p.bools, uintptr(i)*size)
		if len(r.holes)+len(r.bools) > mostSpans {
			return nil, false
		}
	}
	return r, true
}

// plainStruct describes a struct of which fields are all but the blank and empty ones.
func plainStruct(t reflect.Type, fields []field) (*plain, bool) {
	r := &plain{}
	end := uintptr(0)
	for _, f := range fields {
		if f.plain == nil {
			return nil, false
		}
		r.holes = add(r.holes, []span{{end, f.offset}}, 0)
		r.holes = add(r.holes, f.plain.holes, f.offset)
		r.bools = add(r.bools, f.plain.bools, f.offset)
		end = f.offset + f.size
	}
	r.holes = add(r.holes, []span{{end, t.Size()}}, 0)
	if len(r.holes)+len(r.bools) > mostSpans {
		return nil, false
	}
	for f := range t.Fields() { // a frame may not stand for memory in which the collector looks for pointers
		if f.Name == "_" && f.Type.Size() > 0 && !pointerFree(f.Type) {
			return nil, false
		}
	}
	return r, true
}

func pointerFree(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return t.Len() == 0 || pointerFree(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if !pointerFree(f.Type) {
				return false
			}
		}
		return true
	default:
		return t.Kind() >= reflect.Bool && t.Kind() <= reflect.Complex128
	}
}

// wipe zeroes the holes of elements of a size.
func (p *plain) wipe(mem []byte, size uintptr) {
	if len(p.holes) == 0 {
		return
	}
	for len(mem) > 0 {
		for _, s := range p.holes {
			clear(mem[s.from:s.to])
		}
		mem = mem[size:]
	}
}

// check refuses bools that are neither 0 nor 1: the compiler relies on it.
func (p *plain) check(mem []byte, size uintptr) error {
	if len(p.bools) == 0 {
		return nil
	}
	for len(mem) > 0 {
		for _, s := range p.bools {
			for _, b := range mem[s.from:s.to] {
				if b > 1 {
					return malformed("a bool of %d", b)
				}
			}
		}
		mem = mem[size:]
	}
	return nil
}
