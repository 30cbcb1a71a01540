package zmtp

import (
	"context"
	"hash/crc32"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
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
