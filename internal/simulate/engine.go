package simulate

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/wire"
)

// engine is a model of an engine: one of Go, which holds its replies until they are acknowledged, or one of Python, which does not.
type engine struct {
	uuid    string
	python  bool
	session *wire.Session
	now     time.Time
	out     Output

	id     int
	joined bool
	seen   map[string]bool // signatures
	queue  []errand
	runs   *errand
	held   []holding
	refuse map[wire.MsgID]bool
}

// errand is a request that an engine has.
type errand struct {
	on controller.Socket
	m  *wire.Message
	id wire.MsgID
}

// holding is a reply that may be lost.
type holding struct {
	id wire.MsgID
	l  Letter
}

// NewEngine makes a model of an engine.
func NewEngine(uuid string, python bool) Peer {
	e := &engine{uuid: uuid, python: python, seen: map[string]bool{}, refuse: map[wire.MsgID]bool{}}
	e.session = wire.NewSession(wire.Options{Key: []byte(Key), ID: uuid, Pid: 1, Username: "u", Version: wire.ClusterVersion, Now: func() time.Time { return e.now }})
	return e
}

// Held is how many replies wait for an acknowledgement.
func (e *engine) Held() int { return len(e.held) }

func (e *engine) Next() time.Time { return time.Time{} }

func (e *engine) Step(now time.Time, in Input) Output {
	e.now, e.out = now, Output{}
	switch in.Kind {
	case Passed:
		e.out.Dial = []controller.Socket{controller.Query, controller.IOPubEngine}
	case Connected:
		if in.Socket == controller.Query && (!e.joined || !e.python) {
			e.register()
		}
	case Arrived:
		e.arrived(in)
	case Finished:
		e.finished(in)
	case Lost, Asked:
	}
	return e.out
}

func (e *engine) send(on controller.Socket, m *wire.Message) Letter {
	l := Letter{on, e.session.Frames(m)}
	e.out.Send = append(e.out.Send, l)
	return l
}

func (e *engine) say(on controller.Socket, msgType string, parent *wire.Message, metadata, content any) Letter {
	m, err := e.session.New(msgType, parent, metadata, content)
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	if parent != nil {
		m.Routes = parent.Routes
	}
	return e.send(on, m)
}

func (e *engine) register() {
	content := map[string]any{"uuid": e.uuid}
	if e.joined {
		content["id"] = e.id
	}
	if !e.python {
		content["kind"], content["ack"] = wire.KindGo, true
	}
	e.say(controller.Query, "registration_request", nil, nil, content)
}

func (e *engine) arrived(in Input) {
	if in.Socket == controller.Ping {
		e.out.Send = append(e.out.Send, Letter{controller.Pong, in.Frames})
		return
	}
	m, err := e.session.Parse(in.Frames) // a signature that was heard before is ignored
	if err != nil {
		return
	}
	switch in.Socket {
	case controller.Query:
		var c struct {
			Status string
			ID     int
		}
		if m.Content(&c) != nil || m.Header.MsgType != "registration_reply" || c.Status != "ok" {
			return
		}
		e.id, e.joined = c.ID, true
		e.out.Dial = []controller.Socket{controller.ControlEngine, controller.CastEngine, controller.TaskEngine, controller.MuxEngine, controller.Ping, controller.Pong}
	case controller.ControlEngine:
		e.control(m)
	default:
		e.request(in.Socket, m)
	}
}

func (e *engine) request(on controller.Socket, m *wire.Message) {
	x := errand{on, m, m.Header.MsgID}
	switch {
	case m.Header.MsgType == "kernel_info_request":
		e.reply(x, "ok", nil)
	case m.Header.MsgType == wire.ObjectsRequest:
		e.queue = append(e.queue, x) // after all that it had before
		e.serve()
	case e.refuse[x.id] || e.refuse[original(m)]:
		e.reply(x, "aborted", nil)
	default:
		e.queue = append(e.queue, x)
		e.serve()
	}
}

// original is the broadcast that a request is part of.
func original(m *wire.Message) wire.MsgID {
	var md struct {
		ID wire.MsgID `json:"original_msg_id"`
	}
	_ = m.Metadata(&md) // then it is part of none
	return md.ID
}

func (e *engine) serve() {
	for e.runs == nil && len(e.queue) > 0 {
		x := e.queue[0]
		e.queue = e.queue[1:]
		if x.m.Header.MsgType == wire.ObjectsRequest {
			e.reply(x, "ok", nil)
			continue
		}
		e.runs = &x
		e.out.Began = append(e.out.Began, x.id)
	}
}

func (e *engine) finished(in Input) {
	if e.runs == nil || e.runs.id != in.Task {
		return
	}
	x := *e.runs
	e.runs = nil
	switch in.Outcome {
	case Raise:
		e.reply(x, "error", map[string]any{"status": "error", "ename": "ValueError", "evalue": "as it was told", "engine_info": map[string]any{"engine_uuid": e.uuid}})
	case Unfit:
		e.reply(x, "unmet", map[string]any{"status": "error", "ename": "UnmetDependency", "evalue": "", "engine_info": map[string]any{"engine_uuid": e.uuid}})
	case Fine:
		e.reply(x, "ok", nil)
	}
	e.serve()
}

func (e *engine) reply(x errand, status string, content map[string]any) {
	md := map[string]any{"status": status, "engine": e.uuid, "dependencies_met": status != "unmet", "original_msg_id": original(x.m)}
	if status == "unmet" {
		md["status"] = "error"
	}
	if content == nil {
		content = map[string]any{"status": status}
	}
	var asked map[string]json.RawMessage
	if x.m.Metadata(&asked) == nil {
		for _, name := range []string{"is_broadcast", "is_coalescing"} {
			if v, has := asked[name]; has {
				md[name] = v
			}
		}
	}
	l := e.say(x.on, wire.ReplyType(x.m.Header.MsgType), x.m, md, content)
	if !e.python && x.m.Header.MsgType == "apply_request" {
		e.held = append(e.held, holding{x.id, l})
	}
}

func (e *engine) control(m *wire.Message) {
	var c struct {
		MsgIDs []wire.MsgID `json:"msg_ids"`
	}
	_ = m.Content(&c) // a signal names none
	switch m.Header.MsgType {
	case wire.AckRequest:
		e.held = slices.DeleteFunc(e.held, func(h holding) bool { return slices.Contains(c.MsgIDs, h.id) })
	case wire.HeldRequest:
		has := []wire.MsgID{}
		for _, id := range c.MsgIDs {
			if e.has(id) {
				has = append(has, id)
			}
		}
		e.say(controller.ControlEngine, wire.HeldReply, m, nil, wire.Held{Status: "ok", MsgIDs: has})
		for _, h := range e.held {
			e.out.Send = append(e.out.Send, h.l)
		}
	case "abort_request":
		for _, id := range c.MsgIDs {
			e.refuse[id] = true
		}
		e.queue = slices.DeleteFunc(e.queue, func(x errand) bool {
			aborted := e.refuse[x.id] || e.refuse[original(x.m)]
			if aborted {
				e.reply(x, "aborted", nil)
			}
			return aborted
		})
		e.say(controller.ControlEngine, "abort_reply", m, nil, map[string]any{"status": "ok"})
	case "interrupt_request":
		if e.runs != nil && slices.Contains(c.MsgIDs, e.runs.id) {
			e.out.Stopped = append(e.out.Stopped, e.runs.id)
		}
		e.say(controller.ControlEngine, "interrupt_reply", m, nil, map[string]any{"status": "ok"})
	case "signal_request":
		if e.runs != nil {
			e.out.Stopped = append(e.out.Stopped, e.runs.id)
		}
		e.say(controller.ControlEngine, "signal_reply", m, nil, map[string]any{"status": "ok"})
	}
}

// has says whether an engine knows of a request.
func (e *engine) has(id wire.MsgID) bool {
	return e.runs != nil && e.runs.id == id || slices.ContainsFunc(e.queue, func(x errand) bool { return x.id == id }) ||
		slices.ContainsFunc(e.held, func(h holding) bool { return h.id == id })
}
