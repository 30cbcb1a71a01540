package engine

import (
	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// Bounds of the replies that wait to be acknowledged; beyond them the oldest go. A controller that has acknowledged none of so many does
// not know how.
const (
	maxHeldReplies = 1 << 14
	maxHeldBytes   = 256 << 20
	maxUnheard     = 1 << 10
)

// ledger has the replies that the controller has not acknowledged: when it is killed and comes back it is sent them again.
type ledger struct {
	replies map[wire.MsgID]*heldReply // by request
	order   []wire.MsgID              // as they were made; those that are acknowledged are left out later
	bytes   int64
	heard   bool // the controller acknowledges
	useless bool // it does not

	missed map[wire.MsgID]bool // requests that were said not to be here, and may have been on their way
}

// heldReply is a reply as it was sent.
type heldReply struct {
	on   Channel
	to   *zmtp.Peer
	m    *wire.Message
	size int64
}

// hold keeps a reply until it is acknowledged.
func (l *ledger) hold(id wire.MsgID, r *heldReply) {
	if l.useless {
		return
	}
	l.drop(id)
	for _, b := range r.m.Buffers {
		r.size += int64(len(b))
	}
	r.size += int64(len(r.m.RawHeader) + len(r.m.RawParent) + len(r.m.RawMetadata) + len(r.m.RawContent))
	if l.replies == nil {
		l.replies = map[wire.MsgID]*heldReply{}
	}
	l.replies[id] = r
	l.order = append(l.order, id)
	l.bytes += r.size
	if !l.heard && len(l.replies) >= maxUnheard {
		*l = ledger{useless: true}
		return
	}
	for len(l.replies) > maxHeldReplies || l.bytes > maxHeldBytes && len(l.replies) > 1 {
		l.drop(l.order[0])
		l.order = l.order[1:]
	}
}

// drop forgets a reply.
func (l *ledger) drop(id wire.MsgID) {
	if r := l.replies[id]; r != nil {
		l.bytes -= r.size
		delete(l.replies, id)
	}
}

// acknowledged forgets replies that the controller has.
func (l *ledger) acknowledged(ids []wire.MsgID) {
	l.heard = true
	for _, id := range ids {
		l.drop(id)
	}
	if len(l.order) > 2*len(l.replies)+64 {
		kept := make([]wire.MsgID, 0, len(l.replies))
		l.each(func(id wire.MsgID, _ *heldReply) { kept = append(kept, id) })
		l.order = kept
	}
}

// each gives the replies in the order in which they were made.
func (l *ledger) each(f func(wire.MsgID, *heldReply)) {
	seen := make(map[wire.MsgID]bool, len(l.replies))
	for _, id := range l.order {
		if r := l.replies[id]; r != nil && !seen[id] {
			seen[id] = true
			f(id, r)
		}
	}
}

// holds says whether replies are kept at all.
func (s *shell) holds() bool { return !s.private && !s.null }

// ackRequest takes a controller's word that replies are safe. It is not answered.
func (s *shell) ackRequest(m *wire.Message) {
	var c wire.Ack
	if err := m.Content(&c); err != nil {
		s.log.Debug("an acknowledgement was not understood", "error", err)
		return
	}
	s.ledger.acknowledged(c.MsgIDs)
}

// heldRequest tells a controller that has come back which of its tasks are here, and sends it again what it may not have got.
func (s *shell) heldRequest(t *task) {
	var c wire.Held
	if err := t.m.Content(&c); err != nil {
		s.log.Debug("a question about tasks was not understood", "error", err)
		return
	}
	s.ledger.heard = true
	has := wire.Held{Status: "ok", MsgIDs: []wire.MsgID{}}
	here := s.here()
	s.ledger.missed = map[wire.MsgID]bool{}
	for _, id := range c.MsgIDs {
		if here[id] || s.ledger.replies[id] != nil {
			has.MsgIDs = append(has.MsgIDs, id)
			continue
		}
		s.ledger.missed[id] = true
	}
	m, err := s.session.New(wire.HeldReply, t.m, nil, has)
	if err != nil {
		return // lists of ids always marshal
	}
	m.Routes = t.m.Routes
	s.do(send{on: t.on, to: t.from, m: m})
	s.ledger.each(func(_ wire.MsgID, r *heldReply) { s.do(send{on: r.on, to: r.to, m: r.m}) })
}

// late says whether a request was still on its way when the controller was told that it is not here, so that this is its second coming.
// If it was answered already, the answer is given again.
func (s *shell) late(id wire.MsgID) bool {
	if !s.ledger.missed[id] {
		return false
	}
	if r := s.ledger.replies[id]; r != nil {
		s.do(send{on: r.on, to: r.to, m: r.m})
		return true
	}
	return s.here()[id]
}

// here are the requests that wait or run.
func (s *shell) here() map[wire.MsgID]bool {
	out := map[wire.MsgID]bool{}
	for t := range s.active {
		out[t.m.Header.MsgID] = true
	}
	for _, t := range s.queue {
		out[t.m.Header.MsgID] = true
	}
	for _, lane := range s.lanes {
		for _, t := range lane {
			out[t.m.Header.MsgID] = true
		}
	}
	return out
}
