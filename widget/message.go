package widget

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/galeproject/gale/comm"
)

// stateMessage is the data of comm_open, update and echo_update.
type stateMessage struct {
	Method string         `json:"method,omitempty"`
	State  map[string]any `json:"state"`
	Paths  [][]any        `json:"buffer_paths"`
}

// split takes the buffers out of traits: they travel beside the JSON, and paths say where they belong.
func split(traits map[string]any, prefix ...any) (state map[string]any, paths [][]any, buffers [][]byte) {
	state, paths = make(map[string]any, len(traits)), [][]any{}
	for _, name := range slices.Sorted(maps.Keys(traits)) {
		if b, ok := traits[name].([]byte); ok {
			paths, buffers = append(paths, append(slices.Clone(prefix), name)), append(buffers, b)
			continue
		}
		state[name] = traits[name]
	}
	return state, paths, buffers
}

// refer is how a trait names a model.
func refer(m *Model) string { return reference + m.ID() }

// send sends traits. What cannot be sent has nobody who waits for it.
func (m *Model) send(ctx context.Context, method string, traits map[string]any) {
	if m.comm == nil {
		return
	}
	state, paths, buffers := split(traits)
	_ = m.comm.Send(ctx, stateMessage{Method: method, State: state, Paths: paths}, buffers) // a closed widget is changed without an effect
}

// fromFront is the data of a front end's message.
type fromFront struct {
	Method  string                     `json:"method"`
	State   map[string]json.RawMessage `json:"state"`
	Content struct {
		Event string `json:"event"`
	} `json:"content"`
}

// receive handles a message of the front end; what is none is left alone.
func (m *Model) receive(ctx context.Context, msg comm.Msg) {
	var f fromFront
	if err := msg.Decode(&f); err != nil {
		return
	}
	switch f.Method {
	case "request_state":
		m.mu.Lock()
		m.send(ctx, "update", m.traits)
		m.mu.Unlock()
	case "custom":
		m.mu.Lock()
		custom := m.custom
		m.mu.Unlock()
		if custom != nil {
			m.front.alone(ctx, func() { custom(f.Content.Event) })
		}
	case "update":
		for _, heard := range m.update(ctx, f.State) {
			m.front.alone(ctx, heard)
		}
	}
}

// update takes traits over. All front ends hear an echo of what was taken, as it came; where that is not what the trait has now, they are told.
// It gives what is to be called when something has changed.
func (m *Model) update(ctx context.Context, state map[string]json.RawMessage) []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	echo, own, changed := map[string]any{}, map[string]any{}, false
	for name, raw := range state {
		take := m.take[name]
		if take == nil {
			continue
		}
		v, ok := take(raw)
		if !ok {
			own[name] = m.traits[name]
			continue
		}
		echo[name] = raw
		if !reflect.DeepEqual(m.traits[name], v) {
			m.traits[name], changed = v, true
		}
		if now, err := json.Marshal(v); err != nil || !same(raw, now) {
			own[name] = v
		}
	}
	if len(echo) > 0 {
		m.send(ctx, "echo_update", echo)
	}
	if len(own) > 0 {
		m.send(ctx, "update", own)
	}
	if !changed {
		return nil
	}
	return slices.Clone(m.heard)
}

// same tells whether two texts are the same JSON but for spaces.
func same(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

func (m *Model) onChange(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.heard = append(m.heard, f)
}
