//go:build !race

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
	"github.com/galeproject/gale/worker"
)

// cells runs cells as a kernel does, without front end and sockets of Jupyter.
type cells struct {
	t      *testing.T
	s      *compile.Session
	w      *worker.Worker
	mu     sync.Mutex
	number int
	answer func(ctx context.Context, kind string, content json.RawMessage) (any, error) // what the child asks
}

func newCells(t *testing.T) *cells {
	t.Helper()
	t.Setenv(asProgram, "1")
	tools, err := toolchain(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tools.Close() }) // temporary files only
	if tools.Mode() == compile.None {
		if os.Getenv("CI") != "" {
			t.Fatal(tools.Reason())
		}
		t.Skip(tools.Reason())
	}
	c := &cells{t: t, s: compile.NewSession(tools, "t"+strings.ReplaceAll(wire.NewID(), "-", ""))}
	c.w, err = worker.Start(t.Context(), worker.Options{
		Host: func(ctx context.Context, kind string, content json.RawMessage, _ [][]byte) (any, [][]byte, error) {
			if c.answer == nil {
				return nil, nil, fmt.Errorf("nobody answers %q", kind)
			}
			x, err := c.answer(ctx, kind, content)
			return x, nil, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.w.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// transcript is what a request gave out, and events that a test waits for.
type transcript struct {
	mu      sync.Mutex
	changed chan struct{}
	text    strings.Builder
}

func newTranscript() *transcript { return &transcript{changed: make(chan struct{})} }

func (o *transcript) emit(out wire.Output) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var c struct {
		Data json.RawMessage
	}
	_ = json.Unmarshal(out.Content, &c)
	switch out.MsgType {
	case "stream":
		s, err := out.Said()
		if err != nil {
			s.Text = err.Error()
		}
		o.text.WriteString(s.Text)
	case "execute_result", "display_data":
		fmt.Fprintf(&o.text, "[%s]", plainText(out.Content))
	default:
		fmt.Fprintf(&o.text, "[%s %s %s %q]", out.MsgType, c.Data, out.Metadata, out.Buffers)
	}
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *transcript) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// waitFor waits until a text has come.
func (o *transcript) waitFor(t *testing.T, text string) {
	t.Helper()
	for late := time.After(time.Minute); ; {
		o.mu.Lock()
		changed, ok := o.changed, strings.Contains(o.text.String(), text)
		o.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("no %q in %q", text, o.String())
		}
	}
}

// compile makes a cell's module; nil when there is nothing to run.
func (c *cells) compile(source string) *module.Module {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	out, err := c.s.Compile(c.t.Context(), module.Local, compile.Cell{Source: source, Number: c.number})
	if err != nil {
		c.t.Fatal(err)
	}
	c.s.Commit(out)
	return out.Module
}

// begin runs a cell; the reply comes when it has ended.
func (c *cells) begin(ctx context.Context, source string, run wire.Run) (*transcript, <-chan wire.Reply) {
	c.t.Helper()
	o, done := newTranscript(), make(chan wire.Reply, 1)
	m := c.compile(source)
	if m == nil {
		done <- wire.Reply{Status: "ok"}
		return o, done
	}
	go func() { done <- c.w.Run(ctx, m, run, o.emit) }()
	return o, done
}

// try runs a cell and gives its output, with its failure's name and text.
func (c *cells) try(source string) string {
	c.t.Helper()
	o, done := c.begin(c.t.Context(), source, wire.Run{})
	r := <-done
	if r.Failure != nil {
		return o.String() + "<" + r.Error() + ">"
	}
	return o.String()
}

// want runs a cell that gives exactly this.
func (c *cells) want(source, want string) {
	c.t.Helper()
	if got := c.try(source); got != want {
		c.t.Fatalf("%s\ngave %q, want %q", source, got, want)
	}
}

// ask sends a request beside the cells.
func (c *cells) ask(msgType string, content, into any, buffers ...[]byte) string {
	c.t.Helper()
	o := newTranscript()
	m, err := c.w.Request(c.t.Context(), msgType, content, buffers, o.emit)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := m.Content(into); err != nil {
		c.t.Fatal(err)
	}
	return o.String()
}
