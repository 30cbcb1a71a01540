package comm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/galeproject/gale/wire"
)

// desk is a host that keeps what is sent.
type desk struct {
	comms  Comms
	out    []string
	answer any
	err    error
}

func (d *desk) Comms() *Comms { return &d.comms }

func (d *desk) Emit(_ context.Context, o wire.Output) {
	d.out = append(d.out, fmt.Sprintf("%s %s %s %q", o.MsgType, o.Content, o.Metadata, o.Buffers))
}

func (d *desk) Ask(_ context.Context, kind string, content any) (json.RawMessage, [][]byte, error) {
	d.out = append(d.out, fmt.Sprintf("%s %+v", kind, content))
	raw, err := wire.Marshal(d.answer)
	return raw, nil, errors.Join(err, d.err)
}

func (d *desk) Current(ctx context.Context) context.Context {
	return context.WithValue(ctx, hostKey{}, d)
}

func (d *desk) Request(context.Context) wire.MsgID { return "r1" }

func (d *desk) want(t *testing.T, want ...string) {
	t.Helper()
	if fmt.Sprint(d.out) != fmt.Sprint(want) {
		t.Errorf("sent %q, want %q", d.out, want)
	}
	d.out = nil
}

// receive plays the front end.
func (d *desk) receive(ctx context.Context, t *testing.T, msgType string, c wire.Comm) {
	t.Helper()
	f, err := d.comms.Receive(d, msgType, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f != nil {
		f(ctx)
	}
}

func TestComm(t *testing.T) {
	d := &desk{}
	ctx := WithHost(t.Context(), d)
	c, err := OpenAs(ctx, "a", "target", nil, [][]byte{{1}}, Metadata(map[string]int{"v": 2}))
	if err != nil || c.ID() != "a" || c.Target() != "target" || Find(ctx, "a") != c {
		t.Fatal(c, err)
	}
	d.want(t, `comm_open {"comm_id":"a","target_name":"target","data":{}} {"v":2} ["\x01"]`)
	if _, err := OpenAs(ctx, "a", "target", nil, nil); err == nil {
		t.Error("one id is open twice")
	}
	d.receive(ctx, t, wire.CommMsg, wire.Comm{ID: "a", Data: json.RawMessage("1")})
	var got []int
	c.OnMsg(ctx, func(_ context.Context, m Msg) {
		n := 0
		if err := m.Decode(&n); err != nil {
			t.Error(err)
		}
		got = append(got, n)
	})
	d.receive(ctx, t, wire.CommMsg, wire.Comm{ID: "a", Data: json.RawMessage("2")})
	d.receive(ctx, t, wire.CommMsg, wire.Comm{ID: "b", Data: json.RawMessage("3")})
	if fmt.Sprint(got) != "[1 2]" {
		t.Error(got)
	}
	if err := c.Send(ctx, 5, nil); err != nil {
		t.Error(err)
	}
	if err := errors.Join(c.Close(ctx, 6), c.Close(ctx, 7)); err != nil {
		t.Error(err)
	}
	d.want(t, `comm_msg {"comm_id":"a","data":5} {} []`, `comm_close {"comm_id":"a","data":6} {} []`)
	if err := c.Send(ctx, 5, nil); !errors.Is(err, ErrClosed) || Find(ctx, "a") != nil {
		t.Error(err)
	}
	if err := c.Send(ctx, func() {}, nil); err == nil {
		t.Error("a function is sent")
	}
}

func TestTargets(t *testing.T) {
	d := &desk{}
	ctx := WithHost(t.Context(), d)
	log := ""
	if err := Handle(ctx, "x", func(ctx context.Context, c *Comm, m Msg) {
		log += c.ID() + string(m.Data)
		if c.ID() == "bad" {
			panic("bad")
		}
		c.OnClose(func(context.Context, Msg) { log += " closed" })
	}); err != nil {
		t.Fatal(err)
	}
	d.receive(ctx, t, wire.CommOpen, wire.Comm{ID: "a", Target: "x", Data: json.RawMessage("1")})
	if _, err := d.comms.Receive(d, wire.CommOpen, wire.Comm{ID: "a", Target: "x"}, nil); err == nil {
		t.Error("one id is open twice")
	}
	d.receive(ctx, t, wire.CommClose, wire.Comm{ID: "a"})
	if log != "a1 closed" || Find(ctx, "a") != nil {
		t.Error(log)
	}
	func() {
		defer func() { _ = recover() }()
		d.receive(ctx, t, wire.CommOpen, wire.Comm{ID: "bad", Target: "x"})
	}()
	if Find(ctx, "bad") != nil {
		t.Error("a comm is open whose handler panicked")
	}
	if err := Handle(ctx, "x", nil); err != nil {
		t.Error(err)
	}
	var f wire.Failure
	if _, err := d.comms.Receive(d, wire.CommOpen, wire.Comm{ID: "c", Target: "x"}, nil); !errors.As(err, &f) || f.Name != wire.NoCommTarget {
		t.Error(err)
	}
}

func TestInput(t *testing.T) {
	d := &desk{answer: wire.InputAnswer{Value: "Ada"}}
	ctx := WithHost(t.Context(), d)
	if s, err := Input(ctx, "name: "); s != "Ada" || err != nil {
		t.Error(s, err)
	}
	d.answer = wire.InputAnswer{Value: "\x04"}
	if _, err := Password(ctx, "word: "); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	d.want(t, "input {Prompt:name:  Password:false Request:}", "input {Prompt:word:  Password:true Request:}")
	d.err = errors.New("nobody is there")
	if _, err := Input(ctx, ""); !errors.Is(err, d.err) {
		t.Error(err)
	}
}

func TestWhatBuildsOnComms(t *testing.T) {
	type key struct{}
	d := &desk{}
	ctx := WithHost(t.Context(), d)
	made := 0
	fresh := func() any { made++; return made }
	for range 2 {
		if x, err := Keep(ctx, key{}, fresh); x != 1 || err != nil {
			t.Error(x, err)
		}
	}
	if err := Publish(ctx, "clear_output", map[string]bool{"wait": true}); err != nil {
		t.Error(err)
	}
	d.want(t, `clear_output {"wait":true}  []`)
	if Request(ctx) != "r1" || Current(ctx) == ctx {
		t.Error("the host is not asked")
	}
	if Publish(ctx, "x", func() {}) == nil {
		t.Error("a function is published")
	}
}

func TestOutsideOfACell(t *testing.T) {
	if _, err := Open(t.Context(), "x", nil, nil); !errors.Is(err, ErrNoHost) {
		t.Error(err)
	}
	if _, err := Input(t.Context(), ""); !errors.Is(err, ErrNoHost) {
		t.Error(err)
	}
	if _, err := Keep(t.Context(), "x", nil); !errors.Is(err, ErrNoHost) || !errors.Is(Publish(t.Context(), "x", nil), ErrNoHost) {
		t.Error(err)
	}
	if Current(t.Context()) != t.Context() || Request(t.Context()) != "" {
		t.Error("there is no host")
	}
	if err := Handle(t.Context(), "x", nil); !errors.Is(err, ErrNoHost) || Find(t.Context(), "x") != nil {
		t.Error(err)
	}
}
