package zmtp

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	readBuffer = 16 << 10 // more gains nothing measurable and costs memory in every idle peer
	arenaFrame = 32 << 10 // frames up to this share one allocation per message
	arenaKeep  = 1 << 20  // an arena above this is not kept for the next message
	trust      = 1 << 20  // bytes set aside on a peer's word alone
)

// reader turns bytes into messages and commands: two allocations for a message of small frames.
type reader struct {
	br    *bufio.Reader
	lim   Limits
	box   *sealed // CURVE; nil: frames are what they seem
	pool  *blocks // CURVE
	shut  []byte  // CURVE: the last small frame in its box,
	plain []byte  // and what was in it, with its flags
	arena []byte  // small frames of the message being read
	spans []span  // its frames
	total int64   // and its bytes
	open  bool    // a command came between the frames of the message: go on with it
}

// span is a frame within the arena, or one of its own when own is set.
type span struct {
	off, n int
	own    []byte
}

// next reads one message, or one command if cmd is not nil. Commands may come between the frames of a message: libzmq puts
// its PING there when a message is slow to go out. io.EOF means that the peer ended between two messages.
func (r *reader) next() (frames [][]byte, cmd []byte, err error) {
	if !r.open {
		r.arena, r.spans, r.total = r.arena[:0], r.spans[:0], 0
	}
	r.open = false
	for {
		flags, n, err := r.header()
		if err != nil {
			if len(r.spans) > 0 {
				err = cut(err)
			}
			return nil, nil, err
		}
		var in []byte // CURVE: what was in the box
		if r.box != nil {
			if flags, in, err = r.unseal(flags, n); err != nil {
				return nil, nil, err
			}
			n = int64(len(in))
		}
		if flags&flagCommand != 0 {
			if n > r.lim.MaxCmd {
				return nil, nil, fmt.Errorf("%w: command of %d bytes", ErrTooBig, n)
			}
			if r.box != nil {
				in = bytes.Clone(in)
			} else if in, err = r.body(n, nil); err != nil {
				return nil, nil, err
			}
			r.open = len(r.spans) > 0
			return nil, in, nil
		}
		if err := r.frame(n, in); err != nil {
			return nil, nil, err
		}
		if flags&flagMore == 0 {
			return r.message(), nil, nil
		}
	}
}

// header reads the header of a frame.
func (r *reader) header() (flags byte, n int64, err error) {
	if flags, err = r.br.ReadByte(); err != nil {
		return 0, 0, err
	}
	if flags&^flagsKnown != 0 || flags&flagCommand != 0 && flags&flagMore != 0 {
		return 0, 0, fmt.Errorf("%w: frame flags %#x", ErrProtocol, flags)
	}
	var u uint64
	if flags&flagLong == 0 {
		c, err := r.br.ReadByte()
		if err != nil {
			return 0, 0, cut(err)
		}
		u = uint64(c)
	} else {
		p, err := r.br.Peek(8)
		if err != nil {
			return 0, 0, cut(err)
		}
		u = binary.BigEndian.Uint64(p)
		if _, err := r.br.Discard(8); err != nil {
			return 0, 0, cut(err)
		}
	}
	limit := uint64(r.lim.MaxFrame)
	if r.box != nil {
		limit += uint64(sealedExtra)
	}
	if u > limit {
		return 0, 0, fmt.Errorf("%w: frame of %d bytes", ErrTooBig, u)
	}
	return flags, int64(u), nil
}

// unseal reads a frame of n bytes under CURVE and returns what was in it, in a slice of its own if that is large.
func (r *reader) unseal(flags byte, n int64) (inner byte, plain []byte, err error) {
	if flags&^flagLong != 0 {
		return 0, nil, fmt.Errorf("%w: frame flags %#x in clear", ErrProtocol, flags)
	}
	if n <= arenaFrame {
		r.shut = slices.Grow(r.shut[:0], int(n))[:n]
		if _, err := io.ReadFull(r.br, r.shut); err != nil {
			return 0, nil, cut(err)
		}
		if inner, plain, err = r.box.open(r.plain[:0], r.shut); err != nil {
			return 0, nil, err
		}
		r.plain = plain
		return inner, plain[1:], nil
	}
	body, err := r.body(n, r.pool)
	if err != nil {
		return 0, nil, err
	}
	defer r.pool.put(body)
	if inner, plain, err = r.box.open(apart(int(n))[:0], body); err != nil {
		return 0, nil, err
	}
	return inner, plain[1:], nil
}

// frame reads the body of a message's next frame; in is the body if it came out of a box.
func (r *reader) frame(n int64, in []byte) error {
	if r.total += n; r.total > r.lim.MaxMsg {
		return fmt.Errorf("%w: message of %d bytes or more", ErrTooBig, r.total)
	}
	if len(r.spans) >= r.lim.MaxFrames {
		return fmt.Errorf("%w: message of more than %d frames", ErrTooBig, r.lim.MaxFrames)
	}
	if n > arenaFrame {
		if r.box == nil {
			b, err := r.body(n, nil)
			if err != nil {
				return err
			}
			in = b
		}
		r.spans = append(r.spans, span{own: in})
		return nil
	}
	off := len(r.arena)
	if r.box != nil {
		r.arena = append(r.arena, in...)
	} else {
		r.arena = slices.Grow(r.arena, int(n))[:off+int(n)]
		if _, err := io.ReadFull(r.br, r.arena[off:]); err != nil {
			return cut(err)
		}
	}
	r.spans = append(r.spans, span{off: off, n: int(n)})
	return nil
}

// body reads n bytes, into a lent buffer if there is a pool, without trusting n: trust must arrive before 16 times as much is
// set aside, then four times what came.
func (r *reader) body(n int64, pool *blocks) ([]byte, error) {
	b := pool.get(int(min(n, trust)))
	for have := int64(0); ; {
		if _, err := io.ReadFull(r.br, b[have:]); err != nil {
			return nil, cut(err)
		}
		if have = int64(len(b)); have == n {
			return b, nil
		}
		grown := pool.get(int(min(n, max(4*have, 16*trust))))
		copy(grown, b)
		pool.put(b)
		b = grown
	}
}

// message hands out the message that was read.
func (r *reader) message() [][]byte {
	var block []byte
	if len(r.arena) > 0 {
		block = append(make([]byte, 0, len(r.arena)), r.arena...)
	}
	frames := make([][]byte, len(r.spans))
	for i := range r.spans {
		s := &r.spans[i]
		if s.own != nil {
			frames[i], s.own = s.own, nil
		} else {
			frames[i] = block[s.off : s.off+s.n : s.off+s.n]
		}
	}
	if cap(r.arena) > arenaKeep {
		r.arena = nil
	}
	return frames
}

// cut says of an end inside a message that it is one.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
