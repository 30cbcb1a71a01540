package client

import (
	"context"
	"fmt"
	"reflect"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// Dist says how a slice is dealt out to engines.
type Dist uint8

// Block gives each engine a contiguous share; the first ones get one item more when it does not divide. Robin gives item i to engine i
// modulo their number.
const (
	Block Dist = iota
	Robin
)

// Scatter deals a slice out: from then on the name means each engine's own share, a []T.
func Scatter[T any](ctx context.Context, v DirectView, name string, xs []T, d Dist) error {
	return v.scatter(ctx, name, reflect.ValueOf(xs), d)
}

// scatter is Scatter of any slice.
func (v DirectView) scatter(ctx context.Context, name string, xs reflect.Value, d Dist) error {
	engines, err := v.resolve()
	if err != nil {
		return err
	}
	if err := v.declare(ctx, name, xs.Type()); err != nil {
		return err
	}
	v.ids, v.kind, v.broadcast = engines.IDs(), "", false // the same engines when the requests are made; each gets its own
	parts := make([][][]byte, len(engines))
	for k := range engines {
		e, err := value.Encode(value.Any(share(xs, d, k, len(engines)).Interface()), v.c.codec(name))
		if err != nil {
			return fmt.Errorf("client: %w", err)
		}
		parts[k] = value.Pack([]value.Encoded{e})
	}
	return v.eachOwn(ctx, wire.NamesRequest, wire.Names{Set: []string{name}}, func(k int) [][]byte { return parts[k] }, nil)
}

// share is what engine k of n gets.
func share(xs reflect.Value, d Dist, k, n int) reflect.Value {
	if d == Block {
		size, more := xs.Len()/n, xs.Len()%n
		from := k*size + min(k, more)
		return xs.Slice(from, from+size+btoi(k < more))
	}
	out := reflect.MakeSlice(xs.Type(), 0, xs.Len()/n+1)
	for i := k; i < xs.Len(); i += n {
		out = reflect.Append(out, xs.Index(i))
	}
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// declare tells the kernel that a name means each engine's own.
func (v DirectView) declare(ctx context.Context, name string, t reflect.Type) error {
	if v.c.host == nil {
		return nil
	}
	if _, _, err := v.c.host.Ask(ctx, "declare", Declaration{Scope: string(module.Engines), Name: name, Type: TypeText(t)}); err != nil {
		return fmt.Errorf("client: declaring %s: %w", name, err)
	}
	return nil
}

// Gather puts the shares that a name has on the engines of the view together, as [Scatter] dealt them out.
func Gather[T any](ctx context.Context, v DirectView, name string, d Dist) ([]T, error) {
	parts, err := Pull[[]T](ctx, v, name)
	if err != nil {
		return nil, err
	}
	var out []T
	if d == Block {
		for _, p := range parts {
			out = append(out, p...)
		}
		return out, nil
	}
	for i := 0; ; i++ {
		p := parts[i%len(parts)]
		if i/len(parts) >= len(p) {
			return out, nil
		}
		out = append(out, p[i/len(parts)])
	}
}

// named is work of one item for each engine: what a name means there.
type named[T any] struct {
	v    DirectView
	name string
}

// Ref is what a name means on each engine of the view: [Map] and its kin call a function with it there, and nothing travels.
func Ref[T any](v DirectView, name string) Work[T] { return named[T]{v, name} }

func (n named[T]) spread(*T) (*plan, error) { return n.v.spreadName(n.name) }

func (v DirectView) spreadName(name string) (*plan, error) {
	p, err := spreadCalls(DirectView{c: v.c, ids: v.ids, kind: v.kind, o: v.o})
	if err != nil {
		return nil, err
	}
	p.arg = func(int) argument { return argument{name: name} }
	return p, nil
}
