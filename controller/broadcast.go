package controller

import (
	"encoding/json"
	"fmt"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// cast is a broadcast under way.
type cast struct {
	id         hub.TaskID
	coalescing bool
	targets    [][2]any // uuid and id of each, as the client named them
	uuids      []hub.UUID
	whole      *job
	parts      []*job
	live       int // parts that have not ended
	fields     map[string]json.RawMessage
	metadata   json.RawMessage // of all parts
	replies    map[hub.UUID]*wire.Message
}

// broadcast gives each target its own copy of a request.
func (s *shell) broadcast(in input) {
	m := s.parse(in)
	if m == nil {
		return
	}
	s.sentAgain(&in, m)
	c, err := newCast(m)
	if err != nil {
		s.fail(castClient, in.from, m, "ValueError", err.Error())
		return
	}
	if s.full(in, m) {
		return
	}
	j := s.newJob(in, m, "broadcast")
	if j == nil {
		return
	}
	s.split(j, c)
	actions := s.hub.Step(hub.Spread{Task: c.id, Targets: c.uuids, Coalescing: c.coalescing})
	if len(actions) == 0 {
		s.dropJob(j)
		s.dissolve(c)
		return
	}
	s.spread(j, actions)
}

// split makes the parts of a broadcast.
func (s *shell) split(j *job, c *cast) {
	j.cast, c.whole = c, j
	for _, u := range c.uuids {
		id := hub.PartID(c.id, u)
		if s.jobs[id] != nil {
			continue
		}
		p := &job{id: id, queue: "broadcast", client: j.client, owner: j.owner, request: j.request, cast: c, engine: string(u)}
		var err error
		if p.header, err = c.headerOf(p.id); err != nil {
			continue // cannot be: the fields were JSON when they came
		}
		s.addJob(p)
		c.parts = append(c.parts, p)
		c.live++
	}
}

// spread carries out what the hub made of a broadcast.
func (s *shell) spread(j *job, actions []hub.Action) {
	c := j.cast
	s.casts[c.id] = c
	s.noteTask(j)
	s.act(actions)
	if !c.coalescing && s.jobs[j.id] == j {
		size := j.size
		s.dropJob(j) // its parts are answered, not itself
		s.book.live += size
		j.size = size
	}
	if c.live == 0 {
		s.castOver(c)
	}
}

// partOver notes that a part has ended.
func (s *shell) partOver(c *cast) {
	if c.live--; c.live == 0 {
		s.castOver(c)
	}
}

// castOver notes that nothing of a broadcast is left to do.
func (s *shell) castOver(c *cast) {
	if s.casts[c.id] != nil && s.jobs[c.id] != c.whole {
		delete(s.casts, c.id)
		s.book.live -= c.whole.size
		c.whole.size = 0
	}
}

func newCast(m *wire.Message) (*cast, error) {
	c := &cast{id: hub.TaskID(m.Header.MsgID), replies: map[hub.UUID]*wire.Message{}}
	var md struct {
		Targets    [][2]any `json:"targets"`
		Coalescing bool     `json:"is_coalescing"`
	}
	if err := m.Metadata(&md); err != nil {
		return nil, err
	}
	c.targets, c.coalescing = md.Targets, md.Coalescing
	for _, t := range md.Targets {
		u, _ := t[0].(string)
		c.uuids = append(c.uuids, hub.UUID(u))
	}
	if err := json.Unmarshal(m.RawHeader, &c.fields); err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := m.Metadata(&fields); err != nil {
		return nil, err
	}
	if fields == nil {
		fields = map[string]json.RawMessage{}
	}
	id, err := wire.Marshal(c.id)
	if err != nil {
		return nil, err
	}
	fields["original_msg_id"] = id
	c.metadata, err = wire.Marshal(fields)
	return c, err
}

// headerOf gives the header of a part.
func (c *cast) headerOf(id hub.TaskID) (json.RawMessage, error) {
	raw, err := wire.Marshal(id)
	if err != nil {
		return nil, err
	}
	c.fields["msg_id"] = raw
	return wire.Marshal(c.fields)
}

// partFrames signs a part.
func (s *shell) partFrames(j *job) [][]byte {
	m := *j.request
	m.Routes, m.RawHeader, m.RawMetadata = nil, j.header, j.cast.metadata
	return s.session.Frames(&m)
}

// keep puts the reply at hand aside.
func (s *shell) keep(a hub.Keep) {
	j, p := s.jobs[a.Task], s.jobs[hub.PartID(a.Task, a.Engine)]
	if j == nil || j.cast == nil || s.reply == nil {
		return
	}
	j.cast.replies[a.Engine] = s.reply
	if p != nil {
		p.engine, p.status = string(a.Engine), statusOf(s.reply)
		s.over(p, s.reply)
	}
}

// forget drops a part whose broadcast was answered already.
func (s *shell) forget(a hub.Forget) {
	j := s.jobs[a.Task]
	switch {
	case j == nil:
	case s.reply == nil:
		s.dropJob(j)
		s.partOver(j.cast)
	default:
		j.engine, j.status = string(a.Engine), statusOf(s.reply)
		s.over(j, s.reply)
	}
}

// collect makes one reply of those kept: that of the first target, or of the first that failed, with the results of all.
func (s *shell) collect(a hub.Collect) {
	j := s.jobs[a.Task]
	if j == nil || j.cast == nil {
		return
	}
	c := j.cast
	which := a.Failed
	if which == "" && len(c.uuids) > 0 {
		which = c.uuids[0]
	}
	from := c.replies[which]
	if from == nil { // there were no targets
		empty, err := s.session.New(wire.ReplyType(j.request.Header.MsgType), j.request, nil, map[string]any{"status": "ok"})
		if err != nil {
			s.log.Error("controller: making an answer", "task", j.id, "err", err)
			return
		}
		from = empty
	}
	var fields map[string]any
	if from.Metadata(&fields) != nil || fields == nil {
		fields = map[string]any{}
	}
	fields["is_broadcast"], fields["is_coalescing"] = true, true
	fields["original_msg_id"], fields["broadcast_targets"] = c.id, c.targets
	raw, err := wire.Marshal(fields)
	if err != nil {
		s.log.Error("controller: collecting replies", "task", j.id, "err", err)
		return
	}
	m := *from
	m.Routes, m.RawMetadata, m.Buffers = nil, raw, nil
	seen := map[hub.UUID]bool{}
	for _, u := range c.uuids {
		if r := c.replies[u]; r != nil && !seen[u] && a.Failed == "" {
			m.Buffers = append(m.Buffers, r.Buffers...)
			seen[u] = true
		}
	}
	s.tell(j, s.session.Frames(&m))
	s.idle(j, which)
	if a.Failed != "" {
		j.status = hub.Error
	}
	s.over(j, &m)
	s.dissolve(c)
}

// idle says that a coalesced request has no output left to come: the engines said so under ids that its client does not know.
func (s *shell) idle(j *job, engine hub.UUID) {
	id := -1
	if e, ok := s.hub.Engine(engine); ok {
		id = int(e.ID)
	}
	m, err := s.session.New("status", j.request, map[string]any{"engine": engine}, map[string]any{"execution_state": "idle"})
	if err != nil {
		return
	}
	m.Routes = [][]byte{fmt.Appendf(nil, "engine.%d.status", id)}
	s.do(effect{kind: publish, socket: iopubClient, frames: s.session.Frames(m)})
}

// dissolve forgets the parts of a broadcast that is over.
func (s *shell) dissolve(c *cast) {
	for _, p := range c.parts {
		if s.jobs[p.id] == p && !s.pending(p.id) {
			s.dropJob(p)
			c.live--
		}
	}
	clear(c.replies)
	if c.live <= 0 {
		s.castOver(c)
	}
}
