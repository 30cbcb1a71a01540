package widget_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/galeproject/gale/comm"
	"github.com/galeproject/gale/widget"
	"github.com/galeproject/gale/wire"
)

// desk is a process with one front end, which keeps what it is sent.
type desk struct {
	t     *testing.T
	comms comm.Comms

	mu   sync.Mutex
	sent []sent
}

// sent is one output.
type sent struct {
	msgType  string
	content  map[string]any
	id       string
	data     map[string]any
	metadata string
	buffers  [][]byte
}

func newDesk(t *testing.T) (*desk, context.Context) {
	t.Helper()
	d := &desk{t: t}
	return d, comm.WithHost(t.Context(), d)
}

func (d *desk) Comms() *comm.Comms { return &d.comms }

func (d *desk) Emit(_ context.Context, o wire.Output) {
	s := sent{msgType: o.MsgType, metadata: string(o.Metadata), buffers: o.Buffers}
	if err := json.Unmarshal(o.Content, &s.content); err != nil {
		d.t.Error(err)
	}
	s.data, _ = s.content["data"].(map[string]any)
	s.id, _ = s.content["comm_id"].(string)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent = append(d.sent, s)
}

func (d *desk) Ask(context.Context, string, any) (json.RawMessage, [][]byte, error) {
	return nil, nil, errors.New("nobody answers")
}

func (d *desk) Current(ctx context.Context) context.Context { return ctx }

func (d *desk) Request(context.Context) wire.MsgID { return "m1" }

// took gives what was sent since the last time.
func (d *desk) took() []sent {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sent
	d.sent = nil
	return s
}

// text is what was sent since the last time, a line a message.
func (d *desk) text() string {
	var b strings.Builder
	for _, s := range d.took() {
		x := any(s.content)
		if s.data != nil && s.id != "" {
			x = s.data
		}
		raw, err := json.Marshal(x)
		if err != nil {
			d.t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s", s.msgType, raw)
		if len(s.buffers) > 0 {
			fmt.Fprintf(&b, " %q", s.buffers)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (d *desk) want(want ...string) {
	d.t.Helper()
	got := d.text()
	if w := strings.Join(append(want, ""), "\n"); got != w {
		d.t.Errorf("sent\n%swant\n%s", got, w)
	}
}

// receive plays the front end.
func (d *desk) receive(ctx context.Context, msgType string, c wire.Comm) {
	d.t.Helper()
	f, err := d.comms.Receive(d, msgType, c, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	if f != nil {
		f(ctx)
	}
}

// message sends a message's data to a widget.
func (d *desk) message(ctx context.Context, w widget.Widget, data string) {
	d.t.Helper()
	d.receive(ctx, wire.CommMsg, wire.Comm{ID: w.ID(), Data: json.RawMessage(data)})
}

// state sends an update of traits.
func (d *desk) state(ctx context.Context, w widget.Widget, state string) {
	d.t.Helper()
	d.message(ctx, w, `{"method":"update","state":`+state+`,"buffer_paths":[]}`)
}
