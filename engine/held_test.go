package engine

import (
	"slices"
	"testing"

	"github.com/galeproject/gale/wire"
)

// asked gives what the engine says it has of some requests.
func (y *story) asked(ids ...wire.MsgID) []wire.MsgID {
	y.t.Helper()
	before := len(y.sent)
	y.step(y.request(Control, wire.HeldRequest, nil, wire.Held{MsgIDs: ids}))
	var c wire.Held
	if len(y.sent) <= before || y.sent[before].Header.MsgType != wire.HeldReply || y.sent[before].Content(&c) != nil {
		y.t.Fatalf("no %s: %v", wire.HeldReply, y.sent[before:])
	}
	return c.MsgIDs
}

func TestRepliesAreHeldUntilTheyAreAcknowledged(t *testing.T) {
	y := newStory(t, about{wanted: -1}).atWork()
	done, runs, waits := y.request(Shell, wire.CallRequest, nil, nil), y.request(Shell, wire.CallRequest, nil, nil), y.request(Shell, wire.CallRequest, nil, nil)
	y.step(done)
	y.step(runs)
	y.step(waits)
	y.step(finished{y.tasks[0], answer{}})
	reply := y.sent[len(y.sent)-1]
	id := func(r received) wire.MsgID { return r.m.Header.MsgID }
	if got := y.asked(id(done), id(runs), id(waits), "never came"); !slices.Equal(got, []wire.MsgID{id(done), id(runs), id(waits)}) {
		t.Fatalf("it has %q", got)
	}
	if last := y.sent[len(y.sent)-1]; last != reply {
		t.Fatalf("the reply was not sent again, but %s", last.Header.MsgType)
	}
	y.want(y.step(y.request(Control, wire.AckRequest, nil, wire.Ack{MsgIDs: []wire.MsgID{id(done), "never came"}})), "")
	if got := y.asked(id(done), id(runs)); !slices.Equal(got, []wire.MsgID{id(runs)}) {
		t.Fatalf("after the acknowledgement it has %q", got)
	}
	if y.s.ledger.bytes != 0 {
		t.Errorf("%d bytes are held of nothing", y.s.ledger.bytes)
	}
}

func TestARequestThatWasOnItsWayRunsOnce(t *testing.T) {
	y := newStory(t, about{wanted: -1}).atWork()
	x := y.request(Shell, wire.CallRequest, nil, nil)
	id := x.m.Header.MsgID
	if got := y.asked(id); len(got) != 0 {
		t.Fatalf("it has %q", got)
	}
	y.step(x)
	y.want(y.step(x), "") // the controller sent it again
	y.step(finished{y.tasks[0], answer{}})
	y.want(y.step(x), "send gale_call_reply ok")
	y.step(y.request(Control, wire.AckRequest, nil, wire.Ack{MsgIDs: []wire.MsgID{id}}))
	y.step(x) // it is to be tried again
	if len(y.tasks) != 2 {
		t.Errorf("%d tasks were begun, want 2", len(y.tasks))
	}
}

func TestHeldRepliesAreBounded(t *testing.T) {
	l := ledger{heard: true}
	size := int64(0)
	for range 5 {
		l.hold(wire.MsgID(wire.NewID()), &heldReply{m: &wire.Message{Buffers: [][]byte{make([]byte, maxHeldBytes/4)}}})
		size = max(size, l.bytes)
	}
	if len(l.replies) != 4 || size > maxHeldBytes {
		t.Errorf("%d replies of at most %d bytes are held", len(l.replies), size)
	}
	l = ledger{heard: true}
	for range 2 * maxHeldReplies {
		l.hold(wire.MsgID(wire.NewID()), &heldReply{m: &wire.Message{}})
	}
	if len(l.replies) != maxHeldReplies {
		t.Errorf("%d replies are held, want %d", len(l.replies), maxHeldReplies)
	}
	l = ledger{heard: true}
	for range 10 * maxUnheard { // each at once acknowledged
		id := wire.MsgID(wire.NewID())
		l.hold(id, &heldReply{m: &wire.Message{}})
		l.acknowledged([]wire.MsgID{id})
	}
	if len(l.order) > 200 {
		t.Errorf("%d ids are kept of nothing", len(l.order))
	}
}

func TestAControllerThatNeverAcknowledgesHasNothingHeldForIt(t *testing.T) {
	l := ledger{}
	for range 2 * maxUnheard {
		l.hold(wire.MsgID(wire.NewID()), &heldReply{m: &wire.Message{}})
	}
	if len(l.replies) != 0 || !l.useless {
		t.Errorf("%d replies are held", len(l.replies))
	}
}

func TestAKernelsChildHoldsNothing(t *testing.T) {
	y := newStory(t, about{private: true}).atWork()
	y.step(y.request(Shell, wire.CallRequest, nil, nil))
	y.step(finished{y.tasks[0], answer{}})
	if len(y.s.ledger.replies) != 0 {
		t.Error("a reply is held that nobody acknowledges")
	}
}
