package controller

import (
	"testing"
	"time"
)

// TestTimeLimit sees a task that runs too long answered and interrupted, once, and what its engine says later ignored.
func TestTimeLimit(t *testing.T) {
	g := newStage(t)
	ada := g.engine("ada")
	g.ask(taskClient, "apply_request", obj{"max_time": 0.5}, nil)
	sent := g.one(taskEngine)
	g.later(time.Second)
	equal(t, "answer", g.content(taskClient, "apply_reply")["ename"], "TaskTimeout")
	if m := g.parse(g.one(controlEngine).frames); m.Header.MsgType != "signal_request" { // Python's cannot be told which
		t.Errorf("%s %s", m.Header.MsgType, m.RawContent)
	}
	g.replies(ada, taskEngine, sent, "error", nil)
	g.none(taskClient)
}

// TestRunningTaskIsTakenBack sees an abort end a running task if it asks for that, and only then.
func TestRunningTaskIsTakenBack(t *testing.T) {
	g := newStage(t)
	g.engine("ada")
	m, _ := g.ask(taskClient, "apply_request", nil, nil)
	g.ask(controlClient, "abort_request", nil, obj{"msg_ids": []string{string(m.Header.MsgID)}}, "ada")
	g.none(taskClient)
	g.ask(controlClient, "abort_request", nil, obj{"msg_ids": []string{string(m.Header.MsgID)}, "running": true}, "ada")
	equal(t, "answer", g.content(taskClient, "apply_reply"), obj{"status": "aborted"})
}
