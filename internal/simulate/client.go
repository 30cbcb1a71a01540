package simulate

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/wire"
)

// client is a model of a client: one of Go, which asks what a controller has that comes back, or one of Python, which does not.
type client struct {
	python  bool
	session *wire.Session
	now     time.Time
	out     Output

	news    map[string]bool // engines that came or left since it was asked who is here
	known   bool            // the controller has answered
	engines map[string]bool
	lost    map[controller.Socket]bool
	pending []*asking // in the order of asking
	owed    []wire.MsgID
	pay     time.Time
	inquiry wire.MsgID
	about   []*asking
}

// asking is a request that is not answered in full.
type asking struct {
	id     wire.MsgID
	on     controller.Socket
	l      Letter
	engine string
	open   []wire.MsgID // ids that wait for an answer
	merged []string     // engines of a broadcast with one answer
	doubt  bool         // the controller may not have it
}

// NewClient makes a model of a client.
func NewClient(session string, python bool) Peer {
	c := &client{python: python, engines: map[string]bool{}, news: map[string]bool{}, lost: map[controller.Socket]bool{}}
	c.session = wire.NewSession(wire.Options{Key: []byte(Key), ID: session, Pid: 1, Username: "u", Version: wire.ClusterVersion, Now: func() time.Time { return c.now }})
	return c
}

func (c *client) Next() time.Time { return c.pay }

func (c *client) Step(now time.Time, in Input) Output {
	c.now, c.out = now, Output{}
	switch in.Kind {
	case Passed:
		c.out.Dial = []controller.Socket{controller.Query, controller.Notification}
		c.acknowledge()
	case Connected:
		c.connected(in.Socket)
	case Lost:
		c.lost[in.Socket] = true
		for _, a := range c.pending {
			a.doubt = a.doubt || a.on == in.Socket
		}
	case Asked:
		c.ask(in.Request)
	case Arrived:
		c.arrived(in)
	case Finished:
	}
	return c.out
}

func (c *client) say(on controller.Socket, msgType string, metadata, content any, routes ...string) (wire.MsgID, Letter) {
	m, err := c.session.New(msgType, nil, metadata, content)
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	for _, r := range routes {
		m.Routes = append(m.Routes, []byte(r))
	}
	return m.Header.MsgID, Letter{on, c.session.Frames(m)}
}

func (c *client) send(l Letter) { c.out.Send = append(c.out.Send, l) }

// ask makes a message of a request.
func (c *client) ask(r Request) {
	if r.Abort != "" {
		for _, p := range r.Engines {
			_, l := c.say(controller.ControlClient, "abort_request", nil, map[string]any{"msg_ids": []wire.MsgID{r.Abort}, "running": r.Running}, p.UUID)
			c.send(l)
		}
		return
	}
	if r.On == controller.CastClient {
		r = c.cast(r)
	}
	md := map[string]any{}
	a := &asking{on: r.On}
	var routes []string
	switch r.On {
	case controller.MuxClient:
		a.engine = r.Engines[0].UUID
		routes = []string{a.engine}
		setTime(md, "max_time", r.MaxTime)
	case controller.CastClient:
		md = r.Cast()
	default:
		md = r.Metadata()
	}
	a.id, a.l = c.say(r.On, "apply_request", md, nil, routes...)
	a.open = []wire.MsgID{a.id}
	if r.On == controller.CastClient && !r.Merge {
		a.open = nil
		for _, p := range r.Engines {
			a.open = append(a.open, a.id+"_"+wire.MsgID(p.UUID))
		}
	}
	if r.Merge { // it fails when one of them dies
		for _, p := range r.Engines {
			a.merged = append(a.merged, p.UUID)
		}
	}
	c.out.Asked, c.out.Wants, c.out.As = a.id, slices.Clone(a.open), r
	if r.On == controller.MuxClient && !c.engines[a.engine] {
		c.out.Answers = []Answer{{ID: a.id, Why: "there is no such engine"}}
		return
	}
	c.pending = append(c.pending, a)
	if a.doubt = c.lost[a.on] && !c.python; !a.doubt {
		c.send(a.l)
	}
}

// cast has a broadcast go to the engines that the client knows. One of Go wants an answer of each.
func (c *client) cast(r Request) Request {
	r.Engines = slices.DeleteFunc(slices.Clone(r.Engines), func(p Place) bool { return !c.engines[p.UUID] })
	r.Merge = r.Merge && c.python
	if len(r.Engines) == 0 {
		return Request{On: controller.TaskClient}
	}
	return r
}

// Metadata is that of a balanced request.
func (r Request) Metadata() map[string]any {
	md := map[string]any{"retries": r.Retries, "after": r.After, "follow": r.Follow}
	if len(r.Engines) > 0 {
		var uuids []string
		for _, p := range r.Engines {
			uuids = append(uuids, p.UUID)
		}
		md["targets"] = uuids
	}
	if r.OnDeath {
		md["retry_on"] = "death"
	}
	setTime(md, "timeout", r.Timeout)
	setTime(md, "max_time", r.MaxTime)
	return md
}

// Cast is the metadata of a broadcast.
func (r Request) Cast() map[string]any {
	targets := [][2]any{}
	for _, p := range r.Engines {
		targets = append(targets, [2]any{p.UUID, p.ID})
	}
	return map[string]any{"targets": targets, "is_broadcast": true, "is_coalescing": r.Merge}
}

func setTime(md map[string]any, name string, seconds float64) {
	if seconds > 0 {
		md[name] = seconds
	}
}

func (c *client) connected(on controller.Socket) {
	c.lost[on] = false
	if on == controller.Query && (!c.python || !c.known) {
		_, l := c.say(on, "connection_request", nil, nil)
		c.send(l)
		c.news = map[string]bool{}
	}
	if !c.python {
		c.inquire()
	}
}

// inquire asks the controller which of the requests in doubt it has.
func (c *client) inquire() {
	if c.lost[controller.Query] {
		return
	}
	ids := []wire.MsgID{}
	c.about = nil
	for _, a := range c.pending {
		if a.doubt && !c.lost[a.on] {
			c.about = append(c.about, a)
			ids = append(append(ids, a.id), a.open...)
		}
	}
	if len(ids) == 0 {
		return
	}
	id, l := c.say(controller.Query, wire.HeldRequest, nil, wire.Held{MsgIDs: ids})
	c.inquiry = id
	c.send(l)
}

func (c *client) informed(m *wire.Message) {
	var h wire.Held
	c.inquiry = ""
	if m.Content(&h) != nil {
		return
	}
	for _, a := range c.about {
		has := slices.Contains(h.MsgIDs, a.id) || slices.ContainsFunc(a.open, func(id wire.MsgID) bool { return slices.Contains(h.MsgIDs, id) })
		switch {
		case !a.doubt || c.lost[a.on]:
		case has:
			a.doubt = false
		case slices.Contains(c.pending, a):
			a.doubt = false
			c.send(a.l)
		}
	}
}

func (c *client) arrived(in Input) {
	m, err := c.session.Parse(in.Frames)
	if err != nil {
		return
	}
	parent, _ := m.Parent()
	switch in.Socket {
	case controller.Query:
		switch {
		case m.Header.MsgType == "connection_reply":
			c.welcomed(m)
		case parent.MsgID == c.inquiry:
			c.informed(m)
		}
	case controller.Notification:
		var n struct{ UUID string }
		_ = m.Content(&n) // then it is about nobody
		switch m.Header.MsgType {
		case "registration_notification":
			c.engines[n.UUID], c.news[n.UUID] = true, true
		case "unregistration_notification":
			c.left(n.UUID)
		}
	case controller.MuxClient, controller.TaskClient, controller.CastClient:
		c.replied(m, parent.MsgID)
	default:
	}
}

func (c *client) welcomed(m *wire.Message) {
	var w struct{ Engines map[string]string }
	_ = m.Content(&w) // then there are none
	here := map[string]bool{}
	for _, u := range w.Engines {
		here[u] = true
	}
	for u, came := range c.news { // meanwhile
		if here[u] = came; !came {
			delete(here, u)
		}
	}
	for _, a := range slices.Clone(c.pending) {
		if a.engine != "" && c.engines[a.engine] && !here[a.engine] {
			c.left(a.engine)
		}
		for _, id := range slices.Clone(a.open) {
			if u := partOf(id, a.id); u != "" && !here[u] {
				c.left(u)
			}
		}
	}
	c.engines, c.known = here, true
	c.out.Dial = []controller.Socket{controller.MuxClient, controller.TaskClient, controller.CastClient, controller.ControlClient, controller.IOPubClient}
}

// partOf is the engine that has a part of a broadcast; "": it is the whole.
func partOf(part, whole wire.MsgID) string {
	if len(part) <= len(whole) {
		return ""
	}
	return string(part[len(whole)+1:])
}

// left fails what was for an engine that has left: nobody else answers that.
func (c *client) left(uuid string) {
	delete(c.engines, uuid)
	c.news[uuid] = false
	for _, a := range slices.Clone(c.pending) {
		if a.engine == uuid || slices.Contains(a.merged, uuid) {
			c.close(a, a.id, Answer{ID: a.id, Why: "the engine died"})
		}
		if id := a.id + "_" + wire.MsgID(uuid); slices.Contains(a.open, id) {
			c.close(a, id, Answer{ID: id, Why: "the engine died"})
		}
	}
}

func (c *client) close(a *asking, id wire.MsgID, x Answer) {
	a.open = slices.DeleteFunc(a.open, func(o wire.MsgID) bool { return o == id })
	c.out.Answers = append(c.out.Answers, x)
	if len(a.open) == 0 {
		c.pending = slices.DeleteFunc(c.pending, func(p *asking) bool { return p == a })
	}
}

func (c *client) replied(m *wire.Message, id wire.MsgID) {
	var s struct {
		Status string
		Name   string `json:"ename"`
	}
	_ = m.Content(&s) // then it failed
	if !c.python {
		if c.owed = append(c.owed, id); c.pay.IsZero() {
			c.pay = c.now.Add(250 * time.Millisecond)
		}
	}
	var md struct {
		Merged json.RawMessage `json:"is_coalescing"`
		ID     wire.MsgID      `json:"original_msg_id"`
	}
	if m.Metadata(&md) == nil && string(md.Merged) == "true" && md.ID != "" {
		id = md.ID
	}
	for _, a := range slices.Clone(c.pending) {
		switch {
		case slices.Contains(a.open, id):
			c.close(a, id, Answer{ID: id, OK: s.Status == "ok", Why: s.Name})
		case a.id == id: // about the whole
			for _, part := range slices.Clone(a.open) {
				c.close(a, part, Answer{ID: part, Why: s.Name})
			}
		}
	}
}

// acknowledge tells the controller which answers have come.
func (c *client) acknowledge() {
	if len(c.owed) > 0 && !c.lost[controller.Query] {
		_, l := c.say(controller.Query, wire.AckRequest, nil, wire.Ack{MsgIDs: c.owed})
		c.send(l)
		c.owed = nil
	}
	c.pay = time.Time{}
}
