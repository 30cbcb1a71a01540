package sparse

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// graph is a random symmetric pattern with about degree entries a row and values to go with it.
func graph(r *rand.Rand, n, degree int, shift complex128) (*Pattern, []complex128) {
	rows := make([]map[int32]complex128, n)
	for i := range rows {
		rows[i] = map[int32]complex128{int32(i): shift}
	}
	for range n * degree / 2 {
		i, j := r.IntN(n), r.IntN(n)
		if i != j {
			a := complex(r.NormFloat64(), r.NormFloat64())
			rows[i][int32(j)], rows[j][int32(i)] = a, a
		}
	}
	rowPtr := make([]int, 1, n+1)
	var col []int32
	var val []complex128
	for i := range rows {
		for j := range int32(n) {
			if a, ok := rows[i][j]; ok {
				col, val = append(col, j), append(val, a)
			}
		}
		rowPtr = append(rowPtr, len(col))
	}
	p, err := NewPattern(n, rowPtr, col)
	if err != nil {
		panic(err)
	}
	return p, val
}

func TestOrdersCoverGraphs(t *testing.T) {
	r := random(3)
	for trial := range 40 {
		p, val := graph(r, 1+r.IntN(90), r.IntN(5), 30)
		for _, o := range []Orderer{Natural(), Dissect(), MinDegree(), shuffled{r}} {
			f := solver(t, p, val, o, FactorOptions{Threads: 1 + trial%3, Refine: raw})
			b := randomColumns(r, p.N(), 3)
			x := clone(b)
			if err := f.Solve(t.Context(), x); err != nil {
				t.Fatal(err)
			}
			if e := distance(x, gauss(p, val, b)); !(e < 1e-12) {
				t.Errorf("trial %d, %T: error %.1e", trial, o, e)
			}
		}
	}
}

// shuffled is a random partition in random order.
type shuffled struct{ r *rand.Rand }

func (s shuffled) Order(p *Pattern) (*Tree, error) {
	t := &Tree{Start: []int{0}}
	for _, v := range s.r.Perm(p.N()) {
		t.Vertex = append(t.Vertex, int32(v))
	}
	for at := 0; at < p.N(); {
		at = min(p.N(), at+1+s.r.IntN(9))
		t.Start = append(t.Start, at)
	}
	return t, nil
}

// TestGeneralOrdersOnGrid holds the fill of the general orders near that of the geometric one.
func TestGeneralOrdersOnGrid(t *testing.T) {
	p, _ := nine(random(1), 90, 60, 1)
	nnz := func(o Orderer) float64 {
		s, err := Analyze(t.Context(), p, o, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return float64(s.Cost().NNZ)
	}
	grid := nnz(Grid(90, 60))
	for _, c := range []struct {
		o    Orderer
		most float64
	}{{Dissect(), 1.8}, {MinDegree(), 1.25}} {
		if q := nnz(c.o) / grid; q > c.most {
			t.Errorf("%T: %.2f times the fill of the geometric order", c.o, q)
		}
	}
}

// TestMinDegreeIsExactOnTrees: a tree fills nothing, and a star's hub comes last.
func TestMinDegreeIsExactOnTrees(t *testing.T) {
	r := random(6)
	for _, n := range []int{1, 2, 7, 300, 3000} {
		edges := make([][2]int32, n-1)
		for i := range edges {
			edges[i] = [2]int32{int32(i + 1), int32(r.IntN(i + 1))}
			if n == 3000 { // a star
				edges[i][1] = 0
			}
		}
		p := fromEdges(t, n, edges)
		tree, err := MinDegree().Order(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.check(n); err != nil {
			t.Fatal(err)
		}
		one := &Tree{Vertex: tree.Vertex, Start: make([]int, n+1)}
		for i := range one.Start {
			one.Start[i] = i
		}
		s, err := Analyze(t.Context(), p, fixed{one}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Cost().NNZ; got != int64(2*n-1) {
			t.Errorf("%d vertices: %d entries in L, want %d", n, got, 2*n-1)
		}
	}
}

func fromEdges(t *testing.T, n int, edges [][2]int32) *Pattern {
	t.Helper()
	rows := make([][]int32, n)
	for i := range rows {
		rows[i] = []int32{int32(i)}
	}
	for _, e := range edges {
		rows[e[0]], rows[e[1]] = append(rows[e[0]], e[1]), append(rows[e[1]], e[0])
	}
	rowPtr, col := make([]int, 1, n+1), []int32(nil)
	for _, row := range rows {
		slices.Sort(row)
		col = append(col, row...)
		rowPtr = append(rowPtr, len(col))
	}
	p, err := NewPattern(n, rowPtr, col)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

type fixed struct{ t *Tree }

func (f fixed) Order(*Pattern) (*Tree, error) { return f.t, nil }

func TestAnalyzeRefusesBadOrders(t *testing.T) {
	p, _ := nine(random(1), 3, 2, 1)
	for name, tree := range map[string]*Tree{
		"nil":       nil,
		"empty":     {},
		"short":     {[]int{0, 5}, []int32{0, 1, 2, 3, 4}},
		"twice":     {[]int{0, 6}, []int32{0, 1, 2, 3, 4, 4}},
		"outside":   {[]int{0, 6}, []int32{0, 1, 2, 3, 4, 6}},
		"negative":  {[]int{0, 6}, []int32{0, 1, 2, 3, 4, -1}},
		"empty set": {[]int{0, 3, 3, 6}, []int32{0, 1, 2, 3, 4, 5}},
		"backwards": {[]int{0, 4, 3, 6}, []int32{0, 1, 2, 3, 4, 5}},
		"long":      {[]int{0, 7, 6}, []int32{0, 1, 2, 3, 4, 5}},
	} {
		if _, err := Analyze(t.Context(), p, fixed{tree}, Options{}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for _, g := range [][2]int{{3, 3}, {2, 2}, {0, 6}, {6, 0}, {-3, -2}, {2, 3}, {1 << 62, 4}} {
		if _, err := Analyze(t.Context(), p, Grid(g[0], g[1]), Options{}); err == nil && g != [2]int{2, 3} {
			t.Errorf("grid %v: taken", g)
		}
	}
	if _, err := Analyze(t.Context(), nil, Natural(), Options{}); err == nil {
		t.Error("no pattern: taken")
	}
	if _, err := Analyze(t.Context(), p, nil, Options{}); err == nil {
		t.Error("no order: taken")
	}
}

func TestGridWantsNeighbours(t *testing.T) {
	p, _ := graph(random(5), 100, 4, 1)
	if _, err := Analyze(t.Context(), p, Grid(10, 10), Options{}); err == nil {
		t.Error("a graph with long edges is taken for a grid")
	}
}
