package zmtp

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func defaultLimits() Limits { return Options{}.withDefaults().Limits }

func readerOf(b []byte, l Limits) *reader {
	return &reader{br: bufio.NewReaderSize(bytes.NewReader(b), readBuffer), lim: l}
}

func filled(n int, r *rand.Rand) []byte {
	b := make([]byte, n)
	for i := 0; i+8 <= n; i += 512 {
		binary.LittleEndian.PutUint64(b[i:], r.Uint64())
	}
	if n > 0 {
		b[n-1] = byte(r.Uint32())
	}
	return b
}

func same(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }

func TestReaderSizes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	sizes := []int{0, 1, 254, 255, 256, 257, 4 << 10, 4<<10 + 1, arenaFrame - 1, arenaFrame, arenaFrame + 1, trust - 1, trust, trust + 1, 16*trust - 1, 16 * trust, 16*trust + 1}
	if testing.Short() {
		sizes = sizes[:len(sizes)-3]
	}
	for _, n := range sizes {
		m := [][]byte{filled(n, rnd), nil, filled(3, rnd)}
		if n <= trust {
			m = append(m, filled(n, rnd))
		}
		r := readerOf(append(wireMessage(m...), wireMessage([]byte("next"))...), defaultLimits())
		got, cmd, err := r.next()
		if err != nil || cmd != nil || !same(got, m) {
			t.Fatalf("frames of %d bytes: %v", n, err)
		}
		if got, _, err = r.next(); err != nil || text(got) != "next" {
			t.Fatalf("after frames of %d bytes: %q, %v", n, got, err)
		}
		if _, _, err = r.next(); err != io.EOF { //nolint:errorlint // a clean end is exactly io.EOF
			t.Fatal(err)
		}
	}
}

func TestReaderFramesDoNotOverlap(t *testing.T) {
	r := readerOf(wireMessage([]byte("aa"), []byte("bb")), defaultLimits())
	m, _, err := r.next()
	if err != nil {
		t.Fatal(err)
	}
	_ = append(m[0], "XX"...)
	if text(m) != "aa|bb" {
		t.Error("an append to one frame changed another:", text(m))
	}
}

func TestReaderCommandBetweenFrames(t *testing.T) {
	ping := appendCommand(nil, "PING", []byte("\x00\x00ctx"))
	var b []byte
	for i := range 5 {
		b = append(b, flagMore, 1, byte('a'+i))
		b = append(b, ping...)
	}
	b = append(b, 0, 1, 'z')
	r := readerOf(b, defaultLimits())
	for range 5 {
		if m, cmd, err := r.next(); err != nil || m != nil || string(cmd) != "\x04PING\x00\x00ctx" {
			t.Fatal(m, cmd, err)
		}
	}
	if m, _, err := r.next(); err != nil || text(m) != "a|b|c|d|e|z" {
		t.Fatal(text(m), err)
	}
}

func TestReaderRefuses(t *testing.T) {
	l := Limits{MaxFrame: 1000, MaxMsg: 1500, MaxFrames: 3, MaxCmd: 100}
	long := func(flags byte, n uint64) []byte { return binary.BigEndian.AppendUint64([]byte{flags | flagLong}, n) }
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"frame at the limit":      {wireMessage(make([]byte, 1000)), nil},
		"frame over it":           {long(0, 1001), ErrTooBig},
		"frame of 2^63-1":         {long(0, 1<<63-1), ErrTooBig},
		"frame of 2^64-1":         {long(0, 1<<64-1), ErrTooBig},
		"message at the limit":    {wireMessage(make([]byte, 1000), make([]byte, 500)), nil},
		"message over it":         {wireMessage(make([]byte, 1000), make([]byte, 501)), ErrTooBig},
		"three frames":            {wireMessage(nil, nil, nil), nil},
		"four frames":             {wireMessage(nil, nil, nil, nil), ErrTooBig},
		"command at the limit":    {appendCommand(nil, "X", make([]byte, 98)), nil},
		"command over it":         {appendCommand(nil, "X", make([]byte, 99)), ErrTooBig},
		"command with more":       {[]byte{flagCommand | flagMore, 0}, ErrProtocol},
		"reserved flag":           {[]byte{8, 0}, ErrProtocol},
		"end after the flags":     {[]byte{0}, io.ErrUnexpectedEOF},
		"end inside the length":   {[]byte{flagLong, 0, 0}, io.ErrUnexpectedEOF},
		"end before the body":     {[]byte{0, 5}, io.ErrUnexpectedEOF},
		"end inside the body":     {[]byte{0, 5, 'x'}, io.ErrUnexpectedEOF},
		"end between two frames":  {[]byte{flagMore, 1, 'x'}, io.ErrUnexpectedEOF},
		"end after a ping inside": {append([]byte{flagMore, 1, 'x'}, appendCommand(nil, "PING", []byte{0, 0})...), io.ErrUnexpectedEOF},
		"end inside a big frame":  {append(long(0, 900), make([]byte, 899)...), io.ErrUnexpectedEOF},
	} {
		r := readerOf(c.b, l)
		_, cmd, err := r.next()
		if cmd != nil && err == nil && strings.HasSuffix(name, "inside") {
			_, _, err = r.next()
		}
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// A length alone must not set memory aside.
func TestReaderDoesNotTrustLength(t *testing.T) {
	b := append(binary.BigEndian.AppendUint64([]byte{flagLong}, 2<<30), make([]byte, trust+1)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, _, err := readerOf(b, defaultLimits()).next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	n := after.TotalAlloc - before.TotalAlloc
	if n > 20<<20 {
		t.Errorf("%d bytes set aside for %d that came", n, len(b))
	}
}

func TestReaderAllocates(t *testing.T) {
	m := wireMessage(make([]byte, 9), make([]byte, 64), make([]byte, 200), make([]byte, 150), make([]byte, 100))
	src := bytes.NewReader(bytes.Repeat(m, 1000))
	r := &reader{br: bufio.NewReaderSize(src, readBuffer), lim: defaultLimits()}
	if n := testing.AllocsPerRun(900, func() {
		if _, _, err := r.next(); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Errorf("%v allocations per message, want 2", n)
	}
}

// What the writer writes, in whatever portions, the reader reads.
func TestWriterReader(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	size := func() int {
		switch rnd.IntN(12) {
		case 0:
			return rnd.IntN(600 << 10)
		case 1, 2, 3:
			return rnd.IntN(10 << 10)
		}
		return rnd.IntN(300)
	}
	for range 10 {
		var out bytes.Buffer
		w := &writer{w: &out}
		var want [][][]byte
		pings := 0
		w.between = func() {
			if err := w.command("PING", []byte("\x00\x00between")); err != nil {
				t.Fatal(err)
			}
			pings++
		}
		for range 1 + rnd.IntN(20) {
			var m [][]byte
			for range 1 + rnd.IntN(6) {
				m = append(m, filled(size(), rnd))
			}
			want = append(want, m)
			if err := w.message(m); err != nil {
				t.Fatal(err)
			}
			if rnd.IntN(4) == 0 {
				if err := w.flush(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.flush(); err != nil {
			t.Fatal(err)
		}
		if w.sent != w.queued || w.sent != int64(out.Len()) {
			t.Fatalf("%d bytes out, %d queued, %d sent", out.Len(), w.queued, w.sent)
		}
		r := &reader{br: bufio.NewReaderSize(iotest.HalfReader(&out), 64), lim: defaultLimits()}
		for i := 0; i < len(want); {
			m, cmd, err := r.next()
			if err != nil {
				t.Fatal(err)
			}
			if cmd != nil {
				pings--
				continue
			}
			if !same(m, want[i]) {
				t.Fatalf("message %d differs", i)
			}
			i++
		}
		if pings != 0 {
			t.Errorf("%d commands lost", pings)
		}
	}
}

// FuzzReader: no panic, never more bytes out than in, and what was read is what a writer would write.
func FuzzReader(f *testing.F) {
	f.Add([]byte("\x01\x01a\x00\x01b"))
	f.Add([]byte("\x04\x0a\x05READY\x0bSoc"))
	f.Add(binary.BigEndian.AppendUint64([]byte{2}, 1<<40))
	f.Add([]byte("\x01\x01a\x04\x07\x04PING\x00\x00\x00\x01b"))
	f.Add(wireMessage(make([]byte, 300), nil, make([]byte, 10)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := readerOf(b, defaultLimits())
		got := 0
		for {
			m, cmd, err := r.next()
			if err != nil {
				return
			}
			if cmd != nil {
				got += len(cmd)
				_, _, _ = splitCommand(cmd)
			}
			for _, x := range m {
				got += len(x)
			}
			if got > len(b) {
				t.Fatalf("%d bytes out of %d", got, len(b))
			}
			if m == nil {
				continue
			}
			again, _, err := readerOf(wireMessage(m...), defaultLimits()).next()
			if err != nil || !same(again, m) {
				t.Fatalf("%q came back as %q, %v", m, again, err)
			}
		}
	})
}
