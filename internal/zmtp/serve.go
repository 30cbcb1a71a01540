package zmtp

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"time"
)

// subsBytes bounds what a subscriber may send in one message and in topics over all.
const subsBytes = 256 << 10

// serve runs one connection to its end; shaken is called when the handshake is over, one way or the other.
func (s *Socket) serve(ctx context.Context, nc net.Conn, accepted bool, q *queue, shaken func()) error {
	defer context.AfterFunc(ctx, func() { _ = nc.Close() })() // what waits in it wakes up
	p, r, err := s.admit(ctx, nc, accepted, q, shaken)
	if err != nil {
		_ = nc.Close()
		err = fmt.Errorf("zmtp: admitting %s: %w", address(nc), err)
		s.event(Event{Kind: Rejected, Addr: address(nc), Peer: p, Err: err})
		return err
	}
	defer close(p.over)
	s.report(Event{Kind: Connected, Peer: p, Addr: p.Addr})
	gone := make(chan struct{})
	written := make(chan struct{})
	go func() {
		defer close(written)
		if err := p.write(gone); err != nil && !p.parting.Load() {
			p.end(err)
		}
	}()
	if err = p.read(ctx, r); ctx.Err() != nil {
		err = ErrClosed
	}
	p.end(err)
	close(gone)
	s.remove(p)
	if !q.lasting {
		q.close()
	}
	<-written
	q.owed() // PONGs are for this connection only
	e := Event{Kind: Disconnected, Peer: p, Addr: p.Addr, Err: *p.why.Load()}
	if !q.lasting {
		e.Unsent = q.empty()
	} else if s.typ != Router && s.typ != Dealer {
		q.empty() // subscriptions are announced anew, publications and replies are not for later
	}
	s.report(e)
	s.forget(p)
	return e.Err
}

// admit does the handshake and lets the peer in.
func (s *Socket) admit(ctx context.Context, nc net.Conn, accepted bool, q *queue, shaken func()) (*Peer, *reader, error) {
	if err := nc.SetDeadline(time.Now().Add(s.o.Handshake)); err != nil {
		shaken()
		return nil, nil, err
	}
	h, err := shake(nc, s.mech, s.typ, s.o.ID)
	shaken()
	if ctx.Err() != nil {
		err = ErrClosed
	}
	if err != nil {
		return nil, nil, err
	}
	if err := nc.SetDeadline(time.Time{}); err != nil {
		return nil, nil, err
	}
	p := &Peer{
		s: s, ID: h.id, Meta: h.meta, Key: h.key, Addr: address(nc), box: h.box, nc: nc, q: q, accepted: accepted,
		live: newLiveness(&s.o), over: make(chan struct{}), beats: make(chan struct{}, 1),
	}
	r := &reader{lim: s.o.Limits, box: h.box, pool: &s.blocks}
	if s.typ.publishes() { // only subscriptions come in
		r.lim = Limits{MaxFrame: subsBytes, MaxMsg: subsBytes, MaxFrames: 1 << 10, MaxCmd: min(subsBytes, s.o.Limits.MaxCmd)}
	}
	r.br = bufio.NewReaderSize(&watched{nc: nc, l: p.live, head: h.rest}, readBuffer)
	old, err := s.add(p)
	if err != nil {
		return p, nil, err
	}
	if old != nil { // its end comes before our beginning
		<-old.over
	}
	return p, r, nil
}

func address(nc net.Conn) string {
	if a := nc.RemoteAddr(); a != nil {
		return a.String()
	}
	return ""
}
