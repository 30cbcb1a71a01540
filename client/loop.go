package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// tickEvery is how often time is told to the shell.
const tickEvery = 250 * time.Millisecond

// sendLimit is how long a send may wait for a controller that takes nothing.
const sendLimit = 5 * time.Second

// runner is what a client needs of its loop. A cell that has a *Client in a variable would compile the methods of every generic type that
// is reached from its fields, which takes longer than the cell itself: an interface hides the sockets.
type runner interface {
	post(e event) bool
	over() <-chan struct{}
	absent() <-chan struct{}
	away() bool
	ours() bool
	close()
}

// over is closed when the loop has ended.
func (l *loop) over() <-chan struct{} { return l.closed }

// absent is closed when the controller has been away for too long; a controller that comes back after all begins another.
func (l *loop) absent() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone
}

// away says whether the controller has been away for too long.
func (l *loop) away() bool {
	select {
	case <-l.absent():
		return true
	default:
		return false
	}
}

// ours says whether the controller is gale's.
func (l *loop) ours() bool { return l.gale.Load() }

// judge notes whether the controller is away.
func (l *loop) judge(gone bool) {
	if gone == l.away() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if gone {
		close(l.gone)
	} else {
		l.gone = make(chan struct{})
	}
}

// stopped says whether a controller that is away was stopped: its connection file is gone then.
func (l *loop) stopped() bool {
	if l.shell.lostAt[query].IsZero() {
		return false
	}
	_, err := os.Stat(l.path)
	return errors.Is(err, fs.ErrNotExist)
}

// loop owns a client's shell and sockets: one goroutine carries out what the shell says.
type loop struct {
	shell   *shell
	session *wire.Session
	sockets [channels]*zmtp.Socket
	events  chan event
	closing chan struct{}
	closed  chan struct{}
	once    sync.Once
	log     *slog.Logger
	changed func(Engines)
	path    string // of the connection file
	gale    atomic.Bool

	mu   sync.Mutex
	gone chan struct{} // closed: the controller has been away too long
}

// newLoop connects the sockets that a connection file names; only query and notification at first, since the others are of use when the
// controller has answered.
func newLoop(f *wire.ClusterFile, path string, session *wire.Session, wait time.Duration, log *slog.Logger, tell func(Engines)) (*loop, error) {
	l := &loop{
		shell: newShell(session, wait), session: session, log: log, changed: tell, path: path, gone: make(chan struct{}),
		events: make(chan event, 256), closing: make(chan struct{}), closed: make(chan struct{}),
	}
	ports, err := f.BroadcastPorts()
	if err != nil {
		return nil, err
	}
	curve, err := zmtp.CurveClient(f.ServerKey())
	if err != nil {
		return nil, fmt.Errorf("client: the controller's curve_serverkey: %w", err)
	}
	for ch, port := range [channels]wire.Port{f.Registration, f.Mux, f.Task, ports[0], f.Control, f.IOPub, f.Notification} {
		typ, id := zmtp.Dealer, session.ID() // the same identity when it comes back: answers find it
		if channel(ch) >= iopub {
			typ, id = zmtp.Sub, ""
		}
		s, err := zmtp.New(typ, zmtp.Options{ID: id, Curve: curve, InBand: true, Heartbeat: 2 * time.Second, RecvQueue: 4096, RecvBytes: 1 << 30, RetryMin: 10 * time.Millisecond})
		if err != nil {
			l.closeSockets()
			return nil, fmt.Errorf("client: %v socket: %w", channel(ch), err)
		}
		l.sockets[ch] = s
		if typ == zmtp.Sub {
			s.Subscribe("")
		}
		if err := s.Connect(f.Endpoint(port)); err != nil {
			l.closeSockets()
			return nil, fmt.Errorf("client: connecting %v to %s: %w", channel(ch), f.Endpoint(port), err)
		}
	}
	go l.run()
	return l, nil
}

func (l *loop) closeSockets() {
	for _, s := range l.sockets {
		if s != nil {
			_ = s.Close(time.Second) // nothing can be done about a socket that does not close
		}
	}
}

// run is the loop.
func (l *loop) run() {
	defer close(l.closed)
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-l.closing:
			l.end()
			return
		case e := <-l.events:
			l.step(e)
		case <-tick.C:
			l.step(ticked{l.stopped()})
			l.judge(l.shell.controllerGone(time.Now()))
		case m := <-l.sockets[query].In():
			l.take(query, m)
		case m := <-l.sockets[mux].In():
			l.take(mux, m)
		case m := <-l.sockets[task].In():
			l.take(task, m)
		case m := <-l.sockets[broadcast].In():
			l.take(broadcast, m)
		case m := <-l.sockets[control].In():
			l.take(control, m)
		case m := <-l.sockets[iopub].In():
			l.take(iopub, m)
		case m := <-l.sockets[notification].In():
			l.take(notification, m)
		}
	}
}

// take makes an event of what a socket brought.
func (l *loop) take(ch channel, m zmtp.Msg) {
	if m.Event != nil {
		switch m.Event.Kind { //nolint:exhaustive // the other kinds are not news for a client
		case zmtp.Connected:
			l.step(connected{ch})
		case zmtp.Disconnected:
			l.step(lost{ch})
		}
		return
	}
	msg, err := l.session.Parse(m.Frames)
	if err != nil {
		l.log.Debug("dropped a message", "channel", ch.String(), "error", err)
		return
	}
	l.step(arrived{ch, msg})
}

// step tells the shell and does what it says.
func (l *loop) step(e event) {
	for _, f := range l.shell.step(time.Now(), e) {
		switch f := f.(type) {
		case send:
			l.send(f)
		case resolve:
			f.r.done(f.a)
		case publish:
			f.r.output(f.engine, f.m)
		case changed:
			l.gale.Store(l.shell.debts.pay)
			l.changed(sorted(l.shell.engines))
		}
	}
}

func (l *loop) send(f send) {
	ctx, cancel := context.WithTimeout(context.Background(), sendLimit)
	defer cancel()
	if err := l.sockets[f.ch].Send(ctx, f.frames...); err != nil {
		if r := l.shell.pending[f.id]; r != nil {
			l.shell.forget(f.id)
			r.done(answer{err: fmt.Errorf("client: %s: the controller takes nothing more: %w", r.what, err)})
		}
	}
}

// post gives the loop an event; false when it has ended.
func (l *loop) post(e event) bool {
	select {
	case l.events <- e:
		return true
	case <-l.closed:
		return false
	}
}

// end fails what waits and closes the sockets.
func (l *loop) end() {
	for _, r := range l.shell.waiting() {
		r.done(answer{err: ErrClosed})
	}
	l.shell.pending = map[wire.MsgID]*request{}
	for _, f := range l.shell.acknowledge() {
		if f, ok := f.(send); ok {
			l.send(f)
		}
	}
	l.closeSockets()
}

// close ends the loop.
func (l *loop) close() {
	l.once.Do(func() { close(l.closing) })
	<-l.closed
}
