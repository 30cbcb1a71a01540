package kernel_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/galeproject/gale/kernel/kerneltest"
	"github.com/galeproject/gale/wire"
)

// commKernel starts a kernel and a front end.
func commKernel(t *testing.T) *kerneltest.Client {
	t.Helper()
	o := options(t, "ipc")
	serve(t, o)
	return kerneltest.Dial(t, o.Connection)
}

// content is that of a message of the comm c1.
func content(target string, data any) map[string]any {
	m := map[string]any{"comm_id": "c1", "data": data}
	if target != "" {
		m["target_name"] = target
	}
	return m
}

// comms asks for the open comms, as text.
func comms(t *testing.T, c *kerneltest.Client, target any) string {
	t.Helper()
	q := map[string]any{}
	if target != nil {
		q["target_name"] = target
	}
	id := c.Send(kerneltest.Shell, "comm_info_request", q)
	return fmt.Sprint(kerneltest.Content(c.Reply(kerneltest.Shell, id))["comms"])
}

// output gives the types of what a request published between busy and idle.
func output(c *kerneltest.Client, id wire.MsgID) (types []string, last *wire.Message) {
	all := c.Idle(id)
	for _, m := range all[1 : len(all)-1] {
		types = append(types, m.Header.MsgType)
		last = m
	}
	return types, last
}

func TestCommGoesBothWaysWithMetadataAndBuffers(t *testing.T) {
	c := commKernel(t)
	c.Idle(c.SendWith(kerneltest.Shell, "comm_open", map[string]any{"version": "1.0.0"}, content("echo", map[string]any{})))
	if got := comms(t, c, nil); got != "map[c1:map[target_name:echo]]" {
		t.Error(got)
	}
	if got := comms(t, c, "other"); got != "map[]" {
		t.Error(got)
	}
	id := c.SendWith(kerneltest.Shell, "comm_msg", map[string]any{"version": "2.1.0"}, content("", map[string]any{"x": 1}), []byte{0, 255}, []byte{})
	types, m := output(c, id)
	if strings.Join(types, " ") != "comm_msg" {
		t.Fatalf("%v", types)
	}
	if string(m.RawMetadata) != `{"version":"2.1.0"}` || len(m.Buffers) != 2 || string(m.Buffers[0]) != "\x00\xff" || !strings.Contains(string(m.RawContent), `"x":1`) {
		t.Errorf("%s %s %q", m.RawMetadata, m.RawContent, m.Buffers)
	}
	c.Idle(c.Send(kerneltest.Shell, "comm_close", content("", map[string]any{})))
	if got := comms(t, c, nil); got != "map[]" {
		t.Error(got)
	}
	if types, _ := output(c, c.Send(kerneltest.Shell, "comm_msg", content("", nil))); len(types) != 0 {
		t.Errorf("after its close: %v", types)
	}
}

func TestCommOfACellIsListedUntilItIsClosed(t *testing.T) {
	c := commKernel(t)
	if r := c.Execute(`comm.Open("k1")`, nil); r.Types() != "execute_input comm_open" {
		t.Fatal(r.Types())
	}
	if got := comms(t, c, "toy"); got != "map[k1:map[target_name:toy]]" {
		t.Error(got)
	}
	if r := c.Execute(`comm.Close("k1")`, nil); r.Types() != "execute_input comm_close" {
		t.Fatal(r.Types())
	}
	if got := comms(t, c, nil); got != "map[]" {
		t.Error(got)
	}
}

func TestCommIsHeardBesideACell(t *testing.T) {
	c := commKernel(t)
	c.Idle(c.Send(kerneltest.Shell, "comm_open", content("echo", nil)))
	cell := c.Cell("fmt.Println(1)\nfor {\n}", nil)
	c.Heard("a running cell", func(m *wire.Message) bool { return m.Header.MsgType == "stream" })
	if types, _ := output(c, c.Send(kerneltest.Shell, "comm_msg", content("", 1))); len(types) != 1 {
		t.Errorf("%v", types)
	}
	c.Send(kerneltest.Control, "interrupt_request", nil)
	c.Wait(cell)
}

func TestCommMayComeByAnySubshell(t *testing.T) {
	c := commKernel(t)
	c.Idle(c.Send(kerneltest.Shell, "comm_open", content("echo", nil)))
	id := c.Send(kerneltest.Control, "create_subshell_request", nil)
	sub, _ := kerneltest.Content(c.Reply(kerneltest.Control, id))["subshell_id"].(string)
	if types, _ := output(c, c.SendIn(sub, "comm_msg", content("", 1))); len(types) != 1 {
		t.Errorf("%v", types)
	}
}

func TestCommsOfOneAreInOrder(t *testing.T) {
	c := commKernel(t)
	c.Idle(c.Send(kerneltest.Shell, "comm_open", content("echo", nil)))
	var ids []wire.MsgID
	for i := range 50 {
		ids = append(ids, c.Send(kerneltest.Shell, "comm_msg", content("", i)))
	}
	for i, id := range ids {
		if _, m := output(c, id); m == nil || kerneltest.Content(m)["data"] != float64(i) {
			t.Fatalf("message %d gave %v", i, m)
		}
	}
	order := c.Transcript()
	for i := range 49 {
		if strings.Index(order, fmt.Sprintf(`"data":%d`, i)) > strings.Index(order, fmt.Sprintf(`"data":%d`, i+1)) {
			t.Fatalf("%d came after %d", i, i+1)
		}
	}
}

func TestCommHandlerThatPanicsIsAnErrorAndKillsNothing(t *testing.T) {
	c := commKernel(t)
	c.Idle(c.Send(kerneltest.Shell, "comm_open", content("panic", nil)))
	types, m := output(c, c.Send(kerneltest.Shell, "comm_msg", content("", nil)))
	if strings.Join(types, " ") != "error" || kerneltest.Content(m)["ename"] != "Panic" {
		t.Errorf("%v", types)
	}
	if got := comms(t, c, nil); !strings.Contains(got, "c1") {
		t.Error(got)
	}
	if r := c.Execute("7", nil); r.Value() != "7" {
		t.Errorf("%v", r.Reply)
	}
}

func TestInterruptEndsACommHandler(t *testing.T) {
	c := commKernel(t)
	c.Idle(c.Send(kerneltest.Shell, "comm_open", content("wait", nil)))
	id := c.Send(kerneltest.Shell, "comm_msg", content("", nil))
	c.Heard("busy", func(m *wire.Message) bool { p, err := m.Parent(); return err == nil && p.MsgID == id })
	for over := false; !over; {
		c.Reply(kerneltest.Control, c.Send(kerneltest.Control, "interrupt_request", nil))
		for _, m := range c.Of(id) {
			over = over || m.Header.MsgType == "error"
		}
	}
	c.Idle(id)
}

func TestCommsEndWithTheirNamespace(t *testing.T) {
	for name, code := range map[string]string{"reset": "%reset", "death": "die()"} {
		t.Run(name, func(t *testing.T) {
			c := commKernel(t)
			c.Idle(c.Send(kerneltest.Shell, "comm_open", content("echo", nil)))
			if r := c.Execute(code, nil); !strings.Contains(r.Types(), "comm_close") {
				t.Errorf("%s: %v", r.Types(), r.Reply)
			}
			if got := comms(t, c, nil); got != "map[]" {
				t.Error(got)
			}
		})
	}
}

func TestCommsThatAreNone(t *testing.T) {
	c := commKernel(t)
	for _, bad := range []any{map[string]any{}, map[string]any{"comm_id": 7}, map[string]any{"comm_id": ""}} {
		for _, msgType := range []string{"comm_open", "comm_msg", "comm_close"} {
			if types, _ := output(c, c.Send(kerneltest.Shell, msgType, bad)); len(types) != 0 {
				t.Errorf("%s %v: %v", msgType, bad, types)
			}
		}
	}
}
