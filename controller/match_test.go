package controller

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

func TestQueries(t *testing.T) {
	j := &job{id: "task-3", queue: "task", engine: "ada", ended: true, replied: time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)}
	j.request = &wire.Message{RawHeader: json.RawMessage(`{"date":"2026-01-02T03:04:05.000001Z"}`), RawMetadata: json.RawMessage(`{"label":3}`), RawContent: json.RawMessage(`{}`)}
	j.reply = &wire.Message{RawHeader: json.RawMessage(`{}`), RawMetadata: json.RawMessage(`{}`), RawContent: json.RawMessage(`["a","b","c"]`)}
	for query, want := range map[string]bool{
		`{}`:                                                true,
		`null`:                                              true,
		`{"label":{"$gt":2}}`:                               true,
		`{"label":{"$gt":3}}`:                               false,
		`{"label":{"$gte":3,"$lt":4}}`:                      true,
		`{"label":{"$lte":2}}`:                              false,
		`{"label":{"$lt":"x"}}`:                             false,
		`{"label":3,"queue":"task"}`:                        true,
		`{"label":3,"queue":"mux"}`:                         false,
		`{"queue":"task","label":4}`:                        false,
		`{"msg_id":{"$glob":"task-*"}}`:                     true,
		`{"msg_id":{"$glob":"task-[0-3]"}}`:                 true,
		`{"msg_id":{"$glob":"task-[!0-3]"}}`:                false,
		`{"msg_id":{"$glob":"task"}}`:                       false,
		`{"resubmitted":{"$glob":"*"}}`:                     false,
		`{"msg_id":{"$in":["x","task-3"]}}`:                 true,
		`{"msg_id":{"$nin":["x","task-3"]}}`:                false,
		`{"msg_id":{"$nin":["x"]}}`:                         true,
		`{"error":{"$exists":false}}`:                       true,
		`{"received":{"$exists":true}}`:                     true,
		`{"error":null}`:                                    true,
		`{"error":{"$ne":null}}`:                            false,
		`{"label":{"$mod":[2,1]}}`:                          true,
		`{"label":{"$mod":[2,0]}}`:                          false,
		`{"result_content":{"$all":["a","c"]}}`:             true,
		`{"result_content":{"$all":["a","d"]}}`:             false,
		`{"header":{"date":"2026-01-02T03:04:05.000001Z"}}`: true,
		`{"submitted":{"$lt":"2026-01-02T04:04:05+00:00"}}`: true,
		`{"submitted":{"$lt":"2026-01-02T04:04:05+02:00"}}`: false,
		`{"submitted":"2026-01-02T04:04:05.000001+01:00"}`:  true,
		`{"received":{"$gt":"2026-01-02T03:04:05Z"}}`:       true,
	} {
		conditions, err := parseQuery(json.RawMessage(query))
		if err != nil || j.meets(conditions) != want {
			t.Errorf("%s: %v, %v; want %v", query, j.meets(conditions), err, want)
		}
	}
	for _, bad := range []string{`{"label":{"$frob":1}}`, `{"frob":1}`, `[]`, `{"label":{"$in":3}}`, `{"label":{"$mod":[0,1]}}`, `{"label":{"$mod":[1]}}`, `{"label":{"$glob":1}}`} {
		if _, err := parseQuery(json.RawMessage(bad)); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

func FuzzQuery(f *testing.F) {
	f.Add(`{"label":{"$gt":2}}`, "3")
	f.Add(`{"msg_id":{"$glob":"[a-"}}`, `"x"`)
	f.Add(`{"result_content":{"$all":[1]}}`, "[1]")
	f.Fuzz(func(t *testing.T, query, value string) {
		conditions, err := parseQuery(json.RawMessage(query))
		if err != nil {
			return
		}
		m := &wire.Message{RawHeader: json.RawMessage(value), RawMetadata: json.RawMessage(value), RawContent: json.RawMessage(value)}
		j := &job{id: "x", request: m, reply: m}
		j.meets(conditions) // must not panic
	})
}

// ran has the engine ada run n tasks, the i-th of them with the label i.
func (g *stage) ran(ada *wire.Session, n int) []hub.TaskID {
	g.t.Helper()
	var ids []hub.TaskID
	for i := range n {
		m, _ := g.ask(taskClient, "apply_request", obj{"label": i}, nil)
		g.replies(ada, taskEngine, g.one(taskEngine), "ok", obj{"status": "ok"})
		ids = append(ids, taskID(m))
		g.now = g.now.Add(time.Millisecond)
	}
	return ids
}

func TestResultsOfEveryone(t *testing.T) {
	g := newStage(t)
	ada := g.engine("ada")
	ids := g.ran(ada, 2)
	pending, _ := g.ask(taskClient, "apply_request", nil, nil)
	g.ask(query, "result_request", nil, obj{"msg_ids": []any{ids[1], pending.Header.MsgID, ids[0]}, "status_only": true})
	c := g.content(query, "result_reply")
	equal(t, "completed", c["completed"], ids)
	equal(t, "pending", c["pending"], []any{pending.Header.MsgID})
	g.ask(query, "result_request", nil, obj{"msg_ids": ids})
	r := g.parse(g.one(query).frames)
	equal(t, "buffers", len(r.Buffers), 2)
	entry := g.content(query, "result_reply")[string(ids[0])].(obj)
	equal(t, "content", entry["result_content"], obj{"status": "ok"})
	equal(t, "io", entry["io"], obj{"error": nil, "execute_input": nil, "execute_result": nil, "stderr": "", "stdout": ""})
	g.ask(query, "result_request", nil, obj{"msg_ids": []string{"nobody"}})
	equal(t, "unknown", g.content(query, "result_reply")["evalue"], "No such message: nobody")
	g.ask(query, "history_request", nil, nil)
	equal(t, "history", len(g.content(query, "history_reply")["history"].([]any)), 3)
}

func TestOutputsOfTasks(t *testing.T) {
	g := newStage(t)
	ada := g.engine("ada")
	m, _ := g.ask(muxClient, "execute_request", nil, obj{"code": "x"}, "ada")
	to := g.one(muxEngine)
	for _, o := range []struct {
		msgType string
		content obj
	}{
		{"status", obj{"execution_state": "busy"}},
		{"execute_input", obj{"code": "x", "execution_count": 1}},
		{"stream", obj{"name": "stdout", "text": "a"}},
		{"stream", obj{"name": "stdout", "text": "b"}},
		{"stream", obj{"name": "stderr", "text": "c"}},
		{"error", obj{"ename": "E"}},
		{"execute_result", obj{"data": obj{}}},
	} {
		p, err := ada.New(o.msgType, m, obj{"engine": "ada"}, o.content)
		if err != nil {
			t.Fatal(err)
		}
		p.Routes = [][]byte{[]byte("engine.0." + o.msgType)}
		frames := ada.Frames(p)
		g.step(input{kind: message, socket: iopubEngine, from: "ada", frames: frames})
		if e := g.one(iopubClient); e.kind != publish || !sameFrames(e.frames, frames) {
			t.Fatalf("%s is passed on as %q", o.msgType, e.frames)
		}
	}
	g.ask(query, "db_request", nil, obj{"query": obj{"msg_id": m.Header.MsgID}, "keys": []string{"stdout", "stderr", "error", "execute_input", "execute_result"}})
	equal(t, "record", g.content(query, "db_reply")["records"], []obj{{
		"msg_id": m.Header.MsgID, "stdout": "ab", "stderr": "c", "error": obj{"ename": "E"}, "execute_input": "x", "execute_result": obj{"data": obj{}},
	}})
	goodbye, err := ada.New("shutdown_reply", nil, nil, obj{"restart": false})
	if err != nil {
		t.Fatal(err)
	}
	g.step(input{kind: message, socket: iopubEngine, from: "ada", frames: prefixed(ada.Frames(goodbye), "engine.0.shutdown_reply")})
	equal(t, "engines", len(g.s.hub.Engines()), 1) // it has not answered yet
	g.replies(ada, muxEngine, to, "ok", obj{"status": "ok"})
	equal(t, "engines", len(g.s.hub.Engines()), 0)
}

func TestRecordsAreBounded(t *testing.T) {
	g := newStage(t, func(o *Options) { o.RecordLimit = 20 })
	ada := g.engine("ada")
	pending, _ := g.ask(muxClient, "execute_request", nil, nil, "ada")
	ids := g.ran(ada, 100)
	if n := len(g.s.records.byID); n < 18 || n > 20 {
		t.Errorf("%d records are kept", n)
	}
	if n := len(g.s.records.order); n > 200 {
		t.Errorf("%d places are remembered", n)
	}
	g.ask(query, "result_request", nil, obj{"msg_ids": []any{pending.Header.MsgID}})
	equal(t, "pending", g.content(query, "result_reply")["pending"], []any{pending.Header.MsgID})
	g.ask(query, "result_request", nil, obj{"msg_ids": ids[:1]})
	equal(t, "culled", g.content(query, "result_reply")["ename"], "KeyError")
	g.s.records.maxBytes = 0
	g.ran(ada, 1)
	equal(t, "bytes", []int{len(g.s.records.byID), g.s.records.bytes}, []int{0, 0})

	g = newStage(t, func(o *Options) { o.RecordLimit = 0 })
	g.ran(g.engine("ada"), 3)
	equal(t, "kept with --nodb", []int{len(g.s.records.byID), len(g.s.jobs)}, []int{0, 0})
	for _, q := range []string{"result", "history", "db", "purge", "resubmit"} {
		g.ask(query, q+"_request", nil, obj{"msg_ids": []string{}})
		equal(t, q, g.content(query, q+"_reply")["status"], "error")
	}
	g.ask(query, "queue_request", nil, obj{"targets": nil})
	equal(t, "queue", g.content(query, "queue_reply"), obj{"status": "ok", "unassigned": 0, "0": obj{"queue": 0, "tasks": 0, "completed": 3}})
}

func TestPurge(t *testing.T) {
	g := newStage(t)
	ada := g.engine("ada")
	ids := g.ran(ada, 4)
	bob := g.engine("bob")
	m, _ := g.ask(muxClient, "execute_request", nil, nil, "bob")
	g.replies(bob, muxEngine, g.one(muxEngine), "ok", obj{"status": "ok"})
	pending, _ := g.ask(muxClient, "execute_request", nil, nil, "bob")
	left := func() int { g.t.Helper(); return len(g.s.records.byID) }
	g.ask(query, "purge_request", nil, obj{"msg_ids": []any{pending.Header.MsgID}, "engine_ids": []int{}})
	equal(t, "pending", g.content(query, "purge_reply")["evalue"], "msg pending: '"+string(pending.Header.MsgID)+"'")
	g.ask(query, "purge_request", nil, obj{"msg_ids": ids[:1], "engine_ids": []int{}})
	equal(t, "one", left(), 4)
	g.ask(query, "purge_request", nil, obj{"msg_ids": []string{}, "engine_ids": []int{0}})
	equal(t, "ada's", left(), 1)
	if g.s.records.byID[taskID(m)] == nil {
		t.Error("bob's record is gone")
	}
	g.ask(query, "purge_request", nil, obj{"engine_ids": []int{9}})
	equal(t, "no engine", g.content(query, "purge_reply")["ename"], "IndexError")
	g.ask(query, "purge_request", nil, obj{"msg_ids": "all"})
	equal(t, "all", left(), 0)
	equal(t, "pending ones", len(g.s.jobs), 1)
}

func TestResubmit(t *testing.T) {
	g := newStage(t)
	ada := g.engine("ada")
	m, _ := g.ask(taskClient, "apply_request", obj{"label": "x", "targets": []string{"ada"}}, obj{"a": 1})
	g.replies(ada, taskEngine, g.one(taskEngine), "error", obj{"status": "error"})
	g.ask(query, "resubmit_request", nil, obj{"msg_ids": []any{m.Header.MsgID}})
	id := g.content(query, "resubmit_reply")["resubmitted"].(obj)[string(m.Header.MsgID)].(string)
	sent := g.one(taskEngine)
	n := g.parse(sent.frames)
	if string(n.Header.MsgID) != id || n.Header.Session != "client" || string(n.RawMetadata) != string(m.RawMetadata) || string(n.RawContent) != string(m.RawContent) || len(n.Buffers) != 1 {
		t.Errorf("it was sent as %s %s %s", n.RawHeader, n.RawMetadata, n.RawContent)
	}
	g.replies(ada, taskEngine, sent, "ok", obj{"status": "ok"})
	g.none(taskClient) // nobody asked for it there
	g.ask(query, "result_request", nil, obj{"msg_ids": []string{id}})
	equal(t, "completed", g.content(query, "result_reply")["completed"], []string{id})
	g.ask(query, "db_request", nil, obj{"query": obj{"msg_id": m.Header.MsgID}, "keys": []string{"resubmitted", "label"}})
	equal(t, "record", g.content(query, "db_reply")["records"], []obj{{"msg_id": m.Header.MsgID, "resubmitted": id, "label": "x"}})
	g.ask(query, "resubmit_request", nil, obj{"msg_ids": []string{"nobody"}})
	equal(t, "unknown", g.content(query, "resubmit_reply")["evalue"], "No such msg(s): ['nobody']")
}

func TestAnswersOfTheController(t *testing.T) {
	g := newStage(t)
	ada := g.engine("ada")
	g.ran(ada, 2)
	m, _ := g.ask(taskClient, "apply_request", nil, nil)
	g.ask(taskClient, "apply_request", nil, nil)
	g.ask(query, "queue_request", nil, obj{"targets": []any{0}, "verbose": true})
	c := g.content(query, "queue_reply")
	equal(t, "tasks", c["0"].(obj)["tasks"], []any{m.Header.MsgID})
	equal(t, "completed and unassigned", []int{len(c["0"].(obj)["completed"].([]any)), len(c["unassigned"].([]any))}, []int{2, 1})
	g.ask(query, "queue_request", nil, obj{"targets": []any{"ada"}})
	equal(t, "by uuid", g.content(query, "queue_reply")["0"], obj{"queue": 0, "tasks": 1, "completed": 2})
	g.ask(query, "queue_request", nil, obj{"targets": []int{7}})
	equal(t, "no engine", g.content(query, "hub_error")["evalue"], "No Such Engine: [7]")
	g.ask(query, "load_request", nil, obj{"targets": nil})
	equal(t, "load", g.content(query, "load_reply"), obj{"status": "ok", "0": 1})
	g.ask(query, "frob_request", nil, nil)
	equal(t, "unknown", g.content(query, "hub_error")["evalue"], "Bad Message Type: 'frob_request'")
	r, _ := g.ask(query, "db_request", nil, obj{"query": obj{}, "keys": []string{"buffers", "result_buffers"}})
	reply := g.parse(g.one(query).frames)
	if string(reply.RawParent) != string(r.RawHeader) {
		t.Errorf("parent %s", reply.RawParent)
	}
	c = g.content(query, "db_reply")
	equal(t, "lengths", fmt.Sprint(c["buffer_lens"], c["result_buffer_lens"], len(reply.Buffers)), "[1 1 1 1] [1 1 0 0] 6")
	g.ask(query, "db_request", nil, obj{"query": obj{}, "keys": []string{"frob"}})
	equal(t, "bad key", g.content(query, "db_reply")["ename"], "KeyError")
	for _, content := range []any{[]int{}, "x", obj{"msg_ids": 7, "targets": obj{}, "query": 3, "keys": 3, "id": "x", "uuid": 5}} {
		for _, kind := range []string{"connection", "queue", "load", "result", "history", "db", "purge", "resubmit", "registration", "unregistration", "become_dask", "frob"} {
			g.ask(query, kind+"_request", nil, content) // must not panic
		}
	}
	g.ask(query, "unregistration_request", nil, obj{"id": 0})
	g.none(notification) // it has a task
	g.later(time.Second)
	equal(t, "goodbye", g.content(notification, "unregistration_notification"), obj{"id": 0, "uuid": "ada"})
	g.ask(query, "shutdown_request", nil, nil)
	g.content(query, "shutdown_reply")
	g.content(notification, "shutdown_notification")
	if e := g.effects[len(g.effects)-1]; e.kind != stop || e.wait != time.Second {
		t.Errorf("shutdown ends with %+v", e)
	}
}
