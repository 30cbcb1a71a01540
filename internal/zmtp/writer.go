package zmtp

import (
	"io"
	"net"
)

const (
	writeBuffer = 64 << 10
	copyFrame   = 4 << 10   // frames up to this are copied into the buffer
	writePiece  = 256 << 10 // bytes in one system call at most: progress must be seen on a slow link
	writePieces = 512       // entries of one writev at most
)

// writer gathers frames into few writes; large frames go out by writev, without a copy.
type writer struct {
	w    io.Writer
	buf  []byte
	mark int         // start of the part of buf that is not in iov
	iov  net.Buffers // set only when a large frame is pending
	size int         // bytes of large frames in iov
	box  *sealed     // CURVE; nil: frames go as they are
	pool *blocks

	sent    int64  // bytes given to the kernel
	queued  int64  // bytes put in
	flushed func() // called after each write to the kernel
	between func() // called where a command may go, before each frame that follows a large one
}

// message puts in one message.
func (w *writer) message(frames [][]byte) error {
	last := len(frames) - 1
	for i, f := range frames {
		flags := byte(flagMore)
		if i == last {
			flags = 0
		}
		if err := w.frame(flags, f); err != nil {
			return err
		}
		if w.between != nil && len(f) > copyFrame && i != last {
			w.between()
		}
	}
	return nil
}

// frame puts in one frame.
func (w *writer) frame(flags byte, f []byte) error {
	if w.box != nil {
		return w.sealed(flags, f)
	}
	if err := w.room(9); err != nil {
		return err
	}
	w.queued += headerSize(len(f))
	w.buf = appendHeader(w.buf, flags, len(f))
	return w.bytes(f)
}

// sealed puts in one frame, or the body of a command, in its box.
func (w *writer) sealed(flags byte, f []byte) error {
	n := len(f) + sealedExtra
	size := headerSize(n) + int64(n)
	if len(f) <= copyFrame {
		if err := w.room(int(size)); err != nil {
			return err
		}
		w.queued += size
		w.buf = w.box.seal(appendHeader(w.buf, 0, n), flags, f, w.pool)
		return nil
	}
	if err := w.flush(); err != nil { // sealing takes a while
		return err
	}
	w.queued += headerSize(n)
	w.buf = appendHeader(w.buf, 0, n)
	lent := w.pool.get(n)
	defer w.pool.put(lent)
	if err := w.bytes(w.box.seal(lent[:0], flags, f, w.pool)); err != nil {
		return err
	}
	return w.flush() // before the buffer is given back
}

// command puts in one command.
func (w *writer) command(name string, body []byte) error {
	if w.box != nil {
		return w.sealed(flagCommand, append(append([]byte{byte(len(name))}, name...), body...))
	}
	if err := w.room(16 + len(name) + len(body)); err != nil {
		return err
	}
	n := len(w.buf)
	w.buf = appendCommand(w.buf, name, body)
	w.queued += int64(len(w.buf) - n)
	return nil
}

// room makes place for n bytes in the buffer.
func (w *writer) room(n int) error {
	if len(w.buf)+n > writeBuffer {
		return w.flush()
	}
	return nil
}

func (w *writer) bytes(b []byte) error {
	if len(b) <= copyFrame {
		if err := w.room(len(b)); err != nil {
			return err
		}
		w.queued += int64(len(b))
		w.buf = append(w.buf, b...)
		return nil
	}
	w.queued += int64(len(b))
	for len(b) > 0 {
		k := min(len(b), writePiece-w.size)
		w.seal()
		w.iov = append(w.iov, b[:k])
		b = b[k:]
		if w.size += k; w.size >= writePiece || len(w.iov) >= writePieces {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// seal moves what the buffer gathered since the last large frame into iov. A buffer that grows later leaves the old array
// in iov: its bytes are as they were.
func (w *writer) seal() {
	if w.mark < len(w.buf) {
		w.iov = append(w.iov, w.buf[w.mark:])
		w.mark = len(w.buf)
	}
}

// flush gives everything to the kernel.
func (w *writer) flush() error {
	var n int64
	var err error
	if len(w.iov) > 0 {
		w.seal()
		pending := w.iov // WriteTo eats the slice header, not the array
		n, err = pending.WriteTo(w.w)
		clear(w.iov) // large frames must not stay reachable
		w.iov = w.iov[:0]
	} else if len(w.buf) > 0 {
		var k int
		k, err = w.w.Write(w.buf)
		n = int64(k)
	}
	w.sent += n
	w.buf, w.mark, w.size = w.buf[:0], 0, 0
	if w.flushed != nil {
		w.flushed()
	}
	return err
}
