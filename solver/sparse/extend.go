package sparse

import "github.com/galeproject/gale/solver/sparse/internal/kern"

// extend adds the contribution block of child c to parent f: the columns that are pivots of f to its panel, or the
// others to its contribution block.
func extend[T kern.Number](s *Symbolic, loops kern.Loops[T], f, c *front, pivots bool, panel, block, from []T) {
	runs := s.frontRuns(c)
	cols, first := runs[:c.runsPiv], int32(0)
	if !pivots {
		cols = runs[c.runsPiv:]
		if len(cols) == 0 {
			return
		}
		first = cols[0].Src
	}
	phase, full := int32(c.phase()), int32(f.full())
	for k, r := range runs {
		for i := max(r.Src, first); i < r.Src+r.N; {
			// m rows of the child from i are rows of the parent from d, and each is in one strip here and there
			d, q := r.Dst+i-r.Src, phase+i
			m := min(kern.Rows-q%kern.Rows, kern.Rows-d%kern.Rows, r.Src+r.N-i)
			src := from[blockAt(int(q/kern.Rows))+int(q%kern.Rows+kern.Rows*phase):]
			var dst []T
			at := int32(0) // column of the parent where dst begins
			if pivots {
				dst = panel[f.at(int(d/kern.Rows))+int(d%kern.Rows):]
			} else {
				dst, at = block[blockAt(int(d/kern.Rows-full))+int(d%kern.Rows):], kern.Rows*full
			}
			loops.Add(int(m), cols, i+1, at, dst, src)
			if !pivots || k < len(cols) { // columns i+1.. of the rows behind i
				for row := int32(1); row < m; row++ {
					for c := int32(1); c <= row; c++ {
						dst[row+kern.Rows*(d+c-at)] += src[row+kern.Rows*(i+c)]
					}
				}
			}
			i += m
		}
	}
}
