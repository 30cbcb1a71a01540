package client

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// Objects are values of one type that live on engines, where a call made them; it shows itself as a table. They end with their client, or
// when the program holds no handle to them any more, unless they have been [Objects.Named].
type Objects[T any] struct{ s *objectSet }

// Object is one value of Objects; it is work of one item.
type Object[T any] struct {
	s *objectSet
	i int
}

// objectSet is what Objects are without their type: cells that use Objects contain little code of their own.
type objectSet struct {
	c     *Client
	set   string
	name  string
	typ   string
	items []object

	mu     sync.Mutex      // of items, while calls find new places for them
	recipe *recipe         // nil: of objects that were found by their name
	guard  runtime.Cleanup // frees them with the last handle
}

// object is a value on an engine, or copies of it on several.
type object struct {
	engine Engine
	info   wire.ObjectInfo
	label  string // the element that it was made of
	copies []replica
}

// replica is a further copy.
type replica struct {
	engine Engine
	info   wire.ObjectInfo
}

// add notes where an object was made.
func (x *object) add(e Engine, info wire.ObjectInfo) {
	if x.engine.UUID == "" {
		x.engine, x.info = e, info
		return
	}
	x.copies = append(x.copies, replica{e, info})
}

// New calls f for each element and keeps the results where they were made. When an element fails, those that succeeded are deleted and
// the error says which failed.
func New[X, T any](ctx context.Context, v View, xs []X, f func(X) (T, error), opts ...Option) (*Objects[T], error) {
	s, err := newObjects(ctx, v, reflect.ValueOf(xs), f, opts)
	if err != nil {
		return nil, err
	}
	s.typ = reflect.TypeFor[T]().String()
	return &Objects[T]{s}, nil
}

func newObjects(ctx context.Context, v View, xs reflect.Value, f any, opts []Option) (*objectSet, error) {
	p, err := spreadData(v, xs)
	if err != nil {
		return nil, err
	}
	p.o = p.o.with(opts)
	if p.place == nil && p.o.chunk == 0 {
		p.o.chunk = 1 // an object is worth a task of its own
	}
	p.what = "new"
	o := &objectSet{c: p.c, set: wire.NewID(), items: make([]object, p.n)}
	o.recipe, err = newRecipe(p, xs, f)
	if err != nil {
		return nil, err
	}
	if err := o.settle(p); err != nil {
		return nil, err
	}
	if p.n > 0 {
		err = o.make(ctx, p, func(i int) int { return i % len(o.items) })
	}
	if err == nil {
		err = o.measure(ctx, p.o.limit)
	}
	if err != nil {
		return nil, errors.Join(err, o.delete(context.WithoutCancel(ctx)))
	}
	o.watch()
	return o, nil
}

// make carries out a plan whose item j makes the object of index of(j).
func (o *objectSet) make(ctx context.Context, p *plan, of func(j int) int) error {
	p.keep = func(j int) *wire.ObjectRef { return &wire.ObjectRef{Set: o.set, Index: of(j)} }
	fails := make([]error, p.n)
	p.done = func(j int, r result) {
		switch {
		case r.err != nil:
			fails[j] = r.err
		case r.kept == nil:
			fails[j] = fmt.Errorf("engine %d kept nothing", r.engine.ID)
		default:
			o.items[of(j)].add(r.engine, *r.kept)
		}
	}
	l, err := p.launchCargo(ctx, o.recipe.g)
	if err == nil {
		err = l.land(ctx)
	}
	if err != nil {
		return err
	}
	return p.composite(fails)
}

// short bounds the text of an element.
func short(s string) string {
	const limit = 40
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}

// watch frees the objects when the last handle is gone; it is done with the next request.
func (o *objectSet) watch() {
	o.guard.Stop()
	if o.name != "" { // they outlive their client, and so their handle
		return
	}
	doomed := o.refs()
	c := o.c
	o.guard = runtime.AddCleanup(o, func(refs map[string][]wire.ObjectRef) { c.doom(refs) }, doomed)
}

// refs are the objects by engine.
func (o *objectSet) refs() map[string][]wire.ObjectRef {
	out := map[string][]wire.ObjectRef{}
	for _, x := range o.items {
		if x.engine.UUID != "" {
			out[x.engine.UUID] = append(out[x.engine.UUID], x.info.ObjectRef)
		}
		for _, y := range x.copies {
			out[y.engine.UUID] = append(out[y.engine.UUID], y.info.ObjectRef)
		}
	}
	return out
}

// doom notes objects that nobody holds any more.
func (c *Client) doom(refs map[string][]wire.ObjectRef) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.doomed) == 0 { // what is doomed meanwhile goes with it
		time.AfterFunc(sweepDelay, func() { c.sweep(context.Background()) })
	}
	for uuid, rs := range refs {
		c.doomed[uuid] = append(c.doomed[uuid], rs...)
	}
}

// sweepDelay is how long doomed objects wait for others.
const sweepDelay = time.Second

// sweep deletes what was doomed. It is best effort: an engine that is gone has taken its objects along.
func (c *Client) sweep(ctx context.Context) {
	c.mu.Lock()
	doomed := c.doomed
	c.doomed = map[string][]wire.ObjectRef{}
	c.mu.Unlock()
	for uuid, refs := range doomed {
		if _, ok := c.engine(uuid); ok && ctx.Err() == nil {
			_, _ = c.submit(job{ch: mux, engine: uuid, msgType: wire.ObjectsRequest, what: "freeing objects", content: wire.Objects{Delete: refs, Owner: c.session.ID()}}, func(arrival) {})
		}
	}
}

// Len is the number of objects.
func (o *Objects[T]) Len() int { return len(o.s.items) }

// At is one of the objects; it panics when there is none at i, as a slice does.
func (o *Objects[T]) At(i int) Object[T] {
	_ = o.s.items[i]
	return Object[T]{o.s, i}
}

// Where gives the engine of each object.
func (o *Objects[T]) Where() []int { return o.s.where() }

func (o *objectSet) where() []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make([]int, len(o.items))
	for i, x := range o.items {
		out[i] = x.engine.ID
	}
	return out
}

// label names an object in messages.
func (o *objectSet) label(i int) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return fmt.Sprintf("%s on engine %d", o.title(i), o.items[i].engine.ID)
}

// title names an object wherever it is.
func (o *objectSet) title(i int) string {
	name := o.name
	if name == "" {
		name = "object"
	}
	return fmt.Sprintf("%s[%d] (%s)", name, i, o.items[i].info.Type)
}

func (o *Objects[T]) objects() *objectSet { return o.s }

func (o *Objects[T]) spread(*T) (*plan, error) { //nolint:unparam // other work can fail
	return o.s.plan(0, len(o.s.items)), nil
}

func (x Object[T]) spread(*T) (*plan, error) { return x.s.plan(x.i, 1), nil }

// plan makes work of n objects from the one at first.
func (o *objectSet) plan(first, n int) *plan {
	p := &plan{
		c: o.c, n: n, o: options{chunk: 1},
		arg:  func(i int) argument { return argument{object: &o.items[first+i].info.ObjectRef} },
		name: func(i int) string { return o.label(first + i) },
	}
	chosen := o.choose(first, n)
	p.place = func(i int) Engine { return chosen[i] }
	p.mend = func(ctx context.Context, items []int) error {
		return o.mend(ctx, p.o, first, items, chosen)
	}
	return p
}

// Do calls f with one object, where it lives.
func Do[T, R any](ctx context.Context, x Object[T], f func(T) (R, error), opts ...Option) (R, error) {
	out, err := Map(ctx, x, f, opts...)
	if len(out) == 0 {
		var zero R
		return zero, err
	}
	return out[0], err
}

// Named gives the objects a name under which other clients of the cluster find them, and by which they outlive this client.
func (o *Objects[T]) Named(ctx context.Context, name string) error { return o.s.named(ctx, name) }

func (o *objectSet) named(ctx context.Context, name string) error {
	if name == "" {
		return fmt.Errorf("client: naming objects: the name is empty")
	}
	for uuid := range o.refs() {
		if err := o.c.objects(ctx, uuid, wire.Objects{Set: o.set, Name: name, Of: len(o.items), Owner: o.c.session.ID()}, nil); err != nil {
			return err
		}
	}
	o.name = name
	o.watch()
	return nil
}

// Delete frees the objects on their engines.
func (o *Objects[T]) Delete(ctx context.Context) error { return o.s.delete(ctx) }

func (o *objectSet) delete(ctx context.Context) error {
	var errs error
	for uuid, refs := range o.refs() {
		if err := o.c.objects(ctx, uuid, wire.Objects{Delete: refs, Owner: o.c.session.ID()}, nil); err != nil && !errors.Is(err, ErrEngineDied) {
			errs = errors.Join(errs, err)
		}
	}
	o.items = nil
	return errs
}

// objects asks an engine about objects.
func (c *Client) objects(ctx context.Context, uuid string, q wire.Objects, out *[]wire.ObjectInfo) error {
	m, err := c.ask(ctx, mux, uuid, wire.ObjectsRequest, q)
	if err != nil {
		return err
	}
	var r wire.ObjectsReply
	if err := m.Content(&r); err != nil {
		return err
	}
	e, _ := c.engine(uuid)
	if r.Status != "ok" {
		return replyError(e, r.Reply)
	}
	if out != nil {
		*out = r.Objects
	}
	return nil
}

// Find opens the objects of a name that a client of this cluster, this one or another, has given.
func Find[T any](ctx context.Context, c *Client, name string) (*Objects[T], error) {
	s, err := c.find(ctx, name, reflect.TypeFor[T]())
	if s == nil {
		return nil, err
	}
	return &Objects[T]{s}, err
}

// find is Find without its type.
func (c *Client) find(ctx context.Context, name string, t reflect.Type) (*objectSet, error) {
	want, id := t.String(), value.TypeID(c.codec(name).Types, t)
	o := &objectSet{c: c, name: name, typ: want}
	var names []string
	for _, e := range c.Cluster() {
		if e.Kind != wire.KindGo {
			continue
		}
		var infos []wire.ObjectInfo
		if err := c.objects(ctx, e.UUID, wire.Objects{List: true}, &infos); err != nil {
			return nil, err
		}
		for _, info := range infos {
			if info.Name != name {
				if info.Name != "" && !slices.Contains(names, info.Name) {
					names = append(names, info.Name)
				}
				continue
			}
			if info.Type != want {
				return nil, fmt.Errorf("client: the objects %q are of type %s, not %s", name, info.Type, want)
			}
			if id != "" && info.TypeID != "" && id != info.TypeID {
				return nil, fmt.Errorf("client: the objects %q are of a type %s that another notebook declared, or this one earlier, differently: cells of this notebook cannot call them (share objects of types that a package declares)", name, want)
			}
			o.items = append(o.items, object{engine: e, info: info})
			o.set = info.Set
		}
	}
	if len(o.items) == 0 {
		return nil, fmt.Errorf("client: no objects are named %q; the names are %q", name, names)
	}
	slices.SortFunc(o.items, func(a, b object) int { return a.info.Index - b.info.Index })
	if n := o.items[0].info.Of; n != len(o.items) {
		return o, fmt.Errorf("client: %d of the %d objects %q are left: engines have died", len(o.items), n, name)
	}
	return o, nil
}

// columns gives the table of the objects: what each says of itself behind what is known of all.
func (o *objectSet) columns() (head []string, rows [][]string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	head = []string{"", "of", "engine", "MB", "seconds"}
	for _, x := range o.items {
		for _, c := range x.info.Columns {
			if len(c) == 2 && !slices.Contains(head, c[0]) {
				head = append(head, c[0])
			}
		}
	}
	for i, x := range o.items {
		row := []string{fmt.Sprint(i), x.label, fmt.Sprint(x.engine.ID), fmt.Sprintf("%.1f", float64(x.info.Bytes)/1e6), fmt.Sprintf("%.2f", x.info.Seconds)}
		for _, h := range head[5:] {
			text := ""
			for _, c := range x.info.Columns {
				if len(c) == 2 && c[0] == h {
					text = c[1]
				}
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	return head, rows
}

// caption is the line above the table.
func (o *objectSet) caption() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var bytes int64
	engines := map[int]bool{}
	for _, x := range o.items {
		bytes += x.info.Bytes
		engines[x.engine.ID] = true
	}
	name := ""
	if o.name != "" {
		name = fmt.Sprintf(" %q", o.name)
	}
	return fmt.Sprintf("%d objects%s of type %s on %d engines, %.1f MB", len(o.items), name, o.typ, len(engines), float64(bytes)/1e6)
}

func (o *Objects[T]) String() string { return o.s.text() }

func (o *objectSet) text() string {
	head, rows := o.columns()
	var b strings.Builder
	b.WriteString(o.caption())
	for _, r := range append([][]string{head}, rows...) {
		b.WriteString("\n" + strings.Join(r, "\t"))
	}
	return b.String()
}

// HTML is the table.
func (o *Objects[T]) HTML() string {
	head, rows := o.s.columns()
	return table(o.s.caption(), head, rows)
}
