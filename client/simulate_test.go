package client

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/internal/simulate"
	"github.com/galeproject/gale/wire"
)

// seats are the sockets of a controller by the channels of a client.
var seats = [channels]controller.Socket{
	controller.Query, controller.MuxClient, controller.TaskClient, controller.CastClient, controller.ControlClient, controller.IOPubClient, controller.Notification,
}

// simulated is a shell as a peer of a simulated cluster.
type simulated struct {
	s     *shell
	now   time.Time
	began bool
	open  map[wire.MsgID][]wire.MsgID // what each request waits for
	out   simulate.Output
}

func newSimulated(id string) simulate.Peer {
	x := &simulated{open: map[wire.MsgID][]wire.MsgID{}}
	session := wire.NewSession(wire.Options{
		Key: []byte(simulate.Key), ID: id, Pid: 1, Username: "u", Version: wire.ClusterVersion, Now: func() time.Time { return x.now },
	})
	x.s = newShell(session, patience)
	return x
}

func (x *simulated) Next() time.Time {
	if x.now.IsZero() {
		return time.Time{}
	}
	return x.now.Truncate(tickEvery).Add(tickEvery)
}

func (x *simulated) Step(now time.Time, in simulate.Input) simulate.Output {
	x.now, x.out = now, simulate.Output{}
	ch := channel(max(slices.Index(seats[:], in.Socket), 0))
	switch in.Kind {
	case simulate.Passed:
		if !x.began {
			x.began = true
			x.out.Dial = seats[:]
			x.do(x.s.say("connection_request", nil))
		}
		x.do(x.s.step(now, ticked{}))
	case simulate.Connected:
		x.do(x.s.step(now, connected{ch}))
	case simulate.Lost:
		x.do(x.s.step(now, lost{ch}))
	case simulate.Arrived:
		if m, err := x.s.session.Parse(in.Frames); err == nil {
			x.do(x.s.step(now, arrived{ch, m}))
		}
	case simulate.Asked:
		x.ask(in.Request)
	case simulate.Finished:
	}
	return x.out
}

// ask makes a request as the views do.
func (x *simulated) ask(r simulate.Request) {
	if r.Abort != "" {
		for _, p := range r.Engines {
			q := x.request(control, p.UUID, "abort_request", nil, map[string]any{"msg_ids": []wire.MsgID{r.Abort}, "running": r.Running})
			x.do(x.s.step(x.now, submitted{q}))
		}
		return
	}
	ch, engine, md := task, "", r.Metadata()
	switch r.On { //nolint:exhaustive // balanced, without more
	case controller.MuxClient:
		ch, engine = mux, r.Engines[0].UUID
	case controller.CastClient:
		r.Engines = slices.DeleteFunc(slices.Clone(r.Engines), func(p simulate.Place) bool { _, here := x.s.engines[p.UUID]; return !here })
		r.Merge = false
		ch, md = broadcast, r.Cast()
		if len(r.Engines) == 0 {
			r = simulate.Request{On: controller.TaskClient}
			ch, md = task, r.Metadata()
		}
	}
	q := x.request(ch, engine, "apply_request", md, nil)
	x.open[q.id] = []wire.MsgID{q.id}
	if ch == broadcast {
		x.open[q.id] = nil
		for _, p := range r.Engines {
			q.targets[p.UUID] = true
			x.open[q.id] = append(x.open[q.id], q.id+"_"+wire.MsgID(p.UUID))
		}
	}
	x.out.Asked, x.out.As, x.out.Wants = q.id, r, slices.Clone(x.open[q.id])
	x.do(x.s.step(x.now, submitted{q}))
}

func (x *simulated) request(ch channel, engine, msgType string, md, content any) *request {
	m, err := x.s.session.New(msgType, nil, md, content)
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	if engine != "" {
		m.Routes = [][]byte{[]byte(engine)}
	}
	return &request{ch: ch, id: m.Header.MsgID, frames: x.s.session.Frames(m), engine: engine, what: msgType, targets: map[string]bool{}}
}

func (x *simulated) do(effects []effect) {
	for _, f := range effects {
		switch f := f.(type) {
		case send:
			x.out.Send = append(x.out.Send, simulate.Letter{Socket: seats[f.ch], Frames: f.frames})
		case resolve:
			x.resolve(f)
		case publish, changed:
		}
	}
}

// resolve tells of an answer: to one part of a broadcast, or to all that is open.
func (x *simulated) resolve(f resolve) {
	a := simulate.Answer{}
	var dead *DeadEngine
	switch {
	case f.a.reply != nil:
		a.ID = parentID(f.a.reply)
		var c wire.Reply
		a.OK = f.a.reply.Content(&c) == nil && c.Status == "ok"
		a.Why = c.Status
	case errors.As(f.a.err, &dead) && f.r.ch == broadcast:
		a.ID, a.Why = f.r.id+"_"+wire.MsgID(dead.UUID), f.a.err.Error()
	default:
		a.ID, a.Why = f.r.id, f.a.err.Error()
	}
	all, is := x.open[f.r.id]
	switch {
	case !is: // an abort
	case slices.Contains(all, a.ID) || a.ID != f.r.id:
		x.open[f.r.id] = slices.DeleteFunc(all, func(id wire.MsgID) bool { return id == a.ID })
		x.out.Answers = append(x.out.Answers, a)
	default:
		x.open[f.r.id] = nil
		for _, id := range all {
			a.ID = id
			x.out.Answers = append(x.out.Answers, a)
		}
	}
}

// TestSimulatedClusters lives histories of clusters whose clients are real shells.
func TestSimulatedClusters(t *testing.T) {
	last := uint64(150)
	if testing.Short() {
		last = 40
	}
	for seed := range last {
		if r := simulate.Run(simulate.Plan{Seed: seed, Client: newSimulated}); r.Err != nil {
			r = simulate.Run(simulate.Plan{Seed: seed, Client: newSimulated, Story: true})
			t.Fatalf("seed %d: %v\n%s", seed, r.Err, r.Story)
		}
	}
}
