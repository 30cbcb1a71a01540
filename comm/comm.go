package comm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/galeproject/gale/wire"
)

// Comm is a channel to front ends, opened by a cell or by one of them. Its methods may be called from any goroutine.
type Comm struct {
	id, target string
	host       Host

	mu      sync.Mutex
	closed  bool
	onMsg   func(ctx context.Context, m Msg)
	onClose func(ctx context.Context, m Msg)
	early   []Msg // came before there was a handler
}

// Msg is what a front end sent.
type Msg struct {
	Data     json.RawMessage
	Metadata json.RawMessage
	Buffers  [][]byte
}

// Decode reads the data into v.
func (m Msg) Decode(v any) error {
	if err := json.Unmarshal(m.Data, v); err != nil {
		return fmt.Errorf("comm: decoding data: %w", err)
	}
	return nil
}

// ErrClosed is returned by what is done with a comm that was closed.
var ErrClosed = errors.New("comm: closed")

// maxEarly bounds the messages that wait for a handler.
const maxEarly = 1000

// Option adds to a message.
type Option func(*wire.Output) error

// Metadata adds metadata to a message; v must marshal to a JSON object.
func Metadata(v any) Option {
	return func(o *wire.Output) (err error) {
		o.Metadata, err = wire.Marshal(v)
		return err
	}
}

// Open opens a comm to the front ends' target of that name. A front end without such a target closes it at once: see [Comm.OnClose].
func Open(ctx context.Context, target string, data any, buffers [][]byte, opts ...Option) (*Comm, error) {
	return OpenAs(ctx, wire.NewID(), target, data, buffers, opts...)
}

// OpenAs is Open with an id of the caller's choice, which no open comm has.
func OpenAs(ctx context.Context, id, target string, data any, buffers [][]byte, opts ...Option) (*Comm, error) {
	h, err := hostOf(ctx)
	if err != nil {
		return nil, err
	}
	c := &Comm{id: id, target: target, host: h}
	if !h.Comms().add(c) {
		return nil, fmt.Errorf("comm: opening %s for %s: there is an open comm with this id", id, target)
	}
	if err := c.send(ctx, wire.CommOpen, target, data, buffers, opts); err != nil {
		h.Comms().remove(c)
		return nil, err
	}
	return c, nil
}

// ID is the comm's id, by which front ends know it.
func (c *Comm) ID() string { return c.id }

// Target is the name that it was opened for.
func (c *Comm) Target() string { return c.target }

// Send sends a message.
func (c *Comm) Send(ctx context.Context, data any, buffers [][]byte, opts ...Option) error {
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return fmt.Errorf("comm: sending to %s: %w", c.target, ErrClosed)
	}
	return c.send(ctx, wire.CommMsg, "", data, buffers, opts)
}

// Close closes the comm on both sides; a closed one stays so without an error.
func (c *Comm) Close(ctx context.Context, data any, opts ...Option) error {
	if !c.shut() {
		return nil
	}
	return c.send(ctx, wire.CommClose, "", data, nil, opts)
}

// shut marks the comm as closed, once.
func (c *Comm) shut() bool {
	c.mu.Lock()
	was := c.closed
	c.closed, c.early = true, nil
	c.mu.Unlock()
	c.host.Comms().remove(c)
	return !was
}

func (c *Comm) send(ctx context.Context, msgType, target string, data any, buffers [][]byte, opts []Option) error {
	raw, err := wire.Marshal(data)
	if err != nil {
		return fmt.Errorf("comm: sending to %s: %w", c.target, err)
	}
	if string(raw) == "null" {
		raw = json.RawMessage("{}")
	}
	o := wire.Output{MsgType: msgType, Metadata: json.RawMessage("{}"), Buffers: buffers}
	if o.Content, err = wire.Marshal(wire.Comm{ID: c.id, Target: target, Data: raw}); err != nil {
		return fmt.Errorf("comm: sending to %s: %w", c.target, err)
	}
	for _, opt := range opts {
		if err := opt(&o); err != nil {
			return fmt.Errorf("comm: sending to %s: %w", c.target, err)
		}
	}
	c.host.Emit(ctx, o)
	return nil
}

// OnMsg makes f the handler of messages. Those that came before it are handled now, in the calling goroutine, under ctx.
func (c *Comm) OnMsg(ctx context.Context, f func(ctx context.Context, m Msg)) {
	c.mu.Lock()
	c.onMsg = f
	early := c.early
	c.early = nil
	c.mu.Unlock()
	for _, m := range early {
		f(ctx, m)
	}
}

// OnClose makes f the handler of a close by the front end.
func (c *Comm) OnClose(f func(ctx context.Context, m Msg)) {
	c.mu.Lock()
	c.onClose = f
	c.mu.Unlock()
}
