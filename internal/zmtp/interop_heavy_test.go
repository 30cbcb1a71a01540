package zmtp

import (
	"bytes"
	"context"
	"hash/crc32"
	"io"
	"net"
	"testing"
	"time"
)

// heartbeats on either side: libzmq's and ours, with nothing else on the line, for some beats.
func heartbeats(z *interop) {
	t := z.t
	var log diary
	count := func(o Options) Options { o.OnEvent = log.note; return o }
	beat := ask{"HEARTBEAT_IVL": 20, "HEARTBEAT_TIMEOUT": 10000, "HEARTBEAT_TTL": 10000}
	r := must(t, Router, count(Options{}))
	p := must(t, Pub, count(Options{}))
	ours := must(t, Router, count(Options{Heartbeat: 20 * time.Millisecond, HBTimeout: 10 * time.Second}))
	socks := []*zsock{
		z.connected(t, "DEALER", bind(t, r), beat),
		z.open(t, ask{"type": "SUB", "connect": bind(t, p), "sub": []string{""}, "opts": beat}),
		z.connected(t, "DEALER", bind(t, ours), nil),
		z.connected(t, "DEALER", bind(t, ours), beat),
	}
	log.wait(t, Connected, 4)
	z.try(t, ask{"op": "recv", "name": socks[0].name, "ms": 200}) // ten beats go by
	for _, s := range socks {
		if n := s.do(t, "dropped", nil).N; n != 0 {
			t.Errorf("%s lost its connection", s.name)
		}
	}
	if es := log.of(Disconnected); len(es) != 0 {
		t.Error(es)
	}
	if len(r.in.c) != 0 {
		t.Error("a PING reached the application")
	}
	for _, x := range ours.Peers() {
		if x.live.ping.Load() != 0 && now()-x.live.ping.Load() > int64(5*time.Second) {
			t.Error("libzmq did not answer our PING")
		}
	}
}

// slow relays one connection at some bytes per second; what the client said is in said when relayed is closed.
func slow(t *testing.T, ep string, perSecond int, said *bytes.Buffer) (via string, relayed chan struct{}) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	relayed = make(chan struct{})
	go func() {
		defer close(relayed)
		a, err := l.Accept()
		if err != nil {
			return
		}
		var d net.Dialer
		b, err := d.DialContext(context.Background(), "tcp", ep[len("tcp://"):])
		if err != nil {
			_ = a.Close()
			return
		}
		_ = a.(*net.TCPConn).SetReadBuffer(16 << 10)
		go func() { _, _ = io.Copy(a, b); _ = a.Close() }()
		pause := func(n int) { time.Sleep(time.Duration(n) * time.Second / time.Duration(perSecond)) }
		_, _ = io.Copy(b, io.TeeReader(&paced{a, pause}, said))
		_ = b.Close()
	}()
	return "tcp://" + l.Addr().String(), relayed
}

func pingInside(z *interop) {
	t := z.t
	ep := echoing(t)
	var said bytes.Buffer
	via, relayed := slow(t, ep, 20e6, &said)
	t.Run("message", func(t *testing.T) { // its end closes the socket
		d := z.connected(t, "DEALER", via, ask{"HEARTBEAT_IVL": 10, "HEARTBEAT_TIMEOUT": 60000, "SNDBUF": 16 << 10, "RECONNECT_IVL": -1})
		var m []any
		for range 10 {
			m = append(m, 200000)
		}
		d.send(t, m...)
		got := d.do(t, "recv", nil).Frames
		want := crc32.ChecksumIEEE(pattern(200000))
		for _, f := range got {
			if f.CRC != want {
				t.Fatal("a frame is damaged")
			}
		}
		if len(got) != len(m) {
			t.Fatalf("%d frames of %d", len(got), len(m))
		}
	})
	<-relayed
	inside := 0
	for r := readerOf(said.Bytes()[greetingSize:], defaultLimits()); ; {
		m, _, err := r.next()
		if err != nil || m != nil {
			break
		}
		if r.open {
			inside++
		}
	}
	if inside == 0 {
		t.Error("libzmq put no PING inside the message: this tested nothing")
	}
}

func sizesBothWays(z *interop) {
	t := z.t
	big := 256 << 20
	if testing.Short() {
		big = 5 << 20
	}
	ep := echoing(t)
	d := z.connected(t, "DEALER", ep, nil)
	d.send(t, big)
	if f := d.do(t, "recv", nil).Frames; len(f) != 1 || f[0].N != big || f[0].CRC != crc32.ChecksumIEEE(pattern(big)) {
		t.Error(f)
	}
	var many []any
	for i := range 1000 {
		many = append(many, i%700)
	}
	d.send(t, many...)
	f := d.do(t, "recv", nil).Frames
	if len(f) != len(many) {
		t.Fatalf("%d frames", len(f))
	}
	for i := range f {
		if f[i].CRC != crc32.ChecksumIEEE(pattern(i%700)) {
			t.Fatalf("frame %d differs", i)
		}
	}
	r := z.bound(t, "ROUTER", nil)
	c := must(t, Dealer, Options{})
	connect(t, c, r.addr)
	for _, n := range []int{0, 255, 256, 8191, 8192, 8193, 1 << 20} {
		if err := c.Send(within(t), pattern(n), pattern(n)); err != nil {
			t.Fatal(err)
		}
		r.do(t, "echo", nil)
		if m := recv(t, c).Frames; len(m) != 2 || !bytes.Equal(m[0], pattern(n)) || !bytes.Equal(m[1], pattern(n)) {
			t.Fatalf("%d bytes differ", n)
		}
	}
}

func lingerToLibzmq(z *interop) {
	t := z.t
	var log diary
	p := must(t, Pub, Options{OnEvent: log.note})
	s := z.open(t, ask{"type": "SUB", "connect": bind(t, p), "sub": []string{""}, "opts": ask{"RECONNECT_IVL": -1}})
	log.wait(t, Subscribed, 1)
	for range 900 {
		p.Publish(make([]byte, 2000))
	}
	_ = p.Close(long)
	if n := s.do(t, "drain", ask{"n": 900}).N; n != 900 {
		t.Errorf("%d of 900", n)
	}
	r := must(t, Router, Options{RecvQueue: 1, OnEvent: log.note})
	d := z.connected(t, "DEALER", bind(t, r), ask{"IDENTITY": "A", "RECONNECT_IVL": -1})
	log.wait(t, Connected, 2)
	for range 500 {
		d.send(t, 1000) // nobody takes these
	}
	for range 200 {
		sendTo(t, r, "A", "x")
	}
	_ = r.Close(long)
	if n := d.do(t, "drain", ask{"n": 200}).N; n != 200 {
		t.Errorf("%d of 200", n)
	}
}
