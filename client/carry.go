package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// flight is a plan under way.
type flight struct {
	p       *plan
	g       *cargo
	box     *mailbox
	pending map[wire.MsgID]batch
	left    int
}

// send makes a batch's request.
func (l *flight) send(ctx context.Context, b batch) error {
	j, err := l.p.request(ctx, l.g, b)
	if err != nil {
		return err
	}
	id, err := l.p.c.submit(j, l.box.put)
	if err != nil {
		return err
	}
	l.pending[id] = b
	return nil
}

// sendAll sends batches; when that fails, none is left under way.
func (l *flight) sendAll(ctx context.Context, bs []batch) error {
	for _, b := range bs {
		if err := l.send(ctx, b); err != nil {
			l.p.cancel(l.pending)
			return err
		}
	}
	return nil
}

// land collects the answers.
func (l *flight) land(ctx context.Context) error {
	p := l.p
	progress := p.c.newProgress(ctx, p)
	defer progress.end()
	for l.left > 0 {
		select {
		case <-l.box.bell:
		case <-progress.tick:
			progress.show(p.n-l.left, len(l.pending))
			continue
		case <-ctx.Done():
			p.cancel(l.pending)
			return fmt.Errorf("client: %s: %d of %d done: %w", p.what, p.n-l.left, p.n, context.Cause(ctx))
		}
		for _, a := range l.box.take() {
			if err := l.take(ctx, a); err != nil {
				p.cancel(l.pending)
				return err
			}
		}
		progress.show(p.n-l.left, len(l.pending))
	}
	return nil
}

// take reads one answer and sends again what must be.
func (l *flight) take(ctx context.Context, a arrival) error {
	b, ok := l.pending[a.id]
	if !ok {
		return nil
	}
	again, n, err := l.p.settle(ctx, l.g, b, a.a)
	if err != nil {
		return err
	}
	if l.p.everyone == nil {
		delete(l.pending, a.id)
	}
	l.left -= n
	for _, x := range again {
		if err := l.send(ctx, x); err != nil {
			return err
		}
	}
	return nil
}

// settle reads an answer: how many items it settled, and what must be sent again.
func (p *plan) settle(ctx context.Context, g *cargo, b batch, a answer) (again []batch, items int, err error) {
	idx := b.items
	if p.everyone != nil {
		idx = p.itemsOf(a)
	}
	if a.err != nil {
		if again, err := p.elsewhere(ctx, b, a.err); err != nil || again != nil {
			return again, 0, err
		}
		p.failAll(idx, b.engine, a.err)
		return nil, len(idx), nil
	}
	engine, _ := p.c.engine(engineOf(a.reply))
	var r wire.CallReply
	if err := a.reply.Content(&r); err != nil {
		return nil, 0, fmt.Errorf("client: reply of engine %d: %w", engine.ID, err)
	}
	if r.Lacks != nil {
		if b.tries >= maxTries {
			p.failAll(idx, engine, fmt.Errorf("engine %d still lacks %+v after %d tries", engine.ID, *r.Lacks, b.tries))
			return nil, len(idx), nil
		}
		if err := p.c.prepare(ctx, g, Engines{engine}, true); err != nil {
			return nil, 0, err
		}
		b.tries++
		return []batch{b}, 0, nil
	}
	if r.Status != "ok" {
		err := replyError(engine, r.Reply)
		if again, err := p.elsewhere(ctx, b, err); err != nil || again != nil {
			return again, 0, err
		}
		p.failAll(idx, engine, err)
		return nil, len(idx), nil
	}
	if err := p.share(idx, engine, r, a.reply); err != nil {
		p.failAll(idx, engine, err)
	}
	return nil, len(idx), nil
}

// elsewhere finds a new place for items whose objects have died with their engine.
func (p *plan) elsewhere(ctx context.Context, b batch, why error) ([]batch, error) {
	if p.mend == nil || p.o.once || b.tries >= maxMends || !errors.Is(why, ErrEngineDied) {
		return nil, nil
	}
	if err := p.mend(ctx, b.items); err != nil {
		return nil, err
	}
	var out []batch
	for _, i := range b.items {
		out = append(out, batch{engine: p.place(i), items: []int{i}, tries: b.tries + 1})
	}
	return out, nil
}

// maxMends is how often a call on an object goes elsewhere because engines die: what ends three engines is not chance.
const maxMends = 2

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
func (p *plan) share(idx []int, engine Engine, r wire.CallReply, m *wire.Message) error {
	if len(r.Items) != len(idx) {
		return fmt.Errorf("engine %d answered for %d items of %d", engine.ID, len(r.Items), len(idx))
	}
	var values []value.Encoded
	if len(m.Buffers) > 0 {
		var err error
		if values, err = value.Unpack(m.Buffers); err != nil {
			return fmt.Errorf("result of engine %d: %w", engine.ID, err)
		}
	}
	for k, i := range idx {
		it := r.Items[k]
		out := result{engine: engine, void: it.Void, kept: it.Kept, reply: m}
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
	at := map[string][]wire.MsgID{} // by engine; "": wherever the controller has put it
	for id, b := range pending {
		at[b.engine.UUID] = append(at[b.engine.UUID], id)
		p.c.loop.post(forgotten{id})
	}
	if !p.o.leave {
		p.c.abort(at, p.everyone != nil)
	}
}

// abort has requests dropped, and interrupted where they run. A controller that knows where its tasks are is asked once about those;
// else all engines are. Nobody waits for the answers: an engine that is gone has nothing to abort.
func (c *Client) abort(at map[string][]wire.MsgID, everywhere bool) {
	engines := c.Cluster()
	for i, e := range engines {
		ids := at[e.UUID]
		if everywhere || !c.loop.ours() {
			ids = append(slices.Clone(ids), at[""]...)
		} else if i == 0 && len(at[""]) > 0 {
			c.command(e, "abort_request", map[string]any{"msg_ids": at[""], "running": true})
		}
		if len(ids) == 0 {
			continue
		}
		c.command(e, "abort_request", map[string]any{"msg_ids": ids})
		if e.Kind == wire.KindGo {
			c.command(e, "interrupt_request", map[string]any{"msg_ids": ids})
		}
	}
}

// command tells an engine something and does not wait for its answer.
func (c *Client) command(e Engine, msgType string, content any) {
	_, _ = c.submit(job{ch: control, engine: e.UUID, msgType: msgType, what: msgType, content: content}, func(arrival) {})
}
