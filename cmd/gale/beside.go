package main

import (
	"context"
	"errors"

	"github.com/galeproject/gale/comm"
	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/engine"
	"github.com/galeproject/gale/internal/stream"
	"github.com/galeproject/gale/namespace"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// comms are the comms of a child as its engine wants them.
type comms struct{ h *hostOfCells }

// explorer is a namespace's explorer as an engine wants it.
type explorer struct {
	x *namespace.Explorer
	n *namespace.Namespace
}

var (
	_ engine.Comms    = comms{}
	_ engine.Explorer = explorer{}
	_ comm.Host       = (*hostOfCells)(nil)
	_ engine.Stdin    = (*stream.Stdin)(nil)
)

// Receive hands a message of a front end to its handler.
func (c comms) Receive(ctx context.Context, msgType string, m wire.Comm, buffers [][]byte, show func(display.Bundle)) *wire.Failure {
	handle, err := c.h.comms.Receive(c.h, msgType, m, buffers)
	if f, ok := errors.AsType[wire.Failure](err); ok {
		return &f
	}
	if handle == nil {
		return nil
	}
	out := c.h.n.Do(ctx, namespace.RunOptions{Emit: emitter(ctx, show)}, func() { handle(ctx) })
	return asWire(out.Failure)
}

// Take gives the values of all variables.
func (e explorer) Take() (wire.TakeReply, []value.Encoded) {
	t := e.n.Take()
	r := wire.TakeReply{Session: t.Session, Types: t.Types, Refused: t.Refused}
	for _, v := range t.Vars {
		r.Vars = append(r.Vars, wire.VarRef{Name: v.Name, Symbol: v.Symbol})
	}
	return r, t.Values
}

// Explore looks at variables, or at what runs.
func (e explorer) Explore(ctx context.Context, v wire.Vars) (r wire.VarsReply) {
	var views []namespace.View
	var err error
	switch v.Op {
	case wire.VarsList:
		views, r.Busy = e.x.List(ctx)
	case wire.VarsOne:
		views, r.Busy, err = e.x.One(ctx, v.Name)
	case wire.VarsChildren:
		views, r.Busy, err = e.x.Children(ctx, v.Ref, v.Start, v.Count)
	case wire.VarsRich:
		var b display.Bundle
		if b, r.Busy, err = e.x.Rich(ctx, v.Name); err == nil {
			if r.Data, err = wire.Marshal(b.Data); err == nil {
				r.Metadata, err = wire.Marshal(b.Metadata)
			}
		}
	case wire.VarsStack:
		for _, f := range e.x.Stacks() {
			r.Frames = append(r.Frames, wire.FrameInfo{
				Function: f.Function, Cell: f.Cell, File: f.File, Line: f.Line, Goroutine: f.Goroutine, State: f.State,
			})
		}
	default:
		err = errors.New("no such question about variables: " + v.Op)
	}
	if err != nil {
		f := wire.NewFailure("NameError", err.Error())
		r.Failure = &f
	}
	for _, w := range views {
		r.Vars = append(r.Vars, wire.VarInfo{
			Name: w.Name, Type: w.Type, Value: w.Value, Ref: w.Ref, Named: w.Named, Indexed: w.Indexed, Bytes: w.Bytes, Cell: w.Cell, Place: w.Place,
		})
	}
	return r
}
