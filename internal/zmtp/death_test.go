package zmtp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"
)

// Peers that end cleanly, inside a frame, between two frames, by reset: one Disconnected each, and it says how.
func TestDeaths(t *testing.T) {
	var log diary
	r := must(t, Router, Options{OnEvent: log.note})
	ep := bind(t, r)
	const each = 50
	for i := range 4 * each {
		nc := dialRaw(t, ep)
		shakeRaw(t, nc, "DEALER", fmt.Sprint(i%4, "-", i))
		log.wait(t, Connected, i+1)
		switch i % 4 {
		case 0:
		case 1:
			_, _ = nc.Write([]byte{flagMore, 1, 'x', flagLong, 0, 0})
		case 2:
			_, _ = nc.Write([]byte{flagMore, 1, 'x'})
		case 3:
			_ = nc.(*net.TCPConn).SetLinger(0)
		}
		_ = nc.Close()
	}
	for _, e := range log.wait(t, Disconnected, 4*each) {
		switch e.Peer.ID[0] {
		case '0':
			if !errors.Is(e.Err, io.EOF) {
				t.Error("clean:", e.Err)
			}
		case '1', '2':
			if !errors.Is(e.Err, io.ErrUnexpectedEOF) {
				t.Error("inside a message:", e.Err)
			}
		case '3':
			if e.Err == nil || errors.Is(e.Err, io.EOF) || errors.Is(e.Err, io.ErrUnexpectedEOF) {
				t.Error("reset:", e.Err)
			}
		}
	}
	if len(r.Peers()) != 0 {
		t.Error("some are still there")
	}
}

// quick makes a socket come back fast.
func quick(o Options) Options {
	o.RetryMin, o.RetryMax = time.Millisecond, 8*time.Millisecond
	return o
}

// A server that treats the client badly, each time in another way, until it does not.
func TestReconnect(t *testing.T) {
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log diary
	d := must(t, Dealer, quick(Options{ID: "d", Handshake: 50 * time.Millisecond, OnEvent: log.note}))
	connect(t, d, "tcp://"+l.Addr().String())
	if err := d.Send(t.Context(), []byte("whole")); err != nil {
		t.Fatal(err)
	}
	h := hello("ROUTER", "")
	wrong := hello("SUB", "")
	for i, says := range [][]byte{nil, h[:5], h[:64], h[:80], wrong, []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), append(hello("ROUTER", ""), 0x80, 0), append(hello("ROUTER", ""), 0, 5, 'x')} {
		nc, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = nc.Write(says) // it may be gone
		switch {
		case i == 1: // ignore it until it gives up
			_, _ = io.Copy(io.Discard, nc)
		case i >= 6:
			shaken := make([]byte, len(hello("DEALER", "d")))
			if _, err := io.ReadFull(nc, shaken); err != nil {
				t.Fatal(err)
			}
		}
		_ = nc.(*net.TCPConn).SetLinger(0)
		_ = nc.Close()
		log.wait(t, Retrying, i+1)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	tries := len(log.of(Retrying))
	es := log.wait(t, Retrying, tries+6) // nobody listens
	wait := time.Millisecond
	for i, e := range es {
		if e.Err == nil || e.Wait < wait/2 || e.Wait > wait {
			t.Errorf("try %d: %v after %v, want %v to %v", i, e.Err, e.Wait, wait/2, wait)
		}
		wait = min(2*wait, 8*time.Millisecond)
	}
	r := must(t, Router, Options{})
	if _, err := r.Bind("tcp://" + l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if err := d.Send(t.Context(), []byte("after")); err != nil {
		t.Fatal(err)
	}
	got := text(recv(t, r).Frames)
	if got == "whole" { // unless the kernel had it when a server that had shaken hands went
		got = text(recv(t, r).Frames)
	}
	if got != "after" {
		t.Error(got)
	}
	if n, m := len(log.of(Connected)), len(log.of(Disconnected)); n != m+1 {
		t.Errorf("%d connected, %d disconnected", n, m)
	}
}

// Connections are reset while sends are under way: order is kept, nothing comes twice, and the sender never hangs. What the
// kernel had at a reset is lost.
func TestResetsUnderLoad(t *testing.T) {
	resets := 50
	if testing.Short() {
		resets = 8
	}
	var log diary
	r := must(t, Router, Options{Handover: true, OnEvent: log.note})
	d := must(t, Dealer, quick(Options{ID: "d", QueueMsgs: 100}))
	connect(t, d, bind(t, r))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan int)
	go func() {
		n := 0
		for d.Send(ctx, fmt.Append(nil, n), make([]byte, 1000)) == nil {
			n++
		}
		done <- n
	}()
	last, seen := -1, 0
	for k := range resets + 1 {
		for range 200 {
			var i int
			m := recv(t, r)
			if _, err := fmt.Sscan(string(m.Frames[0]), &i); err != nil || i <= last {
				t.Fatalf("%q after %d", m.Frames[0], last)
			}
			last = i
			seen++
			if seen%200 == 0 && k < resets {
				_ = m.From.nc.(*net.TCPConn).SetLinger(0) // it may be gone
				m.From.Kick()
			}
		}
	}
	stop()
	sent := <-done
	if k := len(log.of(Connected)); k < 2 {
		t.Errorf("only %d connections", k)
	}
	t.Logf("%d of %d arrived over %d connections", seen, sent, len(log.of(Connected)))
}
