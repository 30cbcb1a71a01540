package simulate

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/hub"
)

// world is all that a history is about.
type world struct {
	clock
	Plan
	rnd   *rand.Rand
	judge *judge
	disk  *disk
	story strings.Builder
	steps int
	err   error // the first broken promise

	machine *controller.Machine // nil: it is down
	lives   int
	alarm   time.Time
	killed  bool // by the disk, in the middle of a step

	hosts     []*host
	links     []*link // of the controller's life
	doors     map[door]*link
	anonymous int
	spoken    bool
	runs      int
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newWorld(p Plan) *world {
	rnd := rand.New(rand.NewPCG(p.Seed, 1)) //nolint:gosec // a history must be repeatable
	w := &world{clock: clock{now: epoch}, Plan: p, rnd: rnd, disk: newDisk(rnd), doors: map[door]*link{}}
	w.disk.torn = func() { w.killed = true }
	w.judge = newJudge(w)
	return w
}

// fail notes a broken promise; the history ends.
func (w *world) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
		w.say("BROKEN: %v", w.err)
	}
}

// say adds a line to the story.
func (w *world) say(format string, args ...any) {
	if !w.Story {
		return
	}
	fmt.Fprintf(&w.story, "%9.3f ", w.now.Sub(epoch).Seconds())
	fmt.Fprintf(&w.story, format, args...)
	w.story.WriteByte('\n')
}

// boot starts a controller on what the disk has.
func (w *world) boot() {
	if w.machine != nil {
		return
	}
	o := controller.Defaults()
	o.Key, o.Journal, o.Store, o.RecordLimit = Key, journal{w.disk}, shelf{w.disk}, 8
	o.Hub = hub.Options{HighWater: w.HighWater, Scheme: w.Scheme}
	o.Log = slog.New(slog.DiscardHandler)
	w.lives++
	m, err := controller.NewMachine(controller.MachineOptions{Options: o, ID: fmt.Sprintf("controller%d", w.lives), Now: w.now})
	if w.killed {
		w.say("the controller is killed while it begins")
		w.killed = false
		w.after(time.Second, w.boot)
		return
	}
	if m == nil {
		w.say("the controller does not begin: %v", err)
		w.after(time.Second, w.boot)
		return
	}
	w.say("the controller begins its life %d", w.lives)
	w.machine, w.alarm = m, time.Time{}
	w.judge.reborn()
	w.control(controller.Input{Kind: controller.Passed}, nil)
}

// control gives the controller an input from a connection and does what it says.
func (w *world) control(in controller.Input, from *link) {
	if w.machine == nil || w.err != nil {
		return
	}
	w.steps++
	w.heardController(in, from)
	w.judge.heard(in)
	if w.Mutant.Input != nil && w.Mutant.Input(in) {
		return
	}
	effects, err := w.machine.Step(w.now, in)
	if w.Mutant.Effects != nil {
		effects = w.Mutant.Effects(effects)
	}
	if w.killed { // in the middle of writing: nobody hears of this step
		w.killed = false
		if from != nil && in.Kind == controller.Arrived {
			w.judge.lost(from.host, Letter{in.Socket, in.Frames})
		}
		w.kill()
		return
	}
	if err != nil && !errors.Is(err, errFull) {
		w.fail("the controller: %w", err)
	}
	if err := w.machine.Check(); err != nil {
		w.fail("%w", err)
	}
	for _, e := range effects {
		w.judge.does(e)
		w.effect(e, from)
	}
	w.wakeController()
}

func (w *world) effect(e controller.Effect, from *link) {
	switch e.Kind {
	case controller.Send:
		w.told(e)
		if l := w.doors[door{e.Socket, e.To}]; l != nil {
			w.toHost(l, e.Frames)
		}
	case controller.Publish:
		if e.Socket == controller.Notification {
			w.told(e)
		}
		for _, l := range w.links {
			if l.on == e.Socket && l.there {
				w.toHost(l, e.Frames)
			}
		}
	case controller.Tell:
		if from != nil && from.there {
			w.toHost(from, e.Frames)
		}
	case controller.End:
	}
}

// wakeController has the controller stepped when it wants to be.
func (w *world) wakeController() {
	if w.machine == nil {
		return
	}
	at := w.machine.Next()
	if !w.alarm.IsZero() && !at.Before(w.alarm) {
		return
	}
	w.alarm = at
	m := w.machine
	w.at(at, func() {
		if w.machine == m && w.alarm.Equal(at) {
			w.alarm = time.Time{}
			w.control(controller.Input{Kind: controller.Passed}, nil)
		}
	})
}

// kill ends the controller between two steps. Its system closes its connections.
func (w *world) kill() {
	if w.machine == nil {
		return
	}
	w.say("the controller is killed")
	w.machine = nil
	for _, l := range w.links {
		if !l.there && !l.here {
			continue
		}
		l.there = false
		unsent := w.unsent(l)
		l.up.closed = true
		if l.down.stalled || w.disk.faults > 0 {
			w.judge.cut(l) // what it had taken may be written nowhere, and what it had said may not arrive
		}
		if l.down.stalled {
			w.cut(&l.down, time.Duration(w.rnd.IntN(3000))*time.Millisecond, func() { w.left(l, unsent) })
			continue
		}
		w.shut(&l.down, func() { w.left(l, unsent) })
	}
	w.links, w.doors = nil, map[door]*link{}
}

// unsent chooses what a host sent and had not yet in the kernel. The rest is lost.
func (w *world) unsent(l *link) []*parcel {
	n := len(l.up.under)
	if n == 0 {
		return nil
	}
	from := w.rnd.IntN(n + 1)
	for _, p := range l.up.under[:from] {
		w.judge.lost(l.host, p.letter)
	}
	return l.up.under[from:]
}

// sever breaks a connection without a word. Each side notices for itself.
func (w *world) sever(l *link) {
	w.say("%v breaks", l)
	w.judge.cut(l)
	here, there := time.Duration(w.rnd.IntN(2000))*time.Millisecond, time.Duration(w.rnd.IntN(2000))*time.Millisecond
	if w.rnd.IntN(4) == 0 { // half open: the controller hears nothing for long
		there = connectionPatience
	}
	unsent := w.unsent(l)
	w.cut(&l.up, there, func() { w.gone(l) })
	w.cut(&l.down, here, func() { w.left(l, unsent) })
}
