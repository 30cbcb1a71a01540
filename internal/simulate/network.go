package simulate

import (
	"fmt"
	"slices"
	"time"

	"github.com/galeproject/gale/controller"
)

// safe is how long a message may be on its way into the kernel, which delivers it even if its sender is killed then.
const safe = 10 * time.Millisecond

// lane is one direction of a connection. Its messages keep their order.
type lane struct {
	last    time.Time // arrival of the latest message
	under   []*parcel // under way, oldest first
	stalled bool      // nothing arrives
	closed  bool      // what is under way does not arrive any more
}

// parcel is a message under way.
type parcel struct {
	sent   time.Time
	letter Letter
	lost   bool
	take   func(Letter)
}

// link is one connection of a host with a socket of the controller.
type link struct {
	host     *host
	on       controller.Socket
	identity string // by which the controller knows it
	there    bool   // the controller has it
	here     bool   // the host has it
	ready    bool   // it knows that the controller has it
	silent   bool   // a newer connection took its identity over: its end is no news
	up, down lane   // to the controller, to the host
}

func (l *link) String() string { return fmt.Sprintf("%s %s", l.host.name, names[l.on]) }

// names of sockets in stories.
var names = map[controller.Socket]string{
	controller.Query: "query", controller.MuxClient: "mux", controller.MuxEngine: "mux", controller.TaskClient: "task", controller.TaskEngine: "task",
	controller.CastClient: "broadcast", controller.CastEngine: "broadcast", controller.ControlClient: "control", controller.ControlEngine: "control",
	controller.IOPubClient: "iopub", controller.IOPubEngine: "iopub", controller.Notification: "notification", controller.Ping: "ping", controller.Pong: "pong",
}

// router says whether the controller knows the peers of a socket.
func router(on controller.Socket) bool {
	switch on {
	case controller.IOPubClient, controller.IOPubEngine, controller.Notification, controller.Ping:
		return false
	default:
		return true
	}
}

// carry brings a message along a lane.
func (w *world) carry(l *lane, letter Letter, take func(Letter)) {
	if l.closed {
		return
	}
	p := &parcel{sent: w.now, letter: letter, take: take}
	l.under = append(l.under, p)
	if !l.stalled {
		w.schedule(l, p)
	}
}

func (w *world) schedule(l *lane, p *parcel) {
	at := w.now.Add(w.delay())
	if !at.After(l.last) {
		at = l.last.Add(time.Microsecond)
	}
	l.last = at
	w.at(at, func() { w.deliver(l, p) })
}

func (w *world) deliver(l *lane, p *parcel) {
	if p.lost || l.closed || l.stalled || len(l.under) == 0 || l.under[0] != p {
		return
	}
	l.under = l.under[1:]
	p.take(p.letter)
}

// delay is how long a message is under way.
func (w *world) delay() time.Duration {
	switch w.rnd.IntN(20) {
	case 0:
		return time.Duration(w.rnd.IntN(200)) * time.Millisecond
	case 1, 2, 3:
		return time.Duration(w.rnd.IntN(20)) * time.Millisecond
	}
	return time.Duration(50+w.rnd.IntN(1000)) * time.Microsecond
}

// stall has nothing arrive in either direction.
func (l *link) stall() { l.up.stalled, l.down.stalled = true, true }

// heal has all arrive that is under way.
func (w *world) heal(l *link) {
	for _, x := range []*lane{&l.up, &l.down} {
		if !x.stalled {
			continue
		}
		x.stalled = false
		for _, p := range x.under {
			w.schedule(x, p)
		}
	}
}

// shut ends a lane in order: what was sent long enough ago arrives, of the younger messages the first ones, then the end is noticed.
func (w *world) shut(l *lane, noticed func()) {
	keep := len(l.under)
	for i, p := range l.under {
		if w.now.Sub(p.sent) < safe {
			keep = i + w.rnd.IntN(len(l.under)-i+1)
			break
		}
	}
	for _, p := range l.under[keep:] {
		p.lost = true
	}
	l.under = l.under[:keep]
	w.carry(l, Letter{}, func(Letter) { l.closed = true; noticed() })
}

// cut breaks a lane: what is under way is lost, and the end is noticed after a while.
func (w *world) cut(l *lane, after time.Duration, noticed func()) {
	l.closed = true
	l.under = nil
	w.after(after, noticed)
}

// dial connects a host to a socket, as soon as there is a controller and a way to it.
func (w *world) dial(h *host, on controller.Socket, life int) {
	w.after(20*time.Millisecond+time.Duration(w.rnd.IntN(100))*time.Millisecond, func() {
		switch {
		case h.life != life || h.links[on] != nil:
		case w.machine == nil || h.severed:
			w.dial(h, on, life)
		default:
			w.connect(h, on)
		}
	})
}

// connect makes a connection. One that the controller still has under this identity is replaced.
func (w *world) connect(h *host, on controller.Socket) {
	l := &link{host: h, on: on, identity: h.identity, here: true}
	if l.identity == "" {
		w.anonymous++
		l.identity = fmt.Sprintf("\x00%d", w.anonymous)
	}
	h.links[on] = l
	w.links = append(w.links, l)
	w.carry(&l.up, Letter{}, func(Letter) { w.accept(l) })
}

// open is the host's side of it, when the controller has shaken hands.
func (w *world) open(l *link) {
	if !l.here {
		return
	}
	l.ready = true
	h := l.host
	w.step(h, Input{Kind: Connected, Socket: l.on})
	if h.links[l.on] != l {
		return
	}
	for _, frames := range h.takeWaiting(l.on) {
		w.toController(l, frames)
	}
}

// accept is the controller's side of a new connection.
func (w *world) accept(l *link) {
	l.there = true
	w.carry(&l.down, Letter{}, func(Letter) { w.open(l) })
	if !router(l.on) {
		if l.on == controller.Notification {
			w.control(controller.Input{Kind: controller.Subscribed, Socket: l.on}, l)
		}
		return
	}
	key := door{l.on, l.identity}
	if old := w.doors[key]; old != nil {
		old.silent, old.there = true, false
		old.up.closed = true
		w.drop(old)
		w.doors[key] = l
		w.control(controller.Input{Kind: controller.Replaced, Socket: l.on, From: l.identity}, l)
		return
	}
	w.doors[key] = l
	w.control(controller.Input{Kind: controller.Connected, Socket: l.on, From: l.identity}, l)
}

// door is where a socket of the controller finds a peer.
type door struct {
	on       controller.Socket
	identity string
}

// gone is the controller's notice of a connection's end.
func (w *world) gone(l *link) {
	if !l.there {
		return
	}
	l.there = false
	l.down.closed = true
	w.drop(l)
	if !router(l.on) || l.silent {
		return
	}
	delete(w.doors, door{l.on, l.identity})
	w.control(controller.Input{Kind: controller.Disconnected, Socket: l.on, From: l.identity}, l)
}

// drop forgets a connection that neither side has.
func (w *world) drop(l *link) {
	if !l.here && !l.there {
		w.links = slices.DeleteFunc(w.links, func(x *link) bool { return x == l })
	}
}

// left is the host's notice of it. What was not yet in the kernel goes out on the next connection.
func (w *world) left(l *link, unsent []*parcel) {
	if !l.here || l.host.links[l.on] != l {
		return
	}
	l.here = false
	l.up.closed = true
	w.drop(l)
	delete(l.host.links, l.on)
	for _, p := range unsent {
		if p.letter.Frames != nil {
			l.host.waiting[l.on] = append(l.host.waiting[l.on], p.letter.Frames)
		}
	}
	if l.ready {
		w.step(l.host, Input{Kind: Lost, Socket: l.on})
	}
	w.dial(l.host, l.on, l.host.life)
}

// toController sends what a host has for the controller.
func (w *world) toController(l *link, frames [][]byte) {
	if l.up.closed {
		w.judge.lost(l.host, Letter{l.on, frames})
		return
	}
	w.carry(&l.up, Letter{l.on, frames}, func(x Letter) {
		w.control(controller.Input{Kind: controller.Arrived, Socket: x.Socket, From: l.identity, Frames: x.Frames}, l)
	})
}

// toHost sends what the controller has for a host.
func (w *world) toHost(l *link, frames [][]byte) {
	w.carry(&l.down, Letter{l.on, frames}, func(x Letter) {
		if l.here {
			w.step(l.host, Input{Kind: Arrived, Socket: x.Socket, Frames: x.Frames})
		}
	})
}
