package sparse

import (
	"fmt"
	"strings"
	"time"
)

// Report says what happened to a Factor.
type Report struct {
	N, Fronts, LargestFront int
	NNZ                     int64   // entries of L
	Bytes                   int64   // of the factor
	Flops                   float64 // real operations of the factorization
	Took                    time.Duration
	Threads                 int
	Kernel                  string  // the inner loops in use
	Single                  bool    // L is in single precision
	Growth                  float64 // largest |re| or |im| in L
	TinyPivots              int     // replaced by the guard
	MinPivot, MaxPivot      float64 // |D|
	Columns                 int     // solved since the factorization
	Residual                float64 // largest of the last block solved
	Refinements             int     // steps taken for it
}

// Report tells of the last factorization and the last solve.
func (f *Factor) Report() Report {
	f.mu.RLock()
	defer f.mu.RUnlock()
	r := Report{
		N: f.N(), Fronts: len(f.s.fronts), LargestFront: f.s.largest, NNZ: f.s.nnz, Bytes: f.Bytes(), Flops: f.s.flops,
		Took: f.took, Threads: f.opt.Threads, Kernel: f.l.kernel(), Single: f.opt.Single,
		Growth: f.watch.growth, TinyPivots: f.watch.tiny, MinPivot: f.watch.min, MaxPivot: f.watch.max,
	}
	f.record.mu.Lock()
	defer f.record.mu.Unlock()
	r.Columns, r.Residual, r.Refinements = f.record.columns, f.record.residual, f.record.steps
	return r
}

func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d unknowns, %d entries in L, %.1f MiB, %d fronts (largest %d rows)\n", r.N, r.NNZ, float64(r.Bytes)/(1<<20), r.Fronts, r.LargestFront)
	fmt.Fprintf(&b, "factored in %v: %.2f Gflop, %.1f Gflop/s on %d threads (%s)\n", r.Took.Round(time.Microsecond), r.Flops/1e9, r.Flops/1e9/max(r.Took.Seconds(), 1e-9), r.Threads, r.Kernel)
	fmt.Fprintf(&b, "growth %.2g, |D| %.2g to %.2g, %d pivots replaced", r.Growth, r.MinPivot, r.MaxPivot, r.TinyPivots)
	if r.Columns > 0 {
		fmt.Fprintf(&b, "\n%d columns solved, last residual %.1e after %d refinements", r.Columns, r.Residual, r.Refinements)
	}
	return b.String()
}
