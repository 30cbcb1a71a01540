package hub_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/galeproject/gale/hub"
)

// TestLifeTable compares the table in ARCHITECTURE.md with the one that the code obeys.
func TestLifeTable(t *testing.T) {
	const name, begin, end = "../ARCHITECTURE.md", "<!-- life of a task: generated -->\n", "<!-- life of a task: end -->\n"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(text), begin)
	got, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no section between %q and %q", name, begin, end)
	}
	want := hub.LifeTable()
	if *update {
		if err := os.WriteFile(name, []byte(head+begin+want+end+tail), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("%s shows another life of a task than the code has; go test ./hub -update writes:\n%s", name, want)
	}
}

// world remembers what a hub was told and what it answered, and knows what it promised.
type world struct {
	h        *hub.Hub
	accepted map[hub.TaskID]bool
	answered map[hub.TaskID]int
	running  map[hub.TaskID]hub.UUID
	links    map[hub.UUID]*[5]bool
	ids      map[hub.EngineID]hub.UUID
	here     map[hub.UUID]bool
	tasks    int
	now      time.Duration

	o       hub.Options
	told    []hub.Event               // Submit, Direct, Spread
	ended   map[hub.TaskID]hub.Return // that ended a task or a part
	had     map[hub.TaskID][]hub.UUID // engines that it was sent to
	where   map[hub.TaskID]hub.Submit // balanced ones
	stopped map[hub.TaskID]hub.UUID
}

func newWorld(o hub.Options) *world {
	return &world{
		h: hub.New(o), accepted: map[hub.TaskID]bool{}, answered: map[hub.TaskID]int{}, running: map[hub.TaskID]hub.UUID{},
		o: o, ended: map[hub.TaskID]hub.Return{}, had: map[hub.TaskID][]hub.UUID{}, where: map[hub.TaskID]hub.Submit{}, stopped: map[hub.TaskID]hub.UUID{},
		links: map[hub.UUID]*[5]bool{}, ids: map[hub.EngineID]hub.UUID{}, here: map[hub.UUID]bool{},
	}
}

// over notes that a task was answered, which must happen once.
func (w *world) over(t *rapid.T, id hub.TaskID) {
	w.answered[id]++
	if w.answered[id] > 1 {
		t.Fatalf("%s was answered twice", id)
	}
	delete(w.running, id)
}

func (w *world) step(t *rapid.T, ev hub.Event) {
	switch ev := ev.(type) { //nolint:gochecksumtype // the others leave nothing to remember
	case hub.Submit:
		w.told = append(w.told, ev)
		w.where[ev.Task] = ev
	case hub.Direct, hub.Spread:
		w.told = append(w.told, ev)
	case hub.Return:
		if w.running[ev.Task] == ev.Engine {
			w.ended[ev.Task] = ev
			delete(w.running, ev.Task)
		}
		if w.stopped[ev.Task] == ev.Engine {
			delete(w.stopped, ev.Task)
		}
	case hub.Missing:
		delete(w.running, ev.Task)
	}
	w.take(t, ev)
}

// take has the hub do one step and checks what it promised.
func (w *world) take(t *rapid.T, ev hub.Event) {
	for _, a := range w.h.Step(ev) {
		switch a := a.(type) {
		case hub.Welcome:
			if u, used := w.ids[a.ID]; used && u != a.UUID {
				t.Fatalf("id %d of %s was given to %s", a.ID, u, a.UUID)
			}
			w.ids[a.ID] = a.UUID
		case hub.Joined:
			if w.ids[a.ID] != a.UUID || w.here[a.UUID] {
				t.Fatalf("%s joined as %d, here %v", a.UUID, a.ID, w.here[a.UUID])
			}
			w.here[a.UUID] = true
		case hub.Left:
			if !w.here[a.UUID] {
				t.Fatalf("%s left and was not here", a.UUID)
			}
			w.here[a.UUID] = false
			maps.DeleteFunc(w.running, func(_ hub.TaskID, u hub.UUID) bool { return u == a.UUID })
		case hub.Send:
			if !w.here[a.Engine] {
				t.Fatalf("%s was sent to %s, which is not here", a.Task, a.Engine)
			}
			w.running[a.Task] = a.Engine
			w.had[a.Task] = append(w.had[a.Task], a.Engine)
			delete(w.ended, a.Task)
			w.allowed(t, a)
		case hub.Relay:
			w.over(t, a.Task)
		case hub.Answer:
			w.over(t, a.Task)
		case hub.Collect:
			w.over(t, a.Task)
		case hub.Refuse, hub.Ping, hub.Keep, hub.Forget, hub.Back:
		case hub.Interrupt:
			w.stopped[a.Task] = a.Engine
		}
	}
	if err := w.h.Check(); err != nil {
		t.Fatal(err)
	}
}

// allowed insists on the constraints of a task that is sent to an engine.
func (w *world) allowed(t *rapid.T, a hub.Send) {
	ev, balanced := w.where[a.Task]
	if !balanced {
		return
	}
	if len(ev.Targets) > 0 && !slices.Contains(ev.Targets, a.Engine) {
		t.Fatalf("%s was sent to %s, which is none of its targets", a.Task, a.Engine)
	}
	for _, d := range []hub.Dependency{ev.After, ev.Follow} {
		over := 0
		for _, id := range d.Tasks {
			over += min(w.answered[id], 1)
		}
		if d.Any && over == 0 && len(d.Tasks) > 0 || !d.Any && over < len(d.Tasks) {
			t.Fatalf("%s was sent when %d of %v had ended", a.Task, over, d)
		}
	}
}

// restart puts a new hub in the place of the old one and tells it what that knew.
func (w *world) restart(t *rapid.T) {
	clear(w.stopped)
	w.h, w.links, w.here, w.now = hub.New(w.o), map[hub.UUID]*[5]bool{}, map[hub.UUID]bool{}, 0
	for id := range hub.EngineID(64) {
		if u, known := w.ids[id]; known {
			w.take(t, hub.Recall{UUID: u, ID: id})
		}
	}
	told := w.told
	w.told = nil
	for _, ev := range told {
		switch ev := ev.(type) { //nolint:gochecksumtype // only these are remembered
		case hub.Submit:
			if w.answered[ev.Task] > 0 {
				w.take(t, hub.Recollect{Task: ev.Task, Engine: w.ended[ev.Task].Engine, Status: w.ended[ev.Task].Status})
				continue
			}
			ev.Had, ev.On = w.had[ev.Task], w.running[ev.Task]
			w.step(t, ev)
		case hub.Direct:
			if w.answered[ev.Task] == 0 {
				ev.Resumed = true
				w.step(t, ev)
			}
		case hub.Spread:
			w.respread(t, ev)
		}
	}
}

// respread tells a new hub of a broadcast that has not ended, and what was said of its parts.
func (w *world) respread(t *rapid.T, ev hub.Spread) {
	if w.answered[ev.Task] > 0 {
		return
	}
	left := false
	for _, u := range ev.Targets {
		id := hub.PartID(ev.Task, u)
		_, ended := w.ended[id]
		left = left || !ended && w.answered[id] == 0
	}
	if !left {
		return
	}
	ev.Resumed = true
	if !ev.Coalescing { // parts that were answered stay so
		ev.Targets = slices.DeleteFunc(slices.Clone(ev.Targets), func(u hub.UUID) bool { return w.answered[hub.PartID(ev.Task, u)] > 0 })
	}
	ended := map[hub.TaskID]hub.Return{}
	for _, u := range ev.Targets {
		id := hub.PartID(ev.Task, u)
		if r, ok := w.ended[id]; ok {
			ended[id] = r
		}
	}
	w.step(t, ev)
	for _, id := range slices.Sorted(maps.Keys(ended)) {
		w.take(t, ended[id])
	}
}

// engine draws one of a few engines.
func engine(t *rapid.T) hub.UUID {
	return hub.UUID(rapid.SampledFrom([]string{"ada", "bob", "eve", "mia"}).Draw(t, "engine"))
}

func (w *world) known(t *rapid.T, label string) []hub.TaskID {
	var ids []hub.TaskID
	for range rapid.IntRange(0, 3).Draw(t, label) {
		ids = append(ids, hub.TaskID(fmt.Sprint("t", rapid.IntRange(max(0, w.tasks-12), w.tasks).Draw(t, label))))
	}
	return ids
}

func (w *world) dependency(t *rapid.T, label string) hub.Dependency {
	if rapid.IntRange(0, 2).Draw(t, label+"?") > 0 {
		return hub.Dependency{}
	}
	return hub.Dependency{
		Tasks: w.known(t, label), Any: rapid.Bool().Draw(t, "any"),
		Success: rapid.IntRange(0, 3).Draw(t, "success") > 0, Failure: rapid.IntRange(0, 3).Draw(t, "failure") == 0,
	}
}

func (w *world) targets(t *rapid.T) []hub.UUID {
	var us []hub.UUID
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3}).Draw(t, "targets") {
		us = append(us, engine(t))
	}
	return us
}

// actions are what may happen to a hub.
func (w *world) actions() map[string]func(*rapid.T) {
	next := func() hub.TaskID {
		w.tasks++
		id := hub.TaskID(fmt.Sprint("t", w.tasks))
		w.accepted[id] = true
		return id
	}
	return map[string]func(*rapid.T){
		"register": func(t *rapid.T) {
			w.step(t, hub.Register{UUID: engine(t), Wanted: hub.EngineID(rapid.IntRange(-3, 9).Draw(t, "wanted")), Heart: rapid.Bool().Draw(t, "heart")})
		},
		"arrive": func(t *rapid.T) {
			u := engine(t)
			for c := range hub.Channel(5) {
				if l := w.link(u); !l[c] {
					l[c] = true
					w.step(t, hub.Connect{UUID: u, Channel: c})
				}
			}
		},
		"connection": func(t *rapid.T) {
			u, c := engine(t), hub.Channel(rapid.IntRange(0, 4).Draw(t, "channel"))
			if l := w.link(u); l[c] {
				l[c] = false
				w.step(t, hub.Disconnect{UUID: u, Channel: c})
			} else {
				l[c] = true
				w.step(t, hub.Connect{UUID: u, Channel: c})
			}
		},
		"die": func(t *rapid.T) {
			u := engine(t)
			for c := range hub.Channel(5) {
				if l := w.link(u); l[c] {
					l[c] = false
					w.step(t, hub.Disconnect{UUID: u, Channel: c})
				}
			}
		},
		"leave": func(t *rapid.T) { w.step(t, hub.Leave{UUID: engine(t)}) },
		"time": func(t *rapid.T) {
			w.now += time.Duration(rapid.IntRange(0, 4000).Draw(t, "ms")) * time.Millisecond
			w.step(t, hub.Tick{Now: w.now})
		},
		"pong": func(t *rapid.T) {
			w.step(t, hub.Pong{UUID: engine(t), Payload: fmt.Sprint(3 * rapid.IntRange(0, 20).Draw(t, "payload"))})
		},
		"submit": func(t *rapid.T) {
			ev := hub.Submit{
				Client: rapid.SampledFrom([]string{"", "c", "d"}).Draw(t, "client"), Priority: rapid.SampledFrom([]int{0, 0, -1, 1}).Draw(t, "priority"),
				MaxTime: time.Duration(rapid.SampledFrom([]int{0, 0, 2}).Draw(t, "max")) * time.Second,
				After:   w.dependency(t, "after"), Follow: w.dependency(t, "follow"), Targets: w.targets(t),
				Timeout: time.Duration(rapid.SampledFrom([]int{0, 0, 1, 5}).Draw(t, "timeout")) * time.Second,
				Retries: rapid.IntRange(0, 2).Draw(t, "retries"), Reruns: rapid.IntRange(0, 2).Draw(t, "reruns"), Same: rapid.Bool().Draw(t, "same"),
			}
			ev.Task = next()
			w.step(t, ev)
		},
		"plain": func(t *rapid.T) { w.step(t, hub.Submit{Task: next()}) },
		"direct": func(t *rapid.T) {
			u := engine(t)
			w.step(t, hub.Direct{Task: next(), Engine: u, MaxTime: time.Duration(rapid.SampledFrom([]int{0, 0, 1}).Draw(t, "max")) * time.Second})
		},
		"spread": func(t *rapid.T) {
			us, coalescing := w.targets(t), rapid.Bool().Draw(t, "coalescing")
			id := next()
			if !coalescing { // its parts are answered, not itself
				delete(w.accepted, id)
				for _, u := range us {
					w.accepted[hub.PartID(id, u)] = true
				}
			}
			w.step(t, hub.Spread{Task: id, Targets: us, Coalescing: coalescing})
		},
		"return": func(t *rapid.T) { w.reply(t) },
		"late": func(t *rapid.T) { // an engine says something of a task that it had once
			if len(w.had) == 0 {
				t.Skip("nothing ran")
			}
			id := rapid.SampledFrom(slices.Sorted(maps.Keys(w.had))).Draw(t, "task")
			w.step(t, hub.Return{Task: id, Engine: rapid.SampledFrom(w.had[id]).Draw(t, "by")})
		},
		"abort": func(t *rapid.T) {
			w.step(t, hub.Abort{Task: hub.TaskID(fmt.Sprint("t", rapid.IntRange(0, w.tasks).Draw(t, "task"))), Running: rapid.Bool().Draw(t, "running")})
		},
		"restart": func(t *rapid.T) {
			if rapid.IntRange(0, 3).Draw(t, "really") == 0 {
				w.restart(t)
			}
		},
		"missing": func(t *rapid.T) {
			if id, ok := w.one(t); ok && w.here[w.running[id]] {
				w.step(t, hub.Missing{Task: id, Engine: w.running[id], Never: rapid.Bool().Draw(t, "never")})
			}
		},
		"": func(t *rapid.T) {},
	}
}

func (w *world) link(u hub.UUID) *[5]bool {
	if w.links[u] == nil {
		w.links[u] = &[5]bool{}
	}
	return w.links[u]
}

// one draws a task that an engine has.
func (w *world) one(t *rapid.T) (hub.TaskID, bool) {
	ids := slices.Sorted(maps.Keys(w.running))
	if len(ids) == 0 {
		return "", false
	}
	return rapid.SampledFrom(ids).Draw(t, "task"), true
}

// reply has an engine say something about a task that it was sent, now or long ago.
func (w *world) reply(t *rapid.T) {
	id, ok := w.one(t)
	if !ok {
		t.Skip("nothing runs")
	}
	s := rapid.SampledFrom([]hub.Status{hub.OK, hub.OK, hub.OK, hub.Error, hub.Unmet, hub.Cancelled}).Draw(t, "status")
	w.step(t, hub.Return{Task: id, Engine: w.running[id], Status: s})
}

// TestRandomLife throws random events at a hub, checks its promises after each, and in the end lets every task end.
func TestRandomLife(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(hub.Options{
			Scheme:    hub.Scheme(rapid.SampledFrom([]string{"leastload", "leastload", "lru", "twobin", "weighted", "plainrandom"}).Draw(t, "scheme")),
			HighWater: rapid.SampledFrom([]int{1, 1, 2, -1}).Draw(t, "room"),
			Misses:    2,
		})
		t.Repeat(w.actions())
		// Everybody comes back and does what is asked: then no task may be left.
		for i, u := range []hub.UUID{"ada", "bob", "eve", "mia"} {
			w.step(t, hub.Register{UUID: u, Wanted: hub.EngineID(i)})
			for c := range hub.Channel(5) {
				if l := w.link(u); !l[c] {
					l[c] = true
					w.step(t, hub.Connect{UUID: u, Channel: c})
				}
			}
		}
		for range 10 * (len(w.accepted) + 1) {
			for _, id := range slices.Sorted(maps.Keys(w.running)) {
				w.step(t, hub.Return{Task: id, Engine: w.running[id]})
			}
			for _, id := range slices.Sorted(maps.Keys(w.stopped)) {
				w.step(t, hub.Return{Task: id, Engine: w.stopped[id]})
			}
			if w.h.Live() > 0 { // some wait for an engine that they have not tried
				w.now += time.Second
				w.step(t, hub.Tick{Now: w.now})
			}
		}
		if n := w.h.Live(); n > 0 {
			t.Fatalf("%d tasks are left, %d without an engine", n, w.h.Unassigned())
		}
		for id := range w.accepted {
			if w.answered[id] != 1 {
				t.Fatalf("%s was answered %d times", id, w.answered[id])
			}
		}
	})
}

// TestNoDeadEnds shows that each state is reached, that only the ends are ends, and that the table is in the diagram.
func TestNoDeadEnds(t *testing.T) {
	table := hub.LifeTable()
	for s := hub.Arrived; s <= hub.Aborted; s++ {
		end := s >= hub.Done
		if got := strings.Contains(table, fmt.Sprintf("    %v --> [*]\n", s)); got != end {
			t.Errorf("%v: an end %v, want %v", s, got, end)
		}
		if !strings.Contains(table, fmt.Sprintf("--> %v", s)) {
			t.Errorf("%v is not reached", s)
		}
		if left := strings.Contains(table, fmt.Sprintf("\n    %v --> ", s)); !left {
			t.Errorf("%v is not left", s)
		}
	}
}
