package controller

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"github.com/galeproject/gale/hub"
)

// An entry of the journal is its length and its checksum, four bytes each, then its kind and its fields. A page that breaks off
// in the middle of an entry is worth what stands before.

type entryKind byte

const (
	pageEntry     entryKind = iota + 1 // begins a page: number and length of the one before, flag: this page replaces all before it
	engineEntry                        // engine is here: uuid, id, what it says of itself
	leftEntry                          // engine is gone: uuid
	nextEntry                          // the next engine's id is at least this
	taskEntry                          // a task, as far as it has come
	sentEntry                          // engine has it: id, uuid, retries and reruns left
	backEntry                          // nobody has it any more: the same
	endedEntry                         // it ended: id, engine, status, time, reply, outputs
	untoldEntry                        // its client is away: id
	droppedEntry                       // its record is not kept any more: id
	renewedEntry                       // it was submitted again: id, new id
	settledEntry                       // answers up to this time were told
	takenEntry                         // answers that a client has: session, ids
	completeEntry                      // a page that replaces all before it is complete
)

const entryHead = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errEntry says that an entry is not what it should be.
var errEntry = errors.New("controller: an entry of the journal is damaged")

// scribe writes the fields of one entry behind others.
type scribe struct {
	b     []byte
	start int
}

// begin starts an entry at the end of b.
func beginEntry(b []byte, kind entryKind) scribe {
	return scribe{b: append(b, 0, 0, 0, 0, 0, 0, 0, 0, byte(kind)), start: len(b)}
}

// end gives the bytes with the entry complete.
func (w *scribe) end() []byte {
	body := w.b[w.start+entryHead:]
	binary.LittleEndian.PutUint32(w.b[w.start:], uint32(len(body))) //nolint:gosec // messages are bounded far below
	binary.LittleEndian.PutUint32(w.b[w.start+4:], crc32.Checksum(body, castagnoli))
	return w.b
}

func (w *scribe) uvarint(n int) { w.b = binary.AppendUvarint(w.b, uint64(n)) } //nolint:gosec // a length

func (w *scribe) number(n int64) { w.b = binary.AppendVarint(w.b, n) }

func (w *scribe) bytes(b []byte) {
	w.uvarint(len(b))
	w.b = append(w.b, b...)
}

func (w *scribe) text(s string) {
	w.uvarint(len(s))
	w.b = append(w.b, s...)
}

func (w *scribe) frames(frames [][]byte) {
	w.uvarint(len(frames))
	for _, f := range frames {
		w.bytes(f)
	}
}

func (w *scribe) flag(f bool) {
	if f {
		w.number(1)
	} else {
		w.number(0)
	}
}

func (w *scribe) time(t time.Time) { w.number(t.UnixMicro()) }

// nextEntryOf splits the first entry off; ok is false at the end and where the bytes are no whole entry.
func nextEntryOf(b []byte) (kind entryKind, body, rest []byte, ok bool) {
	if len(b) < entryHead+1 {
		return 0, nil, b, false
	}
	n := uint64(binary.LittleEndian.Uint32(b))
	if n == 0 || n > uint64(len(b)-entryHead) {
		return 0, nil, b, false
	}
	body, rest = b[entryHead:entryHead+n], b[entryHead+n:]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return 0, nil, b, false
	}
	return entryKind(body[0]), body[1:], rest, true
}

// reader reads the fields of an entry; after the first that is not there, all are empty and bad is set.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) number() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) count() int {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > uint64(len(r.b)-size) {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[size:]
	return int(n) //nolint:gosec // at most len(r.b)
}

func (r *reader) bytes() []byte {
	n := r.count()
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) text() string { return string(r.bytes()) }

func (r *reader) frames() [][]byte {
	n := r.count() // each takes at least a byte
	if n == 0 {
		return nil
	}
	frames := make([][]byte, n)
	for i := range frames {
		frames[i] = r.bytes()
	}
	return frames
}

func (r *reader) flag() bool      { return r.number() != 0 }
func (r *reader) time() time.Time { return time.UnixMicro(r.number()).UTC() }

func (r *reader) uuids() []hub.UUID {
	var all []hub.UUID
	for range r.count() {
		all = append(all, hub.UUID(r.text()))
	}
	return all
}
