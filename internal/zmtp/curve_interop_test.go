package zmtp

import (
	"maps"
	"strings"
	"testing"
	"time"
)

// TestCurveInterop is CURVE against libzmq, both roles.
func TestCurveInterop(t *testing.T) {
	z := startLibzmq(t)
	for _, c := range []struct {
		name string
		f    func(z *interop)
	}{
		{"server ROUTER", curveRouter},
		{"client DEALER", curveDealer},
		{"server REP", curveRep},
		{"server XPUB", curveXPub},
		{"client SUB", curveSub},
		{"server connects, client binds", curveBackwards},
		{"heartbeats", curveHeartbeats},
		{"refusals of ours", curveWeRefuse},
		{"refusals of theirs", curveTheyRefuse},
		{"a kernel's client", curveJupyter},
	} {
		t.Run(c.name, func(t *testing.T) { c.f(&interop{z, t}) })
	}
}

// asServer and asClient are libzmq's options.
func asServer(c *Curve, more ask) ask {
	o := ask{"CURVE_SERVER": 1, "CURVE_SECRETKEY": c.Keys.Secret.Z85()} // as ipyparallel: libzmq finds the public key
	maps.Copy(o, more)
	return o
}

func asClient(c *Curve, more ask) ask {
	o := ask{"CURVE_SERVERKEY": c.Server.Z85(), "CURVE_PUBLICKEY": c.Keys.Public.Z85(), "CURVE_SECRETKEY": c.Keys.Secret.Z85()}
	maps.Copy(o, more)
	return o
}

var curveSizes = []int{0, 1, 222, 223, 255, 256, copyFrame, arenaFrame - 1, arenaFrame, arenaFrame + 1, 1 << 20, 5_000_000}

func curveRouter(z *interop) {
	t := z.t
	server, client := ends(t)
	server.Allow = AllowKeys(client.Keys.Public)
	r := must(t, Router, Options{Curve: server})
	d := z.connected(t, "DEALER", bind(t, r), asClient(client, ask{"IDENTITY": "E"}))
	for _, n := range curveSizes {
		d.send(t, "a", n, "")
		m := recv(t, r)
		if m.From.ID != "E" || m.From.Key != client.Keys.Public || len(m.Frames) != 3 || string(m.Frames[1]) != string(pattern(n)) {
			t.Fatalf("%d bytes: %d frames from %q", n, len(m.Frames), m.From.ID)
		}
		if err := m.From.Send(m.Frames...); err != nil {
			t.Fatal(err)
		}
		if got := d.do(t, "recv", nil).Frames; len(got) != 3 || got[1].N != n {
			t.Fatalf("%d bytes: %v came back", n, got)
		}
	}
}

func curveDealer(z *interop) {
	t := z.t
	server, client := ends(t)
	r := z.bound(t, "ROUTER", asServer(server, nil))
	d := must(t, Dealer, Options{ID: "E", Curve: client})
	connect(t, d, r.addr)
	for _, n := range curveSizes {
		if err := d.Send(within(t), []byte("a"), pattern(n), nil); err != nil {
			t.Fatal(err)
		}
		if got := r.do(t, "echo", nil).Frames; len(got) != 4 || got[0].Text != "E" || got[2].N != n {
			t.Fatalf("%d bytes: %v", n, got)
		}
		if got := recv(t, d).Frames; len(got) != 3 || string(got[1]) != string(pattern(n)) {
			t.Fatalf("%d bytes: %d frames came back", n, len(got))
		}
	}
}

func curveRep(z *interop) {
	t := z.t
	server, client := ends(t)
	r := must(t, Rep, Options{Curve: server, Reply: func(m Msg) [][]byte { return m.Frames }})
	q := z.connected(t, "REQ", bind(t, r), asClient(client, nil))
	q.send(t, "ping")
	expect(t, q.recv(t), "ping")
}

func curveXPub(z *interop) {
	t := z.t
	server, client := ends(t)
	var log diary
	p := must(t, XPub, Options{Curve: server, OnEvent: log.note, Welcome: func(topic string) [][]byte { return frames("welcome", topic) }})
	s := z.open(t, ask{"type": "SUB", "connect": bind(t, p), "sub": []string{""}, "opts": asClient(client, nil)})
	expect(t, s.recv(t), "welcome|")
	p.Publish([]byte("k"), []byte("1"))
	expect(t, s.recv(t), "k|1")
	s.do(t, "unsub", ask{"topic": ""})
	log.wait(t, Unsubscribed, 1)
}

func curveSub(z *interop) {
	t := z.t
	server, client := ends(t)
	p := z.bound(t, "XPUB", asServer(server, nil))
	s := must(t, Sub, Options{Curve: client})
	s.Subscribe("k")
	connect(t, s, p.addr)
	expect(t, p.recv(t), "\x01k")
	p.send(t, "k", "1")
	expect(t, text(recv(t, s).Frames), "k|1")
}

// The role does not follow bind and connect.
func curveBackwards(z *interop) {
	t := z.t
	server, client := ends(t)
	d := z.bound(t, "DEALER", asClient(client, nil))
	r := must(t, Router, Options{Curve: server, ID: "us"})
	connect(t, r, d.addr)
	d.send(t, "x")
	expect(t, text(recv(t, r).Frames), "x")
}

func curveHeartbeats(z *interop) {
	t := z.t
	server, client := ends(t)
	var log diary
	r := must(t, Router, Options{Curve: server, OnEvent: log.note, Heartbeat: 20 * time.Millisecond, HBTimeout: 10 * time.Second})
	d := z.connected(t, "DEALER", bind(t, r), asClient(client, ask{"IDENTITY": "E", "HEARTBEAT_IVL": 20, "HEARTBEAT_TIMEOUT": 10000}))
	p := log.wait(t, Connected, 1)[0].Peer
	for range 20 {
		d.send(t, "x")
		recv(t, r)
		z.try(t, ask{"op": "recv", "name": d.name, "ms": 20}) // beats go by
	}
	if at := p.live.ping.Load(); at != 0 && now()-at > int64(5*time.Second) {
		t.Error("libzmq did not answer our PING")
	}
	if es := log.of(Disconnected); len(es) != 0 {
		t.Error(es)
	}
	if n := d.do(t, "dropped", nil).N; n != 0 {
		t.Errorf("libzmq dropped us %d times", n)
	}
}

func curveWeRefuse(z *interop) {
	t := z.t
	server, client := ends(t)
	server.Allow = AllowKeys(client.Keys.Public)
	var log diary
	r := must(t, Router, Options{Curve: server, OnEvent: log.note})
	ep := bind(t, r)
	null := must(t, Router, Options{OnEvent: log.note})
	nullEP := bind(t, null)
	for _, c := range []struct {
		ep   string
		opts ask
	}{
		{ep, asClient(&Curve{Keys: newPair(t), Server: server.Keys.Public}, nil)}, // not allowed
		{ep, asClient(&Curve{Keys: client.Keys, Server: newPair(t).Public}, nil)}, // wrong server key
		{ep, nil},                       // NULL
		{nullEP, asClient(client, nil)}, // CURVE at a socket without it
		{ep, asServer(&Curve{Keys: newPair(t)}, ask{"HANDSHAKE_IVL": 200})}, // a server at a server's socket
	} {
		before := len(log.of(Rejected))
		z.connected(t, "DEALER", c.ep, c.opts)
		log.wait(t, Rejected, before+1)
	}
	if n := len(log.of(Connected)); n != 0 {
		t.Fatalf("%d let in", n)
	}
	d := z.connected(t, "DEALER", ep, asClient(client, nil))
	d.send(t, "good")
	expect(t, text(recv(t, r).Frames), "good")
}

func curveTheyRefuse(z *interop) {
	t := z.t
	server, client := ends(t)
	s := z.bound(t, "ROUTER", asServer(server, nil))
	null := z.bound(t, "ROUTER", nil)
	for name, c := range map[string]struct {
		ep    string
		curve *Curve
	}{
		"wrong server key":  {s.addr, &Curve{Keys: client.Keys, Server: newPair(t).Public}},
		"NULL":              {s.addr, nil},
		"CURVE at NULL":     {null.addr, client},
		"stolen public key": {s.addr, &Curve{Keys: KeyPair{client.Keys.Public, newPair(t).Secret}, Server: server.Keys.Public}},
	} {
		var log diary
		d := must(t, Dealer, quick(Options{Curve: c.curve, OnEvent: log.note}))
		connect(t, d, c.ep)
		log.wait(t, Rejected, 2)
		_ = d.Close(0)
		if len(log.of(Connected)) != 0 {
			t.Errorf("%s: let in", name)
		}
	}
	d := must(t, Dealer, Options{Curve: client})
	connect(t, d, s.addr)
	send(t, d, "good")
	if m := s.recv(t); !strings.HasSuffix(m, "|good") {
		t.Errorf("%q", m)
	}
}

// curveJupyter is what jupyter_client does: its sockets have the kernel's own pair, its heartbeat one for the moment.
func curveJupyter(z *interop) {
	t := z.t
	server := &Curve{Keys: newPair(t)}
	r := must(t, Router, Options{Curve: server, Handover: true})
	hb := must(t, Rep, Options{Curve: server, Reply: func(m Msg) [][]byte { return m.Frames }})
	shell := z.connected(t, "DEALER", bind(t, r), asClient(&Curve{Keys: server.Keys, Server: server.Keys.Public}, ask{"IDENTITY": "session"}))
	beat := z.connected(t, "REQ", bind(t, hb), asClient(&Curve{Keys: newPair(t), Server: server.Keys.Public}, nil))
	shell.send(t, "execute")
	expect(t, text(recv(t, r).Frames), "execute")
	sendTo(t, r, "session", "reply")
	expect(t, shell.recv(t), "reply")
	beat.send(t, "ping")
	expect(t, beat.recv(t), "ping")
}
