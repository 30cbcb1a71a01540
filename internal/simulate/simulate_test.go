package simulate_test

import (
	"flag"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galeproject/gale/internal/simulate"
)

var (
	seed = flag.Uint64("seed", 0, "live the history of this seed alone and tell its story")
	from = flag.Uint64("from", 1, "the first seed")
)

// enough is how many failures are told.
const enough = 5

// TestHistories lives many histories; GALE_SIMULATE=1h says for how long instead.
func TestHistories(t *testing.T) {
	if *seed > 0 {
		r := simulate.Run(simulate.Plan{Seed: *seed, Story: true})
		t.Logf("%d steps\n%s", r.Steps, r.Story)
		if r.Err != nil {
			t.Error(r.Err)
		}
		return
	}
	last, until := *from+9_999, time.Time{}
	if testing.Short() || raced {
		last = *from + 299
	}
	if d, err := time.ParseDuration(os.Getenv("GALE_SIMULATE")); err == nil {
		last, until = 1<<62, time.Now().Add(d)
	}
	var next, steps, lives, failed atomic.Uint64
	next.Store(*from)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for failed.Load() < enough && (until.IsZero() || time.Now().Before(until)) {
				seed := next.Add(1) - 1
				if seed > last {
					return
				}
				r := simulate.Run(simulate.Plan{Seed: seed})
				steps.Add(uint64(r.Steps)) //nolint:gosec // counts
				lives.Add(uint64(r.Lives)) //nolint:gosec // counts
				if r.Err != nil {
					failed.Add(1)
					t.Errorf("seed %d: %v\nto hear its story: go test ./internal/simulate -run TestHistories -v -seed %d", seed, r.Err, seed)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("seeds %d to %d, %d lives of controllers, %d steps", *from, min(next.Load()-1, last), lives.Load(), steps.Load())
}

// TestAlike lives a history twice: a seed is worth something only if all is the same.
func TestAlike(t *testing.T) {
	for seed := range uint64(20) {
		first, second := simulate.Run(simulate.Plan{Seed: seed, Story: true}), simulate.Run(simulate.Plan{Seed: seed, Story: true})
		if first.Story != second.Story {
			t.Fatalf("seed %d lives two lives", seed)
		}
	}
}
