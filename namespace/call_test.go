package namespace

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
)

func encode(t *testing.T, x any) *value.Encoded {
	t.Helper()
	e, err := value.Encode(reflect.ValueOf(x), value.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &e
}

func decode[T any](t *testing.T, e *value.Encoded) T {
	t.Helper()
	if e == nil {
		t.Fatal("no value came")
	}
	v, err := value.Decode(*e, reflect.TypeFor[T](), value.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x, _ := reflect.TypeAssert[T](v)
	return x
}

// caps is what the function of a test captured.
type caps struct {
	W []float64
	N int
}

// thing is an object of a test.
type thing struct{ f float64 }

func (th *thing) Bytes() int64         { return 1000 }
func (th *thing) Columns() [][2]string { return [][2]string{{"frequency", fmt.Sprintf("%g Hz", th.f)}} }

func functions(gain *float64) image {
	return image{reg: func(r *cellrt.Registrar) {
		r.Var("gain", "gain_1", gain)
		r.Func("", "lit", func(c *caps, x float64) float64 { return c.W[0]*x + float64(c.N) + *gain })
		r.Func("half", "half_1", func(x int) (int, error) {
			if x%2 != 0 {
				return 0, fmt.Errorf("%d is odd", x)
			}
			return x / 2, nil
		})
		r.Func("check", "check_1", func(x int) error {
			if x < 0 {
				return errors.New("negative")
			}
			return nil
		})
		r.Func("boom", "boom_1", func(i int) int { return []int{1}[i] })
		r.Func("build", "build_1", func(f float64) *thing { return &thing{f} })
		r.Func("freq", "freq_1", func(th *thing) float64 { return th.f })
		r.Func("withCtx", "withCtx_1", func(ctx context.Context, i int) string { return fmt.Sprint(ctx.Err(), i) })
		r.Func("odd", "odd_1", func() (int, int) { return 1, 2 })
		r.Func("channel", "channel_1", func() chan int { return make(chan int) })
		r.Func("exit", "exit_1", func() { panic(cellrt.Exit{Code: 2}) })
	}}
}

func one(arg *value.Encoded) []Item { return []Item{{Args: []Arg{{Value: arg}}}} }

func TestCallWithCapturesAndVariables(t *testing.T) {
	f := newFixture(t, Options{Scope: module.Engines, Label: "engine 1"})
	gain := 0.0
	c := Call{
		Module: module.ID{Session: "s1", Gen: 1}, Symbol: "lit", Captures: encode(t, caps{W: []float64{10}, N: 3}),
		Vars: []Sent{{Name: "gain", Symbol: "gain_1", Hash: "aa"}}, Items: one(encode(t, 2.0)),
	}
	var lacks *Lacks
	if _, err := f.Call(t.Context(), c); !errors.As(err, &lacks) || len(lacks.Modules) != 1 || len(lacks.Vars) != 1 {
		t.Fatalf("before the module came: %v", err)
	}
	f.load(module.Module{Vars: []module.Var{{Name: "gain", Symbol: "gain_1", Scope: module.Local}}}, functions(&gain))
	if _, err := f.Call(t.Context(), c); !errors.As(err, &lacks) || len(lacks.Modules) != 0 || len(lacks.Vars) != 1 {
		t.Fatalf("before the value came: %v", err)
	}
	if err := f.Keep("s1", c.Vars[0], *encode(t, 100.0)); err != nil {
		t.Fatal(err)
	}
	res, err := f.Call(t.Context(), c)
	if err != nil || len(res) != 1 || res[0].Failure != nil || decode[float64](t, res[0].Value) != 123 {
		t.Fatalf("%+v %v", res, err)
	}
	c.Vars[0].Hash = "bb" // the notebook's value has changed
	if _, err := f.Call(t.Context(), c); !errors.As(err, &lacks) || lacks.Error() != "namespace: lacks the value of gain" {
		t.Fatal(err)
	}
	if names := f.Names(); len(names) != 0 {
		t.Fatalf("the notebook's variable is listed as the engine's: %+v", names)
	}
	c.Vars, c.Needs = nil, []module.Need{{Name: "gain", Symbol: "gain_2", Cell: 2}}
	if _, err := f.Call(t.Context(), c); err == nil || !strings.Contains(err.Error(), "engine 1: gain is not set") {
		t.Fatal(err)
	}
	if f.Keep("s1", Sent{Symbol: "none"}, *encode(t, 1)) == nil || f.Keep("s1", Sent{Symbol: "gain_1"}, *encode(t, "x")) == nil {
		t.Fatal("a value that fits nothing was kept")
	}
}

func TestCallItems(t *testing.T) {
	f := newFixture(t, Options{})
	id := f.load(module.Module{}, functions(new(float64)))
	if err := f.Set("four", 4); err != nil {
		t.Fatal(err)
	}
	call := func(symbol string, items ...Item) []Result {
		t.Helper()
		res, err := f.Call(t.Context(), Call{Module: id, Symbol: symbol, Items: items})
		if err != nil || len(res) != len(items) {
			t.Fatalf("%s: %d results, %v", symbol, len(res), err)
		}
		return res
	}
	arg := func(x any) Item { return Item{Args: []Arg{{Value: encode(t, x)}}} }
	res := call("half_1", arg(4), arg(5), arg(6), Item{Args: []Arg{{Name: "four"}}}, Item{Args: []Arg{{Name: "none"}}}, Item{}, arg("s"), Item{Args: []Arg{{}}})
	want := []string{"2", "Error: 5 is odd", "3", "2", "NotSet: none is not set", "takes 1 arguments and was given 0", "decoding argument 1", "argument 1 is empty"}
	for i, r := range res {
		got := ""
		if r.Failure != nil {
			got = r.Failure.Error()
		} else {
			got = fmt.Sprint(decode[int](t, r.Value))
		}
		if !strings.Contains(got, want[i]) {
			t.Errorf("item %d: %q, want %q", i, got, want[i])
		}
	}
	res = call("check_1", arg(1), arg(-1))
	if !res[0].Void || res[1].Failure == nil || res[1].Failure.Value != "negative" {
		t.Errorf("%+v", res)
	}
	res = call("boom_1", arg(7), arg(0))
	if res[0].Failure == nil || res[0].Failure.Name != "RuntimeError" || res[1].Failure != nil {
		t.Errorf("a panic is not the item's alone: %+v", res)
	}
	if res = call("withCtx_1", arg(3)); decode[string](t, res[0].Value) != "<nil> 3" {
		t.Errorf("%+v", res)
	}
	if res = call("channel_1", Item{}); res[0].Failure == nil || !strings.Contains(res[0].Failure.Value, "chan int") {
		t.Errorf("a channel left its process: %+v", res)
	}
	if res = call("exit_1", Item{}); res[0].Failure == nil || res[0].Failure.Name != "Exit" {
		t.Errorf("%+v", res[0])
	}
	for _, symbol := range []string{"odd_1", "none"} {
		if _, err := f.Call(t.Context(), Call{Module: id, Symbol: symbol, Items: []Item{{}}}); err == nil {
			t.Errorf("%s was called", symbol)
		}
	}
	if _, err := f.Call(t.Context(), Call{Module: id, Symbol: "half_1", Captures: encode(t, caps{}), Items: []Item{{}}}); err == nil {
		t.Error("captured values were given to a function that has none")
	}
}

func TestObjectsStay(t *testing.T) {
	f := newFixture(t, Options{})
	id := f.load(module.Module{}, functions(new(float64)))
	ref := func(i int) *Ref { return &Ref{Set: "set", Index: i} }
	var items []Item
	for i := range 3 {
		items = append(items, Item{Args: []Arg{{Value: encode(t, float64(i))}}, Keep: ref(i)})
	}
	res, err := f.Call(t.Context(), Call{Module: id, Symbol: "build_1", Items: items, Owner: "client-1"})
	if err != nil {
		t.Fatal(err)
	}
	k := res[2].Kept
	if k == nil || k.Bytes != 1000 || k.Type != "*namespace.thing" || fmt.Sprint(k.Columns) != "[[frequency 2 Hz]]" || k.Owner != "client-1" || k.Seconds < 0 {
		t.Fatalf("%+v", k)
	}
	res, err = f.Call(t.Context(), Call{Module: id, Symbol: "freq_1", Items: []Item{{Args: []Arg{{Object: ref(2)}}}, {Args: []Arg{{Object: ref(9)}}}}})
	if err != nil || decode[float64](t, res[0].Value) != 2 || res[1].Failure == nil || res[1].Failure.Name != NameLost {
		t.Fatalf("%+v %v", res, err)
	}
	if res, _ = f.Call(t.Context(), Call{Module: id, Symbol: "half_1", Items: []Item{{Args: []Arg{{Object: ref(2)}}}}}); res[0].Failure == nil ||
		res[0].Failure.Value != "object set[2] is a *namespace.thing, the function takes a int" {
		t.Fatalf("%+v", res[0].Failure)
	}
	if f.DeleteObjects(*ref(0), *ref(7)) != 1 || f.NameSet("set", "kernels", 3) != 2 || f.Release("client-1") != 0 {
		t.Fatal(f.Objects())
	}
	if o := f.Objects(); len(o) != 2 || o[0].Index != 1 || o[0].Name != "kernels" || o[1].Of != 3 {
		t.Fatalf("%+v", o)
	}
	f.NameSet("set", "", 0)
	if f.Release("client-1") != 2 || len(f.Objects()) != 0 {
		t.Fatal("the owner's objects stay")
	}
}

func TestInterruptOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		release := make(chan struct{})
		id := f.load(module.Module{}, image{reg: func(r *cellrt.Registrar) {
			r.Func("", "wait", func(_ *caps, i int) int {
				if i == 1 {
					<-release
				}
				return i
			})
			r.Func("", "polite", func(_ *caps, ctx context.Context, i int) (int, error) {
				select {
				case <-ctx.Done():
					return 0, ctx.Err()
				case <-time.After(time.Second):
					return i, nil
				}
			})
		}})
		var items []Item
		for i := range 3 {
			items = append(items, Item{Args: []Arg{{Value: encode(t, i)}}})
		}
		for _, symbol := range []string{"wait", "polite"} {
			ctx, cancel := context.WithTimeoutCause(t.Context(), 1500*time.Millisecond, errors.New("enough"))
			res, err := f.Call(ctx, Call{Module: id, Symbol: symbol, Items: items})
			cancel()
			if err != nil || len(res) != 3 || res[0].Failure != nil {
				t.Fatalf("%s: %+v %v", symbol, res, err)
			}
			for _, r := range res[1:] {
				if r.Failure == nil || r.Failure.Name != NameInterrupted {
					t.Fatalf("%s: %+v", symbol, r)
				}
			}
		}
		if f.LeftBehind() != 1 {
			t.Fatal(f.LeftBehind())
		}
		close(release)
		time.Sleep(time.Second)
		if f.LeftBehind() != 0 {
			t.Fatal(f.LeftBehind())
		}
	})
}

func TestSize(t *testing.T) {
	type node struct {
		next *node
		data []float64
	}
	n := &node{data: make([]float64, 100)}
	n.next = n
	for _, c := range []struct {
		x    any
		want int64
	}{
		{1, 8},
		{make([]float64, 10), 24 + 80},
		{"12345", 16 + 5},
		{n, 8 + 32 + 800},
		{[]string{"a", "bc"}, 24 + 32 + 3},
		{map[string]int{"a": 1}, 8 + 24 + 1},
		{make([]any, 1_000_000), 24 + 16_000_000},
	} {
		if got := Size(reflect.ValueOf(c.x)); got != c.want {
			t.Errorf("Size(%T) = %d, want %d", c.x, got, c.want)
		}
	}
}
