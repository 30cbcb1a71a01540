package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/engine"
	"github.com/galeproject/gale/internal/stream"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/namespace"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// space is a namespace as an engine wants it.
type space struct {
	n        *namespace.Namespace
	standard *stream.Standard // restored before a cell runs when no other one does; may be nil
	running  *atomic.Int64    // cells
}

// names is its variables, objects its objects.
type (
	names   struct{ n *namespace.Namespace }
	objects struct{ n *namespace.Namespace }
)

var (
	_ engine.Space   = space{}
	_ engine.Names   = names{}
	_ engine.Objects = objects{}
)

// Load makes a module's names known.
func (s space) Load(m *module.Module) error { return s.n.Load(m) }

// Run runs a loaded module's cell.
func (s space) Run(ctx context.Context, id module.ID, run wire.Run, show func(display.Bundle)) (*display.Bundle, *wire.Failure) {
	if s.running.Add(1) == 1 && s.standard != nil {
		if err := s.standard.Restore(); err != nil {
			f := wire.NewFailure("Error", err.Error())
			return nil, &f
		}
	}
	defer s.running.Add(-1)
	out := s.n.Run(ctx, id, namespace.RunOptions{Silent: run.Silent, Emit: emitter(ctx, show)})
	return out.Result, asWire(out.Failure)
}

// emitter publishes what user code shows and prints under the request whose ctx it is.
func emitter(ctx context.Context, show func(display.Bundle)) func(namespace.Output) {
	return func(o namespace.Output) {
		if o.Text == "" {
			show(o.Bundle)
			return
		}
		raw, err := wire.Marshal(map[string]string{"name": "stdout", "text": o.Text})
		if err == nil { // a string always marshals
			engine.Emit(ctx, wire.Output{MsgType: "stream", Content: raw})
		}
	}
}

// asWire gives a failure as it travels.
func asWire(f *namespace.Failure) *wire.Failure {
	if f == nil {
		return nil
	}
	w := wire.NewFailure(f.Name, f.Value, f.Trace...)
	var many interface{ Traceback() []string }
	if f.Err != nil && errors.As(f.Err, &many) { // an error of several engines has lines of its own
		frames := f.Trace // of the cell; its first line is the error, with all that the engines say
		if len(frames) > 0 && strings.HasPrefix(frames[0], f.Name) {
			frames = frames[1:]
		}
		w.Traceback = append(severalLines(w, many.Traceback()), frames...)
	}
	return &w
}

// Keep gives a variable of the notebook its value.
func (s space) Keep(session string, v wire.VarRef, e value.Encoded) error {
	sent := namespace.Sent{Name: v.Name, Symbol: v.Symbol, Hash: v.Hash}
	if v.Hash == "" {
		return s.n.Adopt(session, sent, e)
	}
	return s.n.Keep(session, sent, e)
}

// Call calls a function for its items.
func (s space) Call(ctx context.Context, c wire.Call, values []value.Encoded, owner string, show func(display.Bundle)) (wire.CallReply, []value.Encoded) {
	call := namespace.Call{Module: module.ID(c.Module), Symbol: c.Symbol, Owner: owner, Emit: emitter(ctx, show)}
	switch c.Fold {
	case "":
	case wire.FoldMaps:
		call.Fold = namespace.FoldMaps
	default:
		call.Fold = namespace.FoldValues
	}
	if c.Captures {
		call.Captures, values = &values[0], values[1:]
	}
	for _, v := range c.Vars {
		call.Vars = append(call.Vars, namespace.Sent{Name: v.Name, Symbol: v.Symbol, Hash: v.Hash})
	}
	for _, v := range c.Needs {
		call.Needs = append(call.Needs, module.Need{Name: v.Name, Symbol: v.Symbol})
	}
	for _, it := range c.Items {
		item := namespace.Item{Keep: (*namespace.Ref)(it.Keep)}
		for _, a := range it.Args {
			arg := namespace.Arg{Object: (*namespace.Ref)(a.Object), Name: a.Ref}
			if a.Object == nil && a.Ref == "" {
				arg.Value, values = &values[0], values[1:]
			}
			item.Args = append(item.Args, arg)
		}
		call.Items = append(call.Items, item)
	}
	results, err := s.n.Call(ctx, call)
	if err != nil {
		return uncalled(err), nil
	}
	return called(results)
}

// uncalled is the reply of a call that could not begin.
func uncalled(err error) (r wire.CallReply) {
	if lacks, ok := errors.AsType[*namespace.Lacks](err); ok {
		r.Lacks = &wire.Lacks{}
		for _, m := range lacks.Modules {
			r.Lacks.Modules = append(r.Lacks.Modules, wire.ModuleRef(m))
		}
		for _, v := range lacks.Vars {
			r.Lacks.Vars = append(r.Lacks.Vars, wire.VarRef{Name: v.Name, Symbol: v.Symbol, Hash: v.Hash})
		}
		return r
	}
	if f, ok := errors.AsType[*namespace.Failure](err); ok {
		r.Failure = asWire(f)
		return r
	}
	w := wire.NewFailure("Error", err.Error())
	r.Failure = &w
	return r
}

// called is the reply of a call that was made.
func called(results []namespace.Result) (r wire.CallReply, values []value.Encoded) {
	for _, x := range results {
		it := wire.ItemReply{Failure: asWire(x.Failure), Void: x.Void}
		if x.Kept != nil {
			info := asInfo(*x.Kept)
			it.Kept = &info
		}
		if x.Value != nil {
			values = append(values, *x.Value)
		}
		r.Items = append(r.Items, it)
	}
	return r, values
}

// Apply calls what a name means.
func (s space) Apply(ctx context.Context, place string, args []any, show func(display.Bundle)) (any, *wire.Failure) {
	x, err := s.n.Apply(ctx, place, args, emitter(ctx, show))
	if err != nil {
		return nil, uncalled(err).Failure
	}
	return x, nil
}

// Get gives the value of a name.
func (v names) Get(place string) (any, error) { return v.n.Get(place) }

// Set gives a name a value.
func (v names) Set(place string, x any) error { return v.n.Set(place, x) }

// Delete forgets names.
func (v names) Delete(names ...string) int { return v.n.Delete(names...) }

// Clear forgets all names.
func (v names) Clear() { v.n.Clear() }

// maxText is how many characters of a value stand in a list of names.
const maxText = 80

// List describes what is set.
func (v names) List() (out []wire.NameInfo) {
	for _, i := range v.n.Names() {
		text := []rune(shortText(i.Value))
		if len(text) > maxText {
			text = append(text[:maxText-1], '…')
		}
		out = append(out, wire.NameInfo{Name: i.Name, Type: i.Type, Bytes: namespace.Size(i.Value), Text: string(text)})
	}
	return out
}

func shortText(v reflect.Value) string {
	if !v.CanInterface() {
		return fmt.Sprintf("a %v", v.Type())
	}
	return display.Of(v.Interface()).String()
}

// Do names, deletes and releases objects, and lists them.
func (o objects) Do(r wire.Objects) (out []wire.ObjectInfo) {
	if r.Set != "" {
		o.n.NameSet(r.Set, r.Name, r.Of)
	}
	for _, d := range r.Delete {
		o.n.DeleteObjects(namespace.Ref(d))
	}
	if r.Release {
		o.n.Release(r.Owner)
	}
	if !r.List {
		return nil
	}
	for _, x := range o.n.Objects() {
		out = append(out, asInfo(x))
	}
	return out
}

func asInfo(o namespace.Object) wire.ObjectInfo {
	return wire.ObjectInfo{
		ObjectRef: wire.ObjectRef(o.Ref), Name: o.Name, Of: o.Of, Type: o.Type,
		Bytes: o.Bytes, Seconds: o.Seconds, Columns: o.Columns, Owner: o.Owner, TypeID: o.TypeID,
	}
}
