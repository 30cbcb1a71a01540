package zmtp

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/nacl/box"
)

const (
	sealedPrefix = "\x07MESSAGE"
	// sealedExtra is what CURVE adds to a frame: the command's name, a counter, the box's proof, the flags.
	sealedExtra = len(sealedPrefix) + 8 + box.Overhead + 1

	sealedMore    = 1
	sealedCommand = 2
)

// sealed is the traffic of a connection after a CURVE handshake. Each frame is a box of its own, flags inside; its counter
// must rise, so that nothing can be repeated or brought in another order. The writer owns out, the reader in.
type sealed struct {
	key       [32]byte
	out, in   [24]byte // nonces: prefix and counter
	plain     []byte   // the writer's: a small frame with its flags
	lastInput uint64
}

// newSealed begins the traffic: sent is the counter that we used last, heard begins with the peer's.
func newSealed(key *[32]byte, out string, sent uint64, in string, heard []byte) *sealed {
	c := &sealed{key: *key, lastInput: binary.BigEndian.Uint64(heard)}
	copy(c.out[:], out)
	copy(c.in[:], in)
	binary.BigEndian.PutUint64(c.out[16:], sent)
	return c
}

// seal appends the body of the frame that carries a frame or, with flagCommand, a command.
func (c *sealed) seal(dst []byte, flags byte, frame []byte, pool *blocks) []byte {
	inner := flags & flagMore // the same bit
	if flags&flagCommand != 0 {
		inner |= sealedCommand
	}
	count := binary.BigEndian.Uint64(c.out[16:]) + 1
	binary.BigEndian.PutUint64(c.out[16:], count)
	dst = append(dst, sealedPrefix...)
	dst = append(dst, c.out[16:]...)
	if len(frame) <= copyFrame {
		c.plain = append(append(c.plain[:0], inner), frame...)
		return box.SealAfterPrecomputation(dst, c.plain, &c.out, &c.key)
	}
	plain := pool.get(len(frame) + 1)
	plain[0] = inner
	copy(plain[1:], frame)
	dst = box.SealAfterPrecomputation(dst, plain, &c.out, &c.key)
	pool.put(plain)
	return dst
}

// open appends what the body of a frame carries to dst: flags in our form, then the frame or command.
func (c *sealed) open(dst, body []byte) (flags byte, plain []byte, err error) {
	head := len(sealedPrefix) + 8
	if len(body) < sealedExtra || string(body[:len(sealedPrefix)]) != sealedPrefix {
		return 0, nil, fmt.Errorf("%w: frame of %d bytes is not a sealed one", ErrProtocol, len(body))
	}
	count := binary.BigEndian.Uint64(body[len(sealedPrefix):])
	if count <= c.lastInput {
		return 0, nil, fmt.Errorf("%w: counter %d after %d", ErrProtocol, count, c.lastInput)
	}
	binary.BigEndian.PutUint64(c.in[16:], count)
	plain, ok := box.OpenAfterPrecomputation(dst, body[head:], &c.in, &c.key)
	if !ok {
		return 0, nil, fmt.Errorf("%w: a sealed frame does not open", ErrProtocol)
	}
	c.lastInput = count
	inner := plain[len(dst)]
	if inner&^(sealedMore|sealedCommand) != 0 || inner == sealedMore|sealedCommand {
		return 0, nil, fmt.Errorf("%w: sealed flags %#x", ErrProtocol, inner)
	}
	flags = inner & sealedMore
	if inner&sealedCommand != 0 {
		flags = flagCommand
	}
	return flags, plain, nil
}
