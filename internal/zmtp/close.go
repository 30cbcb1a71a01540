package zmtp

import (
	"context"
	"time"
)

// drain is how long Close waits at most for the peers to close after us: closing a connection with unread input resets it,
// which destroys what the peer has not read yet.
const drain = 250 * time.Millisecond

// Close ends the socket: it listens no more and refuses sends at once, waits until the queues are empty but at most linger,
// and then closes all connections, in an orderly way if linger is not zero. When it returns no goroutine of the socket is
// left. Further calls wait for the first and return nil.
func (s *Socket) Close(linger time.Duration) error {
	s.shut.Do(func() {
		s.mu.Lock()
		s.closing = true
		listeners := s.listeners
		s.mu.Unlock()
		s.bell.ring()
		for _, l := range listeners {
			_ = l.Close() // it was open
		}
		if linger > 0 {
			s.linger(linger)
		}
		close(s.in.over)
		if linger > 0 {
			s.part(min(linger, drain))
		}
		s.stop()
		s.wg.Wait()
		close(s.gone)
	})
	return nil
}

// linger waits for the queues to empty.
func (s *Socket) linger(d time.Duration) {
	ctx, cancel := context.WithTimeout(s.ctx, d)
	defer cancel()
	_ = s.bell.until(ctx, func() bool { // late is late
		s.mu.RLock()
		defer s.mu.RUnlock()
		for _, p := range s.peers {
			if !p.q.idle() {
				return false
			}
		}
		for _, e := range s.endpoints {
			if !e.q.idle() {
				return false
			}
		}
		return true
	})
}

// part says goodbye to the peers and waits for theirs, dropping what they still send.
func (s *Socket) part(d time.Duration) {
	ctx, cancel := context.WithTimeout(s.ctx, d)
	defer cancel()
	for _, p := range s.Peers() {
		p.parting.Store(true)
		c, ok := p.nc.(interface{ CloseWrite() error })
		if !ok || !p.q.idle() || c.CloseWrite() != nil {
			p.end(ErrClosed)
		}
	}
	_ = s.bell.until(ctx, func() bool { return len(s.Peers()) == 0 }) // late is late
}
