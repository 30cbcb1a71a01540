package zmtp

import (
	"context"
	"sync"
	"time"
)

const (
	lookMin = time.Millisecond
	lookMax = 16 * time.Millisecond
)

// inbox is the channel of received messages, bounded in messages by its capacity and in bytes by a ledger: the sizes of
// what is in the channel, in the channel's order. Whoever takes from the channel does not tell, but the channel's length
// does: the ledger is cut to it before it is read.
type inbox struct {
	c     chan Msg
	max   int64
	taken chan struct{} // Recv took one
	turn  chan struct{} // held by the one reader that waits for room; others wait for it
	over  chan struct{} // closed: nothing is taken in any more

	mu      sync.Mutex
	sizes   []int64 // a ring of the ledger's entries
	head, n int
	bytes   int64
	waiting int // readers that wait: no other may overtake them
}

func newInbox(o *Options) *inbox {
	return &inbox{
		c: make(chan Msg, o.RecvQueue), max: o.RecvBytes, sizes: make([]int64, o.RecvQueue+1),
		taken: make(chan struct{}, 1), turn: make(chan struct{}, 1), over: make(chan struct{}),
	}
}

// fits cuts the ledger to what is still in the channel and says whether n bytes may be added.
func (b *inbox) fits(n int64) bool {
	for b.n > len(b.c) {
		b.bytes -= b.sizes[b.head]
		b.head = (b.head + 1) % len(b.sizes)
		b.n--
	}
	return b.bytes == 0 || b.bytes+n <= b.max
}

func (b *inbox) enter(n int64) {
	b.fits(0) // the ledger must not be longer than the channel
	b.sizes[(b.head+b.n)%len(b.sizes)] = n
	b.n++
	b.bytes += n
}

// try puts a message of n bytes in if there is room.
func (b *inbox) try(m Msg, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting > 0 || !b.fits(n) {
		return false
	}
	select {
	case b.c <- m:
		b.enter(n)
		return true
	default:
		return false
	}
}

// put waits for room; it returns false when the message was not taken in because the socket is closing.
func (b *inbox) put(ctx context.Context, m Msg, n int64) bool {
	select {
	case <-b.over:
		return false
	default:
	}
	if b.try(m, n) {
		return true
	}
	b.mu.Lock()
	b.waiting++
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.waiting--
		b.mu.Unlock()
	}()
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return false
	case <-b.over:
		return false
	}
	defer func() { <-b.turn }()
	if !b.roomFor(ctx, n) {
		return false
	}
	select {
	case b.c <- m:
	case <-ctx.Done():
		return false
	case <-b.over:
		return false
	}
	b.mu.Lock()
	b.enter(n)
	b.mu.Unlock()
	return true
}

// roomFor waits until n bytes fit. A receive from In cannot tell us, so one reader looks from time to time; that is at the
// bound in bytes only, when there is much to take before it matters.
func (b *inbox) roomFor(ctx context.Context, n int64) bool {
	for look := lookMin; ; look = min(2*look, lookMax) {
		b.mu.Lock()
		ok := b.fits(n)
		b.mu.Unlock()
		if ok {
			return true
		}
		t := time.NewTimer(look)
		select {
		case <-t.C:
		case <-b.taken:
			look = lookMin
		case <-ctx.Done():
			t.Stop()
			return false
		case <-b.over:
			t.Stop()
			return false
		}
		t.Stop()
	}
}

// took says that Recv took a message.
func (b *inbox) took() {
	select {
	case b.taken <- struct{}{}:
	default:
	}
}
