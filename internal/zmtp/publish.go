package zmtp

import (
	"context"
	"errors"
	"fmt"
)

// Publish sends to every peer with a subscription that is a prefix of the first frame (PUB, XPUB). It never blocks: a peer
// whose queue is full loses the message, which is counted here and in Drops. On other types, after Close and without frames
// it does nothing.
func (s *Socket) Publish(frames ...[]byte) (sent, dropped int) {
	if len(frames) == 0 || !s.typ.publishes() {
		return 0, 0
	}
	s.mu.RLock()
	peers, closed := s.peers, s.closing
	s.mu.RUnlock()
	if closed {
		return 0, 0
	}
	for _, p := range peers {
		if !p.wants(frames[0]) {
			continue
		}
		switch err := p.Send(frames...); {
		case err == nil:
			sent++
		case errors.Is(err, ErrFull):
			dropped++
		}
	}
	if dropped > 0 {
		s.Drops.Add(int64(dropped))
	}
	return sent, dropped
}

// PublishWait publishes after waiting, while a subscriber of the topic has more than soft bytes queued, at most until ctx
// ends. The message goes out in any case, except that a closed socket returns ErrClosed, a wrong type ErrType and a message
// without frames ErrEmpty. If ctx ended first its error is returned, if a subscriber's queue was full ErrFull.
func (s *Socket) PublishWait(ctx context.Context, soft int64, frames ...[]byte) error {
	if !s.typ.publishes() {
		return fmt.Errorf("%w: PublishWait on %s", ErrType, s.typ)
	}
	if len(frames) == 0 {
		return ErrEmpty
	}
	late := s.bell.until(ctx, func() bool {
		s.mu.RLock()
		peers, closed := s.peers, s.closing
		s.mu.RUnlock()
		if closed {
			return true
		}
		for _, p := range peers {
			if _, b := p.q.load(); b > soft && !p.dead.Load() && p.wants(frames[0]) {
				return false
			}
		}
		return true
	})
	if s.isClosing() {
		return ErrClosed
	}
	if _, dropped := s.Publish(frames...); dropped > 0 {
		return errors.Join(ErrFull, late)
	}
	if late != nil {
		return fmt.Errorf("zmtp: published to a subscriber that is behind: %w", late)
	}
	return nil
}

// wants says whether the peer subscribed to the topic.
func (p *Peer) wants(topic []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.subs.match(topic)
}

// subscribe obeys a subscription or its end.
func (p *Peer) subscribe(ctx context.Context, topic string, on bool) error {
	kind := Subscribed
	if on {
		var hello [][]byte
		if p.s.o.Welcome != nil {
			hello = p.s.o.Welcome(topic)
		}
		p.mu.Lock()
		if len(hello) > 0 && p.q.push(hello) != nil { // before anything published under this topic
			p.s.Drops.Add(1)
		}
		p.subs.add(topic)
		size := p.subs.bytes
		p.mu.Unlock()
		if size > subsBytes {
			return fmt.Errorf("%w: %d bytes of subscriptions", ErrTooBig, size)
		}
		if len(hello) > 0 {
			if err := p.paceWelcomes(ctx); err != nil {
				return err
			}
		}
	} else {
		kind = Unsubscribed
		p.mu.Lock()
		p.subs.remove(topic)
		p.mu.Unlock()
	}
	p.s.event(Event{Kind: kind, Peer: p, Addr: p.Addr, Topic: topic})
	return nil
}

// paceWelcomes keeps a peer that subscribes without reading from filling its queue.
func (p *Peer) paceWelcomes(ctx context.Context) error {
	if p.greeted++; p.greeted < welcomeAhead {
		return nil
	}
	p.greeted = 0
	return p.settle(ctx, p.q.idle)
}
