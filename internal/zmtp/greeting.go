package zmtp

import (
	"bytes"
	"fmt"
	"io"
)

const (
	greetingSize  = 64
	signatureSize = 11 // up to and with the major version
	minorVersion  = 0  // with 0 libzmq sends subscriptions as messages and still speaks PING; both forms are understood
)

// greeting returns the first 64 bytes that we send.
func greeting(mech string, asServer bool) []byte {
	b := make([]byte, greetingSize)
	b[0], b[9], b[10], b[11] = 0xff, 0x7f, 3, minorVersion
	copy(b[12:32], mech)
	if asServer {
		b[32] = 1
	}
	return b
}

// readGreeting returns the peer's mechanism. It judges the signature before it waits for the rest, since an old or foreign
// peer may never send more.
func readGreeting(r io.Reader) (mech string, err error) {
	var b [greetingSize]byte
	if _, err = io.ReadFull(r, b[:signatureSize]); err != nil {
		return "", err
	}
	if b[0] != 0xff || b[9]&1 == 0 || b[10] < 3 {
		return "", fmt.Errorf("%w: not ZMTP 3: %x", ErrProtocol, b[:signatureSize])
	}
	if _, err = io.ReadFull(r, b[signatureSize:]); err != nil {
		return "", err
	}
	name, _, _ := bytes.Cut(b[12:32], []byte{0})
	return string(name), nil
}
