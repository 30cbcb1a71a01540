package kernel

import (
	"context"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// How text of streams is put together.
const (
	streamBytes = 64 << 10              // a merged message goes out at this size
	streamEvery = 50 * time.Millisecond // and not more often than this when time alone drives it
	streamFirst = 10 * time.Millisecond // after a pause the first bytes wait this long for more
)

// How long a slow subscriber is waited for.
const (
	softBytes   = 8 << 20                // queued for one subscriber, from which on printing waits; garbage comes on top
	hardBytes   = 256 << 20              // what the socket holds at most for one subscriber
	stuckAfter  = 120 * time.Second      // without taking a byte, a subscriber is disconnected
	pollBacklog = 2 * time.Millisecond   // how often the backlog is looked at, at first …
	pollSlow    = 100 * time.Millisecond // … and later
)

// outlet is the socket that a publisher writes to.
type outlet interface {
	Publish(frames ...[]byte) (sent, dropped int)
	Peers() []*zmtp.Peer
}

// publisher is iopub: it merges the text of streams and keeps the order of what is published. It is safe from any goroutine.
type publisher struct {
	out     outlet
	session *wire.Session
	prefix  string // of topics: "kernel.<id>."
	log     *slog.Logger

	mu      sync.Mutex
	parent  *wire.Message // of the pending text
	name    string        // stdout or stderr
	pending []byte
	since   time.Time // when text was sent last
	timer   *time.Timer
}

func newPublisher(out outlet, session *wire.Session, log *slog.Logger) *publisher {
	return &publisher{out: out, session: session, prefix: "kernel." + session.ID() + ".", log: log}
}

// publish sends a message now, behind the text that is pending.
func (p *publisher) publish(msgType string, parent *wire.Message, metadata, content any, buffers ...[]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flushLocked()
	p.sendLocked(msgType, parent, metadata, content, buffers...)
}

// status publishes busy, idle or starting.
func (p *publisher) status(parent *wire.Message, state string) {
	p.publish("status", parent, nil, struct {
		State string `json:"execution_state"`
	}{state})
}

// stream takes text of a stream. It waits while a subscriber is far behind, until ctx ends.
func (p *publisher) stream(ctx context.Context, parent *wire.Message, name, text string) {
	if text == "" {
		return
	}
	p.mu.Lock()
	if len(p.pending) > 0 && (p.parent != parent || p.name != name) {
		p.flushLocked()
	}
	p.parent, p.name = parent, name
	full := len(p.pending)+len(text) >= streamBytes
	if full && len(text) >= streamBytes/2 { // no need to copy it behind what waits
		p.flushLocked()
		p.sendLocked("stream", parent, nil, wire.Stream{Name: name, Text: text})
		p.since = time.Now()
	} else if p.pending = append(p.pending, text...); full {
		p.flushLocked()
	} else if p.timer == nil {
		wait := max(streamFirst, streamEvery-time.Since(p.since))
		p.timer = time.AfterFunc(wait, p.flush)
	}
	p.mu.Unlock()
	if full {
		p.waitForRoom(ctx)
	}
}

// flush sends the pending text.
func (p *publisher) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flushLocked()
}

func (p *publisher) flushLocked() {
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if len(p.pending) == 0 {
		return
	}
	p.sendLocked("stream", p.parent, nil, wire.Stream{Name: p.name, Text: string(p.pending)})
	p.pending = p.pending[:0]
	p.since = time.Now()
}

func (p *publisher) sendLocked(msgType string, parent *wire.Message, metadata, content any, buffers ...[]byte) {
	m, err := p.session.New(msgType, parent, metadata, content, buffers...)
	if err != nil {
		p.log.Error("not published", "type", msgType, "err", err)
		return
	}
	m.Routes = [][]byte{[]byte(p.prefix + msgType)}
	if _, dropped := p.out.Publish(p.session.Frames(m)...); dropped > 0 {
		p.log.Warn("a subscriber is full", "type", msgType, "subscribers", dropped)
		p.kickFull()
	}
}

// kickFull ends the connections that have reached the hard bound: a front end that lost a message must start anew.
func (p *publisher) kickFull() {
	for _, peer := range p.out.Peers() {
		if _, n := peer.Queued(); n >= hardBytes/2 {
			p.log.Warn("disconnecting a subscriber that does not read", "addr", peer.Addr, "bytes", n)
			peer.Kick()
		}
	}
}

// waitForRoom waits until no subscriber is behind by more than softBytes, or ctx ends. One that takes nothing for stuckAfter is
// disconnected.
func (p *publisher) waitForRoom(ctx context.Context) {
	type progress struct {
		bytes int64
		at    time.Time
	}
	var seen map[*zmtp.Peer]progress
	for pause := pollBacklog; ; pause = min(2*pause, pollSlow) {
		behind := false
		for _, peer := range p.out.Peers() {
			_, n := peer.Queued()
			if n <= softBytes {
				continue
			}
			behind = true
			if seen == nil {
				seen = map[*zmtp.Peer]progress{}
			}
			if last, ok := seen[peer]; !ok || n < last.bytes {
				seen[peer] = progress{n, time.Now()}
			} else if time.Since(last.at) >= stuckAfter {
				p.log.Warn("disconnecting a subscriber that takes nothing", "addr", peer.Addr, "bytes", n, "for", stuckAfter)
				peer.Kick()
			}
		}
		if !behind {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// welcome is the first message of every subscription (JEP 65).
func (p *publisher) welcome(topic string) [][]byte {
	if !utf8.ValidString(topic) {
		return nil
	}
	m, err := p.session.New("iopub_welcome", nil, nil, struct {
		Subscription string `json:"subscription"`
	}{topic})
	if err != nil {
		return nil
	}
	m.Routes = [][]byte{[]byte(topic)}
	return p.session.Frames(m)
}
