package zmtp

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"testing"
	"time"
)

func dialRaw(tb testing.TB, ep string) net.Conn {
	tb.Helper()
	var d net.Dialer
	nc, err := d.DialContext(within(tb), "tcp", ep[len("tcp://"):])
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = nc.Close() })
	return nc
}

// served says that a new peer is served although somebody else misbehaves.
func served(t *testing.T, ep string, s *Socket) {
	t.Helper()
	ctx := within(t)
	if s.Type().publishes() || s.Type() == Sub {
		topic := crand.Text() // one that no earlier check had
		if s.Type() == Sub {
			p := must(t, Pub, Options{Curve: clientOf(s)})
			connect(t, p, ep)
			heard(t, p, s, topic)
			_ = p.Close(0)
			return
		}
		c := must(t, Sub, Options{Curve: clientOf(s)})
		c.Subscribe(topic)
		connect(t, c, ep)
		heard(t, s, c, topic)
		_ = c.Close(0)
		return
	}
	d := must(t, Dealer, Options{Curve: clientOf(s)})
	connect(t, d, ep)
	if err := d.Send(ctx, nil, []byte("check")); err != nil {
		t.Fatal(err)
	}
	m, err := d.Recv(ctx)
	if err != nil || text(m.Frames) != "|check" {
		t.Fatal("a new peer is not served:", err)
	}
	_ = d.Close(0)
}

// heard publishes until a subscriber hears it: a publisher does not say when it knows of a subscription.
func heard(t *testing.T, from, to *Socket, topic string) {
	t.Helper()
	for all := within(t); ; {
		from.Publish([]byte(topic))
		ctx, cancel := context.WithTimeout(all, 10*time.Millisecond)
		m, err := to.Recv(ctx)
		cancel()
		if err == nil && string(m.Frames[0]) == topic {
			return
		}
		if all.Err() != nil {
			t.Fatal("a new peer is not served")
		}
	}
}

// clientOf is the Curve of a client of s, if that is a server.
func clientOf(s *Socket) *Curve {
	if s.o.Curve == nil {
		return nil
	}
	return &Curve{Keys: s.o.Curve.Keys, Server: s.o.Curve.Keys.Public}
}

// rogues are what one connection may say; the socket must be none the worse. Those marked end must lose their connection.
func rogues(typ string) map[string]struct {
	says []byte
	end  bool
} {
	type rogue = struct {
		says []byte
		end  bool
	}
	rnd := rand.New(rand.NewPCG(7, 8))
	noise := make([]byte, 4096)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	h := hello(typ, "rogue")
	after := func(b ...byte) []byte { return append(bytes.Clone(h), b...) }
	length := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	m := map[string]rogue{
		"silent":                      {nil, false},
		"half a greeting":             {h[:10], false},
		"greeting only":               {h[:64], false},
		"half a READY":                {h[:80], false},
		"HTTP":                        {[]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), true},
		"noise":                       {noise, true},
		"noise after the greeting":    {append(bytes.Clone(h[:64]), noise...), true},
		"noise after READY":           {after(append([]byte{0x80}, noise...)...), true},
		"ZMTP 1":                      {[]byte("\x06rogue\x00\x01x\x00\x05hello"), true},
		"ZMTP 2":                      {greetingWith(func(b []byte) { b[10] = 1 })[:12], true},
		"unknown type":                {hello("FOO", ""), true},
		"no type":                     {append(bytes.Clone(h[:64]), ready()...), true},
		"identity of 300":             {hello(typ, string(make([]byte, 300))), true},
		"2^63-1 before READY":         {append(append(bytes.Clone(h[:64]), flagCommand|flagLong), length(1<<63-1)...), true},
		"2^63-1 after READY":          {after(append([]byte{flagLong}, length(1<<63-1)...)...), true},
		"2^64-1 after READY":          {after(append([]byte{flagLong}, length(1<<64-1)...)...), true},
		"2 GiB announced":             {after(append([]byte{flagLong}, length(2<<30)...)...), typ == "SUB"},
		"endless greeting":            {bytes.Repeat([]byte{0xff}, 1<<20), true},
		"endless commands":            {after(bytes.Repeat(appendCommand(nil, "WHATEVER", noise[:1000]), 20000)...), false},
		"endless properties":          {append(bytes.Clone(h[:64]), bytes.Repeat(appendProperty(nil, "x", "y"), 20000)...), true},
		"64 GiB announced":            {after(append([]byte{flagLong}, length(64<<30)...)...), true},
		"reserved flags":              {after(0x40, 0), true},
		"command with more":           {after(flagCommand|flagMore, 0), true},
		"command of 64 KiB and one":   {after(append([]byte{flagCommand | flagLong}, length(64<<10+1)...)...), true},
		"empty command":               {after(flagCommand, 0), true},
		"command without its name":    {after(flagCommand, 2, 9, 'P'), true},
		"PING without TTL":            {after(appendCommand(nil, "PING", nil)...), true},
		"PING of half a TTL":          {after(appendCommand(nil, "PING", []byte{0})...), true},
		"PING with too much context":  {after(appendCommand(nil, "PING", make([]byte, 19))...), true},
		"ERROR":                       {after(appendCommand(nil, "ERROR", []byte("\x03bad"))...), true},
		"unknown command":             {after(appendCommand(nil, "WHATEVER", noise[:100])...), false},
		"PONG nobody asked for":       {after(appendCommand(nil, "PONG", []byte("x"))...), false},
		"a million empty MORE frames": {after(bytes.Repeat([]byte{flagMore, 0}, 1<<20)...), true},
		"PING flood":                  {after(bytes.Repeat(appendCommand(nil, "PING", []byte("\x00\x00x")), 100000)...), false},
	}
	if typ == "SUB" {
		var flood []byte
		for i := range 20000 {
			flood = append(flood, wireMessage(binary.BigEndian.AppendUint32([]byte{1}, uint32(i)))...)
		}
		m["many topics"] = rogue{after(flood...), true}
		m["a topic of 300 KiB"] = rogue{after(wireMessage(append([]byte{1}, make([]byte, 300<<10)...))...), true}
		m["one topic 100,000 times"] = rogue{after(bytes.Repeat(wireMessage([]byte("\x01t")), 100000)...), false}
		m["cancellations of nothing"] = rogue{after(bytes.Repeat(wireMessage([]byte("\x00t")), 1000)...), false}
		m["messages to a publisher"] = rogue{after(bytes.Repeat(wireMessage([]byte("hi"), noise), 100)...), false}
	} else {
		m["SUBSCRIBE where it has no meaning"] = rogue{after(appendCommand(nil, "SUBSCRIBE", []byte("x"))...), false}
		m["no frames with content"] = rogue{after(bytes.Repeat(wireMessage(nil), 1000)...), false}
	}
	return m
}

func TestRogues(t *testing.T) {
	for _, typ := range []Type{Router, Rep, XPub, Dealer, Pub, Sub} {
		t.Run(string(typ), func(t *testing.T) {
			var log diary
			o := Options{OnEvent: log.note}
			peer := "DEALER"
			switch typ {
			default:
			case Rep:
				o.Reply = func(m Msg) [][]byte { return m.Frames }
			case Pub:
				peer = "SUB"
			case Sub:
				peer = "PUB"
			case XPub:
				peer = "SUB"
				o.Welcome = func(topic string) [][]byte { return [][]byte{[]byte("welcome"), make([]byte, 1000)} }
			}
			s := must(t, typ, o)
			ep := bind(t, s)
			if typ == Sub {
				s.Subscribe("")
			}
			if typ == Router || typ == Dealer {
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
			for name, r := range rogues(peer) {
				nc := dialRaw(t, ep)
				hung := make(chan struct{})
				go func() { // it does not read while it writes
					defer close(hung)
					_, _ = nc.Write(r.says) // may be cut short
				}()
				if r.end {
					<-hung
					_ = nc.SetReadDeadline(time.Now().Add(15 * time.Second))
					if _, err := io.Copy(io.Discard, nc); err != nil && isTimeout(err) {
						t.Errorf("%s: the connection is still there", name)
					}
				}
				served(t, ep, s)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
				t.Errorf("%d MiB more in use", grown>>20)
			}
		})
	}
}

func isTimeout(err error) bool {
	ne, ok := err.(net.Error) //nolint:errorlint // net returns it unwrapped
	return ok && ne.Timeout()
}

// READY cut at every length, each on a connection of its own that then closes.
func TestCutReady(t *testing.T) {
	var log diary
	s := must(t, Router, Options{OnEvent: log.note})
	ep := bind(t, s)
	h := hello("DEALER", "cut")
	for n := range h {
		nc := dialRaw(t, ep)
		if _, err := nc.Write(h[:n]); err != nil {
			t.Fatal(err)
		}
		_ = nc.Close()
	}
	log.wait(t, Rejected, len(h))
	if len(log.of(Connected)) != 0 {
		t.Error("one of them was let in")
	}
}

// Silent connections, many at once, keep nobody out, and above the bound the oldest go.
func TestSilentCrowd(t *testing.T) {
	n := 1500
	if testing.Short() {
		n = maxHalf + 100
	}
	var log diary
	s := must(t, Rep, Options{OnEvent: log.note, Reply: func(m Msg) [][]byte { return m.Frames }})
	ep := bind(t, s)
	for range n {
		dialRaw(t, ep)
	}
	served(t, ep, s)
	log.wait(t, Rejected, n-maxHalf)
	for range 50 {
		dialRaw(t, ep)
		served(t, ep, s)
	}
}

// Random damage to a good conversation.
func TestMutations(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 200
	}
	var log diary
	s := must(t, Router, Options{OnEvent: log.note, Handover: true})
	ep := bind(t, s)
	go func() {
		for {
			if _, err := s.Recv(context.Background()); err != nil {
				return
			}
		}
	}()
	good := append(hello("DEALER", "m"), wireMessage([]byte("a"), make([]byte, 300))...)
	good = append(good, appendCommand(nil, "PING", []byte("\x00\x00x"))...)
	rnd := rand.New(rand.NewPCG(9, 10))
	for range n {
		b := bytes.Clone(good)
		for range 1 + rnd.IntN(4) {
			b[rnd.IntN(len(b))] = byte(rnd.Uint32())
		}
		nc := dialRaw(t, ep)
		_, _ = nc.Write(b[:1+rnd.IntN(len(b))]) // may be cut short
		_ = nc.Close()
	}
	if err := log.bell.until(within(t), func() bool {
		return len(log.of(Rejected))+len(log.of(Disconnected)) == n
	}); err != nil {
		t.Fatalf("%d rejected, %d connected, %d disconnected", len(log.of(Rejected)), len(log.of(Connected)), len(log.of(Disconnected)))
	}
}
