package value

import "reflect"

// TypeID is the name that tells the named type within t, behind pointers and as element of slices, arrays and maps, from others that are
// written the same; empty when the types do not know it.
func TypeID(types Types, t reflect.Type) string {
	for t.Name() == "" {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			t = t.Elem()
		default:
			return ""
		}
	}
	if types == nil {
		return ""
	}
	name, _ := types.TypeName(t)
	return name
}
