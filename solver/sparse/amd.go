package sparse

import (
	"cmp"
	"math"
	"slices"
)

// MinDegree orders any pattern by approximate minimum degree: the vertex that has about the fewest neighbours left is
// eliminated next. It fills less than Dissect on most graphs that are not grids; for a full grid Grid is better.
//
// Literature: Amestoy, Davis and Duff 1996 (approximate degrees, supervariables, element absorption).
func MinDegree() Orderer { return minDegree{} }

type minDegree struct{}

func (minDegree) Order(p *Pattern) (*Tree, error) {
	q := newQuotient(p)
	for q.left > 0 {
		q.eliminate(q.least())
	}
	return q.tree(), nil
}

// A quotient is the graph of what is not eliminated yet. A variable stands for vertices that have become
// indistinguishable; an element is an eliminated variable and stands for the clique that its elimination made of its
// neighbours. Numbers of both are those of one of their vertices.
type quotient struct {
	weight   []int32   // vertices of a variable; 0 when it is part of another or eliminated
	near     [][]int32 // variable → variables, except through elements
	elements [][]int32 // variable → elements
	clique   [][]int32 // element → variables
	size     []int32   // element → weight of its clique; −1 when it was absorbed
	degree   []int32   // variable → bound of the weight of its neighbours
	head     []int32   // degree → first variable of a list
	next     []int32
	last     []int32 // the one before in the list
	low      int32   // no list below it has a variable
	left     int32   // vertices not eliminated

	mark    []int32 // equal to stamp: in the clique at work
	outside []int32 // element → offset + weight of its clique outside the one at work
	hash    []uint32
	stamp   int32
	offset  int32
	most    int32 // largest size among those in outside

	with, end []int32 // vertices that are one variable, in a list; its last vertex
	sets      []set
	place     []int32 // element → its set
	dense     []int32 // vertices with so many neighbours that they only come last
}

const none = -1

func newQuotient(p *Pattern) *quotient {
	n := p.N()
	ints := func() []int32 { return make([]int32, n) }
	q := &quotient{
		weight: ints(), size: ints(), degree: ints(), head: make([]int32, n+1), next: ints(), last: ints(), mark: ints(),
		outside: ints(), with: ints(), end: ints(), place: ints(),
		near: make([][]int32, n), elements: make([][]int32, n), clique: make([][]int32, n), hash: make([]uint32, n),
	}
	for i := range q.head {
		q.head[i] = none
	}
	most := int(max(16, 10*math.Sqrt(float64(n))))
	for i := range int32(n) {
		q.weight[i], q.with[i], q.end[i] = 1, none, i
		if len(p.Row(int(i))) > most {
			q.weight[i] = 0
			q.dense = append(q.dense, i)
		}
	}
	slab := make([]int32, 0, p.NNZ())
	for i := range int32(n) {
		if q.weight[i] == 0 {
			continue
		}
		from := len(slab)
		for _, j := range p.Row(int(i)) {
			if j != i && q.weight[j] > 0 {
				slab = append(slab, j)
			}
		}
		q.near[i] = slab[from:len(slab):len(slab)]
		q.degree[i] = int32(len(q.near[i]))
		q.insert(i)
		q.left++
	}
	return q
}

func (q *quotient) insert(i int32) {
	d := q.degree[i]
	q.next[i], q.last[i] = q.head[d], none
	if q.head[d] != none {
		q.last[q.head[d]] = i
	}
	q.head[d] = i
	q.low = min(q.low, d)
}

func (q *quotient) remove(i int32) {
	if q.last[i] != none {
		q.next[q.last[i]] = q.next[i]
	} else {
		q.head[q.degree[i]] = q.next[i]
	}
	if q.next[i] != none {
		q.last[q.next[i]] = q.last[i]
	}
}

// least takes a variable of least degree out of its list.
func (q *quotient) least() int32 {
	for q.head[q.low] == none {
		q.low++
	}
	p := q.head[q.low]
	q.remove(p)
	return p
}

// eliminate makes variable p an element.
func (q *quotient) eliminate(p int32) {
	lp, around := q.neighbours(p)
	q.measure(lp)
	for _, i := range lp {
		if q.update(p, i, around) {
			around -= q.weight[i]
			q.join(p, i)
		}
	}
	q.unite(lp)
	q.left -= q.weight[p]
	kept, below := lp[:0], int32(0)
	for _, i := range lp {
		if q.weight[i] > 0 {
			kept = append(kept, i)
			below += q.weight[i]
			q.degree[i] = max(0, min(q.degree[i], q.left-q.weight[i]))
			q.insert(i)
		}
	}
	q.clique[p], q.size[p] = kept, below
	q.near[p], q.elements[p] = nil, nil
	q.place[p] = int32(len(q.sets))
	q.sets = append(q.sets, set{vertex: p, pivots: int(q.weight[p]), below: int(below), parent: none})
	q.weight[p] = 0
}

// neighbours gathers the clique that p makes, and absorbs the elements that are part of it.
func (q *quotient) neighbours(p int32) (lp []int32, weight int32) {
	q.stamp++
	q.mark[p] = q.stamp
	add := func(vs []int32) {
		for _, v := range vs {
			if q.weight[v] > 0 && q.mark[v] != q.stamp {
				q.mark[v] = q.stamp
				lp = append(lp, v)
				weight += q.weight[v]
				q.remove(v)
			}
		}
	}
	add(q.near[p])
	for _, e := range q.elements[p] {
		add(q.clique[e])
		q.absorb(e, p)
	}
	return lp, weight
}

// absorb makes element e a part of p, which is its parent in the elimination tree.
func (q *quotient) absorb(e, p int32) {
	if q.size[e] >= 0 {
		q.size[e], q.clique[e] = none, nil
		q.sets[q.place[e]].parent = p
	}
}

// measure finds the weight of each element's clique outside the one at work.
func (q *quotient) measure(lp []int32) {
	q.offset += q.most + 1 // above all that was written before
	q.most = 0
	if q.offset > math.MaxInt32/2 {
		clear(q.outside)
		q.offset = 1
	}
	for _, i := range lp {
		for _, e := range q.elements[i] {
			switch {
			case q.size[e] < 0:
			case q.outside[e] >= q.offset:
				q.outside[e] -= q.weight[i]
			default:
				q.outside[e] = q.offset + q.size[e] - q.weight[i]
				q.most = max(q.most, q.size[e])
			}
		}
	}
}

// update takes what the clique of p covers out of the lists of variable i and bounds its degree anew. It tells whether
// nothing is left: then i may be eliminated with p.
func (q *quotient) update(p, i, around int32) (alone bool) {
	degree, hash := around-q.weight[i], uint32(0)
	elements := q.elements[i][:0]
	for _, e := range q.elements[i] {
		switch {
		case q.size[e] < 0:
		case q.outside[e] == q.offset: // wholly in the clique of p
			q.absorb(e, p)
		default:
			degree += q.outside[e] - q.offset
			hash += uint32(e)
			elements = append(elements, e)
		}
	}
	near := q.near[i][:0]
	for _, v := range q.near[i] {
		if q.weight[v] > 0 && q.mark[v] != q.stamp {
			degree += q.weight[v]
			hash += uint32(v)
			near = append(near, v)
		}
	}
	q.near[i], q.elements[i] = near, append(elements, p)
	q.hash[i] = hash
	q.degree[i] = min(q.degree[i]+around-q.weight[i], degree)
	return len(elements) == 0 && len(near) == 0
}

// join makes variable i part of variable p.
func (q *quotient) join(p, i int32) {
	q.weight[p] += q.weight[i]
	q.weight[i] = 0
	q.with[q.end[p]], q.end[p] = i, q.end[i]
	q.near[i], q.elements[i] = nil, nil
}

// unite joins variables that have the same neighbours.
func (q *quotient) unite(lp []int32) {
	slices.SortFunc(lp, func(i, j int32) int { return cmp.Or(cmp.Compare(q.hash[i], q.hash[j]), cmp.Compare(i, j)) })
	for a, i := range lp {
		if q.weight[i] == 0 {
			continue
		}
		marked := false
		for _, j := range lp[a+1:] {
			if q.hash[j] != q.hash[i] {
				break
			}
			if q.weight[j] == 0 || len(q.near[i]) != len(q.near[j]) || len(q.elements[i]) != len(q.elements[j]) {
				continue
			}
			if !marked {
				marked = true
				q.stamp++
				q.stampAll(q.near[i])
				q.stampAll(q.elements[i])
			}
			if q.stamped(q.near[j]) && q.stamped(q.elements[j]) {
				q.degree[i] -= q.weight[j]
				q.join(i, j)
			}
		}
	}
}

func (q *quotient) stampAll(vs []int32) {
	for _, v := range vs {
		q.mark[v] = q.stamp
	}
}

func (q *quotient) stamped(vs []int32) bool {
	for _, v := range vs {
		if q.mark[v] != q.stamp {
			return false
		}
	}
	return true
}

// tree lists the sets, those that belong together made one, and the dense vertices.
func (q *quotient) tree() *Tree {
	for i := range q.sets {
		if p := q.sets[i].parent; p != none {
			q.sets[i].parent = q.place[p]
		}
	}
	groups := amalgamate(q.sets)
	t := &Tree{Start: make([]int, 1, len(q.sets)+2), Vertex: make([]int32, 0, len(q.weight))}
	for _, group := range groups {
		for _, i := range group {
			for v := q.sets[i].vertex; v != none; v = q.with[v] {
				t.Vertex = append(t.Vertex, v)
			}
		}
		t.Start = append(t.Start, len(t.Vertex))
	}
	if len(q.dense) > 0 {
		t.Vertex = append(t.Vertex, q.dense...)
		t.Start = append(t.Start, len(t.Vertex))
	}
	return t
}
