package zmtp

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// liveness decides when a peer is dead. Any received byte is life, those of a half-received message too. A peer is dead when
// nothing came for timeout although a PING has been in the kernel, unanswered, for timeout less one interval; when a write
// made no progress for timeout; or when nothing came for as long as the peer's own PING promised. A PING that waits behind a
// long write does not count, and a write to the kernel is no life: socket buffers take megabytes after the peer died.
type liveness struct {
	every   atomic.Int64 // nanoseconds between PINGs, 0: none
	timeout atomic.Int64 // nanoseconds, 0: only the peer's own promise counts
	ttl     atomic.Int64 // the promise, nanoseconds
	rx      atomic.Int64 // when the last byte came
	ping    atomic.Int64 // when the oldest unanswered PING went to the kernel, 0: none
	tx      atomic.Int64 // last progress of the write that is going on, 0: none
}

func newLiveness(o *Options) *liveness {
	l := &liveness{}
	l.rx.Store(now())
	l.set(o.Heartbeat, o.HBTimeout)
	return l
}

func (l *liveness) set(every, timeout time.Duration) {
	if every == 0 {
		timeout = 0
	}
	l.every.Store(int64(every))
	l.timeout.Store(int64(timeout))
}

func now() int64 { return time.Now().UnixNano() }

func (l *liveness) writing() { l.tx.Store(now()) }
func (l *liveness) written() { l.tx.Store(0) }
func (l *liveness) pinged()  { l.ping.CompareAndSwap(0, now()) }

// received notes a sign of life and says whether the peer is dead all the same: it talks but does not read.
func (l *liveness) received() (stuck bool) {
	at := now()
	l.rx.Store(at)
	l.ping.Store(0)
	return late(at, l.tx.Load(), l.timeout.Load())
}

// late says whether d has passed since a moment, if there is a moment and a d.
func late(at, since, d int64) bool { return since != 0 && d > 0 && at-since >= d }

// patience returns how long silence is of no interest, 0 for ever.
func (l *liveness) patience() time.Duration {
	p := time.Duration(l.timeout.Load())
	if t := time.Duration(l.ttl.Load()); t > 0 && (p == 0 || t < p) {
		p = t
	}
	return p
}

// dead judges at a moment when nothing is there to read.
func (l *liveness) dead() bool {
	at := now()
	rx, timeout := l.rx.Load(), l.timeout.Load()
	mute := late(at, l.ping.Load(), timeout-l.every.Load()) && late(at, rx, timeout)
	return mute || late(at, l.tx.Load(), timeout) || late(at, rx, l.ttl.Load())
}

// watched is a connection's reading side under a liveness; head is what the handshake had read already.
type watched struct {
	nc   net.Conn
	l    *liveness
	head []byte
	look time.Time // the deadline that is set
}

func (w *watched) Read(p []byte) (int, error) {
	if len(w.head) > 0 {
		n := copy(p, w.head)
		if w.head = w.head[n:]; len(w.head) == 0 {
			w.head = nil // the handshake's buffer with it
		}
		return n, nil
	}
	for {
		patience := w.l.patience()
		look := time.Time{}
		if patience > 0 {
			look = time.Now().Add(patience / 6)
		}
		if look != w.look { // a system's timer only when there is one
			if err := w.nc.SetReadDeadline(look); err != nil {
				return 0, err
			}
			w.look = look
		}
		if now := w.l.patience(); now != patience { // Peer.Watch came between
			continue
		}
		n, err := w.nc.Read(p)
		if n > 0 {
			if w.l.received() {
				return 0, ErrSilent
			}
			return n, nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		w.look = time.Now() // Peer.Watch may have set another
		if w.l.dead() {
			return 0, ErrSilent
		}
	}
}
