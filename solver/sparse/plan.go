package sparse

// A plan says how the fronts are shared among threads and where contribution blocks live. Subtrees of little work are
// tasks for one worker, which keeps their blocks on two stacks, by parity of depth: the children of a front lie on
// top of the other stack than the front's own. Fronts above are tasks of their own; their blocks, and those of the
// subtrees' roots, lie at fixed places of one region that hold in any order of events, so that the memory
// is known before it is taken and nothing moves.
type plan struct {
	threads int
	kind    []kind
	place   []int64 // of the block in the region; for subtree roots and upper fronts
	region  int64   // elements
	stack   [2]int64
	tasks   int
}

type kind uint8

const (
	inside  kind = iota // in a subtree, not its root
	subtree             // root of a subtree
	upper               // a task by itself
)

// share is the largest part of a thread's work that a subtree may be.
const share = 1.0 / 8

func (s *Symbolic) plan(threads int) *plan {
	m := len(s.fronts)
	p := &plan{threads: threads, kind: make([]kind, m), place: make([]int64, m)}
	limit := s.flops * share / float64(threads)
	for i := m - 1; i >= 0; i-- {
		f := &s.fronts[i]
		if f.parent >= 0 && p.kind[f.parent] != upper {
			continue
		}
		p.tasks++
		if threads == 1 || f.subtree <= limit {
			p.kind[i] = subtree
		} else {
			p.kind[i] = upper
		}
	}
	p.stacks(s)
	p.regions(s)
	return p
}

// stacks finds the largest need of a subtree.
func (p *plan) stacks(s *Symbolic) {
	var top [2]int64
	for i := range s.fronts {
		f := &s.fronts[i]
		if p.kind[i] == upper {
			continue
		}
		if p.kind[i] == inside {
			d := f.depth & 1
			top[d] += int64(f.blockLen())
			p.stack[d] = max(p.stack[d], top[d])
		}
		for _, c := range s.frontChildren(f) {
			c := &s.fronts[c]
			top[c.depth&1] -= int64(c.blockLen())
		}
	}
}

// regions places the blocks of tasks. Each task has a part of the region that covers the parts of its children, so
// that tasks which may run at once never meet. At odd depths a block lies at the end of its part, at even depths at
// the start: a front's block then overlies what its grandchildren used and lies beside its children's blocks.
func (p *plan) regions(s *Symbolic) {
	size := make([]int64, len(s.fronts)) // of a task's part
	lead := make([]int64, len(s.fronts)) // free space before the children's parts
	for i := range s.fronts {
		if p.kind[i] == inside {
			continue
		}
		f := &s.fronts[i]
		own := int64(f.blockLen())
		size[i] = own
		if p.kind[i] == subtree {
			continue
		}
		sum, first, last := int64(0), int64(-1), int64(0) // first start and last end of a child's block
		for _, c := range s.frontChildren(f) {
			b := int64(s.fronts[c].blockLen())
			at := sum
			if s.fronts[c].depth&1 == 1 {
				at += size[c] - b
			}
			if first < 0 {
				first = at
			}
			last = at + b
			sum += size[c]
		}
		if f.depth&1 == 1 {
			size[i] = max(sum, last+own)
		} else {
			lead[i] = max(0, own-max(0, first))
			size[i] = sum + lead[i]
		}
	}
	base := make([]int64, len(s.fronts))
	for i := len(s.fronts) - 1; i >= 0; i-- {
		f := &s.fronts[i]
		if p.kind[i] == inside {
			continue
		}
		if f.parent < 0 {
			base[i] = p.region
			p.region += size[i]
		}
		p.place[i] = base[i]
		if f.depth&1 == 1 {
			p.place[i] += size[i] - int64(f.blockLen())
		}
		at := base[i] + lead[i]
		for _, c := range s.frontChildren(f) {
			if p.kind[c] != inside {
				base[c] = at
				at += size[c]
			}
		}
	}
}
