package zmtp

import (
	"context"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// soakEnv is how long TestSoak goes on, as time.ParseDuration has it; make soak-zmtp sets it.
const soakEnv = "GALE_SOAK_ZMTP"

// site is the servers that a soak's clients come to, in clear or under CURVE.
type site struct {
	router, pub, rep       *Socket
	routerEP, pubEP, repEP string
	client                 *Curve // nil: in clear
	joined, left           atomic.Int64
	served                 atomic.Int64 // messages that came back
	wg                     sync.WaitGroup
}

func newSite(t *testing.T, curve bool) *site {
	t.Helper()
	s := &site{}
	var server *Curve
	if curve {
		server, s.client = ends(t)
	}
	count := func(e Event) {
		switch e.Kind {
		default:
		case Connected:
			s.joined.Add(1)
		case Disconnected:
			s.left.Add(1)
		}
	}
	o := Options{Curve: server, OnEvent: count, Heartbeat: 100 * time.Millisecond, HBTimeout: 20 * time.Second, QueueBytes: 8 << 20}
	open := func(typ Type, change func(o *Options)) (*Socket, string) {
		o := o
		change(&o)
		z := must(t, typ, o)
		return z, bind(t, z)
	}
	s.router, s.routerEP = open(Router, func(o *Options) { o.Handover = true })
	s.pub, s.pubEP = open(XPub, func(o *Options) { o.Welcome = func(topic string) [][]byte { return frames(topic, "welcome") } })
	s.rep, s.repEP = open(Rep, func(o *Options) { o.Reply = func(m Msg) [][]byte { return m.Frames } })
	s.wg.Go(func() {
		for {
			m, err := s.router.Recv(context.Background())
			if err != nil {
				return
			}
			s.pub.Publish([]byte("event"), m.Frames[0])
			if string(m.Frames[0]) == "kick me" {
				m.From.Kick()
				continue
			}
			_ = m.From.Send(m.Frames...) // it may be gone
		}
	})
	return s
}

func (s *site) close() {
	for _, z := range []*Socket{s.router, s.pub, s.rep} {
		_ = z.Close(100 * time.Millisecond)
	}
	s.wg.Wait()
}

// live is one client's life, of one kind of several.
func (s *site) live(t *testing.T, id string) {
	t.Helper()
	o := quick(Options{Curve: s.client, ID: id})
	ctx, cancel := context.WithTimeout(context.Background(), long)
	defer cancel()
	talk := func(ep string, n int, lead ...[]byte) {
		d := must2(t, Dealer, o)
		defer d.Close(time.Duration(rand.IntN(2)) * 10 * time.Millisecond) //nolint:errcheck // never fails
		_ = d.Connect(ep)                                                  // a good endpoint
		for range n {
			if err := d.Send(ctx, append(lead, make([]byte, rand.IntN(1<<rand.IntN(18))))...); err != nil {
				t.Error(err)
				return
			}
		}
		if _, err := d.Recv(ctx); err != nil { // one at least, though it may have been kicked since
			t.Error(err)
			return
		}
		s.served.Add(1)
	}
	switch rand.IntN(7) {
	case 0, 1:
		talk(s.routerEP, 1+rand.IntN(10))
	case 2:
		o.ID = ""
		talk(s.repEP, 1+rand.IntN(5), nil)
	case 3:
		z := must2(t, Sub, o)
		defer z.Close(0) //nolint:errcheck // never fails
		z.Subscribe("event")
		_ = z.Connect(s.pubEP) // a good endpoint
		if _, err := z.Recv(ctx); err != nil {
			t.Error(err)
		}
	case 4: // comes to the wrong door
		z := must2(t, Dealer, o)
		_ = z.Connect(s.pubEP) // a good endpoint
		_ = z.Close(time.Duration(rand.IntN(5)) * time.Millisecond)
	case 5: // is thrown out
		var log diary
		o.OnEvent = log.note
		z := must2(t, Dealer, o)
		defer z.Close(0)          //nolint:errcheck // never fails
		_ = z.Connect(s.routerEP) // a good endpoint
		if err := z.Send(ctx, []byte("kick me")); err != nil {
			t.Error(err)
		}
		if err := log.bell.until(ctx, func() bool { return len(log.of(Disconnected)) > 0 }); err != nil {
			t.Error(err)
		}
	case 6: // says something, and is gone
		var d net.Dialer
		nc, err := d.DialContext(ctx, "tcp", s.routerEP[len("tcp://"):])
		if err != nil {
			t.Error(err)
			return
		}
		b := append(hello("DEALER", id+" rogue"), wireMessage([]byte("a"), make([]byte, 5000))...)
		_, _ = nc.Write(b[:rand.IntN(len(b))]) // it may be refused
		if tc, ok := nc.(*net.TCPConn); ok && rand.IntN(2) == 0 {
			_ = tc.SetLinger(0) // a reset
		}
		_ = nc.Close()
	}
}

// must2 is must for what ends before the test does.
func must2(t *testing.T, typ Type, o Options) *Socket {
	t.Helper()
	s, err := New(typ, o)
	if err != nil {
		t.Error(err)
		return must(t, typ, Options{})
	}
	return s
}

// TestSoak lets clients of every kind come and go, in clear and under CURVE, in rounds. After each the goroutines and
// descriptors must be as many as after the first, and the heap as large.
func TestSoak(t *testing.T) {
	rounds, lives := 4, 400
	if testing.Short() {
		rounds, lives = 2, 60
	}
	end := time.Time{}
	if v := os.Getenv(soakEnv); v != "" {
		d, err := time.ParseDuration(v)
		if err != nil {
			t.Fatal(err)
		}
		end = time.Now().Add(d)
	}
	sites := []*site{newSite(t, false), newSite(t, true)}
	goroutines, fds := runtime.NumGoroutine(), descriptors(t) // with all servers, without clients
	var first uint64
	ids := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	for round := 1; round <= rounds || time.Now().Before(end); round++ {
		var clients sync.WaitGroup
		for _, id := range ids {
			clients.Go(func() {
				for i := range lives / len(ids) {
					sites[i%2].live(t, id)
				}
			})
		}
		clients.Wait()
		settled(t, goroutines, fds)
		heap := liveHeap()
		if first == 0 {
			first = heap
		}
		if t.Failed() {
			break
		}
		if heap > first+4<<20 {
			t.Errorf("round %d: %d KiB in use, %d KiB after the first", round, heap>>10, first>>10)
		}
		if testing.Verbose() {
			t.Logf("round %d: %d goroutines, %d descriptors, %d KiB", round, runtime.NumGoroutine(), descriptors(t), heap>>10)
		}
	}
	for _, s := range sites {
		s.close()
		if j, l := s.joined.Load(), s.left.Load(); j != l || j == 0 || s.served.Load() == 0 {
			t.Errorf("%d joined, %d left, %d served", j, l, s.served.Load())
		}
		t.Logf("%d joined, %d served", s.joined.Load(), s.served.Load())
	}
}

// liveHeap is what is in use when all garbage is gone, pools' contents too.
func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
