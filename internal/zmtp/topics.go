package zmtp

import "slices"

// topics is a counted set of prefixes. A match costs one map lookup per distinct length of a prefix.
type topics struct {
	count   map[string]int
	lengths []int // of the prefixes, rising
	of      []int // how many prefixes have each length
	bytes   int   // of all prefixes, with what each costs
}

const topicCost = 16

// add counts a topic up and says whether it is new.
func (t *topics) add(topic string) bool {
	if t.count == nil {
		t.count = map[string]int{}
	}
	t.count[topic]++
	if t.count[topic] > 1 {
		return false
	}
	t.bytes += len(topic) + topicCost
	i, found := slices.BinarySearch(t.lengths, len(topic))
	if !found {
		t.lengths = slices.Insert(t.lengths, i, len(topic))
		t.of = slices.Insert(t.of, i, 0)
	}
	t.of[i]++
	return true
}

// remove counts a topic down and says whether it is gone now.
func (t *topics) remove(topic string) bool {
	switch t.count[topic] {
	case 0:
		return false
	case 1:
	default:
		t.count[topic]--
		return false
	}
	delete(t.count, topic)
	t.bytes -= len(topic) + topicCost
	i, _ := slices.BinarySearch(t.lengths, len(topic))
	if t.of[i]--; t.of[i] == 0 {
		t.lengths = slices.Delete(t.lengths, i, i+1)
		t.of = slices.Delete(t.of, i, i+1)
	}
	return true
}

// match says whether a prefix of b is in the set.
func (t *topics) match(b []byte) bool {
	for _, n := range t.lengths {
		if n > len(b) {
			return false
		}
		if _, ok := t.count[string(b[:n])]; ok {
			return true
		}
	}
	return false
}
