package sparse

import (
	"fmt"
	"math"
)

// Pattern is the structure of a symmetric matrix in compressed rows with both triangles: the columns of row i are
// Col[RowPtr[i]:RowPtr[i+1]], ascending, the diagonal among them. Make it with NewPattern and leave it unchanged.
type Pattern struct {
	RowPtr []int
	Col    []int32
}

// NewPattern checks a structure of n rows and takes the slices without a copy. An error names the first bad row.
func NewPattern(n int, rowPtr []int, col []int32) (*Pattern, error) {
	p := &Pattern{RowPtr: rowPtr, Col: col}
	if err := p.check(n); err != nil {
		return nil, fmt.Errorf("sparse: pattern of %d rows: %w", n, err)
	}
	return p, nil
}

// N is the number of rows.
func (p *Pattern) N() int { return len(p.RowPtr) - 1 }

// NNZ is the number of entries of both triangles.
func (p *Pattern) NNZ() int { return len(p.Col) }

// Row gives the columns of row i, ascending; not to be changed.
func (p *Pattern) Row(i int) []int32 { return p.Col[p.RowPtr[i]:p.RowPtr[i+1]] }

func (p *Pattern) check(n int) error {
	switch {
	case n < 1 || n > math.MaxInt32:
		return fmt.Errorf("the number of rows must be 1 to %d", math.MaxInt32)
	case len(p.RowPtr) != n+1:
		return fmt.Errorf("%d row pointers, want %d", len(p.RowPtr), n+1)
	case p.RowPtr[0] != 0 || p.RowPtr[n] != len(p.Col):
		return fmt.Errorf("row pointers run from %d to %d, want 0 to %d", p.RowPtr[0], p.RowPtr[n], len(p.Col))
	case uint64(len(p.Col)) > math.MaxUint32:
		return fmt.Errorf("%d entries, at most %d", len(p.Col), uint32(math.MaxUint32))
	}
	for i := range n {
		if a, b := p.RowPtr[i], p.RowPtr[i+1]; a > b || b > len(p.Col) {
			return fmt.Errorf("row %d: pointers %d to %d are out of order", i, a, b)
		}
		if err := checkRow(n, i, p.Row(i)); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	_, err := p.mirror(nil)
	return err
}

func checkRow(n, i int, row []int32) error {
	diagonal := false
	for q, j := range row {
		switch {
		case j < 0 || int(j) >= n:
			return fmt.Errorf("column %d is outside", j)
		case q > 0 && j <= row[q-1]:
			return fmt.Errorf("columns are not ascending: %d after %d", j, row[q-1])
		}
		diagonal = diagonal || int(j) == i
	}
	switch {
	case len(row) == 0:
		return fmt.Errorf("no entries: the matrix is singular")
	case !diagonal:
		return fmt.Errorf("no diagonal entry")
	}
	return nil
}

// mirror pairs each entry below the diagonal with its mirror above and calls f with the two positions, the lower
// first, until f says no. It fails on an entry without a mirror.
func (p *Pattern) mirror(f func(row, lower, upper int) bool) (bool, error) {
	n := p.N()
	next := make([]int, n) // first entry of a row's upper part that is not paired yet
	for i := range n {
		q := p.RowPtr[i]
		for ; int(p.Col[q]) < i; q++ {
			j := int(p.Col[q])
			u := next[j]
			if u >= p.RowPtr[j+1] || int(p.Col[u]) != i {
				if u < p.RowPtr[j+1] && int(p.Col[u]) < i {
					return false, fmt.Errorf("row %d: not symmetric: entry (%d, %d) has no mirror", j, j, p.Col[u])
				}
				return false, fmt.Errorf("row %d: not symmetric: entry (%d, %d) has no mirror", i, i, j)
			}
			next[j]++
			if f != nil && !f(i, q, u) {
				return false, nil
			}
		}
		next[i] = q + 1 // behind the diagonal
	}
	for i := range n {
		if u := next[i]; u < p.RowPtr[i+1] {
			return false, fmt.Errorf("row %d: not symmetric: entry (%d, %d) has no mirror", i, i, p.Col[u])
		}
	}
	return true, nil
}
