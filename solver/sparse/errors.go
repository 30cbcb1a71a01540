package sparse

import (
	"errors"
	"fmt"
)

// ErrStale is returned by a solve on a Factor whose last Refactor failed or was cancelled. Refactor again.
var ErrStale = errors.New("no valid factorization: the last one failed or was cancelled")

// A LimitError says that work was refused because it needs more memory than allowed. Nothing was allocated.
type LimitError struct {
	Doing           string // what was refused
	Needed, Allowed int64  // bytes
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("sparse: %s needs %d bytes, %d are allowed", e.Doing, e.Needed, e.Allowed)
}

// An AccuracyError says that refinement left a residual too large to be of use.
type AccuracyError struct {
	Residual float64 // largest ‖b−A·x‖₂/‖b‖₂ of a column
	Steps    int     // refinement steps taken
	Growth   float64 // largest |re| or |im| in L
	Tiny     int     // pivots replaced by the guard
}

func (e *AccuracyError) Error() string {
	return fmt.Sprintf("sparse: solve: residual %.1e after %d refinement steps (growth %.1e, %d pivots replaced): the matrix is close to singular; add damping or move the frequency",
		e.Residual, e.Steps, e.Growth, e.Tiny)
}
