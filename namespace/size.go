package namespace

import "reflect"

// maxParts is how many parts of a value are looked at to tell its size; beyond it the size is a lower bound.
const maxParts = 20_000

// Size estimates the memory that a value holds, in bytes: what it reaches through pointers, slices, maps, strings and interfaces, once
// each. It looks at 20,000 parts at most and calls no methods.
func Size(v reflect.Value) int64 { return size(v) }

func size(v reflect.Value) int64 {
	if !v.IsValid() {
		return 0
	}
	w := &weigher{seen: map[uintptr]bool{}}
	w.reach(v)
	return int64(v.Type().Size()) + w.total
}

type weigher struct {
	seen  map[uintptr]bool
	total int64
	parts int
}

func (w *weigher) first(p uintptr) bool {
	if p == 0 || w.seen[p] {
		return false
	}
	w.seen[p] = true
	return true
}

// reach adds what v points to; v's own size is counted by whoever holds it.
func (w *weigher) reach(v reflect.Value) {
	if w.parts++; w.parts > maxParts {
		return
	}
	switch v.Kind() {
	case reflect.String:
		w.total += int64(v.Len())
	case reflect.Pointer:
		if w.first(v.Pointer()) {
			w.hold(v.Elem())
		}
	case reflect.Interface:
		if !v.IsNil() {
			w.hold(v.Elem())
		}
	case reflect.Slice:
		if w.first(v.Pointer()) {
			w.total += int64(v.Cap()) * int64(v.Type().Elem().Size())
			w.each(v)
		}
	case reflect.Array:
		w.each(v)
	case reflect.Map:
		if w.first(v.Pointer()) {
			w.total += int64(v.Len()) * int64(v.Type().Key().Size()+v.Type().Elem().Size())
			for it := v.MapRange(); w.parts < maxParts && it.Next(); {
				w.reach(it.Key())
				w.reach(it.Value())
			}
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			w.reach(field)
		}
	default: // it holds nothing outside of itself, or nothing that can be told
	}
}

func (w *weigher) hold(v reflect.Value) {
	w.total += int64(v.Type().Size())
	w.reach(v)
}

func (w *weigher) each(v reflect.Value) {
	if flat(v.Type().Elem()) {
		return
	}
	for i := 0; i < v.Len() && w.parts < maxParts; i++ {
		w.reach(v.Index(i))
	}
}

// flat says whether values of a type hold nothing outside of themselves.
func flat(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return flat(t.Elem())
	case reflect.Struct:
		for field := range t.Fields() {
			if !flat(field.Type) {
				return false
			}
		}
		return true
	default:
		return t.Kind() <= reflect.Complex128
	}
}
