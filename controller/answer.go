package controller

import (
	"fmt"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// failureOf gives the exception that a reason is to a client; Python's names and words where it has some.
func failureOf(a hub.Answer) (name, value string) {
	switch a.Reason {
	case hub.Invalid:
		return "InvalidDependency", "a task that it depends on is not known"
	case hub.Impossible:
		return "ImpossibleDependency", "its dependencies or targets can never be met"
	case hub.Expired:
		return "TaskTimeout", "no engine was found in time"
	case hub.Died:
		return "EngineError", fmt.Sprintf("Engine b'%s' died while running task '%s'", a.Engine, a.Task)
	case hub.Exhausted:
		return "EngineError", "every engine that it may run on failed it or left"
	case hub.NoEngine:
		return "EngineError", fmt.Sprintf("There is no engine '%s'", a.Engine)
	case hub.Full:
		return "RuntimeError", "the controller has as many tasks as it may"
	case hub.Overdue:
		return "TaskTimeout", "it ran longer than its max_time"
	case hub.Lost:
		return "EngineError", fmt.Sprintf("The reply of engine b'%s' to task '%s' was lost when the controller restarted", a.Engine, a.Task)
	case hub.Withdrawn:
	}
	return "TaskAborted", ""
}

// answer replies in the place of an engine.
func (s *shell) answer(a hub.Answer) {
	j := s.jobs[a.Task]
	if j == nil {
		return
	}
	md := map[string]any{"status": "error", "date": wire.Date(s.now), "dependencies_met": true}
	if a.Engine != "" {
		md["engine"] = a.Engine
		j.engine = string(a.Engine)
	}
	var content any = map[string]any{"status": "aborted"}
	if a.Reason == hub.Withdrawn {
		md["status"] = "aborted"
	} else {
		content = errorContent(failureOf(a))
	}
	if j.cast != nil {
		md["is_broadcast"], md["is_coalescing"], md["original_msg_id"] = true, j.cast.coalescing, j.cast.id
		if j.cast.coalescing {
			md["broadcast_targets"] = j.cast.targets
		}
	}
	m, err := s.session.New(wire.ReplyType(j.request.Header.MsgType), j.request, md, content)
	if err != nil {
		s.log.Error("controller: making an answer", "task", j.id, "err", err)
		return
	}
	if j.header != nil {
		m.RawParent = j.header
	}
	if !s.heardOtherwise(j, a) {
		if a.Engine != "" {
			m.Routes = [][]byte{[]byte(a.Engine)}
		}
		s.tell(j, s.session.Frames(m))
		m.Routes = nil
	}
	j.status = hub.Error
	if a.Reason == hub.Withdrawn {
		j.status = hub.Cancelled
	}
	s.over(j, m)
	if j.cast != nil && a.Task == j.cast.id {
		s.dissolve(j.cast)
	}
}

// recently is how long a client may take to hear of an engine's end.
const recently = time.Minute

// heardOtherwise says whether the client fails the request itself when it hears that the engine has left: then another answer
// would be one too many.
func (s *shell) heardOtherwise(j *job, a hub.Answer) bool {
	if j.queue == "task" {
		return false
	}
	if a.Reason == hub.Died || a.Reason == hub.NoEngine { // one that was here before a restart and did not come back has not left
		for _, d := range s.left {
			if d.uuid == a.Engine && s.now.Sub(d.at) < recently {
				return true
			}
		}
	}
	return false
}

// errorContent is the content of an error that no engine made: clients then wait for no output.
func errorContent(name, value string) map[string]any {
	return map[string]any{
		"status": "error", "ename": name, "evalue": value, "engine_info": map[string]any{},
		"traceback": []string{"Traceback (most recent call last):\n", name + ": " + value + "\n"},
	}
}

// fail answers a request that did not become a task.
func (s *shell) fail(on socket, client string, m *wire.Message, name, value string) {
	md := map[string]any{"status": "error", "date": wire.Date(s.now), "dependencies_met": true}
	r, err := s.session.New(wire.ReplyType(m.Header.MsgType), m, md, errorContent(name, value))
	if err != nil {
		s.log.Error("controller: making an answer", "err", err)
		return
	}
	s.send(on, client, s.session.Frames(r))
}
