package kernel

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
)

func TestParentWatch(t *testing.T) {
	for _, c := range []struct {
		name             string
		pid, first, then int
		alive, gone      bool
	}{
		{"our parent lives", 50, 50, 50, true, false},
		{"our parent has gone", 50, 50, 1, true, true},
		{"a subreaper took us", 50, 50, 7, true, true},
		{"a wrapper between, all live", 40, 50, 50, true, false},
		{"no such process: another namespace", 40, 50, 50, false, false},
		{"no such process, init took us", 40, 50, 1, false, true},
		{"init from the beginning", 1, 1, 1, true, false},
	} {
		now, lives := c.first, c.alive
		gone := parentWatch(c.pid, func() int { return now }, func(int) bool { return lives })
		if gone() {
			t.Errorf("%s: gone at once", c.name)
		}
		if now = c.then; gone() != c.gone {
			t.Errorf("%s: gone %v, want %v", c.name, !c.gone, c.gone)
		}
	}
	lives := true
	gone := parentWatch(40, func() int { return 50 }, func(int) bool { return lives })
	if lives = false; !gone() {
		t.Error("a wrapper's parent went unnoticed")
	}
}

func TestWatchParentEndsWithTheKernel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &Kernel{log: slog.New(slog.DiscardHandler)}
		k.ctx, k.stop = context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { k.WatchParent(t.Context(), 1); close(done) }()
		k.Shutdown()
		<-done
	})
}
