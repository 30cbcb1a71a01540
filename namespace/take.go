package namespace

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/galeproject/gale/value"
)

// Taken is what a namespace gives to the one that takes its place.
type Taken struct {
	Session string // of the newest modules; variables of others are refused
	Vars    []Sent // without hash
	Values  []value.Encoded
	Types   []string // of the session, by their names
	Refused []string // what stays, with the reason
}

// Take encodes the values of all variables, each for itself: two that share memory become two. It is called while no user code runs.
func (n *Namespace) Take() (t Taken) {
	type held struct {
		v  *variable
		at reflect.Value
	}
	var all []held
	n.update(func() {
		newest := 0
		for id := range n.units {
			if id.Gen >= newest {
				newest, t.Session = id.Gen, id.Session
			}
		}
		for _, name := range slices.Sorted(maps.Keys(n.named)) {
			if v := n.newestOf(name); v != nil {
				all = append(all, held{v, v.at})
			}
		}
		t.Types = slices.Sorted(maps.Keys(n.typeNames[t.Session]))
	})
	for _, h := range all {
		if h.v.key.session != t.Session {
			t.Refused = append(t.Refused, h.v.name+" is of an earlier session")
			continue
		}
		e, err := encoded(h.at, value.Options{Types: n.Types(), Name: h.v.name})
		if err != nil {
			t.Refused = append(t.Refused, err.Error())
			continue
		}
		t.Vars = append(t.Vars, Sent{Name: h.v.name, Symbol: h.v.key.name})
		t.Values = append(t.Values, e)
	}
	return t
}

// encoded is value.Encode, where methods of user code that encode values may panic.
func encoded(v reflect.Value, o value.Options) (e value.Encoded, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("%s: encoding it panicked: %s", o.Name, text(x))
		}
	}()
	return value.Encode(v, o)
}

// Adopt gives a variable a value that another namespace took, as if a cell here had set it. Its module must be loaded.
func (n *Namespace) Adopt(session string, s Sent, e value.Encoded) error {
	if err := n.Keep(session, s, e); err != nil {
		return err
	}
	n.update(func() {
		v := n.vars[symbol{session, s.Symbol}]
		n.touched++
		v.own, v.turn = true, n.touched
	})
	return nil
}
