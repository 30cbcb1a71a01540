package kerneltest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/galeproject/gale/wire"
)

// promises are functions that hold for every kernel, by name.
type promises map[string]func(*testing.T, Start)

func always() promises {
	return promises{
		"Info": Info, "Header": Header, "Welcome": Welcome, "OrderOfCell": OrderOfCell, "EveryRequestIsFramed": EveryRequestIsFramed, "Count": Count,
		"Silent": Silent, "OnlyCode": OnlyCode, "Abort": Abort, "NoAbort": NoAbort, "OneError": OneError, "CompileError": CompileError,
		"StreamsAreMerged": StreamsAreMerged, "StreamOrder": StreamOrder, "SlowReader": SlowReader, "Completion": Completion, "CompletionCountsCodePoints": CompletionCountsCodePoints,
		"Inspection": Inspection, "IsComplete": IsComplete, "History": History, "UserExpressions": UserExpressions, "Pager": Pager,
		"Interrupt": Interrupt, "InterruptIdle": InterruptIdle, "ControlBeside": ControlBeside, "Heartbeat": Heartbeat,
		"Unknown": Unknown, "Garbage": Garbage, "WrongTypes": WrongTypes, "TwoFrontEnds": TwoFrontEnds, "Magics": Magics, "Lines": Lines,
		"Shutdown": Shutdown, "ShutdownBusy": ShutdownBusy, "Subshells": Subshells, "SubshellUnknown": SubshellUnknown,
		"SubshellCount": SubshellCount, "SubshellHistory": SubshellHistory, "SubshellAbort": SubshellAbort, "SubshellSilent": SubshellSilent, "ShutdownWithSubshells": ShutdownWithSubshells,
		"Debugger": Debugger, "DumpCell": DumpCell, "Usage": Usage, "SilentIdle": SilentIdle, "ReplyChannel": ReplyChannel, "Features": Features,
	}
}

func beside() promises {
	return promises{
		"Comms": Comms, "SubshellBeside": SubshellBeside, "InterruptAll": InterruptAll, "DeleteFinishes": DeleteFinishes, "Variables": Variables,
		"VariablesBeside": VariablesBeside,
	}
}

// alone says which promises want a kernel of their own: they end it, or count from its beginning.
func alone(name string) bool {
	switch name {
	case "Welcome", "Count", "Abort", "CompileError", "History", "Shutdown", "ShutdownBusy", "ShutdownWithSubshells", "SubshellHistory", "Variables", "SilentIdle", "Usage", "VariablesBeside":
		return true
	}
	return false
}

// All runs every promise against a kernel of its own.
func All(t *testing.T, start Start) {
	t.Helper()
	always().each(t, start)
}

// Beside runs the promises about what happens while a cell runs and that ask the namespace.
func Beside(t *testing.T, start Start) {
	t.Helper()
	beside().each(t, start)
}

// Whole runs every promise against a kernel that compiles Go: one kernel for all of them but those that want one of their own.
func Whole(t *testing.T, start Start) {
	t.Helper()
	f := start(t)
	shared := func(*testing.T) *wire.KernelFile { return f }
	for _, all := range []promises{always(), beside(), compiled()} {
		for _, name := range slices.Sorted(maps.Keys(all)) { // one order: what one leaves behind, the next always finds
			promise := all[name]
			t.Run(name, func(t *testing.T) {
				if alone(name) {
					promise(t, start)
				} else {
					promise(t, shared)
				}
			})
		}
	}
}

func (p promises) each(t *testing.T, start Start) {
	t.Helper()
	for name, promise := range p {
		t.Run(name, func(t *testing.T) { promise(t, start) })
	}
}

func mustBeOK(t *testing.T, r Result) Result {
	t.Helper()
	if r.Status() != "ok" {
		t.Fatalf("status %s: %v", r.Status(), r.Reply)
	}
	return r
}

// Info promises: kernel_info_request is answered on shell and on control.
func Info(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	for _, on := range []Channel{Shell, Control} {
		info := c.ask(on, "kernel_info_request", nil)
		lang, _ := info["language_info"].(map[string]any)
		if info["status"] != "ok" || info["protocol_version"] != "5.5" || info["implementation"] != "gale" || lang["name"] != "go" || lang["file_extension"] != ".go" {
			t.Errorf("info %v", info)
		}
	}
}

// Header promises: the session is the kernel's own, the parent header comes back as it was, replies name 5.5.
func Header(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	m, err := c.Session.New("kernel_info_request", nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	m.RawHeader = []byte(strings.Replace(string(m.RawHeader), "{", `{ "unknown" : {"field":[1.50]},`, 1))
	c.Raw(Shell, c.Session.Frames(m)...)
	reply := c.Reply(Shell, m.Header.MsgID)
	if string(reply.RawParent) != string(m.RawHeader) {
		t.Errorf("parent header\n%s, sent\n%s", reply.RawParent, m.RawHeader)
	}
	for _, got := range append(c.Idle(m.Header.MsgID), reply) {
		if h := got.Header; h.Session == c.Session.ID() || h.Session == "" || h.Version != "5.5" || h.MsgID == "" || !strings.HasSuffix(h.Date, "Z") {
			t.Errorf("header %+v", h)
		}
		if string(got.RawParent) != string(m.RawHeader) {
			t.Errorf("parent header of %s: %s", got.Header.MsgType, got.RawParent)
		}
	}
}

// Welcome promises: iopub_welcome is the first message of every subscription, then starting is said, once.
func Welcome(t *testing.T, start Start) {
	t.Helper()
	f := start(t)
	one := connect(t, f, "")
	one.Heard("starting", func(m *wire.Message) bool { return state(m) == "starting" })
	two := connect(t, f, "")
	two.Heard("welcome", func(m *wire.Message) bool { return m.Header.MsgType == "iopub_welcome" })
	id := two.Send(Shell, "kernel_info_request", nil)
	two.Idle(id)
	for _, c := range []*Client{one, two} {
		c.mu.Lock()
		first := c.heard[0]
		c.mu.Unlock()
		if first.Header.MsgType != "iopub_welcome" || string(first.RawContent) != `{"subscription":""}` || string(first.RawParent) != "{}" {
			t.Errorf("first message %s %s", first.Header.MsgType, first.RawContent)
		}
	}
	if n := strings.Count(one.Transcript(), "starting") + strings.Count(two.Transcript(), "starting"); n != 1 {
		t.Errorf("starting was said %d times", n)
	}
}

// OrderOfCell promises: busy, execute_input, output as it came, execute_result, idle.
func OrderOfCell(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	code := "fmt.Print(\"abc\")\nshow(1)\nfmt.Println(\"def\")\n6*7"
	r := mustBeOK(t, c.Execute(code, nil))
	all := c.Of(r.ID)
	if state(all[0]) != "busy" || state(all[len(all)-1]) != "idle" {
		t.Errorf("not framed:\n%s", c.Transcript())
	}
	if got, want := r.Types(), "execute_input stream display_data stream execute_result"; got != want {
		t.Errorf("types %q, want %q", got, want)
	}
	if r.Value() != "42" || r.Text("stdout") != "abcdef\n" {
		t.Errorf("value %q, text %q", r.Value(), r.Text("stdout"))
	}
	if in := Content(r.Output[0]); in["code"] != code || in["execution_count"] != r.Reply["execution_count"] {
		t.Errorf("execute_input %v", in)
	}
	for _, m := range r.Output {
		if len(m.Routes) != 1 || !strings.Contains(string(m.Routes[0]), "."+m.Header.MsgType) {
			t.Errorf("topic %q of %s", m.Routes, m.Header.MsgType)
		}
	}
}

// EveryRequestIsFramed promises: each request has busy and idle with itself as parent, on shell and control, answered or not.
func EveryRequestIsFramed(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	for _, on := range []Channel{Shell, Control} {
		for _, msgType := range []string{"kernel_info_request", "comm_info_request", "history_request", "connect_request", "is_complete_request", "complete_request", "inspect_request", "nonsense_request"} {
			id := c.Send(on, msgType, map[string]any{"code": ""})
			all := c.Idle(id)
			if len(all) != 2 || state(all[0]) != "busy" {
				t.Errorf("%s: %d messages", msgType, len(all))
			}
			if msgType != "nonsense_request" {
				if reply := Content(c.Reply(on, id)); reply["status"] != "ok" && msgType != "is_complete_request" {
					t.Errorf("%s: %v", msgType, reply)
				}
			}
		}
	}
}

// Count promises: the count grows with cells that are stored, and only with them; input, result and reply agree.
func Count(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	for _, step := range []struct {
		more Request
		code string
		want float64
	}{
		{nil, "1", 1},
		{Request{"silent": true}, "2", 1},
		{Request{"store_history": false}, "3", 1},
		{nil, `panic("4")`, 2},
		{nil, "", 3},
		{nil, "5", 4},
	} {
		r := c.Execute(step.code, step.more)
		if r.Reply["execution_count"] != step.want {
			t.Errorf("%s %v: count %v, want %v", step.code, step.more, r.Reply["execution_count"], step.want)
		}
		for _, m := range r.Output {
			if n, ok := Content(m)["execution_count"]; ok && n != step.want {
				t.Errorf("%s: count %v in %s", step.code, n, m.Header.MsgType)
			}
		}
	}
}

// Silent promises: nothing on iopub but status; the code runs; an error is in the reply and aborts nothing.
func Silent(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	r := c.Execute("fmt.Println(\"hi\")\nshow(1)\nx := 41\nx", Request{"silent": true})
	if r.Status() != "ok" || len(r.Output) != 0 {
		t.Errorf("%v, output %s", r.Reply, r.Types())
	}
	one, two := c.Cell(`panic("boom")`, Request{"silent": true}), c.Cell("x + 1", nil)
	if r := c.Wait(one); r.Status() != "error" || r.Reply["ename"] != "Panic" || len(r.Output) != 0 {
		t.Errorf("%v, output %s", r.Reply, r.Types())
	}
	if r := c.Wait(two); r.Value() != "42" {
		t.Errorf("after it: %v", r.Reply)
	}
}

// OnlyCode promises: an execute_request with only its code works, and one without.
func OnlyCode(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	if r := c.Wait(c.Send(Shell, "execute_request", map[string]any{"code": "1+2+3"})); r.Value() != "6" {
		t.Errorf("%v", r.Reply)
	}
	r := mustBeOK(t, c.Wait(c.Send(Shell, "execute_request", map[string]any{})))
	if payload, ok := r.Reply["payload"].([]any); !ok || len(payload) != 0 {
		t.Errorf("payload %v", r.Reply["payload"])
	}
	if expressions, ok := r.Reply["user_expressions"].(map[string]any); !ok || len(expressions) != 0 {
		t.Errorf("user_expressions %v", r.Reply["user_expressions"])
	}
}

// Abort promises: after an error, cells that were sent already are answered "aborted"; other requests and later cells are not.
func Abort(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	const n = 20
	bad := c.Cell("time.Sleep(500 * time.Millisecond)\npanic(\"boom\")", nil) // the others are here by then
	var ids []wire.MsgID
	for i := range n {
		ids = append(ids, c.Cell(fmt.Sprint(i), nil))
	}
	info := c.Send(Shell, "kernel_info_request", nil)
	if r := c.Wait(bad); r.Status() != "error" {
		t.Fatalf("%v", r.Reply)
	}
	for _, id := range ids {
		r := c.Wait(id)
		if r.Status() != "aborted" || r.Reply["execution_count"] != 1.0 || len(r.Output) != 0 {
			t.Fatalf("%v %s", r.Reply, r.Types())
		}
	}
	if r := Content(c.Reply(Shell, info)); r["status"] != "ok" {
		t.Errorf("%v", r)
	}
	if r := c.Execute("7", nil); r.Value() != "7" || r.Reply["execution_count"] != 2.0 {
		t.Errorf("the next cell: %v", r.Reply)
	}
}

// NoAbort promises: without stop_on_error the queue goes on.
func NoAbort(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	bad := c.Cell(`panic("boom")`, Request{"stop_on_error": false})
	next := c.Cell("7", nil)
	if r := c.Wait(bad); r.Status() != "error" {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Wait(next); r.Value() != "7" {
		t.Errorf("%v", r.Reply)
	}
}

// OneError promises: a panic gives exactly one message beside the input, an error like the reply; state is kept.
func OneError(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	mustBeOK(t, c.Execute("x := 41", nil))
	r := c.Execute(`panic("boom")`, nil)
	if r.Status() != "error" || r.Types() != "execute_input error" {
		t.Fatalf("%v %s", r.Reply, r.Types())
	}
	e := Content(r.Output[1])
	lines, _ := e["traceback"].([]any)
	if e["ename"] != "Panic" || e["evalue"] != "boom" || len(lines) == 0 {
		t.Errorf("error %v", e)
	}
	for _, key := range []string{"ename", "evalue", "traceback"} {
		if fmt.Sprint(e[key]) != fmt.Sprint(r.Reply[key]) {
			t.Errorf("%s: error %v, reply %v", key, e[key], r.Reply[key])
		}
	}
	if r := c.Execute("x + 1", nil); r.Value() != "42" {
		t.Errorf("state: %v", r.Reply)
	}
}

// CompileError promises: the message has the cell's number and line; nothing has run.
func CompileError(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	mustBeOK(t, c.Execute("x := 1", nil))
	r := c.Execute("fmt.Println(\"never\")\nx = = 2", nil)
	trace := fmt.Sprint(r.Reply["traceback"])
	if r.Reply["ename"] != "CompileError" || !strings.Contains(trace, "cell[2]:2:") || !strings.Contains(trace, "x = = 2") || r.Text("stdout") != "" {
		t.Errorf("%v", r.Reply)
	}
}

// UserExpressions promises: each is evaluated after the cell; what fails, fails alone.
func UserExpressions(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	r := mustBeOK(t, c.Execute("x := 41", Request{"user_expressions": map[string]string{"good": "x+1", "bad": "x +", "none": "nowhere"}}))
	all, _ := r.Reply["user_expressions"].(map[string]any)
	good, _ := all["good"].(map[string]any)
	data, _ := good["data"].(map[string]any)
	if good["status"] != "ok" || data["text/plain"] != "42" || good["metadata"] == nil {
		t.Errorf("good: %v", good)
	}
	for _, name := range []string{"bad", "none"} {
		if e, _ := all[name].(map[string]any); e["status"] != "error" || e["ename"] == "" || e["traceback"] == nil {
			t.Errorf("%s: %v", name, e)
		}
	}
	if strings.Contains(r.Types(), "execute_result") {
		t.Errorf("output %s", r.Types())
	}
}
