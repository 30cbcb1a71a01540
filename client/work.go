package client

import (
	"context"
	"fmt"
	"reflect"

	"github.com/galeproject/gale/value"
)

// Work is what a map runs over: objects that live on engines ([Objects], [Object]), or data to be spread over a view ([Over]).
type Work[T any] interface {
	spread(of *T) (*plan, error)
}

// Data is a slice to be spread over the engines of a view.
type Data[T any] struct {
	v  View
	xs []T
}

// Over spreads data over a view: a balanced view gives items to whoever is free, a direct view gives each engine a contiguous share.
func Over[T any](v View, xs []T) Data[T] { return Data[T]{v, xs} }

func (d Data[T]) spread(*T) (*plan, error) { return spreadData(d.v, reflect.ValueOf(d.xs)) }

// spreadData is spread for a slice of any type: cells that map contain little code of their own.
func spreadData(v View, xs reflect.Value) (*plan, error) {
	p := &plan{
		c: v.client(), o: v.opts(), n: xs.Len(),
		arg:  func(i int) argument { return argument{value: xs.Index(i)} },
		name: func(i int) string { return fmt.Sprintf("item %d", i) },
	}
	if dv, ok := v.(DirectView); ok {
		engines, err := dv.resolveGo()
		if err != nil {
			return nil, err
		}
		share := (p.n + len(engines) - 1) / len(engines)
		p.place = func(i int) Engine { return engines[i/share] }
		if p.o.chunk == 0 {
			p.o.chunk = share
		}
	}
	return p, nil
}

// Map applies f to each item of the work and gives the results in the order of the items. Items that fail have a zero result and are in
// the error, a *[CompositeError]. Interrupting ctx cancels what is queued and interrupts what runs.
func Map[T, R any](ctx context.Context, w Work[T], f func(T) (R, error), opts ...Option) ([]R, error) {
	p, err := w.spread(nil)
	if err != nil {
		return nil, err
	}
	return gather[R](ctx, p, f, "map", opts)
}

// MapIndexed is Map with the item's index as first argument.
func MapIndexed[T, R any](ctx context.Context, w Work[T], f func(int, T) (R, error), opts ...Option) ([]R, error) {
	p, err := w.spread(nil)
	if err != nil {
		return nil, err
	}
	p.indexed = true
	return gather[R](ctx, p, f, "map", opts)
}

// Each calls f for each item of the work.
func Each[T any](ctx context.Context, w Work[T], f func(T) error, opts ...Option) error {
	p, err := w.spread(nil)
	if err != nil {
		return err
	}
	_, err = gather[struct{}](ctx, p, f, "each", opts)
	return err
}

// Apply calls f once on every engine of a direct view, in the order of the view, or once on some engine of a balanced one.
func Apply[R any](ctx context.Context, v View, f func() (R, error), opts ...Option) ([]R, error) {
	p, err := spreadCalls(v)
	if err != nil {
		return nil, err
	}
	return gather[R](ctx, p, f, "apply", opts)
}

// spreadCalls plans one call for each engine of a direct view, or one for a balanced view.
func spreadCalls(v View) (*plan, error) {
	p := &plan{c: v.client(), o: v.opts(), n: 1, name: func(int) string { return "apply" }}
	if dv, ok := v.(DirectView); ok {
		engines, err := dv.resolveGo()
		if err != nil {
			return nil, err
		}
		p.n = len(engines)
		p.place = func(i int) Engine { return engines[i] }
		p.name = func(i int) string { return fmt.Sprintf("engine %d", engines[i].ID) }
		if dv.broadcast {
			p.everyone = engines
		}
	}
	return p, nil
}

// Pure turns a function that cannot fail into the form that Map takes.
func Pure[T, R any](f func(T) R) func(T) (R, error) {
	return func(x T) (R, error) { return f(x), nil }
}

// gather runs a plan and collects its results.
func gather[R any](ctx context.Context, p *plan, f any, what string, opts []Option) ([]R, error) {
	out := make([]R, p.n)
	n, err := p.collect(ctx, f, what, opts, reflect.ValueOf(out))
	return out[:n], err
}

// collect runs a plan and puts its results into a slice; it gives how many of it are to be kept.
func (p *plan) collect(ctx context.Context, f any, what string, opts []Option, out reflect.Value) (int, error) {
	p.o = p.o.with(opts)
	p.what = what
	k := p.gatherer(out, func(int, int, result) {})
	if err := p.run(ctx, f); err != nil {
		return k.len(), err
	}
	return k.len(), p.composite(k.fails)
}

// keeper puts results into a slice.
type keeper struct {
	p     *plan
	out   reflect.Value
	fails []error
	came  int // results that have come
}

// gatherer has a plan put its results into a slice; told hears of each item and of its place there.
func (p *plan) gatherer(out reflect.Value, told func(i, at int, r result)) *keeper {
	k := &keeper{p: p, out: out, fails: make([]error, p.n)}
	p.done = func(i int, r result) {
		at := i
		if p.o.arrival {
			at = k.came
		}
		if r.err == nil && !r.void {
			var v reflect.Value
			if v, r.err = value.Decode(r.enc, out.Type().Elem(), p.c.codec("result")); r.err == nil {
				out.Index(at).Set(v)
			}
		}
		if k.fails[i] = r.err; r.err == nil {
			k.came++
		}
		told(i, at, r)
	}
	return k
}

// len is how much of the slice is of use.
func (k *keeper) len() int {
	if k.p.o.arrival {
		return k.came
	}
	return k.p.n
}

// composite makes one error of the items' errors.
func (p *plan) composite(fails []error) error {
	e := &CompositeError{Of: p.n}
	for i, err := range fails {
		if err != nil {
			e.Errors = append(e.Errors, &ItemError{What: p.name(i), Err: err})
		}
	}
	if len(e.Errors) == 0 {
		return nil
	}
	return e
}
