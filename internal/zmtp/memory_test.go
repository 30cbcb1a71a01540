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

// bubble runs a test under fake time. Sockets made with make are closed at its end, and pumps get time for their last sleep.
func bubble(t *testing.T, f func(t *testing.T, socket func(Type, Options) *Socket)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var all []*Socket
		defer func() {
			for _, s := range all {
				_ = s.Close(0)
			}
			time.Sleep(time.Minute)
		}()
		f(t, func(typ Type, o Options) *Socket {
			s, err := New(typ, o)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, s)
			return s
		})
	})
}

// hello is what a peer sends before its first message.
func hello(typ, id string) []byte {
	b := greeting("NULL", false)
	return appendCommand(b, "READY", appendProperty(appendProperty(nil, propType, typ), propIdentity, id))
}

// raw is the far end of a connection in memory to s, which accepted it; the handshake is done.
func raw(t *testing.T, s *Socket, typ, id string) net.Conn {
	t.Helper()
	x, y := net.Pipe()
	go func() { _ = s.Attach(x, true) }()
	shakeRaw(t, y, typ, id)
	return y
}

func shakeRaw(t *testing.T, nc net.Conn, typ, id string) {
	t.Helper()
	go func() { _, _ = nc.Write(hello(typ, id)) }()
	head := make([]byte, greetingSize+2)
	if _, err := io.ReadFull(nc, head); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(nc, make([]byte, head[greetingSize+1])); err != nil {
		t.Fatal(err)
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
