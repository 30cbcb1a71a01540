package hub

import "fmt"

// Scheme is how a balanced task gets one of the engines that have room for it.
type Scheme string

// The schemes. Engines are ordered by last use, the one used longest ago first.
const (
	LeastLoad   Scheme = "leastload"   // the first of those with the fewest tasks
	LRU         Scheme = "lru"         // the first
	PlainRandom Scheme = "plainrandom" // any
	TwoBin      Scheme = "twobin"      // the first of two random ones
	Weighted    Scheme = "weighted"    // the less loaded of two that were drawn with weight 1/load
)

// ParseScheme checks the name of a scheme.
func ParseScheme(s string) (Scheme, error) {
	switch c := Scheme(s); c {
	case LeastLoad, LRU, PlainRandom, TwoBin, Weighted:
		return c, nil
	}
	return "", fmt.Errorf("hub: scheme %q: want leastload, lru, plainrandom, twobin or weighted", s)
}

func (h *Hub) submit(ev Submit) {
	t := h.newTask(ev.Task, balanced, 1)
	if t == nil {
		return
	}
	if free := len(ev.After.Tasks) == 0 && len(ev.Follow.Tasks) == 0 && len(ev.Targets) == 0 && ev.Timeout == 0 && ev.Retries == 0 && ev.Reruns == 0; free {
		h.enqueue(t, ready, false)
		return
	}
	t.rules = &rules{targets: ev.Targets, timeout: max(ev.Timeout, 0), retries: ev.Retries, reruns: ev.Reruns, same: ev.Same}
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
		h.enqueue(t, ready, false)
		return
	}
	h.move(t, Waiting, early)
	if t.rules.timeout > 0 {
		h.alarms.add(t, h.now+t.rules.timeout)
	}
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
	e.load++
	h.stamp++
	e.stamp = h.stamp
	h.heap.fix(e)
	e.lists[balanced].pushBack(t)
	h.move(t, Running, assigned)
	h.do(Send{Task: t.id, Engine: e.uuid, Again: again})
}

// room says whether an engine can be sent one more balanced task.
func (h *Hub) room(e *engine) bool { return e.at > 0 && (h.o.HighWater < 0 || e.load < h.o.HighWater) }

// pull gives an engine that may have room the queued tasks whose turn it is.
func (h *Hub) pull(e *engine) {
	for h.room(e) {
		best := &h.any
		for _, c := range e.classes {
			if best.queue.head == nil || c.queue.head.turn < best.queue.head.turn {
				best = c
			}
		}
		if best.queue.head == nil {
			return
		}
		h.run(best.queue.head, e)
	}
}

// push gives the tasks of a queue to engines that have room.
func (h *Hub) push(c *class) {
	for c.queue.head != nil {
		e := h.choose(c)
		if e == nil {
			return
		}
		h.run(c.queue.head, e)
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
	if h.o.Scheme == LeastLoad || h.o.Scheme == LRU {
		var best *engine
		for _, e := range engines {
			if h.room(e) && (best == nil || h.before(e, best)) {
				best = e
			}
		}
		return best
	}
	var free []*engine
	for _, e := range engines {
		if h.room(e) {
			free = append(free, e)
		}
	}
	if len(free) == 0 {
		return nil
	}
	return h.draw(free)
}

// before says whether the scheme prefers a to b.
func (h *Hub) before(a, b *engine) bool {
	if h.o.Scheme == LeastLoad && a.load != b.load {
		return a.load < b.load
	}
	return a.stamp < b.stamp
}

// draw throws the dice for one of the engines.
func (h *Hub) draw(free []*engine) *engine {
	any := func() *engine { return free[h.o.Dice()%uint64(len(free))] }
	switch h.o.Scheme {
	case TwoBin:
		a, b := any(), any()
		if b.stamp < a.stamp {
			return b
		}
		return a
	case Weighted:
		a, b := h.weigh(free), h.weigh(free)
		if b.load < a.load {
			return b
		}
		return a
	case PlainRandom, LeastLoad, LRU:
	}
	return any()
}

// weigh draws an engine with weight 1/(1e-6+load).
func (h *Hub) weigh(free []*engine) *engine {
	weight := func(e *engine) float64 { return 1 / (1e-6 + float64(e.load)) }
	sum := 0.0
	for _, e := range free {
		sum += weight(e)
	}
	at := float64(h.o.Dice()>>11) / (1 << 53) * sum
	for _, e := range free {
		if at -= weight(e); at < 0 {
			return e
		}
	}
	return free[len(free)-1]
}

func (h *Hub) abort(id TaskID) {
	t := h.tasks[id]
	if t == nil || t.state != Waiting && t.state != Queued {
		return // it ended, or an engine has it and hears of it otherwise
	}
	h.end(t, Aborted, withdrawn)
	h.do(Answer{Task: id, Reason: Withdrawn})
}
