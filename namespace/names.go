package namespace

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/module"
)

// ErrNoName is wrapped by errors about a name that is not set here.
var ErrNoName = errors.New("not set")

// variable is a package variable that modules share by its symbol.
type variable struct {
	key   symbol
	name  string
	scope module.Scope
	cell  int // that defined it
	gen   int // of the newest module that declares it
	at    reflect.Value
	own   bool   // set here, by a cell that ran or by name
	hash  string // of the value that came with a function from elsewhere; "" when it is not such
	turn  int    // when it was set: the newest of a name counts
}

// loose is a value that a name got before a module declared it, or in another type than the declared one.
type loose struct {
	v    reflect.Value
	turn int
}

// Info describes a variable.
type Info struct {
	Name  string
	Type  string
	Cell  int           // that defined it, 0 for a value that was only given
	Value reflect.Value // the variable itself; read it while no user code runs
}

// declare records a variable that a module registered.
func (n *Namespace) declare(id module.ID, r cellrt.Var, about module.Var) {
	p := reflect.ValueOf(r.P)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		n.o.Log.Warn("a module registered a variable without address", "module", id.String(), "symbol", r.Symbol)
		return
	}
	key := symbol{id.Session, r.Symbol}
	v := n.vars[key]
	if v == nil {
		v = &variable{key: key, name: r.Name, scope: about.Scope, cell: about.Cell, at: p.Elem()}
		n.vars[key] = v
		n.named[r.Name] = append(n.named[r.Name], v)
	}
	if v.gen = max(v.gen, id.Gen); about.Scope == n.o.Scope {
		v.scope = about.Scope // one symbol may serve both scopes
	}
	if l := n.loose[r.Name]; l != nil && v.scope == n.o.Scope && v.at.Type() == l.v.Type() {
		v.at.Set(l.v)
		v.own, v.hash, v.turn = true, "", l.turn
		delete(n.loose, r.Name)
	}
}

// defined marks what a module's cell defines as set: its run begins.
func (n *Namespace) defined(m *module.Module) {
	for _, d := range m.Vars {
		v := n.vars[symbol{m.Session, d.Symbol}]
		if v == nil || !d.Defined {
			continue
		}
		n.touched++
		v.own, v.hash, v.turn, v.scope = true, "", n.touched, m.Scope
		delete(n.loose, d.Name)
	}
}

// withdraw takes back, on an engine, that a failed run set what it left nil: the next cell then hears that it is not set.
func (n *Namespace) withdraw(m *module.Module) {
	if n.o.Scope != module.Engines {
		return
	}
	for _, d := range m.Vars {
		if v := n.vars[symbol{m.Session, d.Symbol}]; v != nil && d.Defined {
			switch v.at.Kind() {
			case reflect.Pointer, reflect.Map, reflect.Func, reflect.Chan:
				v.own = !v.at.IsNil()
			default: // it has no nil
			}
		}
	}
}

// unset gives a failure if one of the variables needed is not set here.
func (n *Namespace) unset(session string, needs []module.Need) (f *Failure) {
	n.update(func() {
		for _, need := range needs {
			v := n.vars[symbol{session, need.Symbol}]
			if v != nil && (v.own || v.hash != "") {
				continue
			}
			if need.Cell == 0 && v != nil {
				need.Cell = v.cell
			}
			f = failure(NameUnset, "%s", n.unsetText(need))
			return
		}
	})
	return f
}

func (n *Namespace) unsetText(need module.Need) string {
	s := need.Name + " is not set"
	if n.label != "" {
		s = n.label + ": " + s
	}
	if l := n.loose[need.Name]; l != nil {
		return fmt.Sprintf("%s as cell %d declared it: here it is a %v", s, need.Cell, l.v.Type())
	}
	switch {
	case need.Cell == 0:
		return s
	case n.o.Scope == module.Engines:
		return fmt.Sprintf("%s (declared in cell %d; Push it, or make it in a %%%%px cell)", s, need.Cell)
	}
	return fmt.Sprintf("%s (declared in cell %d; run that cell again)", s, need.Cell)
}

// newestOf is the variable that a name means: the one set last. Without one that is set it is nil.
func (n *Namespace) newestOf(name string) (newest *variable) {
	for _, v := range n.named[name] {
		if v.own && (newest == nil || v.turn > newest.turn) {
			newest = v
		}
	}
	return newest
}

// lookup gives the value of a name: the variable's own memory, or the loose value.
func (n *Namespace) lookup(name string) (reflect.Value, bool) {
	v, l := n.newestOf(name), n.loose[name]
	switch {
	case l != nil && (v == nil || l.turn > v.turn):
		return l.v, true
	case v != nil:
		return v.at, true
	}
	return reflect.Value{}, false
}

// loosen gives a value that is not nil a settable place of its own type; nil gets type any.
func loosen(x any) reflect.Value {
	v := reflect.ValueOf(x)
	if !v.IsValid() {
		return reflect.ValueOf(&x).Elem()
	}
	at := reflect.New(v.Type()).Elem()
	at.Set(v)
	return at
}

// Delete forgets names; the memory of their values is free when nothing else holds it. It gives the number of those that were set.
func (n *Namespace) Delete(names ...string) (k int) {
	n.update(func() {
		for _, name := range names {
			if _, ok := n.lookup(name); ok {
				k++
			}
			delete(n.loose, name)
			for _, v := range n.named[name] {
				v.clear()
			}
		}
	})
	return k
}

func (v *variable) clear() {
	v.own, v.hash = false, ""
	v.at.SetZero()
}

// Clear forgets all names. Types, functions and objects stay.
func (n *Namespace) Clear() {
	n.update(func() {
		clear(n.loose)
		for _, v := range n.vars {
			v.clear()
		}
	})
}

// Names lists what is set, by name.
func (n *Namespace) Names() (out []Info) {
	n.update(func() {
		all := map[string]bool{}
		for name := range n.loose {
			all[name] = true
		}
		for name := range n.named {
			all[name] = true
		}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			at, ok := n.lookup(name)
			if !ok {
				continue
			}
			i := Info{Name: name, Type: at.Type().String(), Value: at}
			if v := n.newestOf(name); v != nil && n.loose[name] == nil {
				i.Cell = v.cell
			}
			out = append(out, i)
		}
	})
	return out
}
