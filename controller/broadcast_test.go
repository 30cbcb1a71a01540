package controller

import (
	"testing"
)

// parts gives what went out of a broadcast, by engine.
func (g *stage) parts() map[string]effect {
	all := map[string]effect{}
	for _, e := range g.effects {
		if e.socket == castEngine && e.kind == send {
			all[e.to] = e
		}
	}
	return all
}

func targets(uuids ...string) [][2]any {
	var all [][2]any
	for i, u := range uuids {
		all = append(all, [2]any{u, i})
	}
	return all
}

func TestBroadcast(t *testing.T) {
	g := newStage(t)
	ada, bob := g.engine("ada"), g.engine("bob")
	m, _ := g.ask(castClient, "apply_request", obj{"targets": targets("ada", "bob"), "is_broadcast": true, "is_coalescing": false}, nil)
	parts := g.parts()
	for u, e := range parts {
		p := g.parse(e.frames)
		if string(p.Header.MsgID) != string(m.Header.MsgID)+"_"+u || p.Header.Session != m.Header.Session || string(p.Buffers[0]) != "buffer" {
			t.Errorf("part of %s has the header %s", u, p.RawHeader)
		}
		var md struct {
			Original string `json:"original_msg_id"`
		}
		if err := p.Metadata(&md); err != nil || md.Original != string(m.Header.MsgID) {
			t.Errorf("part of %s has the metadata %s", u, p.RawMetadata)
		}
	}
	frames := g.replies(bob, castEngine, parts["bob"], "error", obj{"status": "error"})
	if e := g.one(castClient); e.to != "c" || !sameFrames(e.frames[1:], frames[1:]) {
		t.Errorf("to the client: %s", describe(g.effects))
	}
	equal(t, "queue", g.s.hub.Engines()[0].Queue, 1)
	g.replies(ada, castEngine, parts["ada"], "ok", obj{"status": "ok"})
	g.one(castClient)
	equal(t, "live", g.s.hub.Live()+len(g.s.jobs), 0)
	g.ask(query, "db_request", nil, obj{"query": obj{"queue": "broadcast"}, "keys": []string{"engine_uuid"}})
	equal(t, "records", len(g.content(query, "db_reply")["records"].([]any)), 2)
}

func TestCoalescing(t *testing.T) {
	g := newStage(t)
	ada, bob := g.engine("ada"), g.engine("bob")
	request := obj{"targets": targets("ada", "bob"), "is_broadcast": true, "is_coalescing": true}
	m, _ := g.ask(castClient, "apply_request", request, nil)
	parts := g.parts()
	g.replies(bob, castEngine, parts["bob"], "ok", obj{"status": "ok"})
	g.none(castClient)
	g.replies(ada, castEngine, parts["ada"], "ok", obj{"status": "ok"})
	r := g.parse(g.one(castClient).frames)
	if len(r.Buffers) != 2 || string(r.Buffers[0]) != "result of ada" || string(r.Buffers[1]) != "result of bob" {
		t.Errorf("results %q, want them in the order of the targets", r.Buffers)
	}
	var md obj
	if err := r.Metadata(&md); err != nil {
		t.Fatal(err)
	}
	equal(t, "original", md["original_msg_id"], m.Header.MsgID)
	equal(t, "targets", md["broadcast_targets"], targets("ada", "bob"))
	idle := g.parse(g.one(iopubClient).frames)
	if string(idle.RawParent) != string(m.RawHeader) || idle.Header.MsgType != "status" {
		t.Errorf("no idle under the request's own header: %s", idle.RawParent)
	}

	g.ask(castClient, "apply_request", request, nil)
	parts = g.parts()
	g.replies(ada, castEngine, parts["ada"], "error", obj{"status": "error", "ename": "Boom"})
	g.replies(bob, castEngine, parts["bob"], "ok", obj{"status": "ok"})
	equal(t, "one failed", g.content(castClient, "apply_reply")["ename"], "Boom")

	g.ask(castClient, "apply_request", request, nil)
	parts = g.parts()
	g.dies("bob")
	g.none(castClient)                                                  // clients fail it themselves when they hear of bob's end
	g.replies(ada, castEngine, parts["ada"], "ok", obj{"status": "ok"}) // too late
	g.none(castClient)                                                  //
	equal(t, "left over", g.s.hub.Live()+len(g.s.jobs), 0)              //
	g.ask(castClient, "apply_request", obj{"targets": targets("eve"), "is_coalescing": true, "is_broadcast": true}, nil)
	equal(t, "unknown target", g.content(castClient, "apply_reply")["ename"], "EngineError")
	g.ask(castClient, "apply_request", obj{"targets": []any{}, "is_coalescing": true}, nil)
	equal(t, "no targets", g.content(castClient, "apply_reply")["status"], "ok")
	g.ask(castClient, "apply_request", obj{"targets": "nonsense"}, nil)
	equal(t, "nonsense", g.content(castClient, "apply_reply")["ename"], "ValueError")
	equal(t, "left over", g.s.hub.Live()+len(g.s.jobs), 0)
}
