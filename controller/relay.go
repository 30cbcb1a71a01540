package controller

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// tail gives the frames of a message from the delimiter on.
func tail(in input, m *wire.Message) [][]byte { return in.frames[len(m.Routes):] }

// prefixed gives frames with routing frames before them.
func prefixed(frames [][]byte, routes ...string) [][]byte {
	out := make([][]byte, 0, len(routes)+len(frames))
	for _, r := range routes {
		out = append(out, []byte(r))
	}
	return append(out, frames...)
}

// answered says whether a request of this type gets a reply; comm messages do not.
func answered(msgType string) bool { return strings.HasSuffix(msgType, "_request") }

// newJob remembers a request until it is answered. It gives nil for one that is known already.
func (s *shell) newJob(in input, m *wire.Message, queue string) *job {
	id := hub.TaskID(m.Header.MsgID)
	if id == "" || s.jobs[id] != nil {
		return nil
	}
	j := &job{id: id, queue: queue, client: in.from, owner: s.speaker(in, m), request: m, frames: tail(in, m)}
	s.addJob(j)
	return j
}

// addJob has a job waited for.
func (s *shell) addJob(j *job) {
	if j.arrival == 0 {
		s.arrival++
		j.arrival = s.arrival
	}
	s.jobs[j.id] = j
	j.since = s.sinceStart()
	if j.owner != nil {
		j.owner.jobs++
	}
}

// dropJob has it waited for no longer.
func (s *shell) dropJob(j *job) {
	delete(s.jobs, j.id)
	delete(s.meter.running, j.id)
	s.book.live -= j.size
	j.size = 0
	if j.owner != nil {
		j.owner.jobs--
		s.release(j.owner)
	}
}

// began forgets a job that the hub did not accept since it had heard of it before.
func (s *shell) began(j *job, actions []hub.Action) {
	if len(actions) == 0 && !s.pending(j.id) {
		s.dropJob(j)
		return
	}
	s.noteTask(j)
	s.act(actions)
}

// pending says whether the hub still has a task.
func (s *shell) pending(id hub.TaskID) bool {
	state, known := s.hub.State(id)
	return known && state < hub.Done
}

// muxRequest passes a request on to the engine that it names.
func (s *shell) muxRequest(in input) {
	m := s.parse(in)
	if m == nil || len(m.Routes) < 1 {
		return
	}
	engine := string(m.Routes[0])
	if !answered(m.Header.MsgType) {
		s.send(muxEngine, engine, prefixed(tail(in, m), in.from))
		return
	}
	if s.full(in, m) {
		return
	}
	s.sentAgain(&in, m)
	if j := s.newJob(in, m, "mux"); j != nil {
		j.engine = engine
		s.began(j, s.hub.Step(hub.Direct{Task: j.id, Engine: hub.UUID(engine), MaxTime: maxTime(m)}))
	}
}

// enginesOf gives the engine's side of a job's channel.
func (j *job) sockets() (client, engine socket) {
	switch j.queue {
	case "mux":
		return muxClient, muxEngine
	case "broadcast":
		return castClient, castEngine
	}
	return taskClient, taskEngine
}

// dispatch gives a task to an engine.
func (s *shell) dispatch(a hub.Send) {
	j := s.jobs[a.Task]
	if j == nil {
		return
	}
	frames := j.frames
	switch {
	case j.cast != nil:
		frames = s.partFrames(j)
	case j.past: // the journal may not know that an engine has heard it
		m := *j.request
		m.Routes, m.RawMetadata = nil, marked(marked(m.RawMetadata, "again", a.Again), "restored", int(s.start.UnixMicro()))
		frames = s.session.Frames(&m)
	case a.Again > 0:
		frames = s.again(j, a.Again)
	}
	j.engine = string(a.Engine)
	j.restored = false
	if j.queue == "task" {
		j.had = append(j.had, a.Engine)
		j.retries, j.reruns = a.Retries, a.Reruns
		s.noteState(sentEntry, j)
	}
	s.meter.sent(s.sinceStart(), j)
	s.meter.relayed(requestBytes, frames)
	s.tales.sent(j.id, a.Engine)
	_, to := j.sockets()
	s.send(to, j.engine, prefixed(frames, j.client))
}

// back notes that a task is queued again.
func (s *shell) back(a hub.Back) {
	j := s.jobs[a.Task]
	if j == nil {
		return
	}
	s.meter.left(s.sinceStart(), j, s.engineID(hub.UUID(j.engine)), "again")
	j.engine, j.retries, j.reruns = "", a.Retries, a.Reruns
	s.noteState(backEntry, j)
}

// again makes a message that an engine had before different from the earlier one: engines ignore what they have heard.
func (s *shell) again(j *job, n int) [][]byte { return s.differing(j.request, n) }

// differing signs a message that says how often its receiver had it before.
func (s *shell) differing(old *wire.Message, n int) [][]byte {
	m := *old
	m.Routes = nil
	m.RawMetadata = marked(m.RawMetadata, "again", n)
	return s.session.Frames(&m)
}

// marked gives metadata with one more number.
func marked(metadata json.RawMessage, name string, n int) json.RawMessage {
	var md map[string]json.RawMessage
	if json.Unmarshal(metadata, &md) != nil || md == nil {
		md = map[string]json.RawMessage{}
	}
	md[name], _ = wire.Marshal(n) // a number always does
	raw, err := wire.Marshal(md)
	if err != nil {
		return metadata
	}
	return raw
}

// sentAgain marks a request of which its client was told that it had not arrived: engines may have heard it from a controller that could
// not write it down, and ignore what they have heard.
func (s *shell) sentAgain(in *input, m *wire.Message) {
	id := hub.TaskID(m.Header.MsgID)
	if !s.clients.absent[id] {
		return
	}
	delete(s.clients.absent, id)
	m.RawMetadata = marked(m.RawMetadata, "resent", 1)
	in.frames = s.session.Frames(m)
}

// statusOf gives what a reply says of its task: in its metadata, or, when they do not say, in its content.
func statusOf(m *wire.Message) hub.Status {
	var status string
	unmet := false
	look := func(name, v []byte) {
		switch string(name) {
		case "status":
			status = unquote(v)
		case "dependencies_met":
			unmet = string(v) == "false"
		}
	}
	err := fields(m.RawMetadata, look)
	if status == "" {
		err = fields(m.RawContent, look)
	}
	switch {
	case err != nil:
		return hub.Error
	case unmet:
		return hub.Unmet
	case status == "error":
		return hub.Error
	case status == "aborted":
		return hub.Cancelled
	}
	return hub.OK
}

// returned takes a reply of an engine to any of its shell's channels.
func (s *shell) returned(in input) {
	m := s.parse(in)
	if m == nil {
		return
	}
	parent, err := header(m.RawParent)
	if err != nil {
		s.dropped++
		return
	}
	id := hub.TaskID(parent.MsgID)
	s.reply, s.replyFrames = m, tail(in, m)
	s.meter.relayed(replyBytes, s.replyFrames)
	s.act(s.hub.Step(hub.Return{Task: id, Engine: hub.UUID(in.from), Status: statusOf(m)}))
	s.reply, s.replyFrames = nil, nil
	s.owe(hub.UUID(in.from), id)
	s.fenced(in, id)
}

// relay passes the reply at hand on to the client.
func (s *shell) relay(a hub.Relay) {
	j := s.jobs[a.Task]
	if j == nil || s.reply == nil {
		return
	}
	j.engine, j.status = string(a.Engine), a.Status
	s.tell(j, prefixed(s.replyFrames, j.engine))
	s.over(j, s.reply)
}

// over ends a job; its record remains.
func (s *shell) over(j *job, reply *wire.Message) {
	j.reply, j.replied, j.ended = reply, s.now, true
	s.noteEnd(j)
	s.measure(j)
	s.dropJob(j)
	if c := j.cast; c != nil && j != c.whole {
		s.partOver(c)
	}
	s.records.add(j)
	s.spill()
}

// controlRequest passes a request on to an engine's control channel. Tasks that no engine has yet are aborted here: there is
// no engine that could.
func (s *shell) controlRequest(in input) {
	m := s.parse(in)
	if m == nil || len(m.Routes) < 1 {
		return
	}
	if m.Header.MsgType == "abort_request" {
		s.abort(m)
	}
	engine := string(m.Routes[0])
	if _, here := s.hub.Engine(hub.UUID(engine)); !here && answered(m.Header.MsgType) {
		s.fail(controlClient, in.from, m, "EngineError", "There is no engine '"+engine+"'")
		return
	}
	s.send(controlEngine, engine, prefixed(tail(in, m), in.from))
}

// abort takes the tasks named out of the queue.
func (s *shell) abort(m *wire.Message) {
	var c struct {
		IDs     json.RawMessage `json:"msg_ids"`
		Running bool            `json:"running"` // those too that an engine runs
	}
	if m.Content(&c) != nil {
		return
	}
	var ids []hub.TaskID
	if json.Unmarshal(c.IDs, &ids) != nil {
		var one hub.TaskID
		if json.Unmarshal(c.IDs, &one) != nil {
			return
		}
		ids = []hub.TaskID{one}
	}
	for _, id := range ids {
		s.act(s.hub.Step(hub.Abort{Task: id, Running: c.Running}))
	}
}

// controlReply passes a reply of an engine on.
func (s *shell) controlReply(in input) {
	m := s.parse(in)
	if m == nil || len(m.Routes) < 1 {
		return
	}
	if string(m.Routes[0]) == ownRoute {
		if m.Header.MsgType == "usage_reply" {
			s.used(hub.UUID(in.from), m)
			return
		}
		s.held(in, m)
		return
	}
	s.send(controlClient, string(m.Routes[0]), prefixed(tail(in, m), in.from))
}

// published passes on what an engine publishes, and keeps what belongs to a task's record.
func (s *shell) published(in input) {
	at := slices.IndexFunc(in.frames, func(f []byte) bool { return string(f) == wire.Delimiter })
	if at < 0 || len(in.frames) < at+6 {
		s.dropped++
		return
	}
	s.meter.relayed(outputBytes, in.frames[at:])
	topic := ""
	if at > 0 {
		topic = string(in.frames[0])
	}
	if strings.HasSuffix(topic, ".status") { // most of all, and in no record
		s.do(effect{kind: publish, socket: iopubClient, frames: in.frames})
		return
	}
	m := s.parse(in)
	if m == nil {
		return
	}
	s.do(effect{kind: publish, socket: iopubClient, frames: in.frames})
	s.note(m)
}
