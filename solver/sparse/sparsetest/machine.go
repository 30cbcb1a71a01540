package sparsetest

import "github.com/galeproject/gale/solver/sparse/internal/kern"

// Operate does so many million real operations in double precision, in the solver's instructions and as fast as a core
// can; false, and nothing, where it has no assembly.
func Operate(million int) bool { return kern.Peak(million * 1_000_000 / kern.PeakFlops) }

// Memory is more than caches hold.
func Memory() []complex128 {
	a := kern.Numbers[complex128](1 << 23)
	for i := range a {
		a[i] = complex(float64(i), 0)
	}
	return a
}

// Read reads memory in the loops of a solve for one column.
func Read(a []complex128) { kern.Read(a) }
