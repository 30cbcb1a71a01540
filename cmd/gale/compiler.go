package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

// remotePackages are the packages that run functions elsewhere.
func remotePackages() []string { return []string{"github.com/galeproject/gale/client"} }

// session is a notebook's compile session. The tool chain gets ready beside everything else, so that a kernel answers at once; who needs it
// waits for it.
type session struct {
	id    string
	log   *slog.Logger
	ready chan struct{}
	need  chan struct{} // holds a token when somebody waits
	child child         // where its modules run; set before the kernel serves

	mu   sync.Mutex // guards s, which a reset replaces
	s    *compile.Session
	t    *compile.Toolchain
	err  error
	sets int // resets, for the ids of sessions

	changes atomic.Int64                                                      // of what the session knows
	input   atomic.Pointer[func(context.Context, wire.Input) (string, error)] // asks the front end; nil before there is a kernel
}

// headStart is how long the tool chain lets the kernel go ahead: getting ready keeps every core busy for some 0.2 s, and a front end that
// has just started a kernel waits for its first answer.
const headStart = 60 * time.Millisecond

// newSession begins to get ready, after the head start or when it is first needed.
func newSession(ctx context.Context, id string, log *slog.Logger) *session {
	s := &session{id: id, log: log, ready: make(chan struct{}), need: make(chan struct{}, 1)}
	go func() {
		defer close(s.ready)
		select {
		case <-time.After(headStart):
		case <-s.need:
		}
		t, err := toolchain(ctx, log)
		if err == nil && t.Mode() == compile.None {
			err = errors.New(t.Reason())
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.t, s.err = t, err; err == nil {
			s.s = compile.NewSession(t, id)
		}
		debug.FreeOSMemory() // getting ready takes more than what is kept
	}()
	return s
}

// get waits for the session.
func (s *session) get(ctx context.Context) (*compile.Session, error) {
	select {
	case s.need <- struct{}{}:
	default:
	}
	select {
	case <-s.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.s, s.err
}

// Compile checks and compiles a cell.
func (s *session) Compile(ctx context.Context, scope module.Scope, source string, number int) (kernel.Compiled, error) {
	c, err := s.get(ctx)
	if err != nil {
		return kernel.Compiled{}, err
	}
	out, err := c.Compile(ctx, scope, compile.Cell{Source: source, Number: number})
	var ds compile.Diagnostics
	if errors.As(err, &ds) && len(ds) > 0 {
		e := &kernel.CompileError{}
		for _, d := range ds {
			e.Diagnostics = append(e.Diagnostics, kernel.Diagnostic{Cell: d.Cell, Line: d.Line, Column: d.Column, Message: d.Text, Source: d.Source})
		}
		return kernel.Compiled{}, e
	}
	if err != nil {
		return kernel.Compiled{}, err
	}
	return kernel.Compiled{Module: out.Module, Handle: out}, nil
}

// Commit makes the session know what a cell declares.
func (s *session) Commit(c kernel.Compiled) {
	if h, ok := c.Handle.(*compile.Compiled); ok && h != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.s.Commit(h)
		s.changes.Add(1)
	}
}

// Version changes with what the session knows.
func (s *session) Version() int { return int(s.changes.Load()) }

// Status says whether a text can be run as it is.
func (s *session) Status(source string) kernel.Completeness {
	st := compile.StatusOf(source)
	return kernel.Completeness{State: kernel.State(st.State), Indent: st.Indent}
}

// Reset forgets every declaration: a new session begins, under another id.
func (s *session) Reset() error {
	if _, err := s.get(context.Background()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sets++
	s.changes.Add(1)
	s.s = compile.NewSession(s.t, fmt.Sprintf("%sr%d", s.id, s.sets))
	return nil
}

// close removes temporary files.
func (s *session) close() {
	select {
	case <-s.ready:
		if s.t != nil {
			_ = s.t.Close() // the process ends
		}
	default:
	}
}

// answer answers what the child asks: what a cell there cannot do itself.
func (s *session) answer(ctx context.Context, local *localCluster, kind string, content json.RawMessage) (any, [][]byte, error) {
	switch kind {
	case "cluster":
		file, err := local.file(ctx)
		return map[string]string{"file": file}, nil, err
	case "declare":
		var d struct{ Scope, Name, Type string }
		if err := json.Unmarshal(content, &d); err != nil {
			return nil, nil, fmt.Errorf("declaration: %w", err)
		}
		c, err := s.get(ctx)
		if err != nil {
			return nil, nil, err
		}
		s.changes.Add(1)
		return nil, nil, c.Declare(module.Scope(d.Scope), d.Name, d.Type)
	case wire.AskInput:
		var q wire.Input
		if err := json.Unmarshal(content, &q); err != nil {
			return nil, nil, fmt.Errorf("question: %w", err)
		}
		ask := s.input.Load()
		if ask == nil {
			return nil, nil, kernel.ErrNoStdin
		}
		value, err := (*ask)(ctx, q)
		return wire.InputAnswer{Value: value}, nil, err
	case "compile":
		var q struct{ Scope, Source string }
		if err := json.Unmarshal(content, &q); err != nil {
			return nil, nil, fmt.Errorf("source: %w", err)
		}
		out, err := s.Compile(ctx, module.Scope(q.Scope), q.Source, 0)
		if err != nil {
			return nil, nil, err
		}
		s.Commit(out)
		if out.Module == nil {
			return nil, nil, nil
		}
		return nil, out.Module.Encode(), nil
	}
	return nil, nil, wire.NewFailure("Unknown", fmt.Sprintf("the kernel does not know the question %q", kind))
}
