package engine

import (
	"maps"
	"slices"
	"time"

	"github.com/galeproject/gale/wire"
)

// receive takes a message.
func (s *shell) receive(e received) {
	switch e.on {
	case Registrar:
		if e.m.Header.MsgType == "registration_reply" {
			s.registrationReply(e.m)
		}
	case Shell:
		s.request(e)
	case Control:
		s.control(e)
	case Host, IOPub, Heart:
	}
}

// work says which requests run user code, or must wait for its end.
func work(msgType string) bool {
	switch msgType {
	case "execute_request", "apply_request", "clear_request",
		wire.RunRequest, wire.PrepareRequest, wire.CallRequest, wire.NamesRequest, wire.ObjectsRequest, wire.TakeRequest:
		return true
	}
	return false
}

// request takes a message of the shell channel.
func (s *shell) request(e received) {
	t := newTask(e)
	switch typ := e.m.Header.MsgType; {
	case work(typ):
		if s.private && typ == wire.RunRequest { // a kernel keeps the order of its cells; those of subshells run at once
			t.lane = string(t.m.Header.MsgID)
		}
		s.enqueue(t)
	case typ == wire.VarsRequest:
		t.lane = string(t.m.Header.MsgID)
		s.enqueue(t)
	case s.private && comm(typ):
		var c wire.Comm
		_ = t.m.Content(&c) // whoever serves it says what is wrong
		t.lane = "comm " + c.ID
		s.enqueue(t)
	case typ == "kernel_info_request":
		s.status(t.m, "busy")
		s.reply(t, answer{content: s.info()}, "ok")
		s.status(t.m, "idle")
	default: // comms and what later versions may bring have no reply
		s.status(t.m, "busy")
		s.status(t.m, "idle")
	}
}

// comm says which requests are messages of comms.
func comm(msgType string) bool {
	return msgType == wire.CommOpen || msgType == wire.CommMsg || msgType == wire.CommClose
}

func newTask(e received) *task {
	t := &task{m: e.m, on: e.on, from: e.from}
	_ = e.m.Metadata(&t.meta) // what does not decode is not there
	for _, b := range e.m.Buffers {
		t.size += int64(len(b))
	}
	t.size += int64(len(e.m.RawContent))
	return t
}

func (s *shell) enqueue(t *task) {
	if s.aborted[t.m.Header.MsgID] || t.meta.OriginalMsgID != "" && s.aborted[wire.MsgID(t.meta.OriginalMsgID)] {
		s.refuse(t)
		return
	}
	if s.holds() {
		if s.late(t.m.Header.MsgID) {
			return
		}
		s.ledger.drop(t.m.Header.MsgID) // it is to run again: the controller has the reply
	}
	s.queued += t.size
	if t.lane == "" {
		s.queue = append(s.queue, t)
		s.serve()
		return
	}
	s.lanes[t.lane] = append(s.lanes[t.lane], t)
	if s.ready() && len(s.lanes[t.lane]) == 1 {
		s.launch(t)
	}
}

// ready says that requests are served.
func (s *shell) ready() bool { return s.state == atWork && s.subscribed }

// refuse answers a task that will not run.
func (s *shell) refuse(t *task) {
	s.status(t.m, "busy")
	t.started = s.now
	s.reply(t, answer{}, "aborted")
	s.status(t.m, "idle")
}

// none is None as a pickle: the result of a null engine.
var none = []byte("\x80\x04N.")

// serve starts the next task if nothing runs.
func (s *shell) serve() {
	for s.null && s.state == atWork && len(s.queue) > 0 {
		t := s.queue[0]
		s.queue, s.queued, t.started = s.queue[1:], s.queued-t.size, s.now
		s.reply(t, answer{buffers: [][]byte{none}}, "ok")
	}
	if !s.ready() {
		return
	}
	for _, lane := range slices.Sorted(maps.Keys(s.lanes)) {
		if t := s.lanes[lane][0]; !s.beside[t] {
			s.launch(t)
		}
	}
	if s.running != nil || len(s.queue) == 0 {
		return
	}
	t := s.queue[0]
	s.queue[0] = nil
	if s.queue = s.queue[1:]; len(s.queue) == 0 {
		s.queue = nil
	}
	s.print(s.merger.End()) // what came between two tasks belongs to the first
	s.parent = t.m
	s.launch(t)
}

// launch begins a task.
func (s *shell) launch(t *task) {
	s.queued -= t.size
	t.started = s.now
	if t.meta.MaxTime > 0 && t.meta.MaxTime < 1e9 {
		t.limit = s.now.Add(time.Duration(t.meta.MaxTime * float64(time.Second)))
	}
	if t.lane == "" {
		s.running = t
	} else {
		s.beside[t] = true
	}
	s.status(t.m, "busy")
	s.number(t)
	s.do(start{t})
}

// number counts an execute request and publishes its text.
func (s *shell) number(t *task) {
	if t.m.Header.MsgType != "execute_request" {
		return
	}
	var c struct {
		Code   string `json:"code"`
		Silent bool   `json:"silent"`
	}
	_ = t.m.Content(&c) // whoever runs it says what is wrong
	s.count++
	if t.count = s.count; !c.Silent {
		s.publish("execute_input", "execute_input", t.m, map[string]any{"code": c.Code, "execution_count": t.count})
	}
}

// finish ends a task: what it printed, an error, the reply, idle; then the next.
func (s *shell) finish(t *task, a answer) {
	if s.running != t && !s.beside[t] {
		return
	}
	if t.lane == "" {
		s.print(s.merger.End())
	}
	status := "ok"
	if a.failure != nil {
		status = "error"
		s.publish("error", "error", t.m, wire.Failure{Name: a.failure.Name, Value: a.failure.Value, Traceback: a.failure.Traceback})
	}
	s.reply(t, a, status)
	s.status(t.m, "idle")
	if t.lane == "" {
		s.running = nil
	} else {
		s.leave(t)
	}
	if t.m.Header.MsgType == "execute_request" && a.failure != nil {
		s.abort(func(q *task) bool { return q.m.Header.MsgType == "execute_request" })
	}
	s.serve()
}

// leave ends a task of a lane and begins the next one there.
func (s *shell) leave(t *task) {
	delete(s.beside, t)
	rest := s.lanes[t.lane][1:]
	if len(rest) == 0 {
		delete(s.lanes, t.lane)
		return
	}
	s.lanes[t.lane] = rest
	s.launch(rest[0])
}

// abort answers the queued tasks that which names, and drops them.
func (s *shell) abort(which func(*task) bool) {
	s.queue = s.without(s.queue, which)
	for _, lane := range slices.Sorted(maps.Keys(s.lanes)) {
		if s.lanes[lane] = s.without(s.lanes[lane], which); len(s.lanes[lane]) == 0 {
			delete(s.lanes, lane)
		}
	}
}

// without refuses the tasks of a queue that which names, but for one that runs, and gives the others.
func (s *shell) without(queue []*task, which func(*task) bool) []*task {
	kept := queue[:0]
	for _, t := range queue {
		if !s.beside[t] && t.m.Header.MsgType != "clear_request" && which(t) {
			s.queued -= t.size
			s.refuse(t)
			continue
		}
		kept = append(kept, t)
	}
	clear(queue[len(kept):])
	return kept
}
