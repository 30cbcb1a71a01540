package zmtp

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// script is a peer that says its lines whatever it hears.
type script struct {
	io.Reader
	heard bytes.Buffer
}

func (s *script) Write(b []byte) (int, error) { return s.heard.Write(b) }

func ready(props ...string) []byte {
	var b []byte
	for i := 0; i < len(props); i += 2 {
		b = appendProperty(b, props[i], props[i+1])
	}
	return appendCommand(nil, "READY", b)
}

func greetingWith(change func(b []byte)) []byte {
	b := greeting("NULL", false)
	change(b)
	return b
}

func TestHandshake(t *testing.T) {
	good := greeting("NULL", false)
	dealer := ready("Socket-Type", "DEALER")
	many := []string{"Socket-Type", "DEALER"}
	for range maxProps {
		many = append(many, "x", "")
	}
	for name, c := range map[string]struct {
		says []byte
		want error // nil: admitted
		id   string
	}{
		"good":                       {says: append(bytes.Clone(good), dealer...)},
		"identity":                   {says: append(bytes.Clone(good), ready("Socket-Type", "DEALER", "Identity", "E")...), id: "E"},
		"case of names":              {says: append(bytes.Clone(good), ready("socket-type", "REQ", "IDENTITY", "E", "X-Other", "1")...), id: "E"},
		"identity of 255":            {says: append(bytes.Clone(good), ready("Socket-Type", "DEALER", "Identity", strings.Repeat("i", 255))...), id: strings.Repeat("i", 255)},
		"minor 1":                    {says: append(greetingWith(func(b []byte) { b[11] = 1 }), dealer...)},
		"major 4":                    {says: append(greetingWith(func(b []byte) { b[10] = 4 }), dealer...)},
		"junk in the signature":      {says: append(greetingWith(func(b []byte) { copy(b[1:9], "whatever") }), dealer...)},
		"long form of READY":         {says: append(bytes.Clone(good), longForm(dealer)...)},
		"identity of 256":            {says: append(bytes.Clone(good), ready("Socket-Type", "DEALER", "Identity", strings.Repeat("i", 256))...), want: ErrProtocol},
		"identity of ours":           {says: append(bytes.Clone(good), ready("Socket-Type", "DEALER", "Identity", "\x00abcd")...), want: ErrProtocol},
		"ZMTP 2":                     {says: greetingWith(func(b []byte) { b[10] = 1 })[:11], want: ErrProtocol},
		"ZMTP 1":                     {says: []byte("\x01\x00\x02\x00id1234567"), want: ErrProtocol},
		"HTTP":                       {says: []byte("GET / HTTP/1.1\r\n\r\n"), want: ErrProtocol},
		"signature bit":              {says: greetingWith(func(b []byte) { b[9] = 0x7e }), want: ErrProtocol},
		"CURVE":                      {says: append(greeting("CURVE", true), dealer...), want: ErrProtocol},
		"mechanism without end":      {says: append(greeting(strings.Repeat("N", 20), false), dealer...), want: ErrProtocol},
		"no type":                    {says: append(bytes.Clone(good), ready("Identity", "E")...), want: ErrProtocol},
		"unknown type":               {says: append(bytes.Clone(good), ready("Socket-Type", "FOO")...), want: ErrProtocol},
		"wrong type":                 {says: append(bytes.Clone(good), ready("Socket-Type", "SUB")...), want: ErrProtocol},
		"ERROR":                      {says: append(bytes.Clone(good), appendCommand(nil, "ERROR", []byte("\x03no!"))...), want: ErrProtocol},
		"PING first":                 {says: append(bytes.Clone(good), appendCommand(nil, "PING", []byte{0, 0})...), want: ErrProtocol},
		"message first":              {says: append(bytes.Clone(good), wireMessage([]byte("x"))...), want: ErrProtocol},
		"frames first":               {says: append(bytes.Clone(good), wireMessage([]byte("x"), []byte("y"))...), want: ErrTooBig},
		"READY of 9 KiB":             {says: append(bytes.Clone(good), ready("x", strings.Repeat("y", 9<<10))...), want: ErrTooBig},
		"READY of 2^62":              {says: append(bytes.Clone(good), flagCommand|flagLong, 0x40, 0, 0, 0, 0, 0, 0, 0), want: ErrTooBig},
		"65 properties":              {says: append(bytes.Clone(good), ready(many...)...), want: ErrTooBig},
		"reserved flags":             {says: append(bytes.Clone(good), 0x80, 0), want: ErrProtocol},
		"empty command":              {says: append(bytes.Clone(good), flagCommand, 0), want: ErrProtocol},
		"command shorter than name":  {says: append(bytes.Clone(good), flagCommand, 3, 9, 'R', 'E'), want: ErrProtocol},
		"property without value":     {says: append(bytes.Clone(good), appendCommand(nil, "READY", []byte("\x0bSocket-Type\x00"))...), want: ErrProtocol},
		"property longer than READY": {says: append(bytes.Clone(good), appendCommand(nil, "READY", []byte("\x01x\xff\xff\xff\xff"))...), want: ErrProtocol},
		"property without a name":    {says: append(bytes.Clone(good), ready("", "x")...), want: ErrProtocol},
		"nothing":                    {want: io.ErrUnexpectedEOF},
	} {
		p := &script{Reader: bytes.NewReader(c.says)}
		h, err := shake(p, null{}, Router, "us")
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil && (h.id != c.id || len(h.rest) != 0) {
			t.Errorf("%s: identity %q, rest %q", name, h.id, h.rest)
		}
		if c.want == nil && !bytes.Equal(p.heard.Bytes(), hello("ROUTER", "us")) {
			t.Errorf("%s: we said %q", name, p.heard.Bytes())
		}
	}
}

// longForm turns a short frame into one with eight bytes of length.
func longForm(f []byte) []byte {
	return append([]byte{f[0] | flagLong, 0, 0, 0, 0, 0, 0, 0, f[1]}, f[2:]...)
}

func TestHandshakeCut(t *testing.T) {
	whole := hello("DEALER", "identity")
	for n := range whole {
		if _, err := shake(&script{Reader: bytes.NewReader(whole[:n])}, null{}, Router, ""); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("after %d bytes of %d: %v", n, len(whole), err)
		}
	}
}

func TestHandshakeKeepsRest(t *testing.T) {
	after := wireMessage([]byte("early"))
	h, err := shake(&script{Reader: bytes.NewReader(append(hello("DEALER", ""), after...))}, null{}, Router, "")
	if err != nil || !bytes.Equal(h.rest, after) {
		t.Fatalf("%q, %v", h.rest, err)
	}
}

func TestTypes(t *testing.T) {
	talk := map[Type]string{Router: "DEALER REQ ROUTER", Dealer: "ROUTER REP DEALER", Rep: "REQ DEALER", Pub: "SUB XSUB", XPub: "SUB XSUB", Sub: "PUB XPUB"}
	for typ, with := range talk {
		for peer := range strings.FieldsSeq("REQ REP DEALER ROUTER PUB XPUB SUB XSUB PUSH PULL PAIR router") {
			want := strings.Contains(" "+with+" ", " "+peer+" ")
			_, err := shake(&script{Reader: bytes.NewReader(hello(peer, ""))}, null{}, typ, "")
			if (err == nil) != want {
				t.Errorf("%s with %s: %v", typ, peer, err)
			}
		}
	}
}

func TestHandshakeDeadline(t *testing.T) {
	for _, n := range []int{0, 5, 11, 40, 64, 70} {
		bubble(t, func(w *world) {
			t, socket := w.T, w.socket
			var log diary
			r := socket(Router, Options{OnEvent: log.note})
			x, y := wire(nil)
			go func() { _, _ = io.Copy(io.Discard, y) }()
			go func() { _, _ = y.Write(hello("DEALER", "")[:n]) }()
			start := time.Now()
			if err := r.Attach(x, true); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
			if d := time.Since(start); d != 10*time.Second {
				t.Errorf("%d bytes, then silence: ended after %v", n, d)
			}
			if len(log.of(Rejected)) != 1 || len(log.of(Connected)) != 0 {
				t.Error(log.all)
			}
		})
	}
}

func FuzzHandshake(f *testing.F) {
	f.Add(hello("DEALER", "E"))
	f.Add(hello("REQ", ""))
	f.Add(greeting("CURVE", true))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add(append(greeting("NULL", false), ready("socket-type", "ROUTER", "x", "y")...))
	f.Add(append(greeting("NULL", false), longForm(ready("Socket-Type", "DEALER"))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := shake(&script{Reader: bytes.NewReader(b)}, null{}, Router, "")
		if err != nil {
			return
		}
		if !Router.accepts(h.meta[propType]) || len(h.id) > maxID || h.id != "" && h.id[0] == 0 {
			t.Fatalf("admitted %q", h.meta)
		}
		if len(h.rest) > len(b)-greetingSize {
			t.Fatal("more bytes left than came")
		}
	})
}

func FuzzProps(f *testing.F) {
	f.Add([]byte{})
	f.Add(appendProperty(appendProperty(nil, "Socket-Type", "DEALER"), "Identity", ""))
	f.Add([]byte("\x01x\xff\xff\xff\xff"))
	f.Add(bytes.Repeat([]byte("\x01a\x00\x00\x00\x00"), 65))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseProperties(b)
		if err != nil {
			if !errors.Is(err, ErrProtocol) && !errors.Is(err, ErrTooBig) {
				t.Fatal(err)
			}
			return
		}
		var again []byte
		n := 0
		for k, v := range m {
			again = appendProperty(again, k, v)
			n += len(k) + len(v)
		}
		if n > len(b) || len(m) > maxProps {
			t.Fatalf("%d properties, %d bytes out of %d", len(m), n, len(b))
		}
		if m2, err := parseProperties(again); err != nil || len(m2) != len(m) {
			t.Fatalf("%q became %q, %v", m, m2, err)
		}
	})
}
