package simulate

import (
	"fmt"
	"time"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// kinds of hosts.
const (
	kindEngine       = "engine"
	kindPythonEngine = "python engine"
	kindClient       = "client"
	kindPythonClient = "python client"
)

// Plan is what a history is a function of.
type Plan struct {
	Seed      uint64
	Story     bool                      // keep every step as text
	Engine    func(uuid string) Peer    // of Go; nil: a model
	Client    func(session string) Peer // of Go; nil: a model
	Mutant    Mutant                    // a bug, to see that it is found
	HighWater int                       // the rest follows from the seed
	Scheme    hub.Scheme
	calm      bool // no faults
}

// Mutant is a controller with a bug.
type Mutant struct {
	Input   func(in controller.Input) bool                        // true: it does not hear this
	Effects func(effects []controller.Effect) []controller.Effect // what it does instead
}

// Times of a history: faults and requests, and the bound within which all must be settled then. The longest wait is for a half-open
// connection's end, and then for an engine that was here before a restart and does not come back.
const (
	troubled = 20 * time.Second
	bound    = 180 * time.Second
)

// Report is what became of a history.
type Report struct {
	Err     error // the first broken promise
	Story   string
	Steps   int           // of the controller
	Asked   int           // answers that were to come
	Lives   int           // of the controller
	Settled time.Duration // after the faults ceased
}

// Run lives a history.
func Run(p Plan) (r Report) {
	w := newWorld(p)
	defer func() {
		if x := recover(); x != nil {
			w.fail("panic: %v", x)
			r = w.report()
			r.Story += stack()
		}
	}()
	w.begin()
	more := func() bool { return w.err == nil }
	w.run(epoch.Add(troubled), more)
	w.calmDown()
	end := epoch.Add(troubled + bound)
	for w.err == nil && w.now.Before(end) && !w.atRest() {
		w.run(w.now.Add(time.Second), more)
	}
	if w.err == nil {
		w.judge.verdict()
	}
	if w.err == nil && !w.atRest() {
		w.fail("after %v not all is at rest: %s", bound, w.unrest())
	}
	return w.report()
}

func (w *world) report() Report {
	return Report{Err: w.err, Story: w.story.String(), Steps: w.steps, Asked: len(w.judge.asked), Lives: w.lives, Settled: w.now.Sub(epoch.Add(troubled))}
}

// begin chooses who is there and what will happen.
func (w *world) begin() {
	w.calm = w.rnd.IntN(8) == 0
	w.HighWater = 1 + w.rnd.IntN(3)
	w.Scheme = []hub.Scheme{hub.LeastLoad, hub.LeastLoad, hub.LRU, hub.PlainRandom, hub.TwoBin, hub.Weighted}[w.rnd.IntN(6)]
	w.boot()
	for i := range 1 + w.rnd.IntN(4) {
		kind := kindEngine
		if w.rnd.IntN(3) == 0 {
			kind = kindPythonEngine
		}
		w.add(kind, fmt.Sprintf("engine%d", i))
	}
	for i := range 1 + w.rnd.IntN(3) {
		kind := kindClient
		if w.rnd.IntN(3) == 0 {
			kind = kindPythonClient
		}
		w.add(kind, fmt.Sprintf("client%d", i))
	}
	for range 10 + w.rnd.IntN(30) {
		w.at(epoch.Add(time.Second+w.moment()), w.ask)
	}
	if !w.calm {
		for range 1 + w.rnd.IntN(6) {
			w.at(epoch.Add(w.moment()), w.fault)
		}
	}
	for range 3 {
		w.at(epoch.Add(w.moment()), w.probe)
	}
}

// moment is some time of a history's troubled part; much happens at once.
func (w *world) moment() time.Duration {
	if w.rnd.IntN(2) == 0 {
		return time.Duration(w.rnd.IntN(4))*time.Second + time.Duration(w.rnd.IntN(50))*time.Millisecond
	}
	return time.Duration(w.rnd.Int64N(int64(troubled - 2*time.Second)))
}

// add puts a host into the world.
func (w *world) add(kind, name string) {
	h := &host{name: name, kind: kind}
	w.hosts = append(w.hosts, h)
	w.at(w.now.Add(time.Duration(w.rnd.IntN(500))*time.Millisecond), func() { w.begins(h) })
}

// begins starts the next process of a host.
func (w *world) begins(h *host) {
	if h.up {
		return
	}
	name := fmt.Sprintf("%s.%d", h.name, h.life)
	switch h.kind {
	case kindEngine:
		h.identity = name
		if w.Engine != nil {
			w.start(h, w.Engine(name))
			return
		}
		w.start(h, NewEngine(name, false))
	case kindPythonEngine:
		h.identity = name
		w.start(h, NewEngine(name, true))
	case kindClient:
		h.identity = name
		if w.Client != nil {
			w.start(h, w.Client(name))
			return
		}
		w.start(h, NewClient(name, false))
	case kindPythonClient:
		h.identity = ""
		w.start(h, NewClient(name, true))
	}
}

func (w *world) these(kinds ...string) (all []*host) {
	for _, h := range w.hosts {
		for _, k := range kinds {
			if h.kind == k && h.up {
				all = append(all, h)
			}
		}
	}
	return all
}

// pick chooses one of several, nil of none.
func pick[T any](w *world, all []T) (x T, some bool) {
	if len(all) == 0 {
		return x, false
	}
	return all[w.rnd.IntN(len(all))], true
}

// engines gives the engines as clients may know them.
func (w *world) places() (all []Place) {
	for i, h := range w.these(kindEngine, kindPythonEngine) {
		all = append(all, Place{h.identity, i})
	}
	return all
}

// ask has a client ask for something.
func (w *world) ask() {
	h, some := pick(w, w.these(kindClient, kindPythonClient))
	if some {
		for range 1 + w.rnd.IntN(3) {
			w.step(h, Input{Kind: Asked, Request: w.request(h)})
		}
	}
}

// request makes up what a client asks for.
func (w *world) request(h *host) Request {
	places := w.places()
	r := Request{On: controller.TaskClient}
	switch n := w.rnd.IntN(12); {
	case n < 2 && len(places) > 0:
		r.On, r.Engines = controller.MuxClient, []Place{places[w.rnd.IntN(len(places))]}
	case n < 4 && len(places) > 0:
		r.On, r.Engines, r.Merge = controller.CastClient, places[w.rnd.IntN(len(places)):], n == 3
	case n == 4:
		if id, some := pick(w, w.unanswered(h)); some {
			return Request{Abort: id, Running: w.rnd.IntN(2) == 0, Engines: places}
		}
	case n == 5:
		r.Retries = 1 + w.rnd.IntN(2)
	case n == 6:
		r.OnDeath = true
	case n == 7:
		r.After = w.earlier(h)
	case n == 8:
		r.Follow = w.earlier(h)
	case n == 9 && len(places) > 0:
		r.Engines = places[:1+w.rnd.IntN(len(places))]
	case n == 10:
		r.Timeout = w.rnd.Float64() * 3
	case n == 11:
		r.MaxTime = w.rnd.Float64()
	}
	return r
}

// earlier gives some balanced tasks of a client.
func (w *world) earlier(h *host) (ids []wire.MsgID) {
	for _, id := range w.judge.asked {
		x := w.judge.wants[id]
		if x.host == h && x.life == h.life && x.request.On == controller.TaskClient && w.rnd.IntN(4) == 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// unanswered gives the requests of a client that are not answered.
func (w *world) unanswered(h *host) (ids []wire.MsgID) {
	for _, id := range w.judge.asked {
		if x := w.judge.wants[id]; x.host == h && x.life == h.life && x.answers == 0 && id == x.base {
			ids = append(ids, id)
		}
	}
	return ids
}
