package sparse

import (
	"math/rand/v2"
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
		for _, o := range []Orderer{Natural(), Dissect(), shuffled{r}} {
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

// TestDissectOnGrid holds the fill of the general order near that of the geometric one.
func TestDissectOnGrid(t *testing.T) {
	p, _ := nine(random(1), 90, 60, 1)
	a, err := Analyze(t.Context(), p, Grid(90, 60), Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Analyze(t.Context(), p, Dissect(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if q := float64(b.Cost().NNZ) / float64(a.Cost().NNZ); q > 1.8 {
		t.Errorf("%.2f times the fill of the geometric order", q)
	}
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
