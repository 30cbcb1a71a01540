package client

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/galeproject/gale/wire"
)

// channel is one of the sockets between a client and its controller.
type channel uint8

const (
	query channel = iota
	mux
	task
	broadcast
	control
	iopub
	notification
	channels
)

func (c channel) String() string {
	return [...]string{"query", "mux", "task", "broadcast", "control", "iopub", "notification"}[c]
}

// idleGrace is how long a reply waits for the outputs that belong to it.
const idleGrace = 2 * time.Second

// lostGrace is how long a controller that was stopped may seem to be lost before what waits for it fails; patience is how long one may
// take that is expected to come back.
const (
	lostGrace = 3 * time.Second
	patience  = 60 * time.Second
)

// Errors of requests that got no answer.
var (
	ErrClosed     = errors.New("client: closed")
	ErrEngineDied = errors.New("engine died")
	ErrController = errors.New("the controller is gone")
)

// answer is what became of a request: a reply, or an error.
type answer struct {
	reply *wire.Message
	err   error
}

// request is something sent and not yet answered.
type request struct {
	ch      channel
	id      wire.MsgID
	frames  [][]byte
	engine  string          // uuid, for mux and control
	what    string          // for messages: "calling λ5_1"
	targets map[string]bool // uuids whose answers are awaited, for broadcast
	outputs bool            // answers wait for the idle that follows outputs
	done    func(answer)
	output  func(engine string, m *wire.Message)

	got   map[string]answer // replies that wait for their idle, by message id of the request
	due   time.Time         // when a reply stops waiting for its idle
	sent  bool              // it has left at least once
	doubt bool              // the connection was lost since: the controller may not have it
}

// event is something that happened to a client's shell.
//
//sumtype:decl
type event interface{ event() }

type (
	// submitted: the program asks for something.
	submitted struct{ r *request }
	// arrived: a message came from the controller.
	arrived struct {
		ch channel
		m  *wire.Message
	}
	// connected and lost: what became of a connection.
	connected struct{ ch channel }
	lost      struct{ ch channel }
	// ticked: time has passed; stopped: the connection file is gone, so that a controller that is away does not come back.
	ticked struct{ stopped bool }
	// forgotten: the program does not wait for a request any more.
	forgotten struct{ id wire.MsgID }
)

func (submitted) event() {}
func (arrived) event()   {}
func (connected) event() {}
func (lost) event()      {}
func (ticked) event()    {}
func (forgotten) event() {}

// effect is something that the loop does for the shell.
//
//sumtype:decl
type effect interface{ effect() }

type (
	// send gives frames to a socket; fail is told when the socket takes no more.
	send struct {
		ch     channel
		frames [][]byte
		id     wire.MsgID
	}
	// resolve gives a request its answer.
	resolve struct {
		r *request
		a answer
	}
	// publish gives an output to whoever asked.
	publish struct {
		r      *request
		engine string
		m      *wire.Message
	}
	// changed: the table of engines is another.
	changed struct{}
)

func (send) effect()    {}
func (resolve) effect() {}
func (publish) effect() {}
func (changed) effect() {}

// shell is a client without sockets and clock: what came and what time it is go in, what to do comes out.
type shell struct {
	session  *wire.Session
	patience time.Duration
	engines  map[string]Engine // by uuid
	news     map[string]bool   // engines of which notifications told since the controller was asked who is there; nil: it has answered
	pending  map[wire.MsgID]*request
	lostAt   [channels]time.Time // zero: connected or never connected
	stopped  bool
	debts    debts
	inquiry  inquiry
}

func newShell(s *wire.Session, wait time.Duration) *shell {
	return &shell{session: s, patience: wait, engines: map[string]Engine{}, news: map[string]bool{}, pending: map[wire.MsgID]*request{}}
}

// step takes an event at a time and says what to do.
func (s *shell) step(now time.Time, e event) []effect {
	switch e := e.(type) {
	case submitted:
		return s.submit(e.r)
	case arrived:
		return s.arrive(now, e.ch, e.m)
	case connected:
		return s.back(now, e.ch)
	case lost:
		s.lose(now, e.ch)
	case ticked:
		s.stopped = e.stopped
		return s.tick(now)
	case forgotten:
		s.forget(e.id)
	}
	return nil
}

func (s *shell) submit(r *request) []effect {
	if _, here := s.engines[r.engine]; r.engine != "" && !here {
		return []effect{resolve{r, answer{err: fmt.Errorf("%s: engine %s: %w", r.what, r.engine, ErrEngineDied)}}}
	}
	r.got = map[string]answer{}
	s.pending[r.id] = r
	if !s.lostAt[r.ch].IsZero() { // it leaves when the controller is back
		r.doubt = true
		return nil
	}
	return s.dispatch(r)
}

// dispatch sends a request, for the first time or again.
func (s *shell) dispatch(r *request) []effect {
	r.sent, r.doubt = true, false
	return []effect{send{r.ch, r.frames, r.id}}
}

func (s *shell) forget(id wire.MsgID) { delete(s.pending, id) }

// waiting gives the pending requests in the order of their ids, so that a replay does the same.
func (s *shell) waiting() []*request { return s.which(func(*request) bool { return true }) }

// which gives those of them that are wanted.
func (s *shell) which(wanted func(*request) bool) []*request {
	var out []*request
	for _, r := range s.pending {
		if wanted(r) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *request) int { return cmp.Compare(a.id, b.id) })
	return out
}

// limit is how long a connection may be lost.
func (s *shell) limit() time.Duration {
	if s.stopped {
		return min(lostGrace, s.patience)
	}
	return s.patience
}

// tick gives up what has waited too long.
func (s *shell) tick(now time.Time) []effect {
	out := s.acknowledge()
	silent := s.unanswered(now)
	late := func(r *request) bool { return !r.due.IsZero() && now.After(r.due) }
	away := func(r *request) time.Duration {
		if at := s.lostAt[r.ch]; !at.IsZero() && now.Sub(at) > s.limit() {
			return now.Sub(at)
		}
		return 0
	}
	for _, r := range s.which(func(r *request) bool { return late(r) || away(r) > 0 || silent && r.doubt }) {
		switch gone := away(r); {
		case late(r):
			r.due = time.Time{}
			for _, id := range slices.Sorted(maps.Keys(r.got)) {
				out = append(out, s.deliver(r, id)...)
			}
		case gone > 0:
			out = append(out, s.giveUp(r, fmt.Errorf("%w: its connection was lost %.0f s ago", ErrController, gone.Seconds())))
		default:
			out = append(out, s.giveUp(r, fmt.Errorf("%w: it was lost and does not say what became of this", ErrController)))
		}
	}
	return out
}

func (s *shell) giveUp(r *request, why error) effect {
	s.forget(r.id)
	return resolve{r, answer{err: fmt.Errorf("client: %s: %w", r.what, why)}}
}

// controllerGone says whether the controller has been away for longer than it may.
func (s *shell) controllerGone(now time.Time) bool {
	at := s.lostAt[query]
	return !at.IsZero() && now.Sub(at) > s.limit()
}

// deliver passes on a reply whose outputs are complete.
func (s *shell) deliver(r *request, id string) []effect {
	a, ok := r.got[id]
	if !ok || a.reply == nil && a.err == nil { // an idle without its reply
		return nil
	}
	delete(r.got, id)
	if r.ch == broadcast {
		delete(r.targets, targetOf(id))
	}
	if len(r.targets) == 0 {
		s.forget(r.id)
	}
	return []effect{resolve{r, a}}
}
