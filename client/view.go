package client

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/galeproject/gale/wire"
)

// View is a choice of engines with options: a [DirectView] or a [LoadBalancedView].
type View interface {
	client() *Client
	opts() options
}

// options of a view or call, by value.
type options struct {
	chunk   int
	retries int
	once    bool
	label   string
	timeout time.Duration
	targets []int
	quiet   bool
	leave   bool // the work goes on when the caller is interrupted
	arrival bool // results in the order in which they come
	maxTime time.Duration
	after   []wire.MsgID
	follow  []wire.MsgID
	ahead   int // items of an IMap that may be under way

	replicas  int
	together  *objectSet
	noRebuild bool
	limit     int64 // bytes of objects on an engine
}

// Option changes how a view's requests are made.
type Option func(*options)

// ChunkSize is how many items one task has; by default it is chosen from the number of items and engines.
func ChunkSize(n int) Option { return func(o *options) { o.chunk = n } }

// Retries says how often a task whose function failed is tried again elsewhere; the default is never.
func Retries(n int) Option { return func(o *options) { o.retries = n } }

// AtMostOnce says that a task is not run again when its engine dies.
func AtMostOnce() Option { return func(o *options) { o.once = true } }

// Label is kept with the task.
func Label(s string) Option { return func(o *options) { o.label = s } }

// Timeout is how long a task may wait for an engine.
func Timeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// Targets restricts a balanced view to these engines.
func Targets(ids ...int) Option { return func(o *options) { o.targets = ids } }

// MaxTime is how long a task may run; then it is interrupted and fails.
func MaxTime(d time.Duration) Option { return func(o *options) { o.maxTime = d } }

// Ordered says whether results come in the order of the items, as they do by default, or with false in the order in which they are there;
// those of failed items are left out then.
func Ordered(yes bool) Option { return func(o *options) { o.arrival = !yes } }

// LeaveRunning lets the work go on when the call is interrupted.
func LeaveRunning() Option { return func(o *options) { o.leave = true } }

// Dependency is work that other tasks wait for: an [AsyncResult].
type Dependency interface{ tasks() []wire.MsgID }

// After has tasks of a balanced view begin when the work has ended, all of it successfully; else they fail.
func After(work ...Dependency) Option {
	return func(o *options) { o.after = appendTasks(o.after, work) }
}

// Follow has tasks of a balanced view run where the work has run.
func Follow(work ...Dependency) Option {
	return func(o *options) { o.follow = appendTasks(o.follow, work) }
}

func appendTasks(ids []wire.MsgID, work []Dependency) []wire.MsgID {
	ids = slices.Clone(ids)
	for _, w := range work {
		ids = append(ids, w.tasks()...)
	}
	return ids
}

// Ahead bounds how many items of an [IMap] are under way or wait to be taken; the default is 64 for each engine.
func Ahead(n int) Option { return func(o *options) { o.ahead = n } }

// Replicas has [New] make n copies of each object, on different engines. A call goes to the copy whose engine has least to do, so it
// should not change the object.
func Replicas(n int) Option { return func(o *options) { o.replicas = n } }

// Placed is a set of objects that others can be placed by: [Objects].
type Placed interface{ objects() *objectSet }

// Together has [New] make each object where the one of the same index of another set lives, so that calls find both.
func Together(w Placed) Option { return func(o *options) { o.together = w.objects() } }

// NoRebuild has calls on objects fail when their engine has died. Without it such objects are made again on another engine, as they
// were first made.
func NoRebuild() Option { return func(o *options) { o.noRebuild = true } }

// Limit bounds the bytes that all objects of an engine may have, by what they say of themselves: [New] fails and frees what it has made
// when an engine would hold more.
func Limit(bytes int64) Option { return func(o *options) { o.limit = bytes } }

// Quiet shows no progress.
func Quiet() Option { return func(o *options) { o.quiet = true } }

func (o options) with(opts []Option) options {
	for _, f := range opts {
		f(&o)
	}
	return o
}

// DirectView names engines: what it is asked runs once on each of them.
type DirectView struct {
	c         *Client
	ids       []int // nil: all that are registered at the time of the call
	kind      string
	broadcast bool
	out       func(wire.Output)
	o         options
}

// LoadBalancedView leaves the choice of the engine to the controller.
type LoadBalancedView struct {
	c *Client
	o options
}

// All is a view of all engines that are registered at the time of a call.
func (c *Client) All() DirectView { return DirectView{c: c} }

// Engines is a view of the engines with these ids.
func (c *Client) Engines(ids ...int) DirectView {
	return DirectView{c: c, ids: append([]int{}, ids...)}
}

// Kind is a view of all engines of a kind: "go" or "python".
func (c *Client) Kind(kind string) DirectView { return DirectView{c: c, kind: kind} }

// Broadcast is a view of all engines whose requests travel once to the controller, which sends them on.
func (c *Client) Broadcast() DirectView { return DirectView{c: c, broadcast: true} }

// Balanced is a view that leaves the choice of the engine to the controller.
func (c *Client) Balanced() LoadBalancedView { return LoadBalancedView{c: c} }

// With gives the view with options.
func (v DirectView) With(opts ...Option) DirectView {
	v.o = v.o.with(opts)
	return v
}

// With gives the view with options.
func (v LoadBalancedView) With(opts ...Option) LoadBalancedView {
	v.o = v.o.with(opts)
	return v
}

// WithOutput gives the view with another destination of the engines' outputs than the client's.
func (v DirectView) WithOutput(f func(wire.Output)) DirectView {
	v.out = f
	return v
}

// shown says what is done with outputs of engines.
func (v DirectView) shown(ctx context.Context) func(string, *wire.Message) {
	if v.out == nil {
		return v.c.show(ctx)
	}
	return v.c.showTo(v.out)
}

func (v DirectView) client() *Client       { return v.c }
func (v LoadBalancedView) client() *Client { return v.c }
func (v DirectView) opts() options         { return v.o }
func (v LoadBalancedView) opts() options   { return v.o }

// resolve gives the engines that the view names now.
func (v DirectView) resolve() (Engines, error) {
	all := v.c.Cluster()
	if v.kind != "" {
		kind := v.kind
		if kind == "python" {
			kind = ""
		}
		all = slices.DeleteFunc(all, func(e Engine) bool { return e.Kind != kind })
	}
	if v.ids == nil {
		if len(all) == 0 {
			return nil, fmt.Errorf("client: there are no engines: start some with `gale cluster start`, or wait with WaitForEngines")
		}
		return all, nil
	}
	out := make(Engines, 0, len(v.ids))
	for _, id := range v.ids {
		i := slices.IndexFunc(all, func(e Engine) bool { return e.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("client: there is no engine %d: engines are %v", id, all.IDs())
		}
		out = append(out, all[i])
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("client: the view names no engine")
	}
	return out, nil
}

// resolveGo gives the engines that the view names now if all of them run Go functions.
func (v DirectView) resolveGo() (Engines, error) {
	engines, err := v.resolve()
	if err != nil {
		return nil, err
	}
	return engines, engines.allGo()
}

// Check says whether the engines that the view names are there.
func (v DirectView) Check() error {
	_, err := v.resolve()
	return err
}

// engine finds a registered engine by its uuid.
func (c *Client) engine(uuid string) (Engine, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.engines, func(e Engine) bool { return e.UUID == uuid })
	if i < 0 {
		return Engine{ID: -1, UUID: uuid}, false
	}
	return c.engines[i], true
}
