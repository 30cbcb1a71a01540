package engine

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/wire"
)

// running is what a context of user code leads back to.
type running struct {
	e *Engine
	t *task
}

type runningKey struct{}

// errNotRunning is returned where a context is not that of user code.
var errNotRunning = errors.New("engine: the context is not that of a running request")

// Emit publishes an output under the request whose user code has ctx. It waits when the output is not taken, and drops it when the engine
// has ended or ctx is not of a request.
func Emit(ctx context.Context, o wire.Output) {
	if r, ok := ctx.Value(runningKey{}).(*running); ok {
		r.e.emit(ctx, r.t, o)
	}
}

// Ask puts a question to the kernel whose child this engine is. It fails in an engine of a cluster, which has no kernel.
func Ask(ctx context.Context, kind string, content any) (json.RawMessage, [][]byte, error) {
	r, ok := ctx.Value(runningKey{}).(*running)
	if !ok {
		return nil, nil, errNotRunning
	}
	return r.e.ask(ctx, r.t, kind, content)
}

// Requested is the id of the front end's message that the request with this ctx serves, empty when it is not known.
func Requested(ctx context.Context) wire.MsgID {
	if r, ok := ctx.Value(runningKey{}).(*running); ok {
		return r.t.request
	}
	return ""
}

// emit hands an output to the loop, and waits until it is on its way or the task is interrupted: what is printed next must come next.
func (e *Engine) emit(ctx context.Context, t *task, o wire.Output) {
	seen := make(chan struct{})
	select {
	case e.shown <- shown{t, o, seen}:
	case <-e.over:
		return
	}
	select {
	case <-seen:
	case <-ctx.Done():
	case <-e.over:
	}
}

// show gives a function that publishes bundles as displays of a task.
func (e *Engine) show(ctx context.Context, t *task) func(display.Bundle) {
	return func(b display.Bundle) {
		if o, ok := e.output(b); ok {
			e.emit(ctx, t, o)
		}
	}
}

// output is the message that displays a bundle in its place.
func (e *Engine) output(b display.Bundle) (wire.Output, bool) {
	if b.Place.Clear {
		c, err := wire.Marshal(map[string]bool{"wait": b.Place.Wait})
		return wire.Output{MsgType: "clear_output", Content: c}, err == nil
	}
	c, ok := e.bundle(b, nil)
	if b.Place.Update {
		return wire.Output{MsgType: "update_display_data", Content: c}, ok
	}
	return wire.Output{MsgType: "display_data", Content: c}, ok
}

// bundle is the content of a display.
func (e *Engine) bundle(b display.Bundle, count *int) (json.RawMessage, bool) {
	meta := b.Metadata
	if meta == nil {
		meta = map[string]any{}
	}
	c := map[string]any{"data": b.Data, "metadata": meta}
	if count != nil {
		c["execution_count"] = *count
	} else {
		transient := map[string]any{}
		if b.Place.ID != "" {
			transient["display_id"] = b.Place.ID
		}
		c["transient"] = transient
	}
	raw, err := wire.Marshal(c)
	if err != nil {
		e.log.Error("a display was not made", "error", err)
		return nil, false
	}
	return raw, true
}

// perform runs a task's user code and gives its answer. It never panics: what user code does is the space's affair, and what a request
// contains is checked.
func (e *Engine) perform(ctx context.Context, t *task) (a answer) {
	defer func() {
		if x := recover(); x != nil {
			e.log.Error("serving a request panicked", "type", t.m.Header.MsgType, "panic", x)
			a = fail(wire.NewFailure("EngineError", "the engine failed to serve this request; its log says more"))
		}
		if a.method == "" {
			a.method = methods[t.m.Header.MsgType]
		}
		if a.method == "" {
			a.method = t.m.Header.MsgType
		}
	}()
	switch t.m.Header.MsgType {
	case wire.RunRequest:
		return e.run(ctx, t)
	case wire.PrepareRequest:
		return e.prepare(t)
	case wire.CallRequest:
		return e.call(ctx, t)
	case wire.NamesRequest:
		return e.names(t)
	case wire.ObjectsRequest:
		return e.objects(t)
	case wire.VarsRequest:
		return e.explore(ctx, t)
	case wire.TakeRequest:
		return e.take()
	case wire.CommOpen, wire.CommMsg, wire.CommClose:
		return e.comm(ctx, t)
	case "execute_request":
		return e.execute(ctx, t)
	case "apply_request":
		return e.apply(ctx, t)
	case "clear_request":
		e.o.Names.Clear()
		return answer{}
	}
	return fail(wire.NewFailure("EngineError", "no such request: "+t.m.Header.MsgType))
}

// methods are what engine_info calls requests.
var methods = map[string]string{"execute_request": "execute", "apply_request": "apply"}

func fail(f wire.Failure) answer { return answer{failure: &f} }

func failWith(name string, err error) answer {
	if f := (wire.Failure{}); errors.As(err, &f) {
		return fail(f)
	}
	return fail(wire.NewFailure(name, err.Error()))
}
