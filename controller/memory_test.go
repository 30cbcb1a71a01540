package controller

import (
	"runtime"
	"strconv"
	"testing"

	"github.com/galeproject/gale/hub"
)

// TestQueuedTasksAreSmall bounds what a task takes that waits for an engine, beyond its message.
func TestQueuedTasksAreSmall(t *testing.T) {
	g := newStage(t)
	const n = 20000
	metadata := map[string]any{"after": []string{}, "follow": []string{}, "timeout": 0.0, "targets": []string{}, "retries": 0, "label": nil}
	inputs := make([]input, n)
	bytes := 0
	for i := range inputs {
		m, err := g.client.New("apply_request", nil, metadata, nil, make([]byte, 200))
		if err != nil {
			t.Fatal(err)
		}
		frames := g.client.Frames(m)
		inputs[i] = input{kind: message, socket: taskClient, from: "c", frames: frames}
		for _, f := range frames {
			bytes += len(f)
		}
	}
	for i := range keptTales { // the stories are bounded, whatever waits
		g.s.tales.step(g.now, hub.TaskID(strconv.Itoa(i)), hub.Arrived, hub.Queued, "")
	}
	before := heap()
	for _, in := range inputs {
		g.s.step(g.now, in)
	}
	after := heap()
	if got := g.s.hub.Unassigned(); got != n {
		t.Fatalf("%d tasks are queued, want %d", got, n)
	}
	each := (int64(after) - int64(before)) / n
	t.Logf("a task of %d bytes takes %d bytes more", bytes/n, each)
	if each > 850 {
		t.Errorf("a queued task takes %d bytes beyond its message, want at most 850", each)
	}
	runtime.KeepAlive(inputs)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
