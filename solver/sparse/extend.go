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
		first = cols[0].src
	}
	phase, full := int32(c.phase()), int32(f.full())
	for _, r := range runs {
		for i := max(r.src, first); i < r.src+r.n; i++ {
			// row i of the child is row d of the parent
			d := r.dst + i - r.src
			q := phase + i
			src := from[blockAt(int(q/kern.Rows))+int(q%kern.Rows):]
			var dst []T
			shift := int32(0)
			if pivots {
				dst = panel[f.at(int(d/kern.Rows))+int(d%kern.Rows):]
			} else {
				dst = block[blockAt(int(d/kern.Rows-full))+int(d%kern.Rows):]
				shift = kern.Tile * full
			}
			for _, k := range cols {
				n := min(k.n, i+1-k.src)
				if n <= 0 {
					break
				}
				loops.Add(int(n), dst[kern.Rows*k.dst-shift:], src[kern.Rows*(phase+k.src):])
			}
		}
	}
}
