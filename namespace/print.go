package namespace

import (
	"sync"
	"time"
)

// What a run that shares standard output prints waits for more, up to a size and a time.
const (
	printMost = 64 << 10
	printSoon = 5 * time.Millisecond
)

// printed is text of a run that must not go to standard output, because other code prints there.
type printed struct {
	sending sync.Mutex // held while a text goes out, so that texts keep their order

	mu  sync.Mutex
	buf []byte
	due *time.Timer // nil: no text waits
}

// print takes what cell code prints. It goes to standard output as long as only one run can have printed there.
func (n *Namespace) print(b []byte) bool {
	r := of(n.space.Current())
	if r == nil || r.emit == nil || r == n.alone.Load() {
		return false
	}
	r.out.mu.Lock()
	r.out.buf = append(r.out.buf, b...)
	full := len(r.out.buf) >= printMost
	if r.out.due == nil && !full {
		r.out.due = time.AfterFunc(printSoon, r.flush)
	}
	r.out.mu.Unlock()
	if full {
		r.flush()
	}
	return true
}

// Flush sends what the run of the calling goroutine has printed, before something else goes out.
func (n *Namespace) Flush() {
	if r := of(n.space.Current()); r != nil && r.emit != nil {
		r.flush()
	}
}

// flush sends what waits.
func (r *run) flush() {
	r.out.sending.Lock()
	defer r.out.sending.Unlock()
	r.out.mu.Lock()
	text := string(r.out.buf)
	r.out.buf = r.out.buf[:0]
	if r.out.due != nil {
		r.out.due.Stop()
		r.out.due = nil
	}
	r.out.mu.Unlock()
	if text != "" {
		r.emit(Output{Text: text})
	}
}

// share finds out which run, if any, has standard output to itself. It is called with every change of the runs.
func (n *Namespace) share() {
	var one *run
	active := 0
	for r := range n.runs {
		if !r.ended.Load() {
			one, active = r, active+1
		}
	}
	switch active {
	case 0: // the last one keeps it
	case 1:
		n.alone.Store(one)
	default:
		n.alone.Store(nil)
	}
}
