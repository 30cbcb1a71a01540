package hub

// A hub that takes over from an earlier one is told what that knew: the engines (Recall), the tasks that ended (Recollect), and,
// in the order of their arrival, those that had not ended (Submit, Direct, Spread, with the engines that have them). An engine
// that has tasks is awaited for as long as one that registers; what it says of them counts as soon as it says it.

// recall remembers an engine of an earlier life.
func (h *Hub) recall(ev Recall) {
	if h.engines[ev.UUID] == nil && ev.ID >= 0 && h.ids.recall(ev.ID) {
		h.gone.add(ev.UUID, ev.ID, false)
	}
}

// recollect remembers how a task ended.
func (h *Hub) recollect(ev Recollect) {
	if h.tasks[ev.Task] != nil {
		return
	}
	if _, known := h.finished.get(ev.Task); known {
		return
	}
	h.finished.add(ending{id: ev.Task, kind: balanced, ok: ev.Status == OK, aborted: ev.Status == Cancelled, engine: ev.Engine})
}

// await gives an engine that may have tasks of an earlier life, nil when it is not known.
func (h *Hub) await(u UUID) *engine {
	if e := h.engines[u]; e != nil {
		return e
	}
	old, known := h.gone.take(u)
	if !known {
		return nil
	}
	e := h.expect(u, old.id)
	e.awaited = true
	return e
}

// hold notes that an engine has a task already.
func (h *Hub) hold(t *task, e *engine) {
	t.engine = e
	e.lists[t.kind].pushBack(t)
	if t.kind == balanced {
		t.source.level.now = max(t.source.level.now, t.turn.share)
		e.load++
		if e.at > 0 {
			h.heap.fix(e)
		}
		if r := t.rules; r != nil && r.had == nil {
			r.had = map[UUID]int{e.uuid: 1}
		}
	}
	h.move(t, Running, resumed)
	h.limit(t)
}

// missing deals with a task that its engine knows nothing of.
func (h *Hub) missing(ev Missing) {
	t := h.tasks[ev.Task]
	if e := h.engines[ev.Engine]; t == nil && e != nil { // it was stopped meanwhile
		h.yielded(e, ev.Task)
	}
	if t == nil || t.state != Running || t.engine == nil || t.engine.uuid != ev.Engine || !t.engine.live {
		return
	}
	e, r := t.engine, t.rules
	switch {
	case t.kind != balanced && ev.Never:
		h.do(Send{Task: t.id, Engine: e.uuid, Again: 1})
	case t.kind == balanced && ev.Never:
		h.putBack(t, unsent)
	case t.kind == balanced && r != nil && r.reruns+r.retries > 0:
		if r.reruns > 0 {
			r.reruns--
		} else {
			r.retries--
		}
		h.putBack(t, lost)
	case t.kind == part:
		h.partFailed(t, t.group, Answer{Reason: Lost, Engine: e.uuid})
	default:
		h.end(t, Failed, died)
		h.do(Answer{Task: t.id, Reason: Lost, Engine: e.uuid})
	}
}
