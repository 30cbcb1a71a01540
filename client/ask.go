package client

import (
	"context"
	"fmt"

	"github.com/galeproject/gale/wire"
)

// job describes a request to be made.
type job struct {
	ch       channel
	engine   string  // uuid for mux and control
	targets  Engines // for broadcast
	msgType  string
	what     string
	metadata any
	content  any
	buffers  [][]byte
	outputs  bool
	output   func(engine string, m *wire.Message)
}

// submit sends a request; done is told of each answer from the loop's goroutine and must not block. An answer may come before submit
// returns.
func (c *Client) submit(j job, done func(arrival)) (wire.MsgID, error) {
	m, err := c.session.New(j.msgType, nil, j.metadata, j.content, j.buffers...)
	if err != nil {
		return "", fmt.Errorf("client: %s: %w", j.what, err)
	}
	if j.engine != "" {
		m.Routes = [][]byte{[]byte(j.engine)}
	}
	r := &request{
		ch: j.ch, id: m.Header.MsgID, frames: c.session.Frames(m), engine: j.engine, what: j.what,
		outputs: j.outputs, output: j.output,
	}
	r.done = func(a answer) { done(arrival{r.id, a}) }
	if j.ch == broadcast {
		r.targets = map[string]bool{}
		for _, e := range j.targets {
			r.targets[e.UUID] = true
		}
	}
	if !c.loop.post(submitted{r}) {
		return "", ErrClosed
	}
	return r.id, nil
}

// ask sends one request without outputs and waits for its reply.
func (c *Client) ask(ctx context.Context, ch channel, engine, msgType string, content any, buffers ...[]byte) (*wire.Message, error) {
	answers := make(chan arrival, 1)
	id, err := c.submit(job{ch: ch, engine: engine, msgType: msgType, what: msgType, content: content, buffers: buffers}, func(a arrival) { answers <- a })
	if err != nil {
		return nil, err
	}
	select {
	case a := <-answers:
		return a.a.reply, a.a.err
	case <-ctx.Done():
		c.loop.post(forgotten{id})
		return nil, fmt.Errorf("client: waiting for the answer to %s: %w", msgType, ctx.Err())
	}
}
