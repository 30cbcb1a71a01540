package controller

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
)

// atOnce is how many messages of one socket are taken before the others are looked at.
const atOnce = 64

// loop owns the shell.
type loop struct {
	c *Controller
	// handed counts connections that a newer one with the same identity has replaced: their end is no news.
	handed map[*zmtp.Socket]map[string]int

	due    time.Time        // of the next tick
	alarm  <-chan time.Time // rings then
	unsaid bool             // the table of engines changed
	save   <-chan time.Time // it is written then
	end    <-chan time.Time // a client asked for the end
	over   bool

	effects []effect // of the steps since the last flush
	watch   *watchman

	dask    chan daskResult
	endDask context.CancelFunc
	wg      sync.WaitGroup
}

// saveDelay gathers changes of the table of engines: a thousand engines come at once.
const saveDelay = 50 * time.Millisecond

func newLoop(c *Controller) *loop {
	return &loop{c: c, handed: map[*zmtp.Socket]map[string]int{}, dask: make(chan daskResult), endDask: func() {}, watch: newWatchman(c.o.Watch)}
}

func (l *loop) run(ctx context.Context) {
	defer l.wg.Wait()
	defer func() { l.endDask() }()
	for !l.over {
		if at := l.c.shell.next(); l.alarm == nil || at.Before(l.due) {
			l.due, l.alarm = at, l.c.clock.After(at.Sub(l.c.clock.Now()))
		}
		if l.unsaid && l.save == nil {
			l.save = l.c.clock.After(saveDelay)
		}
		if k, m, came := l.wait(ctx); came {
			l.take(l.c.net.s[k], k, m)
			l.more(l.c.net.s[k], k)
		}
		l.flush()
	}
}

// wait waits for a message, which it returns, or for something else, which it does.
func (l *loop) wait(ctx context.Context) (k socket, m zmtp.Msg, came bool) {
	s := &l.c.net.s
	select {
	case m = <-s[taskClient].In():
		return taskClient, m, true
	case m = <-s[taskEngine].In():
		return taskEngine, m, true
	case m = <-s[muxClient].In():
		return muxClient, m, true
	case m = <-s[muxEngine].In():
		return muxEngine, m, true
	case m = <-s[castClient].In():
		return castClient, m, true
	case m = <-s[castEngine].In():
		return castEngine, m, true
	case m = <-s[controlClient].In():
		return controlClient, m, true
	case m = <-s[controlEngine].In():
		return controlEngine, m, true
	case m = <-s[iopubEngine].In():
		return iopubEngine, m, true
	case m = <-s[query].In():
		return query, m, true
	case m = <-s[pong].In():
		return pong, m, true
	case <-l.c.net.subs.some:
		for _, p := range l.c.net.subs.take() {
			l.step(input{kind: subscribed, socket: notification, peer: p})
		}
	case f := <-l.c.asks:
		l.step(input{kind: asked, ask: f})
	case r := <-l.dask:
		l.step(input{kind: daskUp, dask: r})
	case <-l.alarm:
		l.alarm = nil
		l.step(input{kind: tick})
	case <-l.save:
		l.save, l.unsaid = nil, false
		l.saveEngines()
	case <-l.end:
		l.over = true
	case <-ctx.Done():
		l.over = true
	}
	return 0, m, false
}

// more takes what else has come on a socket.
func (l *loop) more(s *zmtp.Socket, k socket) {
	for range atOnce {
		select {
		case m := <-s.In():
			l.take(s, k, m)
		default:
			return
		}
	}
}

// take makes an input of what a socket gave.
func (l *loop) take(s *zmtp.Socket, k socket, m zmtp.Msg) {
	in := input{kind: message, socket: k, from: m.From.ID, frames: m.Frames}
	if m.Event != nil {
		if k == muxEngine && l.watch.event(m) {
			l.kick(muxEngine, m.From.ID)
		}
		switch l.replaced(s, m) {
		case oldEnds:
			return
		case newBegins:
			in.kind = swapped
			l.step(in)
			return
		case notReplaced:
		}
		in.kind = connected
		if m.Event.Kind == zmtp.Disconnected {
			in.kind = disconnected
		}
	}
	l.step(in)
}

// replacement is what an event has to do with a newer connection's taking an identity over.
type replacement uint8

const (
	notReplaced replacement = iota
	oldEnds
	newBegins
)

func (l *loop) replaced(s *zmtp.Socket, m zmtp.Msg) replacement {
	if m.Event.Kind == zmtp.Disconnected && errors.Is(m.Event.Err, zmtp.ErrDuplicate) {
		if l.handed[s] == nil {
			l.handed[s] = map[string]int{}
		}
		l.handed[s][m.From.ID]++
		return oldEnds
	}
	if m.Event.Kind == zmtp.Connected && l.handed[s][m.From.ID] > 0 {
		if l.handed[s][m.From.ID]--; l.handed[s][m.From.ID] == 0 {
			delete(l.handed[s], m.From.ID)
		}
		return newBegins
	}
	return notReplaced
}

func (l *loop) step(in input) {
	l.effects = append(l.effects, l.c.shell.step(l.c.clock.Now(), in)...)
}

// flush writes the journal and then does what the steps asked for: nobody hears of what the journal does not know.
func (l *loop) flush() {
	chunks, keeps := l.c.shell.book.take()
	for _, c := range chunks {
		if len(c.data) == 0 {
			continue
		}
		if err := l.c.o.Journal.Append(c.page, c.data); err != nil {
			l.step(input{kind: journalFailed, err: err})
			keeps = nil
			break
		}
	}
	for _, k := range keeps {
		l.c.keeper.give(k)
	}
	for _, e := range l.effects {
		l.do(e)
	}
	clear(l.effects)
	l.effects = l.effects[:0]
}

// do carries out an effect. A peer that is gone is no error, its end is an input of its own; one whose queue is full is stuck.
func (l *loop) do(e effect) {
	s := l.c.net.s[e.socket]
	switch e.kind {
	case send:
		if err := s.SendTo(e.to, e.frames...); errors.Is(err, zmtp.ErrFull) {
			l.kick(e.socket, e.to)
		}
	case publish:
		if _, dropped := s.Publish(e.frames...); dropped > 0 {
			l.kickFull(s)
		}
	case tell:
		if err := e.peer.Send(e.frames...); err != nil {
			l.c.o.Log.Debug("controller: telling a subscriber", "err", err)
		}
	case stop:
		if l.end == nil {
			l.end = l.c.clock.After(e.wait)
		}
	case save:
		l.unsaid = true
	case startDask:
		var ctx context.Context
		ctx, l.endDask = context.WithCancel(context.Background())
		l.wg.Go(func() { runDask(ctx, e.args, l.dask) })
	case endDask:
		l.endDask()
	case watch:
		l.watch.start(e.to)
	case unwatch:
		l.watch.stop(e.to)
	}
}

// kick ends the connections of a peer that takes nothing; an engine's all, so that it counts as dead.
func (l *loop) kick(k socket, id string) {
	which := []socket{k}
	if _, ok := channelOf(k); ok {
		which = []socket{muxEngine, taskEngine, castEngine, controlEngine}
	}
	for _, k := range which {
		for _, p := range l.c.net.s[k].Peers() {
			if p.ID == id {
				l.c.o.Log.Warn("controller: a peer takes nothing, its connection ends", "addr", p.Addr)
				p.Kick()
			}
		}
	}
}

// kickFull ends the connections of subscribers that take nothing.
func (l *loop) kickFull(s *zmtp.Socket) {
	for _, p := range s.Peers() {
		if n, bytes := p.Queued(); n >= maxQueued/2 || bytes >= maxQueuedBytes/2 {
			l.c.o.Log.Warn("controller: a subscriber takes nothing, its connection ends", "addr", p.Addr)
			p.Kick()
		}
	}
}

// saveEngines writes the table of engines.
func (l *loop) saveEngines() {
	if err := l.c.o.saveEngines(l.c.shell.hub.Engines(), l.c.shell.about); err != nil {
		l.c.o.Log.Warn("controller: saving the table of engines", "err", err)
	}
}
