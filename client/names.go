package client

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// Push sets a name on every engine of the view; from then on the name means each engine's own value. Cells that follow may use it in
// functions that run there.
func (v DirectView) Push(ctx context.Context, name string, x any) error {
	if x == nil {
		return fmt.Errorf("client: pushing %s: the value is nil and has no type", name)
	}
	e, err := value.Encode(value.Any(x), v.c.codec(name))
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	if err := v.declare(ctx, name, reflect.TypeOf(x)); err != nil {
		return err
	}
	return v.each(ctx, wire.NamesRequest, wire.Names{Set: []string{name}}, value.Pack([]value.Encoded{e}), nil)
}

// Declaration tells the kernel what a name on the engines means.
type Declaration struct {
	Scope string `json:"scope"`
	Name  string `json:"name"`
	Type  string `json:"type"` // as TypeText writes it
}

// Pull gets the value of a name from every engine of the view, in the order of the view. Its type must be T or, for an interface T, fit it:
// nothing is converted, an int is no float64.
func Pull[T any](ctx context.Context, v DirectView, name string) ([]T, error) {
	engines, err := v.resolve()
	if err != nil {
		return nil, err
	}
	out := make([]T, len(engines))
	return out, v.pull(ctx, name, reflect.ValueOf(out))
}

// pull is Pull into a slice.
func (v DirectView) pull(ctx context.Context, name string, out reflect.Value) error {
	want := out.Type().Elem()
	return v.each(ctx, wire.NamesRequest, wire.Names{Get: []string{name}}, nil, func(i int, _ Engine, m *wire.Message) error {
		es, err := value.Unpack(m.Buffers)
		if err != nil || len(es) != 1 {
			return fmt.Errorf("value of %s: %w", name, errors.Join(err, value.ErrMalformed))
		}
		x, err := value.Decode(es[0], reflect.TypeFor[any](), v.c.codec(name))
		if err != nil {
			return err
		}
		got := x.Elem()
		if i >= out.Len() || !got.IsValid() || !got.Type().AssignableTo(want) {
			return fmt.Errorf("%s is a %T there, not a %v", name, x.Interface(), want)
		}
		out.Index(i).Set(got)
		return nil
	})
}

// Delete removes names from the engines of the view.
func (v DirectView) Delete(ctx context.Context, names ...string) error {
	return v.each(ctx, wire.NamesRequest, wire.Names{Delete: names}, nil, nil)
}

// Clear removes all names from the engines of the view.
func (v DirectView) Clear(ctx context.Context) error {
	return v.each(ctx, wire.NamesRequest, wire.Names{Clear: true}, nil, nil)
}

// Names lists the names of every engine of the view.
func (v DirectView) Names(ctx context.Context) ([][]wire.NameInfo, error) {
	engines, err := v.resolve()
	if err != nil {
		return nil, err
	}
	out := make([][]wire.NameInfo, len(engines))
	err = v.each(ctx, wire.NamesRequest, wire.Names{List: true}, nil, func(i int, _ Engine, m *wire.Message) error {
		var r wire.NamesReply
		if err := m.Content(&r); err != nil {
			return err
		}
		out[i] = r.Names
		return nil
	})
	return out, err
}

// Objects lists what lives on the engines of the view, of this client and of others.
func (v DirectView) Objects(ctx context.Context) ([]wire.ObjectInfo, error) {
	var out []wire.ObjectInfo
	err := v.each(ctx, wire.ObjectsRequest, wire.Objects{List: true}, nil, func(_ int, _ Engine, m *wire.Message) error {
		var r wire.ObjectsReply
		if err := m.Content(&r); err != nil {
			return err
		}
		out = append(out, r.Objects...)
		return nil
	})
	return out, err
}

// Execute runs source on every engine of the view, as a %%px cell does: Go source, or Python source where all engines are Python's.
func (v DirectView) Execute(ctx context.Context, src string) error {
	engines, err := v.resolve()
	if err != nil {
		return err
	}
	python := !slices.ContainsFunc(engines, func(e Engine) bool { return e.Kind == wire.KindGo })
	if v.c.host == nil || python {
		return v.each(ctx, "execute_request", map[string]any{"code": src, "silent": true, "user_expressions": map[string]any{}}, nil, nil)
	}
	_, buffers, err := v.c.host.Ask(ctx, "compile", map[string]string{"source": src, "scope": string(module.Engines)})
	if err != nil {
		return err
	}
	if len(buffers) == 0 {
		return nil // declarations only
	}
	m, err := module.Decode(buffers)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	return v.RunModule(ctx, m)
}

// RunModule runs a compiled cell on every engine of the view. Outputs go where the client's outputs go.
func (v DirectView) RunModule(ctx context.Context, m *module.Module) error {
	return v.each(ctx, wire.RunRequest, wire.Run{}, m.Encode(), nil)
}

// Interrupt stops what the engines of the view are running.
func (v DirectView) Interrupt(ctx context.Context) error {
	return v.control(ctx, "interrupt_request", map[string]any{})
}

// Signal sends the processes of the engines a signal.
func (v DirectView) Signal(ctx context.Context, sig syscall.Signal) error {
	return v.control(ctx, "signal_request", map[string]any{"sig": int(sig)})
}

// Shutdown ends the engines of the view.
func (v DirectView) Shutdown(ctx context.Context) error {
	err := v.control(ctx, "shutdown_request", map[string]any{"restart": false})
	if errors.Is(err, ErrEngineDied) {
		return nil
	}
	return err
}

// Kill ends the engines of the view as a crash would, for trying what happens then, and waits until they are gone.
func (v DirectView) Kill(ctx context.Context) error {
	engines, err := v.resolve()
	if err != nil {
		return err
	}
	err = v.control(ctx, "signal_request", map[string]any{"sig": 9})
	if err != nil && !errors.Is(err, ErrEngineDied) {
		return err
	}
	for _, e := range engines {
		if err := v.c.gone(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func (v DirectView) control(ctx context.Context, msgType string, content any) error {
	engines, err := v.resolve()
	if err != nil {
		return err
	}
	var errs error
	for _, e := range engines {
		if _, err := v.c.ask(ctx, control, e.UUID, msgType, content); err != nil {
			errs = errors.Join(errs, err)
		}
	}
	return errs
}

// each makes one request to every engine of the view and waits for all; take, when given, reads a reply that is ok.
func (v DirectView) each(ctx context.Context, msgType string, content any, buffers [][]byte, take func(i int, e Engine, m *wire.Message) error) error {
	return v.eachOwn(ctx, msgType, content, func(int) [][]byte { return buffers }, take)
}

// eachOwn is each with buffers for every engine; a broadcast has the first one's.
func (v DirectView) eachOwn(ctx context.Context, msgType string, content any, buffers func(i int) [][]byte, take func(i int, e Engine, m *wire.Message) error) error {
	engines, err := v.resolve()
	if err == nil && strings.HasPrefix(msgType, "gale_") {
		err = engines.allGo()
	}
	if err != nil {
		return err
	}
	p := &plan{
		c: v.c, o: v.o, n: len(engines), what: what(msgType),
		name: func(i int) string { return fmt.Sprintf("engine %d", engines[i].ID) },
	}
	fails := make([]error, p.n)
	box := newMailbox()
	at := map[wire.MsgID]int{} // which engine a request is for
	j := job{msgType: msgType, what: p.what, content: content, buffers: buffers(0), outputs: framed(msgType), output: v.shown(ctx)}
	if v.broadcast {
		j.ch, j.targets, j.metadata = broadcast, engines, broadcastMetadata(engines)
		id, err := v.c.submit(j, box.put)
		if err != nil {
			return err
		}
		at[id] = -1
	} else {
		for i, e := range engines {
			j.ch, j.engine, j.buffers = mux, e.UUID, buffers(i)
			id, err := v.c.submit(j, box.put)
			if err != nil {
				return err
			}
			at[id] = i
		}
	}
	progress := v.c.newProgress(ctx, p)
	defer progress.end()
	for left := p.n; left > 0; {
		select {
		case <-box.bell:
		case <-progress.tick:
			progress.show(p.n-left, left)
			continue
		case <-ctx.Done():
			by := map[string][]wire.MsgID{}
			for id, i := range at {
				v.c.loop.post(forgotten{id})
				if i >= 0 {
					by[engines[i].UUID] = append(by[engines[i].UUID], id)
				} else {
					by[""] = append(by[""], id)
				}
			}
			v.c.abort(by, v.broadcast)
			return fmt.Errorf("client: %s: %w", p.what, context.Cause(ctx))
		}
		for _, a := range box.take() {
			i := at[a.id]
			if v.broadcast {
				i = indexOf(engines, a.a)
			}
			left--
			if i < 0 { // an answer about the whole
				return wholeError(a.a)
			}
			fails[i] = settleOne(i, engines[i], a.a, take)
		}
	}
	return p.composite(fails)
}

// indexOf says which engine an answer to a broadcast is from; -1: it is about the whole.
func indexOf(engines Engines, a answer) int {
	uuid := ""
	var dead *DeadEngine
	switch {
	case a.reply != nil:
		if uuid = engineOf(a.reply); uuid == "" {
			uuid = targetOf(string(parentID(a.reply)))
		}
	case errors.As(a.err, &dead):
		uuid = dead.UUID
	}
	return slices.IndexFunc(engines, func(e Engine) bool { return e.UUID == uuid })
}

// wholeError is the error of an answer about a whole broadcast, which is never a success.
func wholeError(a answer) error {
	if a.err != nil {
		return a.err
	}
	var r wire.Reply
	if err := a.reply.Content(&r); err != nil {
		return err
	}
	return replyError(Engine{ID: -1}, r)
}

func settleOne(i int, e Engine, a answer, take func(int, Engine, *wire.Message) error) error {
	if a.err != nil {
		return a.err
	}
	var r wire.Reply
	if err := a.reply.Content(&r); err != nil {
		return err
	}
	if r.Status != "ok" {
		return replyError(e, r)
	}
	if take == nil {
		return nil
	}
	return take(i, e, a.reply)
}

// framed says whether outputs belong to a request, so that its reply waits for them.
func framed(msgType string) bool { return msgType == wire.RunRequest || msgType == "execute_request" }

// what names a request for people.
func what(msgType string) string {
	switch msgType {
	case wire.RunRequest, "execute_request":
		return "running a cell on the engines"
	case wire.NamesRequest:
		return "asking for names"
	case wire.ObjectsRequest:
		return "asking for objects"
	}
	return msgType
}
