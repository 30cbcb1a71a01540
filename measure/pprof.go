package measure

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// sample is one stack of a profile, the outermost function first.
type sample struct {
	stack []string
	count int64 // nanoseconds
}

// maxProfile bounds a profile, in bytes.
const maxProfile = 256 << 20

// errProfile is what a text that is no profile gives.
var errProfile = errors.New("measure: not a profile")

// decode reads a profile as runtime/pprof writes it: gzip over a protocol buffer message Profile of github.com/google/pprof.
func decode(data []byte) ([]sample, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("measure: reading a profile: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(z, maxProfile))
	if err != nil {
		return nil, fmt.Errorf("measure: reading a profile: %w", err)
	}
	p := &parsed{functions: map[uint64]uint64{}, locations: map[uint64][]uint64{}}
	if err := fields(raw, p.profile); err != nil {
		return nil, err
	}
	return p.samples()
}

// parsed is a profile's tables: functions by id give the index of their name, locations the ids of their functions.
type parsed struct {
	strings   []string
	functions map[uint64]uint64
	locations map[uint64][]uint64
	stacks    [][]uint64
	values    [][]uint64
}

// fields calls f for each field of a message: number, value of a varint, and bytes of a length-delimited field.
func fields(b []byte, f func(n int, v uint64, b []byte) error) error {
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 {
			return errProfile
		}
		b = b[n:]
		var v uint64
		var part []byte
		switch key & 7 {
		case 0, 2:
			if v, n = binary.Uvarint(b); n <= 0 {
				return errProfile
			}
			b = b[n:]
			if key&7 == 2 {
				if v > uint64(len(b)) {
					return errProfile
				}
				part, b = b[:v], b[v:]
			}
		case 1:
			if len(b) < 8 {
				return errProfile
			}
			b = b[8:]
		case 5:
			if len(b) < 4 {
				return errProfile
			}
			b = b[4:]
		default:
			return errProfile
		}
		if err := f(int(key>>3), v, part); err != nil { //nolint:gosec // a field's number
			return err
		}
	}
	return nil
}

// varints reads a repeated field, packed or not.
func varints(to *[]uint64, v uint64, packed []byte) error {
	if packed == nil {
		*to = append(*to, v)
		return nil
	}
	for len(packed) > 0 {
		x, n := binary.Uvarint(packed)
		if n <= 0 {
			return errProfile
		}
		*to, packed = append(*to, x), packed[n:]
	}
	return nil
}

// profile takes a field of Profile: 2 sample, 4 location, 5 function, 6 string_table.
func (p *parsed) profile(n int, _ uint64, b []byte) error {
	switch n {
	case 2:
		var stack, values []uint64
		err := fields(b, func(n int, v uint64, b []byte) error {
			switch n {
			case 1:
				return varints(&stack, v, b)
			case 2:
				return varints(&values, v, b)
			}
			return nil
		})
		p.stacks, p.values = append(p.stacks, stack), append(p.values, values)
		return err
	case 4:
		var id uint64
		var functions []uint64
		err := fields(b, func(n int, v uint64, b []byte) error {
			switch n {
			case 1:
				id = v
			case 4: // line
				return fields(b, func(n int, v uint64, _ []byte) error {
					if n == 1 {
						functions = append(functions, v)
					}
					return nil
				})
			}
			return nil
		})
		p.locations[id] = functions
		return err
	case 5:
		var id, name uint64
		err := fields(b, func(n int, v uint64, _ []byte) error {
			switch n {
			case 1:
				id = v
			case 2:
				name = v
			}
			return nil
		})
		p.functions[id] = name
		return err
	case 6:
		p.strings = append(p.strings, string(b))
	}
	return nil
}

// samples puts the tables together. The last value of a sample is its time.
func (p *parsed) samples() (out []sample, err error) {
	for i, stack := range p.stacks {
		if len(p.values[i]) == 0 {
			return nil, errProfile
		}
		s := sample{count: int64(p.values[i][len(p.values[i])-1])} //nolint:gosec // a negative number is one here too
		for _, at := range slices.Backward(stack) {
			for _, fn := range slices.Backward(p.locations[at]) { // what was inlined comes first in a location
				name := p.functions[fn]
				if name >= uint64(len(p.strings)) {
					return nil, errProfile
				}
				s.stack = append(s.stack, p.strings[name])
			}
		}
		out = append(out, s)
	}
	return out, nil
}
