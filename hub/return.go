package hub

import "slices"

// direct gives a task to the engine that it was addressed to.
func (h *Hub) direct(ev Direct) {
	t := h.newTask(ev.Task, direct, 1)
	if t == nil {
		return
	}
	if ev.MaxTime > 0 {
		t.rules = &rules{limit: ev.MaxTime}
	}
	if ev.Resumed {
		if e := h.await(ev.Engine); e != nil {
			h.hold(t, e)
			return
		}
	}
	e := h.engines[ev.Engine]
	if e == nil || !e.live {
		h.end(t, Failed, absent)
		h.do(Answer{Task: t.id, Reason: NoEngine, Engine: ev.Engine})
		return
	}
	h.address(t, e)
}

// address gives a task, direct or part of a broadcast, to its engine.
func (h *Hub) address(t *task, e *engine) {
	t.engine = e
	e.lists[t.kind].pushBack(t)
	h.move(t, Running, addressed)
	h.limit(t)
	h.do(Send{Task: t.id, Engine: e.uuid})
}

// reply takes what an engine says of a task that it has.
func (h *Hub) reply(ev Return) {
	t := h.tasks[ev.Task]
	if t == nil || t.state != Running || t.engine == nil || t.engine.uuid != ev.Engine {
		if e := h.engines[ev.Engine]; t == nil && e != nil {
			h.yielded(e, ev.Task)
		}
		return // answered already
	}
	if t.kind == part {
		h.partReturned(t, ev.Status)
		return
	}
	if t.kind == balanced && (ev.Status == Unmet || ev.Status == Error) && h.again(t, ev.Status) {
		return
	}
	relay := Relay{Task: t.id, Engine: ev.Engine, Status: ev.Status}
	h.finish(t, ev.Status)
	h.do(relay)
}

// yielded notes that an engine is done with a task that was stopped.
func (h *Hub) yielded(e *engine, id TaskID) {
	if _, had := e.stopped[id]; had {
		delete(e.stopped, id)
		e.load--
		h.freed(e)
	}
}

// finish ends a task as its reply says.
func (h *Hub) finish(t *task, s Status) {
	switch s {
	case OK:
		h.end(t, Done, returned)
	case Error:
		h.end(t, Failed, raised)
	case Unmet:
		h.end(t, Failed, unmet)
	case Cancelled:
		h.end(t, Aborted, cancelled)
	}
}

// again tries a task on another engine if it may, and says whether it did.
func (h *Hub) again(t *task, s Status) bool {
	r := t.rules
	if s == Unmet && r == nil {
		r = &rules{}
		t.rules = r
		r.after.met, r.follow.met = true, true
	}
	if s == Error && (r == nil || r.retries <= 0) {
		return false
	}
	e := t.engine
	tried := append(slices.Clip(r.tried), e.uuid)
	if !h.somewhere(r, tried) && !t.patient() {
		if s == Unmet || !r.same {
			return false
		}
		tried = r.tried // there is no other engine, and the same one may have it again
	}
	if s == Error {
		r.retries--
	}
	if r.had == nil {
		r.had = map[UUID]int{e.uuid: 1}
	}
	r.tried = tried
	h.putBack(t, map[Status]cause{Unmet: unmet, Error: retried}[s])
	return true
}

// somewhere says whether an engine is live where the task may run, if tried were the engines that it must not.
func (h *Hub) somewhere(r *rules, tried []UUID) bool {
	was := r.tried
	r.tried = tried
	p, anywhere := r.where()
	r.tried = was
	if anywhere {
		return len(h.live) > 0
	}
	if p.only {
		return slices.ContainsFunc(p.names, func(u UUID) bool { e := h.engines[u]; return e != nil && e.live })
	}
	return slices.ContainsFunc(h.live, func(e *engine) bool { return p.admits(e.uuid) })
}

// putBack takes a task from its engine and queues it again, before those that have not run.
func (h *Hub) putBack(t *task, why cause) {
	h.release(t)
	back := Back{Task: t.id}
	if t.rules != nil {
		back.Retries, back.Reruns = t.rules.retries, t.rules.reruns
	}
	h.do(back)
	h.enqueue(t, why)
}

// bury deals with a task of an engine that has died: it runs again elsewhere or is answered.
func (h *Hub) bury(t *task) {
	e := t.engine
	if t.kind == part {
		h.partDied(t)
		return
	}
	if r := t.rules; t.kind == balanced && r != nil && (r.reruns > 0 || r.retries > 0) {
		tried := append(slices.Clip(r.tried), e.uuid)
		p, _ := (&rules{targets: r.targets, homes: r.homes, tried: tried}).where()
		if h.somewhere(r, tried) || len(h.live) == 0 && !p.only {
			if r.reruns > 0 {
				r.reruns--
			} else {
				r.retries--
			}
			r.tried = tried
			h.putBack(t, lost)
			return
		}
	}
	h.end(t, Failed, died)
	h.do(Answer{Task: t.id, Reason: Died, Engine: e.uuid})
}
