package sparse

import (
	"errors"
	"fmt"
)

// A Tree is an elimination order by sets of vertices: set i holds Vertex[Start[i]:Start[i+1]], eliminated after the
// sets before it. Each vertex is in exactly one set. Which set is the parent of which follows from the graph, so
// any partition in any order is valid; a good one fills less.
type Tree struct {
	Start  []int
	Vertex []int32
}

// Len is the number of sets.
func (t *Tree) Len() int { return max(0, len(t.Start)-1) }

// Set gives the vertices of set i.
func (t *Tree) Set(i int) []int32 { return t.Vertex[t.Start[i]:t.Start[i+1]] }

func (t *Tree) check(n int) error {
	if t == nil || len(t.Start) < 2 {
		return errors.New("the order is empty")
	}
	if len(t.Vertex) != n {
		return fmt.Errorf("the order has %d vertices, the pattern %d", len(t.Vertex), n)
	}
	if t.Start[0] != 0 || t.Start[t.Len()] != n {
		return fmt.Errorf("sets run from %d to %d, want 0 to %d", t.Start[0], t.Start[t.Len()], n)
	}
	for i := range t.Len() {
		if t.Start[i+1] <= t.Start[i] || t.Start[i+1] > n {
			return fmt.Errorf("set %d is empty", i)
		}
	}
	seen := make([]bool, n)
	for _, v := range t.Vertex {
		if v < 0 || int(v) >= n || seen[v] {
			return fmt.Errorf("vertex %d is outside or twice in the order", v)
		}
		seen[v] = true
	}
	return nil
}

// An Orderer chooses the order in which the vertices of a pattern are eliminated.
type Orderer interface {
	Order(p *Pattern) (*Tree, error)
}

// Natural eliminates vertices one by one in their own order: for small matrices and tests.
func Natural() Orderer { return natural{} }

type natural struct{}

func (natural) Order(p *Pattern) (*Tree, error) {
	t := &Tree{Start: make([]int, p.N()+1), Vertex: make([]int32, p.N())}
	for i := range t.Vertex {
		t.Vertex[i] = int32(i)
		t.Start[i+1] = i + 1
	}
	return t, nil
}
