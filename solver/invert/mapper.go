package invert

import (
	"context"
	"fmt"
)

// Mapper puts a request to all terms and gives their replies in the order of the terms. It may ask them at once and anywhere.
type Mapper interface {
	Map(ctx context.Context, q *Request) ([]*Reply, error)
}

// MapperFunc makes a Mapper of a function. In a notebook whose terms live on engines it is
//
//	invert.MapperFunc(func(ctx context.Context, q *invert.Request) ([]*invert.Reply, error) {
//		return client.Map(ctx, terms, func(t *invert.Term) (*invert.Reply, error) { return t.Answer(q) })
//	})
type MapperFunc func(ctx context.Context, q *Request) ([]*Reply, error)

// Map calls the function.
func (f MapperFunc) Map(ctx context.Context, q *Request) ([]*Reply, error) { return f(ctx, q) }

// Serial asks terms of this process, one after the other.
func Serial(terms ...*Term) Mapper {
	return MapperFunc(func(ctx context.Context, q *Request) ([]*Reply, error) {
		rs := make([]*Reply, len(terms))
		for i, t := range terms {
			if t == nil {
				return nil, fmt.Errorf("invert: asking term %d: it is nil", i)
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			var err error
			if rs[i], err = t.AnswerContext(ctx, q); err != nil {
				return nil, err
			}
		}
		return rs, nil
	})
}
