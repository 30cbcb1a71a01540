package hub

import "slices"

// group is a broadcast that has parts under way.
type group struct {
	whole      *task
	targets    []UUID
	left       int
	coalescing bool
	bad        []UUID // whose reply was an error
}

// spread gives every target its part of a broadcast.
func (h *Hub) spread(ev Spread) {
	whole := h.newTask(ev.Task, spread, 1+len(ev.Targets))
	if whole == nil {
		return
	}
	g := &group{whole: whole, coalescing: ev.Coalescing}
	whole.group = g
	seen := map[UUID]bool{}
	for _, u := range ev.Targets {
		if id := PartID(ev.Task, u); h.tasks[id] == nil && !seen[u] {
			seen[u] = true
			g.targets = append(g.targets, u)
		}
	}
	if len(g.targets) == 0 {
		h.end(whole, Done, collected)
		h.do(Collect{Task: whole.id})
		return
	}
	for _, u := range g.targets {
		if e := h.engines[u]; ev.Coalescing && !ev.Resumed && (e == nil || !e.live) {
			h.end(whole, Failed, absent)
			h.do(Answer{Task: whole.id, Reason: NoEngine, Engine: u})
			return
		}
	}
	h.move(whole, Running, split)
	g.left = len(g.targets)
	for _, u := range g.targets {
		t := h.newTask(PartID(ev.Task, u), part, 0)
		t.group = g
		if ev.Resumed {
			if e := h.await(u); e != nil {
				h.hold(t, e)
				continue
			}
		}
		if e := h.engines[u]; e != nil && e.live {
			h.address(t, e)
			continue
		}
		h.end(t, Failed, absent)
		h.do(Answer{Task: t.id, Reason: NoEngine, Engine: u})
		h.partOver(g)
	}
}

// partReturned takes the reply of one engine.
func (h *Hub) partReturned(t *task, s Status) {
	g, u := t.group, t.engine.uuid
	if s == Unmet {
		s = Error // a broadcast has no other engine to try
	}
	h.finish(t, s)
	switch {
	case !g.coalescing:
		h.do(Relay{Task: t.id, Engine: u, Status: s})
	case g.whole.state.over():
		h.do(Forget{Task: t.id, Engine: u}) // another engine died, and that was the answer
		return
	default:
		if s != OK {
			g.bad = append(g.bad, u)
		}
		h.do(Keep{Task: g.whole.id, Engine: u})
	}
	h.partOver(g)
}

// partDied answers for an engine that will not.
func (h *Hub) partDied(t *task) {
	g, u := t.group, t.engine.uuid
	h.partFailed(t, g, Answer{Reason: Died, Engine: u})
}

// partFailed ends a part of which no reply will come, and with it a coalescing broadcast.
func (h *Hub) partFailed(t *task, g *group, a Answer) {
	h.end(t, Failed, died)
	switch {
	case !g.coalescing:
		a.Task = t.id
		h.do(a)
		h.partOver(g)
	default:
		h.do(Forget{Task: t.id, Engine: a.Engine})
		if !g.whole.state.over() {
			h.end(g.whole, Failed, died)
			a.Task = g.whole.id
			h.do(a)
		}
	}
}

// partOver ends the broadcast with its last part.
func (h *Hub) partOver(g *group) {
	if g.left--; g.left > 0 {
		return
	}
	for _, u := range g.targets {
		if slices.Contains(g.bad, u) {
			h.end(g.whole, Failed, raised)
			h.do(Collect{Task: g.whole.id, Failed: u})
			return
		}
	}
	h.end(g.whole, Done, collected)
	if g.coalescing {
		h.do(Collect{Task: g.whole.id})
	}
}
