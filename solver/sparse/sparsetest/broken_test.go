package sparsetest

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/galeproject/gale/solver/sparse"
)

// broken is a solver that breaks its promises: wrong by a little, differently each time, deaf to everything.
type broken struct {
	*sparse.Factor
	calls int
}

func (b *broken) Solve(_ context.Context, x [][]complex128) error {
	b.calls++
	for c := range x {
		if len(x[c]) != b.N() {
			return nil
		}
		v := append([]complex128(nil), x[c]...)
		if err := b.Factor.Solve(context.Background(), [][]complex128{v}); err != nil {
			v[0] = 1
		}
		for i := range v {
			v[i] *= complex(1+1e-5*float64((i*7+c*3+b.calls)%11), 0)
		}
		copy(x[c], v)
	}
	return nil
}

func (b *broken) Refactor(context.Context, []complex128) error { return nil }

// listener is a testing.TB that only counts complaints.
type listener struct {
	testing.TB
	heard []string
}

func (l *listener) Helper()                   {}
func (l *listener) Error(a ...any)            { l.heard = append(l.heard, fmt.Sprint(a...)) }
func (l *listener) Errorf(f string, a ...any) { l.heard = append(l.heard, fmt.Sprintf(f, a...)) }
func (l *listener) Fatal(a ...any)            { l.Error(a...); runtime.Goexit() }
func (l *listener) Fatalf(f string, a ...any) { l.Errorf(f, a...); runtime.Goexit() }

// TestBrokenPromisesAreHeard runs each promise on a solver that breaks it.
func TestBrokenPromisesAreHeard(t *testing.T) {
	a := Wave(20, 15, 3, 6)
	s, err := sparse.Analyze(t.Context(), a.Pattern, sparse.Grid(20, 15), sparse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Factor(t.Context(), a.Values, sparse.FactorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b := &broken{Factor: f}
	for name, promise := range map[string]func(tb testing.TB){
		"Residual":      func(tb testing.TB) { tb.Helper(); Residual(tb, b, a, 2, 1e-9) },
		"BackwardError": func(tb testing.TB) { tb.Helper(); BackwardError(tb, b, a, 1e-9) },
		"Symmetry":      func(tb testing.TB) { tb.Helper(); Symmetry(tb, b, a.N(), 1e-9) },
		"ColumnsAlone":  func(tb testing.TB) { tb.Helper(); ColumnsAlone(tb, b, a.N(), 1e-9) },
		"Same":          func(tb testing.TB) { tb.Helper(); Same(tb, b, f, a.N()) },
		"Points":        func(tb testing.TB) { tb.Helper(); Points(tb, b, a) },
		"Refactor":      func(tb testing.TB) { tb.Helper(); Refactor(tb, b, a) },
		"Cancel":        func(tb testing.TB) { tb.Helper(); Cancel(tb, b, a) },
		"BadValues":     func(tb testing.TB) { tb.Helper(); BadValues(tb, b, a) },
		"BadColumns":    func(tb testing.TB) { tb.Helper(); BadColumns(tb, b, a.N()) },
		"Limit":         func(tb testing.TB) { tb.Helper(); Limit(tb, func(int64) error { return nil }) },
		"SharedSymbolic": func(tb testing.TB) {
			tb.Helper()
			SharedSymbolic(tb, a, func([]complex128) (Solver, error) { return b, nil })
		},
	} {
		l := &listener{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			promise(l)
		}()
		<-done
		if len(l.heard) == 0 {
			t.Errorf("%s: a broken promise is not noticed", name)
		}
	}
}
