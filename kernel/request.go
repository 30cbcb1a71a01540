package kernel

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// reply is the content of a reply, with metadata when it has any.
type reply struct{ metadata, content any }

// handler answers one type of request; nil: the type has no reply.
type handler func(*request) any

// handlerOf finds who answers a request. Cells belong to shell, subshells and the debugger to control, the rest is answered on either;
// messages of comms do not come here.
func (k *Kernel) handlerOf(r *request) handler {
	if r.via == k.control {
		switch r.Header.MsgType {
		case "create_subshell_request":
			return k.createSubshell
		case "delete_subshell_request":
			return k.deleteSubshell
		case "list_subshell_request":
			return k.listSubshells
		case "debug_request":
			return k.debug
		}
	} else if r.Header.MsgType == "execute_request" {
		return k.execute
	}
	switch r.Header.MsgType {
	case "kernel_info_request":
		return k.info
	case "complete_request":
		return k.complete
	case "inspect_request":
		return k.inspect
	case "is_complete_request":
		return k.isComplete
	case "history_request":
		return k.history
	case "comm_info_request":
		return k.commInfo
	case "connect_request":
		return k.connect
	case "usage_request":
		return k.usageNow
	case "shutdown_request":
		return k.shutdown
	case "interrupt_request":
		return k.interrupt
	}
	return k.unimplemented
}

// handle answers one request between busy and idle.
func (k *Kernel) handle(r *request, by handler) {
	k.pub.status(r.Message, "busy")
	if answer := k.answer(r, by); answer != nil {
		k.pub.flush()
		k.reply(r, answer)
	}
	k.pub.status(r.Message, "idle")
	if r.Header.MsgType == "shutdown_request" {
		k.stop()
	}
}

// answer calls the handler. A panic of ours is an error reply and a log line, never the kernel's end.
func (k *Kernel) answer(r *request, by handler) (answer any) {
	defer func() {
		if p := recover(); p != nil {
			k.log.Error("a handler panicked", "type", r.Header.MsgType, "panic", p, "stack", string(debug.Stack()))
			answer = wire.NewFailure("InternalError", fmt.Sprint(p))
		}
	}()
	return by(r)
}

// reply sends a reply by the channel that its request came by.
func (k *Kernel) reply(r *request, answer any) {
	a, ok := answer.(reply)
	if !ok {
		a.content = answer
	}
	m, err := k.session.New(wire.ReplyType(r.Header.MsgType), r.Message, a.metadata, a.content)
	if err != nil {
		k.log.Error("no reply", "type", r.Header.MsgType, "err", err)
		return
	}
	m.Routes = r.Routes
	if err := r.via.SendTo(r.from, k.session.Frames(m)...); err != nil {
		level := k.log.Warn
		if errors.Is(err, zmtp.ErrNoPeer) {
			level = k.log.Debug // it has gone
		}
		level("reply not sent", "type", r.Header.MsgType, "err", err)
	}
}

// badRequest is the reply to a content that cannot be read.
func badRequest(err error) any { return wire.NewFailure("BadRequest", err.Error()) }

// ok is the content of a reply that says no more.
type ok struct {
	Status string `json:"status"`
}

var okStatus = ok{Status: "ok"}
