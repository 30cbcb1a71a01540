package sparse

import "slices"

// Dissect orders any pattern by nested dissection on its graph alone: a part is cut at the middle level of a breadth
// first search from a vertex at its rim. For masked grids and odd shapes; a full grid is better ordered by Grid.
func Dissect() Orderer { return dissection{} }

type dissection struct{}

func (dissection) Order(p *Pattern) (*Tree, error) {
	g := &levels{p: p, part: make([]int32, p.N()), level: make([]int32, p.N())}
	all := make([]int32, p.N())
	for i := range all {
		all[i] = int32(i)
	}
	g.cut(all)
	t := &Tree{Start: make([]int, 1, len(g.sets)+1), Vertex: make([]int32, 0, p.N())}
	for _, set := range slices.Backward(g.sets) {
		t.Vertex = append(t.Vertex, set...)
		t.Start = append(t.Start, len(t.Vertex))
	}
	return t, nil
}

// levels cuts parts of the graph. Sets are found from the root of the tree to its leaves.
type levels struct {
	p     *Pattern
	part  []int32 // number of the part that a vertex is in
	level []int32
	parts int32
	sets  [][]int32
	queue []int32
}

// cut works off parts that are still to be cut, with a stack of its own: a path of n vertices has n parts.
func (g *levels) cut(all []int32) {
	for todo := [][]int32{all}; len(todo) > 0; {
		part := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if len(part) <= leaf {
			g.sets = append(g.sets, part)
			continue
		}
		g.parts++
		for _, v := range part {
			g.part[v] = g.parts
		}
		first := slices.Clone(g.search(part[0]))
		if len(first) < len(part) { // not connected
			g.parts++
			for _, v := range first {
				g.part[v] = g.parts
			}
			rest := make([]int32, 0, len(part)-len(first))
			for _, v := range part {
				if g.part[v] != g.parts {
					rest = append(rest, v)
				}
			}
			todo = append(todo, first, rest)
			continue
		}
		deepest := first[len(first)-1]
		for range 3 { // towards the rim
			depth := g.level[deepest]
			order := g.search(deepest)
			deepest = order[len(order)-1]
			if g.level[deepest] <= depth {
				break
			}
		}
		todo = append(todo, g.halves()...)
	}
}

// search visits the part of v breadth first; the result lives until the next one.
func (g *levels) search(v int32) []int32 {
	part := g.part[v]
	g.parts++
	g.part[v], g.level[v] = g.parts, 0
	q := append(g.queue[:0], v)
	for i := 0; i < len(q); i++ {
		for _, j := range g.p.Row(int(q[i])) {
			if g.part[j] == part {
				g.part[j], g.level[j] = g.parts, g.level[q[i]]+1
				q = append(q, j)
			}
		}
	}
	g.queue = q
	return q
}

// halves takes the middle level of the last search as a set and gives the parts before and behind it.
func (g *levels) halves() [][]int32 {
	q := g.queue
	last := g.level[q[len(q)-1]]
	if last < 2 { // no vertex apart from another
		g.sets = append(g.sets, slices.Clone(q))
		return nil
	}
	m := min(max(g.level[q[len(q)/2]], 1), last-1)
	a, _ := slices.BinarySearchFunc(q, m, func(v, m int32) int { return int(g.level[v] - m) })
	b, _ := slices.BinarySearchFunc(q, m+1, func(v, m int32) int { return int(g.level[v] - m) })
	g.sets = append(g.sets, slices.Clone(q[a:b]))
	return [][]int32{slices.Clone(q[:a]), slices.Clone(q[b:])}
}
