package hub

import (
	"cmp"
	"maps"
	"slices"
)

// EngineInfo is what the hub knows of a live engine.
type EngineInfo struct {
	UUID      UUID
	ID        EngineID
	Queue     int // direct tasks and parts of broadcasts that it has
	Tasks     int // balanced tasks that it has
	Completed int // tasks that it ended, aborted ones apart
}

// Engines gives the live engines in the order in which they came.
func (h *Hub) Engines() []EngineInfo {
	all := make([]EngineInfo, len(h.live))
	for i, e := range h.live {
		all[i] = e.info()
	}
	return all
}

// Engine gives one live engine.
func (h *Hub) Engine(u UUID) (EngineInfo, bool) {
	if e := h.engines[u]; e != nil && e.live {
		return e.info(), true
	}
	return EngineInfo{}, false
}

func (e *engine) info() EngineInfo {
	return EngineInfo{
		UUID: e.uuid, ID: e.id, Completed: e.completed,
		Queue: e.lists[direct].n + e.lists[part].n, Tasks: e.lists[balanced].n,
	}
}

// Departed gives the id of an engine that left, if the hub remembers it.
func (h *Hub) Departed(u UUID) (EngineID, bool) {
	d, ok := h.gone.at[u]
	return d.id, ok
}

// Known gives all engines that have an id or may come back under it, by id.
func (h *Hub) Known() []EngineInfo {
	all := make([]EngineInfo, 0, len(h.engines)+len(h.gone.at))
	for _, e := range h.engines {
		all = append(all, e.info())
	}
	for u, d := range h.gone.at {
		all = append(all, EngineInfo{UUID: u, ID: d.id})
	}
	slices.SortFunc(all, func(a, b EngineInfo) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// NextID is an id above all that were given.
func (h *Hub) NextID() EngineID { return h.ids.next }

// Knows says whether an engine is here, expected, or remembered.
func (h *Hub) Knows(u UUID) bool {
	_, left := h.gone.at[u]
	return left || h.engines[u] != nil
}

// Unassigned counts the balanced tasks that no engine has.
func (h *Hub) Unassigned() int { return h.unassigned }

// Live counts the tasks that have not ended, broadcasts and their parts included.
func (h *Hub) Live() int { return len(h.tasks) }

// State gives the state of a task that has not ended, or that the hub remembers.
func (h *Hub) State(id TaskID) (State, bool) {
	if t := h.tasks[id]; t != nil {
		return t.state, true
	}
	e, ok := h.finished.get(id)
	switch {
	case !ok:
		return Arrived, false
	case e.ok:
		return Done, true
	case e.aborted:
		return Aborted, true
	}
	return Failed, true
}

// EngineTasks lists the tasks of an engine: those of its queue, the balanced ones, and those ended that the hub remembers.
// It is for people: it looks at everything that the hub remembers.
func (h *Hub) EngineTasks(u UUID) (queue, tasks, completed []TaskID) {
	e := h.engines[u]
	if e == nil {
		return nil, nil, nil
	}
	for _, k := range []kind{direct, part} {
		for t := e.lists[k].head; t != nil; t = t.next {
			queue = append(queue, t.id)
		}
	}
	for t := e.lists[balanced].head; t != nil; t = t.next {
		tasks = append(tasks, t.id)
	}
	for end := range h.finished.all {
		if end.engine == u && !end.aborted {
			completed = append(completed, end.id)
		}
	}
	return queue, tasks, completed
}

// Has lists what an engine has that has not ended.
func (h *Hub) Has(u UUID) (tasks []TaskID) {
	if e := h.engines[u]; e != nil {
		for k := range e.lists {
			for t := e.lists[k].head; t != nil; t = t.next {
				tasks = append(tasks, t.id)
			}
		}
	}
	return tasks
}

// Stopped lists the tasks that were answered in an engine's place and that it still has, by id.
func (h *Hub) Stopped(u UUID) []TaskID {
	if e := h.engines[u]; e != nil {
		return slices.Sorted(maps.Keys(e.stopped))
	}
	return nil
}

// UnassignedTasks lists the balanced tasks that no engine has, in no order.
func (h *Hub) UnassignedTasks() []TaskID {
	var ids []TaskID
	for id, t := range h.tasks {
		if t.state == Waiting || t.state == Queued {
			ids = append(ids, id)
		}
	}
	return ids
}
