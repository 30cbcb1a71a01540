package simulate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/wire"
)

// want is an id under which a program waits for an answer.
type want struct {
	host    *host
	life    int
	request Request
	base    wire.MsgID // of the request that it is part of, or its own
	answers int
	excused string // why there may be none: nobody could know
	last    Answer
}

// run is what engines did for a request.
type run struct {
	begun  int
	unfit  int
	errors int
	fine   int
	where  []string
}

// judge sees all that happens and says what must not.
type judge struct {
	w       *world
	wants   map[wire.MsgID]*want
	asked   []wire.MsgID // in the order of asking
	runs    map[wire.MsgID]*run
	told    map[wire.MsgID]int // answers that the controller sent, in all its lives
	renewed map[wire.MsgID]int // reasons for the controller to send one again
	here    map[string]bool    // engines, as this life of the controller announced them
	ledger  *ledger
}

func newJudge(w *world) *judge {
	return &judge{
		w: w, wants: map[wire.MsgID]*want{}, runs: map[wire.MsgID]*run{}, told: map[wire.MsgID]int{}, renewed: map[wire.MsgID]int{},
		here: map[string]bool{}, ledger: newLedger(),
	}
}

// asks notes what a program asked for.
func (j *judge) asks(h *host, out Output) {
	if out.Asked == "" {
		return
	}
	for _, id := range out.Wants {
		j.wants[id] = &want{host: h, life: h.life, request: out.As, base: out.Asked}
		j.asked = append(j.asked, id)
	}
}

// answered takes an answer that a program got.
func (j *judge) answered(h *host, a Answer) {
	x := j.wants[a.ID]
	switch {
	case x == nil || x.host != h || x.life != h.life:
		j.w.fail("%s got an answer to %s, for which it did not ask", h.name, short(a.ID))
		return
	case x.answers > 0:
		j.w.fail("%s got a second answer to %s", h.name, short(a.ID))
	}
	x.answers++
	x.last = a
	if a.OK && !j.done(x, a.ID) {
		j.w.fail("%s was told that %s is done, which no engine did", h.name, short(a.ID))
	}
}

// done says whether engines did what an answer is about.
func (j *judge) done(x *want, id wire.MsgID) bool {
	if x.request.On != controller.CastClient || !x.request.Merge {
		r := j.runs[id]
		return r != nil && r.fine > 0
	}
	return !slices.ContainsFunc(x.request.Engines, func(p Place) bool {
		r := j.runs[id+"_"+wire.MsgID(p.UUID)]
		return r == nil || r.fine == 0
	})
}

// began judges that an engine begins a request, and says how it will end.
func (j *judge) began(h *host, id wire.MsgID) Outcome {
	r := j.runs[id]
	if r == nil {
		r = &run{}
		j.runs[id] = r
	}
	x := j.wants[id]
	may := 1 + r.unfit
	balanced := x != nil && x.request.On == controller.TaskClient
	if balanced {
		may += x.request.Retries
		if x.request.OnDeath {
			may += 2
		}
		j.dependencies(x, id)
	}
	r.begun++
	r.where = append(r.where, h.name)
	if r.begun > may && j.w.disk.faults == 0 {
		j.w.fail("%s ran %d times, on %v; %d are allowed", short(id), r.begun, r.where, may)
	}
	switch n := j.w.rnd.IntN(40); {
	case n < 4:
		return Raise
	case n == 4 && balanced:
		return Unfit
	}
	return Fine
}

// dependencies sees that what a request comes after has ended.
func (j *judge) dependencies(x *want, id wire.MsgID) {
	for _, d := range slices.Concat(x.request.After, x.request.Follow) {
		if r := j.runs[d]; r == nil || r.fine == 0 {
			j.w.fail("%s began before %s was done", short(id), short(d))
		}
	}
}

func (j *judge) ended(_ *host, id wire.MsgID, o Outcome) {
	r := j.runs[id]
	switch o {
	case Fine:
		r.fine++
	case Raise:
		r.errors++
	case Unfit:
		r.unfit++
	}
}

// excuse notes that a request of Python's may have no answer.
func (j *judge) excuse(id wire.MsgID, why string) {
	for _, w := range j.of(id) {
		if w.host.kind == kindPythonClient && w.excused == "" {
			w.excused = why
		}
	}
}

// of gives what waits for answers to a request.
func (j *judge) of(id wire.MsgID) (all []*want) {
	for _, a := range j.asked {
		if x := j.wants[a]; a == id || x.base == id {
			all = append(all, x)
		}
	}
	return all
}

// cut notes that what is under way on a connection is lost.
func (j *judge) cut(l *link) {
	if l.host.kind != kindPythonClient {
		return
	}
	for _, id := range j.asked {
		if x := j.wants[id]; x.host == l.host && x.answers == 0 && x.request.On == l.on && x.excused == "" {
			x.excused = "its connection broke"
		}
	}
}

// lost notes that a message did not arrive.
func (j *judge) lost(h *host, l Letter) {
	if h.kind == kindPythonClient && l.Frames != nil {
		j.excuse(ownID(l.Frames), "it was lost with its connection")
	}
}

// died notes that a process has ended: its requests wait for nothing.
func (j *judge) died(h *host) {
	for _, id := range j.asked {
		if x := j.wants[id]; x.host == h && x.answers == 0 {
			x.excused = "its client ended"
		}
	}
}

// reborn notes that another controller has begun, which may tell again what it cannot know to be told.
func (j *judge) reborn() {
	j.here = map[string]bool{}
	if j.w.lives > 1 {
		j.ledger.void()
	}
	for id := range j.told {
		j.renewed[id]++
	}
}

// does judges what the controller does.
func (j *judge) does(e controller.Effect) {
	switch e.Socket {
	case controller.Notification:
		j.notice(e)
	case controller.TaskEngine, controller.MuxEngine, controller.CastEngine:
		if !j.here[e.To] {
			j.w.fail("%s was sent to %s, which is not here", short(ownID(e.Frames)), e.To)
		}
		j.ledger.sent(e.Socket, e.To, ownID(e.Frames))
	case controller.TaskClient, controller.MuxClient, controller.CastClient:
		id := parentID(e.Frames)
		j.told[id]++
		if n := j.told[id]; n > 1+j.renewed[id] {
			j.w.fail("the controller answered %s %d times", short(id), n)
		}
		j.ledger.answered(id)
	case controller.ControlEngine:
		if t := msgType(e.Frames); t == "interrupt_request" || t == "signal_request" {
			j.ledger.void() // it is answered, and its engine has it for a while
		}
	case controller.Query:
		if msgType(e.Frames) == "queue_reply" {
			if err := j.ledger.compare(e.Frames); err != nil {
				j.w.fail("%w", err)
			}
		}
	default:
	}
}

// notice takes a notification: engines come and go.
func (j *judge) notice(e controller.Effect) {
	if e.Kind == controller.Tell {
		return
	}
	var c Place
	if !content(e.Frames, &c) {
		return
	}
	switch msgType(e.Frames) {
	case "registration_notification":
		j.here[c.UUID] = true
		j.ledger.joined(c)
	case "unregistration_notification":
		delete(j.here, c.UUID)
		j.ledger.left(c)
	}
}

// heard takes what the controller is about to hear.
func (j *judge) heard(in controller.Input) {
	if (in.Kind == controller.Connected || in.Kind == controller.Replaced) && j.here[in.From] {
		j.ledger.void() // what was lost with the earlier connection may be answered without a message of the engine
	}
	if in.Kind != controller.Arrived {
		return
	}
	switch in.Socket {
	case controller.TaskEngine, controller.MuxEngine, controller.CastEngine:
		j.ledger.returned(in.Socket, in.From, parentID(in.Frames))
	case controller.Query:
		var c wire.Held
		if msgType(in.Frames) == wire.HeldRequest && content(in.Frames, &c) {
			for _, id := range c.MsgIDs {
				j.renewed[id]++
			}
		}
	default:
	}
}

// verdict judges the end, when everything should be settled.
func (j *judge) verdict() {
	var open []string
	for _, id := range j.asked {
		if x := j.wants[id]; x.answers == 0 && x.excused == "" {
			r := j.runs[id]
			open = append(open, fmt.Sprintf("%s of %s (%s): %+v", short(id), x.host.name, names[x.request.On], r))
		}
	}
	if len(open) > 0 {
		j.w.fail("nothing answered %s", strings.Join(open, "; "))
	}
}

// settled says whether all answers are there that must be.
func (j *judge) settled() bool {
	return !slices.ContainsFunc(j.asked, func(id wire.MsgID) bool { x := j.wants[id]; return x.answers == 0 && x.excused == "" })
}
