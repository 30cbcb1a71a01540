package hub

import (
	"container/heap"
	"time"
)

// engineHeap has the engines that can be sent balanced tasks, the least loaded and then the longest unused one first.
type engineHeap []*engine

func (h engineHeap) Len() int { return len(h) }
func (h engineHeap) Less(i, j int) bool {
	if h[i].load != h[j].load {
		return h[i].load < h[j].load
	}
	return h[i].stamp < h[j].stamp
}

func (h engineHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i+1, j+1
}

// Push is for container/heap.
func (h *engineHeap) Push(x any) {
	e, _ := x.(*engine)
	*h = append(*h, e)
	e.at = len(*h)
}

// Pop is for container/heap.
func (h *engineHeap) Pop() any {
	n := len(*h) - 1
	e := (*h)[n]
	(*h)[n] = nil
	*h = (*h)[:n]
	e.at = 0
	return e
}

func (h *engineHeap) add(e *engine)    { heap.Push(h, e) }
func (h *engineHeap) remove(e *engine) { heap.Remove(h, e.at-1) }
func (h *engineHeap) fix(e *engine)    { heap.Fix(h, e.at-1) }

// alarms has the tasks whose wait is limited, the one to expire next first.
type alarms []*task

func (a alarms) Len() int { return len(a) }
func (a alarms) Less(i, j int) bool {
	if d, e := a[i].rules.deadline, a[j].rules.deadline; d != e {
		return d < e
	}
	return a[i].seq < a[j].seq
}

func (a alarms) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].rules.alarm, a[j].rules.alarm = i+1, j+1
}

// Push is for container/heap.
func (a *alarms) Push(x any) {
	t, _ := x.(*task)
	*a = append(*a, t)
	t.rules.alarm = len(*a)
}

// Pop is for container/heap.
func (a *alarms) Pop() any {
	n := len(*a) - 1
	t := (*a)[n]
	(*a)[n] = nil
	*a = (*a)[:n]
	t.rules.alarm = 0
	return t
}

func (a *alarms) add(t *task, at time.Duration) {
	if t.rules.alarm > 0 {
		return // it has waited since then
	}
	t.rules.deadline = at
	heap.Push(a, t)
}

func (a *alarms) remove(t *task) { heap.Remove(a, t.rules.alarm-1) }
