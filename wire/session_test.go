package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// vector is a message that ipyparallel signed.
var vector = struct{ key, header, signature string }{
	key:       "a0436f6c-1916-498b-8eb9-e81ab9368e84",
	header:    `{"msg_id":"m1","msg_type":"connection_request","username":"u","session":"s1","date":"2026-01-02T03:04:05.000006Z","version":"5.3"}`,
	signature: "ad419755496818ac96cacfc81180ccd8e99aa90758ec2795d86c85dd4f0c28b7",
}

func frames(signature, header string, more ...string) [][]byte {
	out := [][]byte{[]byte("route"), []byte(Delimiter), []byte(signature), []byte(header), []byte("{}"), []byte("{}"), []byte("{}")}
	for _, m := range more {
		out = append(out, []byte(m))
	}
	return out
}

func TestParseKnowsUpstreamsSignature(t *testing.T) {
	s := NewSession(Options{Key: []byte(vector.key)})
	m, err := s.Parse(frames(vector.signature, vector.header, "buffer"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.MsgID != "m1" || m.Header.MsgType != "connection_request" || m.Header.Session != "s1" {
		t.Errorf("header is %+v", m.Header)
	}
	if string(m.Routes[0]) != "route" || string(m.Buffers[0]) != "buffer" {
		t.Errorf("routes %q, buffers %q", m.Routes, m.Buffers)
	}
}

func TestParseRefuses(t *testing.T) {
	signed := func(h, p, md, c string) [][]byte {
		s := NewSession(Options{Key: []byte("k")})
		sig := s.sign(json.RawMessage(h), json.RawMessage(p), json.RawMessage(md), json.RawMessage(c))
		return [][]byte{[]byte(Delimiter), sig, []byte(h), []byte(p), []byte(md), []byte(c)}
	}
	for name, c := range map[string]struct {
		frames [][]byte
		want   error
	}{
		"nothing":             {nil, ErrMalformed},
		"no delimiter":        {[][]byte{[]byte("a"), []byte("b")}, ErrMalformed},
		"too few frames":      {[][]byte{[]byte(Delimiter), []byte("s"), []byte("{}")}, ErrMalformed},
		"wrong signature":     {frames(strings.Repeat("0", 64), vector.header), ErrSignature},
		"empty signature":     {frames("", vector.header), ErrSignature},
		"header no object":    {signed(`[]`, "{}", "{}", "{}"), ErrMalformed},
		"header without type": {signed(`{}`, "{}", "{}", "{}"), ErrMalformed},
		"type not a string":   {signed(`{"msg_type":3}`, "{}", "{}", "{}"), ErrMalformed},
		"content no JSON":     {signed(`{"msg_type":"x"}`, "{}", "{}", `{"a":`), ErrMalformed},
		"content not UTF-8":   {signed(`{"msg_type":"x"}`, "{}", "{}", "{\"a\":\"\xff\"}"), ErrMalformed},
		"metadata null":       {signed(`{"msg_type":"x"}`, "{}", "null", "{}"), ErrMalformed},
	} {
		if _, err := NewSession(Options{Key: []byte("k")}).Parse(c.frames); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
}

func TestParseRefusesAReplay(t *testing.T) {
	s := NewSession(Options{Key: []byte(vector.key)})
	if _, err := s.Parse(frames(vector.signature, vector.header)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Parse(frames(vector.signature, vector.header)); !errors.Is(err, ErrReplay) {
		t.Errorf("second message: error %v, want %v", err, ErrReplay)
	}
}

func TestReplayMemoryIsBounded(t *testing.T) {
	s := NewSession(Options{})
	var d [32]byte
	for i := range remembered + 100 {
		copy(d[:], fmt.Appendf(nil, "%032d", i))
		s.replayed(fmt.Appendf(nil, "%x", d))
	}
	if len(s.seen) != remembered || len(s.ring) != remembered {
		t.Errorf("%d and %d signatures are kept, want %d", len(s.seen), len(s.ring), remembered)
	}
}

func TestWhatIsSaidIsUnderstood(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	a := NewSession(Options{Key: []byte("k"), Username: "u", Now: func() time.Time { return now }})
	b := NewSession(Options{Key: []byte("k")})
	request, err := a.New("execute_request", nil, nil, map[string]any{"code": "x <> y"}, []byte{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	request.Routes = [][]byte{[]byte("engine")}
	got, err := b.Parse(a.Frames(request))
	if err != nil {
		t.Fatal(err)
	}
	if got.Header != request.Header || got.Header.Date != "2026-01-02T03:04:05.000006Z" {
		t.Errorf("header %+v, want %+v", got.Header, request.Header)
	}
	if string(got.RawContent) != `{"code":"x <> y"}` {
		t.Errorf("content %s", got.RawContent)
	}
	reply, err := b.New(ReplyType(got.Header.MsgType), got, nil, Reply{Status: "ok"})
	if err != nil {
		t.Fatal(err)
	}
	if parent, err := reply.Parent(); err != nil || parent != request.Header {
		t.Errorf("parent %+v, error %v", parent, err)
	}
	if reply.Header.MsgType != "execute_reply" || reply.Header.Session == request.Header.Session {
		t.Errorf("reply header %+v", reply.Header)
	}
}

func TestIDsNeverRepeat(t *testing.T) {
	s := NewSession(Options{})
	seen := map[MsgID]bool{}
	for range 1000 {
		id := s.NewHeader("x").MsgID
		if seen[id] || !strings.HasPrefix(string(id), s.ID()+"_") {
			t.Fatalf("id %s", id)
		}
		seen[id] = true
	}
}

func TestDates(t *testing.T) {
	want := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for _, s := range []string{"2026-01-02T03:04:05.000006Z", "2026-01-02T03:04:05.000006", "2026-01-02T05:04:05.000006+02:00", "2026-01-02T05:04:05.000006+0200"} {
		if got, err := ParseDate(s); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	if _, err := ParseDate("yesterday"); err == nil {
		t.Error("yesterday is a date")
	}
}

func TestErrorReplyHasOneLevelOfFields(t *testing.T) {
	f := NewFailure("Panic", "boom")
	text, err := Marshal(CallReply{Reply: Reply{Status: "error", Failure: &f}})
	if err != nil {
		t.Fatal(err)
	}
	var flat map[string]any
	if err := json.Unmarshal(text, &flat); err != nil {
		t.Fatal(err)
	}
	if flat["status"] != "error" || flat["ename"] != "Panic" || flat["evalue"] != "boom" {
		t.Errorf("reply is %s", text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("route"), []byte(vector.signature), []byte(vector.header), []byte("{}"))
	f.Add([]byte(Delimiter), []byte(""), []byte("[]"), []byte("{"))
	s := NewSession(Options{Key: []byte(vector.key), KeepReplays: true})
	open := NewSession(Options{})
	f.Fuzz(func(t *testing.T, route, signature, header, content []byte) {
		in := [][]byte{route, []byte(Delimiter), signature, header, []byte("{}"), []byte("{}"), content}
		if m, err := s.Parse(in); err == nil && slices.Equal(m.RawHeader, header) && string(signature) != string(s.sign(header, empty, empty, content)) {
			t.Error("a message with another signature was accepted")
		}
		if m, err := open.Parse(in); err == nil {
			if _, err := open.Parse(open.Frames(m)); err != nil {
				t.Errorf("what was parsed does not parse again: %v", err)
			}
		}
	})
}

func TestVerify(t *testing.T) {
	s := NewSession(Options{Key: []byte("k"), KeepReplays: true})
	m := &Message{RawHeader: json.RawMessage("not json"), RawParent: empty, RawMetadata: empty, RawContent: empty, Buffers: [][]byte{{1}}}
	frames := s.Frames(m)
	got, err := s.Verify(frames)
	if err != nil || string(got.RawHeader) != "not json" || len(got.Buffers) != 1 {
		t.Errorf("Verify: %+v, %v", got, err)
	}
	frames[2] = []byte("altered")
	if _, err := s.Verify(frames); !errors.Is(err, ErrSignature) {
		t.Errorf("Verify of an altered message: %v, want %v", err, ErrSignature)
	}
}
