package zmtp

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Peer is one connection that finished its handshake. Compare peers by pointer: with handover two of them may have one ID.
type Peer struct {
	ID   string            // the peer's identity, or one we invented, beginning with a zero byte
	Addr string            // remote address
	Meta map[string]string // properties of the handshake; not to be changed
	Key  Key               // CURVE: the peer's public key, proven; otherwise zero
	Data any               // the owner's, who also sees to its synchronisation

	s        *Socket
	nc       net.Conn
	accepted bool // it came to us
	q        *queue
	box      *sealed // CURVE: reader's and writer's; otherwise nil
	live     *liveness
	beats    chan struct{} // tells the writer that the heartbeat changed
	over     chan struct{} // closed when its end has been reported
	dead     atomic.Bool
	parting  atomic.Bool           // half closed by us: a failed write is no news
	why      atomic.Pointer[error] // first reason for its end, if it was ours

	greeted int // welcomes since the reader last waited for the queue to empty; the reader's

	mu   sync.Mutex
	subs topics // PUB, XPUB
}

// Send queues a message for this peer. It never blocks: ErrNoPeer, ErrFull, ErrEmpty, ErrClosed.
func (p *Peer) Send(frames ...[]byte) error {
	if len(frames) == 0 {
		return ErrEmpty
	}
	if p.dead.Load() {
		return ErrNoPeer
	}
	return p.q.push(frames)
}

// Kick ends the connection. Its Disconnected comes after what it had sent.
func (p *Peer) Kick() { p.end(ErrKicked) }

// Watch gives this connection a heartbeat of its own: a PING every so often, and an end with ErrSilent when the peer is
// silent for timeout, 0 for three times as long; see Options.Heartbeat. Every 0 turns it off.
func (p *Peer) Watch(every, timeout time.Duration) error {
	if timeout == 0 {
		timeout = 3 * every
	}
	if every < 0 || timeout < every || every > 0 && timeout == every {
		return fmt.Errorf("zmtp: watching %q: every %v, dead after %v", p.ID, every, timeout)
	}
	p.live.set(every, timeout)
	select {
	case p.beats <- struct{}{}:
	default:
	}
	_ = p.nc.SetReadDeadline(time.Now()) // wakes the reader, which looks how long it may wait now; too late is no matter
	return nil
}

// Queued returns how much waits for this peer, what the writer holds included.
func (p *Peer) Queued() (n int, bytes int64) { return p.q.load() }

// end closes the connection for a reason; the first reason counts.
func (p *Peer) end(why error) {
	p.why.CompareAndSwap(nil, &why)
	p.dead.Store(true)
	_ = p.nc.Close() // the reader finds out and tells why
}
