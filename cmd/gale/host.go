package main

import (
	"context"
	"encoding/json"

	"github.com/galeproject/gale/client"
	"github.com/galeproject/gale/comm"
	"github.com/galeproject/gale/engine"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/namespace"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// hostOfCells lets a client that a cell makes use the process that the cell runs in.
type hostOfCells struct {
	n     *namespace.Namespace
	comms comm.Comms
}

// Comms are the comms of the process.
func (h *hostOfCells) Comms() *comm.Comms { return &h.comms }

// Function says how a function value is made again elsewhere.
func (h *hostOfCells) Function(f any) (client.Function, bool) {
	l, ok := h.n.Space().Lifted(f)
	if !ok {
		return client.Function{}, false
	}
	fn := client.Function{Module: module.ID{Session: l.Session, Gen: l.Gen}, Symbol: l.Symbol, Cap: l.Cap}
	for _, v := range l.Vars {
		fn.Vars = append(fn.Vars, client.Variable{Name: v.Name, Symbol: v.Symbol, P: v.P})
	}
	for _, n := range l.Needs {
		fn.Needs = append(fn.Needs, module.Need{Name: n.Name, Symbol: n.Symbol, Cell: n.Cell})
	}
	return fn, true
}

// Module gives a module that this process loaded.
func (h *hostOfCells) Module(id module.ID) (*module.Module, error) { return h.n.Module(id) }

// Types names the types of cells and of the program.
func (h *hostOfCells) Types() value.Types { return h.n.Types() }

// Emit publishes an output under the cell whose ctx it is.
func (h *hostOfCells) Emit(ctx context.Context, o wire.Output) {
	h.n.Flush()
	engine.Emit(ctx, o)
}

// Current is the context of the cell or handler that the calling goroutine belongs to, ctx when it belongs to none.
func (h *hostOfCells) Current(ctx context.Context) context.Context {
	if r := h.n.Space().Current(); r != nil && r.Context != nil {
		return r.Context
	}
	return ctx
}

// Request is the id of the front end's message that ctx serves.
func (h *hostOfCells) Request(ctx context.Context) wire.MsgID { return engine.Requested(ctx) }

// Ask puts a question to the kernel.
func (h *hostOfCells) Ask(ctx context.Context, kind string, content any) (json.RawMessage, [][]byte, error) {
	h.n.Flush()
	return engine.Ask(ctx, kind, content)
}
