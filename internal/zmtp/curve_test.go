package zmtp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// ends is a CURVE server's options and a client's of it.
func ends(tb testing.TB) (server, client *Curve) {
	tb.Helper()
	server, client = &Curve{Keys: newPair(tb)}, &Curve{Keys: newPair(tb)}
	client.Server = server.Keys.Public
	return server, client
}

// met is how a handshake ended on both sides.
type met struct {
	server, client       *shaken
	serverErr, clientErr error
}

// meet lets two mechanisms shake hands over a connection that change may alter, chunk by chunk, from either side.
func meet(tb testing.TB, server, client mechanism, change func(fromClient bool, b []byte) []byte) (m met) {
	tb.Helper()
	if change == nil {
		change = func(_ bool, b []byte) []byte { return b }
	}
	a, a2 := net.Pipe()
	b2, b := net.Pipe()
	var one sync.Mutex // change is asked about one chunk at a time
	relay := func(to, from net.Conn, fromClient bool) {
		for {
			chunk := make([]byte, 16<<10)
			n, err := from.Read(chunk)
			if n > 0 {
				one.Lock()
				chunk = change(fromClient, chunk[:n])
				one.Unlock()
				if _, werr := to.Write(chunk); werr != nil {
					err = werr
				}
			}
			if err != nil {
				_, _ = to.Close(), from.Close()
				return
			}
		}
	}
	go relay(a2, b2, true)
	go relay(b2, a2, false)
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.client, m.clientErr = shake(b, client, Dealer, "client")
		if m.clientErr != nil {
			_ = b.Close()
		}
	}()
	m.server, m.serverErr = shake(a, server, Router, "server")
	if m.serverErr != nil {
		_ = a.Close()
	}
	<-done
	_, _ = a.Close(), b.Close()
	return m
}

func TestCurveHandshake(t *testing.T) {
	server, client := ends(t)
	m := meet(t, server, client, nil)
	if m.serverErr != nil || m.clientErr != nil {
		t.Fatal(m.serverErr, m.clientErr)
	}
	if m.server.id != "client" || m.client.id != "server" || m.server.key != client.Keys.Public || m.client.key != server.Keys.Public {
		t.Errorf("%+v, %+v", m.server, m.client)
	}
	for _, d := range [][2]*sealed{{m.server.box, m.client.box}, {m.client.box, m.server.box}} {
		for _, size := range []int{0, 1, copyFrame, copyFrame + 1, 1 << 20} {
			f := bytes.Repeat([]byte{7}, size)
			flags, plain, err := d[1].open(nil, d[0].seal(nil, flagMore, f, nil))
			if err != nil || flags != flagMore || !bytes.Equal(plain[1:], f) {
				t.Errorf("%d bytes: flags %d, %d bytes, %v", size, flags, len(plain)-1, err)
			}
		}
	}
	if m.server.box.key == meet(t, server, client, nil).server.box.key {
		t.Error("two connections have one key")
	}
}

func TestCurveRefuses(t *testing.T) {
	server, client := ends(t)
	stranger := newPair(t)
	thief := &Curve{Keys: KeyPair{Public: client.Keys.Public, Secret: stranger.Secret}, Server: server.Keys.Public}
	for name, c := range map[string]struct {
		server, client mechanism
		want           error // of the server
	}{
		"wrong server key":         {server, &Curve{Keys: client.Keys, Server: stranger.Public}, ErrRefused},
		"not allowed":              {&Curve{Keys: server.Keys, Allow: AllowKeys(stranger.Public)}, client, ErrRefused},
		"nobody allowed":           {&Curve{Keys: server.Keys, Allow: AllowKeys()}, client, ErrRefused},
		"allowed":                  {&Curve{Keys: server.Keys, Allow: AllowKeys(stranger.Public, client.Keys.Public)}, client, nil},
		"keys of the server's own": {server, &Curve{Keys: server.Keys, Server: server.Keys.Public}, nil},
		"stolen public key":        {&Curve{Keys: server.Keys, Allow: AllowKeys(client.Keys.Public)}, thief, ErrRefused},
		"server key of low order":  {server, &Curve{Keys: client.Keys, Server: Key{1}}, io.ErrUnexpectedEOF},
		"NULL client":              {server, null{}, ErrProtocol},
		"NULL server":              {null{}, client, ErrProtocol},
		"two clients":              {client, client, ErrProtocol},
	} {
		m := meet(t, c.server, c.client, nil)
		if !errors.Is(m.serverErr, c.want) || (m.serverErr == nil) != (c.want == nil) {
			t.Errorf("%s: the server says %v, want %v", name, m.serverErr, c.want)
		}
		if (m.clientErr == nil) != (c.want == nil) {
			t.Errorf("%s: the client says %v", name, m.clientErr)
		}
	}
	m := meet(t, &Curve{Keys: server.Keys, Allow: AllowKeys()}, client, nil)
	if !errors.Is(m.clientErr, ErrRefused) {
		t.Errorf("a client whose key is not allowed hears %v", m.clientErr)
	}
}

// Each bit of the handshake that somebody flips on the way ends it, except those of the greeting that mean nothing.
func TestCurveFlips(t *testing.T) {
	server, client := ends(t)
	step := 37
	if testing.Short() {
		step = 211
	}
	sizes := map[bool]int{}
	meet(t, server, client, func(c bool, b []byte) []byte { sizes[c] += len(b); return b })
	for _, fromClient := range []bool{true, false} {
		for at := greetingSize; at < sizes[fromClient]; at += step {
			seen := 0
			m := meet(t, server, client, func(c bool, b []byte) []byte {
				if c == fromClient {
					if i := at - seen; i >= 0 && i < len(b) {
						b[i] ^= 1 << (at % 8)
						if len(b) > 80 && b[0]&flagLong != 0 && i < 9 || i < 2 {
							b[i] ^= 1 << (at % 8) // lengths are another test's
							b[len(b)-1] ^= 1
						}
					}
					seen += len(b)
				}
				return b
			})
			zeros := fromClient && at >= greetingSize+2+6+2 && at < greetingSize+2+6+74 // padding of HELLO
			if (m.serverErr == nil && m.clientErr == nil) != zeros {
				t.Errorf("byte %d from the client (%v): %v, %v", at, fromClient, m.serverErr, m.clientErr)
			}
		}
	}
}

// Each command of the handshake cut, lengthened, replaced and repeated, from either side.
func TestCurveGarbage(t *testing.T) {
	server, client := ends(t)
	junk := appendCommand(nil, "HELLO", bytes.Repeat([]byte{0xa5}, 194))
	for name, change := range map[string]func(b []byte) []byte{
		"a command of junk":   func([]byte) []byte { return junk },
		"an empty command":    func([]byte) []byte { return []byte{flagCommand, 0} },
		"a message":           func([]byte) []byte { return wireMessage([]byte("x")) },
		"READY of NULL":       func([]byte) []byte { return ready("Socket-Type", "DEALER") },
		"ERROR":               func([]byte) []byte { return appendCommand(nil, "ERROR", []byte("\x03400")) },
		"an early MESSAGE":    func([]byte) []byte { return appendHeader(nil, 0, 0) },
		"the right name only": func(b []byte) []byte { n, _, _ := splitCommand(body(b)); return appendCommand(nil, n, nil) },
		"one byte less": func(b []byte) []byte {
			n, x, _ := splitCommand(body(b))
			return appendCommand(nil, n, x[:len(x)-1])
		},
		"one byte more": func(b []byte) []byte {
			n, x, _ := splitCommand(body(b))
			return appendCommand(nil, n, append(bytes.Clone(x), 0))
		},
		"zeros": func(b []byte) []byte {
			n, x, _ := splitCommand(body(b))
			return appendCommand(nil, n, make([]byte, len(x)))
		},
	} {
		for _, fromClient := range []bool{true, false} {
			for step := 1; step <= 2; step++ { // after the greeting
				seen := 0
				m := meet(t, server, client, func(c bool, b []byte) []byte {
					if c != fromClient {
						return b
					}
					if seen++; seen == step+1 {
						return change(bytes.Clone(b))
					}
					return b
				})
				if fromClient && m.serverErr == nil || !fromClient && m.clientErr == nil {
					t.Errorf("%s as step %d from the client (%v) is taken", name, step, fromClient)
				}
			}
		}
	}
}

// body is what a frame holds.
func body(b []byte) []byte {
	if b[0]&flagLong != 0 {
		return b[9:]
	}
	return b[2:]
}

// What was sealed cannot be changed, repeated, brought in another order or mixed with clear frames.
func TestSealedTraffic(t *testing.T) {
	server, client := ends(t)
	for name, c := range map[string]struct {
		change func(a, b []byte) []byte // of two frames on the wire
		good   int                      // messages that may be delivered before the end
		end    error
	}{
		"as it was":        {func(a, b []byte) []byte { return append(a, b...) }, 2, io.EOF},
		"one lost":         {func(_, b []byte) []byte { return b }, 1, io.EOF},
		"repeated":         {func(a, _ []byte) []byte { return append(a, a...) }, 1, ErrProtocol},
		"in another order": {func(a, b []byte) []byte { return append(b, a...) }, 1, ErrProtocol},
		"a bit flipped":    {func(a, b []byte) []byte { b[len(b)-1] ^= 1; return append(a, b...) }, 1, ErrProtocol},
		"counter raised":   {func(a, b []byte) []byte { b[2+8+7]++; return append(a, b...) }, 1, ErrProtocol},
		"flags in clear":   {func(a, b []byte) []byte { b[0] |= flagMore; return append(a, b...) }, 1, ErrProtocol},
		"command in clear": {func(a, b []byte) []byte { return append(a, appendCommand(nil, "PING", []byte{0, 0})...) }, 1, ErrProtocol},
		"a clear frame":    {func(a, b []byte) []byte { return append(append(a, wireMessage([]byte("hello"))...), b...) }, 1, ErrProtocol},
		"a short frame":    {func(a, b []byte) []byte { return append(append(a, wireMessage([]byte(sealedPrefix))...), b...) }, 1, ErrProtocol},
		"cut":              {func(a, b []byte) []byte { return append(a, b[:len(b)-3]...) }, 1, io.ErrUnexpectedEOF},
	} {
		m := meet(t, server, client, nil)
		var out bytes.Buffer
		w := &writer{w: &out, box: m.client.box}
		one := func(text string) []byte {
			if err := errors.Join(w.message(frames(text)), w.flush()); err != nil {
				t.Fatal(err)
			}
			defer out.Reset()
			return bytes.Clone(out.Bytes())
		}
		r := readerOf(c.change(one("first"), one("second")), defaultLimits())
		r.box = m.server.box
		n := 0
		var err error
		for ; err == nil; n++ {
			_, _, err = r.next()
		}
		if n-1 != c.good || !errors.Is(err, c.end) {
			t.Errorf("%s: %d messages, then %v", name, n-1, err)
		}
	}
}

// Writer and reader under CURVE back to back: messages, commands between frames, and what the writer counts.
func TestSealedBackToBack(t *testing.T) {
	server, client := ends(t)
	m := meet(t, server, client, nil)
	var out bytes.Buffer
	w := &writer{w: &out, box: m.server.box, pool: &blocks{}}
	w.between = func() { _ = w.command("PING", []byte{0, 0, 'x'}) }
	sizes := []int{0, 255 - sealedExtra, 256 - sealedExtra, copyFrame, copyFrame + 1, arenaFrame, arenaFrame + 1, trust - sealedExtra, trust + 5, 17 * trust, 3}
	var want [][]byte
	for i, n := range sizes {
		want = append(want, bytes.Repeat([]byte{byte(i)}, n))
	}
	if err := errors.Join(w.message(want), w.flush()); err != nil {
		t.Fatal(err)
	}
	if w.queued != int64(out.Len()) || w.sent != w.queued {
		t.Errorf("%d bytes, %d queued, %d sent", out.Len(), w.queued, w.sent)
	}
	r := readerOf(out.Bytes(), defaultLimits())
	r.box, r.pool = m.client.box, &blocks{}
	pings := 0
	for {
		got, cmd, err := r.next()
		if err != nil {
			t.Fatal(err)
		}
		if cmd != nil {
			if string(cmd) != "\x04PING\x00\x00x" {
				t.Fatalf("%q", cmd)
			}
			pings++
			continue
		}
		if len(got) != len(want) {
			t.Fatalf("%d frames", len(got))
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("frame %d of %d bytes is another", i, len(want[i]))
			}
		}
		break
	}
	if pings != 6 {
		t.Errorf("%d commands", pings)
	}
}

// Limits hold for what is in the box.
func TestSealedLimits(t *testing.T) {
	server, client := ends(t)
	for name, c := range map[string]struct {
		lim  Limits
		say  func(w *writer) error
		want error
	}{
		"frame":        {Limits{MaxFrame: 100, MaxMsg: 1000, MaxFrames: 10, MaxCmd: 50}, func(w *writer) error { return w.message([][]byte{make([]byte, 101)}) }, ErrTooBig},
		"frame fits":   {Limits{MaxFrame: 100, MaxMsg: 1000, MaxFrames: 10, MaxCmd: 50}, func(w *writer) error { return w.message([][]byte{make([]byte, 100)}) }, nil},
		"message":      {Limits{MaxFrame: 100, MaxMsg: 150, MaxFrames: 10, MaxCmd: 50}, func(w *writer) error { return w.message([][]byte{make([]byte, 100), make([]byte, 51)}) }, ErrTooBig},
		"frames":       {Limits{MaxFrame: 100, MaxMsg: 150, MaxFrames: 1, MaxCmd: 50}, func(w *writer) error { return w.message(make([][]byte, 2)) }, ErrTooBig},
		"command":      {Limits{MaxFrame: 100, MaxMsg: 150, MaxFrames: 1, MaxCmd: 50}, func(w *writer) error { return w.command("PING", make([]byte, 46)) }, ErrTooBig},
		"command fits": {Limits{MaxFrame: 100, MaxMsg: 150, MaxFrames: 1, MaxCmd: 51}, func(w *writer) error { return w.command("PING", make([]byte, 46)) }, nil},
	} {
		m := meet(t, server, client, nil)
		var out bytes.Buffer
		w := &writer{w: &out, box: m.client.box}
		if err := errors.Join(c.say(w), w.flush()); err != nil {
			t.Fatal(err)
		}
		r := readerOf(out.Bytes(), c.lim)
		r.box = m.server.box
		if _, _, err := r.next(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// A peer that does not prove itself is dropped before anything is delivered, and nobody else notices.
func TestCurveSocket(t *testing.T) {
	server, client := ends(t)
	server.Allow = AllowKeys(client.Keys.Public)
	var log diary
	r := must(t, Router, Options{Curve: server, OnEvent: log.note, Handshake: 15 * time.Second})
	ep := bind(t, r)
	strangers := []Options{{}, {Curve: &Curve{Keys: newPair(t), Server: server.Keys.Public}}, {Curve: &Curve{Keys: client.Keys, Server: newPair(t).Public}}}
	for _, o := range strangers {
		d := must(t, Dealer, quick(o))
		connect(t, d, ep)
		send(t, d, "let me in")
	}
	log.wait(t, Rejected, 2*len(strangers))
	good := must(t, Dealer, Options{Curve: client, ID: "good", Heartbeat: 10 * time.Millisecond, HBTimeout: 20 * time.Second})
	connect(t, good, ep)
	for _, size := range []int{3, 100_000, 3_000_000} {
		if err := good.Send(within(t), nil, make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		m := recv(t, r)
		if m.From.ID != "good" || m.From.Key != client.Keys.Public || len(m.Frames[1]) != size {
			t.Fatalf("%d bytes from %q", len(m.Frames[1]), m.From.ID)
		}
		if err := m.From.Send(m.Frames...); err != nil {
			t.Fatal(err)
		}
		if got := recv(t, good).Frames; len(got[1]) != size {
			t.Errorf("%d bytes came back", len(got[1]))
		}
	}
	if c := log.of(Connected); len(c) != 1 {
		t.Errorf("%d let in", len(c))
	}
}

// What waits for an endpoint is sealed for the connection that it goes out on.
func TestCurveReconnects(t *testing.T) {
	server, client := ends(t)
	var log diary
	d := must(t, Dealer, quick(Options{Curve: client, OnEvent: log.note}))
	r := must(t, Router, Options{Curve: server})
	ep := bind(t, r)
	connect(t, d, ep)
	send(t, d, "one")
	recv(t, r)
	_ = r.Close(0)
	log.wait(t, Disconnected, 1)
	send(t, d, "two")
	again := must(t, Router, Options{Curve: server})
	if _, err := again.Bind(ep); err != nil {
		t.Fatal(err)
	}
	expect(t, text(recv(t, again).Frames), "two")
}

func FuzzCurveServer(f *testing.F) {
	server, client := ends(f)
	said := greeting("CURVE", false)
	meet(f, server, client, func(c bool, b []byte) []byte {
		if c {
			said = append(said, b...)
		}
		return b
	})
	f.Add(said)
	f.Add(said[greetingSize:])
	f.Add(append(greeting("CURVE", false), appendCommand(nil, "HELLO", make([]byte, 194))...))
	f.Add(append(greeting("CURVE", false), appendCommand(nil, "INITIATE", make([]byte, 300))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := shake(&script{Reader: bytes.NewReader(b)}, server, Router, ""); err == nil {
			t.Fatal("admitted a recording")
		}
	})
}

func FuzzCurveClient(f *testing.F) {
	server, client := ends(f)
	said := greeting("CURVE", true)
	meet(f, server, client, func(c bool, b []byte) []byte {
		if !c {
			said = append(said, b...)
		}
		return b
	})
	f.Add(said)
	f.Add(said[greetingSize:])
	f.Add(append(greeting("CURVE", true), appendCommand(nil, "WELCOME", make([]byte, welcomeSize))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := shake(&script{Reader: bytes.NewReader(b)}, client, Dealer, ""); err == nil {
			t.Fatal("believes a recording")
		}
	})
}

func FuzzSealed(f *testing.F) {
	server, client := ends(f)
	m := meet(f, server, client, nil)
	good := m.client.box.seal(nil, 0, []byte("x"), nil)
	f.Add(good[:16], []byte("x"))
	f.Add(good, good)
	f.Add(binary.BigEndian.AppendUint64([]byte(sealedPrefix), 1<<63), bytes.Repeat([]byte{0}, 17))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		box := *m.server.box
		if _, _, err := box.open(nil, append(bytes.Clone(a), b...)); err == nil && !bytes.Equal(append(a, b...), good) {
			t.Fatal("opened what nobody sealed")
		}
	})
}

func TestCurveFromFiles(t *testing.T) {
	server, err := CurveServer(docPublic, docSecret)
	if err != nil {
		t.Fatal(err)
	}
	client, err := CurveClient(docPublic)
	if err != nil {
		t.Fatal(err)
	}
	if m := meet(t, server, client, nil); m.serverErr != nil || m.clientErr != nil {
		t.Error(m.serverErr, m.clientErr)
	}
	if c, err := CurveServer("", ""); c != nil || err != nil {
		t.Error(c, err)
	}
	if c, err := CurveClient(""); c != nil || err != nil {
		t.Error(c, err)
	}
	for _, k := range [][2]string{{docPublic, ""}, {"", docSecret}, {docPublic, docSecret[1:]}} {
		if c, err := CurveServer(k[0], k[1]); c != nil || err == nil {
			t.Errorf("%q makes a server", k)
		}
	}
	if c, err := CurveClient("short"); c != nil || err == nil {
		t.Error(c, err)
	}
}
