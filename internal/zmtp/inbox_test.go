package zmtp

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestInboxBounds(t *testing.T) {
	b := newInbox(&Options{RecvQueue: 3, RecvBytes: 100})
	m := Msg{}
	for i, c := range []struct {
		n    int64
		want bool
	}{{40, true}, {61, false}, {60, true}, {1, false}, {0, true}, {0, false}} {
		if got := b.try(m, c.n); got != c.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
	<-b.c // 40
	if b.try(m, 41) {
		t.Error("41 bytes beside 60")
	}
	if !b.try(m, 40) {
		t.Error("no place for 40 bytes beside 60")
	}
	for range 3 {
		<-b.c
	}
	if !b.try(m, 1000) {
		t.Error("one message always fits")
	}
}

// Readers that wait get in as messages are taken, whether by Recv or behind our back, one after the other.
func TestInboxWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newInbox(&Options{RecvQueue: 100, RecvBytes: 100})
		ctx, cancel := context.WithCancel(t.Context())
		in := make(chan int, 100)
		for i := range 10 {
			go func() {
				if b.put(ctx, Msg{}, 60) {
					in <- i
				}
			}()
		}
		for want := 1; want <= 9; want++ {
			time.Sleep(time.Second)
			if len(in) != want || len(b.c) != 1 {
				t.Fatalf("%d entered, want %d; %d are in", len(in), want, len(b.c))
			}
			<-b.c
		}
		time.Sleep(time.Second)
		if len(in) != 10 {
			t.Fatal(len(in))
		}
		go func() {
			if b.put(ctx, Msg{}, 60) {
				t.Error("put after the end")
			}
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(b.over)
		if b.put(t.Context(), Msg{}, 0) {
			t.Error("put after over")
		}
	})
}

// Nobody takes what comes: the bound holds over all peers, and every sender goes on when somebody does.
func TestReceiveBound(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		const peers, each = 5, 10
		r := socket(Router, Options{RecvBytes: 1 << 20})
		for range peers {
			d := socket(Dealer, Options{})
			join(r, d, nil)
			for range each {
				if err := d.Send(t.Context(), make([]byte, 200<<10)); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(time.Minute)
		if n := len(r.in.c); n != 5 {
			t.Errorf("%d messages of 200 KiB within 1 MiB", n)
		}
		for range peers * each {
			m := <-r.In()
			if len(m.Frames[0]) != 200<<10 {
				t.Fatal(len(m.Frames[0]))
			}
		}
	})
}
