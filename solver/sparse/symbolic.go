package sparse

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// Options of Analyze.
type Options struct {
	// Threads that later factorizations are expected to use, for Cost; 0 means GOMAXPROCS.
	Threads int
	// Limit in bytes for one factorization; Analyze refuses a matrix that needs more. 0 means no limit.
	Limit int64
}

// A Symbolic is what all matrices of one pattern share: order, structure of the factor, maps. It is immutable.
type Symbolic struct {
	pattern *Pattern
	threads int
	perm    []int32 // vertex → number in elimination order
	inv     []int32 // and back
	owner   []int32 // number → front
	fronts  []front
	rows    []int32 // row structures of all fronts, in elimination numbers
	runs    []run
	child   []int32
	pieces  []piece
	entry   []uint32 // where a kept value goes: offset in the panel of its front
	half    []uint32 // entry of the pattern → kept value: a value and its mirror are one
	panels  int64    // elements
	nnz     int64
	flops   float64
	largest int
	maxCB   int
	maxPiv  int
	cost    Cost

	spaces  sync.Pool    // of *block: memory that solves have finished with
	paths   [2]sync.Pool // of *path, by precision
	benches [2]sync.Pool // of *bench: memory that factorizations have finished with
}

// A front is a set of pivots that are eliminated together. Local row numbers are 0..npiv for pivots, then npiv.. for
// the rows of the contribution block.
type front struct {
	first, npiv    int32 // pivots in elimination order
	parent         int32 // −1 at a root
	depth          int32
	start          int32 // first front of the subtree
	runsPiv        int32 // runs that fall on the parent's pivots
	rows, rowsEnd  int
	runs, runsEnd  int
	child, childNd int
	entry, entryNd int
	panel          int64 // offset among the panels
	flops, subtree float64
}

// A run is a piece of a child's rows that are neighbours in the parent: contribution rows Src.. go to local rows Dst...
type run = kern.Run

func (f *front) ncb() int  { return f.rowsEnd - f.rows }
func (f *front) size() int { return int(f.npiv) + f.ncb() }

func (s *Symbolic) frontRows(f *front) []int32     { return s.rows[f.rows:f.rowsEnd] }
func (s *Symbolic) frontRuns(f *front) []run       { return s.runs[f.runs:f.runsEnd] }
func (s *Symbolic) frontChildren(f *front) []int32 { return s.child[f.child:f.childNd] }

// Analyze orders the pattern and finds the structure of its factor.
func Analyze(ctx context.Context, p *Pattern, o Orderer, opt Options) (*Symbolic, error) {
	s, err := analyze(ctx, p, o, opt)
	if err != nil {
		return nil, fmt.Errorf("sparse: analyze: %w", err)
	}
	if opt.Limit > 0 && s.cost.Peak > opt.Limit {
		return nil, &LimitError{fmt.Sprintf("factoring %d unknowns", s.N()), s.cost.Peak, opt.Limit}
	}
	return s, nil
}

func analyze(ctx context.Context, p *Pattern, o Orderer, opt Options) (*Symbolic, error) {
	if p == nil || o == nil {
		return nil, fmt.Errorf("no pattern or no order")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t, err := o.Order(p)
	if err != nil {
		return nil, err
	}
	if err := t.check(p.N()); err != nil {
		return nil, err
	}
	d := dissect(p, t)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &Symbolic{pattern: p, threads: threads(opt.Threads)}
	s.number(t, d)
	s.cutPieces()
	if err := s.layout(); err != nil {
		return nil, err
	}
	s.cost = s.costOf(s.threads, false)
	return s, nil
}

func threads(n int) int {
	if n < 1 {
		n = runtime.GOMAXPROCS(0)
	}
	return min(n, 64)
}

// N is the number of unknowns.
func (s *Symbolic) N() int { return len(s.perm) }

// Pattern is the pattern that was analyzed.
func (s *Symbolic) Pattern() *Pattern { return s.pattern }

// structure is the elimination tree of the sets of an order, in the order's own numbers.
type structure struct {
	perm   []int32   // vertex → place in the order
	rows   [][]int32 // rows of each set below its pivots, ascending
	parent []int32
}

// dissect finds the rows of each set: neighbours of its pivots and rows of its children that are numbered behind
// its last pivot. The set that owns the first of them is the parent.
func dissect(p *Pattern, t *Tree) *structure {
	n, m := p.N(), t.Len()
	d := &structure{perm: make([]int32, n), rows: make([][]int32, m), parent: make([]int32, m)}
	owner := make([]int32, n)
	for i := range m {
		for k := t.Start[i]; k < t.Start[i+1]; k++ {
			d.perm[t.Vertex[k]] = int32(k)
			owner[k] = int32(i)
		}
	}
	mark := make([]int32, n)
	head, next := make([]int32, m), make([]int32, m) // lists of children; 0 ends, numbers are shifted by one
	var buf, slab []int32
	for i := range m {
		tag, last := int32(i+1), int32(t.Start[i+1])
		buf = buf[:0]
		take := func(k int32) {
			if k >= last && mark[k] != tag {
				mark[k] = tag
				buf = append(buf, k)
			}
		}
		for _, v := range t.Set(i) {
			for _, j := range p.Row(int(v)) {
				take(d.perm[j])
			}
		}
		for c := head[i]; c != 0; c = next[c-1] {
			for _, k := range d.rows[c-1] {
				take(k)
			}
		}
		slices.Sort(buf)
		if len(buf) > cap(slab)-len(slab) {
			slab = make([]int32, 0, max(1<<16, len(buf)))
		}
		from := len(slab)
		slab = append(slab, buf...)
		d.rows[i] = slab[from:len(slab):len(slab)]
		d.parent[i] = -1
		if len(buf) > 0 {
			q := owner[buf[0]]
			d.parent[i] = q
			next[i], head[q] = head[q], tag
		}
	}
	return d
}

// postorder lists the sets children first, each subtree in one piece, children in their own order.
func (d *structure) postorder() []int32 {
	m := len(d.parent)
	head, next := make([]int32, m), make([]int32, m)
	roots := int32(0)
	for i := m - 1; i >= 0; i-- { // ends with the smallest child in front
		if q := d.parent[i]; q >= 0 {
			next[i], head[q] = head[q], int32(i+1)
		} else {
			next[i], roots = roots, int32(i+1)
		}
	}
	order := make([]int32, 0, m)
	var stack []int32
	for r := roots; r != 0; r = next[r-1] {
		stack = append(stack, r)
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			if c := head[i-1]; c != 0 {
				head[i-1] = next[c-1]
				stack = append(stack, c)
				continue
			}
			stack = stack[:len(stack)-1]
			order = append(order, i-1)
		}
	}
	return order
}

// number gives fronts and vertices their final numbers.
func (s *Symbolic) number(t *Tree, d *structure) {
	n, order := len(d.perm), d.postorder()
	m := len(order)
	s.fronts = make([]front, m)
	s.perm, s.inv, s.owner = make([]int32, n), make([]int32, n), make([]int32, n)
	newID, final := make([]int32, m), make([]int32, n) // place in the order → final number
	k, total := int32(0), 0
	for i, o := range order {
		newID[o] = int32(i)
		f := &s.fronts[i]
		f.first, f.npiv = k, int32(t.Start[o+1]-t.Start[o])
		for q := t.Start[o]; q < t.Start[o+1]; q++ {
			v := t.Vertex[q]
			final[q], s.perm[v], s.inv[k], s.owner[k] = k, k, v, int32(i)
			k++
		}
		total += len(d.rows[o])
	}
	s.rows = make([]int32, 0, total)
	counts := make([]int, m+1)
	for i, o := range order {
		f := &s.fronts[i]
		f.rows = len(s.rows)
		for _, q := range d.rows[o] {
			s.rows = append(s.rows, final[q])
		}
		f.rowsEnd = len(s.rows)
		slices.Sort(s.rows[f.rows:])
		f.parent = -1
		if q := d.parent[o]; q >= 0 {
			f.parent = newID[q]
			counts[f.parent+1]++
		}
	}
	s.family(counts)
}

// family fills children, first fronts of subtrees and depths.
func (s *Symbolic) family(counts []int) {
	m := len(s.fronts)
	for i := range m {
		counts[i+1] += counts[i]
		s.fronts[i].child, s.fronts[i].childNd = counts[i], counts[i]
		s.fronts[i].start = int32(i)
	}
	s.child = make([]int32, counts[m])
	for i := range s.fronts {
		f := &s.fronts[i]
		if f.parent >= 0 {
			q := &s.fronts[f.parent]
			s.child[q.childNd] = int32(i)
			q.childNd++
			q.start = min(q.start, f.start)
		}
	}
	for i := m - 1; i >= 0; i-- {
		if q := s.fronts[i].parent; q >= 0 {
			s.fronts[i].depth = s.fronts[q].depth + 1
		}
	}
}
