package namespace

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
)

// function is a function that can be called from outside.
type function struct {
	id   module.ID
	name string
	f    reflect.Value
	unit *unit
}

// Call is one function to be called for one or more items, in order.
type Call struct {
	Module   module.ID
	Symbol   string
	Captures *value.Encoded // the struct of what the function captured; nil if it has none
	Vars     []Sent         // values of the notebook that it reads
	Needs    []module.Need  // variables of this process that it reads
	Items    []Item
	Fold     Fold   // the function joins all arguments of an item
	Owner    string // who owns the results that stay
	Emit     func(Output)
}

// Item is one application of the function.
type Item struct {
	Args []Arg
	Keep *Ref // the result stays here under this name
}

// Arg is one argument: the first of Object, Name and Value that is set.
type Arg struct {
	Object *Ref
	Name   string
	Value  *value.Encoded
}

// Result is what became of an item: a failure, nothing (of a function without a result), an object that stays, or a value.
type Result struct {
	Failure *Failure
	Void    bool
	Kept    *Object
	Value   *value.Encoded
}

var (
	errorType   = reflect.TypeFor[error]()
	contextType = reflect.TypeFor[context.Context]()
)

// Call calls a function that a module registered. Every item has its own outcome: a panic or error of one leaves the others alone.
// Functions may have the results R, (R, error), error or none, and may take a context before their arguments. An error of Call itself
// is a *Lacks, or a *Failure when nothing could be called.
func (n *Namespace) Call(ctx context.Context, c Call) ([]Result, error) {
	if l := n.lacks(c); l != nil {
		return nil, l
	}
	var f *function
	n.update(func() { f = n.units[c.Module].funcs[c.Symbol] })
	if f == nil {
		return nil, failure(NameError, "module %v has no function %s", c.Module, c.Symbol)
	}
	if u := n.unset(c.Module.Session, c.Needs); u != nil {
		return nil, u
	}
	call, err := n.bind(f, c)
	if err != nil {
		return nil, asFailure(err)
	}
	return n.items(ctx, f, c, call), nil
}

// bind checks a function's form and decodes what it captured.
func (n *Namespace) bind(f *function, c Call) (*bound, error) {
	b := &bound{f: f.f}
	t := f.f.Type()
	if t.NumOut() > 2 || t.NumOut() == 2 && t.Out(1) != errorType {
		return nil, failure(NameError, "%s gives %d results: want a value, an error, both or none", f.name, t.NumOut())
	}
	if t.IsVariadic() {
		return nil, failure(NameError, "%s takes a variable number of arguments", f.name)
	}
	if c.Captures == nil {
		if f.name == "" && t.NumIn() > 0 { // a lifted function has a place for captures even when there are none
			b.first = []reflect.Value{reflect.Zero(t.In(0))}
		}
		return b, nil
	}
	if t.NumIn() == 0 || t.In(0).Kind() != reflect.Pointer {
		return nil, failure(NameError, "%s takes no captured values", c.Symbol)
	}
	v, err := value.Decode(*c.Captures, t.In(0).Elem(), value.Options{Types: n.Types(), Name: "captures"})
	if err != nil {
		return nil, fmt.Errorf("namespace: captured values of %s: %w", c.Symbol, err)
	}
	b.first = []reflect.Value{v.Addr()}
	return b, nil
}

// bound is a function with what it captured.
type bound struct {
	f     reflect.Value
	first []reflect.Value
}

// params gives the types that remain for arguments, and whether a context comes before them.
func (b *bound) params(args int) (rest []reflect.Type, withContext bool, err error) {
	t := b.f.Type()
	at := len(b.first)
	if t.NumIn() > at && t.In(at) == contextType && t.NumIn()-at == args+1 {
		withContext = true
		at++
	}
	if t.NumIn()-at != args {
		return nil, false, failure(NameError, "the function takes %d arguments and was given %d", t.NumIn()-at, args)
	}
	for ; at < t.NumIn(); at++ {
		rest = append(rest, t.In(at))
	}
	return rest, withContext, nil
}

// items calls a function for every item in one goroutine. An interrupt fails the items that have not ended.
func (n *Namespace) items(ctx context.Context, f *function, c Call, b *bound) []Result {
	var mu sync.Mutex
	results := make([]Result, 0, len(c.Items))
	given := false
	cell := &cellrt.Run{Space: n.space, Context: ctx}
	finish := func(fail *Failure) []Result {
		mu.Lock()
		defer mu.Unlock()
		given = true
		for len(results) < len(c.Items) {
			results = append(results, Result{Failure: fail})
		}
		return results
	}
	var fail *Failure
	left := n.execute(ctx, f.unit, cell, c.Emit, func() {
		for _, it := range c.Items {
			if ctx.Err() != nil {
				panic(cellrt.Interrupted{})
			}
			r := n.item(ctx, b, it, c)
			mu.Lock()
			if given {
				mu.Unlock()
				return
			}
			results = append(results, r)
			mu.Unlock()
		}
	}, func(f *Failure) { fail = f })
	switch {
	case left:
		return finish(leftBehind())
	case fail != nil && len(results) == len(c.Items) && len(results) > 0: // of a goroutine that an item started
		if last := &results[len(results)-1]; last.Failure == nil {
			*last = Result{Failure: fail}
		}
	}
	return finish(fail)
}

// item calls a function once.
func (n *Namespace) item(ctx context.Context, b *bound, it Item, c Call) (r Result) {
	start := time.Now()
	var fail *Failure
	protect(func() {
		if c.Fold != NoFold {
			v, err := n.join(b, c.Fold, it.Args)
			if err != nil {
				r.Failure = asFailure(err)
				return
			}
			r = n.result(v, it.Keep, c.Owner, since(start))
			return
		}
		in, err := n.arguments(ctx, b, it.Args)
		if err != nil {
			r.Failure = asFailure(err)
			return
		}
		out := b.f.Call(in)
		if k := len(out); k > 0 && out[k-1].Type() == errorType {
			if err, _ := reflect.TypeAssert[error](out[k-1]); err != nil {
				r.Failure = interrupted(ctx, asFailure(err))
				return
			}
			out = out[:k-1]
		}
		if len(out) == 0 {
			r.Void = true
			return
		}
		r = n.result(out[0], it.Keep, c.Owner, since(start))
	}, &fail)
	if fail != nil {
		return Result{Failure: interrupted(ctx, fail)}
	}
	return r
}

// result keeps a function's result, or encodes it: as a copy, since what the function gave may belong to something that changes.
func (n *Namespace) result(v reflect.Value, keep *Ref, owner string, seconds float64) Result {
	if keep != nil {
		o := n.keep(*keep, v, owner, seconds)
		return Result{Kept: &o}
	}
	e, err := value.Encode(v, value.Options{Types: n.Types(), Name: "result", Copy: true})
	if err != nil {
		return Result{Failure: asFailure(err)}
	}
	return Result{Value: &e}
}

func (n *Namespace) arguments(ctx context.Context, b *bound, args []Arg) ([]reflect.Value, error) {
	types, withContext, err := b.params(len(args))
	if err != nil {
		return nil, err
	}
	in := append([]reflect.Value(nil), b.first...)
	if withContext {
		in = append(in, reflect.ValueOf(ctx))
	}
	for i, a := range args {
		v, err := n.argument(i, a, types[i])
		if err != nil {
			return nil, err
		}
		in = append(in, v)
	}
	return in, nil
}

// argument gives one argument as a value of the parameter's type.
func (n *Namespace) argument(i int, a Arg, t reflect.Type) (reflect.Value, error) {
	name := fmt.Sprintf("argument %d", i+1)
	var v reflect.Value
	switch {
	case a.Object != nil:
		o, ok := n.object(*a.Object)
		if !ok {
			return v, failure(NameLost, "object %v is not here", *a.Object)
		}
		v, name = o, fmt.Sprintf("object %v", *a.Object)
	case a.Name != "":
		x, err := n.Get(a.Name)
		if err != nil {
			return v, failure(NameUnset, "%s", n.labelled(a.Name+" is not set"))
		}
		c, ok := convert(x, t)
		if !ok {
			return v, failure(NameError, "%s is a %T, the function takes a %v", a.Name, x, t)
		}
		return c, nil
	case a.Value != nil:
		return value.Decode(*a.Value, t, value.Options{Types: n.Types(), Name: name})
	default:
		return v, failure(NameError, "%s is empty", name)
	}
	if !v.Type().AssignableTo(t) {
		return v, failure(NameError, "%s is a %v, the function takes a %v", name, v.Type(), t)
	}
	return v, nil
}

func (n *Namespace) labelled(s string) string {
	n.update(func() {
		if n.label != "" {
			s = n.label + ": " + s
		}
	})
	return s
}
