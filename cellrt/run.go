package cellrt

import (
	"context"
	"fmt"
	"reflect"
)

// Run is one execution of a cell, or one call of a function from outside.
type Run struct {
	Space   *Space
	Context context.Context // ctx in cell code
	Data    any             // the namespace's own

	Values []any // of the last expression
	Shown  bool  // the last expression has a value to display
}

// Do runs f so that the calling goroutine belongs to the run.
func (r *Run) Do(f func()) {
	g := goroutine()
	before := r.Space.runs.swap(g, r)
	defer func() {
		if before != nil {
			r.Space.runs.swap(g, before)
		} else {
			r.Space.runs.remove(g)
		}
	}()
	f()
}

// Result records the values of the last expression of a cell.
func (r *Run) Result(v ...any) { r.Values, r.Shown = v, true }

// ResultError records the values of a last expression that ends in an error: nil is left out, another error fails the cell.
func (r *Run) ResultError(v ...any) {
	n := len(v) - 1
	if err, ok := v[n].(error); ok && err != nil {
		panic(Failure{Err: err})
	}
	r.Result(v[:n]...)
}

// call calls Reg or Run of a module, which take a pointer to a struct of a *Registrar and a *Run, of a type of the module.
func call(symbol any, field int, arg any) error {
	f := reflect.ValueOf(symbol)
	if f.Kind() != reflect.Func || f.Type().NumIn() != 1 || f.Type().NumOut() != 0 {
		return fmt.Errorf("cellrt: calling a module: its entry is a %T", symbol)
	}
	in := f.Type().In(0)
	if in.Kind() != reflect.Pointer || in.Elem().Kind() != reflect.Struct || in.Elem().NumField() != 2 ||
		in.Elem().Field(field).Type != reflect.TypeOf(arg) {
		return fmt.Errorf("cellrt: calling a module: its entry takes %v", in)
	}
	a := reflect.New(in.Elem())
	a.Elem().Field(field).Set(reflect.ValueOf(arg))
	f.Call([]reflect.Value{a})
	return nil
}

// Register calls the symbol Reg of a module. It fails, before anything is called, if the symbol is not such a function.
func Register(reg any, r *Registrar) error { return call(reg, 0, r) }

// Start calls the symbol Run of a module: it runs the cell in the calling goroutine. Panics of the cell pass through.
func Start(run any, r *Run) (err error) {
	r.Do(func() { err = call(run, 1, r) })
	return err
}

// Check fails the cell if the last value is an error that is not nil: a last expression whose values are not shown.
func (r *Run) Check(v ...any) {
	if err, ok := v[len(v)-1].(error); ok && err != nil {
		panic(Failure{Err: err})
	}
}

// Error records the value of a last expression of type error: one that is not nil fails the cell.
func (r *Run) Error(err error) {
	if err != nil {
		panic(Failure{Err: err})
	}
	r.Result(nil)
}
