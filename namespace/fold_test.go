package namespace

import (
	"reflect"
	"strings"
	"testing"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/module"
)

func TestFold(t *testing.T) {
	f := newFixture(t, Options{})
	id := f.load(module.Module{}, image{reg: func(s *cellrt.Registrar) {
		s.Func("join", "join_1", func(a, b string) string { return "(" + a + b + ")" })
		s.Func("half", "half_1", func(x int) int { return x / 2 })
	}})
	for i, x := range []any{"a", "b", map[int]string{1: "a"}, map[int]string{1: "b", 2: "c"}, map[int]int{}} {
		f.keep(Ref{"s", i}, reflect.ValueOf(x), "", 0)
	}
	call := func(symbol string, fold Fold, keep *Ref, args ...Arg) Result {
		t.Helper()
		res, err := f.Call(t.Context(), Call{Module: id, Symbol: symbol, Fold: fold, Items: []Item{{Args: args, Keep: keep}}})
		if err != nil || len(res) != 1 {
			t.Fatal(res, err)
		}
		return res[0]
	}
	object := func(i int) Arg { return Arg{Object: &Ref{"s", i}} }
	kept := func(r Result, i int, want any) {
		t.Helper()
		if r.Failure != nil {
			t.Fatal(r.Failure)
		}
		if got, _ := f.object(Ref{"s", i}); !reflect.DeepEqual(got.Interface(), want) {
			t.Errorf("joined is %v, want %v", got, want)
		}
	}
	kept(call("join_1", FoldValues, &Ref{"s", 9}, object(0)), 9, "a")
	kept(call("join_1", FoldValues, &Ref{"s", 9}, object(0), object(1), Arg{Value: encode(t, "c")}), 9, "((ab)c)")
	kept(call("join_1", FoldMaps, &Ref{"s", 9}, object(2), object(3), Arg{Value: encode(t, map[int]string{2: "d"})}), 9, map[int]string{1: "(ab)", 2: "(cd)"})
	kept(Result{}, 2, map[int]string{1: "a"}) // what was joined is as it was
	for want, r := range map[string]Result{
		"nothing to join":  call("join_1", FoldValues, nil),
		"must join two":    call("half_1", FoldValues, nil, object(0)),
		"want a map":       call("join_1", FoldMaps, nil, object(4)),
		"must live here":   call("join_1", FoldMaps, nil, Arg{Value: encode(t, "c")}),
		"is not here":      call("join_1", FoldMaps, nil, object(7)),
		"decoding":         call("join_1", FoldValues, nil, Arg{Value: encode(t, 1)}),
		"a map[int]string": call("join_1", FoldValues, nil, object(2)),
	} {
		if r.Failure == nil || !strings.Contains(r.Failure.Error(), want) {
			t.Errorf("failure is %v, want %q in it", r.Failure, want)
		}
	}
}
