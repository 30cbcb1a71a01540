package client

import (
	"fmt"
	"reflect"
	"strings"
)

// TypeText writes a type so that it can be read without the imports of a file: named types have their whole import path in quotes,
// []*"github.com/galeproject/gale/solver".Model; types of cells have none.
func TypeText(t reflect.Type) string {
	if t.Name() != "" {
		if path := t.PkgPath(); path != "" {
			return fmt.Sprintf("%q.%s", path, t.Name())
		}
		return t.Name()
	}
	switch t.Kind() { //nolint:exhaustive // the other kinds have names
	case reflect.Pointer:
		return "*" + TypeText(t.Elem())
	case reflect.Slice:
		return "[]" + TypeText(t.Elem())
	case reflect.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), TypeText(t.Elem()))
	case reflect.Map:
		return "map[" + TypeText(t.Key()) + "]" + TypeText(t.Elem())
	case reflect.Struct:
		var b strings.Builder
		b.WriteString("struct{")
		for i := range t.NumField() {
			if i > 0 {
				b.WriteString("; ")
			}
			f := t.Field(i)
			if !f.Anonymous {
				b.WriteString(f.Name + " ")
			}
			b.WriteString(TypeText(f.Type))
			if f.Tag != "" {
				fmt.Fprintf(&b, " %q", string(f.Tag))
			}
		}
		return b.String() + "}"
	}
	return t.String()
}
