package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Delimiter stands between the routing frames and the signature.
const Delimiter = "<IDS|MSG>"

// MsgID identifies a message for ever: session, process and a counter.
type MsgID string

// Header tells who said what, when. Unknown fields are kept in [Message.RawHeader].
type Header struct {
	MsgID    MsgID  `json:"msg_id"`
	MsgType  string `json:"msg_type"`
	Username string `json:"username"`
	Session  string `json:"session"`
	Date     string `json:"date"`
	Version  string `json:"version"`
}

// Message is one message as it came or as it will leave. The raw parts are JSON objects; they are what is signed.
type Message struct {
	Routes  [][]byte // routing frames before the delimiter
	Header  Header   // decoded from RawHeader
	Buffers [][]byte // raw frames behind the content, not signed

	RawHeader   json.RawMessage
	RawParent   json.RawMessage
	RawMetadata json.RawMessage
	RawContent  json.RawMessage
}

// Errors that Parse returns; all of them mean: log, drop, live on.
var (
	ErrMalformed = errors.New("wire: malformed message")
	ErrSignature = errors.New("wire: bad signature")
	ErrReplay    = errors.New("wire: signature seen before")
)

// empty is the JSON of an absent part.
var empty = json.RawMessage("{}")

// Content decodes the content into v.
func (m *Message) Content(v any) error { return decodePart("content", m.RawContent, v) }

// Metadata decodes the metadata into v.
func (m *Message) Metadata(v any) error { return decodePart("metadata", m.RawMetadata, v) }

// Parent decodes the parent header; it is the zero Header when there is none.
func (m *Message) Parent() (Header, error) {
	var h Header
	err := decodePart("parent header", m.RawParent, &h)
	return h, err
}

func decodePart(name string, raw json.RawMessage, v any) error {
	if len(raw) == 0 {
		raw = empty
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("wire: decoding %s: %w", name, err)
	}
	return nil
}

// split finds the delimiter and the five signed frames behind it.
func split(frames [][]byte) (routes [][]byte, signature []byte, parts [4]json.RawMessage, buffers [][]byte, err error) {
	at := -1
	for i, f := range frames {
		if string(f) == Delimiter {
			at = i
			break
		}
	}
	if at < 0 {
		return nil, nil, parts, nil, fmt.Errorf("%w: no delimiter in %d frames", ErrMalformed, len(frames))
	}
	rest := frames[at+1:]
	if len(rest) < 5 {
		return nil, nil, parts, nil, fmt.Errorf("%w: %d frames behind the delimiter, want 5 or more", ErrMalformed, len(rest))
	}
	for i := range parts {
		parts[i] = rest[i+1]
	}
	return frames[:at], rest[0], parts, rest[5:], nil
}

// checkObject says whether b is one JSON object.
func checkObject(name string, b json.RawMessage) error {
	if t := bytes.TrimLeft(b, " \t\r\n"); len(t) == 0 || t[0] != '{' || !json.Valid(b) {
		return fmt.Errorf("%w: %s is not a JSON object", ErrMalformed, name)
	}
	return nil
}
