package hub

import (
	"fmt"
	"time"
)

// Options of a hub; the zero value is usable.
type Options struct {
	Scheme    Scheme        // how a balanced task gets its engine; "": LeastLoad
	HighWater int           // balanced tasks that one engine has at most; 0: 1; negative: no bound
	Period    time.Duration // between heartbeats; 0: 3 s
	Misses    int           // heartbeats missed in a row that an engine survives; 0: 10
	Horizon   int           // ended tasks that dependencies and the status may still name; 0: 131,072
	MaxTasks  int           // tasks that have not ended; 0: 4,194,304
	MaxGone   int           // engines that may come back under their old id; 0: 16,384
	Arrival   bool          // tasks of one priority are run in the order of their arrival, whoever asked; otherwise clients are served in turn
	Dice      func() uint64 // for the schemes that need dice; nil: a fixed sequence
}

func (o Options) withDefaults() Options {
	def := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	def(&o.HighWater, 1)
	def(&o.Misses, 10)
	def(&o.Horizon, 1<<17)
	def(&o.MaxTasks, 1<<22)
	def(&o.MaxGone, 1<<14)
	if o.Scheme == "" {
		o.Scheme = LeastLoad
	}
	if o.Period <= 0 {
		o.Period = 3 * time.Second
	}
	if o.Dice == nil {
		var state uint64
		o.Dice = func() uint64 { // splitmix64
			state += 0x9e3779b97f4a7c15
			z := state
			z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
			z = (z ^ z>>27) * 0x94d049bb133111eb
			return z ^ z>>31
		}
	}
	return o
}

// Hub knows the engines and the tasks. Make one with [New].
type Hub struct {
	// Trace, when not nil, hears every step of every task and its reason.
	Trace func(id TaskID, from, to State, why string)

	o   Options
	now time.Duration
	out []Action

	engines  map[UUID]*engine // that asked for an id, or are here
	links    map[UUID]*links  // connections of every identity
	gone     gone
	ids      ids
	eldest   int64 // stamp of the newest engine, which goes to the head of the order of use
	stamp    int64 // of the engine used last
	live     []*engine
	leaving  []*engine  // of these
	heap     engineHeap // engines that can be sent balanced tasks
	nextBeat time.Duration
	beats    [2]string // payloads of the heartbeats that may still come back

	tasks      map[TaskID]*task
	finished   finished
	alarms     alarms
	seq        int64
	sources    sources
	policy     policy
	free       []*engine // that a policy is shown
	unassigned int

	any     class
	classes map[string]*class

	// What a step leaves to be done at its end.
	ended []parent
	roomy []*engine
	dirty []*class
}

// New makes a hub without engines and tasks.
func New(o Options) *Hub {
	h := &Hub{
		o:       o.withDefaults(),
		engines: map[UUID]*engine{},
		links:   map[UUID]*links{},
		tasks:   map[TaskID]*task{},
		classes: map[string]*class{},
		sources: sources{at: map[sourceKey]*source{}, levels: map[int]*level{}},
	}
	h.policy = h.o.Scheme.policy(h.o.Dice)
	h.finished.max = h.o.Horizon
	h.finished.at = map[TaskID]int{}
	h.gone = gone{max: h.o.MaxGone, at: map[UUID]departed{}}
	h.nextBeat = h.o.Period
	return h
}

// Step takes one event and gives what must be done, in order. The slice is valid until the next step.
func (h *Hub) Step(ev Event) []Action {
	clear(h.out)
	h.out = h.out[:0]
	switch ev := ev.(type) {
	case Tick:
		h.tick(ev.Now)
	case Register:
		h.register(ev)
	case Recall:
		h.recall(ev)
	case Recollect:
		h.recollect(ev)
	case Missing:
		h.missing(ev)
	case Connect:
		h.connect(ev)
	case Disconnect:
		h.disconnect(ev)
	case Pong:
		h.pong(ev)
	case Leave:
		if e := h.engines[ev.UUID]; e != nil {
			h.goodbye(e)
		}
	case Submit:
		h.submit(ev)
	case Direct:
		h.direct(ev)
	case Spread:
		h.spread(ev)
	case Return:
		h.reply(ev)
	case Abort:
		h.abort(ev)
	default:
		panic(fmt.Sprintf("hub: event %T is not handled", ev))
	}
	h.settle()
	return h.out
}

func (h *Hub) do(a Action) { h.out = append(h.out, a) }

// settle does what the event set off: ended tasks release or fail those that depend on them, free engines get work, engines
// that said goodbye go.
func (h *Hub) settle() {
	for len(h.ended) > 0 || len(h.roomy) > 0 || len(h.dirty) > 0 || h.farewell() {
		for len(h.ended) > 0 {
			p := h.ended[len(h.ended)-1]
			h.ended = h.ended[:len(h.ended)-1]
			h.wake(p)
		}
		for _, e := range h.roomy {
			e.roomy = false
			h.pull(e)
		}
		h.roomy = h.roomy[:0]
		for len(h.dirty) > 0 {
			c := h.dirty[len(h.dirty)-1]
			h.dirty = h.dirty[:len(h.dirty)-1]
			c.dirty = false
			h.push(c)
		}
	}
}

// Next tells when the next [Tick] is due: a heartbeat, a task's time limit, or an unfinished registration.
func (h *Hub) Next() time.Duration {
	at := h.nextBeat
	if len(h.alarms) > 0 {
		at = min(at, h.alarms[0].rules.deadline)
	}
	for _, e := range h.leaving {
		at = min(at, e.gone)
	}
	return at
}

// Now is the time that the latest tick brought.
func (h *Hub) Now() time.Duration { return h.now }

func (h *Hub) tick(now time.Duration) {
	h.now = max(h.now, now)
	for len(h.alarms) > 0 && h.alarms[0].rules.deadline <= h.now {
		t := h.alarms[0]
		if t.state == Running {
			h.stop(t, Failed, overdue, Overdue)
			continue
		}
		h.end(t, Failed, expired)
		h.do(Answer{Task: t.id, Reason: Expired})
	}
	if h.now >= h.nextBeat {
		h.beat()
	}
}
