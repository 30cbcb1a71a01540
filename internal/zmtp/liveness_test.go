package zmtp

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// ended returns the ends of connections, of which there must be n by now.
func ended(t *testing.T, log *diary, n int) []Event {
	t.Helper()
	synctest.Wait()
	es := log.of(Disconnected)
	if len(es) != n {
		t.Fatalf("%d connections ended, want %d: %v", len(es), n, es)
	}
	return es
}

func TestQuietLinkLives(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		r := socket(Router, Options{Heartbeat: time.Second, OnEvent: log.note})
		d := socket(Dealer, Options{OnEvent: log.note})
		join(r, d, nil)
		time.Sleep(10 * time.Minute)
		ended(t, &log, 0)
	})
}

func TestCutLinkIsNoticed(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		var cut atomic.Bool
		never := make(chan struct{})
		defer close(never)
		o := Options{Heartbeat: time.Second, OnEvent: log.note}
		r, d := socket(Router, o), socket(Dealer, o)
		join(r, d, func(int) {
			if cut.Load() {
				<-never
			}
		})
		time.Sleep(20 * time.Second)
		ended(t, &log, 0)
		cut.Store(true)
		time.Sleep(2 * time.Second)
		ended(t, &log, 0)
		time.Sleep(2 * time.Second) // the timeout and the last interval, 3 s + 1 s
		for _, e := range ended(t, &log, 2) {
			if !errors.Is(e.Err, ErrSilent) {
				t.Error(e.Err)
			}
		}
	})
}

func TestSlowLinkIsNotDeath(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		o := Options{Heartbeat: time.Second, OnEvent: log.note}
		r, d := socket(Router, o), socket(Dealer, o)
		join(r, d, func(n int) { time.Sleep(time.Duration(n) * time.Microsecond) }) // 1 MB/s
		big := make([]byte, 10<<20)
		if err := d.Send(t.Context(), []byte("big"), big, []byte("end")); err != nil {
			t.Fatal(err)
		}
		m, err := r.Recv(t.Context())
		if err != nil || len(m.Frames) != 3 || len(m.Frames[1]) != len(big) {
			t.Fatal(len(m.Frames), err)
		}
		if err := m.From.Send(m.Frames...); err != nil {
			t.Fatal(err)
		}
		if m, err = d.Recv(t.Context()); err != nil || len(m.Frames) != 3 {
			t.Fatal(len(m.Frames), err)
		}
		ended(t, &log, 0)
	})
}

func TestStuckPeerIsDead(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		r := socket(Router, Options{Heartbeat: time.Second, HBTimeout: 3 * time.Second, OnEvent: log.note})
		nc := raw(t, r, "S")
		synctest.Wait()
		go func() { // it talks, but it does not read
			for {
				if _, err := nc.Write(appendCommand(nil, "PONG", nil)); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		}()
		if err := r.SendTo("S", make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2900 * time.Millisecond)
		ended(t, &log, 0)
		time.Sleep(1100 * time.Millisecond)
		if e := ended(t, &log, 1)[0]; !errors.Is(e.Err, ErrSilent) || len(e.Unsent) != 1 {
			t.Error(e.Err, len(e.Unsent))
		}
	})
}

// A peer that only ever reads and falls silent inside a message.
func TestSilenceInsideMessage(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		r := socket(Router, Options{Heartbeat: time.Second, OnEvent: log.note})
		nc := raw(t, r, "")
		go func() { _, _ = io.Copy(io.Discard, nc) }()
		for range 20 { // slow, but alive: a byte every two seconds
			if _, err := nc.Write([]byte{flagMore}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			if _, err := nc.Write([]byte{0}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
		}
		ended(t, &log, 0)
		time.Sleep(2 * time.Second)
		if e := ended(t, &log, 1)[0]; !errors.Is(e.Err, ErrSilent) {
			t.Error(e.Err)
		}
	})
}

// A peer's PING may promise to be followed by another.
func TestTTL(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		r := socket(Router, Options{OnEvent: log.note})
		nc := raw(t, r, "")
		go func() { _, _ = io.Copy(io.Discard, nc) }()
		for range 10 {
			if _, err := nc.Write(appendCommand(nil, "PING", []byte{0, 20})); err != nil { // 2 s
				t.Fatal(err)
			}
			time.Sleep(1900 * time.Millisecond)
		}
		ended(t, &log, 0)
		time.Sleep(500 * time.Millisecond)
		if e := ended(t, &log, 1)[0]; !errors.Is(e.Err, ErrSilent) {
			t.Error(e.Err)
		}
	})
}

// commandsOf reads commands and messages off a connection until it ends.
func commandsOf(nc net.Conn, pause func(n int)) (cmds chan string, msgs *atomic.Int64) {
	cmds, msgs = make(chan string, 10000), new(atomic.Int64)
	go func() {
		defer close(cmds)
		r := &reader{br: bufio.NewReader(&paced{nc, pause}), lim: defaultLimits()}
		for {
			m, cmd, err := r.next()
			if err != nil {
				return
			}
			if m != nil {
				msgs.Add(1)
			} else {
				cmds <- string(cmd)
			}
		}
	}()
	return cmds, msgs
}

// paced waits after each read.
type paced struct {
	r     io.Reader
	pause func(n int)
}

func (p *paced) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if p.pause != nil {
		p.pause(n)
	}
	return n, err
}

func TestPongCarriesContext(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		nc := raw(t, socket(Router, Options{}), "")
		cmds, _ := commandsOf(nc, nil)
		for _, context := range []string{"", "x", "sixteen bytes !!"} {
			if _, err := nc.Write(appendCommand(nil, "PING", []byte("\x00\x00"+context))); err != nil {
				t.Fatal(err)
			}
			if got := <-cmds; got != "\x04PONG"+context {
				t.Errorf("%q answered with %q", context, got)
			}
		}
		if _, err := nc.Write(appendCommand(nil, "PING", []byte("\x00\x00seventeen bytes !"))); err != nil {
			t.Fatal(err)
		}
		if got, ok := <-cmds; ok {
			t.Errorf("a context of 17 bytes was answered with %q", got)
		}
	})
}

// Neither our PINGs nor the answers to the peer's wait for the end of a queue that takes minutes.
func TestBusyQueueKeepsTheBeat(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		r := socket(Router, Options{Heartbeat: time.Second, HBTimeout: time.Hour})
		nc := raw(t, r, "B")
		synctest.Wait()
		for range 100 {
			if err := r.SendTo("B", make([]byte, 100<<10), make([]byte, 100<<10), make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
		}
		cmds, msgs := commandsOf(nc, func(n int) { time.Sleep(time.Duration(n) * 3 * time.Microsecond) }) // 60 s
		time.Sleep(10 * time.Second)
		if _, err := nc.Write(appendCommand(nil, "PING", []byte("\x00\x00mine"))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Second)
		pings, pongs := 0, 0
		for len(cmds) > 0 {
			if c := <-cmds; c == "\x04PONGmine" {
				pongs++
			} else if c == "\x04PING\x00\x00" {
				pings++
			}
		}
		if n := msgs.Load(); n < 50 || n > 95 {
			t.Fatalf("%d messages after 50 s of 60", n)
		}
		if pings < 30 || pongs != 1 {
			t.Errorf("%d PINGs and %d PONGs within 50 s of a busy queue", pings, pongs)
		}
	})
}

// A socket whose owner takes nothing for a while is not dead.
func TestStalledReaderAnswers(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		r := socket(Router, Options{RecvQueue: 1})
		d := socket(Dealer, Options{Heartbeat: 2 * time.Second, OnEvent: log.note})
		join(r, d, nil)
		time.Sleep(10 * time.Second)
		for range 20 {
			if err := d.Send(t.Context(), []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		if n := len(r.in.c); n != 1 {
			t.Fatalf("%d messages received, and nobody took one", n)
		}
		for range 20 {
			if _, err := r.Recv(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		ended(t, &log, 0)
	})
}

// PONGs are owed four at most; a peer that pings without reading gets no more memory.
func TestPingFlood(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		r := socket(Router, Options{})
		nc := raw(t, r, "")
		ping := appendCommand(nil, "PING", []byte("\x00\x00x"))
		for range 10000 {
			if _, err := nc.Write(ping); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		p := r.Peers()[0]
		p.q.mu.Lock()
		defer p.q.mu.Unlock()
		if len(p.q.pongs) > maxPongs {
			t.Errorf("%d PONGs owed", len(p.q.pongs))
		}
	})
}
