package client

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/galeproject/gale/wire"
)

// recipe is how objects were made, so that they can be made again elsewhere: the function with what it captured and read then, and the
// elements.
type recipe struct {
	g  *cargo
	xs reflect.Value
	o  options
}

func newRecipe(p *plan, xs reflect.Value, f any) (*recipe, error) {
	g, err := p.c.cargo(f, true)
	if err != nil {
		return nil, err
	}
	own := reflect.MakeSlice(xs.Type(), xs.Len(), xs.Len())
	reflect.Copy(own, xs)
	return &recipe{g: g, xs: own, o: p.o}, nil
}

// settle decides where objects are made when their options say so, and labels them.
func (o *objectSet) settle(p *plan) error {
	for i := range o.items {
		o.items[i].label = short(fmt.Sprint(o.recipe.xs.Index(i).Interface()))
	}
	n, with := p.n, p.o.together
	switch {
	case with != nil && p.o.replicas > 1:
		return fmt.Errorf("client: new: Together places each object once: it does not go with Replicas(%d)", p.o.replicas)
	case with != nil && len(with.items) == 0:
		return fmt.Errorf("client: new: there are no objects to be placed together with")
	case with != nil:
		p.place = func(i int) Engine { return with.items[i%len(with.items)].engine }
	case p.o.replicas > 1:
		engines, err := p.goEngines()
		if err != nil {
			return err
		}
		if p.o.replicas > len(engines) {
			return fmt.Errorf("client: new: %d copies of each object need as many engines of kind go: there are %d", p.o.replicas, len(engines))
		}
		k := p.o.replicas
		arg, name := p.arg, p.name
		p.n = n * k // item j makes copy j/n of element j%n
		p.arg = func(j int) argument { return arg(j % n) }
		p.name = func(j int) string { return fmt.Sprintf("%s, copy %d", name(j%n), j/n) }
		p.place = func(j int) Engine { return engines[(j%n*k+j/n)%len(engines)] }
	}
	if p.place != nil {
		p.o.chunk = 1
	}
	return nil
}

// measure fails when an engine holds more than it may.
func (o *objectSet) measure(ctx context.Context, limit int64) error {
	if limit <= 0 {
		return nil
	}
	for _, uuid := range slices.Sorted(maps.Keys(o.refs())) {
		var all []wire.ObjectInfo
		if err := o.c.objects(ctx, uuid, wire.Objects{List: true}, &all); err != nil {
			return err
		}
		var sum int64
		for _, x := range all {
			sum += x.Bytes
		}
		if sum > limit {
			e, _ := o.c.engine(uuid)
			return fmt.Errorf("client: new: engine %d would hold %.1f MB of objects, its limit is %.1f MB", e.ID, float64(sum)/1e6, float64(limit)/1e6)
		}
	}
	return nil
}

// choose finds the engine of each call: where objects have copies, the one that has least to do.
func (o *objectSet) choose(first, n int) []Engine {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make([]Engine, n)
	var load map[string]int
	for i := range out {
		x := &o.items[first+i]
		out[i] = x.engine
		if len(x.copies) == 0 {
			continue
		}
		if load == nil {
			load = map[string]int{}
		}
		if e, ok := o.c.idlest(x, load); ok {
			out[i] = e
		}
		load[out[i].UUID]++
	}
	return out
}

// idlest gives the engine of a copy of an object that has least to do, of those that are there.
func (c *Client) idlest(x *object, load map[string]int) (best Engine, found bool) {
	for _, e := range append([]Engine{x.engine}, enginesOf(x.copies)...) {
		if _, here := c.engine(e.UUID); here && (!found || load[e.UUID] < load[best.UUID]) {
			best, found = e, true
		}
	}
	return best, found
}

func enginesOf(copies []replica) []Engine {
	out := make([]Engine, len(copies))
	for i, r := range copies {
		out[i] = r.engine
	}
	return out
}

// mend finds a place for calls whose engine has died: a copy that is left, or a new object made by the recipe.
func (o *objectSet) mend(ctx context.Context, call options, first int, items []int, chosen []Engine) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var lost []int
	dead := map[int]bool{}
	for _, i := range items {
		at := first + i
		if e, ok := o.c.idlest(&o.items[at], map[string]int{}); ok {
			chosen[i] = e
			continue
		}
		dead[o.items[at].engine.ID] = true
		lost = append(lost, at)
	}
	if len(lost) == 0 {
		return nil
	}
	gone := fmt.Sprintf("%s ended with engine %s", o.titles(lost), numbers(dead))
	switch {
	case o.recipe == nil:
		return fmt.Errorf("client: %s: %w; objects that were found by their name have no recipe: make them again", gone, ErrEngineDied)
	case call.noRebuild || o.recipe.o.noRebuild:
		return fmt.Errorf("client: %s: %w; make them again, or call without NoRebuild", gone, ErrEngineDied)
	}
	if err := o.rebuild(ctx, lost); err != nil {
		return fmt.Errorf("client: %s, and making again what was lost failed: %w", gone, err)
	}
	now := map[int]bool{}
	for _, i := range items {
		chosen[i] = o.items[first+i].engine
		now[chosen[i].ID] = true
	}
	o.c.note(ctx, fmt.Sprintf("%s; made again, as first made, on engine %s\n", gone, numbers(now)))
	return nil
}

// rebuild makes lost objects again.
func (o *objectSet) rebuild(ctx context.Context, lost []int) error {
	r := o.recipe
	p := &plan{
		c: o.c, n: len(lost), o: r.o, what: "rebuild",
		arg:  func(j int) argument { return argument{value: r.xs.Index(lost[j])} },
		name: func(j int) string { return fmt.Sprintf("item %d", lost[j]) },
	}
	p.o.chunk, p.o.after, p.o.follow = 1, nil, nil
	if _, err := p.goEngines(); err != nil {
		p.o.targets = nil // those of the view are gone
	}
	if with := r.o.together; with != nil {
		at := make([]int, len(lost))
		for j, i := range lost {
			at[j] = i % len(with.items)
		}
		chosen := make([]Engine, len(with.items))
		if err := with.mend(ctx, options{}, 0, at, chosen); err != nil {
			return err
		}
		p.place = func(j int) Engine { return chosen[at[j]] }
	}
	old := slices.Clone(o.items)
	for _, i := range lost {
		o.items[i].engine, o.items[i].copies = Engine{}, nil
	}
	if err := o.make(ctx, p, func(j int) int { return lost[j] }); err != nil {
		copy(o.items, old)
		return err
	}
	o.watch()
	if o.name != "" {
		return o.named(ctx, o.name)
	}
	return nil
}

func (o *objectSet) titles(lost []int) string {
	const most = 3
	var b strings.Builder
	for k, i := range lost {
		if k == most {
			fmt.Fprintf(&b, " and %d more", len(lost)-k)
			break
		}
		if k > 0 {
			b.WriteString(", ")
		}
		b.WriteString(o.title(i))
	}
	return b.String()
}

// numbers writes ids of engines.
func numbers(ids map[int]bool) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(slices.Sorted(maps.Keys(ids)))), ", "), "[]")
}

// note tells the user something under the cell.
func (c *Client) note(ctx context.Context, text string) {
	if o, ok := encoded("stream", map[string]string{"name": "stderr", "text": text}); ok {
		c.out(ctx, o)
	}
}
