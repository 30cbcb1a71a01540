package kernel_test

import (
	"context"
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/kernel/kerneltest"
	"github.com/galeproject/gale/kernel/kerneltest/toy"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

func TestTakenPortIsAnError(t *testing.T) {
	o := options(t, "tcp")
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", strings.TrimPrefix(o.Connection.Endpoint(o.Connection.IOPub), "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if _, err := kernel.New(o); err == nil || !strings.Contains(err.Error(), "iopub") {
		t.Errorf("%v", err)
	}
}

func TestRestartOnTheSamePorts(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		o := options(t, transport)
		for range 20 {
			k, err := kernel.New(o)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- k.Serve(t.Context()) }()
			k.Shutdown()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if left, err := filepath.Glob(o.Connection.IP + "-*"); transport == "ipc" && (err != nil || len(left) > 0) {
				t.Fatalf("left behind: %v %v", left, err)
			}
		}
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	o := options(t, "ipc")
	e := toy.NewEvaluator()
	o.Evaluator = e
	k, err := kernel.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.Serve(ctx); err != nil {
		t.Error(err)
	}
	if _, _, closes := e.Count(); closes != 1 {
		t.Errorf("evaluator closed %d times", closes)
	}
}

func TestMissingParts(t *testing.T) {
	if _, err := kernel.New(kernel.Options{}); err == nil {
		t.Error("a kernel of nothing")
	}
}

// keeper is an evaluator that keeps the emit of the last run.
type keeper struct {
	*toy.Evaluator
	emit func(wire.Output)
}

func (e *keeper) Run(_ context.Context, _ *module.Module, _ wire.Run, emit func(wire.Output)) wire.Reply {
	e.emit = emit
	return wire.Reply{Status: "ok"}
}

func TestLaterOutputBelongsToItsCell(t *testing.T) {
	o := options(t, "ipc")
	e := &keeper{Evaluator: toy.NewEvaluator()}
	o.Evaluator = e
	serve(t, o)
	c := kerneltest.Dial(t, o.Connection)
	r := c.Execute("1", nil)
	for _, bad := range []wire.Output{{MsgType: "stream", Content: []byte("[")}, {MsgType: "nonsense"}, {MsgType: "display_data", Content: []byte("1")}, {MsgType: "error"}} {
		e.emit(bad)
	}
	content, err := json.Marshal(map[string]string{"name": "stdout", "text": "later\n"})
	if err != nil {
		t.Fatal(err)
	}
	e.emit(wire.Output{MsgType: "stream", Content: content})
	c.Heard("late output", func(m *wire.Message) bool {
		p, err := m.Parent()
		return m.Header.MsgType == "stream" && err == nil && p.MsgID == r.ID
	})
	if types := c.Wait(r.ID).Types(); types != "execute_input stream" {
		t.Errorf("%s", types)
	}
}

func TestSecondInterruptReachesTheEvaluator(t *testing.T) {
	o := options(t, "ipc")
	e := toy.NewEvaluator()
	o.Evaluator = e
	k := serve(t, o)
	c := kerneltest.Dial(t, o.Connection)
	id := c.Cell("fmt.Println(1)\nfor {\n}", nil)
	c.Heard("a running cell", func(m *wire.Message) bool { return m.Header.MsgType == "stream" })
	k.Interrupt()
	c.Wait(id)
	if n, _, _ := e.Count(); n != 0 {
		t.Errorf("the first interrupt went on")
	}
	k.Interrupt()
	if n, _, _ := e.Count(); n != 1 {
		t.Errorf("the evaluator heard %d interrupts, want 1", n)
	}
}

// asker is an evaluator whose cells ask for input and print the answer.
type asker struct {
	*toy.Evaluator
	kernel func() *kernel.Kernel
}

func (a *asker) Run(ctx context.Context, _ *module.Module, _ wire.Run, emit func(wire.Output)) wire.Reply {
	text, err := a.kernel().Input(ctx, wire.Input{Prompt: "name? "})
	if ctx.Err() != nil {
		f := wire.NewFailure("KeyboardInterrupt", "interrupted")
		return wire.Reply{Status: "error", Failure: &f}
	}
	if err != nil {
		text = err.Error()
	}
	content, err := json.Marshal(map[string]string{"name": "stdout", "text": text})
	if err != nil {
		panic(err)
	}
	emit(wire.Output{MsgType: "stream", Content: content})
	return wire.Reply{Status: "ok"}
}

func TestInput(t *testing.T) {
	o := options(t, "ipc")
	var k *kernel.Kernel
	o.Compiler = &toy.Compiler{}
	e := &asker{Evaluator: toy.NewEvaluator(), kernel: func() *kernel.Kernel { return k }}
	o.Evaluator = e
	k = serve(t, o)
	c := kerneltest.Dial(t, o.Connection)
	if r := c.Execute("1", nil); !strings.Contains(r.Text("stdout"), kernel.ErrNoStdin.Error()) {
		t.Errorf("without stdin: %q", r.Text("stdout"))
	}
	id := c.Cell("1", kerneltest.Request{"allow_stdin": true})
	ask := c.Asked(id)
	if got := kerneltest.Content(ask); got["prompt"] != "name? " || got["password"] != false {
		t.Errorf("%v", got)
	}
	c.Send(kerneltest.Stdin, "input_reply", map[string]string{"value": "gale"})
	if r := c.Wait(id); r.Text("stdout") != "gale" {
		t.Errorf("%q", r.Text("stdout"))
	}
	id = c.Cell("1", kerneltest.Request{"allow_stdin": true})
	c.Asked(id)
	k.Interrupt()
	if r := c.Wait(id); r.Reply["ename"] != "KeyboardInterrupt" {
		t.Errorf("%v", r.Reply)
	}
}
