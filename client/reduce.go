package client

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// Reduce applies f to each item and joins the results by add: on each engine those that were made there, in the order of the items, then
// between engines in pairs, so that one value comes back. With the same items on the same engines the result is the same to the last bit.
// That add may be done in any grouping is the caller's promise. An item that fails fails the whole. Without items the result is zero.
func Reduce[T, R any](ctx context.Context, w Work[T], f func(T) (R, error), add func(R, R) R, opts ...Option) (R, error) {
	return reduced[R](ctx, w.spread, f, add, wire.FoldValues, opts)
}

// ReduceByKey is [Reduce] for maps: values of the same key are joined by add.
func ReduceByKey[T any, K comparable, V any](ctx context.Context, w Work[T], f func(T) (map[K]V, error), add func(V, V) V, opts ...Option) (map[K]V, error) {
	return reduced[map[K]V](ctx, w.spread, f, add, wire.FoldMaps, opts)
}

func reduced[R, T any](ctx context.Context, spread func(*T) (*plan, error), f, add any, fold string, opts []Option) (R, error) {
	var out R
	err := reduce(ctx, func() (*plan, error) { return spread(nil) }, f, add, fold, opts, reflect.ValueOf(&out).Elem())
	return out, err
}

// mostReduces is how often a reduction begins again because an engine died with its part.
const mostReduces = 3

// reduce is Reduce without types.
func reduce(ctx context.Context, spread func() (*plan, error), f, add any, fold string, opts []Option, out reflect.Value) error {
	for try := 1; ; try++ {
		p, err := spread()
		if err != nil {
			return err
		}
		p.o = p.o.with(opts)
		p.what = "reduce"
		r := &reduction{p: p, add: add, fold: fold, set: wire.NewID(), made: map[string][]wire.ObjectRef{}}
		e, err := r.run(ctx, f)
		p.c.doom(r.made)
		switch {
		case err == nil && e == nil:
			return nil
		case err == nil:
			v, err := value.Decode(*e, out.Type(), p.c.codec("result"))
			if err == nil {
				out.Set(v)
			}
			return err
		case !r.lost || p.o.once || try == mostReduces || ctx.Err() != nil:
			return err
		}
	}
}

// reduction is one try to reduce. What items give stays on the engines as objects of a set of its own.
type reduction struct {
	p     *plan
	add   any
	fold  string
	set   string
	parts []*part
	made  map[string][]wire.ObjectRef // all that items gave, by engine
	lost  bool                        // an engine died with a part
}

// part is what one engine has to join.
type part struct {
	engine Engine
	items  []int          // indices of objects there
	got    *value.Encoded // what another engine has sent
	out    bool           // it gives its value away
}

func (r *reduction) run(ctx context.Context, f any) (*value.Encoded, error) {
	where := make([]Engine, r.p.n)
	fails := make([]error, r.p.n)
	r.p.keep = func(i int) *wire.ObjectRef { return &wire.ObjectRef{Set: r.set, Index: i} }
	r.p.done = func(i int, x result) {
		fails[i] = x.err
		if x.err == nil && x.kept == nil {
			fails[i] = errors.New("the function gave nothing")
		}
		where[i] = x.engine
	}
	err := r.p.run(ctx, f)
	r.divide(where, fails)
	if err == nil {
		err = r.p.composite(fails)
	}
	if err != nil || len(r.parts) == 0 {
		return nil, err
	}
	return r.join(ctx)
}

// divide makes the parts, in the order of their first items.
func (r *reduction) divide(where []Engine, fails []error) {
	by := map[string]*part{}
	for i, e := range where {
		if fails[i] != nil || e.UUID == "" {
			continue
		}
		q := by[e.UUID]
		if q == nil {
			q = &part{engine: e}
			by[e.UUID] = q
			r.parts = append(r.parts, q)
		}
		q.items = append(q.items, i)
		r.made[e.UUID] = append(r.made[e.UUID], wire.ObjectRef{Set: r.set, Index: i})
	}
}

// join has each engine join what it has, and hands values from every second one to the one before it, until one is left.
func (r *reduction) join(ctx context.Context) (*value.Encoded, error) {
	parts := slices.Clone(r.parts)
	for {
		for k, q := range parts {
			q.out = k%2 == 1 || len(parts) == 1
		}
		values, err := r.round(ctx, parts)
		if err != nil {
			r.lost = errors.Is(err, ErrEngineDied)
			return nil, err
		}
		if len(parts) == 1 {
			return values[0], nil
		}
		var left []*part
		for k := 0; k < len(parts); k += 2 {
			q := parts[k]
			q.items, q.got = q.items[:1], nil // its own are joined under the name of the first
			if k+1 < len(parts) {
				q.got = values[k+1]
			}
			left = append(left, q)
		}
		parts = left
	}
}

// round is one call on each engine.
func (r *reduction) round(ctx context.Context, parts []*part) ([]*value.Encoded, error) {
	values := make([]*value.Encoded, len(parts))
	fails := make([]error, len(parts))
	p := &plan{c: r.p.c, o: options{chunk: 1, quiet: r.p.o.quiet, label: r.p.o.label}, n: len(parts), what: "reduce", fold: r.fold}
	p.place = func(k int) Engine { return parts[k].engine }
	p.name = func(k int) string { return fmt.Sprintf("joining on engine %d", parts[k].engine.ID) }
	p.args = func(k int) (out []argument) {
		for _, i := range parts[k].items {
			out = append(out, argument{object: &wire.ObjectRef{Set: r.set, Index: i}})
		}
		if parts[k].got != nil {
			out = append(out, argument{enc: parts[k].got})
		}
		return out
	}
	p.keep = func(k int) *wire.ObjectRef {
		if parts[k].out {
			return nil
		}
		return &wire.ObjectRef{Set: r.set, Index: parts[k].items[0]}
	}
	p.done = func(k int, x result) {
		fails[k] = x.err
		if x.err == nil && parts[k].out {
			values[k] = &x.enc
		}
	}
	if err := p.run(ctx, r.add); err != nil {
		return nil, err
	}
	return values, p.composite(fails)
}
