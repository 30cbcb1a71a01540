package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed echo.py
var echoPy string

type result struct {
	rate float64 // messages per second
	cpu  float64 // the server's CPU time per message, µs; 0 where it is not known
	p99  float64 // of the round trip of a window, µs
}

// server is a process that echoes.
type server struct {
	addr string
	cmd  *exec.Cmd
	end  context.CancelFunc
}

// start starts a server and learns where it is bound.
func start(argv []string, env ...string) (*server, error) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &server{cmd: exec.CommandContext(ctx, argv[0], argv[1:]...), end: cancel}
	s.cmd.Stderr, s.cmd.Env = os.Stderr, append(os.Environ(), env...)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("starting %s: %w", argv[0], err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("%s does not say where it is bound: %w", argv[0], err)
	}
	s.addr = strings.TrimSpace(line)
	return s, nil
}

func (s *server) stop() {
	s.end()
	_ = s.cmd.Wait() // killed
}

func (s *server) cpu() time.Duration { return cpuTime(s.cmd.Process.Pid) }

// measure starts a server, loads it and ends it.
func (l load) measure(d time.Duration, argv []string) (r result, err error) {
	if l.curve {
		return l.measureCurve(d, argv)
	}
	s, err := start(argv)
	if err != nil {
		return r, err
	}
	defer s.stop()
	peers := make([]*peer, l.peers)
	for i := range peers {
		if peers[i], err = dial(context.Background(), s.addr, fmt.Sprint("peer-", i)); err != nil {
			return r, err
		}
		defer peers[i].nc.Close() //nolint:errcheck // the measurement is over
	}
	batch := l.batch()
	for _, p := range peers { // warm
		if err := p.trip(batch); err != nil {
			return r, err
		}
	}
	before, from := s.cpu(), time.Now()
	var wg sync.WaitGroup
	errs := make([]error, len(peers))
	for i, p := range peers {
		wg.Go(func() {
			for time.Since(from) < d && errs[i] == nil {
				errs[i] = p.trip(batch)
			}
		})
	}
	wg.Wait()
	took, used := time.Since(from), s.cpu()-before
	var trips []float64
	for i, p := range peers {
		if errs[i] != nil {
			return r, errs[i]
		}
		trips = append(trips, p.trips...)
	}
	return l.sum(trips, took, used), nil
}

// sum is the result of a measurement: the trips' times in µs, how long they took together, the server's CPU time.
func (l load) sum(trips []float64, took, used time.Duration) result {
	slices.Sort(trips)
	n := float64(len(trips) * l.window)
	return result{rate: n / took.Seconds(), cpu: float64(used.Microseconds()) / n, p99: trips[len(trips)*99/100]}
}

// batch is a window of messages on the wire.
func (l load) batch() (b []byte) {
	for range l.window {
		for i, n := range l.sizes {
			flags := byte(1)
			if i == len(l.sizes)-1 {
				flags = 0
			}
			b = appendFrame(b, flags, make([]byte, n))
		}
	}
	return b
}

func appendFrame(b []byte, flags byte, body []byte) []byte {
	if len(body) < 256 {
		b = append(b, flags, byte(len(body)))
	} else {
		b = binary.BigEndian.AppendUint64(append(b, flags|2), uint64(len(body)))
	}
	return append(b, body...)
}

// peer is a raw DEALER that parses nothing, so that its own cost is the same for every server.
type peer struct {
	nc    net.Conn
	back  []byte
	trips []float64 // µs
}

func dial(ctx context.Context, addr, id string) (*peer, error) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	hello := make([]byte, 64)
	hello[0], hello[9], hello[10] = 0xff, 0x7f, 3
	copy(hello[12:], "NULL")
	ready := []byte("\x05READY")
	for _, p := range [][2]string{{"Socket-Type", "DEALER"}, {"Identity", id}} {
		ready = append(append(ready, byte(len(p[0]))), p[0]...)
		ready = append(binary.BigEndian.AppendUint32(ready, uint32(len(p[1]))), p[1]...)
	}
	if _, err := nc.Write(appendFrame(hello, 4, ready)); err != nil {
		return nil, err
	}
	head := make([]byte, 66)
	if _, err := io.ReadFull(nc, head); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(nc, make([]byte, head[65])); err != nil {
		return nil, err
	}
	return &peer{nc: nc}, nil
}

// trip sends a window of messages and reads as many bytes.
func (p *peer) trip(batch []byte) error {
	if len(p.back) != len(batch) {
		p.back = make([]byte, len(batch))
	}
	start := time.Now()
	written := make(chan error, 1)
	if len(batch) > 64<<10 { // more than socket buffers may take
		go func() {
			_, err := p.nc.Write(batch)
			written <- err
		}()
	} else {
		_, err := p.nc.Write(batch)
		written <- err
	}
	if _, err := io.ReadFull(p.nc, p.back); err != nil {
		return err
	}
	p.trips = append(p.trips, float64(time.Since(start).Nanoseconds())/1e3)
	return <-written
}

// cpuTime is what a process used so far, on Linux; elsewhere 0.
func cpuTime(pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	s := string(b)
	f := strings.Fields(s[strings.LastIndexByte(s, ')')+1:])
	if len(f) < 13 {
		return 0
	}
	var ticks int64
	for _, x := range f[11:13] { // user and system, in hundredths of a second
		n, err := strconv.ParseInt(x, 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
