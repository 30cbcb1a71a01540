package kernel

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/internal/store"
	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

// nobody compiles nothing, knows nothing and runs nothing.
type nobody struct{}

func (nobody) Compile(context.Context, module.Scope, string, int) (Compiled, error) {
	return Compiled{}, nil
}
func (nobody) Commit(Compiled)                      {}
func (nobody) Complete(s string, at int) Completion { return Completion{Start: at, End: len(s) + 7} }

func (nobody) Inspect(string, int, int) (display.Bundle, bool) { return display.Bundle{}, false }

func (nobody) Status(string) Completeness                                  { return Completeness{State: Incomplete} }
func (nobody) Interrupt()                                                  {}
func (nobody) Restart(context.Context) error                               { return nil }
func (nobody) Close() error                                                { return nil }
func (nobody) Append(int, string)                                          {}
func (nobody) SetOutput(int, string)                                       {}
func (nobody) Tail(context.Context, int) ([]store.Entry, error)            { return nil, nil }
func (nobody) Range(context.Context, int, int, int) ([]store.Entry, error) { return nil, nil }
func (nobody) Search(context.Context, string, bool, int) ([]store.Entry, error) {
	return nil, nil
}

func (nobody) Run(context.Context, *module.Module, wire.Run, func(wire.Output)) wire.Reply {
	return wire.Reply{Status: "ok"}
}

func (nobody) Request(context.Context, string, any, [][]byte, func(wire.Output)) (*wire.Message, error) {
	return &wire.Message{}, nil
}

// newDeaf makes a kernel without sockets.
func newDeaf(tb testing.TB) *Kernel {
	tb.Helper()
	k, err := newKernel(Options{Connection: &wire.KernelFile{}, Compiler: nobody{}, Evaluator: nobody{}, History: nobody{}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(k.stop)
	k.control, k.shell = new(zmtp.Socket), new(zmtp.Socket)
	k.pub = newPublisher(&paper{}, k.session, k.log)
	return k
}

// FuzzContent: no content of any request is answered by a panic or by something that is no JSON.
func FuzzContent(f *testing.F) {
	types := []string{
		"kernel_info_request", "complete_request", "inspect_request", "is_complete_request", "history_request", "comm_info_request", "connect_request",
		"interrupt_request", "shutdown_request", "execute_request", "comm_open", "comm_msg", "comm_close", "debug_request", "debug_request",
		"create_subshell_request", "create_subshell_request", "delete_subshell_request", "list_subshell_request", "usage_request",
	}
	for i := range types {
		f.Add(i, `{}`)
		f.Add(i, `{"code":"x.y","cursor_pos":-1,"detail_level":9}`)
		f.Add(i, `{"code":"%px\n?x\n//gale:%who\n%time","silent":true,"user_expressions":{"a":"1+","b":"2"},"store_history":false}`)
		f.Add(i, `{"hist_access_type":"range","session":-9,"start":-1,"stop":3,"n":-4,"comm_id":1,"restart":"x"}`)
		f.Add(i, `{"type":"request","seq":"x","command":"variables","arguments":{"variablesReference":-1}}`)
		f.Add(i, `{"command":"setBreakpoints","arguments":{"source":{"path":""},"breakpoints":[{"line":-1}]},"subshell_id":"?","target_name":"t"}`)
		f.Add(i, `[]`)
	}
	k := newDeaf(f)
	f.Fuzz(func(t *testing.T, which int, content string) {
		msgType := types[uint(which)%uint(len(types))]
		if msgType == "execute_request" {
			var c executeRequest
			if json.Unmarshal([]byte(content), &c) == nil {
				for _, p := range split(c.Code) {
					switch p.magic {
					case "!", "%%script", "%%bash", "%%sh", "%%writefile": // what is fuzzed is not to be run
						return
					}
				}
			}
		}
		m, err := k.session.New(msgType, nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		m.RawContent = json.RawMessage(content)
		r := &request{Message: m, via: k.shell, sub: k.main}
		if which&1 != 0 {
			r.via, r.sub = k.control, nil
		}
		if strings.HasPrefix(msgType, "comm_") && msgType != "comm_info_request" {
			k.commArrived(r)
			return
		}
		answer := k.handlerOf(r)(r)
		if a, ok := answer.(reply); ok {
			answer = a.content
		}
		if _, err := json.Marshal(answer); err != nil {
			t.Fatal(err)
		}
	})
}

func TestInterruptHitsACellThatWasJustTaken(t *testing.T) {
	k := newDeaf(t)
	m, err := k.session.New("execute_request", nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	k.main.queue.put(t.Context(), &request{Message: m})
	r, aborted, ok := k.main.queue.take(t.Context())
	if aborted || !ok {
		t.Fatal("not taken")
	}
	k.Interrupt()
	c := &cell{Kernel: k, sub: k.main, request: r}
	end := k.begin(c)
	if c.ctx.Err() == nil {
		t.Error("the interrupt was lost")
	}
	end()
	k.main.queue.put(t.Context(), &request{Message: m})
	r, _, _ = k.main.queue.take(t.Context())
	c = &cell{Kernel: k, sub: k.main, request: r}
	defer k.begin(c)()
	if c.ctx.Err() != nil {
		t.Error("the interrupt hit the next cell")
	}
}
