package cluster

import (
	"testing"
	"time"
)

func TestAPolicyGivesUpAfterSomeDeathsWithinItsWindow(t *testing.T) {
	at := func(seconds ...int) (out []time.Time) {
		for _, s := range seconds {
			out = append(out, time.Unix(int64(s), 0))
		}
		return out
	}
	for _, c := range []struct {
		name   string
		p      Policy
		deaths []time.Time
		delay  time.Duration
		again  bool
	}{
		{"the first", Policy{}, at(0), 0, true},
		{"the second", Policy{}, at(0, 1), time.Second, true},
		{"the third", Policy{}, at(0, 1, 2), 4 * time.Second, true},
		{"one too many", Policy{}, at(0, 1, 2, 3), 0, false},
		{"the old ones do not count", Policy{}, at(0, 1, 2, 302), 0, true},
		{"never", Policy{Never: true}, at(0), 0, false},
		{"once", Policy{Times: 1}, at(0, 1), 0, false},
		{"a short window", Policy{Times: 1, Window: time.Second}, at(0, 1), 0, true},
	} {
		if delay, again := c.p.next(c.deaths); delay != c.delay || again != c.again {
			t.Errorf("%s: %v, %v", c.name, delay, again)
		}
	}
}

func TestPoliciesAreRead(t *testing.T) {
	for text, want := range map[string]Policy{"never": {Never: true}, "0": {Never: true}, "7": {Times: 7}} {
		if got, err := ParsePolicy(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "sometimes"} {
		if _, err := ParsePolicy(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
