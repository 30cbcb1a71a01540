//go:build !race

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/galeproject/gale/wire"
)

const variables = `
type Layer struct { Name string; V []float64; next *Layer }
func (l Layer) String() string { return "layer " + l.Name }
type Slow int
func (Slow) String() string { select {} }
type Angry int
func (Angry) String() string { panic("no text") }
n := 3
l := Layer{Name: "top", V: make([]float64, 1000)}
p := &l
m := map[string]int{"b": 2, "a": 1}
var any1 any = []string{"x"}
slow, angry := Slow(1), Angry(2)
var err2 error
`

func TestVariablesAreLookedAt(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles cells")
	}
	c := newCells(t)
	c.want(variables, "")
	var r wire.VarsReply
	c.ask(wire.VarsRequest, wire.Vars{Op: wire.VarsList}, &r)
	got := map[string]wire.VarInfo{}
	for _, v := range r.Vars {
		got[v.Name] = v
	}
	for name, want := range map[string]string{
		"n": "int 3 0 0", "l": "main.Layer layer top 3 0", "p": "*main.Layer layer top 3 0", "m": `map[string]int len 2 ["a":1 "b":2] 2 0`,
		"any1": `[]string ["x"] 0 1`, "slow": "main.Slow 1 0 0", "angry": "main.Angry main.Angry (its text panicked: string) 0 0", "err2": "error nil 0 0",
	} {
		if v := got[name]; fmt.Sprint(v.Type, " ", v.Value, " ", v.Named, " ", v.Indexed) != want || v.Cell != 1 {
			t.Errorf("%s: %+v, want %s", name, v, want)
		}
	}
	if r.Busy || got["l"].Bytes < 8000 {
		t.Errorf("busy %v, %d bytes", r.Busy, got["l"].Bytes)
	}
	var parts wire.VarsReply
	c.ask(wire.VarsRequest, wire.Vars{Op: wire.VarsChildren, Ref: got["p"].Ref}, &parts)
	if len(parts.Vars) != 3 || parts.Vars[1].Name != "V" || parts.Vars[1].Place != "p.V" || parts.Vars[1].Indexed != 1000 || parts.Vars[2].Value != "nil" {
		t.Fatalf("%+v", parts.Vars)
	}
	c.ask(wire.VarsRequest, wire.Vars{Op: wire.VarsChildren, Ref: parts.Vars[1].Ref, Start: 990, Count: 100}, &parts)
	if len(parts.Vars) != 10 || parts.Vars[9].Place != "p.V[999]" || parts.Vars[9].Value != "0" {
		t.Fatalf("%+v", parts.Vars)
	}
	c.ask(wire.VarsRequest, wire.Vars{Op: wire.VarsChildren, Ref: got["m"].Ref}, &parts)
	if len(parts.Vars) != 2 || parts.Vars[1].Place != `m["b"]` || parts.Vars[1].Value != "2" {
		t.Fatalf("%+v", parts.Vars)
	}
	r = wire.VarsReply{}
	c.ask(wire.VarsRequest, wire.Vars{Op: wire.VarsRich, Name: "l"}, &r)
	if !strings.Contains(string(r.Data), `"layer top"`) {
		t.Errorf("rich: %s", r.Data)
	}
	for _, v := range []wire.Vars{{Op: wire.VarsChildren, Ref: 999}, {Op: wire.VarsRich, Name: "none"}, {Op: "other"}} {
		r = wire.VarsReply{}
		if c.ask(wire.VarsRequest, v, &r); r.Failure == nil {
			t.Errorf("%+v is answered", v)
		}
	}
}

func TestVariablesAreLookedAtWhileACellRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles cells")
	}
	c := newCells(t)
	c.want(variables, "")
	ctx, cancel := context.WithCancel(t.Context())
	o, done := c.begin(ctx, `
func turn(i int) {
	m[fmt.Sprint(i%100)] = i
	l.Name = strings.Repeat("x", i%7)
	any1 = []any{i, fmt.Sprint(i), nil}[i%3]
}
import ("fmt"; "strings")
fmt.Println("runs")
for i := 0; ; i++ { turn(i) }`, wire.Run{})
	o.waitFor(t, "runs")
	for range 200 {
		var r, parts wire.VarsReply
		c.ask(wire.VarsRequest, wire.Vars{Op: wire.VarsList}, &r)
		if !r.Busy || len(r.Vars) < 8 {
			t.Fatalf("busy %v, %+v", r.Busy, r.Vars)
		}
		for _, v := range r.Vars {
			if v.Ref != 0 {
				c.ask(wire.VarsRequest, wire.Vars{Op: wire.VarsChildren, Ref: v.Ref}, &parts)
			}
		}
	}
	var r wire.VarsReply
	c.ask(wire.VarsRequest, wire.Vars{Op: wire.VarsStack}, &r)
	if n := len(r.Frames); n == 0 || r.Frames[n-1].Cell != 2 || r.Frames[n-1].Line != 9 {
		t.Errorf("frames %+v", r.Frames)
	}
	cancel()
	if r := <-done; r.Failure == nil || r.Name != "KeyboardInterrupt" {
		t.Errorf("%+v", r)
	}
}

func TestComms(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles cells")
	}
	c := newCells(t)
	o, done := c.begin(t.Context(), `
import ("fmt"; "context"; "github.com/galeproject/gale/comm")
got := 0
k := must(comm.OpenAs(ctx, "id1", "ours", map[string]int{"n": 1}, [][]byte{{7}}, comm.Metadata(map[string]string{"version": "2"})))
k.OnMsg(ctx, func(ctx context.Context, m comm.Msg) {
	got++
	fmt.Println("got", string(m.Data), m.Buffers)
	if string(m.Data) == "13" { panic("unlucky") }
	must(0, k.Send(ctx, got, nil))
})
must(0, comm.Handle(ctx, "theirs", func(ctx context.Context, c *comm.Comm, m comm.Msg) {
	fmt.Println("opened", c.ID(), string(m.Data), string(m.Metadata))
	c.OnClose(func(context.Context, comm.Msg) { fmt.Println("closed") })
}));`, wire.Run{})
	if r := <-done; r.Failure != nil {
		t.Fatal(r.Failure)
	}
	if got, want := o.String(), `[comm_open {"n":1} {"version":"2"} ["\a"]]`; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	busy, cancel := context.WithCancel(t.Context())
	o, done = c.begin(busy, "println(\"busy\")\nfor {}", wire.Run{})
	o.waitFor(t, "busy")
	send := func(msgType string, m wire.Comm, buffers ...[]byte) string {
		var r wire.Reply
		out := c.ask(msgType, m, &r, buffers...)
		if r.Failure != nil {
			out += "<" + r.Error() + ">"
		}
		return out
	}
	for _, x := range []struct {
		msgType string
		m       wire.Comm
		want    string
	}{
		{wire.CommMsg, wire.Comm{ID: "id1", Data: json.RawMessage("5")}, "got 5 [[1 2]]\n[comm_msg 1 {} []]"},
		{wire.CommMsg, wire.Comm{ID: "id1", Data: json.RawMessage("13")}, "got 13 [[1 2]]\n<Panic: unlucky>"},
		{wire.CommMsg, wire.Comm{ID: "id1", Data: json.RawMessage("6")}, "got 6 [[1 2]]\n[comm_msg 3 {} []]"},
		{wire.CommMsg, wire.Comm{ID: "none", Data: json.RawMessage("6")}, ""},
		{wire.CommOpen, wire.Comm{ID: "id2", Target: "none"}, `<CommTargetUnknown: nobody takes comms for "none">`},
		{wire.CommOpen, wire.Comm{ID: "id2", Target: "theirs", Data: json.RawMessage(`{}`), Metadata: json.RawMessage(`{"a":1}`)}, "opened id2 {} {\"a\":1}\n"},
		{wire.CommClose, wire.Comm{ID: "id2"}, "closed\n"},
		{wire.CommClose, wire.Comm{ID: "id2"}, ""},
	} {
		got := send(x.msgType, x.m, []byte{1, 2})
		if strings.Contains(x.want, "<Panic") {
			got = strings.ReplaceAll(got, "[error   []]", "")
		}
		if got = dropErrors(got); got != x.want {
			t.Errorf("%s %+v: %q, want %q", x.msgType, x.m, got, x.want)
		}
	}
	cancel()
	if r := <-done; r.Failure == nil || strings.Contains(o.String(), "got") {
		t.Errorf("the cell beside: %+v, %q", r, o)
	}
	c.want("got", "[3]")
}

// dropErrors takes out the error outputs, which a kernel does not publish: the reply carries them.
func dropErrors(s string) string {
	before, after, ok := strings.Cut(s, "[error ")
	if !ok {
		return s
	}
	_, after, _ = strings.Cut(after, "]]")
	return before + after
}

func TestInput(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles cells")
	}
	c := newCells(t)
	answers := []string{"7 8", "a line", "secret"}
	var asked []wire.Input
	c.answer = func(_ context.Context, kind string, content json.RawMessage) (any, error) {
		var q wire.Input
		if err := json.Unmarshal(content, &q); err != nil || kind != wire.AskInput {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
		asked = append(asked, q)
		if len(asked) > len(answers) {
			return nil, errors.New("no more")
		}
		return wire.InputAnswer{Value: answers[len(asked)-1]}, nil
	}
	source := `
import ("fmt"; "bufio"; "os"; "github.com/galeproject/gale/comm")
var a, b int
fmt.Print("two: ")
n, err := fmt.Scanln(&a, &b)
line, err2 := bufio.NewReader(os.Stdin).ReadString('\n')
word, err3 := comm.Password(ctx, "word: ")
_, err4 := fmt.Scanln(&a)
fmt.Printf("%d %v %v %q %v %q %v %v", a, b, n, line, err2, word, err3, err4)`
	o, done := c.begin(t.Context(), source, wire.Run{AllowStdin: true, Request: "r1"})
	if r := <-done; r.Failure != nil || o.String() != `two: 7 8 2 "a line\n" <nil> "secret" <nil> unexpected newline` && o.String() != `two: 7 8 2 "a line\n" <nil> "secret" <nil> EOF` {
		t.Fatalf("%+v %s", r, o)
	}
	if len(asked) != 4 || asked[0].Request != "r1" || !asked[2].Password || asked[2].Prompt != "word: " || asked[2].Request != "r1" {
		t.Errorf("asked %+v", asked)
	}
	c.want(`_, err = os.Stdin.Read(make([]byte, 1)); err.Error()`, "[EOF]")
}

func TestInputIsInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles cells")
	}
	c := newCells(t)
	waits := make(chan struct{})
	c.answer = func(ctx context.Context, _ string, _ json.RawMessage) (any, error) {
		close(waits)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, done := c.begin(ctx, "x := 5\nimport (\"fmt\")\nfmt.Scanln(&x)", wire.Run{AllowStdin: true})
	<-waits
	cancel()
	if r := <-done; r.Failure == nil || r.Name != "KeyboardInterrupt" {
		t.Fatalf("%+v", r.Status)
	}
	c.want("x", "[5]")
}
