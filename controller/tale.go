package controller

import (
	"log/slog"
	"time"

	"github.com/galeproject/gale/hub"
)

// Bounds of the stories: of how many tasks, and how many steps of each. Of a task with more the first ones are kept and the latest.
const (
	keptTales  = 1 << 14
	keptSteps  = 64
	firstSteps = 16
)

// tales are what happened to the latest tasks.
type tales struct {
	log  *slog.Logger // of every step; nil: they are not wanted
	at   map[hub.TaskID]int
	ring []tale
	next int
}

// tale is what happened to a task.
type tale struct {
	id    hub.TaskID
	cut   bool // something is missing
	steps []taleStep
}

type taleStep struct {
	at     int64 // Unix time in µs
	to     hub.State
	why    string
	engine hub.UUID // that has it now
}

func newTales(log *slog.Logger) *tales {
	return &tales{log: log, at: map[hub.TaskID]int{}}
}

// find gives the tale of a task, nil when it is not kept.
func (t *tales) find(id hub.TaskID) *tale {
	if i, ok := t.at[id]; ok {
		return &t.ring[i]
	}
	return nil
}

// begin makes room for a task's tale, in the place of the oldest.
func (t *tales) begin(id hub.TaskID) *tale {
	if len(t.ring) < keptTales {
		t.ring = append(t.ring, tale{})
	}
	x := &t.ring[t.next]
	delete(t.at, x.id)
	t.at[id] = t.next
	t.next = (t.next + 1) % keptTales
	*x = tale{id: id, steps: x.steps[:0]}
	return x
}

// step adds what happened to a task. One whose tale had to go begins another, without what was before.
func (t *tales) step(now time.Time, id hub.TaskID, from, to hub.State, why string) {
	x := t.find(id)
	if x == nil {
		x = t.begin(id)
		x.cut = from != hub.Arrived
	}
	if len(x.steps) >= keptSteps {
		copy(x.steps[firstSteps:], x.steps[firstSteps+1:])
		x.steps = x.steps[:keptSteps-1]
		x.cut = true
	}
	x.steps = append(x.steps, taleStep{at: now.UnixMicro(), to: to, why: why})
	if t.log != nil {
		t.log.Debug("controller: task", "task", id, "state", to.String(), "because", why)
	}
}

// sent says which engine has a task since its latest step.
func (t *tales) sent(id hub.TaskID, engine hub.UUID) {
	if x := t.find(id); x != nil && len(x.steps) > 0 {
		x.steps[len(x.steps)-1].engine = engine
		if t.log != nil {
			t.log.Debug("controller: task sent", "task", id, "engine", engine)
		}
	}
}
