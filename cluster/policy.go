package cluster

import (
	"fmt"
	"time"
)

// Policy says whether what died is started again. The zero value starts it again three times within five minutes.
type Policy struct {
	Never  bool
	Times  int           // restarts within the window; 0 is 3
	Window time.Duration // 0 is 5 minutes
}

// next decides after the last of some deaths: after which delay to start again, or that it is enough. The first restart within a window
// comes at once, each later one after a delay four times as long.
func (p Policy) next(deaths []time.Time) (delay time.Duration, again bool) {
	times, window := p.Times, p.Window
	if times == 0 {
		times = 3
	}
	if window == 0 {
		window = 5 * time.Minute
	}
	last := deaths[len(deaths)-1]
	recent := 0
	for _, d := range deaths {
		if last.Sub(d) < window {
			recent++
		}
	}
	if p.Never || recent > times {
		return 0, false
	}
	if recent > 1 {
		delay = time.Second << (2 * min(recent-2, 4))
	}
	return delay, true
}

// ParsePolicy reads "never" or a number of restarts.
func ParsePolicy(text string) (Policy, error) {
	if text == "never" || text == "0" {
		return Policy{Never: true}, nil
	}
	var p Policy
	if _, err := fmt.Sscanf(text, "%d", &p.Times); err != nil || p.Times < 1 {
		return p, fmt.Errorf("cluster: restart policy %q: want never, or how often within five minutes", text)
	}
	return p, nil
}
