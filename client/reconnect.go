package client

import (
	"errors"
	"fmt"
	"time"

	"github.com/galeproject/gale/wire"
)

// errUncertain is the error of a request whose fate nobody knows, and that must not be made twice.
var errUncertain = errors.New("the connection to the controller was lost while this was under way, and it cannot say what became of it")

// inquiry is the question to a controller that has come back, which of our requests it has.
type inquiry struct {
	id    wire.MsgID // of the question; empty: none is open
	asked []wire.MsgID
	at    time.Time
}

// lose notes that a connection is lost, and which requests may be lost with it.
func (s *shell) lose(now time.Time, ch channel) {
	if !s.lostAt[ch].IsZero() {
		return
	}
	s.lostAt[ch] = now
	for _, r := range s.pending {
		if r.ch == ch {
			r.doubt = true
		}
	}
}

// back deals with a connection that has come back: what may be lost is asked for; questions are put again.
func (s *shell) back(now time.Time, ch channel) (out []effect) {
	if s.lostAt[ch].IsZero() {
		return nil
	}
	s.lostAt[ch] = time.Time{}
	switch ch {
	case query:
		s.news = map[string]bool{}
		out = append(out, s.say("connection_request", nil)...) // engines may have left meanwhile
		for _, r := range s.waiting() {
			if r.ch == query {
				out = append(out, s.dispatch(r)...)
			}
		}
	case control:
		for _, r := range s.waiting() {
			switch {
			case r.ch != control:
			case r.sent: // an engine that has it would not answer it again
				out = append(out, s.giveUp(r, errUncertain))
			default:
				out = append(out, s.dispatch(r)...)
			}
		}
	case mux, task, broadcast:
	case iopub, notification, channels:
		return nil
	}
	return append(out, s.inquire(now)...)
}

// say makes a message of the client's own for the controller.
func (s *shell) say(msgType string, content any) []effect {
	m, err := s.session.New(msgType, nil, nil, content)
	if err != nil {
		return nil // lists of ids always marshal
	}
	return []effect{send{query, s.session.Frames(m), m.Header.MsgID}}
}

// inquire asks the controller which of the requests in doubt it has. A new question takes the place of one that is open: it has all
// that the other had and that is still in doubt.
func (s *shell) inquire(now time.Time) []effect {
	held := wire.Held{MsgIDs: []wire.MsgID{}}
	var asked []wire.MsgID
	for _, r := range s.waiting() {
		if !r.doubt || !s.lostAt[r.ch].IsZero() {
			continue
		}
		asked = append(asked, r.id)
		held.MsgIDs = append(held.MsgIDs, r.id)
		for uuid := range r.targets {
			held.MsgIDs = append(held.MsgIDs, r.id+"_"+wire.MsgID(uuid))
		}
	}
	if len(asked) == 0 {
		return nil
	}
	m, err := s.session.New(wire.HeldRequest, nil, nil, held)
	if err != nil {
		return nil // lists of ids always marshal
	}
	s.inquiry = inquiry{id: m.Header.MsgID, asked: asked, at: now}
	return []effect{send{query, s.session.Frames(m), m.Header.MsgID}}
}

// unanswered says whether a question has been open for too long.
func (s *shell) unanswered(now time.Time) bool {
	return s.inquiry.id != "" && now.Sub(s.inquiry.at) > s.limit()
}

// informed takes the answer to the question: what never arrived is sent again. A controller that does not understand it cannot be
// trusted with anything twice.
func (s *shell) informed(m *wire.Message) (out []effect) {
	asked := s.inquiry.asked
	s.inquiry = inquiry{}
	var c wire.Held
	understood := m.Header.MsgType == wire.HeldReply && m.Content(&c) == nil && c.Status == "ok"
	has := map[*request]bool{}
	for _, id := range c.MsgIDs {
		has[s.owner(id)] = true
	}
	for _, id := range asked {
		r := s.pending[id]
		switch {
		case r == nil || !r.doubt:
		case !understood && r.sent:
			out = append(out, s.giveUp(r, errUncertain))
		case has[r]:
			r.doubt = false
		case !s.lostAt[r.ch].IsZero(): // lost again: it will be asked about again
		default:
			out = append(out, s.dispatch(r)...)
		}
	}
	return out
}

// debts are answers that the client has and of which the controller is to be told.
type debts struct {
	pay bool // the controller keeps answers until it is told
	ids []wire.MsgID
}

// most answers that are acknowledged at once.
const mostDebts = 512

// owe notes an answer that has come, whether or not anybody waits for it.
func (s *shell) owe(ch channel, m *wire.Message) []effect {
	if !s.debts.pay || ch != mux && ch != task && ch != broadcast {
		return nil
	}
	h, err := m.Parent()
	if err != nil || h.Session != s.session.ID() {
		return nil
	}
	s.debts.ids = append(s.debts.ids, h.MsgID)
	if len(s.debts.ids) < mostDebts {
		return nil
	}
	return s.acknowledge()
}

// acknowledge tells the controller which answers have come.
func (s *shell) acknowledge() []effect {
	if len(s.debts.ids) == 0 || !s.lostAt[query].IsZero() {
		return nil
	}
	ids := s.debts.ids
	s.debts.ids = nil
	return s.say(wire.AckRequest, wire.Ack{MsgIDs: ids})
}

// welcomed takes what the controller says of itself and of who is there. What notifications have said since it was asked is newer.
func (s *shell) welcomed(m *wire.Message) []effect {
	var c struct {
		Status  string            `json:"status"`
		Engines map[string]string `json:"engines"`
		Gale    map[string]About  `json:"gale"`
		Server  struct {
			Name string `json:"name"`
		} `json:"server"`
	}
	if err := m.Content(&c); err != nil || c.Status != "ok" {
		return nil
	}
	s.debts.pay = c.Server.Name == "gale"
	here := map[string]bool{}
	for id, uuid := range c.Engines {
		e := Engine{UUID: uuid, About: c.Gale[id]}
		if _, err := fmt.Sscan(id, &e.ID); err != nil || uuid == "" {
			continue
		}
		here[uuid] = true
		if !s.news[uuid] {
			s.engines[uuid] = e
		}
	}
	var out []effect
	for _, e := range sorted(s.engines) {
		if !here[e.UUID] && !s.news[e.UUID] {
			out = append(out, s.left(e.UUID)...)
		}
	}
	s.news = nil
	return append(out, changed{})
}
