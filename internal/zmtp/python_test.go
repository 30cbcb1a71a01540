package zmtp

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// python returns an interpreter that has pyzmq: $GALE_PYTHON, the repository's .venv, python3.
func python(t *testing.T) string {
	t.Helper()
	candidates := []string{os.Getenv("GALE_PYTHON"), filepath.Join("..", "..", ".venv", "bin", "python"), "python3"}
	for _, c := range candidates {
		if c != "" && exec.CommandContext(t.Context(), c, "-c", "import zmq").Run() == nil {
			return c
		}
	}
	const missing = "no Python with pyzmq: make venv, or set GALE_PYTHON"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// libzmq is a Python process whose sockets are libzmq's; see testdata/peer.py.
type libzmq struct {
	mu  sync.Mutex
	in  *json.Encoder
	out *json.Decoder
	n   int
}

type ask map[string]any

// told is a frame that libzmq received.
type told struct {
	N    int
	CRC  uint32
	Text string
}

type answer struct {
	Err    string
	Addr   string
	N      int
	ZMQ    string
	PyZMQ  string
	Frames []told
}

func startLibzmq(t *testing.T) *libzmq {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, python(t), filepath.Join("testdata", "peer.py"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed
	})
	p := &libzmq{in: json.NewEncoder(in), out: json.NewDecoder(bufio.NewReader(out))}
	a := p.ask(t, ask{"op": "hello"})
	t.Logf("libzmq %s, pyzmq %s", a.ZMQ, a.PyZMQ)
	return p
}

// try asks and returns the answer, whatever it is.
func (p *libzmq) try(t *testing.T, q ask) answer {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.in.Encode(q); err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := p.out.Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

func (p *libzmq) ask(t *testing.T, q ask) answer {
	t.Helper()
	a := p.try(t, q)
	if a.Err != "" {
		t.Fatalf("%v: %s", q, a.Err)
	}
	return a
}

// zsock is a libzmq socket.
type zsock struct {
	p    *libzmq
	name string
	addr string // where it is bound
}

// open makes a socket; q holds type, bind or connect, opts, sub.
func (p *libzmq) open(t *testing.T, q ask) *zsock {
	t.Helper()
	p.n++
	s := &zsock{p: p, name: fmt.Sprint("s", p.n)}
	q["op"], q["name"] = "open", s.name
	s.addr = p.ask(t, q).Addr
	t.Cleanup(func() { p.ask(t, ask{"op": "close", "name": s.name}) })
	return s
}

func (p *libzmq) bound(t *testing.T, typ string, opts ask) *zsock {
	t.Helper()
	return p.open(t, ask{"type": typ, "bind": "tcp://127.0.0.1:*", "opts": opts})
}

func (p *libzmq) connected(t *testing.T, typ, ep string, opts ask) *zsock {
	t.Helper()
	return p.open(t, ask{"type": typ, "connect": ep, "opts": opts})
}

func (s *zsock) do(t *testing.T, op string, more ask) answer {
	t.Helper()
	q := ask{"op": op, "name": s.name}
	maps.Copy(q, more)
	return s.p.ask(t, q)
}

// send sends frames: strings, or numbers of pattern bytes.
func (s *zsock) send(t *testing.T, frames ...any) {
	t.Helper()
	s.do(t, "send", ask{"frames": frames})
}

// recv returns what came, as text() does.
func (s *zsock) recv(t *testing.T) string {
	t.Helper()
	return tell(s.do(t, "recv", nil).Frames)
}

func tell(fs []told) string {
	r := ""
	for i, f := range fs {
		if i > 0 {
			r += "|"
		}
		r += f.Text
	}
	return r
}

// pattern is what libzmq sends for a number.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}
