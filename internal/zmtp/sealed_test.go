package zmtp

import (
	"bufio"
	"bytes"
	"testing"
)

// A message of small frames costs few allocations under CURVE too.
func TestSealedAllocations(t *testing.T) {
	server, client := ends(t)
	m := meet(t, server, client, nil)
	var line bytes.Buffer
	w := &writer{w: &line, box: m.client.box, pool: &blocks{}}
	r := &reader{br: bufio.NewReaderSize(&line, readBuffer), lim: defaultLimits(), box: m.server.box, pool: &blocks{}}
	msg := [][]byte{make([]byte, 9), make([]byte, 64), make([]byte, 200), make([]byte, 150), make([]byte, 100)}
	n := testing.AllocsPerRun(100, func() {
		if err := w.message(msg); err != nil {
			t.Fatal(err)
		}
		if err := w.flush(); err != nil {
			t.Fatal(err)
		}
		if got, _, err := r.next(); err != nil || len(got) != len(msg) {
			t.Fatal(len(got), err)
		}
	})
	if n > 4 {
		t.Errorf("%.0f allocations for a sealed message, want 4 at most", n)
	}
}
