package zmtp

import (
	"encoding/binary"
	"fmt"
)

// Flags of a frame.
const (
	flagMore    = 1
	flagLong    = 2
	flagCommand = 4
	flagsKnown  = flagMore | flagLong | flagCommand
)

// headerSize returns the bytes of the header of a frame of n bytes.
func headerSize(n int) int64 {
	if n < 256 {
		return 2
	}
	return 9
}

// wireSize returns the bytes that a message takes on the wire.
func wireSize(frames [][]byte) int64 {
	n := int64(0)
	for _, f := range frames {
		n += headerSize(len(f)) + int64(len(f))
	}
	return n
}

func appendHeader(b []byte, flags byte, n int) []byte {
	if n < 256 {
		return append(b, flags, byte(n))
	}
	return binary.BigEndian.AppendUint64(append(b, flags|flagLong), uint64(n))
}

// appendCommand appends a whole command frame; the name has at most 255 bytes.
func appendCommand(b []byte, name string, body []byte) []byte {
	b = appendHeader(b, flagCommand, 1+len(name)+len(body))
	b = append(append(b, byte(len(name))), name...)
	return append(b, body...)
}

// splitCommand takes the body of a command frame apart.
func splitCommand(b []byte) (name string, body []byte, err error) {
	if len(b) < 1 || len(b) < 1+int(b[0]) {
		return "", nil, fmt.Errorf("%w: command of %d bytes is shorter than its name", ErrProtocol, len(b))
	}
	n := 1 + int(b[0])
	return string(b[1:n]), b[n:], nil
}
