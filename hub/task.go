package hub

import (
	"fmt"
	"time"
)

// kind is how a task finds its engine.
type kind uint8

const (
	balanced kind = iota
	direct
	part   // of a broadcast: what one engine gets
	spread // a broadcast as a whole
	kinds
)

// task is one task that has not ended.
type task struct {
	id     TaskID
	kind   kind
	state  State
	trail  trail
	engine *engine // while Running
	turn   turn    // order in its queue
	source *source // of a balanced task
	seq    int64   // order of arrival

	list       *list // that it is in
	prev, next *task

	rules *rules // nil: none
	kids  []kid  // tasks that wait for this one
	group *group // of a part and of a spread
}

// rules are the constraints of a balanced task.
type rules struct {
	after, follow need
	homes         []UUID // engines where tasks that it follows ended
	targets       []UUID
	tried         []UUID // engines that it must not run on again
	had           map[UUID]int
	timeout       time.Duration // longest wait
	limit         time.Duration // longest run
	deadline      time.Duration // of one of them
	alarm         int           // index in the heap of deadlines plus one; 0: not in it
	retries       int
	reruns        int
	same          bool
}

// kid is a task that depends on another one.
type kid struct {
	t      *task
	follow bool
}

// move takes a task one step further in its life.
func (h *Hub) move(t *task, to State, why cause) {
	reason, ok := life[edge{t.state, to, why}]
	if !ok {
		panic(fmt.Sprintf("hub: task %s cannot go from %v to %v (%v); its life so far: %v", t.id, t.state, to, why, &t.trail))
	}
	if h.Trace != nil {
		h.Trace(t.id, t.state, to, reason)
	}
	t.trail.add(to, why)
	h.unassigned += waits(to) - waits(t.state)
	t.state = to
}

// waits is 1 for the states of a task that no engine has yet.
func waits(s State) int {
	if s == Waiting || s == Queued {
		return 1
	}
	return 0
}

// end moves a task to the end of its life, forgets it and remembers how it ended.
func (h *Hub) end(t *task, to State, why cause) {
	var where *engine
	if t.state == Running {
		where = t.engine
	}
	h.release(t)
	h.move(t, to, why)
	h.sources.leave(t)
	delete(h.tasks, t.id)
	h.finished.add(ending{id: t.id, kind: t.kind, ok: to == Done, aborted: to == Aborted, engine: where.name()})
	if where != nil && to != Aborted {
		where.completed++
	}
	if len(t.kids) > 0 {
		h.ended = append(h.ended, parent{kids: t.kids, ok: to == Done, engine: where.name()})
		t.kids = nil
	}
}

// release takes a task out of the queue, list and heap that it is in, and makes room on its engine.
func (h *Hub) release(t *task) {
	if t.rules != nil && t.rules.alarm > 0 {
		h.alarms.remove(t)
	}
	switch t.state {
	case Queued:
		h.unqueue(t)
	case Running:
		if t.list != nil {
			t.list.remove(t)
		}
		if e := t.engine; e != nil && t.kind == balanced {
			e.load--
			h.freed(e)
		}
	case Arrived, Waiting, Done, Failed, Aborted:
	}
	t.engine = nil
}

// list is a queue of tasks from which any can be taken.
type list struct {
	head, tail *task
	n          int
	lane       *lane // that it is, if it is one
}

func (l *list) pushBack(t *task) {
	t.list, t.prev, t.next = l, l.tail, nil
	if l.tail == nil {
		l.head = t
	} else {
		l.tail.next = t
	}
	l.tail = t
	l.n++
}

func (l *list) pushFront(t *task) {
	t.list, t.prev, t.next = l, nil, l.head
	if l.head == nil {
		l.tail = t
	} else {
		l.head.prev = t
	}
	l.head = t
	l.n++
}

// insert puts t behind one that is in the list.
func (l *list) insert(t, behind *task) {
	if behind == l.tail {
		l.pushBack(t)
		return
	}
	t.list, t.prev, t.next = l, behind, behind.next
	behind.next.prev = t
	behind.next = t
	l.n++
}

func (l *list) remove(t *task) {
	if t.prev == nil {
		l.head = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.tail = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.list, t.prev, t.next = nil, nil, nil
	l.n--
}
