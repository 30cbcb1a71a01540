package controller

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/galeproject/gale/wire"
)

// TestMachinesAreAlike drives two machines alike, kills both at the same moment, and sees them do the same to the byte.
func TestMachinesAreAlike(t *testing.T) {
	var said [2]bytes.Buffer
	for i := range said {
		journal, store := pages{}, &shelf{body: map[string][]byte{}}
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		begin := func(id string) *Machine {
			o := Defaults()
			o.Key, o.Journal, o.Store, o.RecordLimit = testKey, journal, store, 2
			m, err := NewMachine(MachineOptions{Options: o, ID: id, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		m := begin("first")
		peer := func(id string) *wire.Session {
			return wire.NewSession(wire.Options{Key: []byte(testKey), ID: id, Pid: 1, Username: "u", Version: wire.ClusterVersion, Now: func() time.Time { return now }})
		}
		var sent [][][]byte // to the engine
		step := func(in Input) {
			t.Helper()
			now = now.Add(time.Millisecond)
			effects, err := m.Step(now, in)
			if err == nil {
				err = m.Check()
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range effects {
				fmt.Fprintf(&said[i], "%v %d %d %s %q\n", now, e.Kind, e.Socket, e.To, e.Frames)
				if e.Kind == Send && e.Socket == TaskEngine && bytes.Contains(e.Frames[3], []byte(`"apply_request"`)) {
					sent = append(sent, e.Frames)
				}
			}
		}
		ask := func(by *wire.Session, on Socket, msgType string, content any) {
			t.Helper()
			x, err := by.New(msgType, nil, nil, content)
			if err != nil {
				t.Fatal(err)
			}
			step(Input{Kind: Arrived, Socket: on, From: by.ID(), Frames: by.Frames(x)})
		}
		client, engine := peer("client"), peer("ada")
		connect := func() {
			for _, k := range []Socket{MuxEngine, TaskEngine, CastEngine, ControlEngine} {
				step(Input{Kind: Connected, Socket: k, From: "ada"})
			}
			step(Input{Kind: Connected, Socket: TaskClient, From: "client"})
			step(Input{Kind: Subscribed, Socket: Notification})
		}
		ask(engine, Query, "registration_request", map[string]any{"uuid": "ada", "kind": "go", "ack": true})
		connect()
		for range 5 {
			ask(client, TaskClient, "apply_request", nil)
		}
		m = begin("second")
		connect()
		for n := 0; n < len(sent); n++ {
			x, err := wire.NewSession(wire.Options{Key: []byte(testKey)}).Parse(sent[n])
			if err != nil {
				t.Fatal(err)
			}
			r, err := engine.New("apply_reply", x, map[string]any{"status": "ok"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			step(Input{Kind: Arrived, Socket: TaskEngine, From: "ada", Frames: engine.Frames(r)})
		}
		if len(sent) != 5 {
			t.Errorf("%d tasks went out, want 5", len(sent))
		}
		now = now.Add(time.Minute)
		step(Input{Kind: Passed})
		ask(client, Query, "history_request", nil)
		if m.Next().Before(now) {
			t.Errorf("the next step was due at %v, it is %v", m.Next(), now)
		}
	}
	if !bytes.Equal(said[0].Bytes(), said[1].Bytes()) {
		t.Errorf("first\n%s\nsecond\n%s", &said[0], &said[1])
	}
}
