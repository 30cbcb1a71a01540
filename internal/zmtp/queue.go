package zmtp

import (
	"slices"
	"sync"
	"sync/atomic"
)

const (
	maxPongs  = 4    // owed to a peer that does not read; further PINGs are not answered
	keepBatch = 4096 // a batch slice above this is not kept for the next one
)

// queue holds the messages that go to one peer, or to one endpoint through all its connections. Its bounds count the batch
// in the writer's hands.
type queue struct {
	bell    *bell // rung when there is more room
	maxN    int
	maxB    int64
	wake    chan struct{} // for the writer
	lasting bool          // an endpoint's: it outlives the connection
	owes    atomic.Bool   // there are pongs

	mu     sync.Mutex
	items  [][][]byte
	bytes  int64
	busyN  int   // messages of the batch in the writer's hands
	busyB  int64 // and its bytes
	pongs  [][]byte
	closed bool
}

func newQueue(o *Options, b *bell) *queue {
	return &queue{maxN: o.QueueMsgs, maxB: o.QueueBytes, bell: b, wake: make(chan struct{}, 1)}
}

func (q *queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// push puts a message in. One message always fits, whatever its size.
func (q *queue) push(f [][]byte) error {
	n := wireSize(f)
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return ErrNoPeer
	}
	waiting := q.bytes + q.busyB
	if len(q.items)+q.busyN >= q.maxN || waiting > 0 && waiting+n > q.maxB {
		q.mu.Unlock()
		return ErrFull
	}
	q.add(f, n)
	return nil
}

// force puts in what the socket itself has to say; there is never much of it.
func (q *queue) force(f [][]byte) {
	q.mu.Lock()
	q.add(f, wireSize(f))
}

// add ends the critical section.
func (q *queue) add(f [][]byte, n int64) {
	q.items = append(q.items, f)
	q.bytes += n
	first := len(q.items) == 1
	q.mu.Unlock()
	if first {
		q.nudge()
	}
}

// pong owes the peer an answer to its PING.
func (q *queue) pong(context []byte) {
	q.mu.Lock()
	if len(q.pongs) < maxPongs {
		q.pongs = append(q.pongs, context)
		q.owes.Store(true)
	}
	q.mu.Unlock()
	q.nudge()
}

// owed takes the PONGs.
func (q *queue) owed() [][]byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := q.pongs
	q.pongs = nil
	q.owes.Store(false)
	return p
}

// take hands everything to the writer; old is an empty slice to fill next.
func (q *queue) take(old [][][]byte) (batch [][][]byte, bytes int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch, q.items = q.items, old[:0]
	q.busyN, q.busyB, q.bytes = len(batch), q.bytes, 0
	return batch, q.busyB
}

// wrote says how much of the batch is still in the writer's hands; more, that there is something to write.
func (q *queue) wrote(leftN int, leftB int64) (more bool) {
	q.mu.Lock()
	changed := q.busyN != leftN || q.busyB != leftB
	q.busyN, q.busyB = leftN, leftB
	more = len(q.items) > 0 || len(q.pongs) > 0
	q.mu.Unlock()
	if changed {
		q.bell.ring()
	}
	return more
}

// unget takes back what the writer could not get rid of.
func (q *queue) unget(batch [][][]byte) {
	q.mu.Lock()
	q.items = slices.Concat(batch, q.items)
	for _, f := range batch {
		q.bytes += wireSize(f)
	}
	q.busyN, q.busyB = 0, 0
	q.mu.Unlock()
}

// load returns what waits, the writer's batch included.
func (q *queue) load() (n int, bytes int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items) + q.busyN, q.bytes + q.busyB
}

func (q *queue) idle() bool { n, _ := q.load(); return n == 0 }

// close lets nothing in any more.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.bell.ring()
}

// empty takes out all that waits. No writer may be at work.
func (q *queue) empty() [][][]byte {
	q.mu.Lock()
	rest := q.items
	q.items, q.pongs, q.bytes = nil, nil, 0
	q.owes.Store(false)
	q.mu.Unlock()
	q.bell.ring()
	return rest
}
