package zmtp

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"
)

const (
	replyAhead   = 1 << 20 // REP: bytes of replies that may wait for a peer before its next request is read
	welcomeAhead = 1024    // welcomes that may wait for a subscriber before its next subscription is read
	pongIdle     = time.Second
)

// read is the peer's reader: it returns why the connection is at its end.
func (p *Peer) read(ctx context.Context, r *reader) error {
	var lastPing []byte
	for {
		frames, cmd, err := r.next()
		if err != nil {
			return err
		}
		if cmd != nil {
			name, body, err := splitCommand(cmd)
			if err != nil {
				return err
			}
			if name == "PING" && len(body) >= 2 {
				lastPing = body[2:]
			}
			if err := p.command(ctx, name, body); err != nil {
				return err
			}
			continue
		}
		switch p.s.typ {
		case Pub, XPub:
			if len(frames) == 1 && len(frames[0]) > 0 && frames[0][0] < 2 {
				if err := p.subscribe(ctx, string(frames[0][1:]), frames[0][0] == 1); err != nil {
					return err
				}
			}
		case Rep:
			if err := p.reply(ctx, frames); err != nil {
				return err
			}
		case Sub:
			if p.s.wanted(frames[0]) {
				p.deliver(ctx, frames, lastPing)
			}
		case Router, Dealer:
			p.deliver(ctx, frames, lastPing)
		}
	}
}

// deliver hands a message to the application. While that takes none, a peer that pings is told from time to time that we
// live: its PINGs wait behind the messages that we do not read.
func (p *Peer) deliver(ctx context.Context, frames [][]byte, lastPing []byte) {
	m := Msg{From: p, Frames: frames}
	n := wireSize(frames)
	if p.s.in.try(m, n) {
		return
	}
	if lastPing == nil {
		p.s.in.put(ctx, m, n)
		return
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		t := time.NewTicker(pongIdle)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				p.q.pong(lastPing)
			case <-stop:
				return
			}
		}
	}()
	p.s.in.put(ctx, m, n)
	close(stop)
	<-stopped
}

// command obeys a command of the peer.
func (p *Peer) command(ctx context.Context, name string, body []byte) error {
	switch name {
	case "PING": // TTL in tenths of a second, then a context of at most 16 bytes
		if len(body) < 2 || len(body) > 18 {
			return fmt.Errorf("%w: PING of %d bytes", ErrProtocol, len(body))
		}
		ttl := time.Duration(binary.BigEndian.Uint16(body)) * 100 * time.Millisecond
		p.live.ttl.Store(int64(ttl))
		p.q.pong(bytes.Clone(body[2:]))
	case "SUBSCRIBE", "CANCEL":
		if p.s.typ.publishes() {
			return p.subscribe(ctx, string(body), name == "SUBSCRIBE")
		}
	case "ERROR":
		return fmt.Errorf("%w: the peer says ERROR %.64q", ErrProtocol, body)
	}
	return nil // PONG, and what later versions may bring
}

// reply answers a request of REP. The envelope is all up to the first empty frame; without one there is nothing to answer.
// A peer that sends requests and reads no replies is not read either.
func (p *Peer) reply(ctx context.Context, frames [][]byte) error {
	for i, f := range frames {
		if len(f) > 0 {
			continue
		}
		answer := p.s.o.Reply(Msg{From: p, Frames: frames[i+1:]})
		if answer == nil {
			return nil
		}
		if p.q.push(append(frames[:i+1:i+1], answer...)) != nil {
			p.s.Drops.Add(1)
		}
		return p.settle(ctx, func() bool { _, b := p.q.load(); return b <= replyAhead })
	}
	return nil
}

// settle waits until the peer took enough, or is dead.
func (p *Peer) settle(ctx context.Context, enough func() bool) error {
	return p.s.bell.until(ctx, func() bool { return p.dead.Load() || enough() })
}
