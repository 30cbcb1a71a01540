package client

import (
	"context"
	"fmt"
	"iter"
	"reflect"

	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// IMap applies f to the items of a sequence that need not fit into memory: no more than [Ahead] of them are under way or wait to be taken.
// Results come in the order of the items, or with Ordered(false) as they are there; a failed item comes with its error. An error of the
// whole comes last. Leaving the loop cancels what is under way.
//
//	for y, err := range client.IMap(ctx, rc.Balanced(), shots, migrate) { … }
func IMap[T, R any](ctx context.Context, v View, xs iter.Seq[T], f func(T) (R, error), opts ...Option) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		next, stop := iter.Pull(xs)
		defer stop()
		pull := func() (reflect.Value, bool) {
			x, ok := next()
			return reflect.ValueOf(&x).Elem(), ok
		}
		streamMap(ctx, v, pull, f, opts, reflect.TypeFor[R](), func(x any, err error) bool {
			r, _ := x.(R)
			return yield(r, err)
		})
	}
}

// stream is an IMap under way.
type stream struct {
	l     *flight
	pull  func() (reflect.Value, bool)
	yield func(any, error) bool
	typ   reflect.Type

	args    map[int]reflect.Value
	ready   map[int]result
	arrived []int // items in the order of coming
	next    int   // the item that is given next
	end     bool  // the sequence has ended
}

func streamMap(ctx context.Context, v View, pull func() (reflect.Value, bool), f any, opts []Option, typ reflect.Type, yield func(any, error) bool) {
	s := &stream{pull: pull, yield: yield, typ: typ, args: map[int]reflect.Value{}, ready: map[int]result{}}
	if err := s.run(ctx, v, f, opts); err != nil {
		yield(nil, err)
	}
}

func (s *stream) run(ctx context.Context, v View, f any, opts []Option) error {
	p := &plan{c: v.client(), o: v.opts().with(opts), what: "imap"}
	engines, err := p.goEngines()
	if err != nil {
		return err
	}
	if dv, ok := v.(DirectView); ok {
		if engines, err = dv.resolveGo(); err != nil {
			return err
		}
		p.place = func(i int) Engine { return engines[i/max(1, p.o.chunk)%len(engines)] }
	}
	p.arg = func(i int) argument { return argument{value: s.args[i]} }
	p.name = func(i int) string { return fmt.Sprintf("item %d", i) }
	p.done = func(i int, r result) {
		s.ready[i] = r
		s.arrived = append(s.arrived, i)
		delete(s.args, i)
	}
	g, err := p.c.cargo(f, false)
	if err != nil {
		return err
	}
	p.c.sweep(ctx)
	if err := p.c.prepare(ctx, g, engines, false); err != nil {
		return err
	}
	s.l = &flight{p: p, g: g, box: newMailbox(), pending: map[wire.MsgID]batch{}}
	ahead := p.o.ahead
	if ahead <= 0 {
		ahead = 64 * len(engines)
	}
	return s.loop(ctx, max(1, p.o.chunk), ahead)
}

// loop sends, takes and gives until all is done.
func (s *stream) loop(ctx context.Context, chunk, ahead int) error {
	defer func() { s.l.p.cancel(s.l.pending) }()
	for {
		for !s.end && len(s.args)+len(s.ready) < ahead {
			if err := s.sendNext(ctx, min(chunk, ahead)); err != nil {
				return err
			}
		}
		given, more := s.give()
		switch {
		case !more:
			return nil
		case given:
			continue
		case s.end && len(s.args)+len(s.ready) == 0:
			return nil
		}
		select {
		case <-s.l.box.bell:
		case <-ctx.Done():
			return fmt.Errorf("client: imap: %d items given: %w", s.next, context.Cause(ctx))
		}
		for _, a := range s.l.box.take() {
			if err := s.l.take(ctx, a); err != nil {
				return err
			}
		}
	}
}

// sendNext takes items from the sequence and sends them as one request.
func (s *stream) sendNext(ctx context.Context, chunk int) error {
	b := batch{}
	for len(b.items) < chunk {
		x, ok := s.pull()
		if !ok {
			s.end = true
			break
		}
		i := s.l.p.n
		s.l.p.n++
		s.args[i] = x
		b.items = append(b.items, i)
	}
	if len(b.items) == 0 {
		return nil
	}
	if s.l.p.place != nil {
		b.engine = s.l.p.place(b.items[0])
	}
	return s.l.send(ctx, b)
}

// give passes results on that are due; more is false when no more are wanted.
func (s *stream) give() (given, more bool) {
	for {
		i := s.next
		if s.l.p.o.arrival {
			if len(s.arrived) == 0 {
				return given, true
			}
			i = s.arrived[0]
		}
		r, ok := s.ready[i]
		if !ok {
			return given, true
		}
		delete(s.ready, i)
		if s.l.p.o.arrival {
			s.arrived = s.arrived[1:]
		} else {
			s.arrived = s.arrived[:0]
		}
		s.next++
		given = true
		x, err := s.result(r)
		if err != nil {
			err = &ItemError{What: s.l.p.name(i), Err: err}
		}
		if !s.yield(x, err) {
			return given, false
		}
	}
}

func (s *stream) result(r result) (any, error) {
	if r.err != nil || r.void {
		return nil, r.err
	}
	v, err := value.Decode(r.enc, s.typ, s.l.p.c.codec("result"))
	if err != nil {
		return nil, err
	}
	return v.Interface(), nil
}
