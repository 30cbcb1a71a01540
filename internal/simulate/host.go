package simulate

import (
	"time"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/wire"
)

// host is where a peer runs. A process that ends is followed by another one on the same host, if the plan says so.
type host struct {
	name     string
	kind     string
	identity string // "": the controller invents one for each connection
	peer     Peer
	life     int
	up       bool
	severed  bool // no connection can be made
	sockets  map[controller.Socket]bool
	links    map[controller.Socket]*link
	waiting  map[controller.Socket][][][]byte // for a connection
	alarm    time.Time
	running  map[wire.MsgID]int // user code, by the number of its run
}

func (h *host) takeWaiting(on controller.Socket) [][][]byte {
	x := h.waiting[on]
	delete(h.waiting, on)
	return x
}

// start begins a process.
func (w *world) start(h *host, p Peer) {
	h.peer, h.up = p, true
	h.life++
	h.sockets, h.links = map[controller.Socket]bool{}, map[controller.Socket]*link{}
	h.waiting, h.running, h.alarm = map[controller.Socket][][][]byte{}, map[wire.MsgID]int{}, time.Time{}
	w.say("%s begins", h.name)
	w.step(h, Input{Kind: Passed})
}

// step gives a peer an input and does what it says.
func (w *world) step(h *host, in Input) {
	if !h.up {
		return
	}
	out := h.peer.Step(w.now, in)
	w.tell(h, in, out)
	for _, on := range out.Dial {
		if !h.sockets[on] {
			h.sockets[on] = true
			w.dial(h, on, h.life)
		}
	}
	w.judge.asks(h, out)
	for _, l := range out.Send {
		if c := h.links[l.Socket]; c != nil && c.ready {
			w.toController(c, l.Frames)
		} else {
			h.waiting[l.Socket] = append(h.waiting[l.Socket], l.Frames)
		}
	}
	for _, id := range out.Began {
		w.work(h, id)
	}
	for _, id := range out.Stopped {
		w.end(h, id, Raise, time.Millisecond)
	}
	for _, a := range out.Answers {
		w.judge.answered(h, a)
	}
	if out.Ended != "" {
		w.exit(h)
		return
	}
	w.wake(h)
}

// wake has a peer stepped when it wants to be.
func (w *world) wake(h *host) {
	at := h.peer.Next()
	if at.IsZero() || !h.alarm.IsZero() && !at.Before(h.alarm) {
		return
	}
	h.alarm = at
	life := h.life
	w.at(at, func() {
		if h.life == life && h.up && h.alarm.Equal(at) {
			h.alarm = time.Time{}
			w.step(h, Input{Kind: Passed})
		}
	})
}

// work runs user code for a while.
func (w *world) work(h *host, id wire.MsgID) {
	w.runs++
	h.running[id] = w.runs
	outcome := w.judge.began(h, id)
	d := time.Duration(w.rnd.IntN(30)) * time.Millisecond
	if w.rnd.IntN(10) == 0 {
		d = time.Duration(w.rnd.IntN(3000)) * time.Millisecond
	}
	w.end(h, id, outcome, d)
}

// end has user code end after a while.
func (w *world) end(h *host, id wire.MsgID, outcome Outcome, d time.Duration) {
	run := h.running[id]
	if run == 0 {
		return
	}
	w.after(d, func() {
		if !h.up || h.running[id] != run {
			return
		}
		delete(h.running, id)
		w.judge.ended(h, id, outcome)
		w.step(h, Input{Kind: Finished, Task: id, Outcome: outcome})
	})
}

// exit ends a process in order: its system closes its connections.
func (w *world) exit(h *host) {
	w.say("%s ends", h.name)
	h.up = false
	h.life++
	w.judge.died(h)
	for _, on := range order {
		if l := h.links[on]; l != nil {
			l.here = false
			l.down.closed = true
			w.shut(&l.up, func() { w.gone(l) })
		}
	}
	h.links = map[controller.Socket]*link{}
}

// vanish ends a machine without a word: the controller's side of its connections stays until it notices.
func (w *world) vanish(h *host) {
	w.say("%s loses its power", h.name)
	h.up = false
	h.life++
	w.judge.died(h)
	for _, on := range order {
		if l := h.links[on]; l != nil {
			l.here = false
			l.down.closed = true
			w.cut(&l.up, connectionPatience+time.Duration(w.rnd.IntN(5000))*time.Millisecond, func() { w.gone(l) })
		}
	}
	h.links = map[controller.Socket]*link{}
}

// connectionPatience is how long the controller keeps a connection of which it hears nothing.
const connectionPatience = 30 * time.Second

// order of sockets where a map's would be another one each time.
var order = []controller.Socket{
	controller.Query, controller.MuxClient, controller.MuxEngine, controller.TaskClient, controller.TaskEngine, controller.CastClient, controller.CastEngine,
	controller.ControlClient, controller.ControlEngine, controller.IOPubClient, controller.IOPubEngine, controller.Notification, controller.Ping, controller.Pong,
}
