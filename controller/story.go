package controller

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/galeproject/gale/hub"
)

// Story is what happened to a task.
type Story struct {
	Task    string   `json:"task"`
	Request string   `json:"request,omitempty"` // type of the message
	Queue   string   `json:"queue,omitempty"`   // task: balanced; mux: to one engine; broadcast
	Client  string   `json:"client,omitempty"`  // its session
	Label   string   `json:"label,omitempty"`
	Date    string   `json:"date,omitempty"`    // when the client sent it, by its clock
	After   []string `json:"after,omitempty"`   // tasks that it came after
	Follow  []string `json:"follow,omitempty"`  // tasks that it was to run where they did
	Targets []string `json:"targets,omitempty"` // engines that it might run on
	State   string   `json:"state"`
	Cut     bool     `json:"cut,omitempty"` // some steps are not known any more
	Steps   []Step   `json:"steps"`
	Error   *Failure `json:"error,omitempty"`
	Again   string   `json:"again,omitempty"`  // it was submitted again, as this task
	Others  []string `json:"others,omitempty"` // that begin like this too; then the rest is empty
}

// Step is one step of a task's life.
type Step struct {
	At     time.Time `json:"at"`
	State  string    `json:"state"`
	Why    string    `json:"why"`
	Engine *int      `json:"engine,omitempty"` // that has it now, or had it until now
	Where  string    `json:"where,omitempty"`  // host and process of the engine
	Ending string    `json:"ending,omitempty"` // how the engine ended
}

// Ending is the end of a process of the cluster, as the cluster's supervisor saw it.
type Ending struct {
	Name string    `json:"name"`
	Host string    `json:"where,omitempty"`
	Pid  int       `json:"pid,omitempty"`
	Time time.Time `json:"time"`
	How  string    `json:"how"`
}

// maxOthers bounds the tasks that are listed when more than one is meant.
const maxOthers = 20

// tell tells what happened to the task whose id begins so; ok is false when none is known.
func (s *shell) tellStory(prefix string) (Story, bool) {
	ids := s.beginning(prefix)
	if len(ids) > 1 {
		return Story{Others: ids}, true
	}
	id := hub.TaskID(prefix)
	if len(ids) == 1 {
		id = hub.TaskID(ids[0])
	}
	t, j := s.tales.find(id), s.find(id)
	if c := s.casts[id]; j == nil && c != nil {
		j = c.whole
	}
	if t == nil && j == nil {
		return Story{}, false
	}
	st := Story{Task: string(id), Steps: []Step{}}
	if j != nil {
		s.about1(&st, j)
	}
	if t != nil {
		st.Cut, st.Steps = t.cut, s.steps(t)
		st.State = st.Steps[len(st.Steps)-1].State
	} else {
		st.Cut = true
		s.fromRecord(&st, j)
	}
	return st, true
}

// beginning gives the ids of tasks that begin so; one that is meant exactly alone.
func (s *shell) beginning(prefix string) []string {
	if prefix == "" {
		return nil
	}
	if s.tales.find(hub.TaskID(prefix)) != nil || s.here(hub.TaskID(prefix)) != nil {
		return []string{prefix}
	}
	found := map[string]bool{}
	look := func(id hub.TaskID) {
		if len(found) < maxOthers && strings.HasPrefix(string(id), prefix) {
			found[string(id)] = true
		}
	}
	for id := range s.tales.at {
		look(id)
	}
	for id := range s.records.byID {
		look(id)
	}
	ids := make([]string, 0, len(found))
	for id := range found {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// about1 tells what the request said.
func (s *shell) about1(st *Story, j *job) {
	st.Request, st.Queue, st.Date = j.request.Header.MsgType, j.queue, j.submitted()
	st.Client = field(j.request.RawHeader, "session")
	st.Again = string(j.resubmitted)
	var md struct {
		Label any `json:"label"`
	}
	if j.request.Metadata(&md) == nil && md.Label != nil {
		st.Label = shortened(fmt.Sprint(md.Label))
	}
	if j.queue == "task" {
		if ev, err := submission(j.request); err == nil {
			st.After, st.Follow, st.Targets = texts(ev.After.Tasks), texts(ev.Follow.Tasks), texts(ev.Targets)
		}
	}
	if j.ended && j.status != hub.OK && j.reply != nil {
		var one meter
		one.failed(j.replied, j, s.engineID(hub.UUID(j.engine)))
		if len(one.fails) == 1 {
			st.Error = &one.fails[0]
		}
	}
}

// maxNamed bounds the tasks and engines that a story names.
const maxNamed = 50

func texts[T ~string](all []T) []string {
	var out []string
	for _, x := range all[:min(len(all), maxNamed)] {
		out = append(out, string(x))
	}
	return out
}

// steps tells the steps of a tale.
func (s *shell) steps(t *tale) []Step {
	endings := []Ending(nil)
	if s.endings != nil {
		endings = s.endings()
	}
	out := make([]Step, 0, len(t.steps))
	var at hub.UUID // that has the task
	for _, x := range t.steps {
		p := Step{At: time.UnixMicro(x.at).UTC(), State: x.to.String(), Why: x.why}
		left := at
		at = x.engine
		if u := cmp.Or(x.engine, left); u != "" {
			s.where(&p, u, endings, x.engine == "")
		}
		out = append(out, p)
	}
	return out
}

// where tells of a step's engine, and how it ended if it had to do with that.
func (s *shell) where(p *Step, u hub.UUID, endings []Ending, left bool) {
	if id := int(s.engineID(u)); id >= 0 {
		p.Engine = &id
	}
	a := s.saidOf(u)
	if a.Pid != 0 {
		p.Where = fmt.Sprintf("%s, process %d", a.Host, a.Pid)
	}
	if _, here := s.hub.Engine(u); here || !left || a.Pid == 0 {
		return
	}
	for _, e := range endings {
		if e.Pid == a.Pid && e.Host == a.Host && p.At.Sub(e.Time).Abs() < time.Minute {
			p.Ending = e.How
		}
	}
}

// fromRecord tells what a record knows: the beginning and the end.
func (s *shell) fromRecord(st *Story, j *job) {
	st.State = "running"
	if when, err := time.Parse(time.RFC3339Nano, st.Date); err == nil {
		st.Steps = append(st.Steps, Step{At: when, State: hub.Arrived.String(), Why: "the client sent it, by its own clock"})
	}
	if !j.ended {
		return
	}
	st.State = outcomeNames[outcomeOf(j.status)]
	p := Step{At: j.replied, State: st.State, Why: "it was answered"}
	if j.engine != "" {
		s.where(&p, hub.UUID(j.engine), nil, false)
	}
	st.Steps = append(st.Steps, p)
}

// story answers a request for one.
func (q *question) story() {
	var c struct {
		Task string `json:"task"`
	}
	if err := q.m.Content(&c); err != nil {
		q.fail(StoryReply, "ValueError", err.Error())
		return
	}
	st, ok := q.s.tellStory(c.Task)
	if !ok {
		q.fail(StoryReply, "KeyError", "No such task is known: "+shortened(c.Task))
		return
	}
	q.answer(StoryReply, map[string]any{"status": "ok", "story": st})
}

// String tells the story to a person.
func (st Story) String() string {
	var b strings.Builder
	if len(st.Others) > 0 {
		fmt.Fprintf(&b, "several tasks begin so:\n  %s\n", strings.Join(st.Others, "\n  "))
		return b.String()
	}
	fmt.Fprintf(&b, "task %s: %s", st.Task, st.State)
	if st.Label != "" {
		fmt.Fprintf(&b, ", label %s", st.Label)
	}
	if st.Request != "" {
		fmt.Fprintf(&b, "\n  %s of client %s", st.Request, st.Client)
	}
	for _, list := range []struct {
		what string
		ids  []string
	}{{"after", st.After}, {"where these ran", st.Follow}, {"on one of the engines", st.Targets}} {
		if len(list.ids) > 0 {
			fmt.Fprintf(&b, "\n  %s: %s", list.what, strings.Join(list.ids, ", "))
		}
	}
	b.WriteByte('\n')
	if st.Cut {
		b.WriteString("  (not all of its steps are known any more)\n")
	}
	for i, p := range st.Steps {
		since := ""
		if i > 0 {
			since = "+" + p.At.Sub(st.Steps[i-1].At).Round(10*time.Microsecond).String()
		}
		fmt.Fprintf(&b, "  %s %12s  %-8s %s", p.At.Local().Format("15:04:05.000"), since, p.State, p.Why)
		if p.Engine != nil {
			fmt.Fprintf(&b, ": engine %d", *p.Engine)
		}
		if p.Where != "" {
			fmt.Fprintf(&b, " (%s)", p.Where)
		}
		if p.Ending != "" {
			fmt.Fprintf(&b, ", which was %s", p.Ending)
		}
		b.WriteByte('\n')
	}
	if st.Error != nil {
		fmt.Fprintf(&b, "  %s: %s\n", st.Error.Name, st.Error.Value)
	}
	if st.Again != "" {
		fmt.Fprintf(&b, "  submitted again as %s\n", st.Again)
	}
	return b.String()
}
