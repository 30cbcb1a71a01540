package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/galeproject/gale/internal/stream"
	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// Options of an engine. Space, Names and Objects must be given, and one of Cluster, Private and Conn with a Session.
type Options struct {
	Space    Space
	Names    Names
	Objects  Objects
	Types    value.Types // of values that names requests carry; may be nil
	Compiler Compiler    // of source that comes as text; nil refuses it
	Explorer Explorer    // nil refuses to look at variables
	Comms    Comms       // nil knows no target
	Stdin    Stdin       // nil leaves standard input alone

	Cluster *wire.ClusterFile // the controller's file for engines
	Private *wire.Private     // or the file of the kernel whose child this is

	UUID     string                                // "" takes a new one; an engine that comes back under its uuid gets its id again
	Wanted   *int                                  // id to ask for
	Output   *stream.Collector                     // what the process prints; nil if somebody else reads it
	Serving  func(id int)                          // called once, when requests are taken
	Context  func(context.Context) context.Context // gives user code's contexts what they shall carry
	Timeout  time.Duration                         // for the registration; 0: 30 s
	Patience int                                   // heartbeats of the controller that may be missing before the engine leaves; 0: 50
	Left     func() int                            // counts goroutines of interrupted requests that still run; may be nil
	Null     bool                                  // answer ok and run nothing, for measurements
	Version  string
	Log      *slog.Logger

	Conn    Conn          // nil: sockets
	Session *wire.Session // nil: made of the file's key and UUID
}

// Engine is a namespace on the wire.
type Engine struct {
	o       Options
	log     *slog.Logger
	conn    Conn
	session *wire.Session
	shell   *shell

	shown    chan shown
	finished chan finished
	over     chan struct{} // closed when Run returns
	cancels  map[*task]context.CancelCauseFunc
	seen     chan struct{} // of the output that is just being published
	waits    map[wire.MsgID]chan struct{}

	mu   sync.Mutex
	asks map[wire.MsgID]chan *wire.Message
}

// Congested output, in bytes that wait for a subscriber: beyond it output of user code is not taken.
const (
	congested = 32 << 20
	lookAgain = 20 * time.Millisecond
	lastWords = 500 * time.Millisecond // to send what is queued, at the end
)

// errKernelGone ends a child whose kernel has closed its sockets.
var errKernelGone = errors.New("engine: the kernel is gone")

// New makes an engine; nothing is connected before Run.
func New(o Options) (*Engine, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Space == nil || o.Names == nil || o.Objects == nil {
		if !o.Null {
			return nil, errors.New("engine: Space, Names and Objects must be given")
		}
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = 50
	}
	if err := o.connection(); err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	a := about{
		private: o.Private != nil, null: o.Null, wanted: -1, pid: os.Getpid(), cores: runtime.NumCPU(), host: host,
		version: o.Version, timeout: o.Timeout, patience: o.Patience, left: o.Left,
	}
	if o.Wanted != nil {
		a.wanted = *o.Wanted
	}
	return &Engine{
		o: o, log: o.Log, conn: o.Conn, session: o.Session, shell: newShell(a, o.Session, o.Log),
		shown: make(chan shown), finished: make(chan finished), over: make(chan struct{}),
		cancels: map[*task]context.CancelCauseFunc{}, waits: map[wire.MsgID]chan struct{}{}, asks: map[wire.MsgID]chan *wire.Message{},
	}, nil
}

// connection makes session and sockets where they were not given.
func (o *Options) connection() (err error) {
	key, version := "", wire.ClusterVersion
	switch {
	case o.Private != nil:
		key, version = o.Private.Key, wire.KernelVersion
	case o.Cluster != nil:
		key = o.Cluster.Key
	case o.Conn == nil || o.Session == nil:
		return errors.New("engine: neither Cluster nor Private nor Conn and Session are given")
	}
	if o.Session == nil {
		o.Session = wire.NewSession(wire.Options{Key: []byte(key), ID: o.UUID, Version: version})
	}
	if o.Conn == nil {
		if o.Private != nil {
			o.Conn, err = privateSockets(o.Private, o.Log)
		} else {
			o.Conn, err = clusterSockets(o.Cluster, o.Session.ID(), o.Log)
		}
	}
	return err
}

// UUID is the engine's uuid, which is its session too.
func (e *Engine) UUID() string { return e.session.ID() }

// Run serves until it is told to end, by ctx (nil is returned), by a shutdown request (nil), or because it cannot register, the controller
// is silent, or the kernel has gone. User code that runs then is interrupted, not waited for. Run is called once.
func (e *Engine) Run(ctx context.Context) error {
	defer close(e.over)
	timer := time.NewTimer(0)
	defer timer.Stop()
	ended, err := e.do(e.shell.step(time.Now(), began{}))
	for !ended {
		e.setTimer(timer)
		if next := e.wait(ctx, timer); next != nil {
			ended, err = e.do(e.shell.step(time.Now(), next))
		}
	}
	if cerr := e.conn.Close(lastWords); err == nil && cerr != nil {
		err = fmt.Errorf("engine: closing: %w", cerr)
	}
	return err
}

func (e *Engine) setTimer(timer *time.Timer) {
	at := e.shell.next()
	wait := time.Hour
	if !at.IsZero() {
		wait = max(0, time.Until(at))
	}
	if e.conn.Waiting() > congested {
		wait = min(wait, lookAgain)
	}
	timer.Reset(wait)
}

// wait gives the next event, nil for nothing of interest. Control comes first.
func (e *Engine) wait(ctx context.Context, timer *time.Timer) event {
	select {
	case m := <-e.conn.In(Control):
		return e.message(Control, m)
	default:
	}
	requests, outputs, prints := e.conn.In(Shell), e.shown, (<-chan struct{})(nil)
	if e.o.Output != nil {
		prints = e.o.Output.Ready()
	}
	if e.shell.full() {
		requests = nil
	}
	if e.conn.Waiting() > congested {
		outputs, prints = nil, nil
	}
	select {
	case m := <-e.conn.In(Control):
		return e.message(Control, m)
	case m := <-requests:
		return e.message(Shell, m)
	case m := <-e.conn.In(Registrar):
		return e.message(Registrar, m)
	case m := <-e.conn.In(Host):
		return e.message(Host, m)
	case m := <-e.conn.In(IOPub):
		return e.message(IOPub, m)
	case <-e.conn.In(Heart):
		return beat{}
	case o := <-outputs:
		e.drain()
		e.seen = o.seen
		return o
	case f := <-e.finished:
		delete(e.cancels, f.t)
		e.drain()
		return f
	case <-prints:
		return printed{e.o.Output.Take()}
	case <-timer.C:
		return ticked{}
	case <-ctx.Done():
		return told{}
	}
}

// drain passes on what was printed before the event that is about to be handled.
func (e *Engine) drain() {
	if e.o.Output == nil {
		return
	}
	if chunks := e.o.Output.Drain(); len(chunks) > 0 {
		_, _ = e.do(e.shell.step(time.Now(), printed{chunks})) // output alone never ends a loop
	}
}

// message checks what came.
func (e *Engine) message(on Channel, m zmtp.Msg) event {
	if m.Event != nil {
		switch {
		case m.Event.Kind == zmtp.Connected && on == Registrar, m.Event.Kind == zmtp.Subscribed && on == IOPub:
			return linked{on}
		case m.Event.Kind == zmtp.Disconnected && on == Shell && e.o.Private != nil:
			return told{errKernelGone}
		}
		return nil
	}
	msg, err := e.session.Parse(m.Frames)
	if err != nil {
		e.log.Warn("a message was dropped", "error", err)
		return nil
	}
	switch {
	case on == Host:
		e.answered(msg)
		return nil
	case on == Control && msg.Header.MsgType == wire.SeenRequest:
		var c wire.Seen
		if msg.Content(&c) == nil && e.waits[c.MsgID] != nil {
			close(e.waits[c.MsgID])
			delete(e.waits, c.MsgID)
		}
		return nil
	}
	return received{on, m.From, msg}
}

// do carries effects out. ended says that the loop is at its end, with err.
func (e *Engine) do(effects []effect) (ended bool, err error) {
	shown := lastPublish(effects)
	for i, f := range effects {
		switch f := f.(type) {
		case send:
			if err := e.conn.Send(f.on, f.to, e.session.Frames(f.m)); err != nil {
				e.log.Warn("a message was not sent", "type", f.m.Header.MsgType, "error", err)
			}
		case publish:
			if e.seen != nil && i == shown {
				e.await(f.m.Header.MsgID)
			}
			frames := append([][]byte{[]byte(f.topic)}, e.session.Frames(f.m)...)
			if err := e.conn.Send(IOPub, nil, frames); err != nil {
				e.log.Warn("an output was not sent", "type", f.m.Header.MsgType, "error", err)
			}
		case join:
			if err := e.conn.Join(f.id); err != nil {
				return true, fmt.Errorf("engine: connecting: %w", err)
			}
		case start:
			e.start(f.t)
		case cancel:
			if stop := e.cancels[f.t]; stop != nil {
				stop(f.cause)
			}
		case kill:
			// the reply goes first; nobody waits for it longer than this
			time.AfterFunc(lookAgain, func() { _ = syscall.Kill(os.Getpid(), syscall.Signal(f.signal)) })
		case serving:
			if e.o.Serving != nil {
				e.o.Serving(f.id)
			}
		case leave:
			return true, f.err
		}
	}
	return false, nil
}

// lastPublish is where an output that user code shows stands: what was printed before it comes first.
func lastPublish(effects []effect) int {
	for i, f := range slices.Backward(effects) {
		if _, ok := f.(publish); ok {
			return i
		}
	}
	return -1
}

// await lets the user code that shows something go on when its message is out, in a kernel's child when the kernel has passed it on.
func (e *Engine) await(id wire.MsgID) {
	if e.o.Private == nil {
		close(e.seen)
	} else {
		e.waits[id] = e.seen
	}
	e.seen = nil
}

// start runs a task's user code beside the loop.
func (e *Engine) start(t *task) {
	// The context ends with an interrupt only: what outlives a cell may go on using it.
	ctx, stop := context.WithCancelCause(context.WithValue(context.Background(), runningKey{}, &running{e, t}))
	e.cancels[t] = func(cause error) {
		if errors.Is(cause, errInterrupted) {
			cause = nil // context.Canceled: nothing to be explained
		}
		stop(cause)
	}
	if e.o.Context != nil {
		ctx = e.o.Context(ctx)
	}
	go func() {
		a := e.perform(ctx, t)
		select {
		case e.finished <- finished{t, a}:
		case <-e.over:
		}
	}()
}

// ask sends a question to the kernel and waits for its answer.
func (e *Engine) ask(ctx context.Context, t *task, kind string, content any) (json.RawMessage, [][]byte, error) {
	if e.o.Private == nil {
		return nil, nil, fmt.Errorf("engine: asking for %s: this engine has no kernel to ask", kind)
	}
	if q, ok := content.(wire.Input); ok && q.Request == "" {
		q.Request = t.request
		content = q
	}
	raw, err := wire.Marshal(content)
	if err != nil {
		return nil, nil, fmt.Errorf("engine: asking for %s: %w", kind, err)
	}
	m, err := e.session.New(wire.HostRequest, t.m, nil, wire.HostQuestion{Ask: kind, Content: raw})
	if err != nil {
		return nil, nil, fmt.Errorf("engine: asking for %s: %w", kind, err)
	}
	c := make(chan *wire.Message, 1)
	e.update(func() { e.asks[m.Header.MsgID] = c })
	defer e.update(func() { delete(e.asks, m.Header.MsgID) })
	if err := e.conn.Send(Host, nil, e.session.Frames(m)); err != nil {
		return nil, nil, fmt.Errorf("engine: asking for %s: %w", kind, err)
	}
	select {
	case r := <-c:
		var a wire.HostAnswer
		if err := r.Content(&a); err != nil {
			return nil, nil, fmt.Errorf("engine: asking for %s: %w", kind, err)
		}
		if a.Status != "ok" {
			return nil, nil, fmt.Errorf("engine: asking for %s: %s", kind, a.Value)
		}
		return a.Content, r.Buffers, nil
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("engine: asking for %s: %w", kind, context.Cause(ctx))
	case <-e.over:
		return nil, nil, fmt.Errorf("engine: asking for %s: %w", kind, errEnding)
	}
}

// answered takes the kernel's answer to a question.
func (e *Engine) answered(m *wire.Message) {
	p, err := m.Parent()
	if err != nil {
		return
	}
	e.update(func() {
		if c := e.asks[p.MsgID]; c != nil {
			c <- m // has room for the one answer
			delete(e.asks, p.MsgID)
		}
	})
}

func (e *Engine) update(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f()
}
