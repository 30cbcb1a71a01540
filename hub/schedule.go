package hub

func (h *Hub) submit(ev Submit) {
	t := h.newTask(ev.Task, balanced, 1)
	if t == nil {
		return
	}
	key := sourceKey{ev.Client, ev.Priority}
	if h.o.Arrival {
		key.client = ""
	}
	h.sources.join(t, key)
	if ev.plain() {
		h.begin(t, ev.On)
		return
	}
	t.rules = &rules{targets: ev.Targets, timeout: max(ev.Timeout, 0), limit: max(ev.MaxTime, 0), retries: ev.Retries, reruns: ev.Reruns, same: ev.Same, tried: ev.Tried}
	for _, u := range ev.Had {
		if t.rules.had == nil {
			t.rules.had = map[UUID]int{}
		}
		t.rules.had[u]++
	}
	for _, d := range []struct {
		dep    Dependency
		follow bool
	}{{ev.After, false}, {ev.Follow, true}} {
		if reason, fine := h.bind(t, d.dep, d.follow); !fine {
			why := impossible
			if reason == Invalid {
				why = invalid
			}
			h.end(t, Failed, why)
			h.do(Answer{Task: t.id, Reason: reason})
			return
		}
	}
	if t.rules.after.met && t.rules.follow.met {
		h.begin(t, ev.On)
		return
	}
	h.move(t, Waiting, early)
	if t.rules.timeout > 0 {
		h.alarms.add(t, h.now+t.rules.timeout)
	}
}

// plain says whether a task has no constraints.
func (ev *Submit) plain() bool {
	return len(ev.After.Tasks) == 0 && len(ev.Follow.Tasks) == 0 && len(ev.Targets) == 0 && len(ev.Tried) == 0 && len(ev.Had) == 0 &&
		ev.Timeout == 0 && ev.MaxTime == 0 && ev.Retries == 0 && ev.Reruns == 0
}

// begin queues a task that may run, unless an engine has it already.
func (h *Hub) begin(t *task, on UUID) {
	if on == "" {
		h.enqueue(t, ready)
		return
	}
	if e := h.await(on); e != nil {
		h.hold(t, e)
		return
	}
	h.enqueue(t, ready)
}

// newTask makes a task if there is room for n more. It gives nil for one that was heard of before, which is or was answered.
func (h *Hub) newTask(id TaskID, k kind, n int) *task {
	if h.tasks[id] != nil {
		return nil
	}
	if _, known := h.finished.get(id); known {
		return nil
	}
	if len(h.tasks)+n > h.o.MaxTasks {
		h.do(Answer{Task: id, Reason: Full})
		return nil
	}
	h.seq++
	t := &task{id: id, kind: k, seq: h.seq}
	h.tasks[id] = t
	return t
}

// run gives a queued task to an engine.
func (h *Hub) run(t *task, e *engine) {
	h.unqueue(t)
	again := 0
	if r := t.rules; r != nil {
		if r.alarm > 0 {
			h.alarms.remove(t)
		}
		if r.retries > 0 || r.reruns > 0 || len(r.tried) > 0 || r.had != nil {
			if r.had == nil {
				r.had = map[UUID]int{}
			}
			again = r.had[e.uuid]
			r.had[e.uuid]++
		}
	}
	t.engine = e
	t.source.level.now = max(t.source.level.now, t.turn.share)
	e.load++
	h.stamp++
	e.stamp = h.stamp
	h.heap.fix(e)
	e.lists[balanced].pushBack(t)
	h.move(t, Running, assigned)
	h.limit(t)
	send := Send{Task: t.id, Engine: e.uuid, Again: again}
	if t.rules != nil {
		send.Retries, send.Reruns = t.rules.retries, t.rules.reruns
	}
	h.do(send)
}

// limit sets the alarm of a task that may not run for ever.
func (h *Hub) limit(t *task) {
	if r := t.rules; r != nil && r.limit > 0 {
		h.alarms.add(t, h.now+r.limit)
	}
}

// room says whether an engine can be sent one more balanced task.
func (h *Hub) room(e *engine) bool { return e.at > 0 && (h.o.HighWater < 0 || e.load < h.o.HighWater) }

// pull gives an engine that may have room the queued tasks whose turn it is.
func (h *Hub) pull(e *engine) {
	for h.room(e) {
		best := &h.any
		for _, c := range e.classes {
			if best.n == 0 || c.head().turn.before(best.head().turn) {
				best = c
			}
		}
		if best.n == 0 {
			return
		}
		h.run(best.head(), e)
	}
}

// push gives the tasks of a queue to engines that have room.
func (h *Hub) push(c *class) {
	for c.n > 0 {
		e := h.choose(c)
		if e == nil {
			return
		}
		h.run(c.head(), e)
	}
}

// choose picks an engine with room for a task of the class, nil when there is none.
func (h *Hub) choose(c *class) *engine {
	if h.o.Scheme == LeastLoad && c == &h.any {
		if len(h.heap) > 0 && h.room(h.heap[0]) {
			return h.heap[0]
		}
		return nil
	}
	engines := c.engines
	if c == &h.any {
		engines = h.live
	}
	free := h.free[:0]
	for _, e := range engines {
		if h.room(e) {
			free = append(free, e)
		}
	}
	h.free = free
	if len(free) == 0 {
		return nil
	}
	return h.policy.pick(free)
}

// abort takes a task back that no engine has. One that runs is stopped if that is what is asked.
func (h *Hub) abort(ev Abort) {
	t := h.tasks[ev.Task]
	switch {
	case t == nil:
	case t.state == Waiting || t.state == Queued:
		h.end(t, Aborted, withdrawn)
		h.do(Answer{Task: ev.Task, Reason: Withdrawn})
	case ev.Running && t.state == Running && (t.kind == balanced || t.kind == direct):
		h.stop(t, Aborted, stopped, Withdrawn)
	}
}

// stop answers a task that runs and has its engine interrupted, which is not free before it says something of the task.
func (h *Hub) stop(t *task, to State, why cause, reason Reason) {
	e, counts := t.engine, t.kind == balanced
	h.end(t, to, why)
	if counts {
		if e.stopped == nil {
			e.stopped = map[TaskID]struct{}{}
		}
		e.stopped[t.id] = struct{}{}
		e.load++
		if e.at > 0 {
			h.heap.fix(e)
		}
	}
	h.do(Interrupt{Task: t.id, Engine: e.uuid})
	h.do(Answer{Task: t.id, Reason: reason, Engine: e.uuid})
}
