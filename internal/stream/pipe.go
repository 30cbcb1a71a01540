package stream

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// Capacity is the size that a pipe is given, in bytes, where the system allows it.
const Capacity = 1 << 20

// Pipe reads the reading end of a pipe and gives the bytes, in order, to a function.
type Pipe struct {
	r    *os.File
	raw  syscall.RawConn
	sink func(b []byte)
	done chan struct{}

	mu    sync.Mutex // one reader at a time
	buf   []byte
	ended bool
}

// New makes a pipe of the system: w is for a child process or to be put in place of a descriptor, and is closed by the caller.
// Bytes come to sink in order, one call at a time, b valid until it returns; while sink waits, nothing is read.
func New(sink func(b []byte)) (p *Pipe, w *os.File, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("stream: making a pipe: %w", err)
	}
	raw, err := r.SyscallConn()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("stream: making a pipe: %w", err), r.Close(), w.Close())
	}
	p = &Pipe{r: r, raw: raw, sink: sink, done: make(chan struct{}), buf: make([]byte, 64<<10)}
	enlarge(raw)
	go p.loop()
	return p, w, nil
}

// enlarge gives the pipe its capacity; one that stays small works too.
func enlarge(raw syscall.RawConn) {
	_ = raw.Control(func(fd uintptr) {
		_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_SETPIPE_SZ, Capacity)
	})
}

// loop reads until all writers have closed their ends.
func (p *Pipe) loop() {
	defer close(p.done)
	err := p.raw.Read(func(fd uintptr) bool { return p.pump(fd, -1) })
	if err != nil && !errors.Is(err, os.ErrClosed) && !errors.Is(err, io.EOF) {
		return // the descriptor is unusable: it reads as ended
	}
}

// pump reads what is there, at most limit bytes if that is not negative. It says whether the pipe is at its end.
func (p *Pipe) pump(fd uintptr, limit int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.ended && limit != 0 {
		b := p.buf
		if limit > 0 && limit < len(b) {
			b = b[:limit]
		}
		n, err := syscall.Read(int(fd), b)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return false
		case err != nil || n <= 0:
			p.ended = true
			continue
		}
		if limit > 0 {
			limit -= n
		}
		p.sink(b[:n])
	}
	return p.ended
}

// Drain reads what has been written before it is called. The sink is called from the calling goroutine, or has been from another one.
func (p *Pipe) Drain() {
	_ = p.raw.Control(func(fd uintptr) {
		if n := waiting(fd); n > 0 {
			p.pump(fd, n)
			return
		}
		p.mu.Lock()
		//lint:ignore SA2001 what another goroutine has read is with the sink before this returns
		p.mu.Unlock() //nolint:staticcheck // the same, for the other linter
	})
}

// waiting is the number of bytes in a pipe.
func waiting(fd uintptr) int {
	var n int32
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCINQ, uintptr(unsafe.Pointer(&n))); e != 0 {
		return 0
	}
	return int(n)
}

// Done is closed when all writers are gone and everything was read, or after Close.
func (p *Pipe) Done() <-chan struct{} { return p.done }

// Close gives up reading.
func (p *Pipe) Close() error {
	err := p.r.Close()
	<-p.done
	return err
}
