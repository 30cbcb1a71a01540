package widget

import (
	"context"
	"maps"
	"sync"

	"github.com/galeproject/gale/comm"
)

// front is all that a process shows to its front ends.
type front struct {
	mu     sync.Mutex
	models map[string]*Model
	turn   chan struct{} // of the callbacks
}

type frontKey struct{}

func newFront() *front { return &front{models: map[string]*Model{}, turn: make(chan struct{}, 1)} }

// frontOf gives that of the process whose cell ctx is of, and one for nobody elsewhere.
func frontOf(ctx context.Context) *front {
	x, err := comm.Keep(ctx, frontKey{}, func() any { return newFront() })
	if f, ok := x.(*front); err == nil && ok {
		return f
	}
	return newFront()
}

func (f *front) add(id string, m *Model) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.models[id] = m
}

func (f *front) remove(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.models, id)
}

// alone runs a callback when no other one runs. One that was interrupted does not count as running, though it may be left behind.
func (f *front) alone(ctx context.Context, callback func()) {
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return
	}
	end := sync.OnceFunc(func() { <-f.turn })
	defer end()
	defer context.AfterFunc(ctx, end)()
	callback()
}

// The comms by which a page that is loaded again asks for all widgets.
const (
	controlTarget  = "jupyter.widget.control"
	controlVersion = "1.0.0"
)

// whole is one model in the answer.
type whole struct {
	Name    any            `json:"model_name"`
	Module  any            `json:"model_module"`
	Version any            `json:"model_module_version"`
	State   map[string]any `json:"state"`
}

// Offer lets front ends ask for the widgets of the process that ctx leads to, as a page does that is loaded again. A kernel's process of cells calls
// it once.
func Offer(ctx context.Context) error {
	return comm.Handle(ctx, controlTarget, func(ctx context.Context, c *comm.Comm, _ comm.Msg) {
		c.OnMsg(ctx, func(ctx context.Context, m comm.Msg) {
			var q fromFront
			if m.Decode(&q) != nil || q.Method != "request_states" {
				return
			}
			states, paths, buffers := frontOf(ctx).states()
			_ = c.Send(ctx, struct {
				Method string           `json:"method"`
				States map[string]whole `json:"states"`
				Paths  [][]any          `json:"buffer_paths"`
			}{"update_states", states, paths}, buffers, comm.Metadata(map[string]string{"version": controlVersion})) // who asked may have gone
		})
	})
}

// states are all models with their traits.
func (f *front) states() (states map[string]whole, paths [][]any, buffers [][]byte) {
	f.mu.Lock()
	models := maps.Clone(f.models)
	f.mu.Unlock()
	states, paths = make(map[string]whole, len(models)), [][]any{}
	for id, m := range models {
		m.mu.Lock()
		state, p, b := split(m.traits, id, "state")
		m.mu.Unlock()
		states[id] = whole{state["_model_name"], state["_model_module"], state["_model_module_version"], state}
		paths, buffers = append(paths, p...), append(buffers, b...)
	}
	return states, paths, buffers
}
