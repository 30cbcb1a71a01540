package sparsetest

import (
	"time"

	"github.com/galeproject/gale/solver/sparse/internal/kern"
)

// Peak measures, for some milliseconds, how many 10⁹ real operations in double precision a second this processor's
// core can do in the instructions that the solver uses; 0 where it has no assembly.
func Peak() float64 {
	const n = 1_000_000
	began := time.Now()
	if !kern.Peak(n) {
		return 0
	}
	return kern.PeakFlops * n / float64(time.Since(began).Nanoseconds())
}

// ReadSpeed measures how many 10⁹ bytes a second a core reads of memory that no cache holds, in the loops of a solve.
func ReadSpeed() float64 {
	a := kern.Numbers[complex128](1 << 23)
	for i := range a {
		a[i] = complex(float64(i), 0)
	}
	began := time.Now()
	kern.Read(a)
	return float64(16*len(a)) / float64(time.Since(began).Nanoseconds())
}
