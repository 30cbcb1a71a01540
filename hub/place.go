package hub

import (
	"cmp"
	"slices"
	"strings"
)

// place is where a balanced task may run: on any engine, on those named, or on all but those named.
type place struct {
	only  bool
	names []UUID // sorted
}

// where gives the place of a task and whether it is anywhere.
func (r *rules) where() (p place, anywhere bool) {
	if r == nil || len(r.targets) == 0 && len(r.homes) == 0 && len(r.tried) == 0 {
		return place{}, true
	}
	if len(r.targets) == 0 && len(r.homes) == 0 {
		return place{names: normal(r.tried)}, false
	}
	from := r.homes
	if len(from) == 0 {
		from = r.targets
	}
	names := make([]UUID, 0, len(from))
	for _, u := range from {
		if len(r.targets) > 0 && len(r.homes) > 0 && !slices.Contains(r.targets, u) || slices.Contains(r.tried, u) {
			continue
		}
		names = append(names, u)
	}
	return place{only: true, names: normal(names)}, false
}

func normal(names []UUID) []UUID {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

func (p *place) admits(u UUID) bool {
	_, named := slices.BinarySearch(p.names, u)
	return named == p.only
}

// key is different for different places.
func (p *place) key() string {
	var b strings.Builder
	if p.only {
		b.WriteByte('+')
	} else {
		b.WriteByte('-')
	}
	for _, u := range p.names {
		b.WriteByte(byte(len(u) >> 8))
		b.WriteByte(byte(len(u)))
		b.WriteString(string(u))
	}
	return b.String()
}

// class is a queue of tasks that may run at the same place. One of them can run when an engine of the place has room, and
// the first one is then as good as any. Between steps no engine has room for the head of a queue.
type class struct {
	place
	key      string
	born     int64
	lanes    lanes // its queue
	bySource map[*source]*lane
	n        int       // tasks in it
	engines  []*engine // live ones of the place; of the class of all tasks without constraints: not used
	dirty    bool
}

// enqueue puts a task that may run now into the queue of its place. One that ran before keeps its turn.
func (h *Hub) enqueue(t *task, why cause) {
	h.move(t, Queued, why)
	if r := t.rules; r != nil && r.timeout > 0 {
		h.alarms.add(t, h.now+r.timeout)
	}
	h.join(t)
}

// requeue moves a queued task to the queue of the place that it now has.
func (h *Hub) requeue(t *task) {
	h.unqueue(t)
	h.join(t)
}

// join puts a task into the queue of its place, by its turn.
func (h *Hub) join(t *task) {
	c := h.classOf(t)
	c.add(t)
	if h.hopeless(c) && !t.patient() {
		h.giveUp(t)
		return
	}
	if !c.dirty {
		c.dirty = true
		h.dirty = append(h.dirty, c)
	}
}

// unqueue takes a task out of its queue.
func (h *Hub) unqueue(t *task) {
	c := t.list.lane.class
	c.take(t)
	if c.n > 0 || c == &h.any {
		return
	}
	delete(h.classes, c.key)
	for _, e := range c.engines {
		e.classes = slices.DeleteFunc(e.classes, func(x *class) bool { return x == c })
	}
	c.engines = nil
}

// classOf finds or makes the class of a task's place.
func (h *Hub) classOf(t *task) *class {
	p, anywhere := t.rules.where()
	if anywhere {
		return &h.any
	}
	key := p.key()
	if c := h.classes[key]; c != nil {
		return c
	}
	h.seq++
	c := &class{place: p, key: key, born: h.seq}
	h.classes[key] = c
	if p.only {
		for _, u := range p.names {
			if e := h.engines[u]; e != nil && e.live {
				c.engines = append(c.engines, e)
			}
		}
	} else {
		for _, e := range h.live {
			if p.admits(e.uuid) {
				c.engines = append(c.engines, e)
			}
		}
	}
	for _, e := range c.engines {
		e.classes = append(e.classes, c)
	}
	return c
}

// hopeless says whether the place of a class is nowhere: its engines are gone, or all that are live have been tried.
func (h *Hub) hopeless(c *class) bool {
	return c != &h.any && len(c.engines) == 0 && (c.only || len(h.live) > 0)
}

// patient says whether a task waits even then, for an engine to come: its own time limit ends that.
func (t *task) patient() bool {
	return t.rules.timeout > 0 && len(t.rules.targets) == 0 && len(t.rules.homes) == 0
}

// giveUp ends a queued task that has no engine to wait for.
func (h *Hub) giveUp(t *task) {
	why, reason := impossible, Impossible
	if len(t.rules.tried) > 0 {
		why, reason = exhausted, Exhausted
	}
	h.end(t, Failed, why)
	h.do(Answer{Task: t.id, Reason: reason})
}

// failAll ends the tasks of a class of which no engine is left.
func (h *Hub) failAll(c *class) {
	var all []*task
	for _, l := range c.lanes {
		for t := l.head; t != nil; t = t.next {
			if !t.patient() {
				all = append(all, t)
			}
		}
	}
	slices.SortFunc(all, func(a, b *task) int { return cmp.Compare(a.seq, b.seq) })
	for _, t := range all {
		h.giveUp(t)
	}
}

// sortedClasses gives the classes in the order in which they were made.
func (h *Hub) sortedClasses() []*class {
	all := make([]*class, 0, len(h.classes))
	for _, c := range h.classes {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *class) int { return cmp.Compare(a.born, b.born) })
	return all
}
