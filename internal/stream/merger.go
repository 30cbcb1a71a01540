package stream

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Sizes and times of messages. A stream that has been quiet for Every says its first bytes after Soon; then at most one message per
// Every goes out because of time, and others when Enough bytes have come together: as many as are there, up to Most.
const (
	Enough = 64 << 10
	Most   = 1 << 20
	Every  = 50 * time.Millisecond
	Soon   = 5 * time.Millisecond
)

// Text is a piece of a stream, valid UTF-8.
type Text struct {
	Name string // stdout, stderr
	Text string
}

// Merger merges writes into texts. The zero value is ready. It is not safe for use from several goroutines.
type Merger struct {
	streams []*part
}

type part struct {
	name    string
	pending []byte
	sent    time.Time // when time last drove a text out
	due     time.Time // when the pending bytes must go; zero: none
}

// Add takes bytes of a stream and gives the texts that must go out now.
func (m *Merger) Add(now time.Time, name string, b []byte) (out []Text) {
	var p *part
	for _, q := range m.streams {
		switch {
		case q.name == name:
			p = q
		case len(q.pending) > 0:
			out = q.take(out, false)
		}
	}
	if p == nil {
		p = &part{name: name}
		m.streams = append(m.streams, p)
	}
	if len(b) == 0 {
		return out
	}
	p.pending = append(p.pending, b...)
	rest := p.pending
	for len(rest) >= Enough {
		head := rest[:min(len(rest), Most)]
		n := border(head)
		if n == 0 {
			n = len(head)
		}
		out = append(out, Text{name, strings.ToValidUTF8(string(rest[:n]), "\uFFFD")})
		rest = rest[n:]
		p.due = time.Time{}
	}
	p.pending = append(p.pending[:0], rest...)
	if len(p.pending) > 0 && p.due.IsZero() {
		p.due = now.Add(Soon)
		if next := p.sent.Add(Every); p.due.Before(next) {
			p.due = next
		}
	}
	return out
}

// Due gives the texts whose time has come.
func (m *Merger) Due(now time.Time) (out []Text) {
	for _, p := range m.streams {
		if !p.due.IsZero() && !now.Before(p.due) {
			out = p.take(out, false)
			p.sent = now
		}
	}
	return out
}

// Next is when Due must be called; zero if nothing waits.
func (m *Merger) Next() (at time.Time) {
	for _, p := range m.streams {
		if !p.due.IsZero() && (at.IsZero() || p.due.Before(at)) {
			at = p.due
		}
	}
	return at
}

// Flush gives everything but incomplete runes: a message of another kind is about to go out.
func (m *Merger) Flush() (out []Text) {
	for _, p := range m.streams {
		out = p.take(out, false)
	}
	return out
}

// End gives everything, incomplete runes as U+FFFD: the stream or the cell is at its end.
func (m *Merger) End() (out []Text) {
	for _, p := range m.streams {
		out = p.take(out, true)
	}
	return out
}

// take empties a stream but for an incomplete rune at its end, which stays, without a due time, until more comes.
func (p *part) take(out []Text, all bool) []Text {
	n := len(p.pending)
	if !all {
		n = border(p.pending)
	}
	p.due = time.Time{}
	if n == 0 {
		return out
	}
	out = append(out, Text{p.name, strings.ToValidUTF8(string(p.pending[:n]), "\uFFFD")})
	p.pending = append(p.pending[:0], p.pending[n:]...)
	return out
}

// border is the length of b without an incomplete rune at its end.
func border(b []byte) int {
	for k := 1; k < utf8.UTFMax && k <= len(b); k++ {
		c := b[len(b)-k]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-k:]) {
				return len(b) - k
			}
			break
		}
	}
	return len(b)
}
