package kerneltest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/galeproject/gale/wire"
)

// subshell makes a subshell.
func (c *Client) subshell() string {
	c.t.Helper()
	a := c.ask(Control, "create_subshell_request", nil)
	id, _ := a["subshell_id"].(string)
	if a["status"] != "ok" || id == "" {
		c.t.Fatalf("%v", a)
	}
	return id
}

// drop deletes subshells.
func (c *Client) drop(ids ...string) {
	c.t.Helper()
	for _, id := range ids {
		if a := c.ask(Control, "delete_subshell_request", map[string]any{"subshell_id": id}); a["status"] != "ok" {
			c.t.Errorf("%v", a)
		}
	}
}

func (c *Client) cellIn(subshell, code string) wire.MsgID {
	c.t.Helper()
	return c.SendIn(subshell, "execute_request", map[string]any{"code": code})
}

func (c *Client) subshells() []string {
	c.t.Helper()
	a := c.ask(Control, "list_subshell_request", nil)
	ids, ok := a["subshell_id"].([]any)
	if a["status"] != "ok" || !ok {
		c.t.Fatalf("%v", a)
	}
	var out []string
	for _, id := range ids {
		out = append(out, fmt.Sprint(id))
	}
	return out
}

// Subshells promises: create gives new ids, list gives the children only, delete takes them away, all see one namespace.
func Subshells(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	if ids := c.subshells(); len(ids) != 0 {
		t.Errorf("at first %v", ids)
	}
	one, two := c.subshell(), c.subshell()
	want := []string{one, two}
	slices.Sort(want)
	if ids := c.subshells(); one == two || !slices.Equal(ids, want) {
		t.Errorf("%v, want %v", ids, want)
	}
	mustBeOK(t, c.Execute("x := 41", nil))
	if r := c.Wait(c.cellIn(one, "x + 1")); r.Value() != "42" {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Wait(c.cellIn(two, "y := 7")); r.Status() != "ok" {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Execute("y", nil); r.Value() != "7" {
		t.Errorf("%v", r.Reply)
	}
	c.drop(one)
	if ids := c.subshells(); !slices.Equal(ids, []string{two}) {
		t.Errorf("%v", ids)
	}
	if r := c.Wait(c.cellIn(one, "1")); r.Status() != "error" {
		t.Errorf("in a deleted one: %v", r.Reply)
	}
	c.drop(two)
}

// SubshellUnknown promises: an id that is none is an error, in a header and in delete; null is the first.
func SubshellUnknown(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	for _, id := range []string{"nowhere", "?"} {
		if r := c.Wait(c.cellIn(id, "1")); r.Status() != "error" || len(r.Output) != 0 {
			t.Errorf("%v %s", r.Reply, r.Types())
		}
		if a := c.ask(Control, "delete_subshell_request", map[string]any{"subshell_id": id}); a["status"] != "error" || a["traceback"] == nil {
			t.Errorf("%v", a)
		}
	}
	m, err := c.Session.New("execute_request", nil, nil, map[string]any{"code": "7"})
	if err != nil {
		t.Fatal(err)
	}
	m.RawHeader = []byte(`{"subshell_id":null,` + string(m.RawHeader[1:]))
	c.Raw(Shell, c.Session.Frames(m)...)
	if r := c.Wait(m.Header.MsgID); r.Value() != "7" {
		t.Errorf("%v", r.Reply)
	}
	for _, on := range []string{"create_subshell_request", "list_subshell_request"} { // they belong to control
		c.Idle(c.Send(Shell, on, nil))
	}
	if ids := c.subshells(); len(ids) != 0 {
		t.Errorf("made on shell: %v", ids)
	}
}

// SubshellCount promises: each has an execution count of its own.
func SubshellCount(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	sub := c.subshell()
	first, _ := c.Execute("1", nil).Reply["execution_count"].(float64)
	c.Execute("2", nil)
	if r := c.Wait(c.cellIn(sub, "3")); r.Reply["execution_count"] != 1.0 {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Execute("4", nil); first < 1 || r.Reply["execution_count"] != first+2 {
		t.Errorf("%v after %v", r.Reply, first)
	}
	c.drop(sub)
}

// SubshellHistory promises: each has a session of its own in the history, and tail gives those of all.
func SubshellHistory(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	sub := c.subshell()
	mustBeOK(t, c.Execute("11", nil))
	mustBeOK(t, c.Wait(c.cellIn(sub, "22")))
	q := map[string]any{"hist_access_type": "range", "session": 0, "start": 1, "stop": 9}
	in := func(id wire.MsgID) string {
		h, _ := Content(c.Reply(Shell, id))["history"].([]any)
		var inputs []string
		for _, row := range h {
			if r, _ := row.([]any); len(r) == 3 {
				inputs = append(inputs, fmt.Sprintf("%v %v", r[1], r[2]))
			}
		}
		return strings.Join(inputs, ",")
	}
	if got := in(c.Send(Shell, "history_request", q)); got != "1 11" {
		t.Error(got)
	}
	if got := in(c.SendIn(sub, "history_request", q)); got != "1 22" {
		t.Error(got)
	}
	if got := in(c.Send(Shell, "history_request", map[string]any{"hist_access_type": "tail", "n": 2})); got != "1 11,1 22" {
		t.Error(got)
	}
}

// SubshellAbort promises: an error aborts the queue of its own subshell only.
func SubshellAbort(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	sub := c.subshell()
	bad := c.cellIn(sub, "time.Sleep(500 * time.Millisecond)\npanic(\"boom\")") // the others are here by then
	next, other := c.cellIn(sub, "1"), c.Cell("2", nil)
	if r := c.Wait(bad); r.Status() != "error" {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Wait(next); r.Status() != "aborted" {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Wait(other); r.Value() != "2" {
		t.Errorf("%v", r.Reply)
	}
	c.drop(sub)
}

// SubshellSilent promises: silent holds in a subshell too, and parents tell subshells' messages apart.
func SubshellSilent(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	sub := c.subshell()
	r := c.Wait(c.SendIn(sub, "execute_request", map[string]any{"code": "show(1)\n2", "silent": true}))
	if r.Status() != "ok" || len(r.Output) != 0 {
		t.Errorf("%v %s", r.Reply, r.Types())
	}
	r = c.Wait(c.cellIn(sub, "3"))
	for _, m := range c.Of(r.ID) {
		if want := `"subshell_id":"` + sub + `"`; !contains(m.RawParent, want) {
			t.Errorf("parent of %s: %s", m.Header.MsgType, m.RawParent)
		}
	}
	c.drop(sub)
}

// ShutdownWithSubshells promises: open subshells do not hold up the end.
func ShutdownWithSubshells(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	c.Wait(c.cellIn(c.subshell(), "1"))
	c.subshell()
	shutdown(t, c, false)
}

// SubshellBeside promises: a subshell's cell runs while another cell does, and idle of one is not idle of the other.
func SubshellBeside(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	sub := c.subshell()
	long := busy(c, "for {\n}")
	if r := c.Wait(c.cellIn(sub, "6*7")); r.Value() != "42" {
		t.Errorf("%v", r.Reply)
	}
	for _, m := range c.Of(long) {
		if state(m) == "idle" {
			t.Error("the long cell is idle")
		}
	}
	id := c.subshell() // made while a cell runs
	if id == sub {
		t.Errorf("%s twice", id)
	}
	c.ask(Control, "interrupt_request", nil)
	if r := c.Wait(long); r.Reply["ename"] != "KeyboardInterrupt" {
		t.Errorf("%v", r.Reply)
	}
	c.drop(id, sub)
}

// InterruptAll promises: an interrupt ends the cells of all subshells, and their queues.
func InterruptAll(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	sub := c.subshell()
	one := busy(c, "for {\n}")
	two := c.cellIn(sub, "fmt.Println(\"here\")\nfor {\n}")
	c.Heard("the second cell", func(m *wire.Message) bool { return isParent(m, two) && m.Header.MsgType == "stream" })
	queued := []wire.MsgID{c.Cell("1", nil), c.cellIn(sub, "1")}
	c.arrived()
	c.ask(Shell+1, "interrupt_request", nil)
	for _, id := range []wire.MsgID{one, two} {
		if r := c.Wait(id); r.Reply["ename"] != "KeyboardInterrupt" {
			t.Errorf("%v", r.Reply)
		}
	}
	for _, id := range queued {
		if r := c.Wait(id); r.Status() != "aborted" {
			t.Errorf("%v", r.Reply)
		}
	}
	c.drop(sub)
}

// DeleteFinishes promises: what a subshell was sent before it is deleted is done.
func DeleteFinishes(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	sub := c.subshell()
	one, two := c.cellIn(sub, "time.Sleep(20 * time.Millisecond)\n1"), c.cellIn(sub, "2")
	c.Heard("its input", func(m *wire.Message) bool { return isParent(m, one) && m.Header.MsgType == "execute_input" })
	c.ask(Control, "delete_subshell_request", map[string]any{"subshell_id": sub})
	if r := c.Wait(one); r.Value() != "1" {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Wait(two); r.Status() == "" { // done, or refused when it came too late
		t.Errorf("%v", r.Reply)
	}
}
