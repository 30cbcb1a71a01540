package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // a scheme that the protocol names
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Versions of the messaging protocol that the two families of messages state.
const (
	KernelVersion  = "5.5" // never 5.1 or less: validators turn strict
	ClusterVersion = "5.3"
)

// maxSum is the size of the longest signature, in bytes.
const maxSum = sha512.Size

// SchemeHash gives the hash of a signature_scheme: hmac-sha256, hmac-sha512 or hmac-md5.
func SchemeHash(scheme string) (func() hash.Hash, error) {
	switch scheme {
	case "", "hmac-sha256":
		return sha256.New, nil
	case "hmac-sha512":
		return sha512.New, nil
	case "hmac-md5":
		return md5.New, nil
	}
	return nil, fmt.Errorf("wire: signature_scheme %q: want hmac-sha256, hmac-sha512 or hmac-md5", scheme)
}

// remembered is how many signatures a session keeps to notice a replay, as many as jupyter_client.
const remembered = 1 << 16

// Options of a session; the zero value is usable.
type Options struct {
	Key      []byte           // HMAC key; empty: messages are neither signed nor checked
	Hash     func() hash.Hash // nil: SHA-256; see [SchemeHash]
	ID       string           // session id; "" takes a new one
	Username string           // "" takes $USER or "gale"
	Version  string           // "" takes KernelVersion
	Now      func() time.Time // nil takes time.Now
	Pid      int              // 0 takes the process's
	// KeepReplays turns off the refusal of a signature seen before, for a relay that checks what it only passes on.
	KeepReplays bool
}

// Session signs what one process says and checks what it hears. It is safe for use from any goroutine.
type Session struct {
	o       Options
	counter atomic.Int64
	macs    sync.Pool

	mu   sync.Mutex
	seen map[[32]byte]struct{}
	ring [][32]byte
	next int
}

// NewSession starts a session.
func NewSession(o Options) *Session {
	if o.ID == "" {
		o.ID = NewID()
	}
	if o.Username == "" {
		if o.Username = os.Getenv("USER"); o.Username == "" {
			o.Username = "gale"
		}
	}
	if o.Version == "" {
		o.Version = KernelVersion
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Pid == 0 {
		o.Pid = os.Getpid()
	}
	s := &Session{o: o, seen: map[[32]byte]struct{}{}}
	key := o.Key
	newHash := o.Hash
	if newHash == nil {
		newHash = sha256.New
	}
	s.macs.New = func() any { return hmac.New(newHash, key) }
	return s
}

// NewID gives a random id in the form that ipyparallel uses, 8 and 24 hexadecimal digits.
func NewID() string {
	u := uuid.New()
	h := hex.EncodeToString(u[:])
	return h[:8] + "-" + h[8:]
}

// ID is the session's id.
func (s *Session) ID() string { return s.o.ID }

// Key is the session's key.
func (s *Session) Key() []byte { return s.o.Key }

// NewHeader makes the header of a message to be sent now.
func (s *Session) NewHeader(msgType string) Header {
	return Header{
		MsgID:    MsgID(fmt.Sprintf("%s_%d_%d", s.o.ID, s.o.Pid, s.counter.Add(1))),
		MsgType:  msgType,
		Username: s.o.Username,
		Session:  s.o.ID,
		Date:     Date(s.o.Now()),
		Version:  s.o.Version,
	}
}

// Date writes a time as headers carry it: ISO 8601, UTC, microseconds.
func Date(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// ParseDate reads a date of a header: with or without fraction and zone (none means UTC).
func ParseDate(s string) (time.Time, error) {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999-0700"} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("wire: reading date %q: want ISO 8601", s)
}

// New makes a message. parent may be nil; metadata and content are marshalled (nil gives {}), or taken as they are when they
// are a [json.RawMessage].
func (s *Session) New(msgType string, parent *Message, metadata, content any, buffers ...[]byte) (*Message, error) {
	m := &Message{Header: s.NewHeader(msgType), RawParent: empty, Buffers: buffers}
	if parent != nil {
		m.RawParent = parent.RawHeader
	}
	var err error
	if m.RawHeader, err = Marshal(m.Header); err != nil {
		return nil, fmt.Errorf("wire: header of %s: %w", msgType, err)
	}
	if m.RawMetadata, err = part(metadata); err != nil {
		return nil, fmt.Errorf("wire: metadata of %s: %w", msgType, err)
	}
	if m.RawContent, err = part(content); err != nil {
		return nil, fmt.Errorf("wire: content of %s: %w", msgType, err)
	}
	return m, nil
}

func part(v any) (json.RawMessage, error) {
	switch v := v.(type) {
	case nil:
		return empty, nil
	case json.RawMessage:
		if len(v) == 0 {
			return empty, nil
		}
		return v, nil
	}
	return Marshal(v)
}

// Marshal is json.Marshal without the escaping of <, > and &.
func Marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Frames signs a message and gives the frames to send.
func (s *Session) Frames(m *Message) [][]byte {
	out := make([][]byte, 0, len(m.Routes)+6+len(m.Buffers))
	out = append(out, m.Routes...)
	out = append(out, []byte(Delimiter), s.sign(m.RawHeader, m.RawParent, m.RawMetadata, m.RawContent))
	out = append(out, m.RawHeader, m.RawParent, m.RawMetadata, m.RawContent)
	return append(out, m.Buffers...)
}

// sign gives the signature in lower-case hexadecimal, empty without a key.
func (s *Session) sign(parts ...json.RawMessage) []byte {
	if len(s.o.Key) == 0 {
		return []byte{}
	}
	mac, _ := s.macs.Get().(hash.Hash)
	defer s.macs.Put(mac)
	mac.Reset()
	for _, p := range parts {
		mac.Write(p)
	}
	var space [maxSum]byte
	sum := mac.Sum(space[:0])
	out := make([]byte, 2*len(sum))
	hex.Encode(out, sum)
	return out
}

// Verify checks delimiter, signature and replay alone, for a relay that passes on what it does not look into: the message's
// Header is not decoded, and its parts may be anything. The message shares the frames' memory.
func (s *Session) Verify(frames [][]byte) (*Message, error) {
	routes, signature, parts, buffers, err := split(frames)
	if err != nil {
		return nil, err
	}
	if len(s.o.Key) > 0 {
		if !hmac.Equal(signature, s.sign(parts[:]...)) {
			return nil, ErrSignature
		}
		if !s.o.KeepReplays && s.replayed(signature) {
			return nil, ErrReplay
		}
	}
	return &Message{
		Routes: routes, Buffers: buffers,
		RawHeader: parts[0], RawParent: parts[1], RawMetadata: parts[2], RawContent: parts[3],
	}, nil
}

// Parse checks frames and gives the message: delimiter, signature, replay, four JSON objects in UTF-8, a header with id and
// type. The message shares the frames' memory.
func (s *Session) Parse(frames [][]byte) (*Message, error) {
	m, err := s.Verify(frames)
	if err != nil {
		return nil, err
	}
	parts := []json.RawMessage{m.RawHeader, m.RawParent, m.RawMetadata, m.RawContent}
	for i, name := range []string{"header", "parent header", "metadata", "content"} {
		if err := checkObject(name, parts[i]); err != nil {
			return nil, err
		}
		if !utf8.Valid(parts[i]) {
			return nil, fmt.Errorf("%w: %s is not UTF-8", ErrMalformed, name)
		}
	}
	if err := json.Unmarshal(m.RawHeader, &m.Header); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	if m.Header.MsgType == "" {
		return nil, fmt.Errorf("%w: header without msg_type", ErrMalformed)
	}
	return m, nil
}

// replayed remembers a signature and says whether it was there already.
func (s *Session) replayed(signature []byte) bool {
	var sum [maxSum]byte
	if len(signature) > 2*maxSum {
		return false
	}
	if _, err := hex.Decode(sum[:], signature); err != nil {
		return false
	}
	d := [32]byte(sum[:32]) // of a longer one, the first half tells it apart as well
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.seen[d]; ok {
		return true
	}
	if len(s.ring) < remembered {
		s.ring = append(s.ring, d)
	} else {
		delete(s.seen, s.ring[s.next])
		s.ring[s.next] = d
		s.next = (s.next + 1) % remembered
	}
	s.seen[d] = struct{}{}
	return false
}
