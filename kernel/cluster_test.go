package kernel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/kernel/kerneltest"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

// engines is a Cluster that says what it was asked.
type engines struct{ asked []string }

var _ kernel.Cluster = (*engines)(nil)

func (e *engines) Px(_ context.Context, p kernel.Px, m *module.Module, emit func(wire.Output)) wire.Reply {
	text := "nothing"
	if m != nil {
		text = string(m.Scope) + " " + strings.TrimSpace(string(m.Image))
	}
	e.asked = append(e.asked, fmt.Sprintf("%+v %s", p, text))
	if strings.Contains(text, "bad") {
		f := wire.NewFailure("CompositeError", "engine 0: bad")
		return wire.Reply{Status: "error", Failure: &f}
	}
	for _, msgType := range []string{"stream", "execute_result"} {
		content, err := json.Marshal(map[string]any{"name": "stdout", "text": "[stdout:0] hi\n", "data": map[string]string{"text/plain": "[0] 1"}, "execution_count": 7})
		if err != nil {
			panic(err)
		}
		emit(wire.Output{MsgType: msgType, Content: content})
	}
	return wire.Reply{Status: "ok"}
}

func (e *engines) Result(_ context.Context, name string, _ func(wire.Output)) wire.Reply {
	e.asked = append(e.asked, strings.TrimSpace("result "+name))
	return wire.Reply{Status: "ok"}
}

func TestPx(t *testing.T) {
	o := options(t, "ipc")
	e := &engines{}
	o.Cluster = e
	serve(t, o)
	c := kerneltest.Dial(t, o.Connection)
	r := c.Execute("%%px -t 0,2-3 --local\nx := 1\nx", nil)
	if r.Status() != "ok" || r.Types() != "execute_input execute_result stream display_data" {
		t.Errorf("%v %s", r.Reply, r.Types())
	}
	c.Execute("%px -a --targets=1 y := 2", nil)
	c.Execute("%pxresult", nil)
	c.Execute("%%px", nil)
	if r := c.Execute("x := 3\n%px bad", nil); r.Reply["ename"] != "CompositeError" {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Execute("%px -z 1", nil); r.Reply["ename"] != "MagicError" {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Execute("\n%px x = = 1", nil); !strings.Contains(fmt.Sprint(r.Reply["evalue"]), ":2:9:") {
		t.Errorf("a compile error's place: %v", r.Reply)
	}
	if r := c.Execute("x", nil); r.Value() != "3" {
		t.Errorf("here %v", r.Reply)
	}
	want := `{Targets:0,2-3 NoWait:false Name: Hold:false Group:} engines x := 1
x
{Targets:1 NoWait:true Name: Hold:false Group:} engines y := 2
result
{Targets: NoWait:false Name: Hold:false Group:} nothing
{Targets: NoWait:false Name: Hold:false Group:} engines bad`
	if got := strings.Join(e.asked, "\n"); got != want {
		t.Errorf("asked\n%s\nwant\n%s", got, want)
	}
}

func TestPxWithoutEngines(t *testing.T) {
	o := options(t, "ipc")
	serve(t, o)
	c := kerneltest.Dial(t, o.Connection)
	if r := c.Execute("%px 1", nil); r.Reply["ename"] != "MagicError" || !strings.Contains(fmt.Sprint(r.Reply["evalue"]), "cluster") {
		t.Errorf("%v", r.Reply)
	}
}

func TestPxOptions(t *testing.T) {
	o := options(t, "ipc")
	e := &engines{}
	o.Cluster = e
	serve(t, o)
	c := kerneltest.Dial(t, o.Connection)
	for code, want := range map[string]string{
		"%%px --bad\n1":                       "no option --bad",
		"%px -x 1":                            "no option -x",
		"%px --group-outputs=none 1":          "want engine, order or type",
		"%px --signal-on-interrupt SIGKILL 1": "SIGINT",
		"%px --progress-after soon 1":         "want seconds",
		"%pxconfig x":                         "want options only",
	} {
		if r := c.Execute(code, nil); r.Reply["ename"] != "MagicError" || !strings.Contains(fmt.Sprint(r.Reply["evalue"]), want) {
			t.Errorf("%s: %v, want %s", code, r.Reply["evalue"], want)
		}
	}
	for _, code := range []string{
		"%px -t 1 --noblock -o later --signal-on-interrupt SIGINT 1", "%px -r -b --no-stream 2", "%px -e --stream --verbose --progress-after 5 3",
		"%pxresult later", "%pxconfig --targets 0,1 --group-outputs type --noblock", "%px 4", "%px -b 5",
	} {
		if r := c.Execute(code, nil); r.Status() != "ok" {
			t.Errorf("%s: %v", code, r.Reply)
		}
	}
	if r := c.Execute("%pxconfig", nil); r.Text("stdout") != "targets 0,1, waits false, group-outputs type, stream true, local false, verbose false, progress-after 0s\n" {
		t.Error(r.Text("stdout"))
	}
	want := `{Targets:1 NoWait:true Name:later Hold:false Group:} engines 1
{Targets: NoWait:false Name: Hold:true Group:order} engines 2
{Targets: NoWait:false Name: Hold:false Group:engine} engines 3
result later
{Targets:0,1 NoWait:true Name: Hold:false Group:type} engines 4
{Targets:0,1 NoWait:false Name: Hold:false Group:type} engines 5`
	if got := strings.Join(e.asked, "\n"); got != want {
		t.Errorf("asked\n%s\nwant\n%s", got, want)
	}
}

func TestAutoPx(t *testing.T) {
	o := options(t, "ipc")
	e := &engines{}
	o.Cluster = e
	serve(t, o)
	c := kerneltest.Dial(t, o.Connection)
	for _, code := range []string{"%autopx", "x := 1", "%autopx", "x := 2"} {
		if r := c.Execute(code, nil); r.Status() != "ok" {
			t.Errorf("%s: %v", code, r.Reply)
		}
	}
	if got := strings.Join(e.asked, "\n"); got != "{Targets: NoWait:false Name: Hold:false Group:} engines x := 1" {
		t.Error(got)
	}
	if r := c.Execute("x", nil); r.Value() != "2" {
		t.Errorf("%v", r.Reply)
	}
}
