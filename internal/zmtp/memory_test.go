package zmtp

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// pump moves bytes from src to dst until one of them ends, with a buffer of up to 64 portions between, as a kernel has. gate,
// if not nil, sees each portion before it goes on and may wait.
func pump(dst, src net.Conn, gate func(n int)) {
	portions := make(chan []byte, 64)
	stop := make(chan struct{})
	go func() {
		defer close(portions)
		for {
			b := make([]byte, 4<<10)
			n, err := src.Read(b)
			select {
			case portions <- b[:n]:
			case <-stop:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	for b := range portions {
		if gate != nil {
			gate(len(b))
		}
		if _, err := dst.Write(b); err != nil {
			break
		}
	}
	close(stop)
	_ = dst.Close()
	_ = src.Close()
}

// wire returns two ends of a connection in memory.
func wire(gate func(n int)) (a, b net.Conn) {
	a, a2 := net.Pipe()
	b2, b := net.Pipe()
	go pump(b2, a2, gate)
	go pump(a2, b2, gate)
	return a, b
}

// join connects two sockets in memory: a accepts, b came.
func join(a, b *Socket, gate func(n int)) {
	x, y := wire(gate)
	go func() { _ = a.Attach(x, true) }()
	go func() { _ = b.Attach(y, false) }()
}

// world is a test under fake time. Its sockets are closed at its end, and pumps get time for their last sleep.
type world struct {
	*testing.T
	all []*Socket
}

func (w *world) socket(typ Type, o Options) *Socket {
	w.Helper()
	s, err := New(typ, o)
	if err != nil {
		w.Fatal(err)
	}
	w.all = append(w.all, s)
	return s
}

func bubble(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t}
		defer func() {
			for _, s := range w.all {
				_ = s.Close(0)
			}
			time.Sleep(time.Minute)
		}()
		f(w)
	})
}

// hello is what a peer sends before its first message.
func hello(typ, id string) []byte {
	b := greeting("NULL", false)
	return appendCommand(b, "READY", appendProperty(appendProperty(nil, propType, typ), propIdentity, id))
}

// raw is a DEALER at the far end of a connection in memory to s, which accepted it; the handshake is done.
func raw(t *testing.T, s *Socket, id string) net.Conn {
	t.Helper()
	x, y := net.Pipe()
	go func() { _ = s.Attach(x, true) }()
	shakeRaw(t, y, "DEALER", id)
	return y
}

func shakeRaw(tb testing.TB, nc net.Conn, typ, id string) {
	tb.Helper()
	go func() { _, _ = nc.Write(hello(typ, id)) }()
	head := make([]byte, greetingSize+2)
	if _, err := io.ReadFull(nc, head); err != nil {
		tb.Fatal(err)
	}
	if _, err := io.ReadFull(nc, make([]byte, head[greetingSize+1])); err != nil {
		tb.Fatal(err)
	}
}

// wireMessage returns a message as bytes.
func wireMessage(frames ...[]byte) (b []byte) {
	for i, f := range frames {
		flags := byte(flagMore)
		if i == len(frames)-1 {
			flags = 0
		}
		b = append(appendHeader(b, flags, len(f)), f...)
	}
	return b
}
