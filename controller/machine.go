package controller

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/galeproject/gale/wire"
)

// Machine is a controller without sockets, clock, goroutines and files: whoever drives it brings messages and time, carries out
// what comes back, and may kill it between any two steps. Two machines that are driven alike do alike.
type Machine struct {
	s       *shell
	journal Journal
	store   Store
	out     []Effect
}

// Socket names one of the controller's sockets, for a Machine.
type Socket uint8

// The sockets; Client and Engine mean the side that connects to it.
const (
	Query         = Socket(query)
	MuxClient     = Socket(muxClient)
	MuxEngine     = Socket(muxEngine)
	TaskClient    = Socket(taskClient)
	TaskEngine    = Socket(taskEngine)
	CastClient    = Socket(castClient)
	CastEngine    = Socket(castEngine)
	ControlClient = Socket(controlClient)
	ControlEngine = Socket(controlEngine)
	IOPubClient   = Socket(iopubClient)
	IOPubEngine   = Socket(iopubEngine)
	Notification  = Socket(notification)
	Ping          = Socket(ping)
	Pong          = Socket(pong)
)

// InputKind is what happened on a socket.
type InputKind uint8

// The kinds of an Input.
const (
	Passed       InputKind = iota // nothing but time
	Arrived                       // a message
	Connected                     // a peer of a ROUTER
	Disconnected                  // the same
	Replaced                      // a newer connection has taken the place of an earlier one, whose end is not told
	Subscribed                    // somebody to the notifications
)

// Input is something that happened.
type Input struct {
	Kind   InputKind
	Socket Socket
	From   string   // identity of the peer
	Frames [][]byte // of a message, without the identity
}

// EffectKind is what is to be done.
type EffectKind uint8

// The kinds of an Effect.
const (
	Send    EffectKind = iota // to one peer
	Publish                   // to all subscribers
	Tell                      // to the subscriber that the input was about
	End                       // of the controller
)

// Effect is something to do. What the journal must have before is in it already.
type Effect struct {
	Kind   EffectKind
	Socket Socket
	To     string
	Frames [][]byte
}

// MachineOptions are those of a controller, with all that it takes from its surroundings.
type MachineOptions struct {
	Options
	ID  string // of its session; the same one twice makes two machines alike
	Now time.Time
}

// NewMachine makes a machine that takes over what the journal in the options says. With a nil Journal or Store it has none.
func NewMachine(o MachineOptions) (*Machine, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s, err := o.newShell(files{}, o.Key, o.Now)
	if err != nil {
		return nil, err
	}
	if o.ID != "" {
		said := wire.Options{Key: []byte(o.Key), ID: o.ID, Pid: 1, Username: "gale", Version: wire.ClusterVersion, Now: func() time.Time { return s.now }, KeepReplays: true}
		s.session = wire.NewSession(said)
	}
	m := &Machine{s: s, journal: o.Journal, store: o.Store}
	if o.Store != nil {
		s.store = o.Store
	}
	if o.Journal != nil {
		p, _, damage, err := readJournal(o.Journal)
		if err != nil {
			return nil, err
		}
		if damage != nil {
			o.Log.Error("controller: the journal is damaged; what it says up to there is restored", "err", damage)
		}
		if err := s.openBook(o.Journal, p); err != nil {
			return nil, err
		}
	}
	return m, m.write()
}

// Step takes one input and gives what must be done, in order. The slice is valid until the next step. An error is the journal's or
// the store's: the machine goes on as a controller whose disk is full.
func (m *Machine) Step(now time.Time, in Input) ([]Effect, error) {
	m.out = m.out[:0]
	x := input{socket: socket(in.Socket), from: in.From, frames: in.Frames}
	switch in.Kind {
	case Arrived:
		x.kind = message
	case Connected:
		x.kind = connected
	case Disconnected:
		x.kind = disconnected
	case Replaced:
		x.kind = swapped
	case Subscribed:
		x.kind = subscribed
	case Passed:
		x.kind = tick
	}
	for _, e := range m.s.step(now, x) {
		y := Effect{Socket: Socket(e.socket), To: e.to, Frames: e.frames}
		switch e.kind {
		case send:
			y.Kind = Send
		case publish:
			y.Kind = Publish
		case tell:
			y.Kind = Tell
		case stop:
			y.Kind = End
		case save, startDask, endDask, watch, unwatch:
			continue
		}
		m.out = append(m.out, y)
	}
	return m.out, m.write()
}

// write writes what the journal and the store are to have.
func (m *Machine) write() error {
	chunks, keeps := m.s.book.take()
	for _, c := range chunks {
		if err := m.journal.Append(c.page, c.data); err != nil {
			m.s.journalFailed(err)
			return err
		}
	}
	for _, k := range keeps {
		if err := m.keep(k); err != nil {
			return err
		}
	}
	return nil
}

func (m *Machine) keep(k keeping) error {
	if m.store != nil {
		if err := m.store.Put(k.put); err != nil {
			return err
		}
		ids := make([]string, len(k.drop))
		for i, id := range k.drop {
			ids[i] = string(id)
		}
		if err := m.store.Drop(ids); err != nil {
			return err
		}
	}
	if k.forget > 0 {
		return m.journal.Forget(k.forget)
	}
	return nil
}

// Next tells when the next step is due even if nothing happens.
func (m *Machine) Next() time.Time { return m.s.next() }

// Check reports the first broken promise.
func (m *Machine) Check() error {
	if err := m.s.hub.Check(); err != nil {
		return err
	}
	for id, j := range m.s.jobs {
		if !m.s.pending(id) || j.ended {
			return fmt.Errorf("controller: %s is waited for, of which the hub knows nothing", id)
		}
	}
	return nil
}
