package zmtp

import (
	"context"
	"sync"
	"sync/atomic"
)

// bell wakes whoever waits for a condition over the queues and peers of a socket. Ringing costs one atomic load while
// nobody waits.
type bell struct {
	waiters atomic.Int32
	mu      sync.Mutex
	c       chan struct{}
}

// ring says that something changed.
func (b *bell) ring() {
	if b.waiters.Load() == 0 {
		return
	}
	b.mu.Lock()
	if b.c != nil {
		close(b.c)
		b.c = nil
	}
	b.mu.Unlock()
}

func (b *bell) listen() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.c == nil {
		b.c = make(chan struct{})
	}
	return b.c
}

// until waits until done says so, and asks it again after every ring.
func (b *bell) until(ctx context.Context, done func() bool) error {
	if done() {
		return nil
	}
	b.waiters.Add(1)
	defer b.waiters.Add(-1)
	for {
		c := b.listen() // before the question: a change after it rings this one
		if done() {
			return nil
		}
		select {
		case <-c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
