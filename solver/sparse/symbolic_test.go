package sparse

import (
	"slices"
	"testing"
)

// fill counts the entries of L by eliminating vertices one at a time on a dense pattern.
func fill(p *Pattern, order []int32) int64 {
	n := p.N()
	rank := make([]int, n)
	for k, v := range order {
		rank[v] = k
	}
	m := make([][]bool, n)
	for i := range m {
		m[i] = make([]bool, n)
	}
	for i := range n {
		for _, j := range p.Row(i) {
			m[rank[i]][rank[j]] = true
		}
	}
	count := int64(0)
	for k := range n {
		for i := k; i < n; i++ {
			if !m[i][k] {
				continue
			}
			count++
			for j := k + 1; j < n; j++ {
				m[i][j] = m[i][j] || i > k && m[j][k]
			}
		}
	}
	return count
}

func TestFillIsTheEliminationTrees(t *testing.T) {
	r := random(2)
	for range 10 {
		p, _ := graph(r, 60, 3, 1)
		s, err := Analyze(t.Context(), p, Natural(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if want := fill(p, s.inv); s.Cost().NNZ != want {
			t.Errorf("%d entries in L, elimination gives %d", s.Cost().NNZ, want)
		}
	}
}

// TestGridFill holds the sizes of the order that the solver is known by.
func TestGridFill(t *testing.T) {
	p, _ := nine(random(1), 200, 100, 1)
	s, err := Analyze(t.Context(), p, Grid(200, 100), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c := s.Cost(); c.Fronts != 4185 || c.LargestFront != 249 || c.NNZ < 680_000 || c.NNZ > 700_000 {
		t.Errorf("%+v", c)
	}
}

// TestMemory holds what a factor of a usual model takes: 941×301 cells of 10 m with 15 absorbing ones at each side.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("analyzes 321,401 unknowns")
	}
	p, _ := nine(random(1), 971, 331, 1)
	s, err := Analyze(t.Context(), p, Grid(971, 331), Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if b := s.Cost().Factor; b > 300e6 {
		t.Errorf("a factor takes %d bytes, want at most 300·10⁶", b)
	}
	if b := s.CostWith(FactorOptions{Threads: 1, Single: true}).Factor; b > 165e6 {
		t.Errorf("a factor in single precision takes %d bytes, want at most 165·10⁶", b)
	}
}

func TestFrontsAreATree(t *testing.T) {
	p, _ := nine(random(1), 33, 21, 1)
	s, err := Analyze(t.Context(), p, Grid(33, 21), Options{})
	if err != nil {
		t.Fatal(err)
	}
	next := int32(0)
	for i := range s.fronts {
		f := &s.fronts[i]
		if f.first != next || f.npiv < 1 {
			t.Fatalf("front %d: pivots %d+%d, want from %d", i, f.first, f.npiv, next)
		}
		next += f.npiv
		rows := s.frontRows(f)
		if !slices.IsSorted(rows) || len(rows) > 0 && rows[0] < next {
			t.Errorf("front %d: rows %v", i, rows)
		}
		for _, c := range s.frontChildren(f) {
			n := int32(0)
			for _, r := range s.frontRuns(&s.fronts[c]) {
				n += r.N
			}
			if s.fronts[c].parent != int32(i) || int(c) >= i || int(n) != s.fronts[c].ncb() {
				t.Errorf("front %d: child %d of %d, runs of %d rows", i, c, s.fronts[c].parent, n)
			}
		}
	}
}

// TestPlanPlaces checks that blocks alive at once never share memory, whatever order the tasks run in.
func TestPlanPlaces(t *testing.T) {
	r := random(4)
	for trial := range 30 {
		p, _ := graph(r, 200, 3, 1)
		o := Dissect()
		switch trial % 3 {
		case 0:
			p, _ = nine(r, 30, 20+trial, 1)
		case 1:
			o = shuffled{r}
		}
		s, err := Analyze(t.Context(), p, o, Options{})
		if err != nil {
			t.Fatal(err)
		}
		pl := s.plan(2 + trial%3)
		span := func(i int32) (a, b int64) { return pl.place[i], pl.place[i] + int64(s.fronts[i].blockLen()) }
		apart := func(i, j int32) {
			a, b := span(i)
			c, d := span(j)
			if a < d && c < b {
				t.Fatalf("trial %d: blocks of fronts %d and %d overlap: %d..%d and %d..%d", trial, i, j, a, b, c, d)
			}
		}
		for i := range int32(len(s.fronts)) {
			if pl.kind[i] == inside {
				continue
			}
			if a, b := span(i); a < 0 || b > pl.region {
				t.Fatalf("block %d..%d in a region of %d", a, b, pl.region)
			}
			for j := range i {
				if pl.kind[j] == inside {
					continue
				}
				// Only a front and what lies below its children are never alive together.
				if q := s.fronts[j].parent; q == i || !s.isAncestor(i, j) {
					apart(i, j)
				}
			}
		}
	}
}

// isAncestor: is i above j?
func (s *Symbolic) isAncestor(i, j int32) bool { return s.fronts[i].start <= j && j < i }
