package zmtp

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The set against the obvious way to do it.
func TestTopics(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	word := func() string {
		b := make([]byte, rnd.IntN(5))
		for i := range b {
			b[i] = "ab"[rnd.IntN(2)]
		}
		return string(b)
	}
	var set topics
	count := map[string]int{}
	for range 20000 {
		w := word()
		if rnd.IntN(2) == 0 {
			count[w]++
			if set.add(w) != (count[w] == 1) {
				t.Fatal("add", w)
			}
		} else {
			had := count[w]
			count[w] = max(0, had-1)
			if set.remove(w) != (had == 1) {
				t.Fatal("remove", w)
			}
		}
		probe := word() + word()
		want := false
		bytes := 0
		for k, n := range count {
			if n > 0 {
				want = want || strings.HasPrefix(probe, k)
				bytes += len(k) + topicCost
			}
		}
		if set.match([]byte(probe)) != want || set.bytes != bytes {
			t.Fatalf("%q: %v; %d bytes, want %d", probe, !want, set.bytes, bytes)
		}
	}
}
