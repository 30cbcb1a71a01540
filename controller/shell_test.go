package controller

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

type obj = map[string]any

func sameFrames(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }

func TestRegistration(t *testing.T) {
	g := newStage(t)
	session := wire.NewSession(wire.Options{Key: []byte(testKey), ID: "ada"})
	g.say(session, query, "ada", "registration_request", nil, obj{"uuid": "ada", "id": nil})
	reply := g.parse(g.one(query).frames)
	if string(reply.RawParent) != "{}" {
		t.Errorf("parent header %s, want an empty one", reply.RawParent)
	}
	c := g.content(query, "registration_reply")
	equal(t, "id", c["id"], 0)
	equal(t, "status", c["status"], "ok")
	equal(t, "period", c["hb_period"], 3000)
	if info, ok := c["connection_info"].(obj); !ok || info["hb_ping"] == nil && info["mux"] == nil {
		t.Errorf("connection_info %v has no ports", c["connection_info"])
	}
	for _, k := range []socket{muxEngine, taskEngine, castEngine, controlEngine} {
		g.step(input{kind: connected, socket: k, from: "ada"})
		g.none(notification)
	}
	g.step(input{kind: connected, socket: pong, from: "ada"}) // its kernel runs
	equal(t, "notification", g.content(notification, "registration_notification"), obj{"id": 0, "uuid": "ada"})
	g.say(session, query, "x", "registration_request", nil, obj{"uuid": "ada"})
	equal(t, "second registration", g.content(query, "registration_reply")["ename"], "KeyError")
	g.dies("ada")
	g.say(session, query, "x", "registration_request", nil, obj{"uuid": "ada", "id": 5})
	equal(t, "id after death", g.content(query, "registration_reply")["id"], 0)
}

func TestGoEnginesTellAboutThemselves(t *testing.T) {
	g := newStage(t)
	session := wire.NewSession(wire.Options{Key: []byte(testKey), ID: "ada"})
	g.say(session, query, "ada", "registration_request", nil, obj{"uuid": "ada", "kind": "go", "pid": 7, "host": "h", "cores": 2})
	for _, k := range []socket{muxEngine, taskEngine, castEngine, controlEngine} { // no heart is waited for
		g.step(input{kind: connected, socket: k, from: "ada"})
	}
	about := obj{"kind": "go", "pid": 7, "host": "h", "cores": 2}
	equal(t, "notification", g.content(notification, "registration_notification"), obj{"id": 0, "uuid": "ada", "gale": about})
	g.ask(query, "connection_request", nil, nil)
	c := g.content(query, "connection_reply")
	equal(t, "engines", c["engines"], obj{"0": "ada"})
	equal(t, "gale", c["gale"], obj{"0": about})
}

// told collects what a new subscriber is told.
type told struct{ messages [][][]byte }

func (s *told) Send(frames ...[]byte) error { s.messages = append(s.messages, frames); return nil }

func TestSubscribersHearWhatTheyMissed(t *testing.T) {
	g := newStage(t)
	g.engine("ada")
	g.engine("bob")
	g.dies("ada")
	var got []string
	for _, e := range g.step(input{kind: subscribed, socket: notification, peer: &told{}}) {
		if e.kind != tell {
			t.Fatalf("others hear it too: %v", e)
		}
		m := g.parse(e.frames)
		got = append(got, m.Header.MsgType+string(m.RawContent))
	}
	equal(t, "told", got, []string{`unregistration_notification{"id":0,"uuid":"ada"}`, `registration_notification{"id":1,"uuid":"bob"}`})
	g.now = g.now.Add(2 * recently)
	if n := len(g.step(input{kind: subscribed, socket: notification, peer: &told{}})); n < 1 || n > 2 { // a ping may be due
		t.Errorf("%d messages long after a departure", n)
	}
}

func TestRelaysKeepEveryByte(t *testing.T) {
	g := newStage(t)
	ada := g.engine("ada")
	for _, c := range []struct {
		client, engine socket
		routes         []string
		msgType        string
	}{
		{muxClient, muxEngine, []string{"ada"}, "execute_request"},
		{taskClient, taskEngine, nil, "apply_request"},
		{controlClient, controlEngine, []string{"ada"}, "signal_request"},
		{muxClient, muxEngine, []string{"ada"}, wire.CallRequest},
	} {
		metadata := json.RawMessage(`{ "label" : null,"x":[1 , 2] }`)
		_, frames := g.ask(c.client, c.msgType, metadata, json.RawMessage(`{ "sig" : 2 }`), c.routes...)
		e := g.one(c.engine)
		if e.to != "ada" || string(e.frames[0]) != "c" || !sameFrames(e.frames[1:], frames[len(c.routes):]) {
			t.Fatalf("%s to the engine: to %q, %q, want %q", c.msgType, e.to, e.frames, frames)
		}
		reply := g.replies(ada, c.engine, e, "ok", json.RawMessage(`{ "status" : "ok" }`))
		back := g.one(c.client)
		if back.to != "c" || string(back.frames[0]) != "ada" || !sameFrames(back.frames[1:], reply[1:]) {
			t.Fatalf("%s to the client: to %q, %q, want %q", c.msgType, back.to, back.frames, reply)
		}
	}
	if n := len(g.s.jobs); n != 0 {
		t.Errorf("%d requests are remembered after their replies", n)
	}
	g.ask(muxClient, "comm_open", nil, nil, "ada") // is not answered
	g.one(muxEngine)
	if n := len(g.s.jobs); n != 0 {
		t.Errorf("a comm_open is waited for")
	}
}

func TestForeignMessagesHaveNoEffect(t *testing.T) {
	g := newStage(t)
	g.engine("ada")
	thief := wire.NewSession(wire.Options{Key: []byte("another key")})
	for k := range sockets {
		g.say(thief, k, "x", "apply_request", nil, obj{"uuid": "eve"}, "ada")
		for _, e := range g.effects {
			if e.kind == send || e.kind == publish {
				t.Errorf("socket %d: an unsigned message has the effect %s", k, describe(g.effects))
			}
		}
		for _, frames := range [][][]byte{nil, {{}}, {[]byte("<IDS|MSG>")}, {{1}, {2}, {3}}, {[]byte("<IDS|MSG>"), {}, {}, {}, {}, {}}, make([][]byte, 100)} {
			if n := len(g.step(input{kind: message, socket: k, from: "x", frames: frames})); n != 0 {
				t.Errorf("socket %d: %q has effects %s", k, frames, describe(g.effects))
			}
		}
	}
	m, frames := g.ask(query, "shutdown_request", nil, nil)
	if g.content(query, "shutdown_reply"); m == nil {
		t.Fatal("no message")
	}
	if n := len(g.step(input{kind: message, socket: query, from: "x", frames: frames})); n != 0 {
		t.Errorf("a request heard before has effects %s", describe(g.effects))
	}
}

func TestRepeatedRequestsRunOnce(t *testing.T) {
	g := newStage(t)
	ada := g.engine("ada")
	_, frames := g.ask(taskClient, "apply_request", nil, nil)
	to := g.one(taskEngine)
	again := input{kind: message, socket: taskClient, from: "c", frames: frames}
	g.step(again)
	g.none(taskEngine)
	g.replies(ada, taskEngine, to, "ok", obj{"status": "ok"})
	g.step(again)
	g.none(taskEngine)
	if len(g.s.jobs) != 0 {
		t.Errorf("%d jobs are left", len(g.s.jobs))
	}
}

func TestEngineDies(t *testing.T) {
	g := newStage(t)
	g.engine("ada")
	ada := g.s.hub
	task, _ := g.ask(taskClient, "apply_request", obj{"retries": 0, "timeout": 0.0, "after": []string{}, "follow": []string{}, "targets": []string{}}, nil)
	g.ask(muxClient, "apply_request", nil, nil, "ada")
	equal(t, "live", ada.Live(), 2)
	all := g.dies("ada")
	g.effects = all
	c := g.content(taskClient, "apply_reply")
	equal(t, "ename", c["ename"], "EngineError")
	equal(t, "evalue", c["evalue"], "Engine b'ada' died while running task '"+string(task.Header.MsgID)+"'")
	equal(t, "engine_info", c["engine_info"], obj{})
	reply := g.parse(g.one(taskClient).frames)
	var md obj
	if err := reply.Metadata(&md); err != nil || md["engine"] != "ada" || md["status"] != "error" || string(reply.RawParent) != string(task.RawHeader) {
		t.Errorf("metadata %v, parent %s", md, reply.RawParent)
	}
	equal(t, "notification", g.content(notification, "unregistration_notification"), obj{"id": 0, "uuid": "ada"})
	g.none(muxClient) // whoever asked directly hears of it by the notification
	if len(g.s.jobs) != 0 {
		t.Errorf("%d jobs are left", len(g.s.jobs))
	}
	g.ask(muxClient, "apply_request", nil, nil, "ada")
	g.none(muxClient)
	g.now = g.now.Add(2 * recently)
	g.ask(muxClient, "execute_request", nil, nil, "ada")
	equal(t, "no engine", g.content(muxClient, "execute_reply")["ename"], "EngineError")
}

func TestTaskOfGoClientRunsAgain(t *testing.T) {
	g := newStage(t)
	bob, _ := g.engine("bob"), g.engine("ada")
	_, frames := g.ask(taskClient, wire.CallRequest, obj{"retry_on": "death"}, nil)
	if e := g.one(taskEngine); e.to != "ada" {
		t.Fatalf("it went to %s", e.to)
	}
	g.effects = g.dies("ada")
	e := g.one(taskEngine)
	if e.to != "bob" || !sameFrames(e.frames[1:], frames) {
		t.Fatalf("it went to %s as %q", e.to, e.frames)
	}
	g.none(taskClient)
	g.replies(bob, taskEngine, e, "ok", obj{"status": "ok"})
	equal(t, "reply", g.content(taskClient, wire.ReplyType(wire.CallRequest)), obj{"status": "ok"})
}

func TestSameEngineHearsAnotherMessage(t *testing.T) {
	g := newStage(t)
	ada := g.engine("ada")
	g.ask(taskClient, "apply_request", obj{"retries": 1, "same_engine": true}, nil)
	first := g.one(taskEngine)
	g.replies(ada, taskEngine, first, "error", obj{"status": "error"})
	second := g.one(taskEngine)
	if a, b := g.parse(first.frames), g.parse(second.frames); a.Header.MsgID != b.Header.MsgID || sameFrames(first.frames, second.frames) {
		t.Errorf("the second message is %q, want the same id and another signature", second.frames)
	}
	g.replies(ada, taskEngine, second, "error", obj{"status": "error", "ename": "Boom"})
	equal(t, "last error", g.content(taskClient, "apply_reply")["ename"], "Boom")
}

func TestDependencies(t *testing.T) {
	g := newStage(t)
	ada := g.engine("ada")
	first, _ := g.ask(taskClient, "apply_request", nil, nil)
	run := g.one(taskEngine)
	g.ask(taskClient, "apply_request", obj{"after": []string{string(first.Header.MsgID)}}, nil)
	g.none(taskEngine)
	g.ask(taskClient, "apply_request", obj{"follow": obj{"dependencies": []string{string(first.Header.MsgID)}, "all": false, "success": false, "failure": true}}, nil)
	g.ask(taskClient, "apply_request", obj{"after": []string{"nobody"}}, nil)
	equal(t, "unknown", g.content(taskClient, "apply_reply")["ename"], "InvalidDependency")
	g.ask(taskClient, "apply_request", obj{"after": 7}, nil)
	equal(t, "nonsense", g.content(taskClient, "apply_reply")["ename"], "ValueError")
	g.ask(taskClient, "apply_request", obj{"timeout": 0.5}, nil)
	g.later(600 * time.Millisecond)
	equal(t, "timeout", g.content(taskClient, "apply_reply")["ename"], "TaskTimeout")
	g.replies(ada, taskEngine, run, "ok", obj{"status": "ok"})
	g.one(taskEngine) // the one that comes after it
	names := []string{}
	for _, e := range g.effects {
		if e.socket == taskClient {
			var c struct{ Status, Ename string }
			if err := g.parse(e.frames).Content(&c); err != nil {
				t.Fatal(err)
			}
			names = append(names, c.Status+c.Ename)
		}
	}
	equal(t, "replies", names, []string{"ok", "errorImpossibleDependency"})
}

func TestAbortReachesTheQueue(t *testing.T) {
	g := newStage(t)
	g.engine("ada")
	g.ask(taskClient, "apply_request", nil, nil)
	queued, _ := g.ask(taskClient, "execute_request", nil, nil)
	g.ask(controlClient, "abort_request", nil, obj{"msg_ids": []string{string(queued.Header.MsgID)}}, "ada")
	equal(t, "reply", g.content(taskClient, "execute_reply"), obj{"status": "aborted"})
	g.one(controlEngine) // and the engine hears of it
	g.ask(controlClient, "abort_request", nil, obj{"msg_ids": nil}, "ada")
	g.one(controlEngine)
	g.ask(controlClient, "abort_request", nil, nil, "nobody")
	equal(t, "no engine", g.content(controlClient, "abort_reply")["ename"], "EngineError")
}

func TestHeartbeat(t *testing.T) {
	g := newStage(t, func(o *Options) { o.Hub.Misses = 2 })
	g.engine("ada")
	g.engine("bob")
	for range 5 {
		g.later(3 * time.Second)
		payload := g.one(ping).frames
		g.step(input{kind: message, socket: pong, from: "ada", frames: payload})
	}
	equal(t, "engines without pongs yet", len(g.s.hub.Engines()), 2)
	g.later(3 * time.Second)
	g.step(input{kind: message, socket: pong, from: "bob", frames: g.one(ping).frames})
	for range 4 {
		g.later(3 * time.Second)
	}
	equal(t, "engines after silence", len(g.s.hub.Engines()), 0)
	equal(t, "live tasks", g.s.hub.Live(), 0)
}

func TestControllerKeepsNothingOfForgottenEngines(t *testing.T) {
	g := newStage(t)
	for i := range 50 {
		session := wire.NewSession(wire.Options{Key: []byte(testKey)})
		g.say(session, query, "x", "registration_request", nil, obj{"uuid": session.ID(), "kind": "go", "pid": i})
	}
	equal(t, "kept", len(g.s.about), 50)
	g.later(time.Minute)
	g.later(time.Minute)
	equal(t, "kept after a while", len(g.s.about), 0)
	if g.s.hub.Knows(hub.UUID("x")) {
		t.Error("the hub knows somebody who never came")
	}
}
