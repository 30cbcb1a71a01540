package value

import (
	"fmt"
	"reflect"
	"time"
	"unsafe"
)

// place is where a value of a type stands.
type place struct {
	p unsafe.Pointer
	t reflect.Type
}

// twins walks two values in step and says where their sharing differs: places in one must be places in the other.
type twins struct{ there, back map[place]unsafe.Pointer }

func alike(a, b reflect.Value) error {
	return (&twins{map[place]unsafe.Pointer{}, map[place]unsafe.Pointer{}}).walk(a, b)
}

func (w *twins) walk(a, b reflect.Value) error {
	if a.Type() != b.Type() || a.Type() == reflect.TypeFor[time.Time]() {
		return nil
	}
	if a.CanAddr() && b.CanAddr() && a.Type().Size() > 0 {
		pa, pb := a.Addr().UnsafePointer(), b.Addr().UnsafePointer()
		ka, kb := place{pa, a.Type()}, place{pb, b.Type()}
		there, met := w.there[ka]
		back, met2 := w.back[kb]
		if met != met2 || met && (there != pb || back != pa) {
			return fmt.Errorf("a %v is shared on one side only", a.Type())
		}
		if met {
			return nil
		}
		w.there[ka], w.back[kb] = pb, pa
		a, b = reflect.NewAt(a.Type(), pa).Elem(), reflect.NewAt(b.Type(), pb).Elem()
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() != b.IsNil() {
			return fmt.Errorf("a %v is nil on one side only", a.Type())
		}
		if !a.IsNil() {
			return w.walk(a.Elem(), b.Elem())
		}
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return fmt.Errorf("a %v has another length", a.Type())
		}
		for i := range a.Len() {
			if err := w.walk(a.Index(i), b.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if err := w.walk(a.Field(i), b.Field(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		k := place{a.UnsafePointer(), a.Type()}
		there, met := w.there[k]
		if met && there != b.UnsafePointer() {
			return fmt.Errorf("a %v is shared on one side only", a.Type())
		}
		w.there[k] = b.UnsafePointer()
		for it := a.MapRange(); !met && it.Next(); {
			e := b.MapIndex(it.Key())
			if !e.IsValid() {
				return fmt.Errorf("a %v lacks a key", a.Type())
			}
			if err := w.walk(it.Value(), e); err != nil {
				return err
			}
		}
	default:
	}
	return nil
}
