package kernel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/galeproject/gale/wire"
)

// subshell is a line of requests with an order, a count, a history and an abort of its own (JEP 91). All share one namespace and
// one compiler. The kernel's first has no id.
type subshell struct {
	id      string
	queue   *queue
	history History // nil: nothing is remembered

	count   int      // execution count; guarded by the kernel's mutex, like the rest
	running *running // the cell that an interrupt would stop
	ending  bool     // it was deleted, and goes on until its queue is empty
	ahead   *ahead   // the next cell, compiled while this one runs
}

// newSubshell makes a subshell.
func (k *Kernel) newSubshell(id string) *subshell {
	s := &subshell{id: id, queue: newQueue(), history: k.o.History}
	if k.o.Branch != nil && id != "" {
		s.history = k.o.Branch()
	}
	return s
}

// serve handles a subshell's requests one at a time, until the kernel ends or the queue does.
func (k *Kernel) serve(s *subshell) {
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.subshells, s.id)
	}()
	for {
		r, aborted, ok := s.queue.take(k.ctx)
		if !ok {
			return
		}
		if aborted {
			k.abortedReply(r)
			continue
		}
		k.handle(r, k.handlerOf(r))
	}
}

// all gives the first subshell and the others, in the order of their ids. The mutex is held.
func (k *Kernel) all() []*subshell {
	out := []*subshell{k.main}
	for _, s := range k.subshells {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *subshell) int { return strings.Compare(a.id, b.id) })
	return out
}

// subshellNamed finds a subshell.
func (k *Kernel) subshellNamed(id string) *subshell {
	if id == "" {
		return k.main
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.subshells[id]; s != nil && !s.ending {
		return s
	}
	return nil
}

// subshellID reads subshell_id from a request's header; null is the first.
func subshellID(m *wire.Message) string {
	if !bytes.Contains(m.RawHeader, []byte(`"subshell_id"`)) {
		return ""
	}
	var h struct {
		ID string `json:"subshell_id"`
	}
	if json.Unmarshal(m.RawHeader, &h) != nil {
		return "?" // no subshell has this name
	}
	return h.ID
}

// arrived puts a shell request where it belongs: to its subshell, or to its comm, which is heard beside the cells.
func (k *Kernel) arrived(r *request) {
	switch r.Header.MsgType {
	case wire.CommOpen, wire.CommMsg, wire.CommClose:
		k.commArrived(r)
		return
	}
	id := subshellID(r.Message)
	if r.sub = k.subshellNamed(id); r.sub == nil || !r.sub.queue.put(k.ctx, r) {
		k.refuse(r, wire.NewFailure("SubshellNotFound", fmt.Sprintf("there is no subshell %q", id)))
		return
	}
	k.lookAhead(r.sub)
}

// refuse answers a request that cannot be handled, framed as every request is.
func (k *Kernel) refuse(r *request, f wire.Failure) {
	k.pub.status(r.Message, "busy")
	if k.ctx.Err() == nil {
		k.reply(r, f)
	}
	k.pub.status(r.Message, "idle")
}

type subshellReply struct {
	Status string `json:"status"`
	ID     string `json:"subshell_id"`
}

// createSubshell answers create_subshell_request.
func (k *Kernel) createSubshell(*request) any {
	s := k.newSubshell(wire.NewID())
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ctx.Err() != nil { // Serve waits already for those that there are
		return wire.NewFailure("Ending", "the kernel is ending")
	}
	k.subshells[s.id] = s
	k.shells.Go(func() { k.serve(s) })
	return subshellReply{"ok", s.id}
}

// deleteSubshell answers delete_subshell_request. What was sent to the subshell before is done; what comes later is refused.
func (k *Kernel) deleteSubshell(r *request) any {
	var c struct {
		ID string `json:"subshell_id"`
	}
	if err := r.Content(&c); err != nil {
		return badRequest(err)
	}
	s := k.subshellNamed(c.ID)
	if s == nil || s == k.main {
		return wire.NewFailure("SubshellNotFound", fmt.Sprintf("there is no subshell %q", c.ID))
	}
	k.mu.Lock()
	s.ending = true
	k.mu.Unlock()
	s.queue.end()
	return okStatus
}

type listSubshellReply struct {
	Status string   `json:"status"`
	IDs    []string `json:"subshell_id"`
}

// listSubshells answers list_subshell_request: the children, not the first.
func (k *Kernel) listSubshells(*request) any {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := listSubshellReply{Status: "ok", IDs: []string{}}
	for _, s := range k.all()[1:] {
		if !s.ending {
			a.IDs = append(a.IDs, s.id)
		}
	}
	return a
}
