package sparse

// A piece is fronts that pass through a sweep together: a subtree whose rows of the right-hand sides stay in the
// cache, so that they are loaded when the sweep comes to it, and their residual is measured when it leaves; or one of
// the fronts above such subtrees.
type piece struct {
	from, to   int32 // fronts
	first, end int32 // their pivots
	above      bool
}

// pieceRows is the largest number of rows of a subtree that is a piece: 16 columns of them take half of a usual L2.
const pieceRows = 512

// cutPieces lists the pieces in the order of elimination.
func (s *Symbolic) cutPieces() {
	rows := func(i int32) int32 {
		f := &s.fronts[i]
		return f.first + f.npiv - s.fronts[f.start].first
	}
	for i := range int32(len(s.fronts)) {
		f := &s.fronts[i]
		switch {
		case rows(i) > pieceRows:
			s.pieces = append(s.pieces, piece{i, i + 1, f.first, f.first + f.npiv, true})
		case f.parent < 0 || rows(f.parent) > pieceRows:
			s.pieces = append(s.pieces, piece{f.start, i + 1, s.fronts[f.start].first, f.first + f.npiv, false})
		}
	}
}
