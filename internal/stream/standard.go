package stream

import (
	"errors"
	"fmt"
	"log"
	"os"
	"sync"
	"syscall"
)

// Standard keeps what standard output and standard error of this process are, so that cells that close or replace them can do so for
// themselves only.
type Standard struct {
	mu    sync.Mutex
	files [2]kept
	stdin *Stdin // may be nil
}

// kept is one file descriptor as it was.
type kept struct {
	fd, copy int
	stat     syscall.Stat_t
	file     **os.File // os.Stdout or os.Stderr
	was      *os.File
}

// KeepStandard remembers what is; stdin, if not nil, is looked after too.
func KeepStandard(stdin *Stdin) (*Standard, error) {
	s := &Standard{stdin: stdin, files: [2]kept{{fd: 1, file: &os.Stdout}, {fd: 2, file: &os.Stderr}}}
	for i := range s.files {
		k := &s.files[i]
		k.was = *k.file
		fd, _, e := syscall.Syscall(syscall.SYS_FCNTL, uintptr(k.fd), syscall.F_DUPFD_CLOEXEC, 10)
		if e != 0 {
			return nil, fmt.Errorf("stream: keeping descriptor %d: %w", k.fd, e)
		}
		k.copy = int(fd)
		if err := syscall.Fstat(k.fd, &k.stat); err != nil {
			return nil, fmt.Errorf("stream: keeping descriptor %d: %w", k.fd, err)
		}
	}
	return s, nil
}

// Restore puts everything back in its place. It is called while no cell runs.
func (s *Standard) Restore() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.files {
		err = errors.Join(err, s.files[i].restore())
	}
	if s.stdin != nil {
		err = errors.Join(err, s.stdin.restore())
	}
	return err
}

func (k *kept) restore() error {
	if !same(k.fd, &k.stat) {
		if err := syscall.Dup3(k.copy, k.fd, 0); err != nil {
			return fmt.Errorf("stream: restoring descriptor %d: %w", k.fd, err)
		}
	}
	if int(k.was.Fd()) != k.fd { // it was closed
		logs := log.Writer() == k.was
		k.was = os.NewFile(uintptr(k.fd), k.was.Name())
		if logs {
			log.SetOutput(k.was)
		}
	}
	*k.file = k.was
	return nil
}

// same says whether a descriptor is what it was.
func same(fd int, was *syscall.Stat_t) bool {
	var now syscall.Stat_t
	return syscall.Fstat(fd, &now) == nil && now.Dev == was.Dev && now.Ino == was.Ino
}

// restore takes the place of file descriptor 0 again, if it was lost.
func (s *Stdin) restore() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if int(os.Stdin.Fd()) != 0 {
		os.Stdin = os.NewFile(0, "/dev/stdin")
	}
	if len(s.asks) > 0 || same(0, &s.stat) {
		return nil
	}
	return s.shut()
}
