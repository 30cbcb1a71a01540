package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

var errNoExplorer = errors.New("engine: nobody looks at variables here")

// explore looks at variables, or at what runs.
func (e *Engine) explore(ctx context.Context, t *task) answer {
	var c wire.Vars
	if err := t.m.Content(&c); err != nil {
		return failWith(nameRequest, err)
	}
	if e.o.Explorer == nil {
		return failWith(nameRequest, errNoExplorer)
	}
	r := e.o.Explorer.Explore(ctx, c)
	if r.Failure != nil {
		return fail(*r.Failure)
	}
	r.Status = "ok"
	return answer{content: r}
}

// take gives the values of all variables to the namespace that takes the place of this one.
func (e *Engine) take() answer {
	if e.o.Explorer == nil {
		return failWith(nameRequest, errNoExplorer)
	}
	r, values := e.o.Explorer.Take()
	r.Status = "ok"
	a := answer{content: r}
	if len(values) > 0 {
		a.buffers = value.Pack(values)
	}
	return a
}

// comm hands a message of a comm to its handler.
func (e *Engine) comm(ctx context.Context, t *task) answer {
	var c wire.Comm
	if err := t.m.Content(&c); err != nil {
		return failWith(nameRequest, err)
	}
	msgType := t.m.Header.MsgType
	t.request = c.Request
	if e.o.Comms == nil {
		if msgType == wire.CommOpen {
			return fail(wire.NewFailure(wire.NoCommTarget, fmt.Sprintf("nobody takes comms for %q", c.Target)))
		}
		return answer{}
	}
	return answer{failure: e.o.Comms.Receive(ctx, msgType, c, t.m.Buffers, e.show(ctx, t))}
}

// attend lets the cell of t ask for input while it runs, if it may.
func (e *Engine) attend(ctx context.Context, t *task, c wire.Run) (stop func() bool) {
	if e.o.Stdin == nil || !c.AllowStdin {
		return func() bool { return false }
	}
	return e.o.Stdin.Attend(ctx, func(ctx context.Context) (string, error) {
		return e.input(ctx, t, wire.Input{})
	})
}

// input asks the front end for a line.
func (e *Engine) input(ctx context.Context, t *task, q wire.Input) (string, error) {
	raw, _, err := e.ask(ctx, t, wire.AskInput, q)
	if err != nil {
		return "", err
	}
	var a wire.InputAnswer
	if err := json.Unmarshal(raw, &a); err != nil {
		return "", fmt.Errorf("engine: reading an answer: %w", err)
	}
	return a.Value, nil
}
