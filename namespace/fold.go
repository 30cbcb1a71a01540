package namespace

import (
	"reflect"
)

// Fold says what a function of two arguments joins when it is given many: values of its type, or maps of them, by their keys.
type Fold uint8

// The kinds of Fold.
const (
	NoFold Fold = iota
	FoldValues
	FoldMaps
)

// join folds arguments from the left by a function of two. A single one is itself the result. Maps that were arguments stay as they are.
func (n *Namespace) join(b *bound, fold Fold, args []Arg) (reflect.Value, error) {
	at := len(b.first)
	f := b.f.Type()
	if f.NumIn() != at+2 || f.NumOut() != 1 || f.In(at) != f.In(at+1) || f.In(at) != f.Out(0) {
		return reflect.Value{}, failure(NameError, "the function is a %v: it must join two values of a type to one", f)
	}
	if len(args) == 0 {
		return reflect.Value{}, failure(NameError, "there is nothing to join")
	}
	add := func(x, y reflect.Value) reflect.Value {
		return b.f.Call(append(append(make([]reflect.Value, 0, at+2), b.first...), x, y))[0]
	}
	t := f.Out(0)
	if fold == FoldMaps {
		var err error
		if t, err = n.mapType(args[0], t); err != nil {
			return reflect.Value{}, err
		}
		values := add
		add = func(x, y reflect.Value) reflect.Value { return joinMaps(x, y, values) }
	}
	acc, err := n.argument(0, args[0], t)
	if err != nil {
		return acc, err
	}
	if fold == FoldMaps && len(args) > 1 {
		acc = joinMaps(reflect.MakeMapWithSize(t, acc.Len()), acc, nil)
	}
	for i, a := range args[1:] {
		x, err := n.argument(i+1, a, t)
		if err != nil {
			return x, err
		}
		acc = add(acc, x)
	}
	return acc, nil
}

// mapType is the type of an object that is a map of values of type v.
func (n *Namespace) mapType(a Arg, v reflect.Type) (reflect.Type, error) {
	if a.Object == nil {
		return nil, failure(NameError, "the first of the maps to join must live here")
	}
	o, ok := n.object(*a.Object)
	if !ok {
		return nil, failure(NameLost, "object %v is not here", *a.Object)
	}
	if t := o.Type(); t.Kind() == reflect.Map && t.Elem() == v {
		return t, nil
	}
	return nil, failure(NameError, "object %v is a %v: want a map of %v", *a.Object, o.Type(), v)
}

// joinMaps puts y into x.
func joinMaps(x, y reflect.Value, add func(x, y reflect.Value) reflect.Value) reflect.Value {
	for it := y.MapRange(); it.Next(); {
		v := it.Value()
		if old := x.MapIndex(it.Key()); old.IsValid() {
			v = add(old, v)
		}
		x.SetMapIndex(it.Key(), v)
	}
	return x
}
