package cellrt

import (
	"errors"
	"reflect"
	"testing"
)

type entryArg struct {
	Reg *Registrar
	Run *Run
}

func TestRegisterAndStart(t *testing.T) {
	type point struct{}
	var v float64
	var stop uint32
	s := NewSpace(Hooks{})
	reg := func(a *entryArg) {
		a.Reg.Stop = &stop
		a.Reg.Var("v", "νv_1", &v)
		a.Reg.Type("point", "point", (*point)(nil))
		a.Reg.Func("f", "ƒf_g1", func() {})
		if !a.Reg.Method("point.Norm") || a.Reg.Method("point.Old") {
			t.Error("Newest is not asked")
		}
	}
	r := &Registrar{Space: s, Newest: func(m string) bool { return m == "point.Norm" }}
	if err := Register(reg, r); err != nil {
		t.Fatal(err)
	}
	if r.Stop != &stop || r.Vars[0].P != &v || reflect.TypeOf(r.Types[0].Zero) != reflect.TypeFor[*point]() || r.Funcs[0].Symbol != "ƒf_g1" {
		t.Errorf("registered %+v", r)
	}
	run := &Run{Space: s}
	if err := Start(func(a *entryArg) {
		if s.Current() != a.Run {
			t.Error("the run is not current")
		}
		a.Run.Result(1, nil)
	}, run); err != nil || !run.Shown || len(run.Values) != 2 {
		t.Errorf("run %+v: %v", run, err)
	}
	for _, f := range []any{nil, 3, func() {}, func(int) {}, func(*int) {}, func(*Run) {}, func(*entryArg) int { return 0 }} {
		if Register(f, r) == nil {
			t.Errorf("a %T is taken for an entry", f)
		}
	}
}

func TestResultError(t *testing.T) {
	two := func(err error) (int, error) { return 7, err }
	r := &Run{}
	r.ResultError(two(nil))
	if !r.Shown || len(r.Values) != 1 || r.Values[0] != 7 {
		t.Errorf("result %+v", r)
	}
	cause := errors.New("cause")
	got := recovered(func() { r.ResultError(two(cause)) })
	if f, ok := got.(Failure); !ok || !errors.Is(f, cause) {
		t.Errorf("panic value %v", got)
	}
}
