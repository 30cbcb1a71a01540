package measure

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestStats(t *testing.T) {
	s := Timing{Loops: 10, Runs: []time.Duration{10, 20, 30, 40}}.Stats()
	if s.Mean != 2.5e-9 || s.Median != 2.5e-9 || s.Least != 1e-9 || s.Most != 4e-9 || s.Deviation < 1.29e-9 || s.Deviation > 1.3e-9 {
		t.Errorf("%+v", s)
	}
	if s := (Timing{Loops: 1, Runs: []time.Duration{7}}).Stats(); s.Deviation != 0 || s.Median != 7e-9 {
		t.Errorf("%+v", s)
	}
	text := Timing{Loops: 1, Runs: []time.Duration{time.Millisecond, 3 * time.Millisecond}}.String()
	if !strings.Contains(text, "2 ms ± 1.41 ms a loop (mean ± deviation of 2 runs of 1 loops)") || !strings.Contains(text, "3.0 times") {
		t.Error(text)
	}
}

func TestLoopRunsWhatWasAsked(t *testing.T) {
	var calls []int
	timing := Loop(3, 5, func(n int) { calls = append(calls, n) })
	if len(calls) != 5 || calls[0] != 3 || timing.Loops != 3 || len(timing.Runs) != 5 {
		t.Errorf("%v %+v", calls, timing)
	}
	total := 0
	timing = Loop(0, 1, func(n int) { total += n; time.Sleep(enough) })
	if timing.Loops != 1 || total != 2 { // one to find the number of loops, one that counts
		t.Errorf("%d %+v", total, timing)
	}
}

func TestRound(t *testing.T) {
	for x, want := range map[float64]int{1: 1, 1.1: 2, 3: 5, 7: 10, 120: 200, 4999: 5000} {
		if got := round(x); got != want {
			t.Errorf("round(%g) = %d, want %d", x, got, want)
		}
	}
}

//go:noinline
func burn(until time.Time) (n int) {
	for time.Now().Before(until) {
		n++
	}
	return n
}

func TestProfileFindsTheBusyFunction(t *testing.T) {
	if err := Start(); err != nil {
		t.Fatal(err)
	}
	if err := Start(); err == nil {
		t.Error("two at once")
	}
	for begin := time.Now(); ; { // until there is a sample: by default 100 a second of processor time
		burn(time.Now().Add(100 * time.Millisecond))
		p, err := Stop()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(p.String(), "burn") {
			check(t, p)
			return
		}
		if time.Since(begin) > time.Minute {
			t.Fatal(p)
		}
		if err := Start(); err != nil {
			t.Fatal(err)
		}
	}
}

func check(t *testing.T, p *Profile) {
	t.Helper()
	svg := p.SVG()
	if !strings.Contains(svg, "measure.burn") {
		t.Error(svg)
	}
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Stop(); err == nil {
		t.Error("stopped twice")
	}
}

func TestProfileOfNothing(t *testing.T) {
	p := newProfile(nil, nil)
	if !strings.HasPrefix(p.String(), "0s") || !strings.HasPrefix(p.SVG(), "<svg") {
		t.Error(p.String(), p.SVG())
	}
}

func TestNamesOfCells(t *testing.T) {
	for name, want := range map[string]string{
		"gale_k12.fib": "cell.fib", "gonum.org/v1/gonum/mat.(*Dense).Mul": "mat.(*Dense).Mul", "fmt.Println": "fmt.Println",
	} {
		if got := short(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	got := strings.Join(ofCells([]string{"runtime.goexit", "github.com/galeproject/gale/namespace.run", "gale_k1.main", "fmt.Println"}), " ")
	if got != "cell.main fmt.Println" {
		t.Error(got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x12, 0x04, 0x0a, 0x01, 0x01, 0x12})
	f.Add([]byte{0x32, 0x01, 'a', 0x12, 0x06, 0x0a, 0x01, 0x01, 0x12, 0x01, 0x05})
	f.Fuzz(func(_ *testing.T, raw []byte) {
		p := &parsed{functions: map[uint64]uint64{}, locations: map[uint64][]uint64{}}
		if fields(raw, p.profile) == nil {
			_, _ = p.samples() // an error or none, no panic
		}
		_, _ = decode(raw)
	})
}

func TestFlagsThatAreNone(t *testing.T) {
	if err := Tests(map[string]string{"nonsense": "1"}, nil, nil); err == nil || !strings.Contains(err.Error(), "-nonsense") {
		t.Error(err)
	}
	for name, value := range map[string]string{"count": "x", "run": "(", "v": "maybe"} {
		if err := Tests(map[string]string{name: value}, nil, nil); err == nil {
			t.Errorf("-%s=%s was taken", name, value)
		}
	}
}
