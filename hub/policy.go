package hub

import "fmt"

// Scheme is how a balanced task gets one of the engines that have room for it.
type Scheme string

// The schemes. Engines are ordered by last use, the one used longest ago first.
const (
	LeastLoad   Scheme = "leastload"   // the first of those with the fewest tasks
	LRU         Scheme = "lru"         // the first
	PlainRandom Scheme = "plainrandom" // any
	TwoBin      Scheme = "twobin"      // the first of two random ones
	Weighted    Scheme = "weighted"    // the less loaded of two that were drawn with weight 1/load
)

// ParseScheme checks the name of a scheme.
func ParseScheme(s string) (Scheme, error) {
	switch c := Scheme(s); c {
	case LeastLoad, LRU, PlainRandom, TwoBin, Weighted:
		return c, nil
	}
	return "", fmt.Errorf("hub: scheme %q: want leastload, lru, plainrandom, twobin or weighted", s)
}

// policy picks one of the engines that have room for a task; there is at least one.
type policy interface{ pick(free []*engine) *engine }

// policy gives the policy of a scheme.
func (s Scheme) policy(dice func() uint64) policy {
	switch s {
	case LRU:
		return least(func(a, b *engine) bool { return a.stamp < b.stamp })
	case PlainRandom:
		return random(dice)
	case TwoBin:
		return twoBin(dice)
	case Weighted:
		return weighted(dice)
	case LeastLoad:
	}
	return least(func(a, b *engine) bool { return a.load < b.load || a.load == b.load && a.stamp < b.stamp })
}

// least picks the engine that comes before all others.
type least func(a, b *engine) bool

func (before least) pick(free []*engine) *engine {
	best := free[0]
	for _, e := range free[1:] {
		if before(e, best) {
			best = e
		}
	}
	return best
}

type random func() uint64

func (dice random) pick(free []*engine) *engine { return free[dice()%uint64(len(free))] }

type twoBin func() uint64

func (dice twoBin) pick(free []*engine) *engine {
	a, b := random(dice).pick(free), random(dice).pick(free)
	if b.stamp < a.stamp {
		return b
	}
	return a
}

type weighted func() uint64

func (dice weighted) pick(free []*engine) *engine {
	a, b := dice.draw(free), dice.draw(free)
	if b.load < a.load {
		return b
	}
	return a
}

// draw takes an engine with weight 1/(1e-6+load).
func (dice weighted) draw(free []*engine) *engine {
	weight := func(e *engine) float64 { return 1 / (1e-6 + float64(e.load)) }
	sum := 0.0
	for _, e := range free {
		sum += weight(e)
	}
	at := float64(dice()>>11) / (1 << 53) * sum
	for _, e := range free {
		if at -= weight(e); at < 0 {
			return e
		}
	}
	return free[len(free)-1]
}
