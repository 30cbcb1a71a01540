package namespace

import (
	"context"
	"regexp"
	"runtime"
	"sync/atomic"
	"time"
)

// The steps of an interrupt: how long it is waited for an end each time, 0.6 s in all. A run is left behind after the last one, or earlier when
// nothing in the process runs: what waits then for a channel, a lock, the clock or the system would not have ended either.
var interruptSteps = []time.Duration{80 * time.Millisecond, 100 * time.Millisecond, 120 * time.Millisecond, 300 * time.Millisecond}

const (
	// lingering is how long flags stay after an interrupted run has ended, so that goroutines it started see them.
	lingering = 100 * time.Millisecond
)

// await waits for the end of a run. When ctx is cancelled or memory runs out, it interrupts the run, and gives true if that did not end it.
func (n *Namespace) await(ctx context.Context, r *run) (left bool) {
	if !n.lasts(ctx, r) {
		return false
	}
	r.stopped.Store(true)
	n.update(func() { r.wide = true; n.setFlags() })
	for _, wait := range interruptSteps {
		if ended(r, wait) {
			return false
		}
		if quiet() {
			break
		}
	}
	r.ended.Store(true)
	n.update(func() { r.wide = false; n.setFlags(); n.share() })
	return true
}

// lasts waits until a run must be interrupted, because ctx is cancelled or memory runs out; false: it has ended.
func (n *Namespace) lasts(ctx context.Context, r *run) bool {
	var look <-chan time.Time
	if n.limit > 0 {
		tick := time.NewTicker(memoryEvery)
		defer tick.Stop()
		look = tick.C
	}
	for {
		select {
		case <-r.done:
			return false
		case <-ctx.Done():
			return true
		case <-look:
			if f := n.outOfMemory(r); f != nil {
				r.full.Store(f)
				return true
			}
		}
	}
}

// quiet says whether no goroutine but the calling one runs or could run: then an interrupted run waits for something that is not about to
// happen.
func quiet() bool {
	buf := make([]byte, maxQuietStacks)
	k := runtime.Stack(buf, true)
	if k == len(buf) {
		return false // too many to tell
	}
	busy := 0
	for _, m := range stackState.FindAllSubmatch(buf[:k], -1) {
		if s := string(m[1]); s == "running" || s == "runnable" {
			busy++
		}
	}
	return busy <= 1
}

// maxQuietStacks is how much text of stacks is looked at while a user waits, in bytes.
const maxQuietStacks = 1 << 20

var stackState = regexp.MustCompile(`(?m)^goroutine \d+[^\[\n]* \[(\w+)`)

func ended(r *run, within time.Duration) bool {
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-r.done:
		return true
	case <-t.C:
		return false
	}
}

// setFlags gives every module's stop flag the value that the runs under way ask for. A flag sends loops to [Namespace.stopped],
// which spares the goroutines of other runs.
func (n *Namespace) setFlags() {
	want, all := map[*unit]bool{}, false
	for r := range n.runs {
		if r.stopped.Load() {
			want[r.unit] = true
			all = all || r.wide
		}
	}
	for _, u := range n.units {
		var v uint32
		if all || want[u] {
			v = 1
		}
		atomic.StoreUint32(u.stop, v)
	}
}

// stopped says whether the calling goroutine belongs to an interrupted run.
func (n *Namespace) stopped() bool {
	r := of(n.space.Current())
	return r != nil && r.stopped.Load()
}

// over takes note that the goroutine of a run has ended.
func (n *Namespace) over(r *run) {
	close(r.done)
	forget := func() {
		n.update(func() {
			delete(n.runs, r)
			n.share()
			if r.stopped.Load() {
				n.setFlags()
			}
		})
	}
	if r.stopped.Load() {
		time.AfterFunc(lingering, forget)
		return
	}
	forget()
}

// LeftBehind is the number of interrupted runs whose goroutines still run.
func (n *Namespace) LeftBehind() (k int) {
	n.update(func() {
		for r := range n.runs {
			select {
			case <-r.done:
			default:
				if r.stopped.Load() && r.ended.Load() {
					k++
				}
			}
		}
	})
	return k
}
