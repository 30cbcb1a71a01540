package measure

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"
)

// How many runs there are, and how long one should be, when nothing else is said.
const (
	defaultRuns = 7
	enough      = 100 * time.Millisecond
	maxLoops    = 1_000_000_000
)

// Timing is what several runs of a statement took.
type Timing struct {
	Loops  int             // of the statement in a run
	Runs   []time.Duration // each of Loops
	Allocs float64         // heap objects a loop
	Bytes  float64         // heap bytes a loop
}

// Keep uses values, so that the compiler does not leave out what makes them.
func Keep(values ...any) { runtime.KeepAlive(values) }

// Loop times f, which runs a statement n times. loops and runs may be 0: then a run takes a tenth of a second or one loop, and there are
// seven.
func Loop(loops, runs int, f func(n int)) Timing {
	if runs <= 0 {
		runs = defaultRuns
	}
	if loops <= 0 {
		loops = calibrate(f)
	}
	t := Timing{Loops: loops}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		begin := time.Now()
		f(loops)
		t.Runs = append(t.Runs, time.Since(begin))
	}
	runtime.ReadMemStats(&after)
	n := float64(loops) * float64(runs)
	t.Allocs = float64(after.Mallocs-before.Mallocs-uint64(runs)/2) / n
	t.Bytes = float64(after.TotalAlloc-before.TotalAlloc) / n
	if t.Allocs < 0.5 { // the runs' own
		t.Allocs, t.Bytes = 0, 0
	}
	return t
}

// calibrate finds how many loops take long enough.
func calibrate(f func(n int)) int {
	for n := 1; ; {
		begin := time.Now()
		f(n)
		took := time.Since(begin)
		if took >= enough || n >= maxLoops {
			return n
		}
		grow := 10.0
		if took > 0 {
			grow = min(10, 1.2*float64(enough)/float64(took))
		}
		n = min(maxLoops, max(n+1, round(float64(n)*grow)))
	}
}

// round gives 1, 2 or 5 times a power of ten.
func round(x float64) int {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	switch lead := x / power; {
	case lead <= 1:
		return int(power)
	case lead <= 2:
		return int(2 * power)
	case lead <= 5:
		return int(5 * power)
	}
	return int(10 * power)
}

// Stats are the runs' figures for one loop, in seconds.
type Stats struct{ Mean, Deviation, Median, Least, Most float64 }

// Stats gives the figures. The deviation is that of the sample; of one run it is 0.
func (t Timing) Stats() (s Stats) {
	x := make([]float64, len(t.Runs))
	for i, d := range t.Runs {
		x[i] = d.Seconds() / float64(t.Loops)
		s.Mean += x[i] / float64(len(x))
	}
	for _, v := range x {
		s.Deviation += (v - s.Mean) * (v - s.Mean)
	}
	if len(x) > 1 {
		s.Deviation = math.Sqrt(s.Deviation / float64(len(x)-1))
	}
	slices.Sort(x)
	if n := len(x); n > 0 {
		s.Least, s.Most, s.Median = x[0], x[n-1], (x[(n-1)/2]+x[n/2])/2
	}
	return s
}

// unsteady is how many times as long as the fastest run the slowest may take without a remark.
const unsteady = 1.5

// String tells everything in one or two lines.
func (t Timing) String() string {
	s := t.Stats()
	var b strings.Builder
	fmt.Fprintf(&b, "%s ± %s a loop (mean ± deviation of %d runs of %d loops); median %s, fastest %s, slowest %s",
		seconds(s.Mean), seconds(s.Deviation), len(t.Runs), t.Loops, seconds(s.Median), seconds(s.Least), seconds(s.Most))
	if t.Allocs > 0 {
		fmt.Fprintf(&b, "; %.4g allocations, %.4g bytes", t.Allocs, t.Bytes)
	}
	if s.Least > 0 && s.Most > unsteady*s.Least {
		fmt.Fprintf(&b, "\nthe slowest run took %.1f times as long as the fastest: something else was at work, or the first run prepared what the others used", s.Most/s.Least)
	}
	return b.String()
}

// seconds writes a time with three digits.
func seconds(s float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}} {
		if s >= u.size {
			return fmt.Sprintf("%.3g %s", s/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.3g ns", s/1e-9)
}
