package zmtp

import (
	"container/list"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
)

// Socket is a ZMTP socket of one type, with any number of endpoints and peers.
type Socket struct {
	// Drops counts messages that a full queue turned away: publications, welcomes and replies.
	Drops atomic.Int64

	typ    Type
	o      Options
	mech   mechanism
	blocks blocks // lent to readers and writers
	in     *inbox
	bell   bell // rung when queues have more room, peers come or go, the socket closes
	ctx    context.Context
	stop   context.CancelFunc
	wg     sync.WaitGroup
	rr     atomic.Uint32 // DEALER: whose turn it is
	shut   sync.Once
	gone   chan struct{} // closed at the end of Close

	// mu guards what follows. Queues' and peers' locks are leaves below it.
	mu        sync.RWMutex
	closing   bool
	byID      map[string]*Peer
	peers     []*Peer     // copied on write
	queues    []*queue    // DEALER: of endpoints and of peers that came in; copied on write
	endpoints []*endpoint // copied on write
	listeners []net.Listener
	subs      topics // SUB: what to announce
	seq       uint32 // of invented identities
}

// New returns a socket without endpoints. It refuses options that cannot work; see the fields of Options.
func New(typ Type, o Options) (*Socket, error) {
	o = o.withDefaults()
	if err := o.check(typ); err != nil {
		return nil, fmt.Errorf("zmtp: making a %s socket: %w", typ, err)
	}
	s := &Socket{typ: typ, o: o, mech: null{}, in: newInbox(&o), byID: map[string]*Peer{}, gone: make(chan struct{}), seq: rand.Uint32()}
	if o.Curve != nil {
		s.mech = o.Curve
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s, nil
}

// Type returns the socket's type.
func (s *Socket) Type() Type { return s.typ }

// Peers returns the peers connected now. The slice must not be changed.
func (s *Socket) Peers() []*Peer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.peers
}

// Done is closed when the socket is closed.
func (s *Socket) Done() <-chan struct{} { return s.gone }

// In is the channel behind Recv, to select on. It is never closed: select on Done or a context too.
func (s *Socket) In() <-chan Msg { return s.in.c }

// Recv takes the next message. After Close it returns what had been received, then ErrClosed; its other errors are ctx's.
func (s *Socket) Recv(ctx context.Context) (Msg, error) {
	select {
	case m := <-s.in.c:
		s.in.took()
		return m, nil
	default:
	}
	select {
	case m := <-s.in.c:
		s.in.took()
		return m, nil
	case <-ctx.Done():
		return Msg{}, fmt.Errorf("zmtp: receiving: %w", ctx.Err())
	case <-s.gone:
		select {
		case m := <-s.in.c:
			return m, nil
		default:
			return Msg{}, fmt.Errorf("zmtp: receiving: %w", ErrClosed)
		}
	}
}

// Attach runs a connection made by other means until it ends, and returns why it ended. accepted says that the peer came to
// us. Both sides write their greeting first, so a bare net.Pipe needs something in between.
func (s *Socket) Attach(nc net.Conn, accepted bool) error {
	if err := s.enter(nil); err != nil {
		_ = nc.Close() // it was never ours
		return err
	}
	defer s.wg.Done()
	q := newQueue(&s.o, &s.bell)
	return s.serve(s.ctx, nc, accepted, q, func() {})
}

// enter registers a goroutine that Close waits for; also runs under the lock.
func (s *Socket) enter(also func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return ErrClosed
	}
	s.wg.Add(1)
	if also != nil {
		also()
	}
	return nil
}

func (s *Socket) isClosing() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closing
}

// event tells the owner.
func (s *Socket) event(e Event) {
	if e.Kind == Rejected || e.Kind == Disconnected || e.Kind == Retrying {
		s.o.Logger.Debug("zmtp: "+e.Kind.String(), "type", string(s.typ), "addr", e.Addr, "err", e.Err, "unsent", len(e.Unsent))
	}
	if s.o.OnEvent != nil {
		s.o.OnEvent(e)
	}
}

// report tells of a peer's beginning or end, in band too.
func (s *Socket) report(e Event) {
	s.event(e)
	if !s.o.InBand {
		return
	}
	m := Msg{From: e.Peer, Event: &e}
	if !s.in.put(s.ctx, m, 0) {
		s.in.try(m, 0) // closing: in order still, but nobody is waited for
	}
}

// add lets a peer in; old is the one that had its identity: it was taken over, or its end is not told yet.
func (s *Socket) add(p *Peer) (old *Peer, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.ID == "" || s.typ != Router && s.byID[p.ID] != nil {
		p.ID = s.invent()
	}
	old = s.byID[p.ID]
	if old != nil {
		if !s.o.Handover && !old.dead.Load() {
			return nil, ErrDuplicate
		}
		s.drop(old)
		old.end(ErrDuplicate)
	}
	if s.o.MaxPeers > 0 && len(s.peers) >= s.o.MaxPeers {
		return nil, fmt.Errorf("%w: %d peers", ErrFull, len(s.peers))
	}
	s.byID[p.ID] = p
	s.peers = append(slices.Clip(s.peers), p)
	s.deal()
	if s.typ == Sub {
		for t := range s.subs.count {
			p.q.force(announcement(t, true))
		}
	}
	s.bell.ring()
	return old, nil
}

// invent returns an identity that no peer of this socket's life had: a zero byte, then a number.
func (s *Socket) invent() string {
	s.seq++
	return string([]byte{0, byte(s.seq >> 24), byte(s.seq >> 16), byte(s.seq >> 8), byte(s.seq)})
}

// drop takes a peer off the list; mu is held. Its identity stays taken until its end is told, so that a peer which comes
// back waits for that.
func (s *Socket) drop(p *Peer) {
	if i := slices.Index(s.peers, p); i >= 0 {
		s.peers = slices.Concat(s.peers[:i], s.peers[i+1:])
		s.deal()
	}
	s.bell.ring()
}

func (s *Socket) remove(p *Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(p)
}

// forget frees a peer's identity.
func (s *Socket) forget(p *Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID[p.ID] == p {
		delete(s.byID, p.ID)
	}
}

// deal rebuilds the DEALER's round: every endpoint connected to, every peer that came in; mu is held.
func (s *Socket) deal() {
	if s.typ != Dealer {
		return
	}
	s.queues = nil
	for _, e := range s.endpoints {
		s.queues = append(s.queues, e.q)
	}
	for _, p := range s.peers {
		if p.accepted || !slices.Contains(s.queues, p.q) {
			s.queues = append(s.queues, p.q)
		}
	}
}

// half is the list of a listener's connections that have not finished their handshake, oldest first.
type half struct {
	mu sync.Mutex
	l  list.List
}

// maxHalf bounds a listener's unfinished handshakes: silent clients must not keep others out.
// Thousands of engines come back at once when their controller does.
const maxHalf = 4096

// enter adds a connection and returns how to take it out again; above maxHalf the oldest is closed.
func (h *half) enter(nc net.Conn) (leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.l.PushBack(nc)
	if h.l.Len() > maxHalf {
		oldest := h.l.Remove(h.l.Front()).(net.Conn)
		_ = oldest.Close() // its handshake reports
	}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.l.Remove(e)
	}
}
