package simulate

import (
	"container/heap"
	"time"
)

// due is something that happens at a time.
type due struct {
	at  time.Time
	seq int
	do  func()
}

type agenda []due

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	if a[i].at.Equal(a[j].at) {
		return a[i].seq < a[j].seq
	}
	return a[i].at.Before(a[j].at)
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(due)) } //nolint:forcetypeassert // container/heap gives back what it got
func (a *agenda) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	*a = (*a)[:last]
	return x
}

// clock is the time of a history and what is going to happen in it.
type clock struct {
	now    time.Time
	seq    int
	agenda agenda
}

// at has something done at a time.
func (c *clock) at(t time.Time, do func()) {
	if t.Before(c.now) {
		t = c.now
	}
	c.seq++
	heap.Push(&c.agenda, due{t, c.seq, do})
}

// after has something done after a while.
func (c *clock) after(d time.Duration, do func()) { c.at(c.now.Add(d), do) }

// run does what is due until a time.
func (c *clock) run(until time.Time, more func() bool) {
	for len(c.agenda) > 0 && !c.agenda[0].at.After(until) && more() {
		d, _ := heap.Pop(&c.agenda).(due)
		c.now = d.at
		d.do()
	}
	if more() {
		c.now = until
	}
}
