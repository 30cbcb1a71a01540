package namespace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/module"
)

type grid struct {
	Rho  []float64
	tag  string
	by   map[string]int
	next *grid
}

func (g *grid) Sum() float64 { return g.Rho[0] + g.Rho[1] }

func TestPlaces(t *testing.T) {
	f := newFixture(t, Options{})
	g := grid{Rho: []float64{1, 2}, tag: "t", by: map[string]int{"a.b": 7}}
	g.next = &grid{Rho: []float64{9}}
	f.Run(t.Context(), f.load(module.Module{Vars: []module.Var{{Name: "model", Symbol: "model_1", Defined: true}}}, declaring("model", "model_1", &g, nil)), RunOptions{})
	for place, want := range map[string]any{
		"model.Rho[1]": 2.0, "model.tag": "t", "model.next.Rho[0]": 9.0, `model.by["a.b"]`: 7,
	} {
		if v, err := f.Get(place); err != nil || v != want {
			t.Errorf("%s = %v, %v; want %v", place, v, err, want)
		}
	}
	for _, c := range []struct {
		place string
		x     any
	}{{"model.Rho[0]", 5}, {"model.tag", "new"}, {`model.by["c"]`, 3}, {"model.next.Rho[0]", 2.5}} {
		if err := f.Set(c.place, c.x); err != nil {
			t.Error(err)
		}
		if v, err := f.Get(c.place); err != nil || fmt.Sprint(v) != fmt.Sprint(c.x) {
			t.Errorf("%s = %v, %v; want %v", c.place, v, err, c.x)
		}
	}
	if v, err := f.Apply(t.Context(), "model.Sum", nil, nil); err != nil || v != 7.0 {
		t.Error(v, err)
	}
	for _, place := range []string{
		"", ".", "model.", "model..x", "model[", "model[]", "model.Rho[9]", "model.Rho[-1]", "model.Rho[x]", "model.none",
		`model.by["z"]`, `model.by["z`, "model.next.next.tag", "none.x", "model.Rho.x", "model]", "model.Rho[0]x",
	} {
		if v, err := f.Get(place); err == nil {
			t.Errorf("Get(%q) = %v", place, v)
		}
	}
	for place, x := range map[string]any{
		"model.tag": 3, "model.Rho[7]": 1.0, "none.x": 1, "model.Sum": 1, `model.by["q"]`: "s", "model.next.by[\"x\"]": 1, "": 1,
	} {
		if err := f.Set(place, x); err == nil {
			t.Errorf("Set(%q, %v) was accepted", place, x)
		}
	}
	if _, err := f.Get("nope"); !errors.Is(err, ErrNoName) {
		t.Error(err)
	}
}

func TestApply(t *testing.T) {
	f := newFixture(t, Options{Label: "engine 2"})
	f.load(module.Module{}, image{reg: func(r *cellrt.Registrar) {
		r.Func("square", "square_1", func(x float64) float64 { return x * x })
		r.Func("divide", "divide_1", func(a, b int) (int, error) {
			if b == 0 {
				return 0, errors.New("division by zero")
			}
			return a / b, nil
		})
		r.Func("sum", "sum_1", func(ctx context.Context, xs ...int) (n int) {
			for _, x := range xs {
				n += x
			}
			return n
		})
		r.Func("two", "two_1", func() (int, string) { return 1, "b" })
		r.Func("nothing", "nothing_1", func() {})
		r.Func("boom", "boom_1", func() { panic("x") })
	}})
	f.load(module.Module{}, image{reg: func(r *cellrt.Registrar) { r.Func("square", "square_2", func(x int) int { return x * x * 10 }) }})
	for _, c := range []struct {
		place string
		args  []any
		want  string
	}{
		{"square", []any{3}, "90"}, // the newest
		{"divide", []any{7, 2.0}, "3"},
		{"divide", []any{7, 0}, "Error: division by zero"},
		{"divide", []any{7}, "Error: divide takes 2 arguments and was given 1"},
		{"divide", []any{7, "x"}, "Error: argument 2 of divide: a string is no int"},
		{"sum", []any{1, 2, 3}, "6"},
		{"sum", nil, "0"},
		{"two", nil, "[1 b]"},
		{"nothing", nil, "<nil>"},
		{"boom", nil, "Panic: x"},
		{"none", nil, "NotSet: engine 2: none is not set"},
	} {
		v, err := f.Apply(t.Context(), c.place, c.args, nil)
		got := fmt.Sprint(v)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s%v: %q, want %q", c.place, c.args, got, c.want)
		}
	}
}

func FuzzPlace(f *testing.F) {
	for _, s := range []string{"model.Rho[3]", `m["a]"].x`, "a[`b`]", "a.b.c[0][1]", "[", "a[\"\\", "ä.ö"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, steps, err := split(s)
		if err == nil && len(steps) > 0 && name == "" {
			t.Fatalf("%q has steps and no name", s)
		}
		n := New(Options{})
		n.set("model", &grid{Rho: []float64{1}})
		_, _ = n.Get(s)
		_ = n.Set(s, 1)
	})
}
