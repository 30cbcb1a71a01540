package sparse

import (
	"fmt"
	"math"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// Panels and contribution blocks are lower trapezoids in strips of four rows (see kern). Strip s of a front of
// npiv pivots has the columns that its rows can have, 4s+4 or npiv, whichever is less. The contribution block keeps
// the strips of its front: it starts at the strip of row npiv, so its first rows and columns may be unused.

// full is the number of strips that hold pivot rows only.
func (f *front) full() int { return int(f.npiv) / kern.Rows }

// strips of the front; the last one is padded.
func (f *front) strips() int { return (f.size() + kern.Rows - 1) / kern.Rows }

// at is the offset of strip s in the panel.
func (f *front) at(s int) int {
	q := f.full()
	if s <= q {
		return kern.Tile / 2 * s * (s + 1)
	}
	return kern.Tile/2*q*(q+1) + (s-q)*kern.Rows*int(f.npiv)
}

// panelLen is the number of elements of the panel.
func (f *front) panelLen() int { return f.at(f.strips()) }

// blockAt is the offset of the contribution block's part of strip full()+u.
func blockAt(u int) int { return kern.Tile / 2 * u * (u + 1) }

// blockLen is the number of elements of the contribution block.
func (f *front) blockLen() int {
	if f.ncb() == 0 {
		return 0
	}
	return blockAt(f.strips() - f.full())
}

// phase is the number of unused rows and columns at the start of the contribution block.
func (f *front) phase() int { return int(f.npiv) % kern.Rows }

// flopsOf is the number of real operations of a complex L·D·Lᵀ of a front.
func flopsOf(npiv, n int) float64 {
	a, b := float64(n), float64(n-npiv)
	return 4 * (a*a*a - b*b*b) / 3
}

// layout places panels, and maps values and children into fronts.
func (s *Symbolic) layout() error {
	pos := make([]int32, s.N())
	for i := range s.fronts {
		f := &s.fronts[i]
		n := f.size()
		if length := f.panelLen(); length > math.MaxUint32 {
			return fmt.Errorf("a front of %d rows and %d pivots is too large", n, f.npiv)
		}
		f.panel = s.panels
		s.panels += int64(f.panelLen())
		f.flops = flopsOf(int(f.npiv), n)
		f.subtree += f.flops
		if f.parent >= 0 {
			s.fronts[f.parent].subtree += f.subtree
		}
		s.flops += f.flops
		s.nnz += int64(f.npiv) * int64(2*n-int(f.npiv)+1) / 2
		s.largest = max(s.largest, n)
		s.maxCB = max(s.maxCB, f.ncb())
		s.maxPiv = max(s.maxPiv, int(f.npiv))
	}
	s.runs = make([]run, 0, len(s.fronts)*4)
	s.entry = make([]uint32, 0, (s.pattern.NNZ()+s.N())/2)
	s.half = make([]uint32, s.pattern.NNZ())
	for i := range s.fronts {
		f := &s.fronts[i]
		for k, r := range s.frontRows(f) {
			pos[r] = f.npiv + int32(k)
		}
		for k := range f.npiv {
			pos[f.first+k] = k
		}
		for _, c := range s.frontChildren(f) {
			s.mapChild(f, &s.fronts[c], pos)
		}
		s.mapEntries(f, pos)
	}
	_, err := s.pattern.mirror(func(_, lower, upper int) bool {
		q := max(s.half[lower], s.half[upper]) // one of them is not set
		s.half[lower], s.half[upper] = q, q
		return true
	})
	for q := range s.half {
		s.half[q]--
	}
	return err
}

// mapChild finds the runs of a child's rows in its parent, split where the parent's pivots end.
func (s *Symbolic) mapChild(f, c *front, pos []int32) {
	c.runs = len(s.runs)
	for k, r := range s.frontRows(c) {
		d := pos[r]
		if last := len(s.runs) - 1; last >= c.runs && d == s.runs[last].Dst+s.runs[last].N && d != f.npiv {
			s.runs[last].N++
			continue
		}
		s.runs = append(s.runs, run{Src: int32(k), Dst: d, N: 1})
		if d < f.npiv {
			c.runsPiv++
		}
	}
	c.runsEnd = len(s.runs)
}

// mapEntries finds the places of the values whose column is a pivot of the front.
func (s *Symbolic) mapEntries(f *front, pos []int32) {
	f.entry = len(s.entry)
	p := s.pattern
	for k := range f.npiv {
		number := f.first + k
		v := s.inv[number]
		for q := p.RowPtr[v]; q < p.RowPtr[v+1]; q++ {
			if to := s.perm[p.Col[q]]; to >= number {
				row := int(pos[to])
				dst := f.at(row/kern.Rows) + kern.Rows*int(k) + row%kern.Rows
				s.entry = append(s.entry, uint32(dst))
				s.half[q] = uint32(len(s.entry)) // shifted by one, for now
			}
		}
	}
	f.entryNd = len(s.entry)
}
