package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/galeproject/gale/internal/stream"
	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// story drives a shell and says what it does, in one line an effect.
type story struct {
	t      *testing.T
	s      *shell
	client *wire.Session
	peer   *zmtp.Peer
	now    time.Time
	tasks  []*task // started
	sent   []*wire.Message
}

func newStory(t *testing.T, a about) *story {
	t.Helper()
	if a.timeout == 0 {
		a.timeout = 30 * time.Second
	}
	if a.patience == 0 {
		a.patience = 50
	}
	now := func() time.Time { return epoch }
	return &story{
		t: t, now: epoch, peer: &zmtp.Peer{ID: "mux"},
		s:      newShell(a, wire.NewSession(wire.Options{ID: "uuid-1", Pid: 1, Username: "u", Now: now}), slog.New(slog.DiscardHandler)),
		client: wire.NewSession(wire.Options{ID: "client", Pid: 2, Username: "u", Now: now}),
	}
}

func (y *story) step(e event) string {
	y.t.Helper()
	var out []string
	for _, f := range y.s.step(y.now, e) {
		out = append(out, y.describe(f))
	}
	return strings.Join(out, "\n")
}

func (y *story) describe(f effect) string {
	switch f := f.(type) {
	case send:
		y.sent = append(y.sent, f.m)
		var c wire.Reply
		_ = f.m.Content(&c)
		text := fmt.Sprintf("send %s", f.m.Header.MsgType)
		if c.Status != "" {
			text += " " + c.Status
		}
		if c.Failure != nil && c.Name != "" {
			text += " " + c.Name
		}
		return text
	case publish:
		var c struct {
			State string `json:"execution_state"`
			Text  string
			Name  string `json:"ename"`
		}
		_ = f.m.Content(&c)
		p, _ := f.m.Parent()
		return strings.TrimSpace(fmt.Sprintf("%s %s%s%s", f.topic, c.State, c.Text, c.Name)) + " <" + string(p.MsgID)
	case join:
		return fmt.Sprintf("join %d", f.id)
	case start:
		y.tasks = append(y.tasks, f.t)
		return "start " + string(f.t.m.Header.MsgID)
	case cancel:
		return fmt.Sprintf("cancel %s: %v", f.t.m.Header.MsgID, f.cause)
	case kill:
		return fmt.Sprintf("kill %d", f.signal)
	case leave:
		return fmt.Sprintf("leave: %v", f.err)
	case serving:
		return fmt.Sprintf("serving %d", f.id)
	}
	return fmt.Sprintf("%T", f)
}

// request makes a message; its id is client_2_n with the number of the request.
func (y *story) request(on Channel, typ string, meta, content any, buffers ...[]byte) received {
	y.t.Helper()
	m, err := y.client.New(typ, nil, meta, content, buffers...)
	if err != nil {
		y.t.Fatal(err)
	}
	return received{on, y.peer, m}
}

func (y *story) want(got, want string) {
	y.t.Helper()
	if got != strings.TrimSpace(want) {
		y.t.Fatalf("got:\n%s\nwant:\n%s", got, strings.TrimSpace(want))
	}
}

// atWork brings an engine to the point where it serves as number 3.
func (y *story) atWork() *story {
	y.t.Helper()
	y.step(began{})
	y.step(linked{Registrar})
	y.step(y.request(Registrar, "registration_reply", nil, map[string]any{"status": "ok", "id": 3, "hb_period": 3000}))
	y.step(linked{IOPub})
	return y
}

func TestRegistration(t *testing.T) {
	y := newStory(t, about{wanted: 7, pid: 42, cores: 2, host: "h"})
	y.want(y.step(began{}), "")
	y.want(y.step(linked{Registrar}), "send registration_request")
	var c map[string]any
	if err := y.sent[0].Content(&c); err != nil || c["uuid"] != "uuid-1" || c["id"] != 7.0 || c["kind"] != "go" || c["pid"] != 42.0 || c["cores"] != 2.0 {
		t.Fatal(c, err)
	}
	y.want(y.step(y.request(Registrar, "registration_reply", nil, map[string]any{"status": "ok", "id": 3, "hb_period": 3000})), "join 3\nserving 3")
	// the way to the controller was cut, or the controller is another one: the same engine asks for its id
	y.want(y.step(linked{Registrar}), "send registration_request")
	if err := y.sent[1].Content(&c); err != nil || c["id"] != 3.0 {
		t.Fatal(c, err)
	}
	y.want(y.step(y.request(Registrar, "registration_reply", nil, map[string]any{"status": "error", "evalue": "in use"})), "")
	y.want(y.step(y.request(Registrar, "registration_reply", nil, map[string]any{"status": "ok", "id": 5})), "")
	if y.s.id != 5 {
		t.Fatal(y.s.id)
	}
}

func TestRefusedRegistration(t *testing.T) {
	y := newStory(t, about{wanted: -1})
	y.step(began{})
	y.step(linked{Registrar})
	y.want(y.step(y.request(Registrar, "registration_reply", nil, map[string]any{"status": "error", "evalue": "uuid in use"})),
		"leave: engine: registering: the controller says: uuid in use")
	y.want(y.step(linked{Registrar}), "") // gone is gone
}

func TestRegistrationTakesTooLong(t *testing.T) {
	y := newStory(t, about{wanted: -1, timeout: time.Second})
	y.step(began{})
	if y.s.next() != epoch.Add(time.Second) {
		t.Fatal(y.s.next())
	}
	y.now = epoch.Add(time.Second)
	y.want(y.step(ticked{}), "leave: engine: registering: no answer within 1s")
}

func TestSilentController(t *testing.T) {
	y := newStory(t, about{wanted: -1, patience: 2}).atWork()
	if y.s.next() != epoch.Add(7*time.Second) {
		t.Fatal(y.s.next())
	}
	y.now = epoch.Add(6 * time.Second)
	y.want(y.step(beat{}), "")
	y.now = epoch.Add(7 * time.Second)
	y.want(y.step(ticked{}), "")
	y.now = epoch.Add(13 * time.Second)
	y.want(y.step(ticked{}), "send unregistration_request\nleave: engine: no heartbeat of the controller for 7s")
}

func TestOneTaskAtATimeIdleLast(t *testing.T) {
	y := newStory(t, about{wanted: -1}).atWork()
	y.want(y.step(y.request(Shell, wire.CallRequest, nil, nil)), `
engine.3.status busy <client_2_2
start client_2_2`)
	y.want(y.step(y.request(Shell, "apply_request", nil, nil)), "")
	y.want(y.step(printed{[]stream.Chunk{{Name: "stdout", Bytes: []byte("hello\xe2\x82")}}}), "")
	y.want(y.step(shown{y.tasks[0], wire.Output{MsgType: "display_data", Content: json.RawMessage("{}")}, nil}), `
engine.3.stdout hello <client_2_2
engine.3.displaypub <client_2_2`)
	y.want(y.step(printed{[]stream.Chunk{{Name: "stdout", Bytes: []byte("\xac")}, {Name: "stderr", Bytes: []byte("bad")}}}), "engine.3.stdout € <client_2_2")
	y.want(y.step(finished{y.tasks[0], answer{}}), `
engine.3.stderr bad <client_2_2
send gale_call_reply ok
engine.3.status idle <client_2_2
engine.3.status busy <client_2_3
start client_2_3`)
	y.want(y.step(finished{y.tasks[0], answer{}}), "") // an ending is told once
}

func TestRepliesSayWhereAndWhat(t *testing.T) {
	y := newStory(t, about{wanted: -1}).atWork()
	meta := map[string]any{"is_broadcast": true, "is_coalescing": true, "original_msg_id": "orig", "label": "l"}
	y.step(y.request(Shell, "apply_request", meta, nil))
	f := wire.NewFailure("UnmetDependency", "not here")
	y.want(y.step(finished{y.tasks[0], answer{failure: &f, method: "apply"}}), `
engine.3.error UnmetDependency <client_2_2
send apply_reply error UnmetDependency
engine.3.status idle <client_2_2`)
	m := y.sent[len(y.sent)-1]
	const want = `{"started":"2026-01-02T03:04:05.000000Z","dependencies_met":false,"engine":"uuid-1","is_broadcast":true,"is_coalescing":true,` +
		`"original_msg_id":"orig","label":"l","status":"error","engine_info":{"engine_uuid":"uuid-1","engine_id":3,"method":"apply"}}`
	if string(m.RawMetadata) != want {
		t.Fatalf("got %s", m.RawMetadata)
	}
	if string(m.RawContent) != `{"status":"error","ename":"UnmetDependency","evalue":"not here","traceback":["UnmetDependency: not here"],"engine_info":{"engine_uuid":"uuid-1","engine_id":3,"method":"apply"}}` {
		t.Fatalf("got %s", m.RawContent)
	}
}

func TestAbort(t *testing.T) {
	y := newStory(t, about{wanted: -1}).atWork()
	for range 3 {
		y.step(y.request(Shell, wire.RunRequest, nil, nil)) // 2 runs, 3 and 4 wait
	}
	y.want(y.step(y.request(Control, "abort_request", nil, map[string]any{"msg_ids": []string{"client_2_4", "client_2_6"}})), `
engine.3.status busy <client_2_5
engine.3.status busy <client_2_4
send gale_run_reply aborted
engine.3.status idle <client_2_4
send abort_reply ok
engine.3.status idle <client_2_5`)
	y.want(y.step(y.request(Shell, wire.RunRequest, nil, nil)), `
engine.3.status busy <client_2_6
send gale_run_reply aborted
engine.3.status idle <client_2_6`)
	y.want(y.step(y.request(Control, "abort_request", nil, map[string]any{"msg_ids": nil})), `
engine.3.status busy <client_2_7
engine.3.status busy <client_2_3
send gale_run_reply aborted
engine.3.status idle <client_2_3
send abort_reply ok
engine.3.status idle <client_2_7`)
	y.want(y.step(y.request(Control, "abort_request", nil, map[string]any{"msg_ids": 3})), `
engine.3.status busy <client_2_8
send abort_reply error ValueError
engine.3.status idle <client_2_8`)
	// parts of a broadcast are known by the broadcast's id too
	y.step(y.request(Control, "abort_request", nil, map[string]any{"msg_ids": "orig"}))
	y.want(y.step(y.request(Shell, "apply_request", map[string]any{"original_msg_id": "orig"}, nil)), `
engine.3.status busy <client_2_10
send apply_reply aborted
engine.3.status idle <client_2_10`)
}

func TestAFailedExecuteAbortsThoseBehindIt(t *testing.T) {
	y := newStory(t, about{wanted: -1}).atWork()
	y.want(y.step(y.request(Shell, "execute_request", nil, map[string]any{"code": "panic(1)"})), `
engine.3.status busy <client_2_2
engine.3.execute_input <client_2_2
start client_2_2`)
	y.step(y.request(Shell, "execute_request", nil, map[string]any{"code": "x", "silent": true}))
	y.step(y.request(Shell, "apply_request", nil, nil))
	f := wire.NewFailure("Panic", "1")
	y.want(y.step(finished{y.tasks[0], answer{failure: &f, method: "execute"}}), `
engine.3.error Panic <client_2_2
send execute_reply error Panic
engine.3.status idle <client_2_2
engine.3.status busy <client_2_3
send execute_reply aborted
engine.3.status idle <client_2_3
engine.3.status busy <client_2_4
start client_2_4`)
}

func TestInterruptsAndSignals(t *testing.T) {
	y := newStory(t, about{wanted: -1}).atWork()
	idle := y.step(y.request(Control, "interrupt_request", nil, nil))
	y.want(idle, "engine.3.status busy <client_2_2\nsend interrupt_reply ok\nengine.3.status idle <client_2_2")
	y.step(y.request(Shell, wire.RunRequest, nil, nil))
	for _, c := range []struct {
		typ     string
		content any
		want    string
	}{
		{"interrupt_request", nil, "cancel client_2_3: interrupted"},
		{"interrupt_request", map[string]any{"msg_ids": []string{"client_2_3"}}, "cancel client_2_3: interrupted"},
		{"interrupt_request", map[string]any{"msg_ids": []string{"other"}}, ""},
		{"interrupt_request", map[string]any{"msg_ids": []string{}}, ""},
		{"signal_request", map[string]any{"sig": "SIGINT"}, "cancel client_2_3: interrupted"},
		{"signal_request", map[string]any{"sig": 2}, "cancel client_2_3: interrupted"},
		{"signal_request", map[string]any{"sig": "kill"}, "kill 9"},
		{"signal_request", map[string]any{"sig": 15}, "kill 15"},
		{"signal_request", map[string]any{"sig": "nonsense"}, "signal_reply error ValueError"},
		{"signal_request", map[string]any{"sig": -1}, "signal_reply error ValueError"},
		{"signal_request", nil, "signal_reply error ValueError"},
	} {
		got := y.step(y.request(Control, c.typ, nil, c.content))
		if !strings.Contains(got, c.want) || c.want == "" && strings.Contains(got, "cancel") {
			t.Errorf("%s %v: got\n%s\nwant %s", c.typ, c.content, got, c.want)
		}
	}
}

func TestTimeLimit(t *testing.T) {
	y := newStory(t, about{wanted: -1, patience: 1000}).atWork()
	y.step(y.request(Shell, wire.RunRequest, map[string]any{"max_time": 1.5}, nil))
	if y.s.next() != epoch.Add(1500*time.Millisecond) {
		t.Fatal(y.s.next())
	}
	y.now = y.s.next()
	y.want(y.step(ticked{}), "cancel client_2_2: it ran longer than 1.5s")
	y.want(y.step(ticked{}), "")
}

func TestShutdown(t *testing.T) {
	y := newStory(t, about{wanted: -1}).atWork()
	y.step(y.request(Shell, wire.RunRequest, nil, nil))
	y.want(y.step(y.request(Control, "shutdown_request", nil, map[string]any{"restart": false})), `
engine.3.status busy <client_2_3
send shutdown_reply ok
engine.3.shutdown <client_2_3
engine.3.status idle <client_2_3
cancel client_2_2: the engine ends
leave: <nil>`)
	y = newStory(t, about{wanted: -1}).atWork()
	y.want(y.step(told{errors.New("enough")}), "leave: enough")
}

func TestClearWaitsForRunningCode(t *testing.T) {
	y := newStory(t, about{wanted: -1}).atWork()
	y.step(y.request(Shell, wire.RunRequest, nil, nil))
	y.want(y.step(y.request(Control, "clear_request", nil, nil)), "")
	y.step(y.request(Control, "abort_request", nil, nil)) // does not reach it
	y.want(y.step(finished{y.tasks[0], answer{}}), `
send gale_run_reply ok
engine.3.status idle <client_2_2
engine.3.status busy <client_2_3
start client_2_3`)
}

func TestUnknownRequests(t *testing.T) {
	y := newStory(t, about{wanted: -1}).atWork()
	y.want(y.step(y.request(Shell, "comm_open", nil, nil)), "engine.3.status busy <client_2_2\nengine.3.status idle <client_2_2")
	y.want(y.step(y.request(Control, "debug_request", nil, nil)), "engine.3.status busy <client_2_3\nengine.3.status idle <client_2_3")
	y.want(y.step(y.request(Registrar, "nonsense", nil, nil)), "")
	y.want(y.step(y.request(Shell, "kernel_info_request", nil, nil)), `
engine.3.status busy <client_2_5
send kernel_info_reply ok
engine.3.status idle <client_2_5`)
}

func TestRequestsWaitForTheSubscriber(t *testing.T) {
	y := newStory(t, about{private: true})
	y.want(y.step(began{}), "join 0\nserving 0")
	y.want(y.step(y.request(Shell, wire.RunRequest, nil, nil)), "")
	y.want(y.step(linked{IOPub}), "engine.0.status busy <client_2_1\nstart client_2_1")
	y = newStory(t, about{private: true})
	y.step(began{})
	y.step(y.request(Shell, wire.RunRequest, nil, nil))
	y.now = y.s.next()
	y.want(y.step(ticked{}), "engine.0.status busy <client_2_1\nstart client_2_1")
}

func TestNullEngine(t *testing.T) {
	y := newStory(t, about{wanted: -1, null: true}).atWork()
	y.want(y.step(y.request(Shell, "apply_request", nil, nil)), "send apply_reply ok")
}

func TestBounds(t *testing.T) {
	y := newStory(t, about{wanted: -1}).atWork()
	for i := range maxAborted + 10 {
		y.s.remember(wire.MsgID(fmt.Sprint(i)))
	}
	if len(y.s.aborted) != maxAborted || len(y.s.forget) != maxAborted {
		t.Fatal(len(y.s.aborted), len(y.s.forget))
	}
	y.step(y.request(Shell, wire.RunRequest, nil, nil))
	y.step(y.request(Shell, wire.RunRequest, nil, nil, make([]byte, maxQueuedBytes)))
	if !y.s.full() {
		t.Fatal("a shell takes more than it may hold")
	}
	y.step(finished{y.tasks[0], answer{}})
	if y.s.full() || y.s.queued != 0 {
		t.Fatal(y.s.queued)
	}
}
