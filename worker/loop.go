package worker

import (
	"time"

	"github.com/galeproject/gale/internal/stream"
	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// partingTime bounds how long a dead child's pipes and sockets are read: a process that it left behind may hold them open.
const partingTime = 200 * time.Millisecond

// maxPast is how many cells may have ended before one whose goroutines still say what is theirs.
const maxPast = 64

// books is what the loop knows.
type books struct {
	l       *life
	open    map[wire.MsgID]*request // not yet answered in full
	turn    int                     // of the last request
	current *request                // whose output the pipes bring
	past    []*request              // the last that were answered: their goroutines may print on
	merger  stream.Merger
}

// loop moves everything that comes from a child, until it is dead and all of it has come.
func (l *life) loop() {
	b := &books{l: l, open: map[wire.MsgID]*request{}}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	exited := l.exited
	var parted <-chan struct{}
	var late <-chan time.Time
	for done := false; !done; {
		wait := time.Hour
		if at := b.merger.Next(); !at.IsZero() {
			wait = max(0, time.Until(at))
		}
		timer.Reset(wait)
		select {
		case r := <-l.asked:
			b.take(r)
		case m := <-l.shell.In():
			b.message(m, b.reply)
		case m := <-l.iopub.In():
			if len(m.Frames) > 0 {
				m.Frames = m.Frames[1:] // the topic
			}
			b.message(m, b.published)
		case m := <-l.control.In():
			b.message(m, b.controlled)
		case m := <-l.host.In():
			b.message(m, func(q *wire.Message) { l.answer(m.From, q) })
		case <-l.output.Ready():
			b.print(l.output.Take())
		case <-timer.C:
			b.give(b.merger.Due(time.Now()))
		case <-exited:
			exited, parted, late = nil, l.output.Ended(), time.After(partingTime)
		case <-parted:
			done = true
		case <-late:
			done = true
		}
	}
	b.bury()
}

// bury gives out what a dead child still said, answers the requests that wait for it, and frees everything.
func (b *books) bury() {
	l := b.l
	for {
		select {
		case m := <-l.iopub.In():
			m.Frames = m.Frames[min(1, len(m.Frames)):]
			b.message(m, b.published)
			continue
		case m := <-l.shell.In():
			b.message(m, b.reply)
			continue
		default:
		}
		break
	}
	b.print(l.output.Drain())
	b.give(b.merger.End())
	l.cancel()
	l.closed = l.release()
	for _, r := range b.open {
		r.put(item{dead: true})
	}
	close(l.ended)
}

// take sends a request to the child. It waits for the child's connection if need be, which a dead child will not make: then the loop's end
// answers it.
func (b *books) take(r *request) {
	b.turn++
	r.turn = b.turn
	b.open[r.m.Header.MsgID] = r
	b.choose()
	frames := b.l.session.Frames(r.m)
	go func() {
		if err := b.l.shell.Send(b.l.ctx, frames...); err != nil {
			b.l.log.Debug("a request was not sent", "error", err)
		}
	}()
}

// message checks what came and hands it on, after everything that was printed before it.
func (b *books) message(m zmtp.Msg, then func(*wire.Message)) {
	msg, err := b.l.session.Parse(m.Frames)
	if err != nil {
		b.l.log.Warn("a message of the namespace was dropped", "error", err)
		return
	}
	b.print(b.l.output.Drain())
	then(msg)
}

// of finds the request that a message belongs to.
func (b *books) of(m *wire.Message) *request {
	p, err := m.Parent()
	if err != nil {
		return nil
	}
	if r := b.open[p.MsgID]; r != nil {
		return r
	}
	for _, r := range b.past {
		if r.m.Header.MsgID == p.MsgID {
			return r
		}
	}
	return nil
}

// reply takes the reply to a request.
func (b *books) reply(m *wire.Message) {
	if r := b.of(m); r != nil {
		r.answer = m
		b.complete(r)
	}
}

// published takes an output.
func (b *books) published(m *wire.Message) {
	r := b.of(m)
	if m.Header.MsgType != "status" {
		b.give(b.merger.Flush())
		if r != nil {
			r.put(item{out: wire.Output{MsgType: m.Header.MsgType, Content: m.RawContent, Metadata: m.RawMetadata, Buffers: m.Buffers}})
		}
		// user code has waited until now, so that what it prints next comes next
		b.l.tell(wire.SeenRequest, wire.Seen{MsgID: m.Header.MsgID}, nil)
		return
	}
	var c struct {
		State string `json:"execution_state"`
	}
	if m.Content(&c) != nil || r == nil {
		return
	}
	if c.State == "idle" {
		b.give(b.merger.End())
		r.idle = true
		b.complete(r)
	}
}

// choose finds the request that what the pipes bring belongs to: what the child prints may come before it says that it has begun, so this is
// the oldest one without an end. Cells that run at once, and handlers beside a cell, say themselves what is theirs, as far as they can.
// Without any it is the last one.
func (b *books) choose() {
	next := b.current
	for _, r := range b.open {
		if !r.prints {
			continue
		}
		if next == nil || next.late || r.turn < next.turn {
			next = r
		}
	}
	if next != b.current {
		b.give(b.merger.End())
		b.current = next
	}
}

// complete ends a request that has its reply and all of its output.
func (b *books) complete(r *request) {
	if r.answer == nil || !r.idle {
		return
	}
	delete(b.open, r.m.Header.MsgID)
	r.put(item{reply: r.answer})
	r.late = true
	if b.past = append(b.past, r); len(b.past) > maxPast {
		b.past = append(b.past[:0], b.past[1:]...)
	}
	b.choose()
}

// controlled takes a reply of the control channel: to an interrupt, it tells what was left behind.
func (b *books) controlled(m *wire.Message) {
	var c struct {
		Left int `json:"left_behind"`
	}
	p, err := m.Parent()
	if err != nil || m.Content(&c) != nil {
		return
	}
	b.l.mu.Lock()
	defer b.l.mu.Unlock()
	if to := b.l.lefts[p.MsgID]; to != nil {
		to <- c.Left // has room for one
		delete(b.l.lefts, p.MsgID)
	}
}

// print takes what came through the pipes.
func (b *books) print(chunks []stream.Chunk) {
	for _, c := range chunks {
		if c.Name == "stderr" {
			b.l.mu.Lock()
			b.l.tail.add(string(c.Bytes))
			b.l.mu.Unlock()
		}
		b.give(b.merger.Add(time.Now(), c.Name, c.Bytes))
	}
}

// give hands texts to the request whose code runs.
func (b *books) give(texts []stream.Text) {
	for _, t := range texts {
		if b.current == nil {
			b.l.log.Info("the namespace says", "stream", t.Name, "text", t.Text)
			continue
		}
		b.current.put(item{out: wire.Output{MsgType: "stream", Stream: &wire.Stream{Name: t.Name, Text: t.Text}}})
	}
}
