package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

// Names of the failures that this package makes.
const (
	NameDied        = "NamespaceDied"     // the child died, or was ended, while it worked
	NameInterrupted = "KeyboardInterrupt" // a request was interrupted before the child had it
)

// Times of a child's life.
const (
	mercy       = 2 * time.Second  // after an interrupt, before a child that does not answer is killed
	againWithin = 5 * time.Second  // a second interrupt ends a child where an interrupted cell still runs
	crowded     = 10 * time.Second // three deaths within this time: the next child waits for the next request
)

// ErrClosed is returned by requests to a worker that was closed.
var ErrClosed = errors.New("worker: closed")

// Options of a worker; the zero value starts this program with "engine".
type Options struct {
	Command []string // program and first arguments of the child; "--private FILE" is added; nil: this program, "engine"
	Dir     string   // working directory of the child; "" is this process's
	Env     []string // in addition to this process's environment
	// Host answers what the child asks; nil refuses everything. It is called from a goroutine of its own; ctx ends with the child.
	Host func(ctx context.Context, kind string, content json.RawMessage, buffers [][]byte) (any, [][]byte, error)
	Log  *slog.Logger
}

// Worker is a namespace in a child process. Its methods may be called from any goroutine.
type Worker struct {
	o Options

	mu          sync.Mutex
	life        *life // nil: no child, the next request starts one
	closed      bool
	deaths      []time.Time
	interrupted time.Time // when a run ended by an interrupt
}

// Start makes a worker and starts its first child; it does not wait until that is ready.
func Start(_ context.Context, o Options) (*Worker, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	w := &Worker{o: o}
	if _, err := w.current(); err != nil {
		return nil, err
	}
	return w, nil
}

// current gives the child, after starting one if there is none.
func (w *Worker) current() (*life, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.currentLocked()
}

func (w *Worker) currentLocked() (*life, error) {
	if w.closed {
		return nil, ErrClosed
	}
	if w.life != nil {
		return w.life, nil
	}
	l, err := begin(&w.o)
	if err != nil {
		return nil, err
	}
	w.life = l
	go w.watch(l)
	return l, nil
}

// watch waits for a child's end and starts the next one.
func (w *Worker) watch(l *life) {
	<-l.ended
	w.succeed(l)
}

// succeed puts another child in the place of one that has ended, once.
func (w *Worker) succeed(l *life) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life != l {
		return // it was replaced
	}
	w.life = nil
	if w.closed {
		return
	}
	now := time.Now()
	w.deaths = append(w.deaths, now)
	if k := len(w.deaths) - 3; k >= 0 {
		if w.deaths = w.deaths[k:]; now.Sub(w.deaths[0]) < crowded {
			w.o.Log.Warn("the namespace died three times in a row; the next request starts another", "last", l.how())
			return
		}
	}
	w.o.Log.Info("the namespace died; another starts", "how", l.how())
	if _, err := w.currentLocked(); err != nil {
		w.o.Log.Error("no namespace could be started", "error", err)
	}
}

// Run loads a module in the child and runs its cell; cells run at once when Run is called from several goroutines. What a cell shows and prints goes to emit before Run returns, from the calling goroutine;
// what its goroutines show or print later goes to emit from another one. A cancelled ctx is an interrupt.
func (w *Worker) Run(ctx context.Context, m *module.Module, run wire.Run, emit func(wire.Output)) wire.Reply {
	reply, err := w.Request(ctx, wire.RunRequest, run, m.Encode(), emit)
	r := decode(reply, err)
	if r.Failure != nil && r.Name == NameInterrupted {
		w.mu.Lock()
		w.interrupted = time.Now()
		w.mu.Unlock()
	}
	return r
}

// decode gives the reply that a message is, or a failure for an error.
func decode(m *wire.Message, err error) (r wire.Reply) {
	if err == nil {
		err = m.Content(&r)
	}
	if err == nil {
		return r
	}
	f := wire.Failure{}
	if !errors.As(err, &f) {
		f = wire.NewFailure("WorkerError", err.Error())
	}
	f.Status = "error"
	return wire.Reply{Status: "error", Failure: &f}
}

// Request sends the child any request of its shell channel and waits for the reply and all output. The error is a [wire.Failure] when the
// child died or the request was interrupted before it began.
func (w *Worker) Request(ctx context.Context, msgType string, content any, buffers [][]byte, emit func(wire.Output)) (*wire.Message, error) {
	for {
		l, err := w.current()
		if err != nil {
			return nil, err
		}
		m, err := l.request(ctx, msgType, content, buffers, emit)
		if !errors.Is(err, errTooLate) {
			return m, err
		}
		w.succeed(l)
	}
}

// Interrupt ends the child if goroutines of an interrupted cell still run there and the interrupt came within the last five seconds, or if the
// child does not answer; otherwise it does nothing.
func (w *Worker) Interrupt() {
	w.mu.Lock()
	l, recent := w.life, time.Since(w.interrupted) < againWithin
	w.mu.Unlock()
	if l == nil || !recent {
		return
	}
	left, ok := l.leftBehind(mercy)
	if !ok {
		l.kill("it did not answer an interrupt")
	} else if left > 0 {
		l.kill("it was interrupted twice, and something in it did not end")
	}
}

// Restart ends the child and starts a new one, without waiting until that is ready. Requests that wait fail.
func (w *Worker) Restart(context.Context) error {
	w.mu.Lock()
	l := w.life
	w.life = nil
	w.deaths = nil
	w.mu.Unlock()
	if l != nil {
		l.kill("it was restarted")
		<-l.ended
	}
	_, err := w.current()
	return err
}

// Close ends the child and everything in its process group at once.
func (w *Worker) Close() error {
	w.mu.Lock()
	l := w.life
	w.closed, w.life = true, nil
	w.mu.Unlock()
	if l == nil {
		return nil
	}
	l.kill("the kernel ended")
	<-l.ended
	return l.err()
}

// Pid is the child's process id, 0 without one.
func (w *Worker) Pid() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life == nil {
		return 0
	}
	return w.life.pid
}

// died makes the failure of a request that a death ended.
func died(l *life) wire.Failure {
	value := "the process with the notebook's variables ended (" + l.how() + "); they are gone"
	last := l.lastWords()
	if len(last) == 0 {
		return wire.NewFailure(NameDied, value)
	}
	trace := append([]string{fmt.Sprintf("%s: %s", NameDied, value), "it said last:"}, last...)
	return wire.NewFailure(NameDied, value, trace...)
}
