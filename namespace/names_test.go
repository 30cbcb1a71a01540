package namespace

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/module"
)

// declaring makes an image that registers variables: symbol to pointer.
func declaring(name, symbol string, p any, run func(*cellrt.Run)) image {
	return image{reg: func(r *cellrt.Registrar) { r.Var(name, symbol, p) }, run: run}
}

func TestNeeds(t *testing.T) {
	f := newFixture(t, Options{Scope: module.Engines, Label: "engine 3"})
	var model *int
	user := f.load(module.Module{
		Vars:  []module.Var{{Name: "model", Symbol: "model_1"}},
		Needs: []module.Need{{Name: "model", Symbol: "model_1", Cell: 4}},
	}, declaring("model", "model_1", &model, func(r *cellrt.Run) { r.Result(*model) }))
	maker := f.load(module.Module{Vars: []module.Var{{Name: "model", Symbol: "model_1", Defined: true}}},
		declaring("model", "model_1", &model, func(*cellrt.Run) { model = new(5) }))
	failing := f.load(module.Module{Vars: []module.Var{{Name: "model", Symbol: "model_1", Defined: true}}},
		declaring("model", "model_1", &model, func(*cellrt.Run) { panic("no model") }))

	const want = "engine 3: model is not set (declared in cell 4; Push it, or make it in a %%px cell)"
	if out := f.Run(t.Context(), user, RunOptions{}); out.Failure == nil || out.Failure.Value != want {
		t.Fatalf("got %v, want %q", out.Failure, want)
	}
	f.Run(t.Context(), failing, RunOptions{})
	if out := f.Run(t.Context(), user, RunOptions{}); out.Failure == nil || out.Failure.Value != want {
		t.Fatalf("after a cell that failed before it set the name: %v", out.Failure)
	}
	f.Run(t.Context(), maker, RunOptions{})
	if out := f.Run(t.Context(), user, RunOptions{}); out.Failure != nil || out.Result.String() != "5" {
		t.Fatalf("after the cell that sets it: %+v", out)
	}
	if f.Delete("model") != 1 || model != nil {
		t.Fatal("model was not deleted")
	}
	if out := f.Run(t.Context(), user, RunOptions{}); out.Failure == nil || out.Failure.Name != NameUnset {
		t.Fatalf("after Delete: %v", out.Failure)
	}
	if err := f.Set("model", new(7)); err != nil {
		t.Fatal(err)
	}
	if out := f.Run(t.Context(), user, RunOptions{}); out.Failure != nil || out.Result.String() != "7" {
		t.Fatalf("after Set: %+v", out)
	}
}

func TestNeedsInTheNotebook(t *testing.T) {
	f := newFixture(t, Options{})
	x := 0
	id := f.load(module.Module{Needs: []module.Need{{Name: "x", Symbol: "x_1", Cell: 2}}}, declaring("x", "x_1", &x, nil))
	if out := f.Run(t.Context(), id, RunOptions{}); out.Failure == nil || out.Failure.Value != "x is not set (declared in cell 2; run that cell again)" {
		t.Fatal(out.Failure)
	}
	// a notebook keeps what was declared before a failure, zero or not
	f.Run(t.Context(), f.load(module.Module{Vars: []module.Var{{Name: "x", Symbol: "x_1", Defined: true}}},
		declaring("x", "x_1", &x, func(*cellrt.Run) { panic("late") })), RunOptions{})
	if out := f.Run(t.Context(), id, RunOptions{}); out.Failure != nil {
		t.Fatal(out.Failure)
	}
}

func TestSetBeforeDeclaration(t *testing.T) {
	f := newFixture(t, Options{})
	if err := f.Set("gain", 2.5); err != nil {
		t.Fatal(err)
	}
	if v, err := f.Get("gain"); err != nil || v != 2.5 {
		t.Fatal(v, err)
	}
	var gain float64
	f.load(module.Module{Vars: []module.Var{{Name: "gain", Symbol: "gain_1"}}}, declaring("gain", "gain_1", &gain, nil))
	if gain != 2.5 {
		t.Fatal("the module that declares the name does not have its value")
	}
	gain = 3
	if v, _ := f.Get("gain"); v != 3.0 {
		t.Fatalf("Get does not read the variable: %v", v)
	}
	if err := f.Set("gain", 4); err != nil { // an int fits a float64
		t.Fatal(err)
	}
	if gain != 4 {
		t.Fatal(gain)
	}
	if err := f.Set("gain", "loud"); err != nil { // another type: a new meaning, until a module declares it so
		t.Fatal(err)
	}
	if v, _ := f.Get("gain"); v != "loud" || gain != 4 {
		t.Fatal(v, gain)
	}
	need := []module.Need{{Name: "gain", Symbol: "gain_9", Cell: 9}}
	id := f.load(module.Module{Needs: need}, image{})
	if out := f.Run(t.Context(), id, RunOptions{}); out.Failure == nil || !strings.Contains(out.Failure.Value, "here it is a string") {
		t.Fatal(out.Failure)
	}
	if err := f.Set("nothing", nil); err != nil {
		t.Fatal(err)
	}
	if v, err := f.Get("nothing"); v != nil || err != nil {
		t.Fatal(v, err)
	}
	if f.Clear(); gain != 0 {
		t.Fatal("Clear left a value")
	}
	if _, err := f.Get("gain"); !errors.Is(err, ErrNoName) {
		t.Fatal(err)
	}
}

func TestTheNameSetLastCounts(t *testing.T) {
	f := newFixture(t, Options{})
	a, b, c := 1, "two", 3
	set := func(session string, gen int, symbol string, p any) {
		id := f.load(module.Module{
			ID:   module.ID{Session: session, Gen: gen},
			Vars: []module.Var{{Name: "x", Symbol: symbol, Defined: true, Type: "int"}},
		}, declaring("x", symbol, p, nil))
		f.Run(t.Context(), id, RunOptions{})
	}
	for _, step := range []struct {
		session, symbol string
		gen             int
		p               any
		want            any
	}{{"s1", "x_1", 1, &a, 1}, {"s1", "x_2", 2, &b, "two"}, {"s2", "x_1", 1, &c, 3}, {"s1", "x_2", 3, &b, "two"}} {
		set(step.session, step.gen, step.symbol, step.p)
		if v, err := f.Get("x"); v != step.want {
			t.Fatalf("x = %v (%v), want %v", v, err, step.want)
		}
	}
	names := f.Names()
	if len(names) != 1 || names[0].Name != "x" || names[0].Type != "string" || names[0].Value.String() != "two" {
		t.Fatalf("%+v", names)
	}
}

func TestConvert(t *testing.T) {
	type named float64
	for _, c := range []struct {
		in   any
		want any // nil: refused, its type is in to
		to   reflect.Type
	}{
		{in: 3, want: 3.0},
		{in: 3.0, want: 3},
		{in: 3.5, to: reflect.TypeFor[int]()},
		{in: -1, to: reflect.TypeFor[uint]()},
		{in: math.NaN(), to: reflect.TypeFor[int]()},
		{in: 1e300, to: reflect.TypeFor[int64]()},
		{in: int64(300), to: reflect.TypeFor[uint8]()},
		{in: uint64(math.MaxUint64), to: reflect.TypeFor[int64]()},
		{in: uint64(math.MaxUint64), to: reflect.TypeFor[float64]()},
		{in: 1<<53 + 1, to: reflect.TypeFor[float64]()},
		{in: 2, want: complex(2, 0)},
		{in: 2i, to: reflect.TypeFor[float64]()},
		{in: 2.5, want: named(2.5)},
		{in: []any{1, 2.5}, want: []float64{1, 2.5}},
		{in: []any{1, "x"}, to: reflect.TypeFor[[]float64]()},
		{in: []int{1, 2}, want: [2]float32{1, 2}},
		{in: []int{1, 2}, to: reflect.TypeFor[[3]int]()},
		{in: map[any]any{"a": 1}, want: map[string]int{"a": 1}},
		{in: nil, want: []int(nil)},
		{in: nil, to: reflect.TypeFor[int]()},
		{in: "s", to: reflect.TypeFor[int]()},
		{in: []any{nil, 1}, want: []any{nil, 1}},
		{in: [][]any{{1}, nil}, want: [][]int{{1}, nil}},
	} {
		to := c.to
		if to == nil {
			to = reflect.TypeOf(c.want)
		}
		v, ok := convert(c.in, to)
		if ok != (c.to == nil) || ok && !reflect.DeepEqual(v.Interface(), c.want) {
			t.Errorf("convert(%v, %v) = %v, %v", c.in, to, v, ok)
		}
	}
}

func TestTypesOfModules(t *testing.T) {
	type point struct{ X int }
	f := newFixture(t, Options{Types: fakeTypes{}})
	f.load(module.Module{ID: module.ID{Session: "s7", Gen: 1}}, image{reg: func(r *cellrt.Registrar) {
		r.Type("point", "pointᐧ2", (*point)(nil))
	}})
	name, ok := f.Types().TypeName(reflect.TypeFor[point]())
	if typ, found := f.Types().TypeByName(name); !ok || !found || typ != reflect.TypeFor[point]() || !strings.Contains(name, "s7") {
		t.Fatal(name, ok, typ, found)
	}
	if name, _ := f.Types().TypeName(reflect.TypeFor[int]()); name != "the program's" {
		t.Fatal(name)
	}
}

type fakeTypes struct{}

func (fakeTypes) TypeName(reflect.Type) (string, bool)   { return "the program's", true }
func (fakeTypes) TypeByName(string) (reflect.Type, bool) { return nil, false }
func (fakeTypes) String() string                         { return "types" }
