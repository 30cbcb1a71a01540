package client

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// plan is work to be done: items, where each must run, and what the function gets.
type plan struct {
	c     *Client
	o     options
	n     int
	place func(i int) Engine // for direct work; nil: balanced
	arg   func(i int) argument
	name  func(i int) string

	indexed  bool                        // the function's first argument is the index
	keep     func(i int) *wire.ObjectRef // results stay under this name; nil: they come back
	everyone Engines                     // broadcast: one request for all of these, an item each
	done     func(i int, r result)       // told of each item, one at a time
	what     string                      // for the progress line

	fold string                                            // the function joins its arguments: see wire.Call
	args func(i int) []argument                            // in place of arg, for fold
	mend func(ctx context.Context, items []int) error      // finds a place for items whose engine has died
	hear func(items []int, engine string, m *wire.Message) // told of outputs
}

// argument is what an item's function gets: an object, or a value; neither when it takes nothing.
type argument struct {
	object *wire.ObjectRef
	name   string // that means something on each engine
	value  reflect.Value
	enc    *value.Encoded // in place of value
}

// result is what became of an item.
type result struct {
	engine Engine
	err    error
	void   bool
	kept   *wire.ObjectInfo
	enc    value.Encoded
	reply  *wire.Message // that it came with
}

// batch is a request: some items at one place.
type batch struct {
	engine Engine // UUID "" : balanced
	items  []int
	tries  int
}

// maxTries bounds how often a request is sent again because an engine lacked something: each engine may be new once.
const maxTries = 8

// tasksPerEngine is how many tasks a balanced map makes for each engine, so that the load evens out; maxChunk bounds a task.
const (
	tasksPerEngine = 16
	maxChunk       = 256
)

// goEngines are the engines that run functions of cells.
func (p *plan) goEngines() (Engines, error) {
	all := slices.DeleteFunc(p.c.Cluster(), func(e Engine) bool {
		return e.Kind != wire.KindGo || p.o.targets != nil && !slices.Contains(p.o.targets, e.ID)
	})
	if len(all) == 0 {
		return nil, fmt.Errorf("client: there is no Go engine that could run this: engines are %v", p.c.IDs())
	}
	return all, nil
}

// batches divides the items.
func (p *plan) batches(engines int) []batch {
	if p.everyone != nil {
		b := batch{}
		for i := range p.n {
			b.items = append(b.items, i)
		}
		return []batch{b}
	}
	chunk := p.o.chunk
	if chunk <= 0 {
		chunk = min(maxChunk, max(1, p.n/(tasksPerEngine*max(1, engines))))
	}
	var out []batch
	open := map[string]int{} // uuid → batch that still has room
	for i := range p.n {
		var e Engine
		if p.place != nil {
			e = p.place(i)
		}
		if b, ok := open[e.UUID]; ok && len(out[b].items) < chunk {
			out[b].items = append(out[b].items, i)
			continue
		}
		open[e.UUID] = len(out)
		out = append(out, batch{engine: e, items: []int{i}})
	}
	return out
}

// places are the engines where the items will run.
func (p *plan) places(bs []batch) (Engines, error) {
	if p.everyone != nil {
		return p.everyone, nil
	}
	if p.place == nil {
		return p.goEngines()
	}
	var out Engines
	for _, b := range bs {
		if !slices.ContainsFunc(out, func(e Engine) bool { return e.UUID == b.engine.UUID }) {
			out = append(out, b.engine)
		}
	}
	return out, nil
}

// request makes the message of a batch.
func (p *plan) request(ctx context.Context, g *cargo, b batch) (job, error) {
	call := wire.Call{
		Module: wire.ModuleRef(g.fn.Module), Symbol: g.fn.Symbol, Captures: len(g.captures) > 0,
		Vars: g.refs, Needs: g.needs, Keep: p.keep != nil, Fold: p.fold,
	}
	values := slices.Clone(g.captures)
	add := func(item *wire.Item, a argument, name string) error {
		switch {
		case a.object != nil || a.name != "":
			item.Args = append(item.Args, wire.Arg{Object: a.object, Ref: a.name})
			return nil
		case a.enc != nil:
			item.Args = append(item.Args, wire.Arg{})
			values = append(values, *a.enc)
			return nil
		}
		e, err := value.Encode(a.value, p.c.codec(name))
		if err != nil {
			return fmt.Errorf("client: %w", err)
		}
		item.Args = append(item.Args, wire.Arg{})
		values = append(values, e)
		return nil
	}
	items := b.items
	if p.everyone != nil {
		items = items[:1] // all engines do the same
	}
	for _, i := range items {
		var item wire.Item
		if p.indexed {
			if err := add(&item, argument{value: reflect.ValueOf(i)}, "index"); err != nil {
				return job{}, err
			}
		}
		if p.arg != nil {
			if err := add(&item, p.arg(i), p.name(i)); err != nil {
				return job{}, err
			}
		}
		if p.args != nil {
			for _, a := range p.args(i) {
				if err := add(&item, a, p.name(i)); err != nil {
					return job{}, err
				}
			}
		}
		if p.keep != nil {
			item.Keep = p.keep(i)
		}
		call.Items = append(call.Items, item)
	}
	j := job{
		msgType: wire.CallRequest, what: p.what, content: call, buffers: value.Pack(values),
		outputs: true, output: p.listen(ctx, b.items), metadata: p.metadata(), engine: b.engine.UUID,
	}
	switch {
	case p.everyone != nil:
		j.ch, j.targets = broadcast, p.everyone
		j.metadata = broadcastMetadata(p.everyone)
	case b.engine.UUID != "":
		j.ch = mux
	default:
		j.ch = task
	}
	return j, nil
}

// metadata tells the controller how a task is scheduled.
func (p *plan) metadata() map[string]any {
	md := map[string]any{"label": p.o.label}
	if p.o.maxTime > 0 {
		md["max_time"] = p.o.maxTime.Seconds()
	}
	if p.place != nil {
		return md
	}
	var targets []string
	for _, e := range p.c.Cluster() {
		// A task that an engine of another kind could get goes to those of ours only.
		if e.Kind == wire.KindGo && (p.o.targets == nil || slices.Contains(p.o.targets, e.ID)) {
			targets = append(targets, e.UUID)
		}
	}
	if p.o.targets == nil && len(targets) == len(p.c.Cluster()) {
		targets = nil // any: engines that join later are welcome
	}
	if targets == nil {
		targets = []string{}
	}
	md["targets"] = targets
	md["retries"] = p.o.retries
	md["after"], md["follow"] = notNil(p.o.after), notNil(p.o.follow)
	md["timeout"] = p.o.timeout.Seconds()
	if !p.o.once {
		md["retry_on"] = "death"
	}
	return md
}

// broadcastMetadata names the engines of a broadcast.
func broadcastMetadata(engines Engines) map[string]any {
	targets := make([][]any, len(engines))
	for i, e := range engines {
		targets[i] = []any{e.UUID, e.ID}
	}
	return map[string]any{"targets": targets, "is_broadcast": true, "is_coalescing": false}
}

// notNil makes JSON say [] instead of null.
func notNil(ids []wire.MsgID) []wire.MsgID {
	if ids == nil {
		return []wire.MsgID{}
	}
	return ids
}

// listen passes outputs on under the cell, and to whoever else wants them.
func (p *plan) listen(ctx context.Context, items []int) func(string, *wire.Message) {
	show := p.c.show(ctx)
	if p.hear == nil {
		return show
	}
	return func(engine string, m *wire.Message) {
		p.hear(items, engine, m)
		show(engine, m)
	}
}

// run ships the function and carries the plan out. The error is that of the whole; errors of items go to done.
func (p *plan) run(ctx context.Context, f any) error {
	l, err := p.launch(ctx, f)
	if err != nil || l == nil {
		return err
	}
	return l.land(ctx)
}

// launch ships the function and sends all requests; nil when there are none.
func (p *plan) launch(ctx context.Context, f any) (*flight, error) {
	if p.n == 0 {
		return nil, nil
	}
	g, err := p.c.cargo(f, false)
	if err != nil {
		return nil, err
	}
	return p.launchCargo(ctx, g)
}

func (p *plan) launchCargo(ctx context.Context, g *cargo) (*flight, error) {
	p.c.sweep(ctx)
	if p.mend != nil {
		if err := p.mendBefore(ctx); err != nil {
			return nil, err
		}
	}
	bs := p.batches(len(p.c.Cluster()))
	places, err := p.places(bs)
	if err != nil {
		return nil, err
	}
	if err := p.c.prepare(ctx, g, places, false); err != nil {
		return nil, err
	}
	l := &flight{p: p, g: g, box: newMailbox(), pending: map[wire.MsgID]batch{}, left: p.n}
	return l, l.sendAll(ctx, bs)
}

// mendBefore finds places for the items whose engines are gone before anything is sent.
func (p *plan) mendBefore(ctx context.Context) error {
	var gone []int
	for i := range p.n {
		if _, here := p.c.engine(p.place(i).UUID); !here {
			gone = append(gone, i)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return p.mend(ctx, gone)
}
