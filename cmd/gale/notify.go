package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/galeproject/gale/cluster"
)

// inherited opens a file descriptor that the starter names in the environment, and takes it out of the environment, so that processes
// which this one starts do not think it is theirs; nil when there is none.
func inherited(name string) *os.File {
	text := os.Getenv(name)
	if text == "" {
		return nil
	}
	_ = os.Unsetenv(name) // a name without '=' is always accepted
	fd, err := strconv.Atoi(text)
	if err != nil || fd < 3 {
		return nil
	}
	return os.NewFile(uintptr(fd), name)
}

// starter is what a process knows of whoever started it.
type starter struct {
	ready *os.File
	gone  chan struct{} // closed when the starter is gone; nil when it does not matter
}

// newStarter takes what the starter left in the environment.
func newStarter() *starter {
	s := &starter{ready: inherited(cluster.ReadyFD)}
	if life := inherited(cluster.LifelineFD); life != nil {
		s.gone = make(chan struct{})
		go func() {
			var b [1]byte
			_, _ = life.Read(b[:]) // the other end is never written to: this ends when it is closed
			close(s.gone)
		}()
	}
	return s
}

// serving tells the starter that this process is ready.
func (s *starter) serving(line string) {
	if s.ready == nil {
		return
	}
	fmt.Fprintln(s.ready, line)
	_ = s.ready.Close()
	s.ready = nil
}
