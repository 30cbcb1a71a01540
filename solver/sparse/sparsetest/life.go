package sparsetest

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/galeproject/gale/solver/sparse"
)

// SharedSymbolic promises that factors of one pattern live side by side and do not disturb each other.
func SharedSymbolic(tb testing.TB, a *Matrix, factor func(values []complex128) (Solver, error)) {
	tb.Helper()
	scales := []complex128{1, 2i, -0.5 + 1i}
	solvers := make([]Solver, len(scales))
	errs := make([]error, len(scales))
	var all sync.WaitGroup
	for i, f := range scales {
		all.Go(func() { solvers[i], errs[i] = factor(a.Scaled(f).Values) })
	}
	all.Wait()
	for i, f := range scales {
		if errs[i] != nil {
			tb.Fatal(errs[i])
		}
		Residual(tb, solvers[i], a.Scaled(f), 2, 1e-11)
	}
}

// Concurrency promises that many may solve at once and get what each would get alone.
func Concurrency(tb testing.TB, s Solver, n int) {
	tb.Helper()
	const callers = 8
	got, want := make([][][]complex128, callers), make([][][]complex128, callers)
	for i := range got {
		got[i] = Columns(uint64(i), n, 1+i)
		want[i] = solve(tb, s, got[i])
	}
	errs := make([]error, callers)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() { errs[i] = s.Solve(tb.Context(), got[i]) })
	}
	all.Wait()
	for i := range got {
		if errs[i] != nil {
			tb.Fatal(errs[i])
		}
		for c := range got[i] {
			equal(tb, got[i][c], want[i][c], "at once and alone")
		}
	}
}

// Refactor promises that new values replace the old, and that old values give the old bits again.
func Refactor(tb testing.TB, s Refactorer, a *Matrix) {
	tb.Helper()
	b := Columns(5, a.N(), 3)
	set(tb, s, a)
	first := solve(tb, s, b)
	other := a.Scaled(3 - 1i)
	set(tb, s, other)
	Residual(tb, s, other, 2, 1e-11)
	set(tb, s, a)
	for c, x := range solve(tb, s, b) {
		equal(tb, x, first[c], "a factor and the same again")
	}
}

func set(tb testing.TB, s Refactorer, a *Matrix) {
	tb.Helper()
	if err := s.Refactor(tb.Context(), a.Values); err != nil {
		tb.Fatal(err)
	}
}

// A countdown is a context that is cancelled when it has been asked often enough, so that cancellation comes at every
// stage of the work without a clock.
type countdown struct {
	context.Context
	mu     sync.Mutex
	left   int
	cancel context.CancelFunc
}

func (c *countdown) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left < 0 {
		c.cancel()
	}
	return c.Context.Err()
}

// Cancel promises that cancelled work says so and leaves an object that can be used again.
func Cancel(tb testing.TB, s Refactorer, a *Matrix) {
	tb.Helper()
	b := Columns(6, a.N(), 3)
	set(tb, s, a)
	want := solve(tb, s, b)
	for left := range 3 {
		ctx, cancel := context.WithCancel(tb.Context())
		c := &countdown{Context: ctx, left: left, cancel: cancel}
		if err := s.Refactor(c, a.Values); err != nil && !errors.Is(err, context.Canceled) {
			tb.Errorf("refactor: %v, want context.Canceled", err)
		} else if err == nil && left == 0 {
			tb.Error("refactor with a cancelled context succeeds")
		}
		cancel()
		if err := s.Refactor(ctx, a.Values); !errors.Is(err, context.Canceled) {
			tb.Errorf("refactor: %v, want context.Canceled", err)
		}
		if err := s.Solve(tb.Context(), clone(b)); !errors.Is(err, sparse.ErrStale) {
			tb.Errorf("solve after a cancelled refactor: %v, want ErrStale", err)
		}
		set(tb, s, a)
		x := clone(b)
		if err := s.Solve(ctx, x); !errors.Is(err, context.Canceled) {
			tb.Errorf("solve: %v, want context.Canceled", err)
		}
		for c, x := range solve(tb, s, b) {
			equal(tb, x, want[c], "before and after cancellation")
		}
	}
}

// BadValues promises errors that name the row, and no harm to the solver.
func BadValues(tb testing.TB, s Refactorer, a *Matrix) {
	tb.Helper()
	row := a.N() / 2
	diagonal := a.RowPtr[row]
	for int(a.Col[diagonal]) != row {
		diagonal++
	}
	refused := func(what string, want string, change func(v []complex128) []complex128) {
		tb.Helper()
		err := s.Refactor(tb.Context(), change(append([]complex128(nil), a.Values...)))
		if err == nil || !strings.Contains(err.Error(), want) {
			tb.Errorf("%s: %v, want an error with %q", what, err, want)
		}
	}
	name := "row " + strconv.Itoa(row)
	for _, bad := range []complex128{complex(math.NaN(), 0), complex(0, math.Inf(-1))} {
		refused("not finite", name, func(v []complex128) []complex128 { v[diagonal] = bad; return v })
	}
	refused("zero row", name, func(v []complex128) []complex128 {
		for i := range a.N() {
			for k, j := range a.Row(i) {
				if i == row || int(j) == row {
					v[a.RowPtr[i]+k] = 0
				}
			}
		}
		return v
	})
	if diagonal > a.RowPtr[row] {
		refused("not symmetric", name, func(v []complex128) []complex128 { v[diagonal-1] += 1; return v })
	}
	refused("too few", "values", func(v []complex128) []complex128 { return v[1:] })
	refused("none", "values", func([]complex128) []complex128 { return nil })
	set(tb, s, a)
	Residual(tb, s, a, 1, 1e-11)
}

// BadColumns promises errors for right-hand sides of the wrong shape or without a meaning, and leaves them alone.
func BadColumns(tb testing.TB, s Solver, n int) {
	tb.Helper()
	nan := make([]complex128, n)
	nan[n-1] = complex(math.NaN(), 0)
	for what, x := range map[string][][]complex128{
		"short": {make([]complex128, n-1)}, "long": {make([]complex128, n+1)}, "nil": {nil}, "NaN": {nan},
	} {
		if s.Solve(tb.Context(), x) == nil {
			tb.Errorf("%s: taken", what)
		}
	}
	if err := s.Solve(tb.Context(), nil); err != nil {
		tb.Errorf("no columns: %v", err)
	}
	x := [][]complex128{make([]complex128, n)}
	if err := s.Solve(tb.Context(), x); err != nil || norm(x[0]) != 0 {
		tb.Errorf("zero column: %v, solution %v", err, norm(x[0]))
	}
}

// Limit promises that work above a limit is refused with both numbers, and done at the number it said.
func Limit(tb testing.TB, try func(limit int64) error) {
	tb.Helper()
	var e *sparse.LimitError
	if err := try(1); !errors.As(err, &e) {
		tb.Fatalf("limit of 1 byte: %v, want a LimitError", err)
	}
	if e.Allowed != 1 || e.Needed <= 1 || !strings.Contains(e.Error(), strconv.FormatInt(e.Needed, 10)) {
		tb.Errorf("limit of 1 byte: %v", e)
	}
	needed := e.Needed
	if err := try(needed - 1); !errors.As(err, &e) || e.Needed != needed {
		tb.Errorf("one byte less than needed: %v", err)
	}
	if err := try(needed); err != nil {
		tb.Errorf("as many bytes as needed: %v", err)
	}
}

// Points promises that sparse right-hand sides and samples give what whole columns give, bit for bit.
func Points(tb testing.TB, s PointSolver, a *Matrix) {
	tb.Helper()
	n := int32(a.N())
	rhs := []sparse.Column{
		{Node: []int32{0}, Weight: []complex128{1}},
		{Node: []int32{n / 2, n/2 + 1, n / 2}, Weight: []complex128{1i, 0.5, 2}},
		{},
		{Node: []int32{n - 1, 1}, Weight: []complex128{1 - 1i, 3}},
	}
	sample := []sparse.Column{
		{Node: []int32{n / 3}, Weight: []complex128{1}},
		{Node: []int32{n - 1, 0}, Weight: []complex128{0.25, 0.75}},
	}
	out, x := make([][]complex128, len(rhs)), make([][]complex128, len(rhs))
	for i, c := range rhs {
		out[i], x[i] = make([]complex128, len(sample)), make([]complex128, n)
		for k, v := range c.Node {
			x[i][v] += c.Weight[k]
		}
	}
	if err := s.SolvePoints(tb.Context(), rhs, sample, out); err != nil {
		tb.Fatal(err)
	}
	for i, x := range solve(tb, s, x) {
		for k, c := range sample {
			want := complex128(0)
			for q, v := range c.Node {
				want += c.Weight[q] * x[v]
			}
			if out[i][k] != want {
				tb.Errorf("right-hand side %d, sample %d: %v, whole column %v", i, k, out[i][k], want)
			}
		}
	}
}
