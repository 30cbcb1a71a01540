package zmtp

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// must returns a socket that the test closes.
func must(tb testing.TB, typ Type, o Options) *Socket {
	tb.Helper()
	s, err := New(typ, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close(0) })
	return s
}

func bind(tb testing.TB, s *Socket) string {
	tb.Helper()
	ep, err := s.Bind("tcp://127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return ep
}

func connect(tb testing.TB, s *Socket, ep string) {
	tb.Helper()
	if err := s.Connect(ep); err != nil {
		tb.Fatal(err)
	}
}

// within bounds what should not take long; nothing is judged by it but hanging.
func within(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	tb.Cleanup(cancel)
	return ctx
}

func recv(tb testing.TB, s *Socket) Msg {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	m, err := s.Recv(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// text joins frames for comparison.
func text(frames [][]byte) string {
	s := ""
	for i, f := range frames {
		if i > 0 {
			s += "|"
		}
		s += string(f)
	}
	return s
}

// frames splits what text joins.
func frames(ss ...string) [][]byte {
	var fs [][]byte
	for _, s := range ss {
		fs = append(fs, []byte(s))
	}
	return fs
}

// diary keeps events and lets tests wait for them.
type diary struct {
	mu   sync.Mutex
	all  []Event
	bell bell
}

func (d *diary) note(e Event) {
	d.mu.Lock()
	d.all = append(d.all, e)
	d.mu.Unlock()
	d.bell.ring()
}

func (d *diary) of(k EventKind) (es []Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.all {
		if e.Kind == k {
			es = append(es, e)
		}
	}
	return es
}

func (d *diary) wait(tb testing.TB, k EventKind, n int) []Event {
	tb.Helper()
	if err := d.bell.until(within(tb), func() bool { return len(d.of(k)) >= n }); err != nil {
		tb.Fatalf("%d × %v of %d", len(d.of(k)), k, n)
	}
	return d.of(k)
}

func TestEcho(t *testing.T) {
	r := must(t, Router, Options{})
	d := must(t, Dealer, Options{ID: "me"})
	connect(t, d, bind(t, r))
	for _, want := range [][][]byte{frames("a"), frames("", "b", ""), {make([]byte, 300), make([]byte, 1<<20)}} {
		if err := d.Send(within(t), want...); err != nil {
			t.Fatal(err)
		}
		m := recv(t, r)
		if m.From.ID != "me" {
			t.Errorf("from %q", m.From.ID)
		}
		if err := r.SendTo("me", m.Frames...); err != nil {
			t.Fatal(err)
		}
		if got := recv(t, d).Frames; text(got) != text(want) || len(got) != len(want) {
			t.Errorf("%d frames of %d came back", len(got), len(want))
		}
	}
	if err := r.SendTo("nobody", []byte("x")); !errors.Is(err, ErrNoPeer) {
		t.Error(err)
	}
	if err := r.SendTo("me"); !errors.Is(err, ErrEmpty) {
		t.Error(err)
	}
	if err := r.Send(t.Context(), []byte("x")); !errors.Is(err, ErrType) {
		t.Error(err)
	}
}

func TestReply(t *testing.T) {
	r := must(t, Rep, Options{Reply: func(m Msg) [][]byte { return append(frames("re"), m.Frames...) }})
	d := must(t, Dealer, Options{})
	connect(t, d, bind(t, r))
	for _, f := range [][][]byte{frames("no delimiter"), frames("", "ping"), frames("id", "", "a", "", "b")} {
		if err := d.Send(within(t), f...); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"|re|ping", "id||re|a||b"} {
		if got := text(recv(t, d).Frames); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPublish(t *testing.T) {
	var log diary
	p := must(t, XPub, Options{OnEvent: log.note, Welcome: func(topic string) [][]byte { return frames("welcome", topic) }})
	s := must(t, Sub, Options{})
	s.Subscribe("k")
	s.Subscribe("welcome")
	connect(t, s, bind(t, p))
	seen := map[string]bool{}
	for range 2 {
		seen[text(recv(t, s).Frames)] = true
	}
	if !seen["welcome|k"] || !seen["welcome|welcome"] {
		t.Error(seen)
	}
	log.wait(t, Subscribed, 2)
	if sent, dropped := p.Publish([]byte("x")); sent+dropped != 0 {
		t.Error(sent, dropped)
	}
	if sent, dropped := p.Publish([]byte("kernel"), []byte("1")); sent != 1 || dropped != 0 {
		t.Error(sent, dropped)
	}
	if err := p.PublishWait(t.Context(), 1, []byte("k"), []byte("2")); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"kernel|1", "k|2"} {
		if got := text(recv(t, s).Frames); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	s.Unsubscribe("k")
	log.wait(t, Unsubscribed, 1)
	if sent, _ := p.Publish([]byte("k")); sent != 0 {
		t.Error("published to nobody")
	}
}

func TestClosed(t *testing.T) {
	var log diary
	d := must(t, Dealer, Options{})
	r := must(t, Router, Options{OnEvent: log.note})
	connect(t, d, bind(t, r))
	for range 3 {
		if err := d.Send(within(t), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	recv(t, r)
	if err := d.Close(20 * time.Second); err != nil {
		t.Fatal(err)
	}
	if e := log.wait(t, Disconnected, 1)[0]; !errors.Is(e.Err, io.EOF) {
		t.Error(e.Err)
	}
	if err := r.Close(0); err != nil {
		t.Fatal(err)
	}
	recv(t, r)
	recv(t, r)
	if _, err := r.Recv(t.Context()); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := d.Send(t.Context(), []byte("x")); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := r.Bind("tcp://127.0.0.1:0"); !errors.Is(err, ErrClosed) && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := d.Connect("tcp://127.0.0.1:1"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	a, _ := net.Pipe()
	if err := d.Attach(a, true); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := a.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}
