package hub

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// registrationTime is how long an engine may take from its id to being connected; ten heartbeats if that is longer.
const registrationTime = 30 * time.Second

// maxEngines bounds the engines that are live or expected.
const maxEngines = 1 << 16

// engine is one that asked for an id: first expected, then, once connected on every channel, live.
type engine struct {
	uuid    UUID
	id      EngineID
	live    bool
	awaited bool          // it was here in an earlier life of the hub and has tasks
	heart   bool          // it is not ready without its heart
	since   time.Duration // it asked

	beating bool // it has sent a heartbeat back
	beat    bool // since the last ping
	missed  int

	load    int // balanced tasks that it has
	stamp   int64
	at      int // index in the heap plus one; 0: not in it
	roomy   bool
	lists   [kinds]list // tasks that it has
	classes []*class    // that it is in, whose queues are not empty

	stopped map[TaskID]struct{} // tasks that were answered and that it still has; they count as load

	completed int

	leaving bool          // it said goodbye and still has tasks
	gone    time.Duration // it is gone then, whatever it has
}

// grace is the time that results have to arrive after their engine's goodbye, which takes a shorter way.
const grace = time.Second

// name is the engine's uuid; that of no engine is empty.
func (e *engine) name() UUID {
	if e == nil {
		return ""
	}
	return e.uuid
}

// links counts the connections of one identity. With a handover the new one may come before the old one's end.
type links [channels]int

func (l *links) all() bool {
	return l != nil && l[Mux] > 0 && l[Balanced] > 0 && l[Broadcast] > 0 && l[Control] > 0
}

// dead says that the engine is gone. Its control connection may be that of a watcher, which outlives it.
func (l *links) dead() bool {
	return l == nil || l[Mux] == 0 && l[Balanced] == 0 && l[Broadcast] == 0
}

func (h *Hub) register(ev Register) {
	switch {
	case ev.UUID == "":
		h.do(Refuse{ev.UUID, "an engine needs a uuid"})
		return
	case len(h.engines) >= maxEngines:
		h.do(Refuse{ev.UUID, "there are too many engines"})
		return
	case h.engines[ev.UUID] != nil && h.engines[ev.UUID].live: // one that did not hear its id may ask again
		h.do(Refuse{ev.UUID, "uuid " + string(ev.UUID) + " in use"})
		return
	}
	e := h.engines[ev.UUID]
	if e != nil {
		e.since = h.now
	} else if old, known := h.gone.take(ev.UUID); known {
		e = h.expect(ev.UUID, old.id)
	} else {
		e = h.expect(ev.UUID, h.ids.take(ev.Wanted))
	}
	e.heart = ev.Heart
	h.do(Welcome{e.uuid, e.id})
	h.complete(e)
}

// expect makes an engine that is not live yet.
func (h *Hub) expect(u UUID, id EngineID) *engine {
	e := &engine{uuid: u, id: id, since: h.now}
	h.engines[u] = e
	return e
}

func (h *Hub) connect(ev Connect) {
	l := h.links[ev.UUID]
	if l == nil {
		l = &links{}
		h.links[ev.UUID] = l
	}
	l[ev.Channel]++
	e := h.engines[ev.UUID]
	if e == nil && l.all() {
		// A suspended machine or a cut network: the engine never knew that it was gone.
		if old, ok := h.gone.take(ev.UUID); ok {
			e = h.expect(ev.UUID, old.id)
		}
	}
	switch {
	case e == nil:
	case !e.live:
		h.complete(e)
	case ev.Channel == Balanced && l[Balanced] == 1:
		h.open(e)
	}
}

func (h *Hub) disconnect(ev Disconnect) {
	l := h.links[ev.UUID]
	if l == nil || l[ev.Channel] == 0 {
		return
	}
	l[ev.Channel]--
	if *l == (links{}) {
		delete(h.links, ev.UUID)
	}
	e := h.engines[ev.UUID]
	switch {
	case e == nil || !e.live:
	case l.dead():
		h.leave(e, "its connections closed", false)
	case l[Balanced] == 0 && e.at > 0:
		h.heap.remove(e)
	}
}

// complete makes an engine live when it is connected on every channel.
func (h *Hub) complete(e *engine) {
	if l := h.links[e.uuid]; !l.all() || e.heart && l[Heart] == 0 {
		return
	}
	e.live, e.awaited = true, false
	h.eldest--
	e.stamp = h.eldest
	h.live = append(h.live, e)
	h.do(Joined{e.uuid, e.id})
	for _, c := range h.sortedClasses() {
		if c.admits(e.uuid) {
			c.engines = append(c.engines, e)
			e.classes = append(e.classes, c)
		} else if h.hopeless(c) {
			h.failAll(c)
		}
	}
	h.open(e)
}

// goodbye takes an engine out when it has answered what it has, or its connections close, or its grace is over.
func (h *Hub) goodbye(e *engine) {
	if e.leaving {
		return
	}
	if !e.live || e.idle() {
		h.leave(e, Goodbye, false)
		return
	}
	e.leaving, e.gone = true, h.now+grace
	h.leaving = append(h.leaving, e)
	if e.at > 0 {
		h.heap.remove(e)
	}
}

// farewell takes out those whose grace is over, or who have nothing left, and says whether there were any.
func (h *Hub) farewell() (some bool) {
	if len(h.leaving) == 0 {
		return false
	}
	for _, e := range slices.Clone(h.leaving) {
		if e.idle() || e.gone <= h.now {
			h.leave(e, Goodbye, false)
			some = true
		}
	}
	return some
}

func (e *engine) idle() bool {
	return e.lists[balanced].n+e.lists[direct].n+e.lists[part].n == 0
}

// open makes an engine available to balanced tasks.
func (h *Hub) open(e *engine) {
	if e.leaving {
		return
	}
	if e.at == 0 {
		h.heap.add(e)
	}
	h.freed(e)
}

// freed notes that an engine may have room.
func (h *Hub) freed(e *engine) {
	if e.at > 0 {
		h.heap.fix(e)
	}
	if e.live && !e.roomy {
		e.roomy = true
		h.roomy = append(h.roomy, e)
	}
}

// leave takes an engine out and deals with what it had. A silent one may be heard again.
func (h *Hub) leave(e *engine, reason string, silent bool) {
	delete(h.engines, e.uuid)
	if !e.live {
		h.giveUpOn(e)
		return
	}
	e.live = false
	if e.leaving {
		h.leaving = slices.DeleteFunc(h.leaving, func(x *engine) bool { return x == e })
	}
	h.gone.add(e.uuid, e.id, silent)
	if e.at > 0 {
		h.heap.remove(e)
	}
	h.live = slices.DeleteFunc(h.live, func(x *engine) bool { return x == e })
	h.do(Left{e.uuid, e.id, reason})
	classes := e.classes
	e.classes = nil
	for _, c := range classes {
		c.engines = slices.DeleteFunc(c.engines, func(x *engine) bool { return x == e })
		if h.hopeless(c) {
			h.failAll(c)
		}
	}
	h.buryAll(e)
}

// beat judges the answers to the last heartbeat, sends the next one, and gives up engines that never came.
func (h *Hub) beat() {
	var silent []*engine
	for _, e := range h.live {
		switch {
		case e.beat:
			e.beat, e.missed = false, 0
		case e.beating:
			if e.missed++; e.missed > h.o.Misses {
				silent = append(silent, e)
			}
		}
	}
	for _, e := range silent {
		h.leave(e, "it missed "+strconv.Itoa(e.missed)+" heartbeats", true)
	}
	h.giveUpLate()
	h.beats[0], h.beats[1] = h.beats[1], strconv.FormatFloat(h.now.Seconds(), 'f', -1, 64)
	h.do(Ping{h.beats[1]})
	for h.nextBeat <= h.now {
		h.nextBeat += h.o.Period
	}
}

// giveUpLate forgets engines that asked for an id, or were here in an earlier life, and do not come.
func (h *Hub) giveUpLate() {
	var late []*engine
	for _, e := range h.engines {
		if !e.live && h.now-e.since > max(registrationTime, 10*h.o.Period) {
			late = append(late, e)
		}
	}
	slices.SortFunc(late, func(a, b *engine) int { return cmp.Compare(a.id, b.id) })
	for _, e := range late {
		delete(h.engines, e.uuid)
		h.giveUpOn(e)
	}
}

// giveUpOn deals with the tasks of an engine that was awaited.
func (h *Hub) giveUpOn(e *engine) {
	if e.awaited {
		h.gone.add(e.uuid, e.id, false)
		h.buryAll(e)
	}
}

// buryAll deals with what an engine had that is gone.
func (h *Hub) buryAll(e *engine) {
	for k := range e.lists {
		for t := e.lists[k].head; t != nil; t = e.lists[k].head {
			h.bury(t)
		}
	}
}

func (h *Hub) pong(ev Pong) {
	if ev.Payload == "" || ev.Payload != h.beats[0] && ev.Payload != h.beats[1] {
		return
	}
	e := h.engines[ev.UUID]
	if e == nil && h.gone.silent(ev.UUID) && h.links[ev.UUID].all() {
		// A machine that stood still woke up before its connections broke.
		old, _ := h.gone.take(ev.UUID)
		e = h.expect(ev.UUID, old.id)
		h.complete(e)
	}
	if e != nil {
		e.beating, e.beat = true, true
	}
}
