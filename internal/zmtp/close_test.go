package zmtp

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// long is a linger that no test reaches.
const long = 20 * time.Second

func TestLingerPub(t *testing.T) {
	for _, n := range []int{3, 900} {
		var log diary
		p := must(t, Pub, Options{OnEvent: log.note})
		s := must(t, Sub, Options{RecvQueue: 2000})
		s.Subscribe("")
		connect(t, s, bind(t, p))
		log.wait(t, Subscribed, 1)
		for i := range n {
			p.Publish(fmt.Append(nil, i), make([]byte, 2000))
		}
		if err := p.Close(long); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if got := string(recv(t, s).Frames[0]); got != fmt.Sprint(i) {
				t.Fatal(got, i)
			}
		}
	}
}

func TestLingerDealer(t *testing.T) {
	r := must(t, Router, Options{})
	d := must(t, Dealer, Options{})
	connect(t, d, bind(t, r))
	for range 1000 { // not yet connected, perhaps
		if err := d.Send(t.Context(), make([]byte, 200)); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			recv(t, r)
		}
	}()
	if err := d.Close(long); err != nil {
		t.Fatal(err)
	}
	<-done
}

// Closing a connection with unread input would reset it and destroy what the peer has not read.
func TestLingerWithUnreadInput(t *testing.T) {
	r := must(t, Router, Options{RecvQueue: 1})
	d := must(t, Dealer, Options{ID: "A"})
	connect(t, d, bind(t, r))
	for range 2000 {
		if err := d.Send(t.Context(), make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.bell.until(within(t), func() bool { return len(r.Peers()) == 1 }); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if err := r.SendTo("A", make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(long); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		recv(t, d)
	}
}

// Close comes to an end whoever does not help.
func TestCloseIsBounded(t *testing.T) {
	for _, linger := range []time.Duration{0, 50 * time.Millisecond} {
		r := must(t, Router, Options{})
		ep := bind(t, r)
		shakeRaw(t, dialRaw(t, ep), "DEALER", "stuck")
		for range 20 {
			dialRaw(t, ep) // unfinished
		}
		if err := r.bell.until(within(t), func() bool { return len(r.Peers()) == 1 }); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if err := r.SendTo("stuck", make([]byte, 1<<20)); err != nil {
				t.Fatal(err)
			}
		}
		absent := must(t, Dealer, Options{})
		connect(t, absent, "tcp://127.0.0.1:1")
		if err := absent.Send(t.Context(), []byte("x")); err != nil {
			t.Fatal(err)
		}
		full := must(t, Router, Options{RecvQueue: 1})
		sender := must(t, Dealer, Options{})
		connect(t, sender, bind(t, full))
		for range 100 {
			if err := sender.Send(t.Context(), make([]byte, 100<<10)); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		for _, s := range []*Socket{r, absent, full, sender} {
			if err := s.Close(linger); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(start); d > long {
			t.Errorf("took %v", d)
		}
	}
}

// Every way of waiting ends with Close.
func TestCloseWakes(t *testing.T) {
	r := must(t, Router, Options{})
	d := must(t, Dealer, Options{}) // nobody there
	p := must(t, Pub, Options{})
	done := make(chan error, 3)
	go func() {
		_, err := r.Recv(context.Background())
		done <- err
	}()
	go func() { done <- d.Send(context.Background(), []byte("x")) }()
	go func() { <-r.Done(); done <- nil }()
	for _, s := range []*Socket{r, d, p} {
		for range 2 {
			if err := s.Close(0); err != nil {
				t.Fatal(err)
			}
		}
	}
	closed := 0
	for range 3 {
		if err := <-done; errors.Is(err, ErrClosed) {
			closed++
		}
	}
	if closed != 2 {
		t.Errorf("%d of 2 heard of it", closed)
	}
	if sent, dropped := p.Publish([]byte("x")); sent+dropped != 0 {
		t.Error(sent, dropped)
	}
	if err := p.PublishWait(t.Context(), 0, []byte("x")); err == nil {
		t.Error("published after Close")
	}
	if err := r.SendTo("x", []byte("x")); err == nil {
		t.Error("sent after Close")
	}
}
