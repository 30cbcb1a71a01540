package hub

import (
	"fmt"
	"slices"
	"strings"
)

// State is where a task stands in its life.
type State uint8

// The states of a task.
const (
	Arrived State = iota
	Waiting       // for other tasks
	Queued        // for an engine
	Running       // an engine has it
	Done
	Failed
	Aborted
)

var stateNames = [...]string{"arrived", "waiting", "queued", "running", "done", "failed", "aborted"}

func (s State) String() string { return stateNames[s] }

// over says whether nothing can happen to the task any more.
func (s State) over() bool { return s >= Done }

// cause is what moves a task from one state to another.
type cause uint8

const (
	early cause = iota
	ready
	addressed
	split
	invalid
	impossible
	expired
	withdrawn
	assigned
	returned
	raised
	cancelled
	unmet
	retried
	lost
	died
	exhausted
	absent
	collected
	resumed
	unsent
	stopped
	overdue
	causes
)

var causeNames = [causes]string{
	"early", "ready", "addressed", "split", "invalid", "impossible", "expired", "withdrawn", "assigned",
	"returned", "raised", "cancelled", "unmet", "retried", "lost", "died", "exhausted", "absent", "collected",
	"resumed", "unsent", "stopped", "overdue",
}

func (c cause) String() string { return causeNames[c] }

// edge is one step of a life.
type edge struct {
	from, to State
	why      cause
}

// life is the whole life of a task: a step that is not here is a bug.
var life = map[edge]string{
	{Arrived, Waiting, early}:     "it comes after tasks that have not ended",
	{Arrived, Queued, ready}:      "it waits for no other task",
	{Arrived, Running, addressed}: "it was addressed to this engine",
	{Arrived, Running, split}:     "its parts went to their engines",
	{Arrived, Running, resumed}:   "its engine has had it since an earlier life of the hub",
	{Running, Queued, unsent}:     "its engine never got it: it goes out again",
	{Running, Aborted, stopped}:   "the client does not want it any more: the engine is interrupted",
	{Running, Failed, overdue}:    "it ran longer than it may: the engine is interrupted",
	{Arrived, Failed, invalid}:    "it depends on a task that is not known",
	{Arrived, Failed, impossible}: "what it depends on ended in another way or place",
	{Arrived, Failed, absent}:     "it was addressed to an engine that is not there",
	{Arrived, Done, collected}:    "it was addressed to no engine",
	{Waiting, Queued, ready}:      "the tasks that it comes after have ended",
	{Waiting, Failed, impossible}: "what it depends on ended in another way or place",
	{Waiting, Failed, expired}:    "it waited too long",
	{Waiting, Aborted, withdrawn}: "the client does not want it any more",
	{Queued, Running, assigned}:   "an engine was free",
	{Queued, Failed, impossible}:  "no engine that it may run on is left",
	{Queued, Failed, exhausted}:   "it was tried on every engine that is left",
	{Queued, Failed, expired}:     "it waited too long",
	{Queued, Aborted, withdrawn}:  "the client does not want it any more",
	{Running, Done, returned}:     "the engine returned a result",
	{Running, Done, collected}:    "all engines have answered",
	{Running, Failed, raised}:     "an engine returned an error",
	{Running, Failed, died}:       "the engine died and the task may not run again",
	{Running, Failed, unmet}:      "the engine lacks what it depends on, and so did all others",
	{Running, Aborted, cancelled}: "the engine was told to abort it before it began",
	{Running, Queued, unmet}:      "the engine lacks what it depends on: another one gets it",
	{Running, Queued, retried}:    "the engine returned an error: it is tried again",
	{Running, Queued, lost}:       "the engine died: it runs again elsewhere",
}

// edges gives the table in a fixed order.
func edges() []edge {
	all := make([]edge, 0, len(life))
	for e := range life {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b edge) int {
		if a.from != b.from {
			return int(a.from) - int(b.from)
		}
		if a.to != b.to {
			return int(a.to) - int(b.to)
		}
		return int(a.why) - int(b.why)
	})
	return all
}

// LifeTable gives the life of a task in Markdown: a diagram, and the reason of each edge.
func LifeTable() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> arrived\n")
	all := edges()
	for i := 0; i < len(all); {
		var why []string
		e := all[i]
		for ; i < len(all) && all[i].from == e.from && all[i].to == e.to; i++ {
			why = append(why, all[i].why.String())
		}
		fmt.Fprintf(&b, "    %v --> %v: %s\n", e.from, e.to, strings.Join(why, ", "))
	}
	for s := Done; s <= Aborted; s++ {
		fmt.Fprintf(&b, "    %v --> [*]\n", s)
	}
	b.WriteString("```\n\n| from | to | cause | because |\n|---|---|---|---|\n")
	for _, e := range all {
		fmt.Fprintf(&b, "| %v | %v | %v | %s |\n", e.from, e.to, e.why, life[e])
	}
	return b.String()
}

// trail remembers the latest steps of one task, for the story that a broken promise tells.
type trail [12]struct {
	to  State
	why cause
}

func (t *trail) add(to State, why cause) {
	copy(t[:], t[1:])
	t[len(t)-1].to, t[len(t)-1].why = to, why
}

func (t *trail) String() string {
	var b strings.Builder
	b.WriteString("arrived")
	for _, s := range t {
		if s.to != Arrived {
			fmt.Fprintf(&b, ", %v (%v)", s.to, s.why)
		}
	}
	return b.String()
}
