package widget

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/galeproject/gale/comm"
	"github.com/galeproject/gale/display"
)

// Widget is what can be shown in a cell, and in a box.
type Widget interface {
	// ID is the id of the widget's model, by which front ends know it.
	ID() string
	base() *Model
}

// Model is what all widgets have: traits by name, which both sides know. Its methods may be called from any goroutine.
type Model struct {
	kind          string // "IntSlider"
	front         *front
	ctx           context.Context
	comm          *comm.Comm // nil without a front end
	layout, style *Model     // nil where there is none

	mu     sync.Mutex     // held while something is sent, so that messages tell the traits' history in its order
	traits map[string]any // as they are marshalled; []byte is a buffer
	take   map[string]taker
	heard  []func() // callbacks of a change
	custom func(event string)
	sent   time.Time // the last value of those that come often
	stale  bool      // a timer will send the newest
}

// taker checks a trait's value that came from the front end. It is called under the model's lock.
type taker func(raw json.RawMessage) (v any, ok bool)

// The protocol that is spoken.
const (
	target          = "jupyter.widget"
	protocolVersion = "2.1.0"
	viewType        = "application/vnd.jupyter.widget-view+json"
	reference       = "IPY_MODEL_" // before the id of a model that a trait refers to
)

// open makes a model with its layout and style, and tells the front end. Traits are those of the kind's own.
func open(ctx context.Context, kind string, traits map[string]any) *Model {
	m := &Model{kind: kind, front: frontOf(ctx), ctx: ctx, traits: defaults(kind)}
	maps.Copy(m.traits, traits)
	if _, ok := m.traits["layout"]; ok {
		m.layout = open(ctx, "Layout", nil)
		m.layout.listen(nil)
		m.traits["layout"] = refer(m.layout)
	}
	if s := styles[kind]; s != "" {
		m.style = open(ctx, s, nil)
		m.style.listen(nil)
		m.traits["style"] = refer(m.style)
	}
	return m.connect()
}

// connect opens the comm. What the front end sends is heard once the constructor has said what it takes.
func (m *Model) connect() *Model {
	state, paths, buffers := split(m.traits)
	c, err := comm.Open(m.ctx, target, stateMessage{State: state, Paths: paths}, buffers, comm.Metadata(map[string]string{"version": protocolVersion}))
	if err != nil { // nobody is there
		return m
	}
	m.comm = c
	m.front.add(c.ID(), m)
	return m
}

// listen begins to hear the front end.
func (m *Model) listen(take map[string]taker) {
	m.take = take
	if m.comm != nil {
		m.comm.OnClose(func(context.Context, comm.Msg) { m.front.remove(m.comm.ID()) })
		m.comm.OnMsg(m.ctx, m.receive)
	}
}

// current is the context of what runs now.
func (m *Model) current() context.Context { return comm.Current(m.ctx) }

func (m *Model) base() *Model { return m }

// ID is the id of the widget's model, empty without a front end.
func (m *Model) ID() string {
	if m.comm == nil {
		return ""
	}
	return m.comm.ID()
}

// Bundle shows the widget.
func (m *Model) Bundle() display.Bundle {
	b := display.Text(m.String())
	if m.comm != nil {
		b.Data[viewType] = map[string]any{"version_major": 2, "version_minor": 0, "model_id": m.comm.ID()}
	}
	return b
}

// String is the widget as text: its kind, its label and its value.
func (m *Model) String() string {
	var s strings.Builder
	s.WriteString(m.kind)
	if label, _ := m.get("description").(string); label != "" {
		fmt.Fprintf(&s, " %q", label)
	}
	for _, name := range []string{"value", "index"} {
		switch v := m.get(name).(type) {
		case nil, []byte:
		default:
			fmt.Fprintf(&s, " %v", v)
		}
	}
	return s.String()
}

// Close takes the widget out of the front end. Without one it does nothing.
func (m *Model) Close() {
	if m.comm == nil {
		return
	}
	m.front.remove(m.comm.ID())
	_ = m.comm.Close(m.current(), nil) // whoever could be told is gone
	for _, part := range []*Model{m.layout, m.style} {
		if part != nil {
			part.Close()
		}
	}
}

// Put sets a trait by its name in ipywidgets' model: s.Put("step", 5), b.Put("button_style", "danger"), t.Put("disabled", true). The error says
// that the widget has no such trait, or that v is not JSON.
func (m *Model) Put(trait string, v any) error {
	if _, ok := m.traitNames()[trait]; !ok || trait[0] == '_' {
		return fmt.Errorf("widget: a %s has no %q", m.kind, trait)
	}
	return m.put(trait, v)
}

// Layout sets a property of the widget's layout, named and valued as in CSS with underscores: w.Layout("width", "50%"),
// w.Layout("grid_template_columns", "1fr 1fr").
func (m *Model) Layout(property, value string) error { return m.layout.put(property, value) }

// Style sets a property of the widget's style: s.Style("handle_color", "red"), s.Style("description_width", "12em"). The error says that the
// widget has no style.
func (m *Model) Style(property string, v any) error {
	if m.style == nil {
		return fmt.Errorf("widget: a %s has no style", m.kind)
	}
	return m.style.put(property, v)
}

func (m *Model) put(trait string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("widget: setting %s of a %s: %w", trait, m.kind, err)
	}
	if take := m.take[trait]; take != nil {
		m.mu.Lock()
		taken, ok := take(raw)
		m.mu.Unlock()
		if v = taken; !ok {
			return fmt.Errorf("widget: %s of a %s cannot be %.40s", trait, m.kind, raw)
		}
	}
	m.set(trait, v)
	return nil
}

func (m *Model) traitNames() map[string]any {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := map[string]any{}
	for name := range m.traits {
		names[name] = nil
	}
	return names
}

func (m *Model) get(trait string) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.traits[trait]
}

// set changes a trait and tells the front end.
func (m *Model) set(trait string, v any) {
	ctx := m.current()
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.traits[trait]; ok && reflect.DeepEqual(old, v) {
		return
	}
	m.traits[trait] = v
	m.send(ctx, "update", map[string]any{trait: v})
}

// often is how long a front end gets no second value of a progress bar.
const often = 50 * time.Millisecond

// setOften is set for values that may come faster than anybody can look: the front end gets the newest every now and then, and the last, and a
// value that may not wait at once.
func (m *Model) setOften(trait string, v any, now bool) {
	ctx := m.current()
	m.mu.Lock()
	defer m.mu.Unlock()
	if reflect.DeepEqual(m.traits[trait], v) {
		return
	}
	m.traits[trait] = v
	since := time.Since(m.sent)
	if now || since >= often {
		m.sent, m.stale = time.Now(), false
		m.send(ctx, "update", map[string]any{trait: v})
		return
	}
	if m.stale {
		return
	}
	m.stale = true
	time.AfterFunc(often-since, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.stale {
			m.sent, m.stale = time.Now(), false
			m.send(ctx, "update", map[string]any{trait: m.traits[trait]})
		}
	})
}
