package fdfd

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/galeproject/gale/solver"
)

// block is how many sources are solved for together.
const block = 32

// kept are the fields of the last survey, on the unknowns: derivatives with respect to the model need them again and again. They go
// when the model changes.
type kept struct {
	mu       sync.Mutex
	src      []solver.Point
	strength []complex128
	fields   [][]complex128
}

func (c *kept) find(s *solver.Survey) [][]complex128 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fields == nil || !slices.Equal(c.src, s.Src) || !slices.Equal(c.strength, s.Strength) {
		return nil
	}
	return c.fields
}

func (c *kept) put(s *solver.Survey, fields [][]complex128) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.src, c.strength, c.fields = slices.Clone(s.Src), slices.Clone(s.Strength), fields
}

func (c *kept) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.src, c.strength, c.fields = nil, nil, nil
}

func (c *kept) bytes() (n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.fields {
		n += 16 * int64(len(f))
	}
	return n
}

// Forget lets go of the fields that the kernel keeps for derivatives.
func (k *Kernel) Forget() { k.kept.drop() }

// keeps tells whether the fields of so many sources may be kept.
func (k *Kernel) keeps(sources int) bool {
	return int64(sources)*int64(k.factor.N())*16 <= k.opt.fields
}

// fields gives each block of sources' fields to f, kept ones or computed anew; then they are kept if there is room.
func (k *Kernel) fields(ctx context.Context, h *shots, f func(first int, u [][]complex128) error) error {
	if k.tilted != nil {
		return fmt.Errorf("fdfd: computing derivatives at %g Hz: they are not known for anisotropic models", k.freq)
	}
	all := k.kept.find(h.survey)
	keep := all == nil && k.keeps(len(h.rhs))
	var fresh [][]complex128
	for first := 0; first < len(h.rhs); first += block {
		last := min(first+block, len(h.rhs))
		u := [][]complex128(nil)
		if all != nil {
			u = all[first:last]
		} else {
			u = zeros(last-first, k.factor.N())
			for i := range u {
				scatter(u[i], h.rhs[first+i], 1)
			}
			if err := k.factor.Solve(ctx, u); err != nil {
				return fmt.Errorf("fdfd: computing fields at %g Hz: %w", k.freq, err)
			}
			k.tell("solving", last, len(h.rhs))
			if keep {
				fresh = append(fresh, u...)
			}
		}
		if err := f(first, u); err != nil {
			return err
		}
	}
	if keep && len(fresh) > 0 {
		k.kept.put(h.survey, fresh)
	}
	return nil
}

func zeros(n, rows int) [][]complex128 {
	x := make([][]complex128, n)
	for i := range x {
		x[i] = make([]complex128, rows)
	}
	return x
}
