package client

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/galeproject/gale/wire"
)

// arrive takes a message from the controller.
func (s *shell) arrive(now time.Time, ch channel, m *wire.Message) []effect {
	switch ch {
	case notification:
		return s.notified(m)
	case iopub:
		return s.heard(m)
	case query, mux, task, broadcast, control:
		return append(s.owe(ch, m), s.replied(now, m)...)
	case channels:
	}
	return nil
}

// parentID is the id of the request that a message belongs to.
func parentID(m *wire.Message) wire.MsgID {
	h, err := m.Parent()
	if err != nil {
		return ""
	}
	return h.MsgID
}

// owner finds the request that a message belongs to. The controller sends a broadcast on to each engine under an id of its own,
// which begins with the request's.
func (s *shell) owner(id wire.MsgID) *request {
	if r := s.pending[id]; r != nil {
		return r
	}
	at := strings.LastIndexByte(string(id), '_')
	if at < 0 {
		return nil
	}
	if r := s.pending[id[:at]]; r != nil && r.ch == broadcast {
		return r
	}
	return nil
}

// targetOf is the engine that an id of a broadcast's part names.
func targetOf(id string) string { return id[strings.LastIndexByte(id, '_')+1:] }

// replied takes a reply. One that says where it was made waits until the outputs that belong to it have come.
func (s *shell) replied(now time.Time, m *wire.Message) []effect {
	id := parentID(m)
	if id == s.inquiry.id && id != "" {
		return s.informed(m)
	}
	var first []effect
	if m.Header.MsgType == "connection_reply" {
		first = s.welcomed(m)
	}
	r := s.owner(id)
	if r == nil {
		return first
	}
	if r.ch == broadcast && !r.targets[targetOf(string(id))] { // answered already, or a refusal of the whole
		if s.pending[id] == nil {
			return nil
		}
		clear(r.targets)
	}
	r.got[string(id)] = answer{reply: m}
	if !r.outputs || !s.ran(m) {
		return append(first, s.deliver(r, string(id))...)
	}
	r.due = now.Add(idleGrace)
	if _, idle := r.got["idle "+string(id)]; idle {
		delete(r.got, "idle "+string(id))
		return s.deliver(r, string(id))
	}
	return nil
}

// ran says whether an engine carried the request out, so that an idle follows.
func (s *shell) ran(m *wire.Message) bool {
	var c struct {
		Status     string          `json:"status"`
		EngineInfo json.RawMessage `json:"engine_info"`
	}
	if m.Content(&c) != nil {
		return false
	}
	return c.Status == "ok" || c.Status == "error" && len(c.EngineInfo) > 2
}

// engineOf is the uuid of the engine that a message says it comes from.
func engineOf(m *wire.Message) string {
	var md struct {
		Engine string `json:"engine"`
	}
	if m.Metadata(&md) != nil {
		return ""
	}
	return md.Engine
}

// heard takes something that an engine published.
func (s *shell) heard(m *wire.Message) []effect {
	id := parentID(m)
	r := s.owner(id)
	if r == nil {
		return nil
	}
	if m.Header.MsgType != "status" {
		if r.output == nil {
			return nil
		}
		return []effect{publish{r, engineOf(m), m}}
	}
	var c struct {
		State string `json:"execution_state"`
	}
	if m.Content(&c) != nil || c.State != "idle" || !r.outputs {
		return nil
	}
	if _, ok := r.got[string(id)]; ok {
		return s.deliver(r, string(id))
	}
	r.got["idle "+string(id)] = answer{}
	return nil
}

// registration is the content of a notification about an engine, with what Go engines say of themselves.
type registration struct {
	ID   int    `json:"id"`
	UUID string `json:"uuid"`
	Gale *About `json:"gale"`
}

// notified takes a notification: engines come and go.
func (s *shell) notified(m *wire.Message) []effect {
	var c registration
	if m.Content(&c) != nil {
		return nil
	}
	if c.UUID == "" {
		return nil
	}
	if s.news != nil {
		s.news[c.UUID] = true
	}
	switch m.Header.MsgType {
	case "registration_notification":
		e := Engine{ID: c.ID, UUID: c.UUID}
		if c.Gale != nil {
			e.About = *c.Gale
		}
		s.engines[c.UUID] = e
		return []effect{changed{}}
	case "unregistration_notification":
		return s.left(c.UUID)
	}
	return nil
}

// left takes an engine out; what waits for it alone fails now. The controller answers for tasks and broadcasts itself.
func (s *shell) left(uuid string) []effect {
	e, here := s.engines[uuid]
	if !here {
		return nil
	}
	delete(s.engines, uuid)
	out := []effect{changed{}}
	for _, r := range s.waiting() {
		dead := answer{err: fmt.Errorf("%s: %w", r.what, &DeadEngine{ID: e.ID, UUID: uuid})}
		if r.targets[uuid] {
			id := string(r.id) + "_" + uuid
			if a, ok := r.got[id]; !ok || a.reply == nil {
				r.got[id] = dead
			}
			out = append(out, s.deliver(r, id)...)
		}
		if r.engine != uuid {
			continue
		}
		s.forget(r.id)
		if a, ok := r.got[string(r.id)]; ok { // it answered before it died
			out = append(out, resolve{r, a})
			continue
		}
		out = append(out, resolve{r, dead})
	}
	return out
}
