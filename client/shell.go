package client

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
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

// lostGrace is how long a lost controller may take to come back before what waits for it fails.
const lostGrace = 3 * time.Second

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

	got map[string]answer // replies that wait for their idle, by message id of the request
	due time.Time         // when a reply stops waiting for its idle
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
	// ticked: time has passed.
	ticked struct{}
	// forgotten: the program does not wait for a request any more.
	forgotten struct{ id wire.MsgID }
	// flushed: the program wants to know that what it posted before has been taken.
	flushed struct{ done chan struct{} }
)

func (submitted) event() {}
func (arrived) event()   {}
func (connected) event() {}
func (lost) event()      {}
func (ticked) event()    {}
func (forgotten) event() {}
func (flushed) event()   {}

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
	// tell closes a channel.
	tell struct{ done chan struct{} }
)

func (send) effect()    {}
func (resolve) effect() {}
func (publish) effect() {}
func (changed) effect() {}
func (tell) effect()    {}

// shell is a client without sockets and clock: what came and what time it is go in, what to do comes out.
type shell struct {
	engines map[string]Engine // by uuid
	pending map[wire.MsgID]*request
	lostAt  [channels]time.Time // zero: connected or never connected
}

func newShell() *shell {
	return &shell{engines: map[string]Engine{}, pending: map[wire.MsgID]*request{}}
}

// step takes an event at a time and says what to do.
func (s *shell) step(now time.Time, e event) []effect {
	switch e := e.(type) {
	case submitted:
		return s.submit(e.r)
	case arrived:
		return s.arrive(now, e.ch, e.m)
	case connected:
		s.lostAt[e.ch] = time.Time{}
	case lost:
		if s.lostAt[e.ch].IsZero() {
			s.lostAt[e.ch] = now
		}
	case ticked:
		return s.tick(now)
	case forgotten:
		s.forget(e.id)
	case flushed:
		return []effect{tell(e)}
	}
	return nil
}

func (s *shell) submit(r *request) []effect {
	if _, here := s.engines[r.engine]; r.engine != "" && !here {
		return []effect{resolve{r, answer{err: fmt.Errorf("%s: engine %s: %w", r.what, r.engine, ErrEngineDied)}}}
	}
	r.got = map[string]answer{}
	s.pending[r.id] = r
	return []effect{send{r.ch, r.frames, r.id}}
}

func (s *shell) forget(id wire.MsgID) { delete(s.pending, id) }

// waiting gives the pending requests in the order of their ids, so that a replay does the same.
func (s *shell) waiting() []*request {
	out := make([]*request, 0, len(s.pending))
	for _, r := range s.pending {
		out = append(out, r)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].id < out[j].id })
	return out
}

// tick gives up what has waited too long.
func (s *shell) tick(now time.Time) []effect {
	var out []effect
	for _, r := range s.waiting() {
		if !r.due.IsZero() && now.After(r.due) {
			r.due = time.Time{}
			for _, id := range slices.Sorted(maps.Keys(r.got)) {
				out = append(out, s.deliver(r, id)...)
			}
			continue
		}
		if at := s.lostAt[r.ch]; !at.IsZero() && now.Sub(at) > lostGrace {
			s.forget(r.id)
			out = append(out, resolve{r, answer{err: fmt.Errorf("client: %s: %w: its connection was lost %.0f s ago", r.what, ErrController, now.Sub(at).Seconds())}})
		}
	}
	return out
}

// controllerGone says whether the controller has been away for longer than it may.
func (s *shell) controllerGone(now time.Time) bool {
	at := s.lostAt[query]
	return !at.IsZero() && now.Sub(at) > lostGrace
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
