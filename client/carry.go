package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// arrival is an answer with the request that it is for.
type arrival struct {
	id wire.MsgID
	a  answer
}

// mailbox takes answers from the loop, which must never wait.
type mailbox struct {
	mu   sync.Mutex
	in   []arrival
	bell chan struct{}
}

func newMailbox() *mailbox { return &mailbox{bell: make(chan struct{}, 1)} }

func (b *mailbox) put(a arrival) {
	b.mu.Lock()
	b.in = append(b.in, a)
	b.mu.Unlock()
	select {
	case b.bell <- struct{}{}:
	default:
	}
}

func (b *mailbox) take() []arrival {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.in
	b.in = nil
	return out
}

// carry sends the batches and collects their answers.
func (p *plan) carry(ctx context.Context, g *cargo, bs []batch) error {
	box := newMailbox()
	pending := map[wire.MsgID]batch{}
	progress := p.c.newProgress(ctx, p)
	defer progress.end()
	send := func(b batch) error {
		j, err := p.request(ctx, g, b)
		if err != nil {
			return err
		}
		id, err := p.c.submit(j, box.put)
		if err != nil {
			return err
		}
		pending[id] = b
		return nil
	}
	for _, b := range bs {
		if err := send(b); err != nil {
			p.cancel(pending)
			return err
		}
	}
	left := p.n
	for left > 0 {
		select {
		case <-box.bell:
		case <-progress.tick:
			progress.show(p.n-left, len(pending))
			continue
		case <-ctx.Done():
			p.cancel(pending)
			return fmt.Errorf("client: %s: %d of %d done: %w", p.what, p.n-left, p.n, context.Cause(ctx))
		}
		for _, a := range box.take() {
			b, ok := pending[a.id]
			if !ok {
				continue
			}
			again, n, err := p.settle(ctx, g, b, a.a)
			if err != nil {
				p.cancel(pending)
				return err
			}
			if p.everyone == nil {
				delete(pending, a.id)
			}
			left -= n
			if again {
				b.tries++
				if err := send(b); err != nil {
					p.cancel(pending)
					return err
				}
			}
		}
		progress.show(p.n-left, len(pending))
	}
	return nil
}

// settle reads an answer: how many items it settled, and whether the request must be sent again.
func (p *plan) settle(ctx context.Context, g *cargo, b batch, a answer) (again bool, items int, err error) {
	if a.err != nil {
		idx := b.items
		if p.everyone != nil {
			idx = p.itemsOf(a)
		}
		p.failAll(idx, b.engine, a.err)
		return false, len(idx), nil
	}
	engine, _ := p.c.engine(engineOf(a.reply))
	var r wire.CallReply
	if err := a.reply.Content(&r); err != nil {
		return false, 0, fmt.Errorf("client: reply of engine %d: %w", engine.ID, err)
	}
	idx := b.items
	if p.everyone != nil {
		idx = p.itemsOf(a)
	}
	if r.Lacks != nil {
		if b.tries >= maxTries {
			p.failAll(idx, engine, fmt.Errorf("engine %d still lacks %+v after %d tries", engine.ID, *r.Lacks, b.tries))
			return false, len(idx), nil
		}
		if err := p.c.prepare(ctx, g, Engines{engine}, true); err != nil {
			return false, 0, err
		}
		return true, 0, nil
	}
	if r.Status != "ok" {
		p.failAll(idx, engine, replyError(engine, r.Reply))
		return false, len(idx), nil
	}
	if err := p.share(idx, engine, r, a.reply.Buffers); err != nil {
		p.failAll(idx, engine, err)
	}
	return false, len(idx), nil
}

// itemsOf finds the items that an answer to a broadcast is for.
func (p *plan) itemsOf(a answer) []int {
	if i := indexOf(p.everyone, a); i >= 0 {
		return []int{i}
	}
	all := make([]int, p.n) // an answer about the whole
	for i := range all {
		all[i] = i
	}
	return all
}

// failAll tells the items of a batch that they failed.
func (p *plan) failAll(idx []int, e Engine, err error) {
	for _, i := range idx {
		p.done(i, result{engine: e, err: err})
	}
}

// share gives each item of a batch its result.
func (p *plan) share(idx []int, engine Engine, r wire.CallReply, buffers [][]byte) error {
	if len(r.Items) != len(idx) {
		return fmt.Errorf("engine %d answered for %d items of %d", engine.ID, len(r.Items), len(idx))
	}
	var values []value.Encoded
	if len(buffers) > 0 {
		var err error
		if values, err = value.Unpack(buffers); err != nil {
			return fmt.Errorf("result of engine %d: %w", engine.ID, err)
		}
	}
	for k, i := range idx {
		it := r.Items[k]
		out := result{engine: engine, void: it.Void, kept: it.Kept}
		switch {
		case it.Failure != nil:
			out.err = &EngineError{Engine: engine.ID, Failure: *it.Failure}
		case it.Void || it.Kept != nil:
		case len(values) == 0:
			return fmt.Errorf("engine %d sent too few results", engine.ID)
		default:
			out.enc, values = values[0], values[1:]
		}
		p.done(i, out)
	}
	return nil
}

// replyError makes an error of a reply that is not ok. The controller answers for an engine that died.
func replyError(e Engine, r wire.Reply) error {
	if r.Status == "aborted" {
		return fmt.Errorf("engine %d: %w", e.ID, ErrAborted)
	}
	if r.Failure == nil {
		return fmt.Errorf("engine %d: status %q", e.ID, r.Status)
	}
	if r.Name == "EngineError" && strings.Contains(r.Value, "died") {
		return fmt.Errorf("%s: %w", r.Value, ErrEngineDied)
	}
	if e.ID < 0 {
		return *r.Failure // made by the controller
	}
	return &EngineError{Engine: e.ID, Failure: *r.Failure}
}

// ErrAborted is the error of a request that was cancelled before it ran.
var ErrAborted = errors.New("aborted")

// cancel takes back what is queued and interrupts what runs; what is done stays done.
func (p *plan) cancel(pending map[wire.MsgID]batch) {
	if len(pending) == 0 {
		return
	}
	ids := make([]wire.MsgID, 0, len(pending))
	for id := range pending {
		ids = append(ids, id)
		p.c.loop.post(forgotten{id})
	}
	p.c.abort(ids)
}

// abort asks all engines to drop requests, and Go engines to interrupt the one that runs if it is among them. Nobody waits for the answers: an
// engine that is gone has nothing to abort.
func (c *Client) abort(ids []wire.MsgID) {
	content := map[string]any{"msg_ids": ids}
	for _, e := range c.Cluster() {
		_, _ = c.submit(job{ch: control, engine: e.UUID, msgType: "abort_request", what: "abort", content: content}, func(arrival) {})
		if e.Kind == wire.KindGo {
			_, _ = c.submit(job{ch: control, engine: e.UUID, msgType: "interrupt_request", what: "interrupt", content: content}, func(arrival) {})
		}
	}
}
