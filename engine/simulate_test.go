package engine

import (
	"log/slog"
	"testing"
	"time"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/internal/simulate"
	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// simulated is a shell as a peer of a simulated cluster.
type simulated struct {
	s     *shell
	now   time.Time
	peers map[controller.Socket]*zmtp.Peer
	tasks map[wire.MsgID]*task
	out   simulate.Output
}

func newSimulated(uuid string) simulate.Peer {
	x := &simulated{peers: map[controller.Socket]*zmtp.Peer{}, tasks: map[wire.MsgID]*task{}}
	for _, on := range []controller.Socket{controller.MuxEngine, controller.TaskEngine, controller.CastEngine, controller.ControlEngine} {
		x.peers[on] = &zmtp.Peer{}
	}
	session := wire.NewSession(wire.Options{
		Key: []byte(simulate.Key), ID: uuid, Pid: 1, Username: "u", Version: wire.ClusterVersion, Now: func() time.Time { return x.now },
	})
	x.s = newShell(about{wanted: -1, pid: 1, host: "h", timeout: time.Hour, patience: 50}, session, slog.New(slog.DiscardHandler))
	return x
}

func (x *simulated) Next() time.Time { return x.s.next() }

// Held is how many replies are not acknowledged.
func (x *simulated) Held() int { return len(x.s.ledger.replies) }

func (x *simulated) Step(now time.Time, in simulate.Input) simulate.Output {
	x.now, x.out = now, simulate.Output{}
	if e := x.event(in); e != nil {
		x.do(x.s.step(now, e))
	}
	return x.out
}

// event makes of an input what the loop makes of what its sockets bring.
func (x *simulated) event(in simulate.Input) event {
	switch in.Kind {
	case simulate.Passed:
		if x.s.state == fresh {
			x.out.Dial = []controller.Socket{controller.Query, controller.IOPubEngine}
			return began{}
		}
		return ticked{}
	case simulate.Connected:
		switch in.Socket { //nolint:exhaustive // the others are no news
		case controller.Query:
			return linked{Registrar}
		case controller.IOPubEngine:
			return linked{IOPub}
		}
	case simulate.Arrived:
		return x.received(in)
	case simulate.Finished:
		t := x.tasks[in.Task]
		delete(x.tasks, in.Task)
		return finished{t, map[simulate.Outcome]answer{
			simulate.Fine: {method: "apply"}, simulate.Raise: failed("ValueError"), simulate.Unfit: failed(nameUnmet),
		}[in.Outcome]}
	case simulate.Lost, simulate.Asked:
	}
	return nil
}

func failed(name string) answer {
	f := wire.NewFailure(name, "as it was told")
	return answer{failure: &f, method: "apply"}
}

func (x *simulated) received(in simulate.Input) event {
	if in.Socket == controller.Ping {
		x.out.Send = append(x.out.Send, simulate.Letter{Socket: controller.Pong, Frames: in.Frames})
		return beat{}
	}
	m, err := x.s.session.Parse(in.Frames)
	if err != nil {
		return nil
	}
	switch in.Socket { //nolint:exhaustive // nothing comes on the others
	case controller.Query:
		return received{on: Registrar, m: m}
	case controller.ControlEngine:
		return received{Control, x.peers[in.Socket], m}
	}
	return received{Shell, x.peers[in.Socket], m}
}

func (x *simulated) do(effects []effect) {
	for _, f := range effects {
		switch f := f.(type) {
		case send:
			on := controller.Query
			for k, p := range x.peers {
				if p == f.to {
					on = k
				}
			}
			x.out.Send = append(x.out.Send, simulate.Letter{Socket: on, Frames: x.s.session.Frames(f.m)})
		case publish:
			frames := append([][]byte{[]byte(f.topic)}, x.s.session.Frames(f.m)...)
			x.out.Send = append(x.out.Send, simulate.Letter{Socket: controller.IOPubEngine, Frames: frames})
		case join:
			x.out.Dial = []controller.Socket{
				controller.ControlEngine, controller.CastEngine, controller.TaskEngine, controller.MuxEngine, controller.Ping, controller.Pong,
			}
		case start:
			id := f.t.m.Header.MsgID
			x.tasks[id] = f.t
			if f.t.m.Header.MsgType != "apply_request" { // the controller's own question
				delete(x.tasks, id)
				x.do(x.s.step(x.now, finished{f.t, answer{}}))
				continue
			}
			x.out.Began = append(x.out.Began, id)
		case cancel:
			x.out.Stopped = append(x.out.Stopped, f.t.m.Header.MsgID)
		case leave:
			x.out.Ended = "it leaves"
		case kill, serving:
		}
	}
}

// TestSimulatedClusters lives histories of clusters whose engines are real shells.
func TestSimulatedClusters(t *testing.T) {
	last := uint64(150)
	if testing.Short() {
		last = 40
	}
	for seed := range last {
		if r := simulate.Run(simulate.Plan{Seed: seed, Engine: newSimulated}); r.Err != nil {
			r = simulate.Run(simulate.Plan{Seed: seed, Engine: newSimulated, Story: true})
			t.Fatalf("seed %d: %v\n%s", seed, r.Err, r.Story)
		}
	}
}
