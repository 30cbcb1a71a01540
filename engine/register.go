package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/galeproject/gale/wire"
)

// ErrNoHeartbeat is wrapped by the error of an engine that left because its controller was silent.
var ErrNoHeartbeat = errors.New("no heartbeat of the controller")

// errEnding is the cause of an interrupt by the engine's end.
var errEnding = errors.New("the engine ends")

// registration is the content of a registration_request. All but the first two are extra keys, which other controllers ignore.
type registration struct {
	UUID     string `json:"uuid"`
	ID       *int   `json:"id,omitempty"` // wanted
	Kind     string `json:"kind"`
	Language string `json:"language"`
	PID      int    `json:"pid"`
	Host     string `json:"host"`
	Cores    int    `json:"cores"`
	Version  string `json:"version"`
	Ack      bool   `json:"ack"` // it holds its replies until they are acknowledged
}

// registered is the content of a registration_reply.
type registered struct {
	Status   string  `json:"status"`
	ID       int     `json:"id"`
	HBPeriod float64 `json:"hb_period"` // milliseconds
	Value    string  `json:"evalue"`
}

func (s *shell) begin() {
	s.began = s.now
	if s.private {
		s.state = atWork
		s.do(join{0})
		s.do(serving{0})
		return
	}
	s.state = registering
}

// link tells that the registrar is connected, each time, or that somebody listens to iopub.
func (s *shell) link(on Channel) {
	switch on {
	case Registrar:
		if s.state == registering || s.state == atWork { // at work: the controller, or the way to it, was away
			s.register()
		}
	case IOPub:
		s.subscribed = true
		s.serve()
	case Shell, Control, Host, Heart:
	}
}

func (s *shell) register() {
	c := registration{UUID: s.session.ID(), Kind: wire.KindGo, Language: "go", PID: s.pid, Host: s.host, Cores: s.cores, Version: s.version, Ack: s.holds()}
	if s.state == atWork {
		c.ID = &s.id
	} else if s.wanted >= 0 {
		c.ID = &s.wanted
	}
	s.sendNew(Registrar, "registration_request", c)
}

func (s *shell) unregister() {
	s.sendNew(Registrar, "unregistration_request", map[string]int{"id": s.id})
}

func (s *shell) sendNew(on Channel, msgType string, content any) {
	m, err := s.session.New(msgType, nil, nil, content)
	if err != nil {
		s.log.Error("a message was not made", "type", msgType, "error", err)
		return
	}
	s.do(send{on: on, m: m})
}

// registrationReply takes the controller's answer. A second one, to an engine that came back, may refuse it because the controller still
// knows it: then nothing has changed.
func (s *shell) registrationReply(m *wire.Message) {
	r := registered{ID: -1}
	if err := m.Content(&r); err != nil {
		s.log.Warn("the answer to a registration was not understood", "error", err)
		return
	}
	switch {
	case s.state == atWork && r.Status == "ok" && r.ID >= 0:
		s.id = r.ID
		s.lastBeat = s.now
	case s.state != registering:
	case r.Status != "ok" || r.ID < 0:
		s.quit(fmt.Errorf("engine: registering: the controller says: %s", r.Value))
	default:
		s.id, s.state, s.lastBeat = r.ID, atWork, s.now
		if r.HBPeriod > 0 {
			s.deadAfter = time.Duration(s.patience) * (time.Duration(r.HBPeriod*float64(time.Millisecond)) + 500*time.Millisecond)
		}
		s.do(join{s.id})
		s.do(serving{s.id})
	}
}
