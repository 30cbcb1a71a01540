package controller

import (
	"bytes"
	"encoding/json"
	"math"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// taskMetadata is what decides where and when a balanced task runs.
type taskMetadata struct {
	After   json.RawMessage `json:"after"`
	Follow  json.RawMessage `json:"follow"`
	Targets []hub.UUID      `json:"targets"`
	Timeout *float64        `json:"timeout"` // seconds
	Retries int             `json:"retries"`
	// RetryOn "death" has the task run again when its engine dies, whatever Retries says of errors.
	RetryOn string `json:"retry_on"`
	Same    bool   `json:"same_engine"`
	// MaxTime is the longest run in seconds, Priority puts a task before those of lower ones.
	MaxTime  float64 `json:"max_time"`
	Priority float64 `json:"priority"`
}

// rerunsOnDeath is how often a task with retry_on "death" runs again: what ends three engines is not chance.
const rerunsOnDeath = 2

// submit takes a balanced task.
func (s *shell) submit(in input) {
	m := s.parse(in)
	if m == nil {
		return
	}
	ev, err := submission(m)
	if err != nil {
		s.fail(taskClient, in.from, m, "ValueError", err.Error())
		return
	}
	if s.full(in, m) {
		return
	}
	s.sentAgain(&in, m)
	if j := s.newJob(in, m, "task"); j != nil {
		ev.Client = j.owner.session
		j.retries, j.reruns = ev.Retries, ev.Reruns
		s.began(j, s.hub.Step(ev))
	}
}

func submission(m *wire.Message) (hub.Submit, error) {
	ev := hub.Submit{Task: hub.TaskID(m.Header.MsgID)}
	plain := true
	err := fields(m.RawMetadata, func(name, v []byte) {
		switch string(name) {
		case "after", "follow", "targets", "timeout", "retries", "retry_on", "same_engine", "max_time", "priority":
			plain = plain && empty(v)
		}
	})
	if err != nil || plain {
		return ev, err
	}
	var md taskMetadata
	if err := m.Metadata(&md); err != nil {
		return ev, err
	}
	if ev.After, err = dependency(md.After); err != nil {
		return ev, err
	}
	if ev.Follow, err = dependency(md.Follow); err != nil {
		return ev, err
	}
	ev.Targets, ev.Retries, ev.Same = md.Targets, md.Retries, md.Same
	if md.Timeout != nil {
		ev.Timeout = seconds(*md.Timeout)
	}
	ev.MaxTime = seconds(md.MaxTime)
	ev.Priority = int(max(-maxPriority, min(md.Priority, maxPriority)))
	if md.RetryOn == "death" {
		ev.Reruns = rerunsOnDeath
	}
	return ev, nil
}

// maxPriority bounds priorities, up and down.
const maxPriority = 1000

// seconds makes a duration of a number of seconds, 0 of one that asks for nothing.
func seconds(s float64) time.Duration {
	if !(s > 0) {
		return 0
	}
	return time.Duration(math.Min(s, 1e9) * float64(time.Second))
}

// maxTime reads the longest run that a direct request allows.
func maxTime(m *wire.Message) (d time.Duration) {
	_ = fields(m.RawMetadata, func(name, v []byte) { // what does not decode asks for nothing
		if string(name) == "max_time" {
			var s float64
			if json.Unmarshal(v, &s) == nil {
				d = seconds(s)
			}
		}
	})
	return d
}

// dependency reads a list of ids, or an object with the ids and what of them must hold.
func dependency(raw json.RawMessage) (hub.Dependency, error) {
	d := hub.Dependency{Success: true}
	switch raw = bytes.TrimSpace(raw); {
	case len(raw) == 0, string(raw) == "null", string(raw) == "[]":
		return d, nil
	case raw[0] == '[':
		return d, json.Unmarshal(raw, &d.Tasks)
	}
	o := struct {
		Tasks   []hub.TaskID `json:"dependencies"`
		All     bool         `json:"all"`
		Success bool         `json:"success"`
		Failure bool         `json:"failure"`
	}{All: true, Success: true}
	if err := json.Unmarshal(raw, &o); err != nil {
		return d, err
	}
	return hub.Dependency{Tasks: o.Tasks, Any: !o.All, Success: o.Success, Failure: o.Failure}, nil
}
