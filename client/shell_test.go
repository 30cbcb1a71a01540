package client

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/galeproject/gale/wire"
)

// scene drives a shell without sockets and clock and keeps what it did as lines of text.
type scene struct {
	t       *testing.T
	s       *shell
	now     time.Time
	session *wire.Session
	ids     map[string]*wire.Message
	lines   []string
	said    *wire.Message // what the client has said last for itself
}

func newScene(t *testing.T) *scene {
	t.Helper()
	session := wire.NewSession(wire.Options{ID: "s", Pid: 1})
	return &scene{t: t, s: newShell(session, patience), now: time.Unix(1e9, 0), session: session, ids: map[string]*wire.Message{}}
}

func (x *scene) step(e event) {
	for _, f := range x.s.step(x.now, e) {
		switch f := f.(type) {
		case send:
			x.lines = append(x.lines, x.sent(f))
		case resolve:
			f.r.done(f.a)
		case publish:
			x.lines = append(x.lines, fmt.Sprintf("%s outputs %s", f.engine, f.m.Header.MsgType))
		case changed:
			x.lines = append(x.lines, fmt.Sprintf("engines %v", sorted(x.s.engines).IDs()))
		}
	}
}

// sent tells of a message: what the client says for itself has its type.
func (x *scene) sent(f send) string {
	if x.s.pending[f.id] != nil {
		return fmt.Sprintf("send on %v", f.ch)
	}
	m, err := wire.NewSession(wire.Options{}).Parse(f.frames)
	if err != nil {
		x.t.Fatal(err)
	}
	x.said = m
	return m.Header.MsgType
}

func (x *scene) message(msgType string, parent *wire.Message, metadata, content any) *wire.Message {
	x.t.Helper()
	m, err := x.session.New(msgType, parent, metadata, content)
	if err != nil {
		x.t.Fatal(err)
	}
	return m
}

func (x *scene) engine(id int, uuid string) {
	x.step(arrived{notification, x.message("registration_notification", nil, nil, registration{ID: id, UUID: uuid, Gale: &About{Kind: "go"}})})
}

func (x *scene) leaves(uuid string) {
	x.step(arrived{notification, x.message("unregistration_notification", nil, nil, registration{UUID: uuid})})
}

// ask submits a request under a name.
func (x *scene) ask(name string, ch channel, engine string, targets ...string) {
	m := x.message("gale_call_request", nil, nil, nil)
	x.ids[name] = m
	r := &request{ch: ch, id: m.Header.MsgID, engine: engine, what: name, outputs: true}
	if len(targets) > 0 {
		r.targets = map[string]bool{}
		for _, u := range targets {
			r.targets[u] = true
		}
	}
	r.output = func(string, *wire.Message) {}
	r.done = func(a answer) {
		if a.err != nil {
			x.lines = append(x.lines, name+" failed: "+a.err.Error())
			return
		}
		x.lines = append(x.lines, name+" answered by "+engineOf(a.reply))
	}
	x.step(submitted{r})
}

// parent is the request as an engine saw it: a broadcast's part has an id of its own.
func (x *scene) parent(name, engine string, ch channel) *wire.Message {
	m := *x.ids[name]
	if ch == broadcast {
		h := m.Header
		h.MsgID += wire.MsgID("_" + engine)
		m.RawHeader, _ = wire.Marshal(h)
	}
	return &m
}

func (x *scene) reply(name, engine string, ch channel) {
	x.step(arrived{ch, x.message("gale_call_reply", x.parent(name, engine, ch), map[string]any{"engine": engine}, map[string]any{"status": "ok"})})
}

func (x *scene) idle(name, engine string, ch channel) {
	x.step(arrived{iopub, x.message("status", x.parent(name, engine, ch), map[string]any{"engine": engine}, map[string]any{"execution_state": "idle"})})
}

func (x *scene) prints(name, engine string, ch channel) {
	x.step(arrived{iopub, x.message("stream", x.parent(name, engine, ch), map[string]any{"engine": engine}, map[string]any{"name": "stdout", "text": "x"})})
}

func (x *scene) expect(want string) {
	x.t.Helper()
	if got := strings.Join(x.lines, "\n"); got != strings.TrimSpace(want) {
		x.t.Errorf("it went so:\n%s\nwant:\n%s", got, strings.TrimSpace(want))
	}
	if len(x.s.pending) != 0 {
		x.t.Errorf("left behind: %d requests", len(x.s.pending))
	}
}

func TestAReplyWaitsForItsOutputs(t *testing.T) {
	x := newScene(t)
	x.engine(0, "a")
	x.ask("f", mux, "a")
	x.reply("f", "a", mux)
	x.prints("f", "a", mux)
	x.idle("f", "a", mux)
	x.ask("g", mux, "a")
	x.idle("g", "a", mux)
	x.reply("g", "a", mux)
	x.expect(`
engines [0]
send on mux
a outputs stream
f answered by a
send on mux
g answered by a`)
}

func TestOutputsThatDoNotComeDoNotHoldAReply(t *testing.T) {
	x := newScene(t)
	x.engine(0, "a")
	x.ask("f", mux, "a")
	x.reply("f", "a", mux)
	x.now = x.now.Add(idleGrace + time.Second)
	x.step(ticked{})
	x.expect(`
engines [0]
send on mux
f answered by a`)
}

func TestAnEngineDiesAtWork(t *testing.T) {
	x := newScene(t)
	x.engine(0, "a")
	x.engine(1, "b")
	x.ask("f", mux, "a")
	x.ask("g", mux, "b")
	x.ask("h", task, "")
	x.leaves("a")
	x.reply("g", "b", mux)
	x.idle("g", "b", mux)
	x.reply("h", "b", task) // the controller ran it elsewhere
	x.idle("h", "b", task)
	x.ask("late", mux, "a")
	x.expect(`
engines [0]
engines [0 1]
send on mux
send on mux
send on task
engines [1]
f failed: f: engine 0 died
g answered by b
h answered by b
late failed: late: engine a: engine died`)
}

func TestABroadcastIsAnsweredByEach(t *testing.T) {
	x := newScene(t)
	x.engine(0, "a")
	x.engine(1, "b")
	x.engine(2, "c")
	x.ask("f", broadcast, "", "a", "b", "c")
	x.prints("f", "b", broadcast)
	x.reply("f", "b", broadcast)
	x.idle("f", "b", broadcast)
	x.leaves("c")
	x.reply("f", "a", broadcast)
	x.idle("f", "a", broadcast)
	x.reply("f", "a", broadcast) // twice is once
	x.expect(`
engines [0]
engines [0 1]
engines [0 1 2]
send on broadcast
b outputs stream
f answered by b
engines [0 1]
f failed: f: engine 2 died
f answered by a`)
}

func TestWhatIsForgottenIsNotAnswered(t *testing.T) {
	x := newScene(t)
	x.engine(0, "a")
	x.ask("f", broadcast, "", "a")
	x.prints("f", "a", broadcast)
	x.step(forgotten{x.ids["f"].Header.MsgID})
	x.reply("f", "a", broadcast)
	x.idle("f", "a", broadcast)
	x.expect(`
engines [0]
send on broadcast
a outputs stream`)
}

func TestMessagesOfOthersAreIgnored(t *testing.T) {
	x := newScene(t)
	other := x.message("gale_call_request", nil, nil, nil)
	for ch := range channels {
		x.step(arrived{ch, x.message("status", other, nil, nil)})
		x.step(arrived{ch, x.message("execute_reply", nil, nil, nil)})
	}
	x.expect("")
}

func TestErrorsSayWhatTheyAre(t *testing.T) {
	dead := fmt.Errorf("f: %w", &DeadEngine{ID: 3})
	e := error(&CompositeError{Of: 3, Errors: []*ItemError{
		{What: "item 1", Err: &EngineError{Engine: 2, Failure: wire.NewFailure("Panic", "boom", "cell[4]:2 f")}},
		{What: "kernels[2] (*fdfd.Kernel) on engine 3", Err: dead},
	}})
	if !errors.Is(e, ErrEngineDied) {
		t.Error("the death of an engine is not found")
	}
	var ee *EngineError
	if !errors.As(e, &ee) || ee.Engine != 2 {
		t.Errorf("the engine's error is not found: %v", ee)
	}
	want := "2 of 3 failed\n  item 1: engine 2: Panic: boom\n  kernels[2] (*fdfd.Kernel) on engine 3: f: engine 3 died"
	if e.Error() != want {
		t.Errorf("text is\n%s\nwant\n%s", e, want)
	}
	var c *CompositeError
	if errors.As(e, &c) && !strings.Contains(strings.Join(c.Traceback(), "\n"), "cell[4]:2 f") {
		t.Errorf("traceback %q has no cell line", c.Traceback())
	}
}
