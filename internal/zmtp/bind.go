package zmtp

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// acceptPause is the wait after an accept that failed: descriptors may be free again then.
const acceptPause = 20 * time.Millisecond

// Bind listens on tcp://host:port or ipc://path, with * for any host or a free port, and returns the endpoint with the port
// chosen. An ipc file that nobody listens on is replaced; one in use is an error.
func (s *Socket) Bind(ep string) (bound string, err error) {
	fail := func(err error) (string, error) { return "", fmt.Errorf("zmtp: binding %s: %w", ep, err) }
	network, addr, err := parseEndpoint(ep)
	if err != nil {
		return fail(err)
	}
	if network == "unix" && !strings.HasPrefix(addr, "@") {
		if err := s.clearPath(addr); err != nil {
			return fail(err)
		}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(s.ctx, network, addr)
	if err != nil {
		return fail(err)
	}
	if err := s.enter(func() { s.listeners = append(s.listeners, l) }); err != nil {
		_ = l.Close() // never used
		return fail(err)
	}
	go func() {
		defer s.wg.Done()
		s.accept(l)
	}()
	if network == "unix" {
		return ep, nil
	}
	return "tcp://" + l.Addr().String(), nil
}

// clearPath removes a socket file that a killed process left.
func (s *Socket) clearPath(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("%s: %w and is not a socket", path, fs.ErrExist)
	}
	d := net.Dialer{Timeout: time.Second}
	nc, err := d.DialContext(s.ctx, "unix", path)
	if err == nil {
		_ = nc.Close() // a probe
		return syscall.EADDRINUSE
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}

// accept only accepts: each handshake has its own goroutine, so that nobody waits for a silent peer.
func (s *Socket) accept(l net.Listener) {
	var unfinished half
	for {
		nc, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || s.ctx.Err() != nil {
				return
			}
			s.o.Logger.Warn("zmtp: accepting", "type", string(s.typ), "addr", l.Addr().String(), "err", err)
			select { // out of descriptors and the like
			case <-s.ctx.Done():
				return
			case <-time.After(acceptPause):
				continue
			}
		}
		leave := unfinished.enter(nc)
		if s.enter(nil) != nil {
			_ = nc.Close() // too late for it
			return
		}
		go func() {
			defer s.wg.Done()
			_ = s.serve(s.ctx, nc, true, newQueue(&s.o, &s.bell), leave) // events tell
		}()
	}
}
