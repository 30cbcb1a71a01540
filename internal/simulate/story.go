package simulate

import (
	"fmt"
	"strings"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/wire"
)

// quiet are messages of which stories do not tell.
func quiet(on controller.Socket) bool {
	return on == controller.Ping || on == controller.Pong || on == controller.IOPubClient || on == controller.IOPubEngine
}

// heardController tells of an input of the controller.
func (w *world) heardController(in controller.Input, from *link) {
	if !w.Story || in.Kind == controller.Passed || quiet(in.Socket) {
		return
	}
	name := in.From
	if from != nil {
		name = from.host.name
	}
	switch in.Kind {
	case controller.Connected:
		w.say("%s → controller  connected, %s", name, names[in.Socket])
	case controller.Disconnected:
		w.say("%s → controller  disconnected, %s", name, names[in.Socket])
	case controller.Replaced:
		w.say("%s → controller  connected in the place of an earlier connection, %s", name, names[in.Socket])
	case controller.Subscribed:
		w.say("%s → controller  subscribed", name)
	case controller.Arrived:
		w.say("%s → controller  %s", name, describe(in.Frames))
	case controller.Passed:
	}
}

// told tells of an effect of the controller.
func (w *world) told(e controller.Effect) {
	if !w.Story || quiet(e.Socket) {
		return
	}
	to := e.To
	if e.Kind == controller.Publish {
		to = "all"
	}
	if l := w.doors[door{e.Socket, e.To}]; l != nil {
		to = l.host.name
	}
	w.say("    controller → %s  %s", to, describe(e.Frames))
}

// tell tells of what a peer heard and did.
func (w *world) tell(h *host, in Input, out Output) {
	if !w.Story || quiet(in.Socket) && in.Kind != Passed {
		return
	}
	switch in.Kind {
	case Arrived:
		w.say("%s ← controller  %s", h.name, describe(in.Frames))
	case Lost:
		w.say("%s loses its connection to %s", h.name, names[in.Socket])
	case Connected:
		w.say("%s is connected to %s", h.name, names[in.Socket])
	case Asked:
		w.say("%s asks for %s: %s", h.name, short(out.Asked), out.As)
	case Finished:
		w.say("%s has done %s: %s", h.name, short(in.Task), in.Outcome)
	case Passed:
	}
	for _, id := range out.Began {
		w.say("    %s begins %s", h.name, short(id))
	}
	for _, a := range out.Answers {
		w.say("    %s has its answer to %s: %v %s", h.name, short(a.ID), a.OK, a.Why)
	}
}

func (o Outcome) String() string { return [...]string{"fine", "an error", "unfit"}[o] }

func (r Request) String() string {
	var b strings.Builder
	if r.Abort != "" {
		return fmt.Sprintf("no more of %s, running %v", short(r.Abort), r.Running)
	}
	b.WriteString(names[r.On])
	for _, p := range r.Engines {
		b.WriteString(" @" + p.UUID)
	}
	for _, id := range r.After {
		b.WriteString(" after " + short(id))
	}
	for _, id := range r.Follow {
		b.WriteString(" follows " + short(id))
	}
	if r.Merge {
		b.WriteString(" merged")
	}
	if r.Retries > 0 {
		fmt.Fprintf(&b, " retries %d", r.Retries)
	}
	if r.OnDeath {
		b.WriteString(" again on death")
	}
	if r.Timeout > 0 {
		fmt.Fprintf(&b, " waits %.3f s", r.Timeout)
	}
	if r.MaxTime > 0 {
		fmt.Fprintf(&b, " runs %.3f s", r.MaxTime)
	}
	return b.String()
}

// describe is a message in a line.
func describe(frames [][]byte) string {
	typ := msgType(frames)
	text := typ + " " + short(ownID(frames))
	if p := parentID(frames); p != "" {
		text = typ + " of " + short(p)
	}
	var c struct {
		Status string       `json:"status"`
		Name   string       `json:"ename"`
		UUID   string       `json:"uuid"`
		MsgIDs []wire.MsgID `json:"msg_ids"`
	}
	if content(frames, &c) {
		for _, s := range []string{c.Status, c.Name, c.UUID} {
			if s != "" {
				text += " " + s
			}
		}
		for _, id := range c.MsgIDs {
			text += " " + short(id)
		}
	}
	return text
}
