package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// wires is a Conn in memory. Replies and outputs can be awaited.
type wires struct {
	in      map[Channel]chan zmtp.Msg
	sent    chan [][]byte // on every channel but IOPub
	mu      sync.Mutex
	out     []string // published: topic and a text
	joined  int
	waiting int64
}

func newWires() *wires {
	w := &wires{in: map[Channel]chan zmtp.Msg{}, sent: make(chan [][]byte, 100), joined: -1}
	for c := Shell; c <= Heart; c++ {
		w.in[c] = make(chan zmtp.Msg, 100)
	}
	return w
}

func (w *wires) In(on Channel) <-chan zmtp.Msg { return w.in[on] }

func (w *wires) Join(id int) error {
	w.joined = id
	return nil
}

func (w *wires) Send(on Channel, _ *zmtp.Peer, frames [][]byte) error {
	if on != IOPub {
		w.sent <- frames
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	topic := string(frames[0])
	var c struct {
		State string `json:"execution_state"`
		Text  string
		Data  map[string]string
	}
	_ = json.Unmarshal(frames[6], &c)
	w.out = append(w.out, strings.TrimSpace(topic[strings.LastIndexByte(topic, '.')+1:]+" "+c.State+c.Text+c.Data["text/plain"]))
	return nil
}

func (w *wires) Waiting() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting
}

func (w *wires) Close(time.Duration) error { return nil }

// lab is an engine at work on wires, and a client.
type lab struct {
	*testing.T
	w      *wires
	client *wire.Session
	space  *fakeSpace
	end    func() error
}

func newLab(t *testing.T, o Options) *lab {
	t.Helper()
	l := &lab{T: t, w: newWires(), client: wire.NewSession(wire.Options{ID: "client", Key: []byte("k")}), space: &fakeSpace{names: map[string]any{}}}
	o.Space, o.Names, o.Objects = l.space, l.space, l.space
	o.Conn, o.Session = l.w, wire.NewSession(wire.Options{ID: "uuid", Key: []byte("k")})
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	l.end = func() error {
		cancel()
		return <-done
	}
	l.w.in[Registrar] <- zmtp.Msg{Event: &zmtp.Event{Kind: zmtp.Connected}}
	l.w.in[IOPub] <- zmtp.Msg{Event: &zmtp.Event{Kind: zmtp.Subscribed}}
	<-l.w.sent // registration_request
	l.give(Registrar, "registration_reply", map[string]any{"status": "ok", "id": 1})
	return l
}

func (l *lab) give(on Channel, typ string, content any, bufs ...[]byte) {
	l.Helper()
	m, err := l.client.New(typ, nil, nil, content, bufs...)
	if err != nil {
		l.Fatal(err)
	}
	l.w.in[on] <- zmtp.Msg{From: &zmtp.Peer{}, Frames: l.client.Frames(m)}
}

// reply waits for the next message that the engine sends.
func (l *lab) reply() *wire.Message {
	l.Helper()
	m, err := l.client.Parse(<-l.w.sent)
	if err != nil {
		l.Fatal(err)
	}
	return m
}

// ask sends a request and gives the reply, with a text of what became of it.
func (l *lab) ask(typ string, content any, bufs ...[]byte) (*wire.Message, string) {
	l.Helper()
	l.give(Shell, typ, content, bufs...)
	m := l.reply()
	var r wire.Reply
	if err := m.Content(&r); err != nil {
		l.Fatal(err)
	}
	if r.Failure != nil && r.Name != "" {
		return m, r.Name + ": " + r.Value
	}
	return m, r.Status
}

func (l *lab) outputs() string {
	synctest.Wait()
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	s := strings.Join(l.w.out, "|")
	l.w.out = nil
	return s
}

// fakeSpace knows the functions square and wait, and runs modules by their cell's number.
type fakeSpace struct {
	names  map[string]any
	loaded []int
	kept   []string
}

func (s *fakeSpace) Load(m *module.Module) error {
	if m.Cell == 99 {
		return module.ErrHost
	}
	s.loaded = append(s.loaded, m.Gen)
	return nil
}

func (s *fakeSpace) Run(ctx context.Context, id module.ID, run wire.Run, show func(display.Bundle)) (*display.Bundle, *wire.Failure) {
	switch id.Gen {
	case 1:
		show(display.Text("shown"))
		b := display.Text("result")
		return &b, nil
	case 2:
		f := wire.NewFailure("Panic", "boom")
		return nil, &f
	case 3:
		<-ctx.Done()
		f := wire.NewFailure("KeyboardInterrupt", context.Cause(ctx).Error())
		return nil, &f
	case 4:
		panic("a fault of the space")
	case 5:
		_, _, err := Ask(ctx, "cluster", nil)
		f := wire.NewFailure("Error", fmt.Sprint(err))
		return nil, &f
	case 6: // as a client in user code that relays what its engines print
		Emit(ctx, wire.Output{MsgType: "stream", Content: []byte(`{"name":"stdout","text":"relayed"}`)})
		show(display.Text("shown"))
	}
	return nil, nil
}

func (s *fakeSpace) Keep(session string, v wire.VarRef, e value.Encoded) error {
	if v.Symbol == "" {
		return errors.New("no symbol")
	}
	s.kept = append(s.kept, session+"/"+v.Symbol)
	return nil
}

func (s *fakeSpace) Call(_ context.Context, c wire.Call, values []value.Encoded, owner string, _ func(display.Bundle)) (wire.CallReply, []value.Encoded) {
	switch c.Symbol {
	case "lacks":
		return wire.CallReply{Reply: wire.Reply{Lacks: &wire.Lacks{Modules: []wire.ModuleRef{c.Module}}}}, nil
	case "fails":
		f := wire.NewFailure("NotSet", "x is not set")
		return wire.CallReply{Reply: wire.Reply{Failure: &f}}, nil
	}
	return wire.CallReply{Items: []wire.ItemReply{{}}}, values
}

func (s *fakeSpace) Apply(ctx context.Context, place string, args []any, _ func(display.Bundle)) (any, *wire.Failure) {
	switch place {
	case "square":
		n, ok := args[0].(int)
		if !ok {
			return nil, &wire.Failure{Name: "Error", Value: fmt.Sprintf("argument 1 of square: a %T is no int", args[0])}
		}
		return n * n, nil
	case "sum":
		a, _ := args[0].([]float64)
		t := 0.0
		for _, x := range a {
			t += x
		}
		return t, nil
	}
	f := wire.NewFailure("NotSet", place+" is not set")
	return nil, &f
}

func (s *fakeSpace) Get(place string) (any, error) {
	if x, ok := s.names[place]; ok {
		return x, nil
	}
	return nil, errors.New("not set")
}

func (s *fakeSpace) Set(place string, x any) error {
	s.names[place] = x
	return nil
}

func (s *fakeSpace) Delete(names ...string) int {
	for _, n := range names {
		delete(s.names, n)
	}
	return len(names)
}

func (s *fakeSpace) Clear() { clear(s.names) }
func (s *fakeSpace) List() (out []wire.NameInfo) {
	for n := range s.names {
		out = append(out, wire.NameInfo{Name: n})
	}
	return out
}

func (s *fakeSpace) Do(o wire.Objects) []wire.ObjectInfo {
	return []wire.ObjectInfo{{Name: o.Name}}
}

func modul(gen int) [][]byte {
	return (&module.Module{ID: module.ID{Session: "s", Gen: gen}, Cell: gen, Image: []byte("x")}).Encode()
}

func packed(t *testing.T, xs ...any) [][]byte {
	t.Helper()
	var es []value.Encoded
	for _, x := range xs {
		e, err := value.Encode(value.Any(x), value.Options{})
		if err != nil {
			t.Fatal(err)
		}
		es = append(es, e)
	}
	return value.Pack(es)
}

func TestGoRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Options{})
		for _, c := range []struct {
			typ     string
			content any
			bufs    [][]byte
			want    string
			outputs string
		}{
			{wire.RunRequest, nil, modul(1), "ok", "status busy|displaypub shown|execute_result result|status idle"},
			{wire.RunRequest, wire.Run{Silent: true}, modul(1), "ok", "status busy|displaypub shown|status idle"},
			{wire.RunRequest, wire.Run{LoadOnly: true}, modul(1), "ok", "status busy|status idle"},
			{wire.RunRequest, nil, modul(2), "Panic: boom", "status busy|error|status idle"},
			{wire.RunRequest, nil, modul(4), "EngineError: the engine failed to serve this request; its log says more", "status busy|error|status idle"},
			{wire.RunRequest, nil, modul(5), "Error: engine: asking for cluster: this engine has no kernel to ask", "status busy|error|status idle"},
			{wire.RunRequest, nil, modul(6), "ok", "status busy|stream relayed|displaypub shown|status idle"},
			{wire.RunRequest, nil, modul(99), "LoadError: " + module.ErrHost.Error(), "status busy|error|status idle"},
			{wire.RunRequest, nil, nil, "BadRequest: module: decoding: 0 buffers, want 2", "status busy|error|status idle"},
			{wire.PrepareRequest, wire.Prepare{Modules: 1, Vars: []wire.VarRef{{Symbol: "a"}}}, append(modul(7), packed(t, 1)...), "ok", ""},
			{wire.PrepareRequest, wire.Prepare{Session: "q", Vars: []wire.VarRef{{Symbol: "b"}}}, packed(t, 1), "ok", ""},
			{wire.PrepareRequest, wire.Prepare{Modules: 1}, modul(7), "ok", ""},
			{wire.PrepareRequest, wire.Prepare{Modules: 2}, modul(7), "BadRequest: engine: 2 modules in 2 buffers", ""},
			{wire.PrepareRequest, wire.Prepare{Modules: -1}, modul(7), "BadRequest: engine: -1 modules in 2 buffers", ""},
			{wire.PrepareRequest, wire.Prepare{Vars: []wire.VarRef{{}, {}}}, packed(t, 1), "BadRequest: engine: 1 values for 2 variables", ""},
			{wire.PrepareRequest, wire.Prepare{Vars: []wire.VarRef{{}}}, packed(t, 1), "BadRequest: no symbol", ""},
			{wire.CallRequest, wire.Call{Symbol: "f", Captures: true, Items: []wire.Item{{Args: []wire.Arg{{}, {Ref: "x"}}}}}, packed(t, 1, 2), "ok", ""},
			{wire.CallRequest, wire.Call{Symbol: "f"}, packed(t, 1, 2), "BadRequest: engine: 2 values for a call that takes 0", ""},
			{wire.CallRequest, wire.Call{Symbol: "f", Captures: true}, nil, "BadRequest: engine: 0 values for a call that takes 1", ""},
			{wire.CallRequest, wire.Call{Symbol: "f"}, [][]byte{[]byte("x")}, "BadRequest: value: unpacking 1 buffers: malformed encoding: the first is no index", ""},
			{wire.CallRequest, wire.Call{Symbol: "fails"}, nil, "NotSet: x is not set", ""},
			{wire.CallRequest, wire.Call{Symbol: "lacks"}, nil, "ok", ""},
			{wire.NamesRequest, wire.Names{Set: []string{"x", "y"}, Get: []string{"y", "x"}, List: true}, packed(t, 1, []float64{2}), "ok", ""},
			{wire.NamesRequest, wire.Names{Get: []string{"none"}}, nil, "NameError: not set", ""},
			{wire.NamesRequest, wire.Names{Set: []string{"x"}}, packed(t, 1, 2), "BadRequest: engine: 2 values for 1 names", ""},
			{wire.ObjectsRequest, wire.Objects{Name: "n"}, nil, "ok", ""},
			{wire.ObjectsRequest, json.RawMessage(`{"list": 3}`), nil, "BadRequest: wire: decoding content: json: cannot unmarshal number into Go struct field Objects.list of type bool", ""},
			{"execute_request", map[string]any{"code": "1"}, nil, "CompileError: " + errNoCompiler.Error(), "status busy|execute_input|error|status idle"},
		} {
			_, got := l.ask(c.typ, c.content, c.bufs...)
			if out := l.outputs(); got != c.want || c.outputs != "" && out != c.outputs {
				t.Errorf("%s %+v: got %q and %s, want %q and %s", c.typ, c.content, got, out, c.want, c.outputs)
			}
		}
		if fmt.Sprint(l.space.kept) != "[s/a q/b]" {
			t.Error(l.space.kept)
		}
		m, _ := l.ask(wire.NamesRequest, wire.Names{Get: []string{"x", "y"}})
		values, err := value.Unpack(m.Buffers)
		if err != nil || len(values) != 2 {
			t.Fatal(err)
		}
		v, err := value.Decode(values[1], anyType, value.Options{})
		if err != nil || !reflect.DeepEqual(v.Elem().Interface(), []float64{2}) {
			t.Error(v, err)
		}
		if err := l.end(); err != nil {
			t.Error(err)
		}
	})
}

// oneModule is a compiler that makes module 1 of everything but "bad".
type oneModule struct{}

func (oneModule) Compile(_ context.Context, source string, number int) (*module.Module, error) {
	switch source {
	case "bad":
		return nil, wire.NewFailure("CompileError", fmt.Sprintf("cell[%d]:1:1: undefined: bad", number))
	case "type T int":
		return nil, nil
	}
	return module.Decode(modul(1))
}

func TestPythonRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Options{Compiler: oneModule{}})
		info := func(args int, keys ...string) []byte {
			list := make([]any, len(keys))
			for i, k := range keys {
				list[i] = k
			}
			b, err := pickled(map[string]any{"nargs": args, "narg_bufs": args, "kw_keys": list})
			if err != nil {
				t.Fatal(err)
			}
			return b[0]
		}
		put := func(xs ...any) (out [][]byte) {
			for _, x := range xs {
				if b, ok := x.([]byte); ok { // a pickle already
					out = append(out, b)
					continue
				}
				b, err := pickled(x)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, b...)
			}
			return out
		}
		big := make([]float64, 400)
		big[3] = 5
		util := func(name string) []byte { return canFunction("ipyparallel.util", name) }
		for _, c := range []struct {
			name string
			bufs [][]byte
			want any // of the result, or the failure's text
		}{
			{"push", put(util("_push"), info(0, "a", "l", "big"), 3, []any{1, "x"}, big), nil},
			{"pull one", put(util("_pull"), info(1), "a"), 3},
			{"pull several", put(util("_pull"), info(1), []any{"l", "a"}), []any{[]any{1, "x"}, 3}},
			{"pull an array", put(util("_pull"), info(1), "big"), big},
			{"pull arrays", put(util("_pull"), info(1), []any{"big", "big"}), []any{big, big}},
			{"pull what is not there", put(util("_pull"), info(1), "none"), "NameError: name 'none' is not defined (not set)"},
			{"call", put(canReference("square"), info(1), 7), 49},
			{"call with an array", put(canReference("sum"), info(1), big), 5.0},
			{"call with a reference", put(canReference("square"), info(1), canReference("a")), 9},
			{"call with a reference to nothing", put(canReference("square"), info(1), canReference("none")), "NameError: name 'none' is not defined (not set)"},
			{"call with keywords", put(canReference("square"), info(0, "k"), 7), "TypeError: argument 1 of square: a map[string]interface {} is no int (keyword arguments are the fields of a struct that a Go function takes as its last argument)"},
			{"call of nothing", put(canReference("cube"), info(1), 7), "NotSet: cube is not set"},
			{"map", put(canFunction("ipyparallel.client.remotefunction", "_map"), info(2), canReference("square"), []any{1, 2, 3}), []any{1, 4, 9}},
			{"map of 7.1", put(canFunction("ipyparallel.client.remotefunction", "<lambda>"), info(2), canReference("square"), []byte(pyRange)), []any{4, 9}},
			{
				"map of Python", put(canFunction("ipyparallel.client.remotefunction", "_map"), info(2), canFunction("__main__", "f"), []any{1}),
				"TypeError: Python function __main__.f cannot run on a Go engine: map needs a Reference to a Go function",
			},
			{"broadcast map", put(canFunction("ipyparallel.client.view", "_broadcast_map"), info(2), canReference("square"), "l2"), "NameError: name 'l2' is not defined (not set)"},
			{"execute", put(util("_execute"), info(1), "x := 1"), nil},
			{"execute what does not compile", put(util("_execute"), info(1), "bad"), "CompileError: cell[0]:1:1: undefined: bad"},
			{
				"Python", put(canFunction("__main__", "f"), info(0)),
				`TypeError: Python function __main__.f cannot run on a Go engine (call a Go function by its name: ipyparallel.Reference("Name"))`,
			},
			{"pickle choice", put(canFunction(canning, "use_cloudpickle"), info(0)), nil},
			{"sleep", put([]byte("\x80\x04ctime\nsleep\n."), info(1), 0.5), nil},
			{"sleep for ever", put([]byte("\x80\x04ctime\nsleep\n."), info(1), -1), "ValueError: sleep length must be non-negative"},
			{"rubbish", [][]byte{[]byte("rubbish")}, "TypeError: the function: engine: malformed pickle: 1 bytes wanted, 0 there"},
			{"nothing", nil, "TypeError: the function: engine: a Python object lacks its buffers"},
		} {
			m, got := l.ask("apply_request", nil, c.bufs...)
			if got != "ok" {
				if got != c.want {
					t.Errorf("%s: got %q, want %v", c.name, got, c.want)
				}
				continue
			}
			p := &payload{bufs: m.Buffers}
			if x, err := p.object(); err != nil || !reflect.DeepEqual(x, c.want) {
				t.Errorf("%s: got %#v, %v; want %#v", c.name, x, err, c.want)
			}
		}
		l.outputs()
		m, got := l.ask("execute_request", map[string]any{"code": "1"})
		if out := l.outputs(); got != "ok" || out != "status busy|execute_input|displaypub shown|execute_result result|status idle" || !strings.Contains(string(m.RawContent), `"execution_count":1`) {
			t.Errorf("%s %s %s", got, out, m.RawContent)
		}
		if _, got = l.ask("execute_request", map[string]any{"code": "type T int"}); got != "ok" {
			t.Error(got)
		}
		if _, got = l.ask("execute_request", map[string]any{"code": "bad"}); got != "CompileError: cell[3]:1:1: undefined: bad" {
			t.Error(got)
		}
		if err := l.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestInterruptWhileCodeRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Options{Left: func() int { return 2 }})
		l.give(Shell, wire.RunRequest, nil, modul(3)...)
		synctest.Wait()
		l.w.in[Heart] <- zmtp.Msg{}
		l.give(Control, "interrupt_request", nil)
		var c struct {
			Left int `json:"left_behind"`
		}
		if m := l.reply(); m.Header.MsgType != "interrupt_reply" || m.Content(&c) != nil || c.Left != 2 {
			t.Fatalf("%s %s", m.Header.MsgType, m.RawContent)
		}
		if m := l.reply(); m.Header.MsgType != "gale_run_reply" || !strings.Contains(string(m.RawContent), "context canceled") {
			t.Fatalf("%s", m.RawContent)
		}
		// a running task does not outlive its engine's patience
		l.give(Shell, wire.RunRequest, nil, modul(3)...)
		synctest.Wait()
		if err := l.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestRubbishIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Options{})
		l.w.in[Shell] <- zmtp.Msg{Frames: [][]byte{[]byte("no message")}}
		forged := wire.NewSession(wire.Options{Key: []byte("other")})
		m, err := forged.New(wire.RunRequest, nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		l.w.in[Control] <- zmtp.Msg{Frames: forged.Frames(m)}
		if _, got := l.ask(wire.ObjectsRequest, nil); got != "ok" {
			t.Fatal(got)
		}
		if err := l.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestCongestedOutputStopsUserCodeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Options{})
		synctest.Wait()
		l.w.mu.Lock()
		l.w.waiting = congested + 1
		l.w.mu.Unlock()
		l.give(Shell, wire.RunRequest, nil, modul(1)...) // shows something
		time.Sleep(time.Second)
		if len(l.w.sent) != 0 {
			t.Fatal("the task ended although its output was not taken")
		}
		l.give(Control, "interrupt_request", map[string]any{"msg_ids": []string{}})
		if m := l.reply(); m.Header.MsgType != "interrupt_reply" {
			t.Fatal(m.Header.MsgType)
		}
		l.w.mu.Lock()
		l.w.waiting = 0
		l.w.mu.Unlock()
		if m := l.reply(); m.Header.MsgType != "gale_run_reply" {
			t.Fatal(m.Header.MsgType)
		}
		if err := l.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestOptions(t *testing.T) {
	s := &fakeSpace{}
	for _, o := range []Options{{}, {Space: s, Names: s, Objects: s}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
	if _, _, err := Ask(t.Context(), "x", nil); err == nil {
		t.Error("a question outside of a request was asked")
	}
	Emit(t.Context(), wire.Output{}) // goes nowhere
}
