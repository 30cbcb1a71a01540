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

func (e *engines) Result(context.Context, func(wire.Output)) wire.Reply {
	e.asked = append(e.asked, "result")
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
	want := `{Targets:0,2-3 NoWait:false Group:} engines x := 1
x
{Targets:1 NoWait:true Group:} engines y := 2
result
{Targets: NoWait:false Group:} nothing
{Targets: NoWait:false Group:} engines bad`
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
