package host

import "reflect"

// Names gives names to the named types of the tables: import path, dot, name.
type Names struct{ byName map[string]reflect.Type }

// Types reads the names of types from the tables.
func Types() *Names {
	n := &Names{byName: map[string]reflect.Type{}}
	for _, table := range [][]any{std, gonum, own} {
		for _, x := range table {
			// A type stands in a table as a nil pointer to it; a variable as a pointer that is not nil.
			v := reflect.ValueOf(x)
			if v.Kind() != reflect.Pointer || !v.IsNil() {
				continue
			}
			if t := v.Type().Elem(); t.Name() != "" && t.PkgPath() != "" {
				n.byName[name(t)] = t
			}
		}
	}
	return n
}

func name(t reflect.Type) string { return t.PkgPath() + "." + t.Name() }

// TypeName gives a type's name, and whether the tables have it.
func (n *Names) TypeName(t reflect.Type) (string, bool) {
	if t.Name() == "" || t.PkgPath() == "" || n.byName[name(t)] != t {
		return "", false
	}
	return name(t), true
}

// TypeByName finds the type of a name.
func (n *Names) TypeByName(s string) (reflect.Type, bool) {
	t, ok := n.byName[s]
	return t, ok
}
