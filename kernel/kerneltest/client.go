package kerneltest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// Patience is how long an answer is waited for; it decides failures only, never a promise about time.
const Patience = 30 * time.Second

// Start starts a fresh kernel that ends with the test, and gives its connection.
type Start func(t *testing.T) *wire.KernelFile

// File makes a connection file's content with endpoints that are free: ipc in a temporary folder, or tcp on this machine.
func File(t *testing.T, transport string) *wire.KernelFile {
	t.Helper()
	f := &wire.KernelFile{Transport: transport, Key: wire.NewID(), Scheme: "hmac-sha256", KernelName: "gale"}
	ports := []*wire.Port{&f.Shell, &f.Control, &f.Stdin, &f.IOPub, &f.Heartbeat}
	if transport == "ipc" {
		dir, err := os.MkdirTemp("", "k") //nolint:usetesting // t.TempDir is too long for a socket's name
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		f.IP = filepath.Join(dir, "k")
		for i, p := range ports {
			*p = wire.Port(i + 1)
		}
		return f
	}
	f.IP = "127.0.0.1"
	for _, p := range ports {
		l := freePort(t)
		addr, _ := l.Addr().(*net.TCPAddr)
		*p = wire.Port(addr.Port)
		defer func() { _ = l.Close() }() // after all were chosen, so that they differ
	}
	return f
}

// freePort listens on a port below those that the system hands out: between its choice and its use nobody else gets it by chance.
func freePort(t *testing.T) net.Listener {
	t.Helper()
	const from, to = 10000, 32000
	for range 1000 {
		var lc net.ListenConfig
		if l, err := lc.Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", from+rand.IntN(to-from))); err == nil { //nolint:gosec // no secret
			return l
		}
	}
	t.Fatal("no free port")
	return nil
}

// Channel names one of a kernel's request sockets.
type Channel int

// The channels.
const (
	Shell Channel = iota
	Control
	Stdin
)

// Client is a front end: it speaks the protocol and remembers all it hears.
type Client struct {
	t        *testing.T
	File     *wire.KernelFile
	Session  *wire.Session
	channels [3]*zmtp.Socket
	iopub    *zmtp.Socket

	mu      sync.Mutex
	changed chan struct{} // closed and replaced when something came
	heard   []*wire.Message
	replies [3][]*wire.Message
}

// Dial connects a front end and waits until the kernel answers and its iopub is heard.
func Dial(t *testing.T, f *wire.KernelFile) *Client {
	t.Helper()
	c := connect(t, f, "")
	c.Heard("a welcome", func(m *wire.Message) bool { return m.Header.MsgType == "iopub_welcome" })
	id := c.Send(Shell, "kernel_info_request", nil)
	c.Reply(Shell, id)
	c.Idle(id)
	return c
}

// connect makes the sockets and listens.
func connect(t *testing.T, f *wire.KernelFile, topic string) *Client {
	t.Helper()
	newHash, err := wire.SchemeHash(f.Scheme)
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{t: t, File: f, Session: wire.NewSession(wire.Options{Key: []byte(f.Key), Hash: newHash}), changed: make(chan struct{})}
	curve, err := zmtp.CurveClient(f.CurvePublic)
	if err != nil {
		t.Fatal(err)
	}
	socket := func(typ zmtp.Type, port wire.Port, o zmtp.Options) *zmtp.Socket {
		o.Curve = curve
		s, err := zmtp.New(typ, o)
		if err != nil {
			t.Fatal(err)
		}
		if typ == zmtp.Sub {
			s.Subscribe(topic)
		}
		if err := s.Connect(f.Endpoint(port)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close(0) })
		return s
	}
	c.iopub = socket(zmtp.Sub, f.IOPub, zmtp.Options{RecvQueue: 1 << 16, RecvBytes: 1 << 30})
	for i, port := range []wire.Port{f.Shell, f.Control, f.Stdin} {
		c.channels[i] = socket(zmtp.Dealer, port, zmtp.Options{ID: c.Session.ID()})
	}
	go c.listen(c.iopub, &c.heard)
	for i := range c.channels {
		go c.listen(c.channels[i], &c.replies[i])
	}
	return c
}

func (c *Client) listen(s *zmtp.Socket, to *[]*wire.Message) {
	for {
		msg, err := s.Recv(context.Background())
		if err != nil {
			return
		}
		m, err := c.Session.Parse(msg.Frames)
		if err != nil {
			c.t.Errorf("a message that cannot be read: %v", err)
			continue
		}
		c.mu.Lock()
		*to = append(*to, m)
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
	}
}

// Send sends a request and gives its id.
func (c *Client) Send(on Channel, msgType string, content any, buffers ...[]byte) wire.MsgID {
	c.t.Helper()
	m, err := c.Session.New(msgType, nil, nil, content, buffers...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.Raw(on, c.Session.Frames(m)...)
	return m.Header.MsgID
}

// SendIn sends a shell request to a subshell.
func (c *Client) SendIn(subshell, msgType string, content any) wire.MsgID {
	c.t.Helper()
	m, err := c.Session.New(msgType, nil, nil, content)
	if err != nil {
		c.t.Fatal(err)
	}
	m.RawHeader = []byte(fmt.Sprintf(`{"subshell_id":%q,`, subshell) + string(m.RawHeader[1:]))
	c.Raw(Shell, c.Session.Frames(m)...)
	return m.Header.MsgID
}

// SendWith sends a request with metadata.
func (c *Client) SendWith(on Channel, msgType string, metadata, content any, buffers ...[]byte) wire.MsgID {
	c.t.Helper()
	m, err := c.Session.New(msgType, nil, metadata, content, buffers...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.Raw(on, c.Session.Frames(m)...)
	return m.Header.MsgID
}

// Raw sends frames as they are.
func (c *Client) Raw(on Channel, frames ...[]byte) {
	c.t.Helper()
	if err := c.channels[on].Send(c.t.Context(), frames...); err != nil {
		c.t.Fatal(err)
	}
}

// until waits for a condition over what was heard.
func (c *Client) until(what string, done func() bool) {
	c.t.Helper()
	late := time.After(Patience)
	for {
		c.mu.Lock()
		ok, changed := done(), c.changed
		c.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-late:
			c.t.Fatalf("waited %v for %s; heard on iopub:\n%s", Patience, what, c.Transcript())
		}
	}
}

func isParent(m *wire.Message, id wire.MsgID) bool {
	h, err := m.Parent()
	return err == nil && h.MsgID == id
}

// Reply waits for the reply to a request.
func (c *Client) Reply(on Channel, id wire.MsgID) *wire.Message {
	c.t.Helper()
	var found *wire.Message
	c.until("a reply", func() bool {
		for _, m := range c.replies[on] {
			if isParent(m, id) {
				found = m
			}
		}
		return found != nil
	})
	return found
}

// Asked waits for the input_request of a cell.
func (c *Client) Asked(id wire.MsgID) *wire.Message {
	c.t.Helper()
	return c.Reply(Stdin, id)
}

// Idle waits until a request is over, and gives what iopub said of it, in order.
func (c *Client) Idle(id wire.MsgID) []*wire.Message {
	c.t.Helper()
	c.Heard("idle", func(m *wire.Message) bool { return isParent(m, id) && state(m) == "idle" })
	return c.Of(id)
}

// Of gives what iopub has said of a request.
func (c *Client) Of(id wire.MsgID) []*wire.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*wire.Message
	for _, m := range c.heard {
		if isParent(m, id) {
			out = append(out, m)
		}
	}
	return out
}

// Heard waits for a message on iopub.
func (c *Client) Heard(what string, which func(*wire.Message) bool) {
	c.t.Helper()
	c.until(what, func() bool { return slices.ContainsFunc(c.heard, which) })
}

// Transcript writes what was heard on iopub, a line a message.
func (c *Client) Transcript() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, m := range c.heard {
		text := string(m.RawContent)
		b.WriteString("  " + m.Header.MsgType + " " + text[:min(len(text), 160)] + "\n")
	}
	return b.String()
}

func state(m *wire.Message) string {
	if m.Header.MsgType != "status" {
		return ""
	}
	return str(m, "execution_state")
}

// Content decodes a message's content.
func Content(m *wire.Message) map[string]any {
	var v map[string]any
	if json.Unmarshal(m.RawContent, &v) != nil {
		return nil
	}
	return v
}

func str(m *wire.Message, key string) string {
	s, _ := Content(m)[key].(string)
	return s
}

// Result is a cell that is over.
type Result struct {
	ID     wire.MsgID
	Reply  map[string]any
	Output []*wire.Message // iopub without busy and idle
}

// Request is what Execute sends beside the code.
type Request map[string]any

// Cell sends an execute_request.
func (c *Client) Cell(code string, more Request) wire.MsgID {
	c.t.Helper()
	content := map[string]any{"code": code}
	maps.Copy(content, more)
	return c.Send(Shell, "execute_request", content)
}

// Wait waits until a cell is over.
func (c *Client) Wait(id wire.MsgID) Result {
	c.t.Helper()
	r := Result{ID: id, Reply: Content(c.Reply(Shell, id))}
	all := c.Idle(id)
	for _, m := range all {
		if s := state(m); s != "busy" && s != "idle" {
			r.Output = append(r.Output, m)
		}
	}
	return r
}

// Execute runs a cell and waits until it is over.
func (c *Client) Execute(code string, more Request) Result {
	c.t.Helper()
	return c.Wait(c.Cell(code, more))
}

// Types gives the types of the output, in order.
func (r Result) Types() string {
	var types []string
	for _, m := range r.Output {
		types = append(types, m.Header.MsgType)
	}
	return strings.Join(types, " ")
}

// Text gives what a stream said.
func (r Result) Text(name string) string {
	var b strings.Builder
	for _, m := range r.Output {
		if m.Header.MsgType == "stream" && str(m, "name") == name {
			b.WriteString(str(m, "text"))
		}
	}
	return b.String()
}

// Value gives the text/plain of the result.
func (r Result) Value() string {
	for _, m := range r.Output {
		if m.Header.MsgType == "execute_result" {
			data, _ := Content(m)["data"].(map[string]any)
			s, _ := data["text/plain"].(string)
			return s
		}
	}
	return ""
}

// Status gives the reply's status.
func (r Result) Status() string {
	s, _ := r.Reply["status"].(string)
	return s
}

func (c *Client) ask(on Channel, msgType string, content any) map[string]any {
	c.t.Helper()
	id := c.Send(on, msgType, content)
	reply := c.Reply(on, id)
	c.Idle(id)
	if want := wire.ReplyType(msgType); reply.Header.MsgType != want {
		c.t.Errorf("%s was answered by %s", msgType, reply.Header.MsgType)
	}
	return Content(reply)
}
