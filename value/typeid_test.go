package value

import (
	"reflect"
	"testing"
)

type onlyThings struct{}

type thing struct{}

func (onlyThings) TypeName(t reflect.Type) (string, bool)      { return "s1·thing_2", true }
func (onlyThings) TypeByName(name string) (reflect.Type, bool) { return nil, false }

func TestTypeID(t *testing.T) {
	for _, c := range []struct {
		types Types
		typ   reflect.Type
		want  string
	}{
		{onlyThings{}, reflect.TypeFor[thing](), "s1·thing_2"},
		{onlyThings{}, reflect.TypeFor[map[string][]*[2]thing](), "s1·thing_2"},
		{onlyThings{}, reflect.TypeFor[func(thing)](), ""},
		{nil, reflect.TypeFor[thing](), ""},
	} {
		if got := TypeID(c.types, c.typ); got != c.want {
			t.Errorf("%v: %q, want %q", c.typ, got, c.want)
		}
	}
}
