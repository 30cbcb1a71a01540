package controller

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	stdnet "net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// begin starts a controller in a folder of the test's.
func begin(t *testing.T, change ...func(*Options)) *Controller {
	t.Helper()
	o := Defaults()
	o.ProfileDir = filepath.Join(t.TempDir(), "profile")
	for _, f := range change {
		f(&o)
	}
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// party is a client or an engine on real sockets.
type party struct {
	t       *testing.T
	f       *wire.ClusterFile
	session *wire.Session
	sockets []*zmtp.Socket
}

func newParty(t *testing.T, file string) *party {
	t.Helper()
	f, err := wire.ReadClusterFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := &party{t: t, f: f, session: wire.NewSession(wire.Options{Key: []byte(f.Key), Version: wire.ClusterVersion})}
	t.Cleanup(p.close)
	return p
}

func (p *party) close() {
	for _, s := range p.sockets {
		if err := s.Close(0); err != nil {
			p.t.Error(err)
		}
	}
	p.sockets = nil
}

func (p *party) connect(typ zmtp.Type, id string, ports ...wire.Port) *zmtp.Socket {
	p.t.Helper()
	curve, err := zmtp.CurveClient(p.f.ServerKey())
	if err != nil {
		p.t.Fatal(err)
	}
	s, err := zmtp.New(typ, zmtp.Options{ID: id, RetryMin: time.Millisecond, Curve: curve})
	if err != nil {
		p.t.Fatal(err)
	}
	p.sockets = append(p.sockets, s)
	if typ == zmtp.Sub {
		s.Subscribe("")
	}
	for _, port := range ports {
		if err := s.Connect(p.f.Endpoint(port)); err != nil {
			p.t.Fatal(err)
		}
	}
	return s
}

func (p *party) send(s *zmtp.Socket, msgType string, content any, routes ...string) {
	p.t.Helper()
	m, err := p.session.New(msgType, nil, nil, content)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := s.Send(p.t.Context(), prefixed(p.session.Frames(m), routes...)...); err != nil {
		p.t.Fatal(err)
	}
}

// receive gives the next message; a test does not wait for ever.
func (p *party) receive(s *zmtp.Socket) *wire.Message {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	in, err := s.Recv(ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	m, err := p.session.Parse(in.Frames)
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

// engineParty registers and answers everything until it is closed.
func engineParty(t *testing.T, file string) *party {
	t.Helper()
	p := newParty(t, file)
	p.serve(true)
	return p
}

// serve registers and answers everything, or nothing, until it is closed.
func (p *party) serve(answers bool) {
	t, id := p.t, p.session.ID()
	t.Helper()
	q := p.connect(zmtp.Dealer, id, p.f.Registration)
	p.send(q, "registration_request", map[string]any{"uuid": id, "kind": "go"})
	if m := p.receive(q); m.Header.MsgType != "registration_reply" {
		t.Fatalf("%s %s", m.Header.MsgType, m.RawContent)
	}
	leaves, err := p.f.BroadcastPorts()
	if err != nil {
		t.Fatal(err)
	}
	shell := p.connect(zmtp.Router, id, p.f.Mux, p.f.Task, leaves[0])
	p.connect(zmtp.Router, id, p.f.Control)
	go func() {
		for {
			in, err := shell.Recv(context.Background())
			if err != nil {
				return
			}
			if !answers {
				continue
			}
			m, err := p.session.Parse(in.Frames)
			if err != nil {
				continue
			}
			r, err := p.session.New(wire.ReplyType(m.Header.MsgType), m, map[string]any{"status": "ok", "engine": id}, map[string]any{"status": "ok"})
			if err != nil {
				return
			}
			r.Routes = m.Routes
			if errors.Is(in.From.Send(p.session.Frames(r)...), zmtp.ErrClosed) {
				return
			}
		}
	}()
}

// clientParty asks for the engines, then listens to notifications.
func clientParty(t *testing.T, file string) (p *party, query, notifications *zmtp.Socket) {
	t.Helper()
	p = newParty(t, file)
	query = p.connect(zmtp.Dealer, "", p.f.Registration)
	p.send(query, "connection_request", nil)
	if m := p.receive(query); m.Header.MsgType != "connection_reply" {
		t.Fatalf("%s %s", m.Header.MsgType, m.RawContent)
	}
	return p, query, p.connect(zmtp.Sub, "", p.f.Notification)
}

func TestTasksOverSockets(t *testing.T) {
	c := begin(t)
	clientFile, engineFile := c.ConnectionFiles()
	for _, name := range []string{clientFile, engineFile} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want mode 0600", name, info, err)
		}
	}
	// The engine registers after the client has asked who is there and, most likely, before it listens.
	client, _, notifications := clientParty(t, clientFile)
	engine := engineParty(t, engineFile)
	if m := client.receive(notifications); m.Header.MsgType != "registration_notification" {
		t.Fatalf("%s %s", m.Header.MsgType, m.RawContent)
	}
	task := client.connect(zmtp.Dealer, "", client.f.Task)
	mux := client.connect(zmtp.Dealer, "", client.f.Mux)
	const n = 200
	for range n {
		client.send(task, "apply_request", nil)
		client.send(mux, "execute_request", nil, engine.session.ID())
	}
	for range n {
		if m := client.receive(task); m.Header.MsgType != "apply_reply" {
			t.Fatalf("%s %s", m.Header.MsgType, m.RawContent)
		}
		if m := client.receive(mux); m.Header.MsgType != "execute_reply" {
			t.Fatalf("%s %s", m.Header.MsgType, m.RawContent)
		}
	}
	engine.close() // all its connections at once, as when a process dies
	for m := client.receive(notifications); m.Header.MsgType != "unregistration_notification"; m = client.receive(notifications) {
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(clientFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the connection file is still there: %v", err)
	}
}

// TestNoEngineIsMissed has clients connect while engines register: each client must hear of each engine, by the answer to its
// first question or by a notification.
func TestNoEngineIsMissed(t *testing.T) {
	c := begin(t)
	clientFile, engineFile := c.ConnectionFiles()
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	for range rounds {
		p := newParty(t, clientFile)
		query := p.connect(zmtp.Dealer, "", p.f.Registration)
		p.send(query, "connection_request", nil)
		engine := engineParty(t, engineFile)
		known := p.receive(query)
		if bytes.Contains(known.RawContent, []byte(engine.session.ID())) {
			engine.close()
			continue
		}
		notifications := p.connect(zmtp.Sub, "", p.f.Notification)
		for m := p.receive(notifications); !bytes.Contains(m.RawContent, []byte(engine.session.ID())); m = p.receive(notifications) {
		}
		engine.close()
		p.close()
	}
}

func TestGarbageOnEveryPort(t *testing.T) {
	c := begin(t)
	clientFile, engineFile := c.ConnectionFiles()
	client, query, _ := clientParty(t, clientFile)
	rubbish := [][]byte{[]byte("GET / HTTP/1.1\r\n\r\n"), bytes.Repeat([]byte{0xff}, 100), {}, append([]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03"), bytes.Repeat([]byte{9}, 200)...)}
	var wg sync.WaitGroup
	for k, port := range c.net.port {
		for _, b := range rubbish {
			wg.Go(func() {
				var d stdnet.Dialer
				nc, err := d.DialContext(t.Context(), "tcp", stdnet.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
				if err != nil {
					t.Errorf("socket %d: %v", k, err)
					return
				}
				_, _ = nc.Write(b) // it may have been closed already
				_ = nc.Close()
			})
		}
		if designs[k].typ == zmtp.Router { // a peer that speaks ZMTP and nothing else
			s := client.connect(zmtp.Dealer, fmt.Sprint("rogue", k), wire.Port(port))
			for _, frames := range [][][]byte{{{}}, {[]byte(wire.Delimiter)}, {[]byte("x"), []byte(wire.Delimiter), {}, {}, {}, {}, {}}, {bytes.Repeat([]byte("{"), 1<<16)}} {
				if err := s.Send(t.Context(), frames...); err != nil {
					t.Error(err)
				}
			}
		}
	}
	wg.Wait()
	engine := engineParty(t, engineFile)
	task := client.connect(zmtp.Dealer, "", client.f.Task)
	client.send(task, "apply_request", nil)
	if m := client.receive(task); m.Header.MsgType != "apply_reply" {
		t.Errorf("%s %s", m.Header.MsgType, m.RawContent)
	}
	client.send(query, "connection_request", nil)
	if m := client.receive(query); !bytes.Contains(m.RawContent, []byte(engine.session.ID())) || bytes.Contains(m.RawContent, []byte("rogue")) {
		t.Errorf("engines %s", m.RawContent)
	}
}

func TestReuse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profile")
	reuse := func(o *Options) { o.ProfileDir, o.Reuse, o.Restore = dir, true, true }
	c := begin(t, reuse)
	clientFile, engineFile := c.ConnectionFiles()
	engine := engineParty(t, engineFile)
	client, _, notifications := clientParty(t, clientFile)
	if m := client.receive(notifications); m.Header.MsgType != "registration_notification" {
		t.Fatalf("%s %s", m.Header.MsgType, m.RawContent)
	}
	before, err := os.ReadFile(clientFile)
	if err != nil {
		t.Fatal(err)
	}
	for { // the table is written a little after the fact
		known, _, err := c.o.loadEngines()
		if err != nil {
			t.Fatal(err)
		}
		if len(known) == 1 {
			break
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the table of engines was not written")
		case <-time.After(time.Millisecond):
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	begin(t, reuse)
	after, err := os.ReadFile(clientFile)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("ports or key are others: %v", err)
	}
	// The engine, which noticed nothing but a lost connection, is back under its id.
	p, query, again := clientParty(t, clientFile)
	for m := p.receive(again); !bytes.Contains(m.RawContent, []byte(engine.session.ID())); m = p.receive(again) {
	}
	task := p.connect(zmtp.Dealer, "", p.f.Task)
	p.send(task, "apply_request", nil)
	p.receive(task)
	p.send(query, "connection_request", nil)
	if m := p.receive(query); !bytes.Contains(m.RawContent, []byte(`"0":"`+engine.session.ID())) {
		t.Errorf("engines %s", m.RawContent)
	}
}

func TestShutdownByRequest(t *testing.T) {
	c := begin(t, func(o *Options) { o.Transport = "ipc"; o.ClusterID = "x" })
	clientFile, _ := c.ConnectionFiles()
	p, query, _ := clientParty(t, clientFile)
	p.send(query, "shutdown_request", nil)
	if m := p.receive(query); m.Header.MsgType != "shutdown_reply" {
		t.Errorf("%s %s", m.Header.MsgType, m.RawContent)
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}
