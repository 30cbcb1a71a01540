package fdfd

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"weak"

	"github.com/galeproject/gale/solver/sparse"
)

// structure is what all matrices on a box of nx×nz unknowns have in common: unknown iz·nx+ix, coupled to its eight neighbours. Where
// there is a second field its unknowns come behind, coupled to both fields of the node and its neighbours.
type structure struct {
	nx, nz int
	second []int32 // the second field's unknown at a node, −1 for none; nil without any
	rowPtr []int
	col    []int32 // with a second field
	sym    *sparse.Symbolic
	values sync.Pool // *[]complex128, for matrices under assembly
}

// take gives room for the values of a matrix, not cleared.
func (s *structure) take() []complex128 {
	if v, ok := s.values.Get().(*[]complex128); ok {
		return *v
	}
	return make([]complex128, s.entries())
}

// release takes room back, when a factor has its copy.
func (s *structure) release(v []complex128) { s.values.Put(&v) }

// structures shares what kernels of one size have in common. Kernels of a process are made by calls that know nothing of each
// other, as when an engine is sent one function for each frequency; analysing for each would cost time and memory again. It holds
// nothing alive: an entry lasts as long as a kernel uses it, and there are at most mostShapes.
var structures = struct {
	mu   sync.Mutex
	have map[shape]*shared
}{have: map[shape]*shared{}}

const mostShapes = 16

// shape tells structures apart: the box, and a bit for each node that has a second field.
type shape struct {
	nx, nz int
	second string
}

func shapeOf(nx, nz int, second []bool) shape {
	if second == nil {
		return shape{nx: nx, nz: nz}
	}
	bits := make([]byte, (len(second)+7)/8)
	for i, has := range second {
		if has {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return shape{nx, nz, string(bits)}
}

type shared struct {
	mu sync.Mutex // held while analysing, so that others wait instead of doing the same
	p  weak.Pointer[structure]
}

func structureFor(ctx context.Context, nx, nz int, second []bool) (*structure, error) {
	key := shapeOf(nx, nz, second)
	structures.mu.Lock()
	e := structures.have[key]
	if e == nil {
		e = new(shared)
		for k, old := range structures.have {
			if len(structures.have) < mostShapes {
				break
			}
			if old.mu.TryLock() {
				if old.p.Value() == nil {
					delete(structures.have, k)
				}
				old.mu.Unlock()
			}
		}
		if len(structures.have) < mostShapes {
			structures.have[key] = e
		}
	}
	structures.mu.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.p.Value(); s != nil {
		return s, nil
	}
	s, err := analyse(ctx, nx, nz, second)
	if err != nil {
		return nil, fmt.Errorf("fdfd: analysing %d×%d unknowns: %w", nx, nz, err)
	}
	e.p = weak.Make(s)
	return s, nil
}

func analyse(ctx context.Context, nx, nz int, second []bool) (*structure, error) {
	s := &structure{nx: nx, nz: nz}
	rowPtr, col := neighbours(nx, nz)
	nodes, err := sparse.NewPattern(nx*nz, rowPtr, col)
	if err != nil {
		return nil, err
	}
	if s.rowPtr = rowPtr; second == nil {
		s.sym, err = sparse.Analyze(ctx, nodes, sparse.Grid(nx, nz), sparse.Options{})
		return s, err
	}
	s.double(second, nodes)
	both, err := sparse.NewPattern(len(s.rowPtr)-1, s.rowPtr, s.col)
	if err != nil {
		return nil, err
	}
	s.sym, err = sparse.Analyze(ctx, both, twofold{s, nodes}, sparse.Options{})
	return s, err
}

// neighbours is the pattern of nine points.
func neighbours(nx, nz int) (rowPtr []int, col []int32) {
	rowPtr, col = make([]int, 1, nx*nz+1), make([]int32, 0, 9*nx*nz)
	for iz := range nz {
		for ix := range nx {
			for z := max(iz-1, 0); z <= min(iz+1, nz-1); z++ {
				for x := max(ix-1, 0); x <= min(ix+1, nx-1); x++ {
					col = append(col, int32(z*nx+x))
				}
			}
			rowPtr = append(rowPtr, len(col))
		}
	}
	return rowPtr, col
}

// double adds the second field's unknowns to the pattern of nodes.
func (s *structure) double(second []bool, nodes *sparse.Pattern) {
	n := nodes.N()
	s.second = make([]int32, n)
	m := int32(n)
	for i, has := range second {
		if s.second[i] = -1; has {
			s.second[i] = m
			m++
		}
	}
	s.rowPtr, s.col = make([]int, 1, m+1), make([]int32, 0, 18*int(m))
	row := func(i int) {
		s.col = append(s.col, nodes.Row(i)...)
		for _, j := range nodes.Row(i) {
			if q := s.second[j]; q >= 0 {
				s.col = append(s.col, q)
			}
		}
		s.rowPtr = append(s.rowPtr, len(s.col))
	}
	for i := range n {
		row(i)
	}
	for i, has := range second {
		if has {
			row(i)
		}
	}
}

// twofold orders both fields of a node together, nodes as on a grid.
type twofold struct {
	s     *structure
	nodes *sparse.Pattern
}

// Order implements sparse.Orderer.
func (o twofold) Order(*sparse.Pattern) (*sparse.Tree, error) {
	t, err := sparse.Grid(o.s.nx, o.s.nz).Order(o.nodes)
	if err != nil {
		return nil, err
	}
	d := &sparse.Tree{Start: make([]int, 1, len(t.Start)), Vertex: make([]int32, 0, len(o.s.rowPtr)-1)}
	for i := range t.Len() {
		for _, v := range t.Set(i) {
			d.Vertex = append(d.Vertex, v)
			if q := o.s.second[v]; q >= 0 {
				d.Vertex = append(d.Vertex, q)
			}
		}
		d.Start = append(d.Start, len(d.Vertex))
	}
	return d, nil
}

// find is the place of the value that couples unknowns i and j, with a second field.
func (s *structure) find(i, j int) int {
	at, _ := slices.BinarySearch(s.col[s.rowPtr[i]:s.rowPtr[i+1]], int32(j))
	return s.rowPtr[i] + at
}

// entries is the number of values of a matrix, both triangles.
func (s *structure) entries() int { return s.rowPtr[len(s.rowPtr)-1] }
