package controller

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// goEngine brings an engine that tells about itself.
func (g *stage) goEngine(uuid string, pid int) *wire.Session {
	g.t.Helper()
	session := wire.NewSession(wire.Options{Key: []byte(testKey), ID: uuid, Version: wire.ClusterVersion})
	g.say(session, query, uuid, "registration_request", nil, obj{"uuid": uuid, "kind": "go", "pid": pid, "host": "h", "cores": 2})
	for _, k := range []socket{muxEngine, taskEngine, castEngine, controlEngine} {
		g.step(input{kind: connected, socket: k, from: uuid})
	}
	return session
}

func TestRestoredEnginesAreKnown(t *testing.T) {
	journal := pages{}
	write := func(s *shell) {
		chunks, _ := s.book.take()
		for _, c := range chunks {
			if err := journal.Append(c.page, c.data); err != nil {
				t.Fatal(err)
			}
		}
	}
	g := newStage(t)
	if err := g.s.openBook(journal, nil); err != nil {
		t.Fatal(err)
	}
	g.goEngine("ada", 7)
	write(g.s)
	p, _, damage, err := readJournal(journal)
	if err != nil || damage != nil {
		t.Fatal(err, damage)
	}
	g = newStage(t)
	if err := g.s.openBook(journal, p); err != nil {
		t.Fatal(err)
	}
	for _, k := range []socket{muxEngine, taskEngine, castEngine, controlEngine} { // it comes back before it registers
		g.step(input{kind: connected, socket: k, from: "ada"})
	}
	about := obj{"kind": "go", "pid": 7, "host": "h", "cores": 2}
	equal(t, "notification", g.content(notification, "registration_notification"), obj{"id": 0, "uuid": "ada", "gale": about})
	g.ask(query, "connection_request", nil, nil)
	equal(t, "gale", g.content(query, "connection_reply")["gale"], obj{"0": about})
}

func TestReport(t *testing.T) {
	g := newStage(t)
	ada := g.goEngine("ada", 7)
	if !slices.ContainsFunc(g.effects, func(e effect) bool { return e.kind == watch && e.to == "ada" }) {
		t.Errorf("the connections of a Go engine are not watched: %s", describe(g.effects))
	}
	g.ask(taskClient, "apply_request", nil, nil)
	first := g.one(taskEngine)
	g.ask(taskClient, "apply_request", nil, nil) // waits
	g.now = g.now.Add(30 * time.Millisecond)
	r := g.s.report(0)
	equal(t, "under way", r.Under, []Span{{Task: string(taskID(g.parse(first.frames))), Engine: 0, From: g.now.UnixMilli() - 30}})
	equal(t, "counts", []any{r.Arrived, r.Done, r.Waiting, r.Running, r.Live, r.Clients}, []any{2, 0, 1, 1, 2, 1})
	g.replies(ada, taskEngine, first, "ok", obj{"status": "ok"})
	second := g.one(taskEngine)
	g.now = g.now.Add(2 * time.Second)
	g.replies(ada, taskEngine, second, "error", errorContent("Sorry", strings.Repeat("ü", 1000)))

	g.effects = nil
	g.step(input{kind: asked, ask: func(s *shell) { r = s.report(0) }})
	equal(t, "counts", []any{r.Arrived, r.Done, r.Failed, r.Running, r.Live}, []any{2, 1, 1, 0, 0})
	if len(r.Seconds) != 2 || r.Seconds[0].Done != 1 || r.Seconds[1].Failed != 1 {
		t.Errorf("seconds %v", r.Seconds)
	}
	if len(r.Spans) != 2 || r.Spans[0].How != "done" || r.Spans[0].To-r.Spans[0].From != 30 || r.Spans[1].How != "failed" {
		t.Errorf("spans %v", r.Spans)
	}
	if n := len(g.s.report(1).Spans); n != 1 {
		t.Errorf("%d spans after the first, want 1", n)
	}
	if f := r.Failures; len(f) != 1 || f[0].Name != "Sorry" || f[0].Engine != 0 || len(f[0].Value) > maxFailure+4 || !strings.HasSuffix(f[0].Value, "ü…") {
		t.Errorf("failures %v", f)
	}
	if sum := r.Runs.Sum; sum < 2.02 || sum > 2.04 {
		t.Errorf("tasks ran for %v s", sum)
	}
	if r.RequestBytes == 0 || r.ReplyBytes == 0 {
		t.Errorf("%d and %d bytes were relayed", r.RequestBytes, r.ReplyBytes)
	}
	// Whoever wants a report has engines asked what they use.
	ask := g.one(controlEngine)
	m := g.parse(ask.frames)
	if ask.to != "ada" || m.Header.MsgType != "usage_request" {
		t.Fatalf("%s to %s", m.Header.MsgType, ask.to)
	}
	reply, err := ada.New("usage_reply", m, nil, obj{"hostname": "h", "pid": 7, "kernel_memory": 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	g.step(input{kind: message, socket: controlEngine, from: "ada", frames: prefixed(ada.Frames(reply), ownRoute)})
	equal(t, "engine", g.s.report(0).Engines, []EngineReport{{UUID: "ada", Kind: "go", Host: "h", Pid: 7, Cores: 2, Completed: 2, Memory: 1 << 30}})

	g.ask(query, ReportRequest, nil, obj{"since": 2})
	if c := g.content(query, ReportReply); c["report"].(obj)["failed"] != 1.0 { //nolint:forcetypeassert // a panic fails the test
		t.Errorf("reply %v", c)
	}
}

func TestStory(t *testing.T) {
	g := newStage(t)
	g.s.endings = func() []Ending {
		return []Ending{{Name: "engine-1", Host: "h", Pid: 7, Time: g.now, How: "killed by SIGKILL: out of memory"}}
	}
	g.goEngine("ada", 7)
	before, _ := g.ask(taskClient, "apply_request", nil, nil)
	m, _ := g.ask(taskClient, "apply_request", obj{"label": "shot 12", "retries": 1, "after": []string{string(before.Header.MsgID)}}, nil)
	bob := g.goEngine("bob", 8)
	g.dies("ada")
	g.now = g.now.Add(time.Second)
	st, ok := g.s.tellStory(string(taskID(before)))
	if !ok || st.State != "failed" || st.Error == nil || st.Error.Name != "EngineError" {
		t.Fatalf("%v, %v", st, ok)
	}
	if last := st.Steps[len(st.Steps)-1]; last.Ending != "killed by SIGKILL: out of memory" || last.Where != "h, process 7" || *last.Engine != 0 {
		t.Errorf("its end: %+v", last)
	}
	g.ask(query, StoryRequest, nil, obj{"task": taskID(m)})
	c := g.content(query, StoryReply)
	raw, err := json.Marshal(c["story"])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &st); err != nil {
		t.Fatal(err)
	}
	if st.Label != "shot 12" || st.State != "failed" || !slices.Equal(st.After, []string{string(taskID(before))}) {
		t.Errorf("%+v", st)
	}
	text := st.String()
	for _, want := range []string{"label shot 12", "waiting", "it comes after tasks that have not ended", "ImpossibleDependency"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	_ = bob
	g.ask(query, StoryRequest, nil, obj{"task": "nobody"})
	equal(t, "unknown task", g.content(query, StoryReply)["ename"], "KeyError")
	if st, ok := g.s.tellStory("client_"); !ok || len(st.Others) != 2 {
		t.Errorf("%v: two tasks begin so", st)
	}
}

func TestStoriesAreBounded(t *testing.T) {
	tales, now := newTales(nil), time.Now()
	for i := range 2 * keptTales {
		tales.step(now, hub.TaskID(fmt.Sprint(i)), hub.Arrived, hub.Queued, "it came")
	}
	if len(tales.ring) != keptTales || len(tales.at) != keptTales {
		t.Errorf("%d tales, %d of them found", len(tales.ring), len(tales.at))
	}
	tales.step(now, "0", hub.Queued, hub.Running, "it goes on")
	if x := tales.find("0"); x == nil || !x.cut || len(x.steps) != 1 {
		t.Errorf("a task that goes on after its tale had to go: %+v", x)
	}
	for range 10 * keptSteps {
		tales.step(now, "0", hub.Running, hub.Queued, "again")
	}
	if x := tales.find("0"); len(x.steps) != keptSteps || x.steps[0].why != "it goes on" {
		t.Errorf("%d steps, the first one %+v", len(x.steps), x.steps[0])
	}
}

func TestReportsFromWithin(t *testing.T) {
	c := begin(t)
	clientFile, engineFile := c.ConnectionFiles()
	client, _, notifications := clientParty(t, clientFile)
	engineParty(t, engineFile)
	client.receive(notifications)
	task := client.connect(zmtp.Dealer, "", client.f.Task)
	client.send(task, "apply_request", nil)
	reply := client.receive(task)
	r, err := c.Report(t.Context(), 0)
	if err != nil || len(r.Engines) != 1 || r.Done != 1 || len(r.Spans) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	parent, err := header(reply.RawParent)
	if err != nil {
		t.Fatal(err)
	}
	st, err := c.Story(t.Context(), string(parent.MsgID))
	if err != nil || st.State != "done" || len(st.Steps) < 3 {
		t.Fatalf("%+v, %v", st, err)
	}
	if _, err := c.Story(t.Context(), "nobody"); !errors.Is(err, ErrNoTask) {
		t.Errorf("%v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Report(t.Context(), 0); err == nil {
		t.Error("a controller that has ended reports")
	}
}
