package worker

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// request is one that the child works on, or will.
type request struct {
	m     *wire.Message
	emit  func(wire.Output)
	items chan item     // to the goroutine that waits
	gone  chan struct{} // closed when nobody waits any more
	held  atomic.Bool   // emit has an output and has not returned

	prints bool // it runs user code

	// of the loop
	turn   int
	answer *wire.Message
	idle   bool
	late   bool // answered: output goes to emit directly
}

// item is what the waiting goroutine gets: an output, or the end.
type item struct {
	out   wire.Output
	reply *wire.Message
	dead  bool
}

// put hands an item over; while it waits, nothing else of the child is read, so the child's output waits too.
func (r *request) put(i item) {
	if r.late {
		if i.out.MsgType != "" && r.emit != nil {
			r.emit(i.out)
		}
		return
	}
	select {
	case r.items <- i:
	case <-r.gone:
	}
}

// prints says whether user code may print while a request is served.
func prints(msgType string) bool {
	switch msgType {
	case wire.VarsRequest, wire.NamesRequest, wire.ObjectsRequest, wire.PrepareRequest, wire.TakeRequest:
		return false
	}
	return true
}

// errTooLate: the child had ended before it could be asked.
var errTooLate = errors.New("worker: the child has ended")

// request sends a request to the child and waits for its end.
func (l *life) request(ctx context.Context, msgType string, content any, buffers [][]byte, emit func(wire.Output)) (*wire.Message, error) {
	if ctx.Err() != nil {
		return nil, wire.NewFailure(NameInterrupted, "interrupted before it began")
	}
	m, err := l.session.New(msgType, nil, nil, content, buffers...)
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	r := &request{m: m, emit: emit, prints: prints(msgType), items: make(chan item), gone: make(chan struct{})}
	defer close(r.gone)
	select {
	case l.asked <- r:
	case <-l.ended:
		return nil, errTooLate
	}
	stop := context.AfterFunc(ctx, func() { l.interrupt(r) })
	defer stop()
	for {
		i := <-r.items
		switch {
		case i.dead:
			return nil, died(l)
		case i.reply != nil:
			return i.reply, nil
		case emit != nil:
			r.held.Store(true)
			emit(i.out)
			r.held.Store(false)
		}
	}
}

// interrupt asks the child to end a request, and kills a child that does not.
func (l *life) interrupt(r *request) {
	l.tell("interrupt_request", map[string][]wire.MsgID{"msg_ids": {r.m.Header.MsgID}}, nil)
	l.tell("abort_request", map[string][]wire.MsgID{"msg_ids": {r.m.Header.MsgID}}, nil) // if it has not begun
	timer := time.NewTimer(mercy)
	defer timer.Stop()
	for {
		select {
		case <-r.gone:
			return
		case <-l.ended:
			return
		case <-timer.C:
		}
		if !r.held.Load() {
			l.kill(fmt.Sprintf("it did not end within %v after an interrupt", mercy))
			return
		}
		timer.Reset(mercy) // it is not the child that is slow
	}
}

// tell sends a control request; left, if not nil, gets what its reply says of goroutines left behind.
func (l *life) tell(msgType string, content any, left chan int) {
	m, err := l.session.New(msgType, nil, nil, content)
	if err != nil {
		l.log.Error("a control request was not made", "type", msgType, "error", err)
		return
	}
	if left != nil {
		l.mu.Lock()
		l.lefts[m.Header.MsgID] = left
		l.mu.Unlock()
	}
	ctx, cancel := context.WithTimeout(l.ctx, mercy)
	defer cancel()
	if err := l.control.Send(ctx, l.session.Frames(m)...); err != nil {
		l.log.Debug("a control request was not sent", "type", msgType, "error", err)
	}
}

// leftBehind asks the child how many goroutines of interrupted cells run; not ok: it does not answer in time.
func (l *life) leftBehind(within time.Duration) (n int, ok bool) {
	c := make(chan int, 1)
	l.tell("interrupt_request", map[string][]wire.MsgID{"msg_ids": {}}, c)
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case n = <-c:
		return n, true
	case <-l.ended:
		return 0, true
	case <-timer.C:
		return 0, false
	}
}

// answer serves a question of the child, in a goroutine of its own.
func (l *life) answer(from *zmtp.Peer, m *wire.Message) {
	if m.Header.MsgType != wire.HostRequest {
		return
	}
	go func() {
		var q wire.HostQuestion
		a := wire.HostAnswer{Status: "ok"}
		var buffers [][]byte
		err := m.Content(&q)
		if err == nil {
			var x any
			if l.o.Host == nil {
				err = fmt.Errorf("worker: nobody answers questions about %q", q.Ask)
			} else if x, buffers, err = l.o.Host(l.ctx, q.Ask, q.Content, m.Buffers); err == nil {
				a.Content, err = wire.Marshal(x)
			}
		}
		if err != nil {
			a, buffers = wire.HostAnswer{Status: "error", Value: err.Error()}, nil
		}
		reply, err := l.session.New(wire.HostReply, m, nil, a, buffers...)
		if err != nil {
			l.log.Error("an answer was not made", "error", err)
			return
		}
		if err := from.Send(l.session.Frames(reply)...); err != nil {
			l.log.Debug("an answer was not sent", "error", err)
		}
	}()
}
