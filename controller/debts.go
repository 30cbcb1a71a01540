package controller

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// ownRoute stands where a client's identity would in what the controller itself asks an engine.
const ownRoute = "gale"

// How long an acknowledgement may wait for others, and how many go at once.
const (
	debtDelay = 50 * time.Millisecond
	debtCount = 512
)

// debts are replies that are safe, of which their engines are to be told.
type debts struct {
	due time.Time // zero: there are none
	// Answers: when to note that they were told, and the time of the latest.
	settle, answered time.Time

	owed   map[hub.UUID][]wire.MsgID
	fences map[hub.TaskID]fence
}

// fence is a request that an engine answers after all that it had before: what it has not answered then it never will.
type fence struct {
	uuid hub.UUID
	on   socket
}

// acks says whether an engine holds its replies until they are acknowledged.
func (s *shell) acks(u hub.UUID) bool {
	ack := false
	_ = fields(s.about[u], func(name, v []byte) { // what it says of itself was JSON when it came
		if string(name) == "ack" {
			ack = string(v) == "true"
		}
	})
	return ack
}

// owe notes that a reply is safe.
func (s *shell) owe(u hub.UUID, id hub.TaskID) {
	if s.about[u] == nil || !s.acks(u) {
		return
	}
	if s.debts.due.IsZero() {
		s.debts.due = s.now.Add(debtDelay)
	}
	list := append(s.debts.owed[u], wire.MsgID(id))
	if len(list) >= debtCount {
		s.acknowledge(u, list)
		list = nil
	}
	s.debts.owed[u] = list
}

// payDebts acknowledges what is due.
func (s *shell) payDebts() {
	if s.debts.due.IsZero() || s.now.Before(s.debts.due) {
		return
	}
	for _, u := range slices.Sorted(maps.Keys(s.debts.owed)) {
		if list := s.debts.owed[u]; len(list) > 0 {
			s.acknowledge(u, list)
		}
	}
	clear(s.debts.owed)
	s.debts.due = time.Time{}
}

func (s *shell) acknowledge(u hub.UUID, ids []wire.MsgID) {
	s.sendOwn(controlEngine, u, wire.AckRequest, wire.Ack{MsgIDs: ids})
}

// sendOwn asks an engine something; it gives the id of the message.
func (s *shell) sendOwn(on socket, u hub.UUID, msgType string, content any) hub.TaskID {
	m, err := s.session.New(msgType, nil, nil, content)
	if err != nil {
		s.log.Error("controller: asking an engine", "type", msgType, "err", err)
		return ""
	}
	s.send(on, string(u), prefixed(s.session.Frames(m), ownRoute))
	return hub.TaskID(m.Header.MsgID)
}

// interrupt stops a task on its engine. One of Python cannot be told which: it is told to stop what it does.
func (s *shell) interrupt(a hub.Interrupt) {
	if s.about[a.Engine] != nil {
		s.sendOwn(controlEngine, a.Engine, "interrupt_request", wire.Ack{MsgIDs: []wire.MsgID{wire.MsgID(a.Task)}})
		return
	}
	s.sendOwn(controlEngine, a.Engine, "signal_request", map[string]any{"sig": "SIGINT"})
}

// restoredOn gives the tasks that an engine has had since before the controller began.
func (s *shell) restoredOn(u hub.UUID) []*job {
	all := slices.DeleteFunc(s.restored[u], func(j *job) bool { return !j.restored || j.ended || s.jobs[j.id] != j })
	if len(all) == 0 {
		delete(s.restored, u)
		return nil
	}
	sortJobs(all)
	s.restored[u] = all
	return slices.Clone(all)
}

// question asks an engine that has come back about its tasks: directly if it acknowledges, else by a request on each channel
// that it will answer after them.
func (s *shell) question(u hub.UUID) {
	jobs := s.restoredOn(u)
	if s.acks(u) {
		ids := []wire.MsgID{}
		for _, j := range jobs {
			ids = append(ids, wire.MsgID(j.id))
		}
		s.sendOwn(controlEngine, u, wire.HeldRequest, wire.Held{MsgIDs: ids})
		return
	}
	done := map[socket]bool{}
	for _, j := range jobs {
		_, on := j.sockets()
		if done[on] {
			continue
		}
		done[on] = true
		var id hub.TaskID
		if s.about[u] != nil {
			id = s.sendOwn(on, u, wire.ObjectsRequest, wire.Objects{List: true})
		} else {
			id = s.sendOwn(on, u, "kernel_info_request", nil)
		}
		s.debts.fences[id] = fence{u, on}
	}
}

// fenced ends what an engine has not answered before a fence.
func (s *shell) fenced(in input, id hub.TaskID) {
	f, is := s.debts.fences[id]
	if !is || f.on != in.socket || string(f.uuid) != in.from {
		return
	}
	delete(s.debts.fences, id)
	for _, j := range s.restoredOn(f.uuid) {
		if _, on := j.sockets(); on == f.on {
			j.restored = false
			s.act(s.hub.Step(hub.Missing{Task: j.id, Engine: f.uuid}))
		}
	}
}

// held takes an engine's answer to what it has.
func (s *shell) held(in input, m *wire.Message) {
	var c wire.Held
	if m.Header.MsgType != wire.HeldReply || json.Unmarshal(m.RawContent, &c) != nil {
		return
	}
	has := map[hub.TaskID]bool{}
	for _, id := range c.MsgIDs {
		has[hub.TaskID(id)] = true
	}
	for _, j := range s.restoredOn(hub.UUID(in.from)) {
		j.restored = false
		if !has[j.id] {
			s.act(s.hub.Step(hub.Missing{Task: j.id, Engine: hub.UUID(in.from), Never: true}))
		}
	}
}
