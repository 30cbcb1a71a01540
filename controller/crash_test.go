package controller

import (
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// pages is a journal in memory.
type pages map[int][]byte

func (p pages) Append(page int, data []byte) error { p[page] = append(p[page], data...); return nil }
func (p pages) Pages() ([]int, error)              { return slices.Sorted(maps.Keys(p)), nil }
func (p pages) Read(page int) ([]byte, error)      { return p[page], nil }
func (p pages) Close() error                       { return nil }
func (p pages) Forget(before int) error {
	maps.DeleteFunc(p, func(n int, _ []byte) bool { return n < before })
	return nil
}

// shelf is a store in memory.
type shelf struct {
	order []string
	body  map[string][]byte
}

func (s *shelf) Put(records []Record) error {
	for _, r := range records {
		if s.body[r.ID] == nil {
			s.order = append(s.order, r.ID)
		}
		s.body[r.ID] = r.Body
	}
	return nil
}
func (s *shelf) Close() error { return nil }
func (s *shelf) Drop(ids []string) error {
	for _, id := range ids {
		delete(s.body, id)
	}
	return nil
}
func (s *shelf) Get(id string) ([]byte, error) { return s.body[id], nil }
func (s *shelf) Each(f func([]byte) error) error {
	for _, id := range s.order {
		if s.body[id] == nil {
			continue
		}
		if err := f(s.body[id]); err != nil {
			return err
		}
	}
	return nil
}

// letter is a message under way.
type letter struct {
	socket socket
	to     string // identity; of one to the controller: from
	frames [][]byte
	sent   time.Time
}

// fleet is a controller that is killed again and again, with its engines and clients, which are not.
type fleet struct {
	t         *testing.T
	rnd       *rand.Rand
	now       time.Time
	s         *shell
	journal   pages
	store     *shelf
	batch     []effect
	peers     []*mate
	mail      []letter // from the controller
	post      []letter // to it
	unwritten []letter // that it took since it last wrote
	lives     int
}

// mate is an engine or a client.
type mate struct {
	id      string
	session *wire.Session
	engine  bool
	acks    bool
	name    string // identity of a client; one of Python has another one after each restart

	has      []letter              // engine: requests that it has not answered
	held     map[wire.MsgID]letter // engine: replies
	ran      map[hub.TaskID]int    // engine: how often it began what
	asked    map[wire.MsgID]letter // client: requests without an answer
	told     map[wire.MsgID]int    // client: answers of this life of the controller
	resolved map[wire.MsgID]bool
	lost     map[wire.MsgID]bool // client: requests that were in a socket when the controller died
}

func newFleet(t *testing.T, seed uint64) *fleet {
	t.Helper()
	f := &fleet{t: t, rnd: rand.New(rand.NewPCG(seed, 0)), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), journal: pages{}, store: &shelf{body: map[string][]byte{}}}
	for i := range 4 {
		m := &mate{
			id: fmt.Sprint("peer", i), engine: i < 2, acks: i%2 == 0, held: map[wire.MsgID]letter{}, ran: map[hub.TaskID]int{},
			asked: map[wire.MsgID]letter{}, told: map[wire.MsgID]int{}, resolved: map[wire.MsgID]bool{}, lost: map[wire.MsgID]bool{},
		}
		m.session = wire.NewSession(wire.Options{Key: []byte(testKey), ID: m.id, Version: wire.ClusterVersion})
		f.peers = append(f.peers, m)
	}
	f.begin()
	for _, m := range f.peers[:2] {
		about := map[string]any{"uuid": m.id}
		if m.acks {
			about["kind"], about["ack"] = "go", true
		}
		f.post = append(f.post, letter{socket: query, to: m.id, frames: m.frames(m.message("registration_request", nil, about))})
	}
	for len(f.post) > 0 {
		f.receive(0)
	}
	f.flush()
	return f
}

func (m *mate) message(msgType string, metadata, content any) *wire.Message {
	x, err := m.session.New(msgType, nil, metadata, content)
	if err != nil {
		panic(err)
	}
	return x
}

func (m *mate) frames(x *wire.Message, routes ...string) [][]byte {
	return prefixed(m.session.Frames(x), routes...)
}

// begin starts a controller with what the journal has, and has everybody connect.
func (f *fleet) begin() {
	o := Defaults()
	o.Log, o.RecordLimit = slog.New(slog.DiscardHandler), 3
	s, err := o.newShell(o.fill(map[socket]int{query: 1}, testKey), testKey, f.now)
	if err != nil {
		f.t.Fatal(err)
	}
	f.s, s.store, f.lives = s, f.store, f.lives+1
	p, _, damage, err := readJournal(f.journal)
	if err != nil || damage != nil {
		f.t.Fatal(err, damage)
	}
	if err := s.openBook(f.journal, p); err != nil {
		f.t.Fatal(err)
	}
	f.flush()
	for _, m := range f.peers {
		clear(m.told)
		if m.engine {
			for _, k := range []socket{controlEngine, muxEngine, taskEngine, castEngine, pong} {
				f.step(input{kind: connected, socket: k, from: m.id})
			}
			continue
		}
		if m.name = m.id; !m.acks {
			m.name = fmt.Sprintf("%d.%s", f.lives, m.id)
		}
		for _, k := range []socket{muxClient, taskClient, castClient} {
			f.step(input{kind: connected, socket: k, from: m.name})
		}
		if m.acks && len(m.asked) > 0 {
			held := wire.Held{MsgIDs: slices.Collect(maps.Keys(m.asked))}
			f.post = append(f.post, letter{socket: query, to: m.name, frames: m.frames(m.message(wire.HeldRequest, nil, held))})
		}
	}
}

func (f *fleet) step(in input) {
	f.batch = append(f.batch, f.s.step(f.now, in)...)
	if err := f.s.hub.Check(); err != nil {
		f.t.Fatal(err)
	}
}

// flush writes the journal and lets the messages go.
func (f *fleet) flush() {
	chunks, keeps := f.s.book.take()
	for _, c := range chunks {
		_ = f.journal.Append(c.page, c.data)
	}
	for _, k := range keeps {
		_ = f.store.Put(k.put)
		_ = f.journal.Forget(k.forget)
	}
	for _, e := range f.batch {
		if e.kind == send {
			f.mail = append(f.mail, letter{e.socket, e.to, e.frames, f.now})
		}
	}
	f.batch, f.unwritten = nil, nil
}

// kill ends the controller: a part of what it was writing is in the journal, what was under way to and from it is lost.
func (f *fleet) kill() {
	chunks, _ := f.s.book.take()
	if len(chunks) > 0 {
		c := chunks[0]
		_ = f.journal.Append(c.page, c.data[:f.rnd.IntN(len(c.data)+1)])
	}
	for i := 0; i < len(f.mail); { // the kernel has what is old enough
		if m := f.from(f.mail[i]); m != nil && !m.engine && f.now.Sub(f.mail[i].sent) >= doubtful {
			f.deliver(i)
		} else {
			i++
		}
	}
	for _, l := range slices.Concat(f.post, f.unwritten) { // what it had taken and not written is lost too
		if m := f.from(l); m != nil && !m.engine {
			m.lost[requestID(l)] = true
		}
	}
	f.batch, f.mail, f.post, f.unwritten = nil, nil, nil, nil
	f.begin()
}

func (f *fleet) from(l letter) *mate {
	for _, m := range f.peers {
		if l.to == m.id || l.to == m.name {
			return m
		}
	}
	return nil
}

// receive hands the controller a message that is under way to it.
func (f *fleet) receive(i int) {
	l := f.post[i]
	f.post = slices.Delete(f.post, i, i+1)
	f.unwritten = append(f.unwritten, l)
	f.step(input{kind: message, socket: l.socket, from: l.to, frames: l.frames})
}

// first gives a message of a connection that none is before: messages of one connection keep their order.
func (f *fleet) first(all []letter) int {
	i := f.rnd.IntN(len(all))
	return slices.IndexFunc(all, func(l letter) bool { return l.to == all[i].to && l.socket == all[i].socket })
}

// deliver takes one message of the controller to its peer.
func (f *fleet) deliver(i int) {
	l := f.mail[i]
	f.mail = slices.Delete(f.mail, i, i+1)
	m := f.from(l)
	if m == nil {
		return
	}
	x, err := wire.NewSession(wire.Options{Key: []byte(testKey)}).Parse(l.frames)
	if err != nil {
		f.t.Fatal(err)
	}
	parent, err := x.Parent()
	if err != nil {
		f.t.Fatal(err)
	}
	switch {
	case m.engine && l.socket == controlEngine:
		f.control(m, x)
	case m.engine && l.socket == query:
	case m.engine:
		m.has = append(m.has, l)
		if x.Header.MsgType == "apply_request" {
			m.ran[hub.TaskID(x.Header.MsgID)]++
		}
	case x.Header.MsgType == wire.HeldReply:
		var c wire.Held
		if err := x.Content(&c); err != nil {
			f.t.Fatal(err)
		}
		for id, request := range m.asked {
			if !slices.Contains(c.MsgIDs, id) {
				f.post = append(f.post, letter{socket: request.socket, to: m.name, frames: request.frames})
			}
		}
	default:
		var md struct {
			ID wire.MsgID `json:"original_msg_id"`
		}
		if x.Metadata(&md) == nil && md.ID != "" { // of a broadcast
			parent.MsgID = md.ID
		}
		if m.told[parent.MsgID]++; m.told[parent.MsgID] > 2 || m.told[parent.MsgID] > 1 && f.lives == 1 {
			f.t.Fatalf("%s was answered %d times in one life", parent.MsgID, m.told[parent.MsgID])
		}
		delete(m.asked, parent.MsgID)
		m.resolved[parent.MsgID] = true
	}
}

// control is an engine's answer to what the controller asks.
func (f *fleet) control(m *mate, x *wire.Message) {
	var c wire.Held
	if err := x.Content(&c); err != nil {
		f.t.Fatal(err)
	}
	switch x.Header.MsgType {
	case wire.AckRequest:
		for _, id := range c.MsgIDs {
			delete(m.held, id)
		}
	case wire.HeldRequest:
		var has []wire.MsgID
		for _, id := range c.MsgIDs {
			if _, ok := m.held[id]; ok || slices.ContainsFunc(m.has, func(l letter) bool { return requestID(l) == id }) {
				has = append(has, id)
			}
		}
		f.post = append(f.post, slices.Collect(maps.Values(m.held))...)
		r, err := m.session.New(wire.HeldReply, x, nil, wire.Held{MsgIDs: has})
		if err != nil {
			f.t.Fatal(err)
		}
		f.post = append(f.post, letter{socket: controlEngine, to: m.id, frames: m.frames(r, ownRoute)})
	}
}

func requestID(l letter) wire.MsgID {
	m, err := wire.NewSession(wire.Options{}).Verify(l.frames)
	if err != nil {
		return ""
	}
	h, err := header(m.RawHeader)
	if err != nil {
		return ""
	}
	return h.MsgID
}

// work has an engine answer the oldest request of a channel.
func (f *fleet) work(m *mate) {
	if len(m.has) == 0 {
		return
	}
	l := m.has[0]
	m.has = m.has[1:]
	x, err := wire.NewSession(wire.Options{Key: []byte(testKey)}).Parse(l.frames)
	if err != nil {
		f.t.Fatal(err)
	}
	r, err := m.session.New(wire.ReplyType(x.Header.MsgType), x, map[string]any{"status": "ok", "engine": m.id}, map[string]any{"status": "ok"})
	if err != nil {
		f.t.Fatal(err)
	}
	r.Routes = x.Routes
	reply := letter{socket: l.socket, to: m.id, frames: m.session.Frames(r)}
	if m.acks {
		m.held[x.Header.MsgID] = reply
	}
	f.post = append(f.post, reply)
}

// ask has a client ask for something.
func (f *fleet) ask(m *mate) {
	on, md, routes := taskClient, map[string]any{}, []string(nil)
	switch f.rnd.IntN(6) {
	case 0:
		on, routes = muxClient, []string{f.peers[f.rnd.IntN(2)].id}
	case 1:
		on, md = castClient, map[string]any{"is_coalescing": true, "targets": [][2]any{{"peer0", 0}, {"peer1", 1}}}
	case 2:
		md["retry_on"] = "death"
	case 3:
		md["priority"] = 1
	}
	x := m.message("apply_request", md, nil)
	l := letter{socket: on, to: m.name, frames: m.frames(x, routes...)}
	m.asked[x.Header.MsgID] = l
	f.post = append(f.post, l)
}

// TestKilledAtAnyMoment kills a controller between any two steps, in the middle of what it writes, and sees that no request is
// forgotten and none that may run once runs twice.
func TestKilledAtAnyMoment(t *testing.T) {
	runs := uint64(400)
	if testing.Short() {
		runs = 60
	}
	for seed := range runs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			f := newFleet(t, seed)
			for range 150 {
				switch n := f.rnd.IntN(40); {
				case n < 8:
					f.ask(f.peers[2+f.rnd.IntN(2)])
				case n < 16 && len(f.post) > 0:
					f.receive(f.first(f.post))
				case n < 22:
					f.flush()
				case n < 30 && len(f.mail) > 0:
					f.deliver(f.first(f.mail))
				case n < 38:
					f.work(f.peers[f.rnd.IntN(2)])
				case n < 39: // a loop does not keep back what it has for so long
					f.flush()
					f.now = f.now.Add(100 * time.Millisecond)
					f.step(input{kind: tick})
				default:
					f.kill()
				}
			}
			f.settle()
			f.judge()
		})
	}
}

// settle lets everything end that is under way.
func (f *fleet) settle() {
	for _, m := range f.peers[2:] { // who speaks hears what it has missed
		for _, on := range []socket{taskClient, muxClient, castClient} {
			md, routes := map[string]any{}, []string(nil)
			if on == muxClient {
				routes = []string{"peer0"}
			}
			if on == castClient {
				md["targets"] = [][2]any{{"peer0", 0}}
				md["is_coalescing"] = true
			}
			x := m.message("apply_request", md, nil)
			l := letter{socket: on, to: m.name, frames: m.frames(x, routes...)}
			m.asked[x.Header.MsgID] = l
			f.post = append(f.post, l)
		}
	}
	for range 300 {
		for len(f.post) > 0 {
			f.receive(f.first(f.post))
		}
		f.flush()
		for len(f.mail) > 0 {
			f.deliver(f.first(f.mail))
		}
		f.work(f.peers[0])
		f.work(f.peers[1])
	}
}

func (f *fleet) judge() {
	if n := len(f.s.jobs) + f.s.hub.Live(); n > 0 {
		f.t.Errorf("%d tasks are left; engines %v", n, f.s.hub.Engines())
		for _, j := range f.s.jobs {
			st, _ := f.s.hub.State(j.id)
			f.t.Logf("%s %s %v on %q restored %v", j.queue, j.id, st, j.engine, j.restored)
		}
	}
	for _, m := range f.peers[2:] {
		for id := range m.asked {
			if m.acks || !m.lost[id] {
				f.t.Errorf("%s has no answer", id)
			}
		}
	}
	runs := map[hub.TaskID]int{}
	for _, m := range f.peers[:2] {
		for id, n := range m.ran {
			runs[id] += n
		}
	}
	for id, n := range runs {
		l, ok := f.s.find(id), false
		if l != nil {
			ok = field(l.request.RawMetadata, "retry_on") == "death"
		}
		if n > 1 && !ok {
			f.t.Errorf("%s ran %d times", id, n)
		}
	}
}
