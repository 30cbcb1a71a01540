package value

import (
	"encoding/binary"
	"fmt"
)

// packed is the first byte of an index.
const packed = 0x50

// Pack makes one list of buffers of several encodings: an index with the heads in it, then all frames as they are.
func Pack(es []Encoded) [][]byte {
	size, frames := 16, 0
	for _, e := range es {
		size += len(e.Head) + 20 + 10*len(e.Frames)
		frames += len(e.Frames)
	}
	index := append(make([]byte, 0, size), packed)
	index = binary.AppendUvarint(index, uint64(len(es)))
	bufs := make([][]byte, 1, 1+frames)
	for _, e := range es {
		index = binary.AppendUvarint(index, uint64(len(e.Head)))
		index = append(index, e.Head...)
		index = binary.AppendUvarint(index, uint64(len(e.Frames)))
		for _, f := range e.Frames {
			index = binary.AppendUvarint(index, uint64(len(f)))
			bufs = append(bufs, f)
		}
	}
	bufs[0] = index
	return bufs
}

// Unpack undoes Pack. Heads and frames share memory with the buffers. An error wraps ErrMalformed.
func Unpack(bufs [][]byte) ([]Encoded, error) {
	if len(bufs) == 0 {
		return nil, fmt.Errorf("value: unpacking: %w", malformed("no buffers"))
	}
	d := &decoder{o: Options{}.fill(0), b: bufs[0], frames: bufs[1:]}
	es, err := d.unpack()
	if err != nil {
		return nil, fmt.Errorf("value: unpacking %d buffers: %w", len(bufs), err)
	}
	return es, nil
}

func (d *decoder) unpack() ([]Encoded, error) {
	if b, err := d.byte(); err != nil || b != packed {
		return nil, malformed("the first is no index")
	}
	n, err := d.count(2)
	if err != nil {
		return nil, err
	}
	es := make([]Encoded, n)
	for i := range es {
		size, err := d.count(1)
		if err != nil {
			return nil, err
		}
		if es[i].Head, err = d.take(size); err != nil {
			return nil, err
		}
		frames, err := d.count(1)
		if err != nil {
			return nil, err
		}
		if frames > len(d.frames) {
			return nil, malformed("%d frames of %d left", frames, len(d.frames))
		}
		for _, f := range d.frames[:frames] {
			if size, err := d.uint(); err != nil || size != uint64(len(f)) {
				return nil, malformed("a frame of %d bytes should have %d", len(f), size)
			}
		}
		if frames > 0 {
			es[i].Frames, d.frames = d.frames[:frames:frames], d.frames[frames:]
		}
	}
	if len(d.b) > 0 || len(d.frames) > 0 {
		return nil, malformed("%d bytes and %d frames left over", len(d.b), len(d.frames))
	}
	return es, nil
}
