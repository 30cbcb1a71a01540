package widget

import (
	"context"
	"fmt"
	"reflect"

	"github.com/galeproject/gale/display"
)

// Interact shows controls for the arguments of f and, below them, what f shows and gives; it calls f now and whenever a user moves one. There is one
// argument for each parameter of f, in order:
//
//	a widget with a value        that widget: FloatSlider(ctx, "frequency", 3, 12, 5)
//	true, false                  a checkbox
//	5, 2.5                       a slider around the value: from 0 to twice the value
//	[2]int{0, 9}, [2]float64{…}  a slider over the range
//	"text"                       a text field
//	[]string{"a", "b"}           a dropdown for a parameter that is a string
//
// Parameters are integers, floats, booleans or strings, named types too; an interval gives two. A first parameter of type context.Context gets the
// context of the call. What f returns is shown, a trailing error that is not nil as one. The error of Interact says what does not fit.
func Interact(ctx context.Context, f any, args ...any) (*Box, error) {
	call, err := newCall(f)
	if err != nil {
		return nil, err
	}
	box := make([]Widget, 0, len(args)+1)
	for i, arg := range args {
		w, ok := control(ctx, fmt.Sprintf("argument %d", i+1), arg)
		if !ok {
			return nil, fmt.Errorf("widget: interacting: argument %d: a %T is no control", i+1, arg)
		}
		if err := call.connect(w); err != nil {
			return nil, fmt.Errorf("widget: interacting: argument %d: %w", i+1, err)
		}
		box = append(box, w)
	}
	if len(call.read) != len(call.params) {
		return nil, fmt.Errorf("widget: interacting: the function has %d parameters, the arguments give %d", len(call.params), len(call.read))
	}
	out := Output(ctx)
	again := func() { call.run(out) }
	for _, w := range box {
		w.base().onChange(again)
	}
	again()
	return VBox(ctx, append(box, out)...), nil
}

// control makes the widget that an argument means.
func control(ctx context.Context, label string, arg any) (Widget, bool) {
	switch x := arg.(type) {
	case *Int, *Float, *IntInterval, *FloatInterval, *Bool, *String, *Choice:
		w, ok := x.(Widget)
		return w, ok && !reflect.ValueOf(w).IsNil()
	case bool:
		return Checkbox(ctx, label, x), true
	case int:
		least, most := around(x)
		return IntSlider(ctx, label, least, most, x), true
	case float64:
		least, most := around(x)
		return FloatSlider(ctx, label, least, most, x), true
	case [2]int:
		return IntSlider(ctx, label, x[0], x[1], x[0]+(x[1]-x[0])/2), true
	case [2]float64:
		return FloatSlider(ctx, label, x[0], x[1], x[0]/2+x[1]/2), true
	case string:
		return Text(ctx, label, x), true
	case []string:
		return Dropdown(ctx, label, x...), true
	}
	return nil, false
}

// around is a range in which v lies well.
func around[T int | float64](v T) (least, most T) {
	switch {
	case v > 0:
		return 0, 2 * v
	case v < 0:
		return 2 * v, 0
	}
	return 0, 1
}

// call is a function with what gives its arguments.
type call struct {
	f      reflect.Value
	params []reflect.Type
	read   []func() any
	ctx    bool // comes first
}

func newCall(f any) (*call, error) {
	c := &call{f: reflect.ValueOf(f)}
	if c.f.Kind() != reflect.Func || c.f.IsNil() || c.f.Type().IsVariadic() {
		return nil, fmt.Errorf("widget: interacting: want a function without variadic parameters, have a %T", f)
	}
	for t := range c.f.Type().Ins() {
		if len(c.params) == 0 && !c.ctx && t == reflect.TypeFor[context.Context]() {
			c.ctx = true
			continue
		}
		c.params = append(c.params, t)
	}
	return c, nil
}

// connect lets a widget give the next arguments.
func (c *call) connect(w Widget) error {
	var reads []func() any
	switch x := w.(type) {
	case *Int:
		reads = []func() any{func() any { return x.Value() }}
	case *Float:
		reads = []func() any{func() any { return x.Value() }}
	case *Bool:
		reads = []func() any{func() any { return x.Value() }}
	case *String:
		reads = []func() any{func() any { return x.Value() }}
	case *Choice:
		reads = []func() any{func() any { return x.Value() }}
	case *IntInterval:
		reads = []func() any{func() any { lo, _ := x.Value(); return lo }, func() any { _, hi := x.Value(); return hi }}
	case *FloatInterval:
		reads = []func() any{func() any { lo, _ := x.Value(); return lo }, func() any { _, hi := x.Value(); return hi }}
	}
	for _, read := range reads {
		if len(c.read) == len(c.params) {
			return fmt.Errorf("the function has %d parameters", len(c.params))
		}
		if have, want := reflect.TypeOf(read()), c.params[len(c.read)]; !fits(have.Kind(), want.Kind()) {
			return fmt.Errorf("the parameter is a %v, the control gives a %v", want, have)
		}
		c.read = append(c.read, read)
	}
	return nil
}

// fits tells whether a control's value becomes a parameter without loss.
func fits(have, want reflect.Kind) bool {
	switch want {
	case reflect.Int, reflect.Int64:
		return have == reflect.Int
	case reflect.Float64, reflect.Float32:
		return have == reflect.Float64 || have == reflect.Int
	default:
		return have == want
	}
}

// run calls the function and shows in the area what it prints and gives.
func (c *call) run(out *Area) {
	out.Clear(true)
	out.Capture(func() {
		var in []reflect.Value
		ctx := out.current()
		if c.ctx {
			in = append(in, reflect.ValueOf(ctx))
		}
		for i, read := range c.read {
			in = append(in, reflect.ValueOf(read()).Convert(c.params[i]))
		}
		if values := results(c.f.Call(in)); len(values) > 0 {
			publish(ctx, display.OfAll(values...))
		}
	})
}

// results are what is shown: all but a trailing error that is nil.
func results(out []reflect.Value) (values []any) {
	for i, v := range out {
		if i == len(out)-1 && v.Type() == reflect.TypeFor[error]() && v.IsNil() {
			break
		}
		values = append(values, v.Interface())
	}
	return values
}
