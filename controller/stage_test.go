package controller

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

const testKey = "a0436f6c-1916-498b-8eb9-e81ab9368e84"

// stage drives a shell without sockets and without time.
type stage struct {
	t       *testing.T
	s       *shell
	now     time.Time
	client  *wire.Session
	effects []effect
}

func newStage(t *testing.T, change ...func(*Options)) *stage {
	t.Helper()
	o := Defaults()
	o.Log = slog.New(slog.DiscardHandler)
	for _, f := range change {
		f(&o)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s, err := o.newShell(o.fill(map[socket]int{query: 1}, testKey), testKey, now)
	if err != nil {
		t.Fatal(err)
	}
	client := wire.NewSession(wire.Options{Key: []byte(testKey), ID: "client", Version: wire.ClusterVersion})
	return &stage{t: t, s: s, now: now, client: client}
}

// step gives the shell one input and keeps its effects.
func (g *stage) step(in input) []effect {
	g.t.Helper()
	g.effects = append([]effect(nil), g.s.step(g.now, in)...)
	if err := g.s.hub.Check(); err != nil {
		g.t.Fatal(err)
	}
	for id, j := range g.s.jobs {
		if !g.s.pending(id) || j.id != id || j.ended {
			g.t.Fatalf("the shell waits for %q, of which the hub knows nothing", id)
		}
	}
	return g.effects
}

// later lets time pass.
func (g *stage) later(d time.Duration) {
	g.t.Helper()
	g.now = g.now.Add(d)
	g.step(input{kind: tick})
}

// say sends a message of a session; it returns the message and its frames.
func (g *stage) say(by *wire.Session, on socket, from, msgType string, metadata, content any, routes ...string) (*wire.Message, [][]byte) {
	g.t.Helper()
	m, err := by.New(msgType, nil, metadata, content, []byte("buffer"))
	if err != nil {
		g.t.Fatal(err)
	}
	frames := prefixed(by.Frames(m), routes...)
	g.step(input{kind: message, socket: on, from: from, frames: frames})
	return m, frames
}

// ask is a request of the client.
func (g *stage) ask(on socket, msgType string, metadata, content any, routes ...string) (*wire.Message, [][]byte) {
	g.t.Helper()
	return g.say(g.client, on, "c", msgType, metadata, content, routes...)
}

// engine brings an engine that is ready.
func (g *stage) engine(uuid string) *wire.Session {
	g.t.Helper()
	session := wire.NewSession(wire.Options{Key: []byte(testKey), ID: uuid, Version: wire.ClusterVersion})
	g.say(session, query, uuid, "registration_request", nil, map[string]any{"uuid": uuid})
	for _, k := range []socket{muxEngine, taskEngine, castEngine, controlEngine, pong} {
		g.step(input{kind: connected, socket: k, from: uuid})
	}
	return session
}

// dies ends all connections of an engine; it gives all effects.
func (g *stage) dies(uuid string) []effect {
	g.t.Helper()
	var all []effect
	for _, k := range []socket{controlEngine, pong, muxEngine, taskEngine, castEngine} {
		all = append(all, g.step(input{kind: disconnected, socket: k, from: uuid})...)
	}
	return all
}

// replies has an engine answer the request that it was sent in an effect; it returns the frames.
func (g *stage) replies(engine *wire.Session, on socket, to effect, status string, content any) [][]byte {
	g.t.Helper()
	m := g.parse(to.frames)
	md := map[string]any{"status": status, "engine": engine.ID(), "dependencies_met": status != "unmet"}
	r, err := engine.New(wire.ReplyType(m.Header.MsgType), m, md, content, []byte("result of "+engine.ID()))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Routes = m.Routes
	frames := engine.Frames(r)
	g.step(input{kind: message, socket: on, from: engine.ID(), frames: frames})
	return frames
}

func (g *stage) parse(frames [][]byte) *wire.Message {
	g.t.Helper()
	s := wire.NewSession(wire.Options{Key: []byte(testKey)})
	m, err := s.Parse(frames)
	if err != nil {
		g.t.Fatalf("%q: %v", frames, err)
	}
	return m
}

// one gives the only effect on a socket.
func (g *stage) one(on socket) effect {
	g.t.Helper()
	var found []effect
	for _, e := range g.effects {
		if e.socket == on && (e.kind == send || e.kind == publish) {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		g.t.Fatalf("%d effects on socket %d, want 1, of %s", len(found), on, describe(g.effects))
	}
	return found[0]
}

// none insists that nothing went out on a socket.
func (g *stage) none(on socket) {
	g.t.Helper()
	for _, e := range g.effects {
		if e.socket == on && (e.kind == send || e.kind == publish) {
			g.t.Fatalf("something went out on socket %d: %s", on, describe(g.effects))
		}
	}
}

func describe(effects []effect) string {
	var b strings.Builder
	for _, e := range effects {
		fmt.Fprintf(&b, "\n  kind %d socket %d to %q: %.300q", e.kind, e.socket, e.to, e.frames)
	}
	return b.String()
}

// content gives the content of the only message to the client on a socket, its type checked.
func (g *stage) content(on socket, msgType string) map[string]any {
	g.t.Helper()
	m := g.parse(g.one(on).frames)
	if m.Header.MsgType != msgType {
		g.t.Fatalf("a %s came, want %s: %s", m.Header.MsgType, msgType, m.RawContent)
	}
	var c map[string]any
	if err := m.Content(&c); err != nil {
		g.t.Fatal(err)
	}
	return c
}

// equal compares by JSON.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	g, err1 := json.Marshal(got)
	w, err2 := json.Marshal(want)
	if err1 != nil || err2 != nil || string(g) != string(w) {
		t.Errorf("%s: %s, want %s", what, g, w)
	}
}

func taskID(m *wire.Message) hub.TaskID { return hub.TaskID(m.Header.MsgID) }
