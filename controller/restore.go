package controller

import (
	"maps"
	"slices"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// doubtful is how long an answer may take to the kernel, which delivers it even if the controller is killed. Answers of clients
// that do not acknowledge, and that were younger then, are told again when the client speaks. It ignores what it has.
const doubtful = 10 * time.Millisecond

// settle notes, when it is time, up to when answers are surely told.
func (s *shell) settle() {
	d := &s.debts
	if d.settle.IsZero() || s.now.Before(d.settle) {
		return
	}
	d.settle = time.Time{}
	surely := s.now.Add(-doubtful)
	if d.answered.After(surely) {
		d.settle = s.now.Add(doubtful)
	}
	if s.book.silent() {
		return
	}
	w := s.book.begin(settledEntry)
	w.time(surely)
	s.book.end(&w)
}

// nobody is an engine that keeps an id from being given again.
const nobody = hub.UUID("\x00")

// restore takes over from an earlier controller.
func (s *shell) restore(p *past) {
	byID := slices.SortedFunc(maps.Keys(p.engines), func(a, b hub.UUID) int { return int(p.engines[a].id - p.engines[b].id) })
	for _, u := range byID {
		e := p.engines[u]
		s.hub.Step(hub.Recall{UUID: u, ID: e.id})
		if len(e.about) > 0 {
			s.about[u] = e.about
		}
	}
	if p.next > s.hub.NextID() {
		s.hub.Step(hub.Recall{UUID: nobody, ID: p.next - 1})
	}
	late := map[hub.TaskID]*job{} // that ended when the journal could not be written
	if s.store != nil {
		err := s.store.Each(func(body []byte) error {
			if j, err := readRecord(body); err == nil {
				s.recollect(j)
				if old := p.tasks[j.id]; old != nil && !old.ended {
					late[j.id] = j
				}
			}
			return nil
		})
		if err != nil {
			s.log.Error("controller: reading the records", "err", err)
		}
	}
	live := s.restoreEnded(p)
	sortJobs(live)
	for _, j := range live {
		j.frames = s.session.Frames(j.request)
		j.owner = s.ownerOf(p, j)
		s.arrival = max(s.arrival, j.arrival)
		if end := late[j.id]; end != nil {
			end.owner = j.owner
			s.retell(p, end)
			if end.owner != nil {
				s.release(end.owner)
			}
			continue
		}
		switch j.queue {
		case "mux":
			s.restoreDirect(j)
		case "broadcast":
			s.restoreCast(p, j)
		default:
			s.restoreTask(j)
		}
	}
	for _, j := range s.jobs {
		if j.restored {
			u := hub.UUID(j.engine)
			s.restored[u] = append(s.restored[u], j)
			s.meter.running[j.id] = j
		}
	}
	s.log.Info("controller: took over from an earlier one", "engines", len(p.engines), "tasks", len(s.jobs), "records", len(s.records.byID))
}

func (s *shell) ownerOf(p *past, j *job) *client {
	if name := p.owners[j]; name != "" {
		return s.clientOf(name)
	}
	return nil
}

// restoreEnded takes the tasks that have ended and gives those that have not.
func (s *shell) restoreEnded(p *past) (live []*job) {
	var ended []*job
	for _, j := range p.tasks {
		switch {
		case j.request == nil: // part of a broadcast, which deals with it
		case j.ended && j.reply != nil:
			ended = append(ended, j)
		case !j.ended:
			live = append(live, j)
		}
	}
	slices.SortFunc(ended, func(a, b *job) int { return a.replied.Compare(b.replied) })
	for _, j := range ended {
		s.recollect(j)
		j.owner = s.ownerOf(p, j)
		s.retell(p, j)
		if j.owner != nil {
			s.release(j.owner)
		}
		s.records.add(j)
		s.spill()
	}
	return live
}

// retell tells an answer that its client may not have.
func (s *shell) retell(p *past, j *job) {
	if !s.untoldBefore(p, j) {
		return
	}
	var routes []string
	if j.engine != "" {
		routes = []string{j.engine}
	}
	frames := s.session.Frames(j.reply)
	if !p.untold[j.id] {
		frames = s.anew(j.reply)
	}
	s.tell(j, prefixed(frames, routes...))
}

func (s *shell) recollect(j *job) {
	if j.queue == "task" {
		s.hub.Step(hub.Recollect{Task: j.id, Engine: hub.UUID(j.engine), Status: j.status})
	}
}

// untoldBefore says whether a client may not have an answer.
func (s *shell) untoldBefore(p *past, j *job) bool {
	if j.owner == nil {
		return false
	}
	if taken := p.taken[j.owner.session]; taken != nil {
		return !taken[j.id]
	}
	return p.untold[j.id] || j.replied.After(p.settled)
}

func (s *shell) restoreTask(j *job) {
	ev, err := submission(j.request)
	if err != nil {
		return // it was read before
	}
	if j.owner != nil {
		ev.Client = j.owner.session
	}
	ev.Retries, ev.Reruns, ev.On, ev.Had = j.retries, j.reruns, hub.UUID(j.engine), j.had
	if !ev.Same {
		for _, u := range j.had {
			if u != ev.On && !slices.Contains(ev.Tried, u) {
				ev.Tried = append(ev.Tried, u)
			}
		}
	}
	j.restored, j.past = j.engine != "", true
	s.addJob(j)
	s.act(s.hub.Step(ev))
}

func (s *shell) restoreDirect(j *job) {
	j.restored = true
	s.addJob(j)
	s.act(s.hub.Step(hub.Direct{Task: j.id, Engine: hub.UUID(j.engine), MaxTime: maxTime(j.request), Resumed: true}))
}

// restoreCast restores a broadcast with the replies that came.
func (s *shell) restoreCast(p *past, j *job) {
	c, err := newCast(j.request)
	if err != nil {
		return
	}
	ended := map[hub.UUID]*job{}
	all := c.uuids
	if !c.coalescing {
		c.uuids = nil
	}
	for _, u := range all {
		switch old := p.tasks[hub.PartID(c.id, u)]; {
		case old != nil && old.ended && c.coalescing:
			ended[u] = old
		case old != nil && old.ended: // it was answered
			s.restorePart(p, j, c, old)
		case !c.coalescing:
			c.uuids = append(c.uuids, u)
		}
	}
	if len(c.uuids) == 0 {
		return
	}
	s.addJob(j)
	s.split(j, c)
	for _, part := range c.parts {
		part.restored = ended[hub.UUID(part.engine)] == nil
	}
	actions := slices.Clone(s.hub.Step(hub.Spread{Task: c.id, Targets: c.uuids, Coalescing: c.coalescing, Resumed: true}))
	s.spread(j, actions)
	for _, u := range c.uuids {
		if old := ended[u]; old != nil && old.reply != nil {
			s.reply, s.replyFrames = old.reply, s.session.Frames(old.reply)
			s.act(s.hub.Step(hub.Return{Task: hub.PartID(c.id, u), Engine: u, Status: old.status}))
			s.reply, s.replyFrames = nil, nil
		}
	}
}

// restorePart keeps the record of a part that was answered, and the answer if its client may not have it.
func (s *shell) restorePart(p *past, j *job, c *cast, old *job) {
	header, err := c.headerOf(old.id)
	if err != nil || old.reply == nil || old.request != nil { // with a request of its own it is restored
		return
	}
	old.request, old.header, old.client, old.owner = j.request, header, j.client, j.owner
	old.reply.Routes = nil
	s.retell(p, old)
	s.records.add(old)
	s.spill()
}

// inOrder gives all tasks, live and ended, in the order of arrival.
func (s *shell) inOrder() []*job {
	all := make([]*job, 0, len(s.jobs)+len(s.records.byID))
	for _, c := range s.casts {
		if s.jobs[c.id] == nil {
			all = append(all, c.whole)
		}
	}
	for _, j := range s.jobs {
		all = append(all, j)
	}
	for _, j := range s.records.byID {
		all = append(all, j)
	}
	for id, j := range s.clients.untold {
		if s.records.byID[id] == nil {
			all = append(all, j)
		}
	}
	sortJobs(all)
	return all
}

// taken notes which answers a client has.
func (s *shell) taken(m *wire.Message) {
	var c wire.Ack
	session := field(m.RawHeader, "session")
	if m.Content(&c) != nil || session == "" {
		return
	}
	if !s.book.silent() {
		w := s.book.begin(takenEntry)
		w.text(session)
		w.uvarint(len(c.MsgIDs))
		for _, id := range c.MsgIDs {
			w.text(string(id))
		}
		s.book.end(&w)
	}
	if cl := s.clients.bySession[session]; cl != nil && len(cl.untold) > 0 {
		has := map[hub.TaskID]bool{}
		for _, id := range c.MsgIDs {
			has[hub.TaskID(id)] = true
		}
		cl.untold = slices.DeleteFunc(cl.untold, func(u untold) bool {
			if has[u.id] {
				s.told(u.id)
			}
			return has[u.id]
		})
	}
}

// anew makes the frames of a message that its receiver may have had before: Python's clients break when they hear a signature twice.
func (s *shell) anew(m *wire.Message) [][]byte { return s.differing(m, 1) }

// heldHere tells a client which of its requests have arrived, and has those that were answered told again.
func (q *question) heldHere() {
	var c wire.Held
	if err := q.m.Content(&c); err != nil {
		q.fail(wire.HeldReply, "ValueError", err.Error())
		return
	}
	has := []wire.MsgID{}
	for _, id := range c.MsgIDs {
		if j := q.s.find(hub.TaskID(id)); j != nil || q.s.casts[hub.TaskID(id)] != nil {
			has = append(has, id)
			if j != nil && j.ended && j.reply != nil {
				q.s.tellAgain(q.m, j)
			}
		} else if len(q.s.clients.absent) < maxUntold {
			q.s.clients.absent[hub.TaskID(id)] = true
		}
	}
	q.answer(wire.HeldReply, wire.Held{Status: "ok", MsgIDs: has})
}

// tellAgain tells a client an answer that it does not have, unless that waits for it already.
func (s *shell) tellAgain(m *wire.Message, j *job) {
	session := field(m.RawHeader, "session")
	if session != field(j.request.RawHeader, "session") {
		return
	}
	c := s.clientOf(session)
	if slices.ContainsFunc(c.untold, func(u untold) bool { return u.id == j.id }) {
		return
	}
	j.owner = c
	var routes []string
	if j.engine != "" {
		routes = []string{j.engine}
	}
	s.tell(j, prefixed(s.anew(j.reply), routes...))
	s.release(c)
}
