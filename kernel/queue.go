package kernel

import (
	"context"
	"sync"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// request is a message that came by one of the ROUTER sockets.
type request struct {
	*wire.Message
	via     *zmtp.Socket // its reply goes back there …
	sub     *subshell    // of shell; nil: control
	from    string       // … to this identity
	aborted bool         // by an error before it; guarded by the queue
}

// queueBytes bounds what waits on shell, in bytes; then the socket is not read, and TCP slows the front end down.
const queueBytes = 64 << 20

// How long an error looks for requests that were sent before it was answered.
const (
	settleQuiet = time.Millisecond      // nothing came for this long: all are here
	settleMost  = 20 * time.Millisecond // a stream of requests does not hold the reply for longer
)

// queue holds requests in the order of their arrival.
type queue struct {
	mu    sync.Mutex
	items []*request
	taken *request // the last that was taken
	bytes int
	last  time.Time     // of the last arrival
	ended bool          // nothing more is taken in
	more  chan struct{} // capacity 1: something was put, or the queue has ended
	room  chan struct{} // capacity 1: something was taken
}

func newQueue() *queue {
	return &queue{more: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// put adds a request, waiting for room until ctx ends; false when it was not added.
func (q *queue) put(ctx context.Context, r *request) bool {
	for {
		q.mu.Lock()
		if q.ended {
			q.mu.Unlock()
			return false
		}
		if q.bytes < queueBytes || len(q.items) == 0 {
			q.items = append(q.items, r)
			q.bytes += size(r)
			q.last = time.Now()
			q.mu.Unlock()
			poke(q.more)
			return true
		}
		q.mu.Unlock()
		select {
		case <-ctx.Done():
			return false
		case <-q.room:
		}
	}
}

func size(r *request) int {
	n := len(r.RawContent) + len(r.RawHeader) + len(r.RawMetadata)
	for _, b := range r.Buffers {
		n += len(b)
	}
	return n
}

// end takes no more requests; those that wait are still given.
func (q *queue) end() {
	q.mu.Lock()
	q.ended = true
	q.mu.Unlock()
	poke(q.more)
	poke(q.room)
}

// take gives the oldest request and whether it was aborted; ok is false when ctx ended, or the queue and nothing waits.
func (q *queue) take(ctx context.Context) (r *request, aborted, ok bool) {
	for ctx.Err() == nil {
		q.mu.Lock()
		if len(q.items) > 0 {
			r := q.items[0]
			q.items[0] = nil
			q.items = q.items[1:]
			q.bytes -= size(r)
			q.taken = r
			aborted := r.aborted
			q.mu.Unlock()
			poke(q.room)
			return r, aborted, true
		}
		ended := q.ended
		q.mu.Unlock()
		if ended {
			return nil, false, false
		}
		select {
		case <-ctx.Done():
		case <-q.more:
		}
	}
	return nil, false, false
}

// settle waits until nothing has come for a moment, so that what was sent already is here.
func (q *queue) settle(ctx context.Context) {
	deadline := time.Now().Add(settleMost)
	start := time.Now()
	for {
		q.mu.Lock()
		last := q.last
		q.mu.Unlock()
		if last.Before(start) {
			last = start
		}
		wait := min(time.Until(last.Add(settleQuiet)), time.Until(deadline))
		if wait <= 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// next gives the request that take would give, if there is one that was not aborted.
func (q *queue) next() *request {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 || q.items[0].aborted {
		return nil
	}
	return q.items[0]
}

// isAborted says whether a request that was taken has been aborted since.
func (q *queue) isAborted(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return r.aborted
}

// abort marks every execute_request that waits, and the one taken last, which may not have begun.
func (q *queue) abort() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.taken != nil {
		q.taken.aborted = true
	}
	for _, r := range q.items {
		if r.Header.MsgType == "execute_request" {
			r.aborted = true
		}
	}
}
