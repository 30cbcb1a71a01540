package hub

import "fmt"

// Check reports the first broken promise of h, for tests and for the curious: it looks at everything.
func (h *Hub) Check() error {
	counts := map[*list]int{}
	unassigned := 0
	for id, t := range h.tasks {
		if t.id != id {
			return fmt.Errorf("hub: %s is known as %s", t.id, id)
		}
		unassigned += waits(t.state)
		if err := h.checkTask(t); err != nil {
			return fmt.Errorf("hub: %s, %v: %w", id, t.state, err)
		}
		if t.list != nil {
			counts[t.list]++
		}
	}
	if unassigned != h.unassigned {
		return fmt.Errorf("hub: %d tasks wait for an engine, counted as %d", unassigned, h.unassigned)
	}
	for _, t := range h.alarms {
		if h.tasks[t.id] != t {
			return fmt.Errorf("hub: %s, %v, has an alarm", t.id, t.state)
		}
	}
	for _, e := range h.live {
		if err := h.checkEngine(e, counts); err != nil {
			return fmt.Errorf("hub: engine %d, %s: %w", e.id, e.uuid, err)
		}
	}
	if err := h.checkClass(&h.any, counts); err != nil {
		return fmt.Errorf("hub: tasks without constraints: %w", err)
	}
	for key, c := range h.classes {
		if c.key != key || c.n == 0 {
			return fmt.Errorf("hub: class %q has %d tasks and the key %q", key, c.n, c.key)
		}
		if err := h.checkClass(c, counts); err != nil {
			return fmt.Errorf("hub: class %q: %w", key, err)
		}
	}
	if len(h.finished.ring) > h.o.Horizon || len(h.finished.at) > len(h.finished.ring) {
		return fmt.Errorf("hub: %d ended tasks are remembered, want at most %d", len(h.finished.ring), h.o.Horizon)
	}
	live := 0
	for _, src := range h.sources.at {
		live += src.n
	}
	for _, t := range h.tasks {
		if t.source != nil {
			live--
		}
	}
	if live != 0 {
		return fmt.Errorf("hub: the sources have %d tasks more than there are", live)
	}
	if len(h.ended)+len(h.roomy)+len(h.dirty) > 0 {
		return fmt.Errorf("hub: a step left work behind")
	}
	return nil
}

func (h *Hub) checkTask(t *task) error {
	r := t.rules
	switch t.state {
	case Waiting:
		if r.after.met && r.follow.met {
			return fmt.Errorf("it waits for nothing")
		}
	case Queued:
		if t.list == nil || t.list.lane == nil {
			return fmt.Errorf("it is in no queue")
		}
		if r != nil && (!r.after.met || !r.follow.met) {
			return fmt.Errorf("its dependencies are not met")
		}
		c := t.list.lane.class
		if p, anywhere := r.where(); anywhere != (c == &h.any) || !anywhere && p.key() != c.key {
			return fmt.Errorf("it is in the queue of another place")
		}
	case Running:
		if t.kind == spread {
			break
		}
		if t.engine == nil || !t.engine.live && !t.engine.awaited || t.list != &t.engine.lists[t.kind] {
			return fmt.Errorf("its engine does not know it")
		}
		if t.kind == part && t.group == nil {
			return fmt.Errorf("it is part of nothing")
		}
	case Arrived, Done, Failed, Aborted:
		return fmt.Errorf("it must not be remembered as live")
	}
	if timed := r != nil && (r.timeout > 0 && waits(t.state) == 1 || r.limit > 0 && t.state == Running); timed != (r != nil && r.alarm > 0) {
		return fmt.Errorf("its alarm is not as its time limit says")
	}
	return nil
}

func (h *Hub) checkEngine(e *engine, counts map[*list]int) error {
	for k := range e.lists {
		if e.lists[k].n != counts[&e.lists[k]] {
			return fmt.Errorf("it has %d tasks of kind %d, which %d tasks know", e.lists[k].n, k, counts[&e.lists[k]])
		}
	}
	switch {
	case !e.live || h.engines[e.uuid] != e:
		return fmt.Errorf("it is not live")
	case h.links[e.uuid].dead():
		return fmt.Errorf("it has no connections")
	case e.load != e.lists[balanced].n+len(e.stopped):
		return fmt.Errorf("its load is %d with %d tasks", e.load, e.lists[balanced].n)
	case h.o.HighWater > 0 && e.load > h.o.HighWater:
		return fmt.Errorf("its load of %d is too high", e.load)
	case (e.at > 0) != (h.links[e.uuid][Balanced] > 0 && !e.leaving):
		return fmt.Errorf("its place in the heap is not as its connections say")
	case e.leaving && (e.idle() || e.gone <= h.now):
		return fmt.Errorf("it should have left")
	case e.at > 0 && h.heap[e.at-1] != e:
		return fmt.Errorf("its place in the heap is another one's")
	}
	for _, c := range e.classes {
		if h.classes[c.key] != c {
			return fmt.Errorf("it is in a class that is not there")
		}
	}
	return nil
}

func (h *Hub) checkClass(c *class, counts map[*list]int) error {
	n := 0
	for i, l := range c.lanes {
		if l.at != i || c.bySource[l.source] != l || l.n == 0 || l.n != counts[&l.list] {
			return fmt.Errorf("lane %d has %d tasks, of which %d know it", i, l.n, counts[&l.list])
		}
		if l.head.turn.before(c.head().turn) {
			return fmt.Errorf("%s is first, though the turn of %s is earlier", c.head().id, l.head.id)
		}
		n += l.n
		for t := l.head; t.next != nil; t = t.next {
			if !t.turn.before(t.next.turn) {
				return fmt.Errorf("%s is before %s, whose turn is earlier", t.id, t.next.id)
			}
		}
	}
	if n != c.n || len(c.bySource) != len(c.lanes) {
		return fmt.Errorf("%d tasks, counted as %d", n, c.n)
	}
	engines := c.engines
	if c == &h.any {
		engines = h.live
	} else if h.hopeless(c) {
		for _, l := range c.lanes {
			for t := l.head; t != nil; t = t.next {
				if !t.patient() {
					return fmt.Errorf("%s waits for no engine", t.id)
				}
			}
		}
	}
	for _, e := range engines {
		if c.n > 0 && h.room(e) {
			return fmt.Errorf("%s is queued while engine %d has room", c.head().id, e.id)
		}
		if c != &h.any && (!e.live || !c.admits(e.uuid)) {
			return fmt.Errorf("engine %d does not belong to it", e.id)
		}
	}
	return nil
}
