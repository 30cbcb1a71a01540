package controller

import (
	"encoding/json"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// Engines are asked what they use by Jupyter's usage_request, while somebody wants to know: so often, so many at once.
const (
	usageEvery  = 2 * time.Second
	usageAtOnce = 256
)

// usages is what engines said of what they use.
type usages struct {
	of    map[hub.UUID]usage
	asked time.Time // the latest
	next  int       // of the live engines, whom to ask first
}

type usage struct {
	at      time.Time
	host    string
	pid     int
	memory  int64   // resident, in bytes
	seconds float64 // of CPU that it ever used; 0: it does not say so
	cpu     float64 // cores in use
}

// askUsage asks engines what they use.
func (s *shell) askUsage() {
	if s.now.Sub(s.usage.asked) < usageEvery {
		return
	}
	s.usage.asked = s.now
	live := s.hub.Engines()
	for range min(len(live), usageAtOnce) {
		s.usage.next = (s.usage.next + 1) % len(live)
		s.sendOwn(controlEngine, live[s.usage.next].UUID, "usage_request", map[string]any{})
	}
	for u := range s.usage.of {
		if _, here := s.hub.Engine(u); !here {
			delete(s.usage.of, u)
		}
	}
}

// used takes an engine's answer.
func (s *shell) used(u hub.UUID, m *wire.Message) {
	if _, here := s.hub.Engine(u); !here {
		return
	}
	var c struct {
		Host    string  `json:"hostname"`
		Pid     int     `json:"pid"`
		Memory  float64 `json:"kernel_memory"`
		CPU     float64 `json:"kernel_cpu"` // percent of a core
		Seconds float64 `json:"cpu_seconds"`
	}
	if json.Unmarshal(m.RawContent, &c) != nil || !(c.Memory >= 0 && c.Memory < 1<<60) {
		return
	}
	before := s.usage.of[u]
	now := usage{at: s.now, host: shortened(c.Host), pid: c.Pid, memory: int64(c.Memory), seconds: c.Seconds, cpu: max(0, c.CPU/100)}
	if passed := now.at.Sub(before.at).Seconds(); c.Seconds > 0 && before.seconds > 0 && passed > 0 {
		now.cpu = max(0, (c.Seconds-before.seconds)/passed)
	}
	s.usage.of[u] = now
}
