package controller

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// Version of the protocol's reference that the controller stands in for, and of the answers that go beyond it.
const Version = "9.2.0"

// ask takes a request to the controller itself.
func (s *shell) ask(in input) {
	m, err := s.queries.Parse(in.frames)
	if err != nil {
		s.dropped++
		s.log.Debug("controller: dropped a message", "socket", in.socket, "from", in.from, "err", err)
		return
	}
	q := question{s: s, client: in.from, m: m}
	switch m.Header.MsgType {
	case "registration_request":
		s.register(in, m)
	case "unregistration_request":
		s.unregister(m)
	case wire.AckRequest:
		s.taken(m)
	case wire.HeldRequest:
		q.heldHere()
	case "connection_request":
		q.connection()
	case "shutdown_request":
		q.shutdown()
	case ReportRequest:
		q.report()
	case StoryRequest:
		q.story()
	case "queue_request":
		q.queue()
	case "load_request":
		q.load()
	case "result_request":
		q.result()
	case "history_request":
		q.history()
	case "db_request":
		q.db()
	case "purge_request":
		q.purge()
	case "resubmit_request":
		q.resubmit()
	case "become_dask_request":
		q.becomeDask()
	case "stop_distributed_request":
		q.stopDask()
	default:
		q.fail("hub_error", "KeyError", "Bad Message Type: '"+m.Header.MsgType+"'")
	}
}

// question is one request to the controller itself.
type question struct {
	s      *shell
	client string
	m      *wire.Message
}

func (q *question) answer(msgType string, content any, buffers ...[]byte) {
	m, err := q.s.session.New(msgType, q.m, nil, content, buffers...)
	if err != nil {
		q.s.log.Error("controller: answering", "type", msgType, "err", err)
		return
	}
	q.s.send(query, q.client, q.s.session.Frames(m))
}

func (q *question) fail(msgType, name, value string) {
	q.answer(msgType, errorContent(name, value))
}

func (q *question) connection() {
	engines, about := map[string]hub.UUID{}, map[string]json.RawMessage{}
	for _, e := range q.s.hub.Engines() {
		id := strconv.Itoa(int(e.ID))
		engines[id] = e.UUID
		if a := q.s.about[e.UUID]; a != nil {
			about[id] = a
		}
	}
	q.answer("connection_reply", map[string]any{
		"status": "ok", "engines": engines, "gale": about,
		"server": map[string]any{"name": "gale", "version": Version, "features": []string{"retry_on", "same_engine", "replay", "max_time", "priority", "ack", "held"}},
	})
}

// shutdownDelay is the time that a reply has to arrive before the sockets close.
const shutdownDelay = time.Second

func (q *question) shutdown() {
	q.answer("shutdown_reply", map[string]any{"status": "ok"})
	q.s.do(effect{kind: publish, socket: notification, frames: q.s.notice("shutdown_notification", map[string]any{"status": "ok"})})
	q.s.do(effect{kind: stop, wait: shutdownDelay})
}

// targets gives the engines that a request names, by id or uuid; all when it names none. It answers when there is no such one.
func (q *question) targets(raw json.RawMessage) ([]hub.EngineInfo, bool) {
	live := q.s.hub.Engines()
	slices.SortFunc(live, func(a, b hub.EngineInfo) int { return cmp.Compare(a.ID, b.ID) })
	var names []any
	if len(raw) == 0 || json.Unmarshal(raw, &names) != nil {
		var one any
		if len(raw) == 0 || json.Unmarshal(raw, &one) != nil || one == nil {
			return live, true
		}
		names = []any{one}
	} else if string(raw) == "null" {
		return live, true
	}
	var chosen []hub.EngineInfo
	var missing []any
	for _, name := range names {
		i := slices.IndexFunc(live, func(e hub.EngineInfo) bool { return name == float64(e.ID) || name == string(e.UUID) })
		if i < 0 {
			missing = append(missing, name)
			continue
		}
		chosen = append(chosen, live[i])
	}
	if len(missing) > 0 {
		q.fail("hub_error", "IndexError", fmt.Sprintf("No Such Engine: %v", missing))
		return nil, false
	}
	return chosen, true
}

// about reads which engines a request is about. It answers when that cannot be told.
func (q *question) about() (engines []hub.EngineInfo, verbose, ok bool) {
	var c struct {
		Targets json.RawMessage `json:"targets"`
		Verbose bool            `json:"verbose"`
	}
	if err := q.m.Content(&c); err != nil {
		q.fail("hub_error", "ValueError", err.Error())
		return nil, false, false
	}
	engines, ok = q.targets(c.Targets)
	return engines, c.Verbose, ok
}

func (q *question) queue() {
	engines, verbose, ok := q.about()
	if !ok {
		return
	}
	out := map[string]any{"status": "ok", "unassigned": q.s.hub.Unassigned()}
	if verbose {
		out["unassigned"] = notNil(q.s.hub.UnassignedTasks())
	}
	for _, e := range engines {
		status := map[string]any{"queue": e.Queue, "tasks": e.Tasks, "completed": e.Completed}
		if verbose {
			queue, tasks, completed := q.s.hub.EngineTasks(e.UUID)
			status = map[string]any{"queue": notNil(queue), "tasks": notNil(tasks), "completed": notNil(completed)}
		}
		out[strconv.Itoa(int(e.ID))] = status
	}
	q.answer("queue_reply", out)
}

func (q *question) load() {
	engines, _, ok := q.about()
	if !ok {
		return
	}
	out := map[string]any{"status": "ok"}
	for _, e := range engines {
		out[strconv.Itoa(int(e.ID))] = e.Queue + e.Tasks
	}
	q.answer("load_reply", out)
}

// notNil makes JSON say [] instead of null.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
