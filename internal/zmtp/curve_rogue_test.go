package zmtp

import (
	"bytes"
	"context"
	"io"
	"net"
	"runtime"
	"testing"
	"time"
)

// prefixed gives back to a connection what the handshake had read already.
type prefixed struct {
	net.Conn
	head *bytes.Reader
}

func (p *prefixed) Read(b []byte) (int, error) {
	if p.head.Len() > 0 {
		return p.head.Read(b)
	}
	return p.Conn.Read(b)
}

// shakeCurve makes a rogue that has been let in, and what it writes through.
func shakeCurve(t *testing.T, ep string, c *Curve, typ Type) (net.Conn, *writer) {
	t.Helper()
	nc := dialRaw(t, ep)
	h, err := shake(nc, c, typ, "rogue")
	if err != nil {
		t.Fatal(err)
	}
	return &prefixed{nc, bytes.NewReader(h.rest)}, &writer{w: nc, box: h.box, pool: &blocks{}}
}

// What a stranger or a peer that was let in may say to a CURVE server; nobody else is the worse for it.
func TestCurveRogues(t *testing.T) {
	for _, typ := range []Type{Router, Rep, XPub} {
		t.Run(string(typ), func(t *testing.T) { curveRogues(t, typ) })
	}
}

func curveRogues(t *testing.T, typ Type) {
	t.Helper()
	server, client := ends(t)
	o := Options{Curve: server}
	peer := Dealer
	switch typ {
	default:
	case Rep:
		o.Reply = func(m Msg) [][]byte { return m.Frames }
	case XPub:
		peer = Sub
	}
	s := must(t, typ, o)
	ep := bind(t, s)
	if typ == Router {
		go func() {
			for {
				m, err := s.Recv(context.Background())
				if err != nil {
					return
				}
				_ = m.From.Send(m.Frames...) // it may be gone
			}
		}()
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	greet := func(b ...[]byte) []byte { return append(greeting("CURVE", false), bytes.Join(b, nil)...) }
	for name, says := range map[string][]byte{
		"NULL":                hello(string(peer), "x"),
		"a HELLO of zeros":    greet(appendCommand(nil, "HELLO", make([]byte, helloSize))),
		"INITIATE at once":    greet(appendCommand(nil, "INITIATE", make([]byte, initiateSize))),
		"MESSAGE at once":     greet(appendCommand(nil, "MESSAGE", make([]byte, 100))),
		"a thousand PINGs":    greet(bytes.Repeat(appendCommand(nil, "PING", []byte{0, 0}), 1000)),
		"2^62 of HELLO":       greet([]byte{flagCommand | flagLong, 0x40, 0, 0, 0, 0, 0, 0, 0}),
		"an endless greeting": bytes.Repeat([]byte{0xff}, 1<<20),
	} {
		nc := dialRaw(t, ep)
		_, _ = nc.Write(says) // may be cut short
		thrownOut(t, name, nc)
		served(t, ep, s)
	}
	for name, say := range map[string]func(nc net.Conn, w *writer){
		"a clear message":      func(nc net.Conn, _ *writer) { _, _ = nc.Write(wireMessage([]byte("x"))) },
		"2^62 announced":       func(nc net.Conn, _ *writer) { _, _ = nc.Write([]byte{flagLong, 0x40, 0, 0, 0, 0, 0, 0, 0}) },
		"a command too long":   func(_ net.Conn, w *writer) { _ = w.command("X", make([]byte, 65<<10)); _ = w.flush() },
		"a million frames":     func(_ net.Conn, w *writer) { _ = w.message(make([][]byte, 70_000)); _ = w.flush() },
		"PING without TTL":     func(_ net.Conn, w *writer) { _ = w.command("PING", nil); _ = w.flush() },
		"a command of nothing": func(_ net.Conn, w *writer) { _ = w.sealed(flagCommand, nil); _ = w.flush() },
	} {
		nc, w := shakeCurve(t, ep, client, peer)
		go say(nc, w)
		thrownOut(t, name, nc)
		served(t, ep, s)
	}
	_, w := shakeCurve(t, ep, client, peer) // and one that floods without reading
	go func() {
		for range 20_000 {
			if w.command("PING", []byte("\x00\x00x")) != nil || w.message(frames("", "\x01topic")) != nil {
				return
			}
		}
	}()
	served(t, ep, s)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("%d MiB more in use", grown>>20)
	}
}

// thrownOut waits until the other side has closed.
func thrownOut(t *testing.T, name string, nc net.Conn) {
	t.Helper()
	_ = nc.SetReadDeadline(time.Now().Add(15 * time.Second))
	if _, err := io.Copy(io.Discard, nc); err != nil && isTimeout(err) {
		t.Errorf("%s: the connection is still there", name)
	}
}
