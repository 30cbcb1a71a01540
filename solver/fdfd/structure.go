package fdfd

import (
	"context"
	"fmt"
	"sync"
	"weak"

	"github.com/galeproject/gale/solver/sparse"
)

// structure is what all matrices on a box of nx×nz unknowns have in common: unknown iz·nx+ix, coupled to its eight neighbours.
type structure struct {
	nx, nz int
	rowPtr []int
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
	have map[[2]int]*shared
}{have: map[[2]int]*shared{}}

const mostShapes = 16

type shared struct {
	mu sync.Mutex // held while analysing, so that others wait instead of doing the same
	p  weak.Pointer[structure]
}

func structureFor(ctx context.Context, nx, nz int) (*structure, error) {
	key := [2]int{nx, nz}
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
	s, err := analyse(ctx, nx, nz)
	if err != nil {
		return nil, err
	}
	e.p = weak.Make(s)
	return s, nil
}

func analyse(ctx context.Context, nx, nz int) (*structure, error) {
	s := &structure{nx: nx, nz: nz, rowPtr: make([]int, 1, nx*nz+1)}
	col := make([]int32, 0, 9*nx*nz)
	for iz := range nz {
		for ix := range nx {
			for z := max(iz-1, 0); z <= min(iz+1, nz-1); z++ {
				for x := max(ix-1, 0); x <= min(ix+1, nx-1); x++ {
					col = append(col, int32(z*nx+x))
				}
			}
			s.rowPtr = append(s.rowPtr, len(col))
		}
	}
	p, err := sparse.NewPattern(nx*nz, s.rowPtr, col)
	if err != nil {
		return nil, fmt.Errorf("fdfd: analysing %d×%d unknowns: %w", nx, nz, err)
	}
	if s.sym, err = sparse.Analyze(ctx, p, sparse.Grid(nx, nz), sparse.Options{}); err != nil {
		return nil, fmt.Errorf("fdfd: analysing %d×%d unknowns: %w", nx, nz, err)
	}
	return s, nil
}

// entries is the number of values of a matrix, both triangles.
func (s *structure) entries() int { return s.rowPtr[len(s.rowPtr)-1] }
