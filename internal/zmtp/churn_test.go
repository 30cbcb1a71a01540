package zmtp

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

func descriptors(t *testing.T) int {
	t.Helper()
	es, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // not Linux
	}
	return len(es)
}

// settled waits until no more goroutines and descriptors are left than there were.
func settled(t *testing.T, goroutines, fds int) {
	t.Helper()
	ctx := within(t)
	for runtime.NumGoroutine() > goroutines || descriptors(t) > fds {
		if ctx.Err() != nil {
			b := make([]byte, 1<<18)
			t.Fatalf("%d goroutines of %d, %d descriptors of %d:\n%s", runtime.NumGoroutine(), goroutines, descriptors(t), fds, b[:runtime.Stack(b, true)])
		}
		runtime.Gosched()
	}
}

// Connections come and go, cleanly, inside a frame, inside the handshake; nothing is left of them.
func TestChurn(t *testing.T) {
	n := 10000
	if testing.Short() {
		n = 400
	}
	for _, typ := range []Type{Router, Rep, XPub} {
		t.Run(string(typ), func(t *testing.T) {
			g, fds := runtime.NumGoroutine(), descriptors(t)
			var log diary
			o := Options{OnEvent: func(e Event) {
				if e.Kind != Subscribed {
					log.note(Event{Kind: e.Kind}) // the peer must not stay reachable
				}
			}}
			peer, last := "DEALER", wireMessage([]byte("a"), []byte("b"))
			switch typ {
			default:
			case Rep:
				o.Reply = func(m Msg) [][]byte { return m.Frames }
			case XPub:
				peer, last = "SUB", wireMessage([]byte("\x01topic"))
			}
			s := must(t, typ, o)
			ep := "ipc://" + filepath.Join(t.TempDir(), "s") // no ports to run out of
			if _, err := s.Bind(ep); err != nil {
				t.Fatal(err)
			}
			go func() {
				for {
					if _, err := s.Recv(context.Background()); err != nil {
						return
					}
				}
			}()
			whole := append(hello(peer, ""), last...)
			var d net.Dialer
			for i := range n {
				nc, err := d.DialContext(t.Context(), "unix", ep[len("ipc://"):])
				if err != nil {
					t.Fatal(err)
				}
				k := len(whole)
				switch i % 4 {
				case 1:
					k -= 2
				case 2:
					k -= len(last)
				case 3:
					k = rand.IntN(k)
				}
				_, _ = nc.Write(whole[:k]) // it may be refused
				_ = nc.Close()
			}
			if err := log.bell.until(within(t), func() bool {
				return len(log.of(Rejected))+len(log.of(Disconnected)) == n
			}); err != nil {
				t.Fatalf("%d rejected, %d disconnected", len(log.of(Rejected)), len(log.of(Disconnected)))
			}
			if len(log.of(Connected)) != len(log.of(Disconnected)) {
				t.Error("events do not balance")
			}
			_ = s.Close(0)
			settled(t, g, fds)
		})
	}
}

// Close in a storm of handshakes leaves nothing behind.
func TestCloseInStorm(t *testing.T) {
	g, fds := runtime.NumGoroutine(), descriptors(t)
	rounds := 30
	if testing.Short() {
		rounds = 5
	}
	for range rounds {
		var log diary
		r := must(t, Router, Options{OnEvent: log.note, InBand: true})
		ep := bind(t, r)
		var ds []*Socket
		for range 20 {
			d := must(t, Dealer, quick(Options{}))
			connect(t, d, ep)
			ds = append(ds, d)
		}
		log.wait(t, Connected, 1+rand.IntN(15))
		_ = r.Close(time.Duration(rand.IntN(2)) * time.Millisecond)
		for _, d := range ds {
			_ = d.Close(0)
		}
		if len(log.of(Connected)) != len(log.of(Disconnected)) {
			t.Error("events do not balance")
		}
	}
	settled(t, g, fds)
}

// Many DEALERs and SUBs come and go amid concurrent SendTo, Publish, kicks and Close.
func TestStress(t *testing.T) {
	g, fds := runtime.NumGoroutine(), descriptors(t)
	lives := 10
	if testing.Short() {
		lives = 2
	}
	var log diary
	r := must(t, Router, Options{Handover: true, Heartbeat: 50 * time.Millisecond, HBTimeout: 20 * time.Second, OnEvent: log.note})
	p := must(t, Pub, Options{OnEvent: log.note})
	ep, pep := bind(t, r), bind(t, p)
	var serving, working sync.WaitGroup
	for range 4 {
		serving.Go(func() {
			for {
				m, err := r.Recv(context.Background())
				if err != nil {
					return
				}
				_ = m.From.Send(m.Frames...) // it may be gone
				p.Publish([]byte("ev"), m.Frames[0])
				if rand.IntN(1000) == 0 {
					m.From.Kick()
				}
			}
		})
	}
	stop := make(chan struct{})
	serving.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				_ = r.SendTo(fmt.Sprint("d", i%20), []byte("unasked")) // it may not be there
				runtime.Gosched()
			}
		}
	})
	for i := range 20 {
		working.Go(func() {
			for range lives {
				d, err := New(Dealer, quick(Options{ID: fmt.Sprint("d", i), Heartbeat: 30 * time.Millisecond, HBTimeout: 20 * time.Second}))
				if err != nil {
					t.Error(err)
					return
				}
				s, err := New(Sub, quick(Options{}))
				if err != nil {
					t.Error(err)
					return
				}
				s.Subscribe("e")
				_, _ = d.Connect(ep), s.Connect(pep) // what they would refuse is tested elsewhere
				ctx, cancel := context.WithTimeout(context.Background(), long)
				for range 100 {
					if err := d.Send(ctx, []byte("m"), make([]byte, rand.IntN(5000))); err != nil {
						t.Error(err)
					}
				}
				if _, err := d.Recv(ctx); err != nil {
					t.Error(err)
				}
				cancel()
				_, _ = d.Close(time.Duration(rand.IntN(2))*50*time.Millisecond), s.Close(0)
			}
		})
	}
	working.Wait()
	close(stop)
	_, _ = r.Close(100*time.Millisecond), p.Close(100*time.Millisecond)
	serving.Wait()
	if c, e := len(log.of(Connected)), len(log.of(Disconnected)); c != e || c < 20*lives {
		t.Errorf("%d connected, %d disconnected", c, e)
	}
	settled(t, g, fds)
}
