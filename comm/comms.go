package comm

import (
	"context"
	"fmt"
	"sync"

	"github.com/galeproject/gale/wire"
)

// Comms are the open comms of a process, and the targets that front ends may open. The zero value is ready.
type Comms struct {
	mu      sync.Mutex
	open    map[string]*Comm
	targets map[string]func(ctx context.Context, c *Comm, m Msg)
	kept    map[any]any
}

// Handle makes target one that front ends may open; f gets each new comm with what came with it, and gives it handlers. A nil f ends that.
func Handle(ctx context.Context, target string, f func(ctx context.Context, c *Comm, m Msg)) error {
	h, err := hostOf(ctx)
	if err != nil {
		return err
	}
	s := h.Comms()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.targets == nil {
		s.targets = map[string]func(context.Context, *Comm, Msg){}
	}
	if f == nil {
		delete(s.targets, target)
		return nil
	}
	s.targets[target] = f
	return nil
}

// Find gives an open comm by its id, nil if there is none.
func Find(ctx context.Context, id string) *Comm {
	h, err := hostOf(ctx)
	if err != nil {
		return nil
	}
	return h.Comms().find(id)
}

func (s *Comms) keep(key any, fresh func() any) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.kept[key]; !ok {
		if s.kept == nil {
			s.kept = map[any]any{}
		}
		s.kept[key] = fresh()
	}
	return s.kept[key]
}

func (s *Comms) find(id string) *Comm {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[id]
}

func (s *Comms) add(c *Comm) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]*Comm{}
	}
	if s.open[c.id] != nil {
		return false
	}
	s.open[c.id] = c
	return true
}

func (s *Comms) remove(c *Comm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[c.id] == c {
		delete(s.open, c.id)
	}
}

// Receive gives what is to be done about a message of a front end: user code, which the caller runs under a ctx with h, or nil for nothing.
// The error is a wire.Failure that refuses a comm_open; messages of comms that are not open are nothing.
func (s *Comms) Receive(h Host, msgType string, c wire.Comm, buffers [][]byte) (func(ctx context.Context), error) {
	m := Msg{Data: c.Data, Metadata: c.Metadata, Buffers: buffers}
	if msgType == wire.CommOpen {
		return s.opened(h, c, m)
	}
	known := s.find(c.ID)
	if known == nil {
		return nil, nil
	}
	if msgType == wire.CommClose {
		known.shut()
		known.mu.Lock()
		f := known.onClose
		known.mu.Unlock()
		if f == nil {
			return nil, nil
		}
		return func(ctx context.Context) { f(ctx, m) }, nil
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	f := known.onMsg
	if f == nil {
		if len(known.early) < maxEarly {
			known.early = append(known.early, m)
		}
		return nil, nil
	}
	return func(ctx context.Context) { f(ctx, m) }, nil
}

func (s *Comms) opened(h Host, c wire.Comm, m Msg) (func(ctx context.Context), error) {
	s.mu.Lock()
	f := s.targets[c.Target]
	s.mu.Unlock()
	if f == nil {
		return nil, wire.NewFailure(wire.NoCommTarget, fmt.Sprintf("nobody takes comms for %q", c.Target))
	}
	fresh := &Comm{id: c.ID, target: c.Target, host: h}
	if !s.add(fresh) {
		return nil, wire.NewFailure("CommError", fmt.Sprintf("the comm %s is open already", c.ID))
	}
	return func(ctx context.Context) {
		done := false
		defer func() {
			if !done { // a panic: the comm was never taken
				fresh.shut()
			}
		}()
		f(ctx, fresh, m)
		done = true
	}, nil
}
