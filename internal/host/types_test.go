package host

import (
	"reflect"
	"testing"

	"github.com/galeproject/gale/solver"
)

func TestTypesHaveNames(t *testing.T) {
	n := Types()
	for _, want := range []reflect.Type{reflect.TypeFor[solver.Model](), reflect.TypeFor[reflect.Value](), reflect.TypeFor[error]()} {
		name, ok := n.TypeName(want)
		if want.PkgPath() == "" { // predeclared types need no name
			if ok {
				t.Errorf("%v is named %q", want, name)
			}
			continue
		}
		if got, found := n.TypeByName(name); !ok || !found || got != want {
			t.Errorf("%v is named %q, which is %v", want, name, got)
		}
	}
	if name, ok := n.TypeName(reflect.TypeFor[struct{ X int }]()); ok {
		t.Errorf("a type without a name is named %q", name)
	}
	type local struct{}
	if name, ok := n.TypeName(reflect.TypeFor[local]()); ok {
		t.Errorf("a type of this test is named %q", name)
	}
}

func TestTablesAreFull(t *testing.T) {
	if len(std) < 3000 || len(gonum) < 300 || len(own) < 100 {
		t.Errorf("tables have %d, %d and %d names", len(std), len(gonum), len(own))
	}
	if Size() <= len(std) {
		t.Error("the tables are not in the program")
	}
}
