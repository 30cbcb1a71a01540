package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// nameRequest is the failure of a request that is not made as it should be.
const nameRequest = "BadRequest"

// run loads a module and runs its cell.
func (e *Engine) run(ctx context.Context, t *task) answer {
	var c wire.Run
	if err := t.m.Content(&c); err != nil {
		return failWith(nameRequest, err)
	}
	t.request = c.Request
	m, err := module.Decode(t.m.Buffers)
	if err != nil {
		return failWith(nameRequest, err)
	}
	return e.runModule(ctx, t, m, c, 0)
}

// runModule loads m, runs it as c says, and publishes its result, with the cell's number in place of count when that is 0.
func (e *Engine) runModule(ctx context.Context, t *task, m *module.Module, c wire.Run, count int) answer {
	if err := e.o.Space.Load(m); err != nil {
		return failWith("LoadError", err)
	}
	if c.LoadOnly {
		return answer{}
	}
	if count == 0 {
		count = m.Cell
	}
	return e.runCell(ctx, t, m.ID, c, count)
}

// runCell runs the cell of a loaded module and publishes its result.
func (e *Engine) runCell(ctx context.Context, t *task, id module.ID, c wire.Run, count int) answer {
	stop := e.attend(ctx, t, c)
	result, failure := e.o.Space.Run(ctx, id, c, e.show(ctx, t))
	if interrupted := stop(); interrupted { // what it made of the end of its input does not matter
		return fail(wire.NewFailure("KeyboardInterrupt", "interrupted while it waited for input"))
	}
	if failure != nil {
		return answer{failure: failure}
	}
	if result != nil && result.Place != (display.Place{}) && !c.Silent { // a last expression may clear or update, too
		e.show(ctx, t)(*result)
		return answer{}
	}
	if result != nil && !c.Silent {
		if raw, ok := e.bundle(*result, &count); ok {
			e.emit(ctx, t, wire.Output{MsgType: "execute_result", Content: raw})
		}
	}
	return answer{}
}

// prepare loads modules and keeps values of variables.
func (e *Engine) prepare(t *task) answer {
	var c wire.Prepare
	if err := t.m.Content(&c); err != nil {
		return failWith(nameRequest, err)
	}
	bufs := t.m.Buffers
	if c.Modules < 0 || c.Modules > len(bufs)/2 {
		return failWith(nameRequest, fmt.Errorf("engine: %d modules in %d buffers", c.Modules, len(bufs)))
	}
	for i := range c.Modules {
		m, err := module.Decode(bufs[2*i : 2*i+2])
		if err != nil {
			return failWith(nameRequest, err)
		}
		if c.Session == "" {
			c.Session = m.Session
		}
		if err := e.o.Space.Load(m); err != nil {
			return failWith("LoadError", err)
		}
	}
	if len(c.Vars) == 0 {
		return answer{}
	}
	values, err := value.Unpack(bufs[2*c.Modules:])
	if err == nil && len(values) != len(c.Vars) {
		err = fmt.Errorf("engine: %d values for %d variables", len(values), len(c.Vars))
	}
	if err != nil {
		return failWith(nameRequest, err)
	}
	for i, v := range c.Vars {
		if err := e.o.Space.Keep(c.Session, v, values[i]); err != nil {
			return failWith(nameRequest, err)
		}
	}
	return answer{}
}

// call calls a function for its items.
func (e *Engine) call(ctx context.Context, t *task) answer {
	var c wire.Call
	if err := t.m.Content(&c); err != nil {
		return failWith(nameRequest, err)
	}
	var values []value.Encoded
	if len(t.m.Buffers) > 0 {
		var err error
		if values, err = value.Unpack(t.m.Buffers); err != nil {
			return failWith(nameRequest, err)
		}
	}
	want := 0
	if c.Captures {
		want++
	}
	for _, it := range c.Items {
		for _, a := range it.Args {
			if a.Object == nil && a.Ref == "" {
				want++
			}
		}
	}
	if want != len(values) {
		return failWith(nameRequest, fmt.Errorf("engine: %d values for a call that takes %d", len(values), want))
	}
	reply, results := e.o.Space.Call(ctx, c, values, t.m.Header.Session, e.show(ctx, t))
	a := answer{content: reply, method: wire.CallRequest}
	if reply.Failure != nil {
		reply.Status = "error"
		return answer{content: reply, failure: reply.Failure}
	}
	reply.Status = "ok"
	a.content = reply
	if len(results) > 0 {
		a.buffers = value.Pack(results)
	}
	return a
}

// names sets, gets, deletes and lists variables.
func (e *Engine) names(t *task) answer {
	var c wire.Names
	if err := t.m.Content(&c); err != nil {
		return failWith(nameRequest, err)
	}
	if err := e.setNames(c.Set, t.m.Buffers); err != nil {
		return failWith(nameRequest, err)
	}
	reply := wire.NamesReply{Reply: wire.Reply{Status: "ok"}}
	var values []value.Encoded
	for _, name := range c.Get {
		x, err := e.o.Names.Get(name)
		if err != nil {
			return failWith("NameError", err)
		}
		v, err := value.Encode(value.Any(x), value.Options{Types: e.o.Types, Name: name, Copy: true})
		if err != nil {
			return failWith("TypeError", err)
		}
		values = append(values, v)
	}
	e.o.Names.Delete(c.Delete...)
	if c.Clear {
		e.o.Names.Clear()
	}
	if c.List {
		reply.Names = e.o.Names.List()
	}
	a := answer{content: reply}
	if len(values) > 0 {
		a.buffers = value.Pack(values)
	}
	return a
}

func (e *Engine) setNames(names []string, bufs [][]byte) error {
	if len(names) == 0 {
		return nil
	}
	values, err := value.Unpack(bufs)
	if err != nil {
		return err
	}
	if len(values) != len(names) {
		return fmt.Errorf("engine: %d values for %d names", len(values), len(names))
	}
	for i, name := range names {
		v, err := value.Decode(values[i], anyType, value.Options{Types: e.o.Types, Name: name})
		if err != nil {
			return err
		}
		var x any
		if !v.IsNil() {
			x = v.Elem().Interface()
		}
		if err := e.o.Names.Set(name, x); err != nil {
			return err
		}
	}
	return nil
}

// objects lists, names and deletes objects.
func (e *Engine) objects(t *task) answer {
	var c wire.Objects
	if err := t.m.Content(&c); err != nil {
		return failWith(nameRequest, err)
	}
	return answer{content: wire.ObjectsReply{Reply: wire.Reply{Status: "ok"}, Objects: e.o.Objects.Do(c)}}
}

// execute compiles Go source that came as text, and runs it.
func (e *Engine) execute(ctx context.Context, t *task) answer {
	var c struct {
		Code   string `json:"code"`
		Silent bool   `json:"silent"`
	}
	if err := t.m.Content(&c); err != nil {
		return failWith(nameRequest, err)
	}
	a := e.source(ctx, t, c.Code, c.Silent, t.count)
	if a.failure == nil {
		a.content = map[string]any{"status": "ok", "execution_count": t.count, "user_expressions": map[string]any{}, "payload": []any{}}
	}
	return a
}

var errNoCompiler = errors.New("this engine cannot compile Go source: it has no Go tools (install Go, or send compiled cells from a gale notebook)")

func (e *Engine) source(ctx context.Context, t *task, code string, silent bool, count int) answer {
	if e.o.Compiler == nil {
		return failWith("CompileError", errNoCompiler)
	}
	m, err := e.o.Compiler.Compile(ctx, code, count)
	if err != nil {
		return failWith("CompileError", err)
	}
	if m == nil {
		return answer{}
	}
	return e.runModule(ctx, t, m, wire.Run{Silent: silent}, count)
}

var anyType = reflect.TypeFor[any]()
