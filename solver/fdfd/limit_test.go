package fdfd_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/sparse"
)

// A limit is kept before memory is taken, not found broken after.
func TestMemoryLimitTakesNothing(t *testing.T) {
	m := solver.Homogeneous(1500, 1500, 10, 1500, 1)
	for name, limit := range map[string]int64{"of less than the matrix": 100 << 20, "of less than the factor": 1 << 30} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := fdfd.NewKernel(m, 10, fdfd.MemoryLimit(limit))
		runtime.ReadMemStats(&after)
		if e := (*sparse.LimitError)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), "2368521 unknowns") {
			t.Errorf("limit %s: %v", name, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 50<<20 {
			t.Errorf("limit %s: %d MB taken before refusing", name, took>>20)
		}
	}
}
