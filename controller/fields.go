package controller

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/galeproject/gale/wire"
)

// errObject says that something is not a JSON object. It carries no position: nobody mends what a peer sent.
var errObject = errors.New("controller: not a JSON object")

// maxDepth bounds the nesting of what is looked into.
const maxDepth = 1000

// fields calls f with the name and the text of every value of a JSON object, in order. It looks no deeper: on a task's way
// through the controller a handful of fields decide, and decoding the rest would take most of the time. Text that is not JSON
// may pass; it decides nothing.
func fields(object []byte, f func(name, value []byte)) error {
	b := bytes.TrimSpace(object)
	if len(b) < 2 || b[0] != '{' || b[len(b)-1] != '}' {
		return errObject
	}
	if b = space(b[1:]); b[0] == '}' {
		if len(b) > 1 {
			return errObject
		}
		return nil
	}
	for {
		n := text(b)
		if n < 0 {
			return errObject
		}
		name := b[1 : n-1]
		if b = space(b[n:]); len(b) == 0 || b[0] != ':' {
			return errObject
		}
		b = space(b[1:])
		if n = value(b); n <= 0 {
			return errObject
		}
		f(name, b[:n])
		if b = space(b[n:]); len(b) == 0 {
			return errObject
		}
		switch b[0] {
		case ',':
			b = space(b[1:])
		case '}':
			if len(b) > 1 {
				return errObject
			}
			return nil
		default:
			return errObject
		}
	}
}

func space(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\n' || b[0] == '\r') {
		b = b[1:]
	}
	return b
}

// text gives the length of the string that b begins with, quotes included, or -1.
func text(b []byte) int {
	if len(b) < 2 || b[0] != '"' {
		return -1
	}
	for i := 1; ; {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		i += n + 1
		back := 0
		for b[i-2-back] == '\\' {
			back++
		}
		if back%2 == 0 {
			return i
		}
	}
}

// value gives the length of the value that b begins with, or -1.
func value(b []byte) int {
	depth := 0
	for i := 0; i < len(b); {
		switch b[i] {
		case '"':
			n := text(b[i:])
			if n < 0 {
				return -1
			}
			if i += n; depth == 0 {
				return i
			}
			continue
		case '{', '[':
			if depth++; depth > maxDepth {
				return -1
			}
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return -1
}

// unquote gives the string that a value is, "" when it is none.
func unquote(v []byte) string {
	if len(v) < 2 || v[0] != '"' {
		return ""
	}
	if inner := v[1 : len(v)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if json.Unmarshal(v, &s) != nil {
		return ""
	}
	return s
}

// header decodes the two fields of a header that decide; who needs another one asks for it by [field].
func header(raw []byte) (h wire.Header, err error) {
	err = fields(raw, func(name, v []byte) {
		switch string(name) {
		case "msg_id":
			h.MsgID = wire.MsgID(unquote(v))
		case "msg_type":
			h.MsgType = messageType(v)
		}
	})
	return h, err
}

// messageType gives the frequent types without memory of their own: a million tasks may be queued.
func messageType(v []byte) string {
	switch string(v) {
	case `"apply_request"`:
		return "apply_request"
	case `"execute_request"`:
		return "execute_request"
	case `"apply_reply"`:
		return "apply_reply"
	case `"execute_reply"`:
		return "execute_reply"
	case `"` + wire.CallRequest + `"`:
		return wire.CallRequest
	}
	return unquote(v)
}

// field gives one field of a JSON object that is a string, "" when it is not there.
func field(object []byte, name string) (s string) {
	if fields(object, func(n, v []byte) {
		if string(n) == name {
			s = unquote(v)
		}
	}) != nil {
		return ""
	}
	return s
}

// empty says whether a value is one that asks for nothing: null, 0, false, or without content.
func empty(v []byte) bool {
	switch string(v) {
	case "null", "[]", "{}", "0", "0.0", "false", `""`:
		return true
	}
	return false
}
