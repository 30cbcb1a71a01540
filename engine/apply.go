package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nlpodyssey/gopickle/types"

	"github.com/galeproject/gale/wire"
)

// application is what an apply request asks for.
type application struct {
	f      any
	args   []any
	kwargs map[string]any
}

// readApply reads the buffers of an apply request.
func readApply(bufs [][]byte) (a application, err error) {
	p := &payload{bufs: bufs}
	if a.f, err = p.object(); err != nil {
		return a, fmt.Errorf("the function: %w", err)
	}
	raw, err := p.pickle()
	if err != nil {
		return a, err
	}
	info, ok := raw.(*types.Dict)
	if !ok {
		return a, fmt.Errorf("%w: no count of arguments", errPickle)
	}
	count, _ := info.Get("nargs")
	n, ok := count.(int)
	if !ok || n < 0 || n > len(p.bufs) {
		return a, fmt.Errorf("%w: %v arguments in %d buffers", errPickle, count, len(p.bufs))
	}
	for i := range n {
		x, err := p.object()
		if err != nil {
			return a, fmt.Errorf("argument %d: %w", i+1, err)
		}
		a.args = append(a.args, x)
	}
	names, _ := info.Get("kw_keys")
	keys, _ := names.(*types.List)
	if keys == nil {
		return a, nil
	}
	a.kwargs = map[string]any{}
	for _, k := range *keys {
		name, ok := k.(string)
		if !ok {
			return a, fmt.Errorf("%w: a keyword %T", errPickle, k)
		}
		if a.kwargs[name], err = p.object(); err != nil {
			return a, fmt.Errorf("argument %s: %w", name, err)
		}
	}
	return a, nil
}

// apply serves an apply request of a Python client.
func (e *Engine) apply(ctx context.Context, t *task) answer {
	a, err := readApply(t.m.Buffers)
	if err != nil {
		return failWith("TypeError", err)
	}
	for i, x := range a.args {
		if _, ok := x.(reference); ok && i == 0 && isMap(a.f) { // the function
			continue
		}
		if a.args[i], err = e.meant(x); err != nil {
			return failWith("NameError", err)
		}
	}
	for k, x := range a.kwargs {
		if a.kwargs[k], err = e.meant(x); err != nil {
			return failWith("NameError", err)
		}
	}
	x, failure := e.carryOut(ctx, t, a)
	if failure != nil {
		return answer{failure: failure}
	}
	bufs, err := pickled(x)
	if err != nil {
		return failWith("TypeError", err)
	}
	return answer{buffers: bufs}
}

// meant puts the values of this engine in the place of references, in lists and dicts too.
func (e *Engine) meant(x any) (_ any, err error) {
	switch x := x.(type) {
	case reference:
		return e.get(string(x))
	case []any:
		for i := range x {
			if x[i], err = e.meant(x[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range x {
			if x[k], err = e.meant(x[k]); err != nil {
				return nil, err
			}
		}
	}
	return x, nil
}

// get reads a place, with a message as Python clients know it.
func (e *Engine) get(place string) (any, error) {
	x, err := e.o.Names.Get(place)
	if err != nil {
		return nil, fmt.Errorf("name '%s' is not defined (%w)", place, err)
	}
	return x, nil
}

func isMap(f any) bool {
	g, ok := f.(foreign)
	return ok && (g.is("ipyparallel.client.remotefunction._map") || g.is("ipyparallel.client.remotefunction.<lambda>") || g.is("ipyparallel.client.view._broadcast_map"))
}

// carryOut does what ipyparallel's own functions do, and calls Go functions by name.
func (e *Engine) carryOut(ctx context.Context, t *task, a application) (any, *wire.Failure) {
	switch f := a.f.(type) {
	case reference:
		return e.applyGo(ctx, t, string(f), a.args, a.kwargs)
	case foreign:
		return e.applyForeign(ctx, t, f, a)
	}
	return nil, refusal("TypeError", "a %T cannot be called", a.f)
}

func refusal(name, format string, args ...any) *wire.Failure {
	f := wire.NewFailure(name, fmt.Sprintf(format, args...))
	return &f
}

func (e *Engine) applyGo(ctx context.Context, t *task, place string, args []any, kwargs map[string]any) (any, *wire.Failure) {
	if len(kwargs) > 0 { // they are the fields of a struct, as Go functions with many options have it
		args = append(args, kwargs)
	}
	x, failure := e.o.Space.Apply(ctx, place, args, e.show(ctx, t))
	if failure != nil && len(kwargs) > 0 && (strings.HasPrefix(failure.Value, place+" takes ") || strings.HasPrefix(failure.Value, "argument ")) {
		return nil, refusal("TypeError", "%s (keyword arguments are the fields of a struct that a Go function takes as its last argument)", failure.Value)
	}
	return x, failure
}

// applyForeign serves the Python functions that have a meaning here.
func (e *Engine) applyForeign(ctx context.Context, t *task, f foreign, a application) (any, *wire.Failure) {
	switch {
	case f.is("ipyparallel.util._push"):
		for name, x := range a.kwargs {
			if err := e.o.Names.Set(name, x); err != nil {
				return nil, refusal("TypeError", "%v", err)
			}
		}
		return nil, nil
	case f.is("ipyparallel.util._pull") && len(a.args) == 1:
		return e.pull(a.args[0])
	case f.is("ipyparallel.util._execute") && len(a.args) == 1:
		code, ok := a.args[0].(string)
		if !ok {
			return nil, refusal("TypeError", "the source is a %T", a.args[0])
		}
		return nil, e.source(ctx, t, code, true, 0).failure
	case isMap(f) && len(a.args) > 1:
		return e.mapOver(ctx, t, f, a.args)
	case f.module == canning && strings.HasPrefix(f.name, "use_"): // which pickle the client likes
		return nil, nil
	case f.is("posix.getpid") || f.is("os.getpid"):
		return os.Getpid(), nil
	case f.is("socket.gethostname"), f.is("_socket.gethostname"):
		host, err := os.Hostname()
		if err != nil {
			return nil, refusal("OSError", "%v", err)
		}
		return host, nil
	case f.is("time.sleep") && len(a.args) == 1:
		return nil, sleep(ctx, a.args[0])
	}
	return nil, refusal("TypeError", "Python function %s cannot run on a Go engine (call a Go function by its name: ipyparallel.Reference(\"Name\"))", f.full())
}

func sleep(ctx context.Context, seconds any) *wire.Failure {
	var s float64
	switch x := seconds.(type) {
	case int:
		s = float64(x)
	case float64:
		s = x
	default:
		return refusal("TypeError", "sleep of a %T", seconds)
	}
	if !(s >= 0 && s < 1e9) {
		return refusal("ValueError", "sleep length must be non-negative")
	}
	timer := time.NewTimer(time.Duration(s * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return refusal("KeyboardInterrupt", "interrupted")
	}
}

func (e *Engine) pull(what any) (any, *wire.Failure) {
	one := func(what any) (any, *wire.Failure) {
		name, ok := what.(string)
		if !ok {
			return nil, refusal("TypeError", "a name is a %T", what)
		}
		x, err := e.get(name)
		if err != nil {
			return nil, refusal("NameError", "%v", err)
		}
		return x, nil
	}
	names, ok := what.([]any)
	if !ok {
		return one(what)
	}
	out := make([]any, len(names))
	for i, name := range names {
		var failure *wire.Failure
		if out[i], failure = one(name); failure != nil {
			return nil, failure
		}
	}
	return out, nil
}

var errUneven = errors.New("engine: the sequences of a map have different lengths")

// mapOver calls a Go function for the elements of sequences, or of names that hold sequences and are used up.
func (e *Engine) mapOver(ctx context.Context, t *task, f foreign, args []any) (any, *wire.Failure) {
	g, ok := args[0].(reference)
	if !ok {
		name := "this function"
		if p, isForeign := args[0].(foreign); isForeign {
			name = "Python function " + p.full()
		}
		return nil, refusal("TypeError", "%s cannot run on a Go engine: map needs a Reference to a Go function", name)
	}
	var columns [][]any
	for _, a := range args[1:] {
		if name, ok := a.(string); ok && f.is("ipyparallel.client.view._broadcast_map") {
			x, err := e.get(name)
			if err != nil {
				return nil, refusal("NameError", "%v", err)
			}
			e.o.Names.Delete(name)
			a = x
		}
		column, ok := elements(a)
		if !ok {
			return nil, refusal("TypeError", "a %T is not a sequence", a)
		}
		columns = append(columns, column)
	}
	out := make([]any, len(columns[0]))
	for i := range out {
		row := make([]any, len(columns))
		for k, c := range columns {
			if len(c) != len(out) {
				return nil, refusal("ValueError", "%v", errUneven)
			}
			row[k] = c[i]
		}
		var failure *wire.Failure
		if out[i], failure = e.o.Space.Apply(ctx, string(g), row, e.show(ctx, t)); failure != nil {
			return nil, failure
		}
	}
	return out, nil
}
