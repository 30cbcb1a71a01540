package kerneltest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// StreamsAreMerged promises: many small prints are few messages, and nothing is lost.
func StreamsAreMerged(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	const n = 20000
	r := mustBeOK(t, c.Execute(fmt.Sprintf("for i := range %d {\n\tfmt.Println(\"line\", i)\n}", n), nil))
	var want strings.Builder
	for i := range n {
		fmt.Fprintln(&want, "line", i)
	}
	if got := r.Text("stdout"); got != want.String() {
		t.Errorf("%d bytes of text, want %d in order", len(got), want.Len())
	}
	if len(r.Output) > 200 {
		t.Errorf("%d messages for %d lines", len(r.Output), n)
	}
}

// SlowReader promises: a front end that does not read while a cell prints 6 MB gets all of it afterwards, with the idle.
func SlowReader(t *testing.T, start Start) {
	t.Helper()
	f := start(t)
	c := Dial(t, f)
	slow, err := zmtp.New(zmtp.Sub, zmtp.Options{RecvQueue: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close(0) }()
	slow.Subscribe("")
	if err := slow.Connect(f.Endpoint(f.IOPub)); err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Recv(t.Context()); err != nil { // the welcome
		t.Fatal(err)
	}
	const n, width = 6000, 1000
	r := mustBeOK(t, c.Execute(fmt.Sprintf("for range %d {\n\tfmt.Println(strings.Repeat(\"x\", %d))\n}", n, width), nil))
	if got := len(r.Text("stdout")); got != n*(width+1) {
		t.Errorf("the one who reads got %d bytes of %d", got, n*(width+1))
	}
	session, got := wire.NewSession(wire.Options{Key: []byte(f.Key)}), 0
	for {
		msg, err := slow.Recv(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m, err := session.Parse(msg.Frames)
		if err != nil {
			t.Fatal(err)
		}
		if m.Header.MsgType == "stream" {
			got += len(str(m, "text"))
		}
		if state(m) == "idle" && isParent(m, r.ID) {
			break
		}
	}
	if got != n*(width+1) {
		t.Errorf("%d bytes arrived of %d", got, n*(width+1))
	}
}

// StreamOrder promises: text of one stream goes out before text of the other.
func StreamOrder(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	r := mustBeOK(t, c.Execute(`fmt.Print("a "); fmt.Print("b "); fmt.Fprintln(os.Stderr, "c"); show(1); fmt.Print("𨭎")`, nil))
	if got := r.Types(); got != "execute_input stream stream display_data stream" && got != "execute_input stream display_data stream stream" {
		t.Errorf("%s", got)
	}
	if r.Text("stdout") != "a b 𨭎" || r.Text("stderr") != "c\n" {
		t.Errorf("stdout %q, stderr %q", r.Text("stdout"), r.Text("stderr"))
	}
}

// Completion promises: matches replace the identifier before the cursor; no match is ok and empty.
func Completion(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	code := "strings.HasPre"
	a := c.ask(Shell, "complete_request", map[string]any{"code": code, "cursor_pos": len(code)})
	if fmt.Sprint(a["matches"]) != "[HasPrefix]" || a["cursor_start"] != 8.0 || a["cursor_end"] != 14.0 || a["status"] != "ok" {
		t.Errorf("%v", a)
	}
	meta, _ := a["metadata"].(map[string]any)
	if types, _ := meta["_jupyter_types_experimental"].([]any); len(types) != 1 {
		t.Errorf("types %v", meta)
	}
	for _, code := range []string{"zzzzqqqq", ""} {
		a := c.ask(Shell, "complete_request", map[string]any{"code": code, "cursor_pos": 1000})
		if n, ok := a["matches"].([]any); a["status"] != "ok" || !ok || code != "" && len(n) != 0 {
			t.Errorf("%q: %v", code, a)
		}
	}
	a = c.ask(Shell, "complete_request", map[string]any{"code": "%ti", "cursor_pos": 3})
	if !strings.Contains(fmt.Sprint(a["matches"]), "%time") || a["cursor_start"] != 0.0 {
		t.Errorf("magic: %v", a)
	}
}

// CompletionCountsCodePoints promises: positions count code points, not bytes and not UTF-16.
func CompletionCountsCodePoints(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	code := "s := \"🐱𨭎é\"; strings.HasPre + s"
	before, _, _ := strings.Cut(code, " + s")
	points := len([]rune(before))
	a := c.ask(Shell, "complete_request", map[string]any{"code": code, "cursor_pos": points})
	if fmt.Sprint(a["matches"]) != "[HasPrefix]" || a["cursor_start"] != float64(points-6) || a["cursor_end"] != float64(points) {
		t.Errorf("cursor %d: %v", points, a)
	}
}

// Inspection promises: a known name is found with data, garbage is not found and no error.
func Inspection(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	code := "strings.HasPrefix"
	a := c.ask(Shell, "inspect_request", map[string]any{"code": code, "cursor_pos": len(code), "detail_level": 0})
	data, _ := a["data"].(map[string]any)
	if a["status"] != "ok" || a["found"] != true || !strings.Contains(fmt.Sprint(data["text/plain"]), "HasPrefix") {
		t.Errorf("%v", a)
	}
	a = c.ask(Shell, "inspect_request", map[string]any{"code": "zzzzqqqq (", "cursor_pos": 8})
	if a["status"] != "ok" || a["found"] != false || fmt.Sprint(a["data"]) != "map[]" {
		t.Errorf("garbage: %v", a)
	}
}

// IsComplete promises: complete, incomplete with an indent, invalid; cells of magics end with an empty line.
func IsComplete(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	for code, want := range map[string]string{
		"x := 1": "complete", "": "complete", "// note": "complete", "1 = = 2": "invalid", "x := )": "invalid",
		"for i := 0; i < 3; i++ {": "incomplete", "s := `raw": "incomplete", "%time 1": "complete", "%time 1\nfor {": "incomplete",
		"%%time": "incomplete", "%%time\nx := 1": "incomplete", "%%time\nx := 1\n": "complete", "!ls\nx := 1": "complete",
	} {
		a := c.ask(Shell, "is_complete_request", map[string]any{"code": code})
		_, indent := a["indent"].(string)
		if a["status"] != want || indent != (want == "incomplete") {
			t.Errorf("%q: %v, want %s", code, a, want)
		}
	}
}

// History promises: tail, range and search give this session's rows at once.
func History(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	codes := []string{"1+2+3", "2*21", "1+1"}
	for _, code := range codes {
		mustBeOK(t, c.Execute(code, nil))
	}
	c.Execute("9", Request{"store_history": false})
	rows := func(request map[string]any) []any {
		a := c.ask(Shell, "history_request", request)
		h, _ := a["history"].([]any)
		if a["status"] != "ok" {
			t.Errorf("%v", a)
		}
		return h
	}
	tail := rows(map[string]any{"hist_access_type": "tail", "n": 3, "output": false, "raw": true})
	if len(tail) != 3 {
		t.Fatalf("tail %v", tail)
	}
	for i, row := range tail {
		if r, _ := row.([]any); len(r) != 3 || r[2] != codes[i] || r[1] != float64(i+1) {
			t.Errorf("row %v", row)
		}
	}
	first, _ := tail[0].([]any)
	some := rows(map[string]any{"hist_access_type": "range", "session": first[0], "start": 1, "stop": 2, "output": false, "raw": true})
	if fmt.Sprint(some) != fmt.Sprint([]any{tail[0]}) {
		t.Errorf("range %v, want %v", some, tail[0])
	}
	some = rows(map[string]any{"hist_access_type": "range", "session": 0, "start": 2, "stop": 99, "output": true})
	if want := fmt.Sprintf("[[%v 2 [2*21 42]] [%v 3 [1+1 2]]]", first[0], first[0]); fmt.Sprint(some) != want {
		t.Errorf("range %v, want %s", some, want)
	}
	mustBeOK(t, c.Execute("2*21", nil))
	if some = rows(map[string]any{"hist_access_type": "search", "pattern": "2?21", "unique": true}); len(some) != 1 {
		t.Errorf("search unique %v", some)
	}
	if some = rows(map[string]any{"hist_access_type": "search", "pattern": "2?21", "n": 2}); len(some) != 2 {
		t.Errorf("search %v", some)
	}
	rows(map[string]any{})
}

// Pager promises: a question gives one page payload, of two the last.
func Pager(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	for code, want := range map[string]string{"%help": "%time", "strings.HasPrefix?": "HasPrefix", "%help\n?strings.HasPrefix": "HasPrefix", "%time?": "how long", "//gale:%help time": "how long"} {
		r := mustBeOK(t, c.Execute(code, nil))
		payloads, _ := r.Reply["payload"].([]any)
		if len(payloads) != 1 {
			t.Errorf("%s: payload %v", code, payloads)
			continue
		}
		p, _ := payloads[0].(map[string]any)
		data, _ := p["data"].(map[string]any)
		if text, _ := data["text/plain"].(string); p["source"] != "page" || p["start"] != 0.0 || !strings.Contains(text, want) {
			t.Errorf("%s: %v", code, p)
		}
	}
}

// busy sends a cell and waits until it has printed that it runs.
func busy(c *Client, code string) wire.MsgID {
	c.t.Helper()
	id := c.Cell("fmt.Println(\"running\")\n"+code, nil)
	c.Heard("a running cell", func(m *wire.Message) bool { return isParent(m, id) && m.Header.MsgType == "stream" })
	return id
}

// arrived waits until the kernel has all that was sent on shell, also while a cell runs: comms are heard beside cells.
func (c *Client) arrived() {
	c.t.Helper()
	c.Idle(c.Send(Shell, "comm_close", map[string]any{"comm_id": "none"}))
}

// Interrupt promises: a running cell stops, the queue is aborted, the state is kept, the next cell is not hit.
func Interrupt(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	mustBeOK(t, c.Execute("x := 41", nil))
	for _, code := range []string{"for {\n}", "time.Sleep(1000000000000)"} {
		id := busy(c, code)
		next := c.Cell("1", nil)
		c.arrived()
		if a := c.ask(Control, "interrupt_request", map[string]any{}); a["status"] != "ok" {
			t.Errorf("%v", a)
		}
		if r := c.Wait(id); r.Status() != "error" || r.Reply["ename"] != "KeyboardInterrupt" {
			t.Errorf("%v", r.Reply)
		}
		if r := c.Wait(next); r.Status() != "aborted" {
			t.Errorf("queue: %v", r.Reply)
		}
		if r := c.Execute("x + 1", nil); r.Value() != "42" {
			t.Errorf("next cell: %v", r.Reply)
		}
	}
}

// InterruptIdle promises: an interrupt with nothing to stop is forgotten.
func InterruptIdle(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	c.ask(Control, "interrupt_request", nil)
	if r := c.Execute("time.Sleep(50 * time.Millisecond)\n7", nil); r.Value() != "7" {
		t.Errorf("%v", r.Reply)
	}
}

// ControlBeside promises: control is answered while a cell runs, on control; shell waits.
func ControlBeside(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	id := busy(c, "for {\n}")
	shell := c.Send(Shell, "kernel_info_request", nil)
	c.ask(Control, "kernel_info_request", nil)
	if all := c.Of(shell); len(all) != 0 {
		t.Errorf("shell did not wait: %d messages", len(all))
	}
	c.ask(Control, "interrupt_request", nil)
	c.Wait(id)
	c.Reply(Shell, shell)
}

// Heartbeat promises: frames come back as they went, of any size, also while a cell runs.
func Heartbeat(t *testing.T, start Start) {
	t.Helper()
	f := start(t)
	c := Dial(t, f)
	id := busy(c, "for {\n}")
	curve, err := zmtp.CurveClient(f.CurvePublic)
	if err != nil {
		t.Fatal(err)
	}
	s, err := zmtp.New(zmtp.Dealer, zmtp.Options{Curve: curve})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(0) }()
	if err := s.Connect(f.Endpoint(f.Heartbeat)); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"ping", "", strings.Repeat("x", 1<<20)} {
		if err := s.Send(t.Context(), []byte{}, []byte(body)); err != nil {
			t.Fatal(err)
		}
		m, err := s.Recv(t.Context())
		if err != nil || len(m.Frames) != 2 || string(m.Frames[1]) != body {
			t.Fatalf("%d frames, %v", len(m.Frames), err)
		}
	}
	c.ask(Control, "interrupt_request", nil)
	c.Wait(id)
}

// Comms promises: an unknown target is closed at once; nothing is open.
func Comms(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	id := c.Send(Shell, "comm_open", map[string]any{"comm_id": "c1", "target_name": "nowhere", "data": map[string]any{}}, []byte("buffer"))
	all := c.Idle(id)
	if len(all) != 3 || all[1].Header.MsgType != "comm_close" || str(all[1], "comm_id") != "c1" {
		t.Errorf("%s", c.Transcript())
	}
	c.Idle(c.Send(Shell, "comm_msg", map[string]any{"comm_id": "c1", "data": map[string]any{}}))
	if a := c.ask(Shell, "comm_info_request", nil); fmt.Sprint(a["comms"]) != "map[]" {
		t.Errorf("%v", a)
	}
}

// Unknown promises: a type that nobody knows is framed and not answered, and fields that nobody knows are ignored.
func Unknown(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	c.Idle(c.Send(Shell, "gale_unheard_of", map[string]any{"a": 1}))
	if r := c.Execute("7", Request{"unheard_of": []int{1}}); r.Value() != "7" {
		t.Errorf("%v", r.Reply)
	}
}

// Garbage promises: forged, replayed, short and malformed messages on every socket are dropped; the kernel goes on.
func Garbage(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	m, err := c.Session.New("kernel_info_request", nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	good := c.Session.Frames(m)
	with := func(i int, text string) [][]byte {
		frames := append([][]byte(nil), good...)
		frames[i] = []byte(text)
		return frames
	}
	other := wire.NewSession(wire.Options{Key: []byte("another key")})
	bad := [][][]byte{
		{[]byte("")},
		{[]byte("x")},
		{[]byte(wire.Delimiter)},
		good[:3],
		good[1:],
		with(1, "00"), with(1, ""), with(2, "{"), with(2, `{"msg_id":"1"}`),
		with(5, `{"a":1}`), other.Frames(m), append([][]byte{[]byte(strings.Repeat("i", 255))}, good[:4]...),
	}
	for _, content := range []string{"[]", "null", "{", "\xff", `"x"`, ""} {
		n, err := c.Session.New("execute_request", nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		n.RawContent = []byte(content)
		bad = append(bad, c.Session.Frames(n))
	}
	for on := Shell; on <= Stdin; on++ {
		for _, frames := range bad {
			c.Raw(on, frames...)
		}
	}
	id := c.Cell("1", nil)
	if r := c.Wait(id); r.Value() != "1" {
		t.Errorf("%v", r.Reply)
	}
	c.Raw(Shell, good...)
	c.Raw(Shell, good...) // again: a replay
	c.Reply(Shell, m.Header.MsgID)
	if r := c.Execute("2", nil); r.Value() != "2" {
		t.Errorf("%v", r.Reply)
	}
	if n := len(c.Of(m.Header.MsgID)); n != 2 {
		t.Errorf("%d messages for a request sent twice, want busy and idle once", n)
	}
	c.ask(Control, "kernel_info_request", nil)
}

// WrongTypes promises: fields of the wrong JSON type are an error reply.
func WrongTypes(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	for msgType, content := range map[string]any{
		"execute_request": map[string]any{"code": 7}, "complete_request": map[string]any{"code": "x", "cursor_pos": "here"},
		"inspect_request": map[string]any{"code": []int{}}, "history_request": map[string]any{"n": "many"}, "is_complete_request": map[string]any{"code": map[string]int{}},
	} {
		if a := c.ask(Shell, msgType, content); a["status"] != "error" || a["ename"] == "" || a["traceback"] == nil {
			t.Errorf("%s: %v", msgType, a)
		}
	}
	for _, at := range []int{-5, 1 << 40} {
		c.ask(Shell, "complete_request", map[string]any{"code": "é", "cursor_pos": at})
		c.ask(Shell, "inspect_request", map[string]any{"code": "é", "cursor_pos": at, "detail_level": at})
	}
}

// TwoFrontEnds promises: each gets its own replies, both hear all of iopub.
func TwoFrontEnds(t *testing.T, start Start) {
	t.Helper()
	f := start(t)
	one, two := Dial(t, f), Dial(t, f)
	a, b := one.Cell("1", nil), two.Cell("2", nil)
	if r := one.Wait(a); r.Value() != "1" {
		t.Errorf("%v", r.Reply)
	}
	if r := two.Wait(b); r.Value() != "2" {
		t.Errorf("%v", r.Reply)
	}
	one.Idle(b)
	two.Idle(a)
}

// Magics promises: they stand where statements do, and nowhere else.
func Magics(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	dir := t.TempDir()
	mustBeOK(t, c.Execute("%%writefile "+dir+"/f.txt\none\n%two", nil))
	if r := mustBeOK(t, c.Execute("!cat "+dir+"/f.txt", nil)); r.Text("stdout") != "one\n%two\n" {
		t.Errorf("%q", r.Text("stdout"))
	}
	r := mustBeOK(t, c.Execute("s := `\n%who\n!false\n`\n!echo between\ns", nil))
	if r.Value() != "\n%who\n!false\n" || r.Text("stdout") != "between\n" {
		t.Errorf("value %q, text %q", r.Value(), r.Text("stdout"))
	}
	if r := mustBeOK(t, c.Execute("%who", nil)); !strings.Contains(r.Text("stdout"), "s") {
		t.Errorf("%q", r.Text("stdout"))
	}
	if r := mustBeOK(t, c.Execute("%time 6*7", nil)); r.Value() != "42" || !strings.HasPrefix(r.Text("stdout"), "took ") {
		t.Errorf("value %q, text %q", r.Value(), r.Text("stdout"))
	}
	if r := c.Execute("%tine 6*7", nil); r.Status() != "error" || !strings.Contains(fmt.Sprint(r.Reply["evalue"]), "%time") {
		t.Errorf("%v", r.Reply)
	}
	if r := mustBeOK(t, c.Execute("!exit 3", nil)); !strings.Contains(r.Text("stderr"), "3") {
		t.Errorf("%v", r.Text("stderr"))
	}
	if r := c.Execute("%%script --raise-error sh\nexit 3", nil); r.Status() != "error" {
		t.Errorf("%v", r.Reply)
	}
	id := c.Cell("!echo running; sleep 1000", nil)
	c.Heard("a running command", func(m *wire.Message) bool { return isParent(m, id) && m.Header.MsgType == "stream" })
	c.ask(Control, "interrupt_request", nil)
	if r := c.Wait(id); r.Reply["ename"] != "KeyboardInterrupt" {
		t.Errorf("%v", r.Reply)
	}
	mustBeOK(t, c.Execute("%reset", nil))
	if r := c.Execute("s", nil); r.Status() != "error" {
		t.Errorf("after reset: %v", r.Reply)
	}
}

// Lines promises: magics do not move the lines of the cell.
func Lines(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	for _, code := range []string{"%pwd\n\nx = = 2", "%%time\n\nx = = 2", "y := 1\n//gale:%pwd\nx = = 2"} {
		r := c.Execute(code, nil)
		if want := ":3:"; !strings.Contains(fmt.Sprint(r.Reply["evalue"]), want) {
			t.Errorf("%q: %v, want line 3", code, r.Reply["evalue"])
		}
	}
}

// Shutdown promises: the reply comes on control and on iopub, then idle.
func Shutdown(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	shutdown(t, c, true)
}

// ShutdownBusy promises: the same while a cell runs.
func ShutdownBusy(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	busy(c, "for {\n}")
	shutdown(t, c, false)
}

func shutdown(t *testing.T, c *Client, restart bool) {
	t.Helper()
	id := c.Send(Control, "shutdown_request", map[string]any{"restart": restart})
	if a := Content(c.Reply(Control, id)); a["status"] != "ok" || a["restart"] != restart {
		t.Errorf("%v", a)
	}
	all := c.Idle(id)
	if len(all) != 3 || all[1].Header.MsgType != "shutdown_reply" || Content(all[1])["restart"] != restart {
		t.Errorf("%s", c.Transcript())
	}
}
