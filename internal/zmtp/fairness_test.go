package zmtp

import (
	"context"
	"fmt"
	"testing"
)

// A peer that floods does not keep a small one out: its round trips go on while the flood does.
func TestFlooder(t *testing.T) {
	r := must(t, Router, Options{})
	ep := bind(t, r)
	go func() {
		for {
			m, err := r.Recv(context.Background())
			if err != nil {
				return
			}
			if m.From.ID == "small" {
				_ = m.From.Send(m.Frames...) // the test hears
			}
		}
	}()
	flood := must(t, Dealer, Options{QueueBytes: 8 << 20})
	connect(t, flood, ep)
	go func() {
		body := make([]byte, 1<<20)
		for flood.Send(t.Context(), body) == nil {
		}
	}()
	small := must(t, Dealer, Options{ID: "small"})
	connect(t, small, ep)
	for range 100 {
		if err := small.Send(t.Context(), []byte("x")); err != nil {
			t.Fatal(err)
		}
		recv(t, small)
	}
}

// Equal peers are served alike: when the first has all its answers, none is far behind.
func TestEqualPeers(t *testing.T) {
	const peers, each = 16, 400
	r := must(t, Router, Options{RecvQueue: 16})
	ep := bind(t, r)
	for i := range peers {
		d := must(t, Dealer, Options{ID: fmt.Sprint(i)})
		connect(t, d, ep)
		for range each {
			if err := d.Send(t.Context(), make([]byte, 2000)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.bell.until(within(t), func() bool { return len(r.Peers()) == peers }); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for range peers * each {
		count[recv(t, r).From.ID]++
	}
	for id, n := range count {
		if n != each {
			t.Errorf("%s: %d of %d", id, n, each)
		}
	}
}
