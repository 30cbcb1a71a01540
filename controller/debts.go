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

	owed map[hub.UUID][]wire.MsgID
	// fences are requests that engines answer after all that came before on the same channel.
	fences map[hub.UUID]map[socket]hub.TaskID
	// questions are the latest that engines were asked about what they have; what is said to an earlier one counts no more.
	questions map[hub.UUID]hub.TaskID
	// stopped are the tasks that engines had when they were asked, though those are answered: they take up room.
	stopped map[hub.UUID][]hub.TaskID
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

// restoredOn gives the tasks of an engine of which it is not known whether it has them.
func (s *shell) restoredOn(u hub.UUID) []*job {
	all := slices.DeleteFunc(s.restored[u], func(j *job) bool { return !j.restored || j.ended || j.engine != string(u) || s.jobs[j.id] != j })
	if len(all) == 0 {
		delete(s.restored, u)
		return nil
	}
	sortJobs(all)
	s.restored[u] = slices.Compact(all)
	return slices.Clone(s.restored[u])
}

// question asks an engine that has come back about its tasks. First it puts a fence on each channel that they are on: what was under way
// to the engine has come or never comes when that is answered.
func (s *shell) question(u hub.UUID) {
	ids := s.hub.Stopped(u)
	if len(ids) > 0 {
		s.fence(u, taskEngine)
	}
	for _, j := range s.restoredOn(u) {
		_, on := j.sockets()
		s.fence(u, on)
		if on == taskEngine {
			ids = append(ids, j.id) // it may be stopped before this is answered
		}
	}
	if s.debts.stopped[u] = ids; len(ids) == 0 {
		delete(s.debts.stopped, u)
	}
	s.inquire(u)
}

func (s *shell) fence(u hub.UUID, on socket) {
	fences := s.debts.fences[u]
	if fences[on] != "" {
		return
	}
	if fences == nil {
		fences = map[socket]hub.TaskID{}
		s.debts.fences[u] = fences
	}
	if s.about[u] != nil && !s.acks(u) { // it answers this after the tasks themselves
		fences[on] = s.sendOwn(on, u, wire.ObjectsRequest, wire.Objects{List: true})
	} else {
		fences[on] = s.sendOwn(on, u, "kernel_info_request", nil)
	}
}

// inquire asks an engine that acknowledges which of its tasks it has, when all fences are answered.
func (s *shell) inquire(u hub.UUID) {
	if !s.acks(u) || len(s.debts.fences[u]) > 0 {
		return
	}
	ids := []wire.MsgID{}
	for _, j := range s.restoredOn(u) {
		ids = append(ids, wire.MsgID(j.id))
	}
	for _, id := range s.debts.stopped[u] {
		if s.jobs[id] == nil {
			ids = append(ids, wire.MsgID(id))
		}
	}
	s.debts.questions[u] = s.sendOwn(controlEngine, u, wire.HeldRequest, wire.Held{MsgIDs: ids})
}

// reconnected asks an engine that never was away about what was under way on a connection that it lost.
func (s *shell) reconnected(u hub.UUID, on socket) {
	if on == pong {
		return
	}
	for _, id := range s.hub.Has(u) {
		if j := s.jobs[id]; j != nil {
			if _, at := j.sockets(); at == on {
				j.restored = true
				s.restored[u] = append(s.restored[u], j)
			}
		}
	}
	delete(s.debts.fences[u], on)
	s.question(u)
}

// fenced goes on with what a fence was for. An engine that does not acknowledge will never answer what it has not answered before.
func (s *shell) fenced(in input, id hub.TaskID) {
	u := hub.UUID(in.from)
	if s.debts.fences[u][in.socket] != id {
		return
	}
	delete(s.debts.fences[u], in.socket)
	if len(s.debts.fences[u]) == 0 {
		delete(s.debts.fences, u)
	}
	if s.acks(u) {
		s.inquire(u)
		return
	}
	for _, j := range s.restoredOn(u) {
		if _, on := j.sockets(); on == in.socket {
			j.restored = false
			s.act(s.hub.Step(hub.Missing{Task: j.id, Engine: u}))
		}
	}
	if in.socket == taskEngine {
		s.yielded(u, nil)
	}
}

// yielded notes that an engine has nothing of the tasks that were stopped there, but for some.
func (s *shell) yielded(u hub.UUID, but map[hub.TaskID]bool) {
	ids := s.debts.stopped[u]
	delete(s.debts.stopped, u)
	for _, id := range ids {
		if !but[id] && s.jobs[id] == nil {
			s.act(s.hub.Step(hub.Missing{Task: id, Engine: u, Never: true}))
		}
	}
}

// held takes an engine's answer to what it has.
func (s *shell) held(in input, m *wire.Message) {
	var c wire.Held
	u := hub.UUID(in.from)
	if m.Header.MsgType != wire.HeldReply || json.Unmarshal(m.RawContent, &c) != nil {
		return
	}
	if parent, err := header(m.RawParent); err != nil || hub.TaskID(parent.MsgID) != s.debts.questions[u] || len(s.debts.fences[u]) > 0 {
		return
	}
	delete(s.debts.questions, u)
	has := map[hub.TaskID]bool{}
	for _, id := range c.MsgIDs {
		has[hub.TaskID(id)] = true
	}
	for _, j := range s.restoredOn(u) {
		j.restored = false
		if !has[j.id] {
			s.act(s.hub.Step(hub.Missing{Task: j.id, Engine: u, Never: true}))
		}
	}
	s.yielded(u, has)
}
