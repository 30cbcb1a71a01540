package comm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/galeproject/gale/wire"
)

// Host is the process that a cell runs in. A context that comes from a cell carries it.
type Host interface {
	// Comms are the comms of the process.
	Comms() *Comms
	// Emit publishes an output under the cell or message whose ctx it is.
	Emit(ctx context.Context, o wire.Output)
	// Ask puts a question to the kernel.
	Ask(ctx context.Context, kind string, content any) (json.RawMessage, [][]byte, error)
	// Current is the context of the cell or handler that the calling goroutine belongs to, ctx when it belongs to none.
	Current(ctx context.Context) context.Context
	// Request is the id of the front end's message that the cell or handler with this ctx serves.
	Request(ctx context.Context) wire.MsgID
}

// ErrNoHost is returned where ctx is not that of a cell of a notebook.
var ErrNoHost = errors.New("comm: the context is not that of a cell of a notebook")

type hostKey struct{}

// WithHost gives a context that carries the host of the cells that run under it.
func WithHost(ctx context.Context, h Host) context.Context {
	return context.WithValue(ctx, hostKey{}, h)
}

// Current is the context of the cell or handler that calls, whichever made ctx: what is sent under it belongs to what runs now.
func Current(ctx context.Context) context.Context {
	if h, err := hostOf(ctx); err == nil {
		return h.Current(ctx)
	}
	return ctx
}

// Request is the id of the front end's message that the cell or handler with this ctx serves, empty when there is none.
func Request(ctx context.Context) string {
	if h, err := hostOf(ctx); err == nil {
		return string(h.Request(ctx))
	}
	return ""
}

// Publish publishes an output of the cell or handler with this ctx: a message of type display_data, stream, clear_output … with its content.
func Publish(ctx context.Context, msgType string, content any) error {
	h, err := hostOf(ctx)
	if err != nil {
		return err
	}
	o := wire.Output{MsgType: msgType}
	if o.Content, err = wire.Marshal(content); err != nil {
		return fmt.Errorf("comm: publishing %s: %w", msgType, err)
	}
	h.Emit(ctx, o)
	return nil
}

// Keep gives what was kept under the key beside the comms of the process; the first call keeps what fresh gives. So a package that builds on
// comms has its own state per process and not in package variables. Keys are like those of contexts.
func Keep(ctx context.Context, key any, fresh func() any) (any, error) {
	h, err := hostOf(ctx)
	if err != nil {
		return nil, err
	}
	return h.Comms().keep(key, fresh), nil
}

func hostOf(ctx context.Context) (Host, error) {
	if h, ok := ctx.Value(hostKey{}).(Host); ok {
		return h, nil
	}
	return nil, ErrNoHost
}
