package hub

import "slices"

// Dependency is a condition on how other balanced tasks end. Without tasks it is met.
type Dependency struct {
	Tasks   []TaskID
	Any     bool // one of them is enough; otherwise all must
	Success bool // ending well counts
	Failure bool // ending badly, or being aborted, counts
}

// After makes the usual dependency: all tasks ended well.
func After(tasks ...TaskID) Dependency { return Dependency{Tasks: tasks, Success: true} }

// need is what is left of a dependency.
type need struct {
	d    Dependency // without its tasks
	left int        // tasks that must still end
	met  bool
}

// hear takes one ended task into account, which counts or not, and says whether the dependency can still be met.
func (n *need) hear(counts bool) (possible bool) {
	n.left--
	if n.d.Any {
		n.met = n.met || counts
		return n.met || n.left > 0
	}
	n.met = counts && n.left == 0
	return counts
}

// counts says whether a task that ended like this is what the dependency asks for.
func (d *Dependency) counts(ok bool) bool { return ok && d.Success || !ok && d.Failure }

// parent is a task that ended and others depended on.
type parent struct {
	kids   []kid
	ok     bool
	engine UUID
}

// bind connects a new task with those that it depends on. It gives Invalid or Impossible when that cannot be, and fine when
// the task may wait or run.
func (h *Hub) bind(t *task, dep Dependency, follow bool) (reason Reason, fine bool) {
	n := &t.rules.after
	if follow {
		n = &t.rules.follow
	}
	ids := slices.Clone(dep.Tasks)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	dep.Tasks = nil
	*n = need{d: dep, left: len(ids), met: len(ids) == 0}
	if len(ids) > 0 && !dep.Success && !dep.Failure {
		return Invalid, false
	}
	for _, id := range ids {
		if p := h.tasks[id]; p != nil && p.kind == balanced && p != t {
			continue
		}
		if e, ok := h.finished.get(id); !ok || e.kind != balanced {
			return Invalid, false
		}
	}
	for _, id := range ids {
		if p := h.tasks[id]; p != nil {
			p.kids = append(p.kids, kid{t, follow})
			continue
		}
		e, _ := h.finished.get(id)
		if !h.heed(t, follow, e.ok, e.engine) {
			return Impossible, false
		}
	}
	return 0, true
}

// heed takes the end of a task into account that t depends on, and says whether t can still run.
func (h *Hub) heed(t *task, follow, ok bool, where UUID) bool {
	r := t.rules
	if !follow {
		return r.after.hear(r.after.d.counts(ok))
	}
	counts := r.follow.d.counts(ok) && where != "" // what no engine ended cannot be followed
	if counts && !slices.Contains(r.homes, where) {
		r.homes = append(r.homes, where)
	}
	if !r.follow.d.Any && len(r.homes) > 1 {
		return false // it would have to run in two places
	}
	return r.follow.hear(counts)
}

// wake tells those that depend on an ended task.
func (h *Hub) wake(p parent) {
	for _, k := range p.kids {
		t := k.t
		switch {
		case t.state == Waiting:
			if !h.heed(t, k.follow, p.ok, p.engine) {
				h.end(t, Failed, impossible)
				h.do(Answer{Task: t.id, Reason: Impossible})
			} else if t.rules.after.met && t.rules.follow.met {
				h.enqueue(t, ready)
			}
		case t.state == Queued && k.follow:
			// It may follow any of several tasks, and one more has ended: there are more places.
			h.heed(t, true, p.ok, p.engine)
			h.requeue(t)
		}
	}
}
