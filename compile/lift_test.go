//go:build !race

package compile_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/compile/internal/remote"
	"github.com/galeproject/gale/module"
)

// remoteCalls records what cells hand to package remote, and calls it here.
func remoteCalls(b *notebook) *[]cellrt.Lifted {
	var seen []cellrt.Lifted
	remote.Seen = func(f any, args ...any) (any, error) {
		l, ok := b.n.Space().Lifted(f)
		if !ok {
			return nil, fmt.Errorf("a %T is not lifted", f)
		}
		seen = append(seen, l)
		var in []reflect.Value
		for _, a := range args {
			in = append(in, reflect.ValueOf(a))
		}
		out := reflect.ValueOf(f).Call(in)
		if n := len(out); n > 1 && !out[n-1].IsNil() {
			err, _ := reflect.TypeAssert[error](out[n-1])
			return nil, err
		}
		if len(out) == 0 {
			return nil, nil
		}
		return out[0].Interface(), nil
	}
	return &seen
}

func names(l cellrt.Lifted) (vars, needs string) {
	for _, v := range l.Vars {
		vars += v.Name + " "
	}
	for _, v := range l.Needs {
		needs += v.Name + " "
	}
	return strings.TrimSpace(vars), strings.TrimSpace(needs)
}

func TestLift(t *testing.T) {
	b := newNotebook(t, "lift")
	seen := remoteCalls(b)
	b.want(`import "`+remotePath+`"
gain := 3.0
offset := 100.0
unused := 1
type Acc struct{ N int }
func (a *Acc) Add(n int) int { return a.N + n }
func (a Acc) Get() int { return a.N + int(gain) }
func scale(x float64) float64 { return x * gain }
func twice[T ~int | ~float64](x T) T { return x + x }
func same[T any](x T) (T, error) { return x, nil }`, "")
	for _, x := range []struct{ src, value, vars, capture string }{
		{"remote.Call(scale, 2.0)", "6", "gain", "<nil>"},
		{"remote.Call(func(x float64) float64 { return scale(x) + offset }, 2.0)", "106", "gain offset", "<nil>"},
		{"func() any { w := []float64{1, 2}; i := 5; v, _ := remote.Call(func() float64 { return w[1] + float64(i) }); return v }()", "7", "", "&{[1 2] 5}"},
		{"remote.Call(strings.ToUpper, \"a\")", "A", "", "<nil>"},
		{"acc := &Acc{4}\nremote.Call(acc.Add, 3)", "7", "gain", "&{"},
		{"remote.Call((*Acc).Add, acc, 5)", "9", "gain", "<nil>"},
		{"remote.Call(Acc.Get, *acc)", "7", "gain", "<nil>"},
		{"func() any { a := Acc{1}; v, _ := remote.Call(a.Add, 1); return v }()", "2", "gain", "&{"},
		{"remote.Call(twice[int], 4)", "8", "", "<nil>"},
		{"remote.Map(same, []int{1, 2})", "[1 2]", "", "<nil>"},
		{"remote.Map(func(x int) (string, error) { return fmt.Sprint(x), nil }, []int{1, 2})", "[1 2]", "", "<nil>"},
		{"remote.Map(remote.Pure(scale), []float64{1, 2})", "[3 6]", "gain", "<nil>"},
		{"v := &remote.View{}\nfunc() any { k := 7; n, _ := v.Apply(func() int { return k }); return n }()", "7", "", "&{7}"},
		{"func() any { k := 2; f := remote.Pure(func(x int) int { return x * k }); o, _ := remote.Map(f, []int{3}); return o }()", "[6]", "", "&{2}"},
		{"remote.Call(func(xs ...int) int { return len(xs) }, 1, 2)", "2", "", "<nil>"},
		{"remote.Call(func(int) int { return 8 }, 1)", "8", "", "<nil>"},
	} {
		*seen = nil
		b.want(x.src, x.value)
		if len(*seen) == 0 {
			t.Errorf("%s\nnothing was lifted", x.src)
			continue
		}
		l := (*seen)[len(*seen)-1]
		vars, needs := names(l)
		if vars != x.vars || needs != "" || l.Gen != b.last.Module.Gen || l.Session != "lift" {
			t.Errorf("%s\nrecord has vars %q, needs %q, module %s.%d; want vars %q", x.src, vars, needs, l.Session, l.Gen, x.vars)
		}
		if got := fmt.Sprint(l.Cap); !strings.HasPrefix(got, x.capture) {
			t.Errorf("%s\ncaptured %s, want %s", x.src, got, x.capture)
		}
		found := false
		for _, f := range b.last.Module.Funcs {
			found = found || f.Symbol == l.Symbol
		}
		if !found {
			t.Errorf("%s\nthe module does not list %s", x.src, l.Symbol)
		}
	}
}

// A function that is lifted outlives its cell: its record names the module that made it.
func TestLiftedFunctionOutlivesItsCell(t *testing.T) {
	b := newNotebook(t, "liftlater")
	seen := remoteCalls(b)
	b.want("import \""+remotePath+"\"\nf := remote.Pure(func(x int) int { return x + 1 })", "")
	made := b.last.Module.Gen
	b.want("a := 1", "")
	b.want("remote.Map(f, []int{1})", "[2]")
	if len(*seen) == 0 {
		t.Fatal("nothing was lifted")
	}
	if l := (*seen)[0]; l.Gen != made {
		t.Errorf("the record names module %d, want %d", l.Gen, made)
	}
}

func TestLiftRefusals(t *testing.T) {
	b := newNotebook(t, "refuse")
	remoteCalls(b)
	b.want("import \""+remotePath+"\"\ntotal := 0\nfunc count() int { total++; return total }\nfunc run[T any](x T) { remote.Call(func() T { return x }) }", "")
	for _, x := range []struct{ src, want string }{
		{"n := 0\nfunc() {\n\tk := 0\n\tremote.Call(func() { k++ })\n}()", `cell[N]:4:23: a remote function works on a copy of k; return the value`},
		{"func() {\n\tvar err error\n\tremote.Call(func() { err = nil })\n\t_ = err\n}()", `cell[N]:3:23: a remote function works on a copy of err`},
		{"func() {\n\tvar p struct{ X int }\n\tremote.Call(func() { p.X = 1 })\n}()", `cell[N]:3:23: a remote function works on a copy of p`},
		{"remote.Call(func() { total = 3 })", `cell[N]:1:22: total lives in the notebook: return the value, or define total on the engines`},
		{"remote.Call(count)", `cell[1]:3:20: total lives in the notebook`},
		{"func() {\n\ttype local struct{ x int }\n\tv := local{1}\n\tremote.Call(func() int { return v.x })\n}()", `cell[N]:4:34: a remote function cannot take v with it: the type local is local to a function`},
		{"run(3)", `cell[1]:4:43: a remote function cannot use T, which is local to the function around it`},
	} {
		_, err := b.run(x.src)
		want := strings.ReplaceAll(x.want, "N", fmt.Sprint(b.k))
		var ds compile.Diagnostics
		if !errors.As(err, &ds) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\ngives %v\nwant  %s", x.src, err, want)
		}
	}
	b.want("total", "0")
}

// Names that a cell defines on the engines mean the engines' own in functions that run there.
func TestScopes(t *testing.T) {
	b := newNotebook(t, "scopes")
	seen := remoteCalls(b)
	b.want("import \""+remotePath+"\"\ngain := 3.0\nboth := 1", "")
	engines := func(src string) (*compile.Compiled, error) {
		b.k++
		c, err := b.s.Compile(t.Context(), module.Engines, compile.Cell{Source: src, Number: b.k})
		if err == nil {
			b.s.Commit(c)
		}
		return c, err
	}
	c, err := engines("var seen = map[int]int{}\nfunc visit(k int) int { seen[k]++; return seen[k] }\nboth := \"text\"")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Module.Funcs) != 1 || c.Module.Funcs[0].Name != "visit" {
		t.Errorf("functions of the module: %+v", c.Module.Funcs)
	}
	if _, err := b.run("visit(3)"); err == nil || !strings.Contains(err.Error(), "seen lives on the engines (cell 2, %%px); here it is not set") {
		t.Errorf("a cell that reads a variable of the engines: %v", err)
	}
	if _, err := b.run("len(seen)"); err == nil || !strings.HasPrefix(err.Error(), "cell[4]:1:5: seen lives on the engines") {
		t.Errorf("a cell that reads a variable of the engines: %v", err)
	}
	b.want("remote.Call(func(k int) float64 { return float64(len(seen)) + gain }, 1)", "3")
	if vars, needs := names((*seen)[0]); vars != "gain" || needs != "seen" {
		t.Errorf("vars %q, needs %q", vars, needs)
	}
	if _, err := b.run("remote.Call(func() any { return both })"); err == nil || !strings.Contains(err.Error(), "both is a int in the notebook (cell 1) and a string on the engines (cell 2)") {
		t.Errorf("a name with two types: %v", err)
	}
	// same name and type: same symbol
	c, err = engines("gain := 0.5")
	if err != nil {
		t.Fatal(err)
	}
	b.want("gain", "3")
	if a, e := b.last.Module.Vars[0], c.Module.Vars[0]; a.Symbol != e.Symbol || e.Scope != module.Engines || !e.Defined {
		t.Errorf("symbols %+v and %+v", a, e)
	}
	// a name that was pushed
	if err := b.s.Declare(module.Engines, "pushed", `[]*"math/big".Int`); err != nil {
		t.Fatal(err)
	}
	c, err = engines("n := len(pushed)")
	if err != nil || len(c.Module.Needs) != 1 || c.Module.Needs[0].Name != "pushed" {
		t.Errorf("a pushed name: %+v, %v", c, err)
	}
	for _, bad := range [][2]string{{"1x", "int"}, {"x", "nosuch"}, {"x", `"no/such".T`}, {"a, b", "int"}, {"x", "int; y := 3"}, {"", "int"}} {
		if err := b.s.Declare(module.Engines, bad[0], bad[1]); err == nil {
			t.Errorf("declared %q as %q", bad[0], bad[1])
		}
	}
	if c, err = engines("func only(x int) int { return x }"); err != nil || c.Module == nil || c.Module.Funcs[0].Name != "only" {
		t.Errorf("a cell of functions for the engines: %+v, %v", c, err)
	}
}
