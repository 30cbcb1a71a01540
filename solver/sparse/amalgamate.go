package sparse

// A set is pivots that an order eliminates together.
type set struct {
	vertex        int32 // first of them
	pivots, below int   // rows of its front: pivots, and others
	parent        int32 // a later set, or none
	zeros         int   // entries of its front that are kept though they are zero
}

// amalgamate joins sets to their parents where the front of both is hardly more than the two: small fronts cost more by
// their number than by their size. It gives the sets of each front, children before parents.
func amalgamate(sets []set) [][]int32 {
	lists := make([][]int32, len(sets))
	for i := range sets {
		lists[i] = append(lists[i], int32(i))
		c := &sets[i]
		if c.parent == none {
			continue
		}
		p := &sets[c.parent]
		pivots := c.pivots + p.pivots
		zeros := c.zeros + p.zeros + c.pivots*max(0, p.pivots+p.below-c.below)
		entries := pivots*(pivots+1)/2 + pivots*p.below
		if !worth(pivots, zeros, entries) {
			continue
		}
		p.pivots, p.zeros = pivots, zeros
		lists[c.parent] = append(lists[c.parent], lists[i]...)
		lists[i] = nil
	}
	groups := lists[:0]
	for _, l := range lists {
		if len(l) > 0 {
			groups = append(groups, l)
		}
	}
	return groups
}

// worth allows more zeros in smaller fronts.
func worth(pivots, zeros, entries int) bool {
	switch {
	case zeros == 0:
		return true
	case pivots <= 8:
		return 4*zeros <= entries
	case pivots <= 32:
		return 10*zeros <= entries
	}
	return 50*zeros <= entries
}
