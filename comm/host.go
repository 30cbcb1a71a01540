package comm

import (
	"context"
	"encoding/json"
	"errors"

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
}

// ErrNoHost is returned where ctx is not that of a cell of a notebook.
var ErrNoHost = errors.New("comm: the context is not that of a cell of a notebook")

type hostKey struct{}

// WithHost gives a context that carries the host of the cells that run under it.
func WithHost(ctx context.Context, h Host) context.Context {
	return context.WithValue(ctx, hostKey{}, h)
}

func hostOf(ctx context.Context) (Host, error) {
	if h, ok := ctx.Value(hostKey{}).(Host); ok {
		return h, nil
	}
	return nil, ErrNoHost
}
