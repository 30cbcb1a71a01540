package sparse_test

import (
	"context"
	"fmt"
	"log"

	"github.com/galeproject/gale/solver/sparse"
)

// A line of three nodes coupled to their neighbours, with losses on the diagonal.
func Example() {
	ctx := context.Background()
	p, err := sparse.NewPattern(3, []int{0, 2, 5, 7}, []int32{0, 1, 0, 1, 2, 1, 2})
	if err != nil {
		log.Fatal(err)
	}
	s, err := sparse.Analyze(ctx, p, sparse.Grid(3, 1), sparse.Options{})
	if err != nil {
		log.Fatal(err)
	}
	f, err := s.Factor(ctx, []complex128{2i, 1, 1, 2i, 1, 1, 2i}, sparse.FactorOptions{})
	if err != nil {
		log.Fatal(err)
	}
	x := [][]complex128{{0, 12i, 0}}
	if err := f.Solve(ctx, x); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", x[0])
	// Output: [(0.000+2.000i) (4.000+0.000i) (0.000+2.000i)]
}
