package engine

import (
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
		wire.RunRequest, wire.PrepareRequest, wire.CallRequest, wire.NamesRequest, wire.ObjectsRequest:
		return true
	}
	return false
}

// request takes a message of the shell channel.
func (s *shell) request(e received) {
	t := newTask(e)
	switch typ := e.m.Header.MsgType; {
	case work(typ):
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
	s.queue = append(s.queue, t)
	s.queued += t.size
	s.serve()
}

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
	if s.running != nil || len(s.queue) == 0 || s.state != atWork || !s.subscribed {
		return
	}
	t := s.queue[0]
	s.queue[0] = nil
	if s.queue = s.queue[1:]; len(s.queue) == 0 {
		s.queue = nil
	}
	s.queued -= t.size
	t.started = s.now
	if t.meta.MaxTime > 0 && t.meta.MaxTime < 1e9 {
		t.limit = s.now.Add(time.Duration(t.meta.MaxTime * float64(time.Second)))
	}
	s.print(s.merger.End()) // what came between two tasks belongs to the first
	s.running, s.parent = t, t.m
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
	if s.running != t {
		return
	}
	s.print(s.merger.End())
	status := "ok"
	if a.failure != nil {
		status = "error"
		s.publish("error", "error", t.m, wire.Failure{Name: a.failure.Name, Value: a.failure.Value, Traceback: a.failure.Traceback})
	}
	s.reply(t, a, status)
	s.status(t.m, "idle")
	s.running = nil
	if t.m.Header.MsgType == "execute_request" && a.failure != nil {
		s.abort(func(q *task) bool { return q.m.Header.MsgType == "execute_request" })
	}
	s.serve()
}

// abort answers the queued tasks that which names, and drops them.
func (s *shell) abort(which func(*task) bool) {
	kept := s.queue[:0]
	for _, t := range s.queue {
		if which(t) && t.m.Header.MsgType != "clear_request" {
			s.queued -= t.size
			s.refuse(t)
			continue
		}
		kept = append(kept, t)
	}
	clear(s.queue[len(kept):])
	s.queue = kept
}
