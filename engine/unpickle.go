package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"
)

// class is a Python class or function that a pickle names. Calling it records the call; nothing runs.
type class struct{ module, name string }

// instance is what a recorded call or construction gave.
type instance struct {
	class *class
	args  []any
	state map[string]any // of a state that is a dict
	tuple []any          // of a state that is a tuple
}

func (c *class) full() string { return c.module + "." + c.name }

// PyNew records a construction.
func (c *class) PyNew(args ...any) (any, error) { return &instance{class: c, args: args}, nil }

// Call records a call.
func (c *class) Call(args ...any) (any, error) { return &instance{class: c, args: args}, nil }

// PySetState records a state.
func (o *instance) PySetState(state any) error {
	switch s := state.(type) {
	case *types.Dict:
		o.state = make(map[string]any, len(*s))
		for _, e := range *s {
			if k, ok := e.Key.(string); ok {
				o.state[k] = e.Value
			}
		}
	case *types.Tuple:
		o.tuple = *s
	}
	return nil
}

// maxPickle bounds a pickle without its frames, in bytes: larger data travel as frames.
const maxPickle = 256 << 20

var errPickle = errors.New("engine: malformed pickle")

// unpickle reads a pickle into the types of gopickle, and classes and instances. It runs nothing that the pickle names and returns an error
// for everything that is not a pickle.
func unpickle(b []byte) (v any, err error) {
	if err := scan(b); err != nil {
		return nil, err
	}
	defer func() {
		if x := recover(); x != nil {
			v, err = nil, fmt.Errorf("%w: %v", errPickle, x)
		}
	}()
	u := pickle.NewUnpickler(bytes.NewReader(b))
	u.FindClass = func(module, name string) (any, error) { return &class{module, name}, nil }
	if v, err = u.Load(); err != nil {
		return nil, fmt.Errorf("%w: %w", errPickle, err)
	}
	return v, nil
}

// argument of an opcode, as far as its length goes.
type argument byte

const (
	unknown  argument = iota
	bytes0            // none
	bytes1            // of fixed size
	bytes2            //
	bytes4            //
	bytes8            //
	line              // up to a newline
	lines             // two of them
	counted1          // bytes behind their number, which has 1 byte
	counted4          // 4
	counted8          // 8
)

// arguments of the opcodes of protocols 0 to 5.
var arguments = func() (t [256]argument) {
	for a, ops := range map[argument]string{
		bytes0:   "(.012NRabd}e]l)stuoQ\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98",
		bytes1:   "Khq\x80\x82",
		bytes2:   "M\x83",
		bytes4:   "Jjr\x84",
		bytes8:   "G\x95",
		line:     "ILFSVPgp",
		lines:    "ci",
		counted1: "U\x8aC\x8c",
		counted4: "TXB\x8b",
		counted8: "\x8d\x8e\x96",
	} {
		for i := range len(ops) {
			t[ops[i]] = a
		}
	}
	return t
}()

// scan checks that every opcode is known and that every length is covered by the bytes that are there, so that no reader allocates for
// bytes that never come.
func scan(b []byte) error {
	if len(b) > maxPickle {
		return fmt.Errorf("%w: %d bytes are too many", errPickle, len(b))
	}
	for len(b) > 0 {
		op := b[0]
		b = b[1:]
		n := uint64(0)
		switch a := arguments[op]; a {
		case unknown:
			return fmt.Errorf("%w: opcode %#x", errPickle, op)
		case bytes0:
			if op == '.' {
				return nil
			}
		case bytes1, bytes2, bytes4, bytes8:
			n = 1 << (a - bytes1)
		case line, lines:
			for range int(a-line) + 1 {
				i := bytes.IndexByte(b, '\n')
				if i < 0 {
					return fmt.Errorf("%w: no end of a line", errPickle)
				}
				b = b[i+1:]
			}
		case counted1, counted4, counted8:
			size := 1 << (2 * (a - counted1))
			if a == counted8 {
				size = 8
			}
			if len(b) < size {
				return fmt.Errorf("%w: cut off", errPickle)
			}
			var w [8]byte
			copy(w[:], b[:size])
			n = binary.LittleEndian.Uint64(w[:])
			b = b[size:]
		}
		if n > uint64(len(b)) {
			return fmt.Errorf("%w: %d bytes wanted, %d there", errPickle, n, len(b))
		}
		if op == '\x95' { // a frame only says how long it is
			if size := binary.LittleEndian.Uint64(b); size > uint64(len(b)-8) {
				return fmt.Errorf("%w: a frame of %d bytes in %d", errPickle, size, len(b)-8)
			}
		}
		b = b[n:]
	}
	return fmt.Errorf("%w: no end", errPickle)
}
