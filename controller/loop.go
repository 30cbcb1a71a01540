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
	// handed counts connections that a newer one with the same identity has replaced: their end and its beginning are no news.
	handed map[*zmtp.Socket]map[string]int
	end    <-chan time.Time // a client asked for the end
	unsaid bool             // the table of engines changed

	dask    chan daskResult
	endDask context.CancelFunc
	wg      sync.WaitGroup
}

// saveDelay gathers changes of the table of engines: a thousand engines come at once.
const saveDelay = 50 * time.Millisecond

func (l *loop) run(ctx context.Context) {
	l.dask, l.endDask = make(chan daskResult), func() {}
	defer l.wg.Wait()
	defer func() { l.endDask() }()
	s, clock := &l.c.net.s, l.c.clock
	due := l.c.shell.next()
	alarm := clock.After(due.Sub(clock.Now()))
	var save <-chan time.Time
	for {
		if at := l.c.shell.next(); at.Before(due) {
			due = at
			alarm = clock.After(due.Sub(clock.Now()))
		}
		if l.unsaid && save == nil {
			save = clock.After(saveDelay)
		}
		var m zmtp.Msg
		var k socket
		select {
		case m = <-s[taskClient].In():
			k = taskClient
		case m = <-s[taskEngine].In():
			k = taskEngine
		case m = <-s[muxClient].In():
			k = muxClient
		case m = <-s[muxEngine].In():
			k = muxEngine
		case m = <-s[castClient].In():
			k = castClient
		case m = <-s[castEngine].In():
			k = castEngine
		case m = <-s[controlClient].In():
			k = controlClient
		case m = <-s[controlEngine].In():
			k = controlEngine
		case m = <-s[iopubEngine].In():
			k = iopubEngine
		case m = <-s[query].In():
			k = query
		case m = <-s[pong].In():
			k = pong
		case <-l.c.net.subs.some:
			for _, p := range l.c.net.subs.take() {
				l.step(input{kind: subscribed, socket: notification, peer: p})
			}
			continue
		case <-alarm:
			l.step(input{kind: tick})
			due = l.c.shell.next()
			alarm = clock.After(due.Sub(clock.Now()))
			continue
		case r := <-l.dask:
			l.step(input{kind: daskUp, dask: r})
			continue
		case <-save:
			save, l.unsaid = nil, false
			l.save()
			continue
		case <-l.end:
			return
		case <-ctx.Done():
			return
		}
		l.take(s[k], k, m)
		l.more(s[k], k)
	}
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
		if l.replaced(s, m) {
			return
		}
		in.kind = connected
		if m.Event.Kind == zmtp.Disconnected {
			in.kind = disconnected
		}
	}
	l.step(in)
}

// replaced says whether an event belongs to a newer connection's taking an identity over.
func (l *loop) replaced(s *zmtp.Socket, m zmtp.Msg) bool {
	if m.Event.Kind == zmtp.Disconnected && errors.Is(m.Event.Err, zmtp.ErrDuplicate) {
		if l.handed[s] == nil {
			l.handed[s] = map[string]int{}
		}
		l.handed[s][m.From.ID]++
		return true
	}
	if m.Event.Kind == zmtp.Connected && l.handed[s][m.From.ID] > 0 {
		if l.handed[s][m.From.ID]--; l.handed[s][m.From.ID] == 0 {
			delete(l.handed[s], m.From.ID)
		}
		return true
	}
	return false
}

func (l *loop) step(in input) {
	for _, e := range l.c.shell.step(l.c.clock.Now(), in) {
		l.do(e)
	}
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

// save writes the table of engines.
func (l *loop) save() {
	if err := l.c.o.saveEngines(l.c.shell.hub.Engines()); err != nil {
		l.c.o.Log.Warn("controller: saving the table of engines", "err", err)
	}
}
