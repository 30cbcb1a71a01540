package stream

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

func texts(ts []Text) string {
	var out []string
	for _, t := range ts {
		out = append(out, t.Name+":"+t.Text)
	}
	return strings.Join(out, "|")
}

func TestFirstBytesSoonThenFewMessages(t *testing.T) {
	m := &Merger{}
	if got := m.Add(at(0), "stdout", []byte("a")); got != nil || m.Next() != at(5) {
		t.Fatal(got, m.Next())
	}
	m.Add(at(2), "stdout", []byte("b"))
	if got := texts(m.Due(at(4))); got != "" {
		t.Fatal(got)
	}
	if got := texts(m.Due(at(5))); got != "stdout:ab" || !m.Next().IsZero() {
		t.Fatal(got, m.Next())
	}
	if m.Add(at(6), "stdout", []byte("c")); m.Next() != at(55) {
		t.Fatal(m.Next())
	}
	m = &Merger{}
	sent := 0
	for ms := range 10_000 { // a line every millisecond for ten seconds
		m.Add(at(ms), "stdout", []byte("line\n"))
		sent += len(m.Due(at(ms)))
	}
	if sent < 190 || sent > 201 {
		t.Fatalf("%d messages in ten seconds", sent)
	}
}

func TestOtherStreamAndFlush(t *testing.T) {
	m := &Merger{}
	m.Add(at(0), "stdout", []byte("out"))
	if got := texts(m.Add(at(1), "stderr", []byte("err"))); got != "stdout:out" {
		t.Fatal(got)
	}
	if got := texts(m.Flush()); got != "stderr:err" || texts(m.Flush()) != "" || !m.Next().IsZero() {
		t.Fatal(got)
	}
}

func TestRunesStayWhole(t *testing.T) {
	m := &Merger{}
	euro := "€"
	m.Add(at(0), "stdout", []byte("x"+euro[:2]))
	if got := texts(m.Due(at(5))); got != "stdout:x" {
		t.Fatalf("%q", got)
	}
	m.Add(at(6), "stdout", []byte(euro[2:]))
	if got := texts(m.Flush()); got != "stdout:€" {
		t.Fatalf("%q", got)
	}
	m.Add(at(7), "stdout", []byte(euro[:1]))
	if got := texts(m.Flush()); got != "" {
		t.Fatalf("%q", got)
	}
	if got := texts(m.End()); got != "stdout:\uFFFD" {
		t.Fatalf("%q", got)
	}
	m.Add(at(8), "stdout", []byte{0xff, 'a', 0x80, 0x80, 0x80, 0x80})
	if got := texts(m.Flush()); got != "stdout:\uFFFDa\uFFFD" {
		t.Fatalf("%q", got)
	}
}

func TestLargeWritesAreCut(t *testing.T) {
	m := &Merger{}
	in := strings.Repeat("€", 100_000)
	var got strings.Builder
	n := 0
	for _, x := range append(m.Add(at(0), "stdout", []byte(in)), m.End()...) {
		if !utf8.ValidString(x.Text) || len(x.Text) > Most {
			t.Fatalf("a text of %d bytes", len(x.Text))
		}
		got.WriteString(x.Text)
		n++
	}
	if got.String() != in || n > 6 {
		t.Fatalf("%d bytes in %d texts", got.Len(), n)
	}
}

func FuzzMerger(f *testing.F) {
	f.Add([]byte("hello € world\xff\xe2\x82"), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		m := &Merger{}
		var got strings.Builder
		put := func(ts []Text) {
			for _, x := range ts {
				if x.Text == "" || !utf8.ValidString(x.Text) {
					t.Fatalf("%q", x.Text)
				}
				got.WriteString(x.Text)
			}
		}
		for len(b) > 0 {
			n := min(len(b), int(cut)+1)
			put(m.Add(at(0), "stdout", b[:n]))
			put(m.Due(at(60)))
			b = b[n:]
		}
		put(m.End())
		if utf8.Valid(b) && !strings.Contains(got.String(), string(b)) {
			t.Fatal("lost text")
		}
	})
}

// taken collects what pipes give.
type taken struct {
	mu sync.Mutex
	bytes.Buffer
}

func (k *taken) sink(b []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.Write(b)
}

func (k *taken) text() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.String()
}

func TestDrainGivesWhatWasWritten(t *testing.T) {
	var k taken
	p, w, err := New(k.sink)
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for i := range 2000 {
		line := fmt.Sprintf("line %d\n", i)
		want.WriteString(line)
		if _, err := w.WriteString(line); err != nil {
			t.Fatal(err)
		}
		if p.Drain(); k.text() != want.String() {
			t.Fatalf("after line %d: %d bytes, want %d", i, len(k.text()), want.Len())
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if err := p.Close(); err != nil || k.text() != want.String() {
		t.Fatal(err)
	}
}

func TestAWaitingSinkStopsTheWriter(t *testing.T) {
	release := make(chan struct{})
	n := 0
	p, w, err := New(func(b []byte) { <-release; n += len(b) })
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan int)
	go func() {
		sum := 0
		for range 64 {
			k, _ := w.Write(make([]byte, 64<<10))
			sum += k
		}
		_ = w.Close()
		written <- sum
	}()
	select {
	case sum := <-written:
		t.Fatalf("%d bytes were written while nobody read", sum)
	case release <- struct{}{}:
	}
	close(release)
	sum := <-written
	<-p.Done()
	if _ = p.Close(); n != sum || sum != 64*64<<10 {
		t.Fatalf("%d bytes came of %d", n, sum)
	}
}

func TestCloseEndsReading(t *testing.T) {
	p, w, err := New(func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if p.Drain(); w.Close() != nil {
		t.Fatal("the writing end")
	}
}
