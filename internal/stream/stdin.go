package stream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// How often it is looked whether code waits for input: at first, and when a cell has run for some time.
const (
	lookSoon  = 10 * time.Millisecond
	lookLater = 50 * time.Millisecond
	soonLooks = 200
)

// Stdin stands in for the standard input of this process: file descriptor 0 is a pipe without a writer, which reads as ended, except while
// somebody attends to it. Then a thread that waits in a read of it is seen in /proc, and gets a line that is asked for.
type Stdin struct {
	mu   sync.Mutex
	w    int            // writing end; -1: reads give the end
	asks []*attended    // the newest is asked
	stat syscall.Stat_t // of descriptor 0
}

type attended struct {
	ctx         context.Context //nolint:containedctx // of the cell that may ask
	ask         func(context.Context) (string, error)
	interrupted bool
	over        chan struct{} // closed when it is not asked any more
}

// TakeStdin takes the place of file descriptor 0.
func TakeStdin() (*Stdin, error) {
	s := &Stdin{w: -1}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s, s.shut()
}

// shut lets reads give the end of the input: those that wait and those that come. What was not read is gone.
func (s *Stdin) shut() error {
	w, err := s.replace()
	if err != nil {
		return err
	}
	return closeEnds(s.swap(-1), w)
}

// open lets reads wait for a line.
func (s *Stdin) open() error {
	w, err := s.replace()
	if err != nil {
		return err
	}
	return closeEnds(s.swap(w))
}

// replace puts the reading end of a new pipe in place of file descriptor 0. Reads that wait for the former pipe go on.
func (s *Stdin) replace() (w int, err error) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
		return -1, fmt.Errorf("stream: making a pipe for standard input: %w", err)
	}
	if ends[0] != 0 { // else somebody had closed it
		err = syscall.Dup3(ends[0], 0, 0)
		err = errors.Join(err, syscall.Close(ends[0]))
	}
	if err = errors.Join(err, syscall.Fstat(0, &s.stat)); err != nil {
		return -1, fmt.Errorf("stream: replacing standard input: %w", errors.Join(err, syscall.Close(ends[1])))
	}
	return ends[1], nil
}

func (s *Stdin) swap(w int) (old int) {
	old, s.w = s.w, w
	return old
}

func closeEnds(fds ...int) (err error) {
	for _, fd := range fds {
		if fd >= 0 {
			err = errors.Join(err, syscall.Close(fd))
		}
	}
	return err
}

// Attend calls ask for a line, without its line feed, whenever code waits for input, until stop is called. An error of ask, and the answer
// "\x04", are the end of the input. stop says whether ctx ended while code waited.
func (s *Stdin) Attend(ctx context.Context, ask func(context.Context) (string, error)) (stop func() (interrupted bool)) {
	a := &attended{ctx: ctx, ask: ask, over: make(chan struct{})}
	s.mu.Lock()
	s.asks = append(s.asks, a)
	if s.w < 0 {
		_ = s.open() // without it reads give the end
	}
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.attend(a)
	}()
	return func() bool {
		close(a.over)
		<-ended
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, b := range s.asks {
			if a == b {
				s.asks = append(s.asks[:i:i], s.asks[i+1:]...)
			}
		}
		if len(s.asks) == 0 {
			_ = s.shut() // the next cell must not read what this one left
		}
		return a.interrupted
	}
}

// attend looks whether code waits as long as a cell may ask.
func (s *Stdin) attend(a *attended) {
	ctx, cancel := context.WithCancel(a.ctx)
	defer cancel()
	go func() {
		select {
		case <-a.over:
			cancel()
		case <-ctx.Done():
		}
	}()
	tick := time.NewTicker(lookSoon)
	defer tick.Stop()
	for looks := 0; ; looks++ {
		select {
		case <-a.over:
			return
		case <-ctx.Done():
			a.interrupted = a.ctx.Err() != nil && s.waits(a)
			if a.interrupted {
				s.end()
			}
			return
		case <-tick.C:
		}
		if looks == soonLooks {
			tick.Reset(lookLater)
		}
		if !s.waits(a) {
			continue
		}
		line, err := a.ask(ctx)
		if ctx.Err() != nil {
			continue // the select says why
		}
		if err != nil || line == "\x04" {
			s.end()
			continue
		}
		s.put(line + "\n")
	}
}

// end ends the input of reads that wait, and opens another one, which is there before they hear of the end.
func (s *Stdin) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.open() // without it reads wait on
}

// put gives a line to whoever reads. It waits while a pipe's room is taken by what was not read, so it holds no lock.
func (s *Stdin) put(line string) {
	s.mu.Lock()
	w := -1
	if s.w >= 0 {
		w, _ = syscall.Dup(s.w) // -1 with an error
	}
	s.mu.Unlock()
	if w < 0 {
		return
	}
	syscall.CloseOnExec(w)
	f := os.NewFile(uintptr(w), "stdin")
	_, _ = f.WriteString(line) // nobody reads any more: the next look tells
	_ = f.Close()
}

// waits says whether a is the one to ask and a thread waits in a read of file descriptor 0, which holds nothing.
func (s *Stdin) waits(a *attended) bool {
	s.mu.Lock()
	mine := len(s.asks) > 0 && s.asks[len(s.asks)-1] == a
	s.mu.Unlock()
	return mine && waiting(0) == 0 && reads()
}
