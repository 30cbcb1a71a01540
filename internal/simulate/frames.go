package simulate

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/galeproject/gale/wire"
)

// parts of a message, counted from the delimiter.
const (
	headerPart  = 2
	parentPart  = 3
	contentPart = 5
)

func part(frames [][]byte, n int) []byte {
	for i, f := range frames {
		if string(f) == wire.Delimiter && i+n < len(frames) {
			return frames[i+n]
		}
	}
	return nil
}

// field finds a text in a header without reading the rest: a history looks at every message several times.
func field(raw []byte, name string) string {
	_, rest, found := bytes.Cut(raw, []byte(`"`+name+`":`))
	if !found {
		return ""
	}
	rest = bytes.TrimLeft(rest, " ")
	if len(rest) == 0 || rest[0] != '"' {
		return ""
	}
	end := bytes.IndexByte(rest[1:], '"')
	if end < 0 {
		return ""
	}
	return string(rest[1 : 1+end])
}

func ownID(frames [][]byte) wire.MsgID {
	return wire.MsgID(field(part(frames, headerPart), "msg_id"))
}

func parentID(frames [][]byte) wire.MsgID {
	return wire.MsgID(field(part(frames, parentPart), "msg_id"))
}

func msgType(frames [][]byte) string { return field(part(frames, headerPart), "msg_type") }

func content(frames [][]byte, v any) bool { return json.Unmarshal(part(frames, contentPart), v) == nil }

// short is an id as stories have it: who asked, and the how manieth it is.
func short(id wire.MsgID) string { return strings.Replace(string(id), "_1_", "/", 1) }
