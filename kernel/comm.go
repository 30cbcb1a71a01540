package kernel

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/galeproject/gale/wire"
)

// comms are the channels that are open between front ends and the namespace, whoever opened them. They belong to the kernel, not to
// a subshell; a message may come by any. Guarded by the kernel's mutex.
type comms struct {
	open    map[string]*comm
	working map[*running]bool // messages that the namespace handles
}

// comm is one channel. Its messages are handled in order, beside the cells and the other comms.
type comm struct {
	target string
	queue  *queue // of what front ends send
}

type commInfoReply struct {
	Status string              `json:"status"`
	Comms  map[string]commInfo `json:"comms"`
}

type commInfo struct {
	Target string `json:"target_name"`
}

// commInfo answers comm_info_request.
func (k *Kernel) commInfo(r *request) any {
	var c struct {
		Target *string `json:"target_name"`
	}
	if err := r.Content(&c); err != nil {
		return badRequest(err)
	}
	a := commInfoReply{Status: "ok", Comms: map[string]commInfo{}}
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, open := range k.comms.open {
		if c.Target == nil || *c.Target == "" || *c.Target == open.target {
			a.Comms[id] = commInfo{open.target}
		}
	}
	return a
}

// commArrived gives a message to its comm. One that is opened counts from its arrival, so that what comes next finds it.
func (k *Kernel) commArrived(r *request) {
	var c wire.Comm
	if err := r.Content(&c); err != nil || c.ID == "" {
		k.log.Debug("refused a comm", "err", err)
		k.handle(r, nothing)
		return
	}
	k.mu.Lock()
	open := k.comms.open[c.ID]
	if open == nil && r.Header.MsgType == wire.CommOpen {
		open = k.openCommLocked(c)
	}
	k.mu.Unlock()
	if open == nil || !open.queue.put(k.ctx, r) {
		k.log.Debug("no such comm", "type", r.Header.MsgType, "comm", c.ID)
		k.handle(r, nothing)
	}
}

// nothing handles what is framed and otherwise ignored.
func nothing(*request) any { return nil }

// openCommLocked makes a comm known and lets it work.
func (k *Kernel) openCommLocked(c wire.Comm) *comm {
	open := &comm{target: c.Target, queue: newQueue()}
	k.comms.open[c.ID] = open
	if k.ctx.Err() == nil {
		k.shells.Go(func() {
			for {
				r, _, ok := open.queue.take(k.ctx)
				if !ok {
					return
				}
				k.handle(r, k.commMessage)
			}
		})
	}
	return open
}

// closeComm forgets a comm, if there is one. What front ends have sent to it already is still handled.
func (k *Kernel) closeComm(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	open := k.comms.open[id]
	if open == nil {
		return
	}
	delete(k.comms.open, id)
	open.queue.end()
}

// commMessage hands a front end's message to the namespace. A target that is not known there is answered by comm_close; what a handler
// panics with is published.
func (k *Kernel) commMessage(r *request) any {
	var c wire.Comm
	if err := r.Content(&c); err != nil {
		return nil // commArrived has looked
	}
	if r.Header.MsgType == wire.CommClose {
		defer k.closeComm(c.ID)
	}
	failure := k.askComm(r)
	if failure == nil {
		return nil
	}
	k.log.Debug("a comm's message failed", "type", r.Header.MsgType, "target", c.Target, "err", failure.Name)
	if r.Header.MsgType == wire.CommOpen {
		k.closeComm(c.ID)
		k.publishClose(r.Message, c.ID)
	}
	if failure.Name != wire.NoCommTarget {
		f := whole(failure)
		k.pub.publish("error", r.Message, nil, errorContent{f.Name, f.Value, f.Traceback})
	}
	return nil
}

// askComm lets the namespace handle a comm's message; an interrupt ends it.
func (k *Kernel) askComm(r *request) *wire.Failure {
	var content wire.Comm
	if err := r.Content(&content); err != nil {
		return asFailure(err)
	}
	content.Metadata, content.Request = r.RawMetadata, r.Header.MsgID // only the content goes on
	ctx, end := k.beginComm()
	defer end()
	m, err := k.o.Evaluator.Request(ctx, r.Header.MsgType, content, r.Buffers, func(o wire.Output) { k.forward(k.ctx, r.Message, o) })
	var a wire.Reply
	if err == nil {
		err = m.Content(&a)
	}
	if err != nil {
		return asFailure(err)
	}
	k.noteDeath(r.Message, a.Failure)
	if a.Status == "error" && a.Failure == nil {
		f := wire.NewFailure("Error", "the namespace gave no reason")
		return &f
	}
	return a.Failure
}

// asFailure gives an error as front ends see it.
func asFailure(err error) *wire.Failure {
	if f, ok := errors.AsType[wire.Failure](err); ok {
		return &f
	}
	f := wire.NewFailure("NamespaceError", err.Error())
	return &f
}

// beginComm makes a comm's message one that an interrupt stops.
func (k *Kernel) beginComm() (ctx context.Context, end func()) {
	ctx, cancel := context.WithCancel(k.ctx)
	r := &running{cancel: cancel}
	k.mu.Lock()
	k.comms.working[r] = true
	k.mu.Unlock()
	return ctx, func() {
		k.mu.Lock()
		delete(k.comms.working, r)
		k.mu.Unlock()
		cancel()
	}
}

// forwardComm publishes a comm's message from the namespace, and remembers what is open.
func (k *Kernel) forwardComm(parent *wire.Message, o wire.Output) {
	var c wire.Comm
	if err := json.Unmarshal(o.Content, &c); err != nil || c.ID == "" {
		k.log.Warn("a comm's message that is none", "type", o.MsgType, "err", err)
		return
	}
	switch o.MsgType {
	case wire.CommOpen:
		k.mu.Lock()
		if k.comms.open[c.ID] == nil {
			k.openCommLocked(c)
		}
		k.mu.Unlock()
	case wire.CommClose:
		k.closeComm(c.ID)
	}
	k.pub.publish(o.MsgType, parent, o.Metadata, o.Content, o.Buffers...)
}

func (k *Kernel) publishClose(parent *wire.Message, id string) {
	k.pub.publish(wire.CommClose, parent, nil, struct {
		ID   string   `json:"comm_id"`
		Data struct{} `json:"data"`
	}{ID: id})
}

// noteDeath closes the comms when a failure says that the namespace has died.
func (k *Kernel) noteDeath(parent *wire.Message, f *wire.Failure) {
	if f != nil && f.Name == wire.NameDied {
		k.closeComms(parent)
	}
}

// closeComms closes what was open when a namespace ends: the objects behind the comms are gone.
func (k *Kernel) closeComms(parent *wire.Message) {
	k.mu.Lock()
	ids := make([]string, 0, len(k.comms.open))
	for id, open := range k.comms.open {
		ids = append(ids, id)
		open.queue.end()
	}
	clear(k.comms.open)
	k.mu.Unlock()
	for _, id := range ids {
		k.publishClose(parent, id)
	}
}
