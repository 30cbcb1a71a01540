package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/galeproject/gale/wire"
)

// errInterrupted is the cause of an interrupt that somebody asked for.
var errInterrupted = errors.New("interrupted")

// control takes a message of the control channel, which is answered at once whatever runs.
func (s *shell) control(e received) {
	t := newTask(e)
	t.started = s.now
	typ := e.m.Header.MsgType
	if typ == "clear_request" { // must not change variables under the hands of running code
		s.enqueue(t)
		return
	}
	switch typ { // the controller's own, of which nobody else hears
	case wire.AckRequest:
		s.ackRequest(t.m)
		return
	case wire.HeldRequest:
		s.heldRequest(t)
		return
	case "usage_request": // somebody watches, and asks often
		s.reply(t, answer{content: s.usage()}, "ok")
		return
	}
	s.status(t.m, "busy")
	if typ == "shutdown_request" {
		s.shutdown(t)
		return
	}
	defer s.status(t.m, "idle")
	switch typ {
	case "abort_request":
		if err := s.abortRequest(e.m); err != nil {
			s.failControl(t, err)
			return
		}
		s.reply(t, answer{}, "ok")
	case "signal_request":
		s.signalRequest(t)
	case "interrupt_request":
		s.interruptRequest(e.m)
		s.reply(t, answer{content: map[string]any{"status": "ok", "left_behind": s.leftBehind()}}, "ok")
	case "kernel_info_request":
		s.reply(t, answer{content: s.info()}, "ok")
	default:
		s.log.Debug("a control request is not known", "type", typ)
	}
}

func (s *shell) failControl(t *task, err error) {
	f := wire.NewFailure("ValueError", err.Error())
	s.reply(t, answer{failure: &f, method: "control"}, "error")
}

// abortRequest refuses requests by their ids, those that wait and those that will come; null and absent ids mean all that wait.
func (s *shell) abortRequest(m *wire.Message) error {
	var c struct {
		MsgIDs json.RawMessage `json:"msg_ids"`
	}
	if err := m.Content(&c); err != nil {
		return err
	}
	var one wire.MsgID
	var ids []wire.MsgID
	switch {
	case len(c.MsgIDs) == 0 || string(c.MsgIDs) == "null":
		s.abort(func(*task) bool { return true })
		return nil
	case json.Unmarshal(c.MsgIDs, &one) == nil:
		ids = []wire.MsgID{one}
	case json.Unmarshal(c.MsgIDs, &ids) != nil:
		return errors.New("msg_ids: want an id, a list of ids, or null")
	}
	for _, id := range ids {
		s.remember(id)
	}
	s.abort(func(t *task) bool {
		return slices.ContainsFunc(ids, t.is)
	})
	return nil
}

// remember keeps an aborted id, up to a bound.
func (s *shell) remember(id wire.MsgID) {
	if s.aborted[id] {
		return
	}
	if len(s.forget) >= maxAborted {
		delete(s.aborted, s.forget[0])
		s.forget = s.forget[1:]
	}
	s.aborted[id] = true
	s.forget = append(s.forget, id)
}

// interruptRequest interrupts what runs; with msg_ids only what is one of these.
func (s *shell) interruptRequest(m *wire.Message) {
	var c struct {
		MsgIDs []wire.MsgID `json:"msg_ids"`
	}
	_ = m.Content(&c) // an interrupt is not the time to be picky
	for t := range s.active {
		if c.MsgIDs == nil || slices.ContainsFunc(c.MsgIDs, t.is) {
			s.do(cancel{t, errInterrupted})
		}
	}
}

// signals by name, as clients send them.
var signals = map[string]int{
	"SIGINT": int(syscall.SIGINT), "SIGTERM": int(syscall.SIGTERM), "SIGKILL": int(syscall.SIGKILL), "SIGHUP": int(syscall.SIGHUP),
	"SIGQUIT": int(syscall.SIGQUIT), "SIGUSR1": int(syscall.SIGUSR1), "SIGUSR2": int(syscall.SIGUSR2), "SIGSTOP": int(syscall.SIGSTOP), "SIGCONT": int(syscall.SIGCONT),
}

// signalRequest sends this process a signal. SIGINT interrupts what runs.
func (s *shell) signalRequest(t *task) {
	var c struct {
		Sig json.RawMessage `json:"sig"`
	}
	_ = t.m.Content(&c) // no signal: refused below
	n := 0
	if json.Unmarshal(c.Sig, &n) != nil {
		var name string
		if json.Unmarshal(c.Sig, &name) == nil {
			name = strings.ToUpper(name)
			if n = signals[name]; n == 0 {
				n = signals["SIG"+name]
			}
		}
	}
	if n <= 0 || n > 64 {
		s.failControl(t, fmt.Errorf("sig %s is no signal", c.Sig))
		return
	}
	if n == int(syscall.SIGINT) {
		for t := range s.active {
			s.do(cancel{t, errInterrupted})
		}
		s.reply(t, answer{}, "ok")
		return
	}
	s.reply(t, answer{}, "ok")
	s.do(kill{n})
}

// shutdown says good-bye and leaves.
func (s *shell) shutdown(t *task) {
	var c struct {
		Restart bool `json:"restart"`
	}
	_ = t.m.Content(&c) // absent: false
	content := map[string]any{"status": "ok", "restart": c.Restart}
	s.reply(t, answer{content: content}, "ok")
	s.print(s.merger.End())
	s.publish("shutdown", "shutdown_reply", t.m, content)
	s.status(t.m, "idle")
	s.quit(nil)
}
