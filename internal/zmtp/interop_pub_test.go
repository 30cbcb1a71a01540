package zmtp

import (
	"context"
	"strings"
	"time"
)

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
