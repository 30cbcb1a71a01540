package zmtp

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

func megabytes(t *testing.T) int {
	t.Helper()
	if testing.Short() {
		return 40
	}
	return 200
}

// A ROUTER's peer that does not read delays nobody else, and is known by its queue.
func TestStuckBesideRouter(t *testing.T) {
	r := must(t, Router, Options{QueueBytes: 1 << 30})
	ep := bind(t, r)
	shakeRaw(t, dialRaw(t, ep), "DEALER", "stuck")
	d := must(t, Dealer, Options{ID: "healthy"})
	connect(t, d, ep)
	if err := r.bell.until(within(t), func() bool { return len(r.Peers()) == 2 }); err != nil {
		t.Fatal(err)
	}
	n := megabytes(t)
	body := make([]byte, 1<<20)
	for i := range n {
		if err := r.SendTo("stuck", body); err != nil {
			t.Fatal(err)
		}
		if err := r.SendTo("healthy", fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
		if got := text(recv(t, d).Frames); got != fmt.Sprint(i) {
			t.Fatal(got)
		}
	}
	for _, p := range r.Peers() {
		if m, b := p.Queued(); p.ID == "stuck" && (m < n/2 || b < int64(n/2)<<20) {
			t.Errorf("%d messages, %d bytes queued", m, b)
		}
	}
}

// A queue that is full is an error, not a wait.
func TestStuckRouterIsFull(t *testing.T) {
	r := must(t, Router, Options{QueueBytes: 10 << 20})
	shakeRaw(t, dialRaw(t, bind(t, r)), "DEALER", "stuck")
	if err := r.bell.until(within(t), func() bool { return len(r.Peers()) == 1 }); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, 1<<20)
	var err error
	for range 200 {
		if err = r.SendTo("stuck", body); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	if _, b := r.Peers()[0].Queued(); b > 10<<20 {
		t.Errorf("%d bytes queued", b)
	}
}

// A subscriber that does not read takes nothing from the others; PublishWait waits for it, and stops waiting when it goes.
func TestStuckBesidePub(t *testing.T) {
	var log diary
	p := must(t, Pub, Options{QueueBytes: 8 << 20, OnEvent: log.note})
	ep := bind(t, p)
	stuck := dialRaw(t, ep)
	shakeRaw(t, stuck, "SUB", "")
	if _, err := stuck.Write(wireMessage([]byte{1})); err != nil {
		t.Fatal(err)
	}
	s := must(t, Sub, Options{RecvQueue: 8})
	s.Subscribe("")
	connect(t, s, ep)
	log.wait(t, Subscribed, 2)
	n := megabytes(t)
	body := make([]byte, 1<<20)
	drops := 0
	for i := range n {
		sent, dropped := p.Publish(fmt.Append(nil, i), body)
		if sent == 0 {
			t.Fatal("the healthy one lost a message")
		}
		drops += dropped
		if got := string(recv(t, s).Frames[0]); got != fmt.Sprint(i) {
			t.Fatal(got)
		}
	}
	if drops == 0 || p.Drops.Load() != int64(drops) {
		t.Errorf("%d drops, %d counted", drops, p.Drops.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.PublishWait(ctx, 1<<20, []byte("late")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	done := make(chan error)
	go func() { done <- p.PublishWait(context.Background(), 1<<20, []byte("waited")) }()
	if got := string(recv(t, s).Frames[0]); got != "late" {
		t.Fatal(got)
	}
	select {
	case err := <-done:
		t.Fatal("did not wait for the subscriber that is behind:", err)
	default:
	}
	_ = stuck.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := string(recv(t, s).Frames[0]); got != "waited" {
		t.Fatal(got)
	}
}

// PublishWait lets a slow subscriber have everything.
func TestPublishWaitLosesNothing(t *testing.T) {
	var log diary
	p := must(t, Pub, Options{QueueBytes: 4 << 20, QueueMsgs: 100, OnEvent: log.note})
	s := must(t, Sub, Options{RecvQueue: 1})
	s.Subscribe("")
	connect(t, s, bind(t, p))
	log.wait(t, Subscribed, 1)
	const n = 100
	go func() {
		for i := range n {
			if err := p.PublishWait(context.Background(), 256<<10, fmt.Append(nil, i), make([]byte, 200<<10)); err != nil {
				t.Error(err)
			}
		}
	}()
	for i := range n {
		if got := string(recv(t, s).Frames[0]); got != fmt.Sprint(i) {
			t.Fatalf("%s instead of %d", got, i)
		}
	}
}

// A DEALER deals past a peer that does not read, and waits when all are full.
func TestStuckBesideDealer(t *testing.T) {
	d := must(t, Dealer, Options{QueueBytes: 1 << 20})
	ep := bind(t, d)
	shakeRaw(t, dialRaw(t, ep), "ROUTER", "stuck")
	r := must(t, Router, Options{})
	connect(t, r, ep)
	if err := d.bell.until(within(t), func() bool { return len(d.Peers()) == 2 }); err != nil {
		t.Fatal(err)
	}
	n := megabytes(t)
	got := make(chan struct{}, n)
	go func() {
		for {
			if _, err := r.Recv(context.Background()); err != nil {
				return
			}
			got <- struct{}{}
		}
	}()
	for range n {
		if err := d.Send(t.Context(), make([]byte, 500<<10)); err != nil {
			t.Fatal(err)
		}
	}
	for range n / 2 { // at least; most of the stuck one's share went here too
		<-got
	}
	_ = r.Close(0)
	ctx, cancel := context.WithCancel(t.Context())
	full := make(chan struct{})
	go func() {
		defer close(full)
		for d.Send(ctx, make([]byte, 500<<10)) == nil {
		}
	}()
	if err := d.bell.until(within(t), func() bool { return len(d.Peers()) == 1 }); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-full
}

// Nobody takes what is received: the sender waits, the receiver's memory does not grow.
func TestNobodyTakes(t *testing.T) {
	bubble(t, func(w *world) {
		t, socket := w.T, w.socket
		r := socket(Router, Options{RecvBytes: 4 << 20})
		d := socket(Dealer, Options{QueueBytes: 4 << 20})
		join(r, d, nil)
		const n = 16
		var sent atomic.Int64
		go func() {
			for range n {
				if d.Send(t.Context(), make([]byte, 1<<20-100)) == nil {
					sent.Add(1)
				}
			}
		}()
		time.Sleep(time.Minute)
		if k := len(r.in.c); k != 4 {
			t.Errorf("%d MiB received and not taken", k)
		}
		if k := sent.Load(); k < 8 || k > 11 { // and one in the reader's hands, one under way
			t.Errorf("%d messages accepted", k)
		}
		for range n {
			if _, err := r.Recv(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if k := sent.Load(); k != n {
			t.Errorf("%d messages accepted", k)
		}
	})
}
