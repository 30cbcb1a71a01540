package zmtp

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
)

func testQueue(n int, b int64) *queue {
	return newQueue(&Options{QueueMsgs: n, QueueBytes: b}, new(bell))
}

func TestQueueBounds(t *testing.T) {
	q := testQueue(3, 100)
	one := [][]byte{make([]byte, 40)} // 42 on the wire
	for i, want := range []error{nil, nil, ErrFull} {
		if err := q.push(one); !errors.Is(err, want) {
			t.Errorf("push %d: %v", i, err)
		}
	}
	batch, n := q.take(nil)
	if len(batch) != 2 || n != 84 {
		t.Error(len(batch), n)
	}
	if n, b := q.load(); n != 2 || b != 84 {
		t.Errorf("in the writer's hands: %d, %d", n, b)
	}
	if err := q.push(one); !errors.Is(err, ErrFull) {
		t.Error("what the writer holds does not count:", err)
	}
	q.wrote(1, 42)
	if err := q.push(one); err != nil {
		t.Error(err)
	}
	q.unget(batch[1:])
	if n, b := q.load(); n != 2 || b != 84 {
		t.Error(n, b)
	}
	if q.idle() {
		t.Error("idle")
	}
	q.close()
	if err := q.push(one); !errors.Is(err, ErrNoPeer) {
		t.Error(err)
	}
	if rest := q.empty(); len(rest) != 2 || &rest[0][0][0] != &batch[1][0][0] || !q.idle() {
		t.Error("the message put back is not the first")
	}

	q = testQueue(3, 100)
	if err := q.push([][]byte{make([]byte, 1000)}); err != nil {
		t.Error("one message always fits:", err)
	}
	if err := q.push(frames("x")); !errors.Is(err, ErrFull) {
		t.Error("and nothing more:", err)
	}
	q = testQueue(2, 1<<20)
	for i, want := range []error{nil, nil, ErrFull} {
		if err := q.push(frames("x")); !errors.Is(err, want) {
			t.Errorf("push %d: %v", i, err)
		}
	}
}

// collect reads until it has n bytes, or all for n < 0, and closes.
func collect(nc net.Conn, n int64) []byte {
	var b bytes.Buffer
	if n < 0 {
		_, _ = io.Copy(&b, nc)
	} else {
		_, _ = io.CopyN(&b, nc, n)
	}
	_ = nc.Close()
	return b.Bytes()
}

// whole counts the messages that are wholly in b.
func whole(b []byte) (n int) {
	for r := readerOf(b, defaultLimits()); ; n++ {
		if _, _, err := r.next(); err != nil {
			return n
		}
	}
}

// A connection cut at any byte: what the far end did not get whole comes again on the next one, once, in order.
func TestPutBack(t *testing.T) {
	msgs := [][][]byte{frames("a", "", "bc"), {bytes.Repeat([]byte("l"), copyFrame+100), []byte("tail")}, frames("d"), {bytes.Repeat([]byte("m"), 300)}, frames("e", "f")}
	var all []byte
	for _, m := range msgs {
		all = append(all, wireMessage(m...)...)
	}
	try := func(t *testing.T, cutAt int) {
		t.Helper()
		s, err := New(Dealer, Options{})
		if err != nil {
			t.Fatal(err)
		}
		q := newQueue(&s.o, &s.bell)
		q.lasting = true
		for _, m := range msgs {
			if err := q.push(m); err != nil {
				t.Fatal(err)
			}
		}
		connection := func(n int64) []byte {
			x, y := net.Pipe()
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = s.serve(s.ctx, x, false, q, func() {})
			}()
			shakeRaw(t, y, "ROUTER", "")
			if n < 0 {
				go func() {
					synctest.Wait()
					_ = x.Close()
				}()
			}
			b := collect(y, n)
			<-done
			return b
		}
		first := connection(int64(cutAt))
		if !bytes.Equal(first, all[:cutAt]) {
			t.Fatalf("cut at %d: something else came first", cutAt)
		}
		k := whole(first)
		if n, _ := q.load(); n != len(msgs)-k {
			t.Fatalf("cut at %d: %d messages are back, want %d", cutAt, n, len(msgs)-k)
		}
		var want []byte
		for _, m := range msgs[k:] {
			want = append(want, wireMessage(m...)...)
		}
		if second := connection(-1); !bytes.Equal(second, want) {
			t.Fatalf("cut at %d: %d bytes on the next connection, want %d", cutAt, len(second), len(want))
		}
		if !q.idle() {
			t.Fatalf("cut at %d: something is left", cutAt)
		}
		_ = s.Close(0)
	}
	synctest.Test(t, func(t *testing.T) {
		for n := 0; n < len(all); n++ {
			if n == 40 { // inside the long frame
				n = copyFrame
			}
			try(t, n)
		}
	})
}
