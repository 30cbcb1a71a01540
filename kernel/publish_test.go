package kernel

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// paper is an outlet that writes down what was published, and when.
type paper struct {
	mu    sync.Mutex
	start time.Time
	lines []string
	sizes []int
}

func (p *paper) Publish(frames ...[]byte) (sent, dropped int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	content := string(frames[len(frames)-1])
	p.sizes = append(p.sizes, len(content))
	p.lines = append(p.lines, fmt.Sprintf("%v %s", time.Since(p.start), content))
	return 1, 0
}

func (p *paper) Peers() []*zmtp.Peer { return nil }

// said gives what was published.
func (p *paper) said() (lines []string, sizes []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines), slices.Clone(p.sizes)
}

func (p *paper) text() string {
	lines, _ := p.said()
	return strings.Join(lines, "\n")
}

func newPaper() (*paper, *publisher) {
	p := &paper{start: time.Now()}
	return p, newPublisher(p, wire.NewSession(wire.Options{}), slog.New(slog.DiscardHandler))
}

func TestStreamTiming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, pub := newPaper()
		ctx := t.Context()
		for _, s := range []string{"a", "b", "c"} { // 0, 35, 70 ms: the first after a pause soon, the others not before 50 ms
			pub.stream(ctx, nil, "stdout", s)
			time.Sleep(35 * time.Millisecond)
		}
		time.Sleep(time.Second)
		pub.stream(ctx, nil, "stdout", "d")
		pub.stream(ctx, nil, "stderr", "e")
		time.Sleep(time.Second)
		want := `10ms {"name":"stdout","text":"a"}
60ms {"name":"stdout","text":"b"}
110ms {"name":"stdout","text":"c"}
1.105s {"name":"stdout","text":"d"}
1.155s {"name":"stderr","text":"e"}`
		if p.text() != want {
			t.Errorf("published\n%s\nwant\n%s", p.text(), want)
		}
	})
}

func TestTimeAloneSendsTwentyMessagesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, pub := newPaper()
		for range 1000 {
			pub.stream(t.Context(), nil, "stdout", "x")
			time.Sleep(2 * time.Millisecond)
		}
		time.Sleep(time.Second)
		lines, _ := p.said()
		if n := len(lines); n < 35 || n > 42 {
			t.Errorf("%d messages in 2 s, want about 40", n)
		}
	})
}

func TestStreamGoesOutBySizeAndBeforeOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, pub := newPaper()
		for range 1000 {
			pub.stream(t.Context(), nil, "stdout", strings.Repeat("x", 1000))
		}
		lines, sizes := p.said()
		if n := len(lines); n != 15 {
			t.Errorf("%d messages for 1 MB, want 15 of 64 KiB", n)
		}
		for _, n := range sizes {
			if n > streamBytes+2000 {
				t.Errorf("a message of %d bytes", n)
			}
		}
		pub.status(nil, "idle")
		lines, _ = p.said()
		if n := len(lines); n != 17 || !strings.Contains(lines[15], "xxx") || !strings.Contains(lines[16], "idle") {
			t.Errorf("%d messages, the rest of the text must come before idle", n)
		}
	})
}

func TestRuneBorder(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "é": 2, "a\xc3": 1, "a\xf0\x90\x8d": 1, "a\xf0\x90\x8d\x88": 5, "\xff": 1, "\x80\x80\x80\x80\x80": 5, "a\xff": 2} {
		if got := runeBorder([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// TestSlowReader: a reader that stops holds the printing cell back, memory stays bounded, an interrupt ends the wait, and what
// was published arrives when it reads again.
func TestSlowReader(t *testing.T) {
	out, err := zmtp.New(zmtp.XPub, zmtp.Options{QueueMsgs: 1 << 22, QueueBytes: hardBytes})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close(0) }()
	at, err := out.Bind("tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	in, err := zmtp.New(zmtp.Sub, zmtp.Options{RecvQueue: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close(0) }()
	in.Subscribe("")
	if err := in.Connect(at); err != nil {
		t.Fatal(err)
	}
	pub := newPublisher(out, wire.NewSession(wire.Options{}), slog.New(slog.DiscardHandler))
	for { // until the subscription is there
		if sent, _ := out.Publish([]byte("first")); sent == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithCancel(t.Context())
	line := strings.Repeat("y", 1<<20)
	var total int
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			pub.stream(ctx, nil, "stdout", line)
			total += len(line)
		}
	}()
	for { // until it waits
		if _, n := out.Peers()[0].Queued(); n > softBytes {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-done
	if _, n := out.Peers()[0].Queued(); n > softBytes+4<<20 {
		t.Errorf("%d bytes are queued, want not much more than %d", n, softBytes)
	}
	pub.status(nil, "idle")
	got := 0
	for {
		m, err := in.Recv(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		content := string(m.Frames[len(m.Frames)-1])
		if strings.Contains(content, "idle") {
			break
		}
		got += strings.Count(content, "y")
	}
	if got != total {
		t.Errorf("%d bytes arrived of %d", got, total)
	}
}

// nowhere is an outlet for benchmarks.
type nowhere struct{ messages, bytes int }

func (n *nowhere) Publish(frames ...[]byte) (sent, dropped int) {
	n.messages++
	n.bytes += len(frames[len(frames)-1])
	return 1, 0
}

func (n *nowhere) Peers() []*zmtp.Peer { return nil }

func BenchmarkStreamLines(b *testing.B) {
	out := &nowhere{}
	pub := newPublisher(out, wire.NewSession(wire.Options{Key: []byte("key")}), slog.New(slog.DiscardHandler))
	line := "line 0000000 abcdefghijklmnopqrstuvwxyz\n"
	for b.Loop() {
		pub.stream(b.Context(), nil, "stdout", line)
	}
	b.SetBytes(int64(len(line)))
	b.ReportMetric(float64(out.messages)/float64(b.N)*1e5, "messages/100klines")
}

func BenchmarkStreamChunks(b *testing.B) {
	pub := newPublisher(&nowhere{}, wire.NewSession(wire.Options{Key: []byte("key")}), slog.New(slog.DiscardHandler))
	chunk := strings.Repeat("x", 64<<10)
	for b.Loop() {
		pub.stream(b.Context(), nil, "stdout", chunk)
	}
	b.SetBytes(int64(len(chunk)))
}
