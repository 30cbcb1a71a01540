package controller

import (
	"io"
	stdnet "net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// cable carries connections to a port until it is cut: then it carries nothing more, and tells nobody, as when a machine loses its power.
type cable struct {
	t   *testing.T
	cut chan struct{}
	all sync.WaitGroup
}

// through gives a port that leads to a port.
func (c *cable) through(to wire.Port) wire.Port {
	c.t.Helper()
	l, err := (&stdnet.ListenConfig{}).Listen(c.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = l.Close() })
	c.all.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := (&stdnet.Dialer{}).DialContext(c.t.Context(), "tcp", "127.0.0.1:"+strconv.Itoa(int(to)))
			if err != nil {
				c.t.Error(err)
				return
			}
			c.t.Cleanup(func() { _, _ = near.Close(), far.Close() })
			c.all.Go(func() { c.carry(near, far) })
			c.all.Go(func() { c.carry(far, near) })
		}
	})
	addr, ok := l.Addr().(*stdnet.TCPAddr)
	if !ok {
		c.t.Fatal("no TCP")
	}
	return wire.Port(addr.Port)
}

func (c *cable) carry(to io.Writer, from io.Reader) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		select {
		case <-c.cut:
			return
		default:
		}
		if err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// An engine whose machine is gone is noticed although nothing closes its connections, and its task is answered.
func TestHalfOpenEngineIsNoticed(t *testing.T) {
	c := begin(t, func(o *Options) { o.Watch = 300 * time.Millisecond })
	clientFile, engineFile := c.ConnectionFiles()
	client, _, notifications := clientParty(t, clientFile)
	line := &cable{t: t, cut: make(chan struct{})}
	p := newParty(t, engineFile)
	for _, port := range []*wire.Port{&p.f.Registration, &p.f.Mux, &p.f.Task, &p.f.Control} {
		*port = line.through(*port)
	}
	leaves, err := p.f.BroadcastPorts()
	if err != nil {
		t.Fatal(err)
	}
	p.f.Broadcast = []byte("[" + strconv.Itoa(int(line.through(leaves[0]))) + "]")
	p.serve(false)
	if m := client.receive(notifications); m.Header.MsgType != "registration_notification" {
		t.Fatalf("%s %s", m.Header.MsgType, m.RawContent)
	}
	task := client.connect(zmtp.Dealer, "", client.f.Task)
	client.send(task, "apply_request", nil)
	for r := (Report{}); r.Running == 0; { // the engine has it
		if r, err = c.Report(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	close(line.cut)
	if m := client.receive(notifications); m.Header.MsgType != "unregistration_notification" {
		t.Fatalf("%s %s", m.Header.MsgType, m.RawContent)
	}
	if m := client.receive(task); m.Header.MsgType != "apply_reply" {
		t.Fatalf("%s %s", m.Header.MsgType, m.RawContent)
	}
}
