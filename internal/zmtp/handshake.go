package zmtp

import (
	"bufio"
	"fmt"
	"io"
)

const (
	shakeBuffer = 512     // silent connections should be cheap
	shakeFrame  = 8 << 10 // bytes in one frame before the handshake's end
)

// shaken is what a handshake learned.
type shaken struct {
	id   string
	meta map[string]string
	key  Key
	box  *sealed
	rest []byte // bytes that came after the handshake
}

// shake does greeting and mechanism over a connection whose deadline is the caller's affair.
func shake(nc io.ReadWriter, m mechanism, typ Type, id string) (*shaken, error) {
	name, asServer := m.greets()
	if _, err := nc.Write(greeting(name, asServer)); err != nil {
		return nil, fmt.Errorf("sending the greeting: %w", err)
	}
	br := bufio.NewReaderSize(nc, shakeBuffer)
	peer, err := readGreeting(br)
	if err != nil {
		return nil, fmt.Errorf("reading the greeting: %w", cut(err))
	}
	if peer != name {
		return nil, fmt.Errorf("%w: the peer's mechanism is %q, ours %s", ErrProtocol, peer, name)
	}
	r := &reader{br: br, lim: Limits{MaxFrame: shakeFrame, MaxMsg: shakeFrame, MaxFrames: 1, MaxCmd: shakeFrame}}
	own := appendProperty(appendProperty(nil, propType, string(typ)), propIdentity, id)
	a, err := m.shake(commands{w: nc, r: r}, own)
	if err != nil {
		return nil, fmt.Errorf("%s handshake: %w", name, cut(err))
	}
	meta, err := parseProperties(a.props)
	if err != nil {
		return nil, err
	}
	if !typ.accepts(meta[propType]) {
		return nil, fmt.Errorf("%w: the peer is a %.32q, we are %s", ErrProtocol, meta[propType], typ)
	}
	s := &shaken{id: meta[propIdentity], meta: meta, key: a.key, box: a.box}
	if len(s.id) > maxID || s.id != "" && s.id[0] == 0 { // a leading zero is for identities that we invent
		return nil, fmt.Errorf("%w: identity %.64q", ErrProtocol, s.id)
	}
	s.rest, _ = br.Peek(br.Buffered())
	return s, nil
}
