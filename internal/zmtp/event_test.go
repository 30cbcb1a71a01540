package zmtp

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

func TestHandover(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		r := socket(Router, Options{Handover: true, InBand: true, OnEvent: log.note, RecvQueue: 16})
		for i := range 4 { // the same identity four times; nobody takes anything meanwhile
			d := socket(Dealer, Options{ID: "E"})
			join(r, d, nil)
			synctest.Wait()
			for j := range 5 {
				if err := d.Send(t.Context(), fmt.Appendf(nil, "%d %d", i, j)); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Second)
		}
		var live *Peer
		said := 0
		for range 4 + 3 {
			m, err := r.Recv(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for m.Event == nil {
				if m.From != live {
					t.Fatalf("%q came outside its peer's life", m.Frames)
				}
				said++
				if m, err = r.Recv(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			switch m.Event.Kind {
			case Connected:
				if live != nil {
					t.Fatal("the new peer came before the old one had gone")
				}
				live = m.From
			case Disconnected:
				if live != m.From || !errors.Is(m.Event.Err, ErrDuplicate) {
					t.Fatal(m.Event.Err)
				}
				live = nil
			default:
				t.Fatal(m.Event.Kind)
			}
		}
		for range 5 {
			if m, err := r.Recv(t.Context()); err != nil || m.From != live {
				t.Fatal(err)
			}
			said++
		}
		if said < 16 { // what did not fit was never read
			t.Errorf("%d messages", said)
		}
		if err := r.SendTo("E", []byte("x")); err != nil {
			t.Error(err)
		}
	})
}

// A peer that is back before its end was told is no duplicate; it waits for that.
func TestReturnWaitsForEnd(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		r := socket(Router, Options{InBand: true, RecvQueue: 1, OnEvent: log.note})
		first := raw(t, r, "E")
		synctest.Wait()
		_ = first.Close()
		synctest.Wait()
		if err := r.SendTo("E", []byte("x")); !errors.Is(err, ErrNoPeer) {
			t.Error(err)
		}
		raw(t, r, "E")
		synctest.Wait()
		if len(log.of(Connected)) != 1 || len(log.of(Rejected)) != 0 {
			t.Fatal(log.all)
		}
		for _, want := range []EventKind{Connected, Disconnected, Connected} {
			if m, err := r.Recv(t.Context()); err != nil || m.Event.Kind != want {
				t.Fatal(m.Event, err)
			}
		}
		if err := r.SendTo("E", []byte("x")); err != nil {
			t.Error(err)
		}
	})
}

func TestDuplicateIsRefused(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		r := socket(Router, Options{OnEvent: log.note})
		a, b := socket(Dealer, Options{ID: "E"}), socket(Dealer, Options{ID: "E"})
		join(r, a, nil)
		synctest.Wait()
		join(r, b, nil)
		synctest.Wait()
		if e := log.of(Rejected); len(e) != 1 || !errors.Is(e[0].Err, ErrDuplicate) {
			t.Fatal(e)
		}
		if err := r.SendTo("E", []byte("x")); err != nil {
			t.Fatal(err)
		}
		if m, err := a.Recv(t.Context()); err != nil || text(m.Frames) != "x" {
			t.Fatal(err)
		}
		if len(log.of(Connected)) != 1 || len(log.of(Disconnected)) != 0 {
			t.Error(log.all)
		}
	})
}

// Other types do not route by identity: equal ones are fine.
func TestEqualIdentitiesOnPub(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		p := socket(Pub, Options{})
		for range 3 {
			s := socket(Sub, Options{ID: "E"})
			s.Subscribe("")
			join(p, s, nil)
		}
		synctest.Wait()
		if sent, _ := p.Publish([]byte("x")); sent != 3 {
			t.Error(sent)
		}
	})
}

func TestUnsent(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		r := socket(Router, Options{OnEvent: log.note})
		nc := raw(t, r, "S")
		synctest.Wait()
		for i := range 10 {
			if err := r.SendTo("S", fmt.Appendf(nil, "%03d", i), make([]byte, 10<<10)); err != nil {
				t.Fatal(err)
			}
		}
		message := int64(len(wireMessage(make([]byte, 3), make([]byte, 10<<10))))
		if _, err := io.CopyN(io.Discard, nc, 3*message+100); err != nil {
			t.Fatal(err)
		}
		p := r.Peers()[0]
		if n, b := p.Queued(); n < 7 || b != int64(n)*message { // the write that began with one of the first four is not over
			t.Error(n, b, message)
		}
		_ = nc.Close()
		synctest.Wait()
		e := log.of(Disconnected)[0]
		if len(e.Unsent) != 7 || string(e.Unsent[0][0]) != "003" || string(e.Unsent[6][0]) != "009" {
			t.Errorf("%d unsent", len(e.Unsent))
		}
		if err := p.Send([]byte("x")); !errors.Is(err, ErrNoPeer) {
			t.Error(err)
		}
		if err := r.SendTo("S", []byte("x")); !errors.Is(err, ErrNoPeer) {
			t.Error(err)
		}
	})
}

func TestKick(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		r := socket(Router, Options{OnEvent: log.note})
		raw(t, r, "S")
		synctest.Wait()
		r.Peers()[0].Kick()
		r.Peers()[0].Kick()
		synctest.Wait()
		if e := log.of(Disconnected); len(e) != 1 || !errors.Is(e[0].Err, ErrKicked) {
			t.Error(e)
		}
		if len(r.Peers()) != 0 {
			t.Error("still there")
		}
	})
}

func TestMaxPeers(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		r := socket(Router, Options{MaxPeers: 2, OnEvent: log.note, Handover: true})
		for i := range 3 {
			join(r, socket(Dealer, Options{ID: fmt.Sprint("p", i)}), nil)
			synctest.Wait()
		}
		if e := log.of(Rejected); len(e) != 1 || !errors.Is(e[0].Err, ErrFull) {
			t.Fatal(e)
		}
		join(r, socket(Dealer, Options{ID: "p1"}), nil) // taking over makes room for itself
		synctest.Wait()
		if len(log.of(Connected)) != 3 || len(r.Peers()) != 2 {
			t.Error(log.all)
		}
		r.Peers()[0].Kick()
		synctest.Wait()
		join(r, socket(Dealer, Options{ID: "p3"}), nil)
		synctest.Wait()
		if len(log.of(Connected)) != 4 {
			t.Error(log.all)
		}
	})
}

func TestInventedIdentities(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		r := socket(Router, Options{})
		seen := map[string]bool{}
		for range 20 {
			join(r, socket(Dealer, Options{}), nil)
			synctest.Wait()
			p := r.Peers()[0]
			if len(p.ID) != 5 || p.ID[0] != 0 || seen[p.ID] {
				t.Fatalf("%q", p.ID)
			}
			seen[p.ID] = true
			p.Kick()
			synctest.Wait()
		}
	})
}

// Subscriptions are counted, and told again to whoever comes later.
func TestSubscriptions(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log diary
		p := socket(XPub, Options{OnEvent: log.note})
		s := socket(Sub, Options{})
		s.Subscribe("a")
		s.Subscribe("a")
		s.Subscribe("b")
		join(p, s, nil)
		synctest.Wait()
		if n := len(log.of(Subscribed)); n != 2 {
			t.Fatalf("%d subscriptions", n)
		}
		s.Unsubscribe("a")
		s.Unsubscribe("nothing")
		synctest.Wait()
		if n := len(log.of(Unsubscribed)); n != 0 {
			t.Fatalf("%d cancellations", n)
		}
		s.Unsubscribe("a")
		synctest.Wait()
		if n := len(log.of(Unsubscribed)); n != 1 {
			t.Fatalf("%d cancellations", n)
		}
		join(p, s, nil) // as after a reconnection
		synctest.Wait()
		if es := log.of(Subscribed); len(es) != 3 || es[2].Topic != "b" {
			t.Fatal(es)
		}
	})
}

// A subscriber's welcome comes before anything published later, for every subscription, to it alone.
func TestWelcomeFirst(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		p := socket(XPub, Options{Welcome: func(topic string) [][]byte { return frames("", "welcome", topic) }})
		stop := make(chan struct{})
		go func() {
			for {
				select {
				case <-stop:
					return
				default:
					p.Publish([]byte(""), []byte("news"))
					time.Sleep(time.Microsecond)
				}
			}
		}()
		for range 50 {
			s := socket(Sub, Options{})
			s.Subscribe("")
			join(p, s, nil)
			m, err := s.Recv(t.Context())
			if err != nil || text(m.Frames) != "|welcome|" {
				t.Fatal(text(m.Frames), err)
			}
			_ = s.Close(0)
		}
		close(stop)
	})
}
