package controller

import (
	"testing"
	"time"

	"github.com/galeproject/gale/wire"
)

// FuzzShell signs whatever it is given and hands it to every socket of a controller that has engines and tasks: no message of
// somebody who knows the key may break it either.
func FuzzShell(f *testing.F) {
	f.Add(byte(taskClient), `{"msg_id":"a","msg_type":"apply_request"}`, `{}`, `{"after":["b"],"retries":1,"timeout":0.1}`, `{}`, "")
	f.Add(byte(castClient), `{"msg_id":"b","msg_type":"apply_request"}`, `{}`, `{"targets":[["ada",0],["bob",1],["ada",0]],"is_coalescing":true}`, `{}`, "")
	f.Add(byte(castClient), `{"msg_id":"c","msg_type":"apply_request"}`, `{}`, `{"targets":[[0,"ada"],[null,null]]}`, `{}`, "")
	f.Add(byte(muxClient), `{"msg_id":"d","msg_type":"execute_request"}`, `{}`, `{}`, `{"code":"x"}`, "ada")
	f.Add(byte(taskEngine), `{"msg_id":"e","msg_type":"apply_reply"}`, `{"msg_id":"waiting"}`, `{"status":"ok","dependencies_met":false}`, `{}`, "c")
	f.Add(byte(query), `{"msg_id":"f","msg_type":"db_request"}`, `{}`, `{}`, `{"query":{"msg_id":{"$glob":"[["}},"keys":["label"]}`, "")
	f.Add(byte(query), `{"msg_id":"g","msg_type":"resubmit_request"}`, `{}`, `{}`, `{"msg_ids":["waiting","done","done"]}`, "")
	f.Add(byte(query), `{"msg_id":"h","msg_type":"registration_request"}`, `{}`, `{}`, `{"uuid":"eve","id":1e9,"kind":"go"}`, "")
	f.Add(byte(query), `{"msg_id":"i","msg_type":"purge_request"}`, `{}`, `{}`, `{"msg_ids":"all"}`, "")
	f.Add(byte(controlClient), `{"msg_id":"j","msg_type":"abort_request"}`, `{}`, `{}`, `{"msg_ids":"waiting"}`, "ada")
	f.Add(byte(iopubEngine), `{"msg_id":"k","msg_type":"stream"}`, `{"msg_id":"waiting"}`, `{}`, `{"name":"stdout","text":"x"}`, "engine.0.stream")
	f.Fuzz(func(t *testing.T, on byte, header, parent, metadata, content, route string) {
		g := newStage(t)
		g.engine("ada")
		bob := g.engine("bob")
		plant := func(id, md string) {
			m := &wire.Message{RawHeader: []byte(`{"msg_id":"` + id + `","msg_type":"apply_request"}`), RawParent: []byte("{}"), RawMetadata: []byte(md), RawContent: []byte("{}")}
			g.step(input{kind: message, socket: taskClient, from: "c", frames: g.client.Frames(m)})
		}
		plant("done", `{"targets":["bob"]}`)
		g.replies(bob, taskEngine, g.one(taskEngine), "ok", obj{"status": "ok"})
		plant("running", `{"targets":["ada"]}`)
		plant("waiting", `{"after":["running"]}`)
		m := &wire.Message{RawHeader: []byte(header), RawParent: []byte(parent), RawMetadata: []byte(metadata), RawContent: []byte(content)}
		if route != "" {
			m.Routes = [][]byte{[]byte(route)}
		}
		for _, from := range []string{"c", "ada"} {
			g.step(input{kind: message, socket: socket(on) % sockets, from: from, frames: g.client.Frames(m)})
		}
		g.later(time.Minute)
		g.dies("ada")
		g.dies("bob")
		if n, m := g.s.hub.Live(), len(g.s.jobs); n != m {
			t.Errorf("%d tasks are live, of which the shell knows %d", n, m)
		}
	})
}
