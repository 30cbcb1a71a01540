package namespace

import (
	"context"
	"reflect"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/module"
)

// foreign stands for the module of calls that belong to none.
var foreign = &unit{m: &module.Module{}, stop: new(uint32)}

// Apply calls what a name or place means (see Get) with arguments that are converted to its parameters when nothing is lost: what a client
// of another language asks for. It gives the result, nil for a function without one; several results come as a []any. The error is a
// *Failure.
func (n *Namespace) Apply(ctx context.Context, place string, args []any, emit func(Output)) (any, error) {
	x, err := n.Get(place)
	if err != nil {
		f := failure(NameUnset, "%s", n.labelled(place+" is not set"))
		f.Err = err
		return nil, f
	}
	fv := reflect.ValueOf(x)
	if fv.Kind() != reflect.Func || fv.IsNil() {
		return nil, failure(NameError, "%s is a %T, not a function", place, x)
	}
	in, err := parameters(ctx, place, fv.Type(), args)
	if err != nil {
		return nil, err
	}
	var result any
	var failed *Failure
	cell := &cellrt.Run{Space: n.space, Context: ctx}
	left := n.execute(ctx, n.unitOf(fv), cell, emit, func() {
		out := fv.Call(in)
		if k := len(out); k > 0 && out[k-1].Type() == errorType {
			if err, _ := reflect.TypeAssert[error](out[k-1]); err != nil {
				panic(cellrt.Failure{Err: err})
			}
			out = out[:k-1]
		}
		result = results(out)
	}, func(f *Failure) { failed = f })
	switch {
	case left:
		return nil, leftBehind()
	case failed != nil:
		return nil, failed
	}
	return result, nil
}

func results(out []reflect.Value) any {
	switch len(out) {
	case 0:
		return nil
	case 1:
		return out[0].Interface()
	}
	all := make([]any, len(out))
	for i, o := range out {
		all[i] = o.Interface()
	}
	return all
}

// unitOf finds the module that registered a function, so that an interrupt reaches its loops.
func (n *Namespace) unitOf(f reflect.Value) (u *unit) {
	u = foreign
	n.update(func() {
		for _, g := range n.funcs {
			if g.f.Pointer() == f.Pointer() {
				u = g.unit
			}
		}
	})
	return u
}

// parameters converts arguments to a function's parameters; a context before them is filled in.
func parameters(ctx context.Context, name string, t reflect.Type, args []any) ([]reflect.Value, error) {
	var in []reflect.Value
	fixed := t.NumIn()
	if t.IsVariadic() {
		fixed--
	}
	if fixed > 0 && t.In(0) == contextType {
		in = append(in, reflect.ValueOf(ctx))
	}
	if have := len(in) + len(args); have < fixed || have > fixed && !t.IsVariadic() {
		return nil, failure(NameError, "%s takes %d arguments and was given %d", name, fixed-len(in), len(args))
	}
	for i, a := range args {
		at := len(in)
		var to reflect.Type
		if at < fixed {
			to = t.In(at)
		} else {
			to = t.In(fixed).Elem()
		}
		v, ok := convert(a, to)
		if !ok {
			return nil, failure(NameError, "argument %d of %s: a %T is no %v", i+1, name, a, to)
		}
		in = append(in, v)
	}
	return in, nil
}
