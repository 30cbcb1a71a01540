package cellrt

import (
	"runtime"
	"testing"
)

type captured struct{ w []float64 }

func weigh(c *captured, x float64) float64 { return x * c.w[0] }

func lifted(s *Space, w float64) func(float64) float64 {
	c := &captured{w: []float64{w}}
	return Lift(s, Lifted{Session: "a", Gen: 3, Symbol: "λ", Cap: c, Needs: []Need{{Name: "n"}}}, func(x float64) float64 { return weigh(c, x) })
}

func TestLiftIsFound(t *testing.T) {
	s := NewSpace(Hooks{})
	f, g := lifted(s, 2), lifted(s, 5)
	for _, x := range []struct {
		f    func(float64) float64
		want float64
	}{{f, 6}, {g, 15}} {
		if got := x.f(3); got != x.want {
			t.Errorf("f(3) = %v, want %v", got, x.want)
		}
		l, ok := s.Lifted(x.f)
		if !ok {
			t.Fatal("not found")
		}
		c, ok := l.Cap.(*captured)
		if !ok || c.w[0]*3 != x.want || l.Gen != 3 || l.Symbol != "λ" || l.Needs[0].Name != "n" {
			t.Errorf("found %+v with %T", l, l.Cap)
		}
	}
	if _, ok := s.Lifted(func() {}); ok {
		t.Error("found a function that was not lifted")
	}
	for _, v := range []any{nil, 3, (func())(nil)} {
		if _, ok := s.Lifted(v); ok {
			t.Errorf("found %v", v)
		}
	}
}

func TestLiftWithoutCaptures(t *testing.T) {
	s := NewSpace(Hooks{})
	for range 3 {
		f := Lift(s, Lifted{Symbol: "plain"}, func(x float64) float64 { return x + 1 })
		runtime.GC()
		if l, ok := s.Lifted(f); !ok || l.Cap != nil || l.Symbol != "plain" {
			t.Errorf("found %+v, %v", l, ok)
		}
	}
}

func TestLiftIsForgotten(t *testing.T) {
	s := NewSpace(Hooks{})
	keep := lifted(s, 1)
	for i := range 1000 {
		_ = lifted(s, float64(i))
	}
	for range 50 { // cleanups run in a goroutine of the runtime, after a collection
		runtime.GC()
		runtime.Gosched()
		s.mu.Lock()
		n := len(s.lifts)
		s.mu.Unlock()
		if n == 1 {
			break
		}
	}
	s.mu.Lock()
	n := len(s.lifts)
	s.mu.Unlock()
	if n > 100 {
		t.Errorf("%d records are left of 1001 functions", n)
	}
	if l, ok := s.Lifted(keep); !ok || l.Cap == nil {
		t.Error("the function that lives is forgotten")
	}
}
