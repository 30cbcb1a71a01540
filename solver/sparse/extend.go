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
	for _, r := range runs {
		for i := max(r.Src, first); i < r.Src+r.N; i++ {
			// row i of the child is row d of the parent
			d := r.Dst + i - r.Src
			q := phase + i
			src := from[blockAt(int(q/kern.Rows))+int(q%kern.Rows+kern.Rows*phase):]
			if pivots {
				loops.Add(cols, i+1, 0, panel[f.at(int(d/kern.Rows))+int(d%kern.Rows):], src)
			} else {
				loops.Add(cols, i+1, kern.Rows*full, block[blockAt(int(d/kern.Rows-full))+int(d%kern.Rows):], src)
			}
		}
	}
}
