package hub_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/galeproject/gale/hub"
)

var update = flag.Bool("update", false, "rewrite the stories' last section and the table in ARCHITECTURE.md")

// TestStories plays the events of each file in testdata and compares what the hub did with the file's last section. Commit a
// changed story only if you can say why it changed.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(ar.Files) == 1 && *update {
				ar.Files = append(ar.Files, txtar.File{Name: "what happened"})
			}
			if len(ar.Files) != 2 || len(ar.Comment) < 20 {
				t.Fatal("want prose, the events, and what happened")
			}
			got := play(t, string(ar.Files[0].Data))
			if *update {
				ar.Files[1].Data = got
				if err := os.WriteFile(name, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if want := ar.Files[1].Data; !bytes.Equal(got, want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// play steps a hub through a script and writes down what it did.
func play(t *testing.T, script string) []byte {
	t.Helper()
	var out bytes.Buffer
	o := hub.Options{}
	lines := strings.Split(strings.TrimSpace(script), "\n")
	if rest, ok := strings.CutPrefix(lines[0], "hub "); ok {
		o = options(t, rest)
		fmt.Fprintln(&out, lines[0])
		lines = lines[1:]
	}
	h := hub.New(o)
	h.Trace = func(id hub.TaskID, from, to hub.State, why string) {
		fmt.Fprintf(&out, "    %s: %v → %v, since %s\n", id, from, to, why)
	}
	for _, line := range lines {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		fmt.Fprintln(&out, line)
		if line == "status" {
			status(&out, h)
			continue
		}
		for _, ev := range events(t, line) {
			for _, a := range h.Step(ev) {
				fmt.Fprintf(&out, "  ⇒ %s\n", say(a))
			}
			if err := h.Check(); err != nil {
				t.Fatalf("after %q: %v\n%s", line, err, out.Bytes())
			}
		}
	}
	return out.Bytes()
}

func options(t *testing.T, text string) hub.Options {
	t.Helper()
	var o hub.Options
	for key, v := range pairs(t, strings.Fields(text)) {
		switch key {
		case "scheme":
			o.Scheme = hub.Scheme(v)
		case "room":
			o.HighWater = number(t, v)
		case "horizon":
			o.Horizon = number(t, v)
		case "tasks":
			o.MaxTasks = number(t, v)
		case "misses":
			o.Misses = number(t, v)
		case "arrival":
			o.Arrival = true
		default:
			t.Fatalf("unknown option %q", key)
		}
	}
	return o
}

func status(out *bytes.Buffer, h *hub.Hub) {
	for _, e := range h.Engines() {
		fmt.Fprintf(out, "  engine %d, %s: %d queued, %d tasks, %d completed\n", e.ID, e.UUID, e.Queue, e.Tasks, e.Completed)
	}
	fmt.Fprintf(out, "  %d unassigned\n", h.Unassigned())
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func pairs(t *testing.T, words []string) map[string]string {
	t.Helper()
	m := map[string]string{}
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		m[k] = v
	}
	return m
}

func list[T ~string](s string) []T {
	var l []T
	for w := range strings.SplitSeq(s, ",") {
		if w != "" {
			l = append(l, T(w))
		}
	}
	return l
}

func duration(t *testing.T, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// events reads one line of a script.
func events(t *testing.T, line string) []hub.Event {
	t.Helper()
	w := strings.Fields(line)
	arg := func(i int) string {
		if i >= len(w) {
			t.Fatalf("%q: a word is missing", line)
		}
		return w[i]
	}
	switch w[0] {
	case "at":
		return []hub.Event{hub.Tick{Now: duration(t, arg(1))}}
	case "register":
		ev := hub.Register{UUID: hub.UUID(arg(1)), Wanted: -1}
		if len(w) > 2 && w[2] == "heart" {
			ev.Heart = true
		} else if len(w) > 2 {
			ev.Wanted = hub.EngineID(number(t, arg(2)))
		}
		return []hub.Event{ev}
	case "recall":
		return []hub.Event{hub.Recall{UUID: hub.UUID(arg(1)), ID: hub.EngineID(number(t, arg(2)))}}
	case "recollect":
		ev := hub.Recollect{Task: hub.TaskID(arg(1)), Engine: hub.UUID(arg(2))}
		if len(w) > 3 && w[3] == "failed" {
			ev.Status = hub.Error
		}
		return []hub.Event{ev}
	case "missing":
		return []hub.Event{hub.Missing{Task: hub.TaskID(arg(1)), Engine: hub.UUID(arg(2)), Never: len(w) > 3 && w[3] == "never"}}
	case "connect", "disconnect", "join":
		return connections(t, w)
	case "pong":
		return []hub.Event{hub.Pong{UUID: hub.UUID(arg(1)), Payload: arg(2)}}
	case "goodbye":
		return []hub.Event{hub.Leave{UUID: hub.UUID(arg(1))}}
	case "submit":
		return []hub.Event{submission(t, arg(1), w[2:])}
	case "ask":
		m := pairs(t, w[3:])
		ev := hub.Direct{Engine: hub.UUID(arg(1)), Task: hub.TaskID(arg(2))}
		_, ev.Resumed = m["resumed"]
		if v, ok := m["max"]; ok {
			ev.MaxTime = duration(t, v)
		}
		return []hub.Event{ev}
	case "broadcast":
		m := pairs(t, w[3:])
		ev := hub.Spread{Task: hub.TaskID(arg(1)), Targets: list[hub.UUID](arg(2))}
		_, ev.Coalescing = m["coalescing"]
		_, ev.Resumed = m["resumed"]
		return []hub.Event{ev}
	case "abort":
		return []hub.Event{hub.Abort{Task: hub.TaskID(arg(1)), Running: len(w) > 2 && w[2] == "running"}}
	case "returns", "fails", "lacks", "aborts": // bob returns t: written as "returns bob t"
		s := map[string]hub.Status{"returns": hub.OK, "fails": hub.Error, "lacks": hub.Unmet, "aborts": hub.Cancelled}[w[0]]
		return []hub.Event{hub.Return{Engine: hub.UUID(arg(1)), Task: hub.TaskID(arg(2)), Status: s}}
	}
	t.Fatalf("unknown event %q", line)
	return nil
}

// connections reads "connect ada mux task"; without channels all four are meant. "join ada bob" registers and connects.
func connections(t *testing.T, w []string) []hub.Event {
	t.Helper()
	var evs []hub.Event
	all := []hub.Channel{hub.Mux, hub.Balanced, hub.Broadcast, hub.Control}
	if w[0] == "join" {
		for _, u := range w[1:] {
			evs = append(evs, hub.Register{UUID: hub.UUID(u), Wanted: -1})
			for _, c := range all {
				evs = append(evs, hub.Connect{UUID: hub.UUID(u), Channel: c})
			}
		}
		return evs
	}
	chosen := all
	if len(w) > 2 {
		chosen = nil
		for _, name := range w[2:] {
			for _, c := range append(all, hub.Heart) {
				if c.String() == name {
					chosen = append(chosen, c)
				}
			}
		}
	}
	for _, c := range chosen {
		if w[0] == "connect" {
			evs = append(evs, hub.Connect{UUID: hub.UUID(w[1]), Channel: c})
		} else {
			evs = append(evs, hub.Disconnect{UUID: hub.UUID(w[1]), Channel: c})
		}
	}
	return evs
}

// submission reads "submit t after=a,b any-follow=c failure targets=ada timeout=5s retries=1 reruns=2 same
// max=5s priority=1 client=c on=ada had=ada,bob tried=bob".
func submission(t *testing.T, id string, words []string) hub.Submit {
	t.Helper()
	s := hub.Submit{Task: hub.TaskID(id)}
	m := pairs(t, words)
	dep := func(name string) hub.Dependency {
		all, isAll := m[name]
		one, isAny := m["any-"+name]
		if !isAll && !isAny {
			return hub.Dependency{}
		}
		d := hub.Dependency{Tasks: list[hub.TaskID](all + one), Any: isAny}
		_, d.Failure = m["failure"]
		_, both := m["ended"]
		d.Success = !d.Failure || both
		d.Failure = d.Failure || both
		return d
	}
	s.After, s.Follow = dep("after"), dep("follow")
	s.Targets = list[hub.UUID](m["targets"])
	if v, ok := m["timeout"]; ok {
		s.Timeout = duration(t, v)
	}
	if v, ok := m["retries"]; ok {
		s.Retries = number(t, v)
	}
	if v, ok := m["reruns"]; ok {
		s.Reruns = number(t, v)
	}
	if v, ok := m["max"]; ok {
		s.MaxTime = duration(t, v)
	}
	if v, ok := m["priority"]; ok {
		s.Priority = number(t, v)
	}
	s.Client, s.On = m["client"], hub.UUID(m["on"])
	s.Had, s.Tried = list[hub.UUID](m["had"]), list[hub.UUID](m["tried"])
	_, s.Same = m["same"]
	return s
}

var reasons = map[hub.Reason]string{
	hub.Invalid: "it depends on an unknown task", hub.Impossible: "it can never run", hub.Expired: "it waited too long",
	hub.Died: "its engine died", hub.Exhausted: "every engine was tried", hub.Withdrawn: "aborted", hub.NoEngine: "there is no such engine", hub.Full: "the hub is full",
	hub.Overdue: "it ran too long", hub.Lost: "its reply was lost",
}

// say tells an action in words.
func say(a hub.Action) string {
	switch a := a.(type) {
	case hub.Welcome:
		return fmt.Sprintf("%s gets the id %d", a.UUID, a.ID)
	case hub.Refuse:
		return fmt.Sprintf("%s is refused: %s", a.UUID, a.Reason)
	case hub.Joined:
		return fmt.Sprintf("tell all: engine %d, %s, is here", a.ID, a.UUID)
	case hub.Left:
		return fmt.Sprintf("tell all: engine %d, %s, is gone (%s)", a.ID, a.UUID, a.Reason)
	case hub.Ping:
		return fmt.Sprintf("ping %s", a.Payload)
	case hub.Send:
		if a.Again > 0 {
			return fmt.Sprintf("send %s to %s again, signed anew", a.Task, a.Engine)
		}
		return fmt.Sprintf("send %s to %s", a.Task, a.Engine)
	case hub.Back:
		return fmt.Sprintf("%s is queued again", a.Task)
	case hub.Interrupt:
		return fmt.Sprintf("interrupt %s on %s", a.Task, a.Engine)
	case hub.Relay:
		return fmt.Sprintf("pass the reply of %s on: %s is over", a.Engine, a.Task)
	case hub.Answer:
		if a.Engine != "" {
			return fmt.Sprintf("answer %s in place of %s: %s", a.Task, a.Engine, reasons[a.Reason])
		}
		return fmt.Sprintf("answer %s: %s", a.Task, reasons[a.Reason])
	case hub.Forget:
		return fmt.Sprintf("forget %s", a.Task)
	case hub.Keep:
		return fmt.Sprintf("keep the reply of %s for %s", a.Engine, a.Task)
	case hub.Collect:
		if a.Failed != "" {
			return fmt.Sprintf("answer %s with the error of %s", a.Task, a.Failed)
		}
		return fmt.Sprintf("answer %s with all replies that were kept", a.Task)
	}
	return fmt.Sprintf("%T", a)
}
