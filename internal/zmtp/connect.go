package zmtp

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"time"
)

// steady is how long a connection must have lasted for the next delay to be the shortest again.
const steady = time.Second

// endpoint is what Connect was told to keep connected. Its queue outlives its connections.
type endpoint struct {
	name          string
	network, addr string
	q             *queue
}

// Connect dials an endpoint in the background, and again whenever the connection ends, until Close. Nobody need listen yet.
func (s *Socket) Connect(ep string) error {
	network, addr, err := parseEndpoint(ep)
	if err != nil {
		return fmt.Errorf("zmtp: connecting to %s: %w", ep, err)
	}
	e := &endpoint{name: ep, network: network, addr: addr, q: newQueue(&s.o, &s.bell)}
	e.q.lasting = true
	err = s.enter(func() {
		s.endpoints = append(slices.Clip(s.endpoints), e)
		s.deal()
	})
	if err != nil {
		return fmt.Errorf("zmtp: connecting to %s: %w", ep, err)
	}
	s.bell.ring()
	go func() {
		defer s.wg.Done()
		s.keep(e)
	}()
	return nil
}

// keep keeps an endpoint connected. The delay between two tries doubles; half of it is random, so that the peers of a server
// that comes back do not all come at once.
func (s *Socket) keep(e *endpoint) {
	wait := s.o.RetryMin
	for {
		lasted, err := s.once(e)
		if lasted > steady {
			wait = s.o.RetryMin
		}
		if s.ctx.Err() != nil || s.isClosing() && e.q.idle() {
			return
		}
		pause := wait/2 + rand.N(wait/2+1)
		s.event(Event{Kind: Retrying, Addr: e.name, Err: err, Wait: pause})
		t := time.NewTimer(pause)
		select {
		case <-s.ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		wait = min(2*wait, s.o.RetryMax)
	}
}

// once dials and serves one connection, and returns how long it lasted.
func (s *Socket) once(e *endpoint) (lasted time.Duration, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.o.Handshake)
	defer cancel()
	var d net.Dialer
	nc, err := d.DialContext(ctx, e.network, e.addr)
	if err != nil {
		return 0, fmt.Errorf("zmtp: dialling %s: %w", e.name, err)
	}
	start := time.Now()
	err = s.serve(s.ctx, nc, false, e.q, func() {})
	return time.Since(start), err
}
