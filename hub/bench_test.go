package hub_test

import (
	"fmt"
	"testing"

	"github.com/galeproject/gale/hub"
)

func hubOf(engines int) *hub.Hub {
	h := hub.New(hub.Options{})
	for i := range engines {
		u := hub.UUID(fmt.Sprintf("engine-%06d", i))
		h.Step(hub.Register{UUID: u, Wanted: -1})
		for c := range hub.Channel(4) {
			h.Step(hub.Connect{UUID: u, Channel: c})
		}
	}
	return h
}

// BenchmarkTask is one task from its submission to its reply, while others are queued before it.
func BenchmarkTask(b *testing.B) {
	for _, c := range []struct{ engines, queued int }{{8, 0}, {8, 1_000_000}, {1000, 0}, {1000, 100_000}} {
		b.Run(fmt.Sprintf("engines=%d/queued=%d", c.engines, c.queued), func(b *testing.B) {
			h := hubOf(c.engines)
			b.ReportAllocs()
			var running []hub.Send
			note := func(actions []hub.Action) {
				for _, a := range actions {
					if s, ok := a.(hub.Send); ok {
						running = append(running, s)
					}
				}
			}
			id := func(i int) hub.TaskID { return hub.TaskID(fmt.Sprintf("0123abcd-0123456789abcdef01234567_4242_%d", i)) }
			for i := range c.queued {
				note(h.Step(hub.Submit{Task: id(-i - 1)}))
			}
			ids := make([]hub.TaskID, b.N)
			for i := range ids {
				ids[i] = id(i)
			}
			b.ResetTimer()
			for i := range b.N {
				note(h.Step(hub.Submit{Task: ids[i]}))
				s := running[0]
				running = running[1:]
				note(h.Step(hub.Return{Task: s.Task, Engine: s.Engine}))
			}
		})
	}
}

// BenchmarkAfter is one task of a chain in which each comes after the one before.
func BenchmarkAfter(b *testing.B) {
	h := hubOf(8)
	b.ReportAllocs()
	ids := make([]hub.TaskID, b.N)
	for i := range ids {
		ids[i] = hub.TaskID(fmt.Sprintf("t%d", i))
	}
	b.ResetTimer()
	var at hub.Send
	note := func(actions []hub.Action) {
		for _, a := range actions {
			if s, ok := a.(hub.Send); ok {
				at = s
			}
		}
	}
	for i := range b.N {
		ev := hub.Submit{Task: ids[i]}
		if i > 0 {
			ev.After = hub.After(ids[i-1])
		}
		note(h.Step(ev))
	}
	for range b.N {
		note(h.Step(hub.Return{Task: at.Task, Engine: at.Engine}))
	}
	if h.Live() > 0 {
		b.Fatalf("%d tasks are left", h.Live())
	}
}
