package stream

import (
	"fmt"
	"strings"
	"testing"
)

func TestCollector(t *testing.T) {
	c := NewCollector()
	out, err := c.Pipe("stdout")
	if err != nil {
		t.Fatal(err)
	}
	errs, err := c.Pipe("stderr")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(out, "one"); err != nil {
		t.Fatal(err)
	}
	if got := c.Drain(); len(got) != 1 || got[0].Name != "stdout" || string(got[0].Bytes) != "one" {
		t.Fatalf("%q", got)
	}
	// more than it holds: the writer waits until somebody takes
	written := make(chan int)
	go func() {
		n := 0
		for range 80 {
			k, _ := errs.WriteString(strings.Repeat("x", 64<<10))
			n += k
		}
		_ = errs.Close()
		_ = out.Close()
		written <- n
	}()
	ended := c.Ended()
	got := 0
	for open := true; open; {
		select {
		case <-c.Ready():
		case <-ended:
			open = false
		}
		for _, x := range c.Drain() {
			got += len(x.Bytes)
		}
	}
	if n := <-written; n != got || n != 80*64<<10 {
		t.Fatalf("%d written, %d taken", n, got)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}
