package controller

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// socket names one of the controller's sockets.
type socket uint8

// The sockets. Client and engine mean the side that connects to it.
const (
	query         socket = iota // ROUTER: registration and queries, of both sides
	muxClient                   // ROUTER
	muxEngine                   // ROUTER
	taskClient                  // ROUTER
	taskEngine                  // ROUTER
	castClient                  // ROUTER
	castEngine                  // ROUTER
	controlClient               // ROUTER
	controlEngine               // ROUTER
	iopubClient                 // PUB
	iopubEngine                 // SUB
	notification                // PUB
	ping                        // PUB
	pong                        // ROUTER
	sockets
)

// input is something that came in.
type input struct {
	kind   inputKind
	socket socket
	from   string   // identity of the peer
	frames [][]byte // of a message
	peer   peer     // of a subscription
	dask   daskResult
	err    error        // of the journal
	ask    func(*shell) // of somebody within the process
}

type inputKind uint8

const (
	message inputKind = iota
	connected
	disconnected
	swapped // a newer connection has taken the place of a peer's earlier one
	subscribed
	tick
	daskUp
	journalFailed
	asked
)

// peer is one connection; a subscriber is told what it missed.
type peer interface{ Send(frames ...[]byte) error }

// effect is something to do.
type effect struct {
	kind   effectKind
	socket socket
	to     string
	peer   peer
	frames [][]byte
	wait   time.Duration
	args   []string
}

type effectKind uint8

const (
	send      effectKind = iota // frames to the peer named
	publish                     // frames to all subscribers
	tell                        // frames to one subscriber
	stop                        // the controller, after a wait
	save                        // the table of engines
	startDask                   // a scheduler of dask, with arguments
	endDask
	watch   // the connections of the engine named
	unwatch // no more
)

// shell makes effects of inputs. It is used by one goroutine.
type shell struct {
	hub     *hub.Hub
	session *wire.Session // signs, and checks what is only passed on
	queries *wire.Session // checks requests to the controller itself, and refuses to hear one twice
	log     *slog.Logger
	now     time.Time
	start   time.Time
	out     []effect

	engineFile json.RawMessage // that a registration is answered with
	period     time.Duration

	jobs    map[hub.TaskID]*job  // that have not ended
	casts   map[hub.TaskID]*cast // of which parts have not ended
	arrival int64                // of the latest task
	clients clients
	book    *book
	store   archive // of records that memory has no room for; nil: there is none
	debts   debts
	// restored are the tasks that engines have had since before the controller began, as far as they did not tell of them.
	restored map[hub.UUID][]*job
	records  *records // of those that have
	about    map[hub.UUID]json.RawMessage
	left     []departure
	dask     *dask

	// The reply that the hub is just deciding about.
	reply       *wire.Message
	replyFrames [][]byte
	// The registration that the hub is just deciding about.
	asking string

	dropped int // messages that were no messages
	debug   bool

	meter   *meter
	tales   *tales
	usage   usages
	endings func() []Ending // of processes of the cluster; nil: nobody says
}

// job is a task that a client asked for, with its message; when it has ended it is its record.
type job struct {
	id      hub.TaskID
	queue   string  // mux, task, broadcast
	client  string  // identity that asked; engines send it back
	owner   *client // that is answered; nil: nobody
	arrival int64
	request *wire.Message
	frames  [][]byte        // of the request as it came, from the delimiter on
	cast    *cast           // of a broadcast and of its parts
	header  json.RawMessage // of a part

	engine      string
	reply       *wire.Message
	replied     time.Time
	resubmitted hub.TaskID
	io          *outputs // nil: none yet
	bytes       int
	seq         int64
	ended       bool
	stored      bool // in the store too
	restored    bool // its engine has had it since before the controller began
	past        bool // it is older than the controller
	status      hub.Status

	had             []hub.UUID // engines that it was sent to
	retries, reruns int        // that are left
	size            int        // of its entry in the journal

	since int64 // µs since the controller's start: it arrived, or an engine has it
}

// step takes one input and gives what must be done, in order. The slice is valid until the next step.
func (s *shell) step(now time.Time, in input) []effect {
	clear(s.out)
	s.out = s.out[:0]
	s.now = now
	if at := now.Sub(s.start); at >= s.hub.Now()+time.Millisecond || at >= s.hub.Next() {
		s.act(s.hub.Step(hub.Tick{Now: at}))
	}
	switch in.kind {
	case message:
		s.hear(in)
	case connected, disconnected, swapped:
		s.connection(in)
	case journalFailed:
		s.journalFailed(in.err)
	case subscribed:
		s.greet(in.peer)
	case daskUp:
		s.daskStarted(in.dask.address, in.dask.err)
	case asked:
		in.ask(s)
	case tick:
	}
	s.payDebts()
	s.settle()
	s.sweepJournal()
	return s.out
}

// next tells when the next tick is due.
func (s *shell) next() time.Time {
	at := s.start.Add(s.hub.Next())
	for _, due := range []time.Time{s.debts.due, s.debts.settle} {
		if !due.IsZero() && due.Before(at) {
			at = due
		}
	}
	return at
}

func (s *shell) do(e effect) { s.out = append(s.out, e) }

func (s *shell) send(to socket, id string, frames [][]byte) {
	s.do(effect{kind: send, socket: to, to: id, frames: frames})
}

// hear takes a message by the socket that it came on.
func (s *shell) hear(in input) {
	switch in.socket {
	case query:
		s.ask(in)
	case muxClient:
		s.muxRequest(in)
	case muxEngine, taskEngine, castEngine:
		s.returned(in)
	case taskClient:
		s.submit(in)
	case castClient:
		s.broadcast(in)
	case controlClient:
		s.controlRequest(in)
	case controlEngine:
		s.controlReply(in)
	case iopubEngine:
		s.published(in)
	case pong:
		if len(in.frames) > 0 && len(in.frames[0]) < 64 {
			s.act(s.hub.Step(hub.Pong{UUID: hub.UUID(in.from), Payload: string(in.frames[0])}))
		}
	case iopubClient, notification, ping, sockets:
	}
}

// channelOf gives the hub's channel of a socket on which engines are known.
func channelOf(k socket) (hub.Channel, bool) {
	switch k {
	case muxEngine:
		return hub.Mux, true
	case taskEngine:
		return hub.Balanced, true
	case castEngine:
		return hub.Broadcast, true
	case controlEngine:
		return hub.Control, true
	case pong:
		return hub.Heart, true
	case query, muxClient, taskClient, castClient, controlClient, iopubClient, iopubEngine, notification, ping, sockets:
	}
	return 0, false
}

func (s *shell) connection(in input) {
	ch, ok := channelOf(in.socket)
	u := hub.UUID(in.from)
	switch at := (connection{in.socket, in.from}); {
	case !ok && in.kind == connected:
		s.clientCame(at)
	case !ok && in.kind == disconnected:
		s.clientWent(at)
	case !ok: // a client asks for itself about what it has lost
	case in.kind == disconnected:
		s.act(s.hub.Step(hub.Disconnect{UUID: u, Channel: ch}))
	default:
		_, here := s.hub.Engine(u)
		if in.kind == connected {
			s.act(s.hub.Step(hub.Connect{UUID: u, Channel: ch}))
		}
		if here {
			s.reconnected(u, in.socket)
		}
	}
}

// parse checks a message. What fails has no effect.
func (s *shell) parse(in input) *wire.Message {
	m, err := s.session.Verify(in.frames)
	if err == nil {
		m.Header, err = header(m.RawHeader)
	}
	if err != nil || m.Header.MsgType == "" {
		s.dropped++
		s.log.Debug("controller: dropped a message", "socket", in.socket, "from", in.from, "err", err)
		return nil
	}
	return m
}

// act does what the hub says.
func (s *shell) act(actions []hub.Action) {
	for _, a := range actions {
		switch a := a.(type) {
		case hub.Welcome:
			s.welcome(a)
		case hub.Refuse:
			s.refuse(a)
		case hub.Joined:
			s.joined(a)
		case hub.Left:
			s.leaves(a)
		case hub.Ping:
			s.do(effect{kind: publish, socket: ping, frames: [][]byte{[]byte(a.Payload)}})
			s.sweep()
			if s.book.broken != nil {
				s.writeWhole()
			}
		case hub.Send:
			s.dispatch(a)
		case hub.Back:
			s.back(a)
		case hub.Interrupt:
			s.interrupt(a)
		case hub.Relay:
			s.relay(a)
		case hub.Answer:
			s.answer(a)
		case hub.Forget:
			s.forget(a)
		case hub.Keep:
			s.keep(a)
		case hub.Collect:
			s.collect(a)
		}
	}
}
