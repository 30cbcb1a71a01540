package zmtp

import (
	"context"
	"fmt"
)

// Send gives a message to the next endpoint or peer that has room, in turn (DEALER). It waits for room, or for somebody to
// be there at all, until ctx ends; a message accepted for an endpoint that is away goes out when it is back.
func (s *Socket) Send(ctx context.Context, frames ...[]byte) error {
	if s.typ != Dealer {
		return fmt.Errorf("%w: Send on %s", ErrType, s.typ)
	}
	if len(frames) == 0 {
		return ErrEmpty
	}
	closed := false
	sent := func() bool {
		s.mu.RLock()
		qs := s.queues
		closed = s.closing
		s.mu.RUnlock()
		if closed {
			return true
		}
		turn := s.rr.Add(1)
		for i := range uint32(len(qs)) {
			if qs[(turn+i)%uint32(len(qs))].push(frames) == nil {
				return true
			}
		}
		return false
	}
	if err := s.bell.until(ctx, sent); err != nil {
		return fmt.Errorf("zmtp: sending: %w", err)
	}
	if closed {
		return ErrClosed
	}
	return nil
}

// SendTo queues a message for the peer with this identity (ROUTER). It never blocks: ErrNoPeer, ErrFull, ErrEmpty, ErrClosed.
func (s *Socket) SendTo(id string, frames ...[]byte) error {
	if s.typ != Router {
		return fmt.Errorf("%w: SendTo on %s", ErrType, s.typ)
	}
	s.mu.RLock()
	p, closed := s.byID[id], s.closing
	s.mu.RUnlock()
	if closed {
		return ErrClosed
	}
	if p == nil {
		return ErrNoPeer
	}
	return p.Send(frames...)
}
