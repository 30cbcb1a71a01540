package controller

import (
	"encoding/json"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// maxAbout bounds what an engine may say of itself, in bytes.
const maxAbout = 4 << 10

// maxLeft bounds the departures remembered for subscribers that may have missed them.
const maxLeft = 4096

// departure is an engine that left.
type departure struct {
	uuid hub.UUID
	id   hub.EngineID
	at   time.Time
}

// register takes an engine's request for an id.
func (s *shell) register(in input, m *wire.Message) {
	var c struct {
		UUID string          `json:"uuid"`
		ID   json.RawMessage `json:"id"`
		Kind string          `json:"kind"`
	}
	if m.Content(&c) != nil {
		return
	}
	wanted := -1
	if json.Unmarshal(c.ID, &wanted) != nil {
		wanted = -1
	}
	s.asking = in.from
	before := s.about[hub.UUID(c.UUID)]
	if about := aboutOf(m); about != nil {
		s.about[hub.UUID(c.UUID)] = about
	}
	refused := true
	// An engine of Python connects its heart when its kernel runs; one that tells its kind is ready when it is connected.
	ev := hub.Register{UUID: hub.UUID(c.UUID), Wanted: hub.EngineID(wanted), Heart: c.Kind == ""}
	for _, a := range s.hub.Step(ev) {
		if _, ok := a.(hub.Welcome); ok {
			refused = false
		}
		s.act([]hub.Action{a})
	}
	if refused {
		s.about[hub.UUID(c.UUID)] = before
	}
	if s.about[hub.UUID(c.UUID)] == nil {
		delete(s.about, hub.UUID(c.UUID))
	}
	s.asking = ""
}

// aboutOf gives the keys of a registration that the protocol does not know; Go engines tell their kind, process and host.
func aboutOf(m *wire.Message) json.RawMessage {
	var c map[string]json.RawMessage
	if len(m.RawContent) > maxAbout || m.Content(&c) != nil {
		return nil
	}
	delete(c, "uuid")
	delete(c, "id")
	if len(c) == 0 {
		return nil
	}
	raw, err := wire.Marshal(c)
	if err != nil {
		return nil
	}
	return raw
}

func (s *shell) welcome(a hub.Welcome) {
	s.log.Info("controller: engine registers", "id", a.ID, "uuid", a.UUID)
	s.noteEngine(hub.EngineInfo{UUID: a.UUID, ID: a.ID}) // one of Python does not say it again
	s.registrationReply(map[string]any{
		"id": a.ID, "status": "ok", "hb_period": s.period.Milliseconds(), "connection_info": s.engineFile,
	})
}

func (s *shell) refuse(a hub.Refuse) {
	s.log.Warn("controller: engine refused", "uuid", a.UUID, "reason", a.Reason)
	s.registrationReply(errorContent("KeyError", a.Reason))
}

func (s *shell) registrationReply(content map[string]any) {
	m, err := s.session.New("registration_reply", nil, nil, content)
	if err != nil {
		s.log.Error("controller: answering a registration", "err", err)
		return
	}
	s.send(query, s.asking, s.session.Frames(m))
}

// unregister takes an engine's goodbye.
func (s *shell) unregister(m *wire.Message) {
	var c struct {
		ID *int `json:"id"`
	}
	if m.Content(&c) != nil || c.ID == nil {
		return
	}
	for _, e := range s.hub.Engines() {
		if e.ID == hub.EngineID(*c.ID) {
			s.act(s.hub.Step(hub.Leave{UUID: e.UUID}))
			return
		}
	}
}

func (s *shell) joined(a hub.Joined) {
	s.log.Info("controller: engine is here", "id", a.ID, "uuid", a.UUID)
	s.do(effect{kind: publish, socket: notification, frames: s.joinedFrames(a.UUID, a.ID)})
	s.noteEngine(hub.EngineInfo{UUID: a.UUID, ID: a.ID})
	delete(s.debts.fences, a.UUID)
	s.question(a.UUID)
	if s.watches(a.UUID) {
		s.do(effect{kind: watch, to: string(a.UUID)})
	}
	s.do(effect{kind: save})
}

func (s *shell) leaves(a hub.Left) {
	s.log.Info("controller: engine is gone", "id", a.ID, "uuid", a.UUID, "reason", a.Reason)
	for len(s.left) > 0 && (s.now.Sub(s.left[0].at) > recently || len(s.left) >= maxLeft) {
		s.left = s.left[1:]
	}
	s.left = append(s.left, departure{a.UUID, a.ID, s.now})
	s.noteText(leftEntry, string(a.UUID))
	delete(s.debts.owed, a.UUID)
	delete(s.debts.fences, a.UUID)
	delete(s.debts.stopped, a.UUID)
	delete(s.debts.questions, a.UUID)
	if a.Reason != hub.Goodbye {
		s.meter.lost++
	}
	s.do(effect{kind: unwatch, to: string(a.UUID)})
	s.do(effect{kind: publish, socket: notification, frames: s.leftFrames(a.UUID, a.ID)})
	s.do(effect{kind: save})
}

// sweep forgets what engines said of themselves that are forgotten.
func (s *shell) sweep() {
	for u := range s.about {
		if !s.hub.Knows(u) {
			delete(s.about, u)
		}
	}
}

func (s *shell) joinedFrames(u hub.UUID, id hub.EngineID) [][]byte {
	content := map[string]any{"id": id, "uuid": u}
	if about := s.about[u]; about != nil {
		content["gale"] = about
	}
	return s.notice("registration_notification", content)
}

func (s *shell) leftFrames(u hub.UUID, id hub.EngineID) [][]byte {
	return s.notice("unregistration_notification", map[string]any{"id": id, "uuid": u})
}

// notice makes a notification; it has no topic.
func (s *shell) notice(msgType string, content map[string]any) [][]byte {
	m, err := s.session.New(msgType, nil, nil, content)
	if err != nil {
		s.log.Error("controller: making a notification", "err", err)
		return nil
	}
	return s.session.Frames(m)
}

// greet tells a new subscriber what it may have missed between its connection_reply and its subscription: who is here, and
// who left of late. What it knew already does not harm.
func (s *shell) greet(p peer) {
	for _, d := range s.left {
		if _, here := s.hub.Engine(d.uuid); !here && s.now.Sub(d.at) < recently {
			s.do(effect{kind: tell, peer: p, frames: s.leftFrames(d.uuid, d.id)})
		}
	}
	for _, e := range s.hub.Engines() {
		s.do(effect{kind: tell, peer: p, frames: s.joinedFrames(e.UUID, e.ID)})
	}
}
