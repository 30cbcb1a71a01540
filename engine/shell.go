package engine

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/galeproject/gale/internal/stream"
	"github.com/galeproject/gale/wire"
)

// state is how far a shell is.
type state int

const (
	fresh       state = iota
	registering       // the registration request is out
	atWork            // requests are taken
	gone              // nothing is done any more
)

// Bounds of what waits in a shell. Beyond them the loop takes no more requests.
const (
	maxQueued      = 1 << 16
	maxQueuedBytes = 256 << 20
	maxAborted     = 1 << 14 // ids of requests to refuse when they come
)

// subscribeWait is how long requests wait for the subscriber of iopub, without whom their idle would be lost.
const subscribeWait = 2 * time.Second

// about is what a shell knows of its process and its owner's wishes.
type about struct {
	private  bool
	null     bool // answer ok and run nothing
	wanted   int  // id to ask for, -1 for any
	pid      int
	cores    int
	host     string
	version  string
	timeout  time.Duration // for the registration
	patience int           // heartbeats that may be missing
	left     func() int    // goroutines of interrupted tasks that still run; may be nil
}

// shell decides what an engine does. It is used from one goroutine.
type shell struct {
	about
	log     *slog.Logger
	session *wire.Session
	now     time.Time

	state      state
	id         int
	began      time.Time
	subscribed bool
	lastBeat   time.Time
	deadAfter  time.Duration // without a heartbeat; 0: not watched

	queue   []*task
	queued  int64              // bytes
	running *task              // of the queue
	lanes   map[string][]*task // beside the queue; the first of each runs once requests are served
	beside  map[*task]bool     // of the lanes, running
	count   int
	aborted map[wire.MsgID]bool
	forget  []wire.MsgID // aborted ids in the order of their coming
	ledger  ledger

	merger stream.Merger
	parent *wire.Message // under which output is published

	out []effect
}

func newShell(a about, session *wire.Session, log *slog.Logger) *shell {
	return &shell{about: a, session: session, log: log, aborted: map[wire.MsgID]bool{}, lanes: map[string][]*task{}, beside: map[*task]bool{}}
}

// step takes an event and gives what is to be done, in order.
func (s *shell) step(now time.Time, e event) []effect {
	s.out = nil
	if s.state == gone {
		return nil
	}
	s.now = now
	switch e := e.(type) {
	case began:
		s.begin()
	case received:
		s.receive(e)
	case linked:
		s.link(e.on)
	case printed:
		for _, c := range e.chunks {
			s.print(s.merger.Add(now, c.Name, c.Bytes))
		}
	case shown:
		s.print(s.merger.Flush())
		s.show(e.t.m, e.o)
	case finished:
		s.finish(e.t, e.a)
	case beat:
		s.lastBeat = now
	case ticked:
		s.tick()
	case told:
		s.quit(e.cause)
	}
	return s.out
}

// next is when ticked must come; zero: never.
func (s *shell) next() time.Time {
	at := s.merger.Next()
	sooner := func(t time.Time) {
		if at.IsZero() || t.Before(at) {
			at = t
		}
	}
	switch s.state {
	case registering:
		sooner(s.began.Add(s.timeout))
	case atWork:
		if s.deadAfter > 0 {
			sooner(s.lastBeat.Add(s.deadAfter))
		}
		if !s.subscribed {
			sooner(s.began.Add(subscribeWait))
		}
	case fresh, gone:
	}
	for t := range s.active {
		if !t.limit.IsZero() && !t.over {
			sooner(t.limit)
		}
	}
	return at
}

// full says that no more requests should be taken.
func (s *shell) full() bool {
	return len(s.queue)+len(s.lanes) >= maxQueued || s.queued >= maxQueuedBytes
}

// active gives the tasks whose user code runs.
func (s *shell) active(yield func(*task) bool) {
	if s.running != nil && !yield(s.running) {
		return
	}
	for t := range s.beside {
		if !yield(t) {
			return
		}
	}
}

func (s *shell) tick() {
	s.print(s.merger.Due(s.now))
	for t := range s.active {
		if !t.limit.IsZero() && !t.over && !s.now.Before(t.limit) {
			t.over = true
			s.do(cancel{t, fmt.Errorf("it ran longer than %v", t.limit.Sub(t.started))})
		}
	}
	switch {
	case s.state == registering && !s.now.Before(s.began.Add(s.timeout)):
		s.quit(fmt.Errorf("engine: registering: no answer within %v", s.timeout))
	case s.state == atWork && s.deadAfter > 0 && !s.now.Before(s.lastBeat.Add(s.deadAfter)):
		s.unregister()
		s.quit(fmt.Errorf("engine: %w for %v", ErrNoHeartbeat, s.deadAfter))
	case s.state == atWork && !s.subscribed && !s.now.Before(s.began.Add(subscribeWait)):
		s.log.Warn("nobody subscribed to the output; requests are served all the same")
		s.subscribed = true
		s.serve()
	}
}

func (s *shell) leftBehind() int {
	if s.left == nil {
		return 0
	}
	return s.left()
}

func (s *shell) do(e effect) { s.out = append(s.out, e) }

// quit ends the engine.
func (s *shell) quit(err error) {
	for t := range s.active {
		s.do(cancel{t, errEnding})
	}
	s.print(s.merger.End())
	s.state = gone
	s.do(leave{err})
}
