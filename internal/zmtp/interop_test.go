package zmtp

import (
	"bytes"
	"context"
	"hash/crc32"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// interop is a test against libzmq.
type interop struct {
	*libzmq
	t *testing.T
}

// TestInterop is every socket pair against libzmq, both ways.
func TestInterop(t *testing.T) {
	z := startLibzmq(t)
	for _, c := range []struct {
		name string
		f    func(z *interop)
	}{
		{"ROUTER bound, DEALER", routerDealer},
		{"DEALER, ROUTER bound", dealerRouter},
		{"ROUTER and ROUTER", routerRouter},
		{"DEALER and DEALER", dealerDealer},
		{"REP bound, REQ", repReq},
		{"DEALER, REP bound", dealerRep},
		{"PUB bound, SUB", pubSub},
		{"PUB, SUB bound", pubSubBound},
		{"SUB, XPUB and PUB", subPub},
		{"XPUB welcomes SUB", xpubSub},
		{"identities", identities},
		{"heartbeats", heartbeats},
		{"PING inside a slow message", pingInside},
		{"server later than client", serverLater},
		{"ipc", overIPC},
		{"sizes", sizesBothWays},
		{"linger", lingerToLibzmq},
	} {
		t.Run(c.name, func(t *testing.T) { c.f(&interop{z, t}) })
	}
}

// echoing returns where a socket is bound that sends all back.
func echoing(t *testing.T) (ep string) {
	t.Helper()
	s := must(t, Router, Options{})
	go func() {
		for {
			m, err := s.Recv(context.Background())
			if err != nil {
				return
			}
			_ = m.From.Send(m.Frames...) // the test hears
		}
	}()
	return bind(t, s)
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func send(t *testing.T, s *Socket, fs ...string) {
	t.Helper()
	if err := s.Send(within(t), frames(fs...)...); err != nil {
		t.Fatal(err)
	}
}

func sendTo(t *testing.T, s *Socket, id string, fs ...string) {
	t.Helper()
	if err := s.SendTo(id, frames(fs...)...); err != nil {
		t.Fatal(err)
	}
}

func routerDealer(z *interop) {
	t := z.t
	ep := echoing(t)
	d := z.connected(t, "DEALER", ep, nil)
	m := []any{"", 300, "b", "", 70000, 255, 256, ""}
	d.send(t, m...)
	got := d.do(t, "recv", nil).Frames
	if len(got) != len(m) {
		t.Fatal(got)
	}
	for i, x := range m {
		want := []byte{}
		switch x := x.(type) {
		case int:
			want = pattern(x)
		case string:
			want = []byte(x)
		}
		if got[i].N != len(want) || got[i].CRC != crc32.ChecksumIEEE(want) {
			t.Errorf("frame %d: %+v", i, got[i])
		}
	}
}

func dealerRouter(z *interop) {
	t := z.t
	r := z.bound(t, "ROUTER", nil)
	d := must(t, Dealer, Options{ID: "eng-7"})
	connect(t, d, r.addr)
	send(t, d, "x", "y")
	expect(t, r.recv(t), "eng-7|x|y")
	r.send(t, "eng-7", "back")
	expect(t, text(recv(t, d).Frames), "back")
	nameless := must(t, Dealer, Options{})
	connect(t, nameless, r.addr)
	send(t, nameless, "x")
	if f := r.do(t, "recv", nil).Frames; len(f) != 2 || f[0].N != 5 || f[0].Text[0] != 0 {
		t.Errorf("libzmq invented %+v", f)
	}
}

func routerRouter(z *interop) {
	t := z.t
	var log diary
	r := must(t, Router, Options{ID: "engine", OnEvent: log.note}) // an engine's shell
	s := z.bound(t, "ROUTER", ask{"IDENTITY": "sched", "ROUTER_MANDATORY": 1})
	connect(t, r, s.addr)
	log.wait(t, Connected, 1)
	sendTo(t, r, "sched", "first") // libzmq knows us for sure when it has this
	expect(t, s.recv(t), "engine|first")
	s.send(t, "engine", "cli", "task")
	m := recv(t, r)
	expect(t, m.From.ID+"|"+text(m.Frames), "sched|cli|task")

	var log2 diary
	r = must(t, Router, Options{ID: "sched", OnEvent: log2.note})
	s = z.connected(t, "ROUTER", bind(t, r), ask{"IDENTITY": "engine"})
	log2.wait(t, Connected, 1)
	sendTo(t, r, "engine", "cli", "task")
	expect(t, s.recv(t), "sched|cli|task")
	s.send(t, "sched", "cli", "result")
	m = recv(t, r)
	expect(t, m.From.ID+"|"+text(m.Frames), "engine|cli|result")
}

func dealerDealer(z *interop) {
	t := z.t
	var log diary
	d := must(t, Dealer, Options{OnEvent: log.note})
	ep := bind(t, d)
	a, b := z.connected(t, "DEALER", ep, nil), z.connected(t, "DEALER", ep, nil)
	log.wait(t, Connected, 2)
	for range 4 { // dealt, not copied
		send(t, d, "m")
	}
	for _, s := range []*zsock{a, b} {
		expect(t, s.recv(t)+s.recv(t), "mm")
	}
	a.send(t, "up")
	expect(t, text(recv(t, d).Frames), "up")
}

func repReq(z *interop) {
	t := z.t
	r := must(t, Rep, Options{Reply: func(m Msg) [][]byte { return m.Frames }})
	ep := bind(t, r)
	z.connected(t, "DEALER", ep, nil).send(t, "no delimiter")
	q := z.connected(t, "REQ", ep, nil)
	for _, m := range [][]any{{"ping"}, {""}, {"a", "", "b"}} {
		q.send(t, m...)
		want := ""
		for i, f := range m {
			if i > 0 {
				want += "|"
			}
			want += f.(string)
		}
		expect(t, q.recv(t), want)
	}
}

func dealerRep(z *interop) { // the heartbeat of a kernel's client
	t := z.t
	r := z.bound(t, "REP", nil)
	d := must(t, Dealer, Options{})
	connect(t, d, r.addr)
	send(t, d, "", "ping")
	expect(t, tell(r.do(t, "echo", nil).Frames), "ping")
	expect(t, text(recv(t, d).Frames), "|ping")
}

func pubSub(z *interop) {
	t := z.t
	var log diary
	p := must(t, Pub, Options{OnEvent: log.note})
	s := z.open(t, ask{"type": "SUB", "connect": bind(t, p), "sub": []string{"kernel."}})
	log.wait(t, Subscribed, 1)
	p.Publish(frames("other", "1")...)
	p.Publish(frames("kernel.x", "2")...)
	expect(t, s.recv(t), "kernel.x|2")
	s.do(t, "sub", ask{"topic": "b"})
	log.wait(t, Subscribed, 2)
	s.do(t, "unsub", ask{"topic": "kernel."})
	log.wait(t, Unsubscribed, 1)
	p.Publish(frames("kernel.x", "3")...)
	p.Publish(frames("b", "4")...)
	expect(t, s.recv(t), "b|4")
}

func pubSubBound(z *interop) { // an engine's iopub
	t := z.t
	s := z.open(t, ask{"type": "SUB", "bind": "tcp://127.0.0.1:*", "sub": []string{""}})
	var log diary
	p := must(t, XPub, Options{OnEvent: log.note})
	connect(t, p, s.addr)
	// libzmq sends a bound socket's subscriptions when its thread next enters the socket.
	for len(log.of(Subscribed)) == 0 {
		z.try(t, ask{"op": "recv", "name": s.name, "ms": 10})
	}
	p.Publish(frames("engine.0", "x")...)
	expect(t, s.recv(t), "engine.0|x")
}

func subPub(z *interop) {
	t := z.t
	x := z.bound(t, "XPUB", ask{"XPUB_WELCOME_MSG": "WELCOME"})
	s := must(t, Sub, Options{})
	s.Subscribe("k")
	s.Subscribe("WEL")
	connect(t, s, x.addr)
	got := []string{x.recv(t), x.recv(t)}
	if strings.Join(got, " ") != "\x01k \x01WEL" && strings.Join(got, " ") != "\x01WEL \x01k" {
		t.Fatalf("%q", got)
	}
	expect(t, text(recv(t, s).Frames), "WELCOME")
	x.send(t, "no", "1")
	x.send(t, "kk", "2")
	expect(t, text(recv(t, s).Frames), "kk|2")
	s.Subscribe("no")
	s.Subscribe("no")
	s.Unsubscribe("no")
	expect(t, x.recv(t), "\x01no")
	s.Unsubscribe("k")
	expect(t, x.recv(t), "\x00k")
	x.send(t, "kk", "3")
	x.send(t, "no", "4")
	expect(t, text(recv(t, s).Frames), "no|4")
	s.Unsubscribe("no")
	expect(t, x.recv(t), "\x00no")

	b := must(t, Sub, Options{})
	b.Subscribe("")
	p := z.connected(t, "PUB", bind(t, b), nil)
	for { // a PUB does not say when it has heard
		p.send(t, "a", "b")
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		m, err := b.Recv(ctx)
		cancel()
		if err == nil {
			expect(t, text(m.Frames), "a|b")
			break
		}
	}
}

func xpubSub(z *interop) {
	t := z.t
	var log diary
	p := must(t, XPub, Options{OnEvent: log.note, Welcome: func(topic string) [][]byte { return frames("welcome", topic) }})
	ep := bind(t, p)
	for range 2 {
		s := z.open(t, ask{"type": "SUB", "connect": ep, "sub": []string{""}})
		expect(t, s.recv(t), "welcome|")
		s.do(t, "sub", ask{"topic": "more"})
		expect(t, s.recv(t), "welcome|more")
	}
	x := z.connected(t, "XSUB", ep, nil)
	x.send(t, "\x01welcome")
	expect(t, x.recv(t), "welcome|welcome")
	if n := len(log.wait(t, Subscribed, 5)); n != 5 {
		t.Errorf("%d subscriptions", n)
	}
}

func identities(z *interop) {
	t := z.t
	for _, handover := range []bool{true, false} {
		var log diary
		r := must(t, Router, Options{Handover: handover, OnEvent: log.note})
		ep := bind(t, r)
		o := ask{"IDENTITY": "E", "RECONNECT_IVL": -1}
		a := z.connected(t, "DEALER", ep, o)
		log.wait(t, Connected, 1)
		b := z.connected(t, "DEALER", ep, o)
		if handover {
			log.wait(t, Connected, 2)
			a = b
		} else {
			log.wait(t, Rejected, 1)
		}
		sendTo(t, r, "E", "x")
		expect(t, a.recv(t), "x")
	}
	var log diary
	r := must(t, Router, Options{OnEvent: log.note})
	ep := bind(t, r)
	z.connected(t, "DEALER", ep, nil)
	z.connected(t, "DEALER", ep, nil)
	es := log.wait(t, Connected, 2)
	if a, b := es[0].Peer.ID, es[1].Peer.ID; a == b || len(a) != 5 || a[0] != 0 {
		t.Errorf("%q, %q", a, b)
	}
}

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
	z.try(t, ask{"op": "recv", "name": socks[0].name, "ms": 400}) // twenty beats go by
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
		for range 20 {
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

func serverLater(z *interop) {
	t := z.t
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ep := "tcp://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var log diary
	d := must(t, Dealer, quick(Options{OnEvent: log.note}))
	connect(t, d, ep)
	send(t, d, "early")
	log.wait(t, Retrying, 3)
	r := z.open(t, ask{"type": "ROUTER", "bind": ep})
	if m := r.recv(t); !strings.HasSuffix(m, "|early") {
		t.Error(m)
	}
}

func overIPC(z *interop) {
	t := z.t
	eps := []string{"ipc://" + filepath.Join(t.TempDir(), "s")}
	if runtime.GOOS == "linux" {
		eps = append(eps, "ipc://@gale-interop-"+filepath.Base(filepath.Dir(t.TempDir())))
	}
	for _, ep := range eps {
		r := must(t, Rep, Options{Reply: func(m Msg) [][]byte { return m.Frames }})
		if _, err := r.Bind(ep); err != nil {
			t.Fatal(err)
		}
		q := z.connected(t, "REQ", ep, nil)
		q.send(t, "over ipc")
		expect(t, q.recv(t), "over ipc")
	}
	s := z.open(t, ask{"type": "REP", "bind": "ipc://" + filepath.Join(t.TempDir(), "z")})
	d := must(t, Dealer, Options{})
	connect(t, d, s.addr)
	send(t, d, "", "x")
	s.do(t, "echo", nil)
	expect(t, text(recv(t, d).Frames), "|x")
}

func sizesBothWays(z *interop) {
	t := z.t
	big := 256 << 20
	if testing.Short() {
		big = 20 << 20
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
