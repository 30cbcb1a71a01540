package zmtp

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A heartbeat that one connection gets later finds its end, and lets a quiet one live; a second change counts.
func TestWatch(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		var log, other diary
		var cut atomic.Bool
		never := make(chan struct{})
		defer close(never)
		r, d := socket(Router, Options{OnEvent: log.note}), socket(Dealer, Options{OnEvent: other.note})
		join(r, d, func(int) {
			if cut.Load() {
				<-never
			}
		})
		time.Sleep(10 * time.Minute) // no heartbeat yet
		p := r.Peers()[0]
		if err := p.Watch(time.Second, 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		ended(t, &log, 0)
		if at := p.live.rx.Load(); now()-at > int64(2*time.Second) {
			t.Error("no PING is answered")
		}
		if err := p.Watch(0, 0); err != nil {
			t.Fatal(err)
		}
		cut.Store(true)
		time.Sleep(time.Hour)
		ended(t, &log, 0)
		if err := p.Watch(time.Second, 3*time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4500 * time.Millisecond)
		if e := ended(t, &log, 1)[0]; !errors.Is(e.Err, ErrSilent) {
			t.Error(e.Err)
		}
		synctest.Wait()
		for _, bad := range [][2]time.Duration{{-1, 0}, {time.Second, time.Millisecond}, {time.Second, time.Second}} {
			if p.Watch(bad[0], bad[1]) == nil {
				t.Errorf("%v is taken", bad)
			}
		}
		_ = p.Watch(time.Second, 0) // of a connection that is over: no harm
	})
}
