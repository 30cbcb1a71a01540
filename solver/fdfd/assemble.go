package fdfd

// matrix is the whole entry of a padded cell.
func (d *medium) matrix(px, pz int) cell {
	i := d.physical(px, pz)
	return d.stiffness(px, pz).plus(mass(d.w[i], d.x[px]*d.z[pz]*d.k2[i])).times(complex(d.buoy[i], 0))
}

// bandRows is how many rows of unknowns a thread assembles at a time.
const bandRows = 16

// assemble sums the cells into the values of the matrix. An entry and its mirror are sums of the same numbers in the same order, which
// makes the matrix symmetric to the last bit.
func (d *medium) assemble(s *structure, threads int) []complex128 {
	v := s.take()
	parallel(threads, (s.nz+bandRows-1)/bandRows, func(band int) {
		// cells of two rows, with an empty one at both ends
		above, below := make([]cell, len(d.x)+2), make([]cell, len(d.x)+2)
		first := band * bandRows
		d.cells(first+d.lost[0]-1, below)
		for bz := first; bz < min(first+bandRows, s.nz); bz++ {
			above, below = below, above
			d.cells(bz+d.lost[0], below)
			s.nodes(v, bz, above[d.lost[3]:], below[d.lost[3]:])
		}
	})
	return v
}

// cells computes a row of cells, empty ones beyond the grid.
func (d *medium) cells(pz int, row []cell) {
	if pz < 0 || pz >= len(d.z) {
		clear(row)
		return
	}
	for px := range d.x {
		row[px+1] = d.matrix(px, pz)
	}
}

// nodes writes the entries of a row of unknowns between two rows of cells: node x lies between cells x and x+1.
func (s *structure) nodes(v []complex128, bz int, above, below []cell) {
	at := s.rowPtr[bz*s.nx]
	for x := range s.nx {
		ul, ur, ll, lr := &above[x], &above[x+1], &below[x], &below[x+1]
		left, right := x > 0, x < s.nx-1
		if bz > 0 {
			if left {
				v[at] = ul.diag
				at++
			}
			v[at] = ul.edgeZ + ur.edgeZ
			at++
			if right {
				v[at] = ur.diag
				at++
			}
		}
		if left {
			v[at] = ul.edgeX + ll.edgeX
			at++
		}
		v[at] = ul.self + ur.self + ll.self + lr.self
		at++
		if right {
			v[at] = ur.edgeX + lr.edgeX
			at++
		}
		if bz < s.nz-1 {
			if left {
				v[at] = ll.diag
				at++
			}
			v[at] = ll.edgeZ + lr.edgeZ
			at++
			if right {
				v[at] = lr.diag
				at++
			}
		}
	}
}
