package hub

import "container/heap"

// turn orders the tasks that wait for an engine.
type turn struct {
	urgency int   // higher ones first
	share   int64 // then in turn: the n-th task of one client is beside the n-th of another that began with it
	seq     int64 // then by arrival
}

func (a turn) before(b turn) bool {
	if a.urgency != b.urgency {
		return a.urgency > b.urgency
	}
	if a.share != b.share {
		return a.share < b.share
	}
	return a.seq < b.seq
}

// sourceKey names a source.
type sourceKey struct {
	client   string
	priority int
}

// source is a client that has tasks of one priority. Its tasks get shares one after the other; a newcomer begins where the
// others are now, so that a million tasks queued by one client do not delay another one's first by more than one task.
type source struct {
	sourceKey
	last  int64 // share of its latest task
	n     int   // tasks that have not ended
	level *level
}

// level is what the sources of one priority share.
type level struct {
	now int64 // highest share that an engine was given
	n   int   // sources
}

// sources are all clients that have tasks.
type sources struct {
	at     map[sourceKey]*source
	levels map[int]*level
}

// join gives a new task its source and its turn.
func (s *sources) join(t *task, key sourceKey) {
	src := s.at[key]
	if src == nil {
		l := s.levels[key.priority]
		if l == nil {
			l = &level{}
			s.levels[key.priority] = l
		}
		l.n++
		src = &source{sourceKey: key, level: l}
		s.at[key] = src
	}
	src.n++
	src.last = max(src.last, src.level.now) + 1
	t.source, t.turn = src, turn{key.priority, src.last, t.seq}
}

// leave forgets a source with its last task.
func (s *sources) leave(t *task) {
	src := t.source
	if src == nil {
		return
	}
	t.source = nil
	if src.n--; src.n > 0 {
		return
	}
	delete(s.at, src.sourceKey)
	if src.level.n--; src.level.n == 0 {
		delete(s.levels, src.priority)
	}
}

// lane is what one source has in the queue of a class, in the order of turns.
type lane struct {
	list
	class  *class
	source *source
	at     int // index in the heap of its class
}

// lanes is a heap: the lane whose head's turn comes first is the first.
type lanes []*lane

func (l lanes) Len() int           { return len(l) }
func (l lanes) Less(i, j int) bool { return l[i].head.turn.before(l[j].head.turn) }
func (l lanes) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].at, l[j].at = i, j
}

// Push is for container/heap.
func (l *lanes) Push(x any) {
	n, _ := x.(*lane)
	n.at = len(*l)
	*l = append(*l, n)
}

// Pop is for container/heap.
func (l *lanes) Pop() any {
	n := len(*l) - 1
	x := (*l)[n]
	(*l)[n] = nil
	*l = (*l)[:n]
	return x
}

// head gives the task of the class whose turn it is, nil when there is none.
func (c *class) head() *task {
	if len(c.lanes) == 0 {
		return nil
	}
	return c.lanes[0].head
}

// add puts a task where its turn is.
func (c *class) add(t *task) {
	l := c.bySource[t.source]
	if l == nil {
		l = &lane{class: c, source: t.source}
		l.lane = l
		if c.bySource == nil {
			c.bySource = map[*source]*lane{}
		}
		c.bySource[t.source] = l
		l.pushBack(t)
		heap.Push(&c.lanes, l)
	} else {
		l.place(t)
		heap.Fix(&c.lanes, l.at)
	}
	c.n++
}

// take removes a task from the queue.
func (c *class) take(t *task) {
	l := t.list.lane
	l.remove(t)
	c.n--
	if l.n > 0 {
		heap.Fix(&c.lanes, l.at)
		return
	}
	l.head = t // the heap compares it once more
	heap.Remove(&c.lanes, l.at)
	l.head = nil
	delete(c.bySource, l.source)
}

// place puts a task into a list by its turn: new ones belong at the end, those that ran before at the front, and those whose
// place changed while they were queued somewhere between.
func (l *list) place(t *task) {
	front, back := l.head, l.tail
	for {
		switch {
		case t.turn.before(front.turn):
			if front.prev == nil {
				l.pushFront(t)
			} else {
				l.insert(t, front.prev)
			}
			return
		case back.turn.before(t.turn):
			l.insert(t, back)
			return
		}
		front, back = front.next, back.prev
	}
}
