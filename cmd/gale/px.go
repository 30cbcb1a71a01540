package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/galeproject/gale/client"
	"github.com/galeproject/gale/cluster"
	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

// localCluster is the notebook's own cluster: started when it is first asked for, ended with the kernel.
type localCluster struct {
	mu      sync.Mutex
	running *cluster.Cluster
}

// file starts the cluster, or finds it, and gives its connection file for clients.
func (l *localCluster) file(ctx context.Context) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running != nil && l.running.Alive() {
		return l.running.ClientFile(), nil
	}
	if l.running != nil { // its controller has died: a new cluster, under the same id
		l.running.Stop()
		l.running = nil
	}
	o := cluster.Options{ID: fmt.Sprintf("notebook-%d", os.Getpid())}
	if text := os.Getenv(enginesEnv); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return "", fmt.Errorf("%s=%q: want a number of engines from 1", enginesEnv, text)
		}
		o.Engines = n
	}
	c, err := cluster.Start(ctx, o)
	if err != nil {
		return "", err
	}
	l.running = c
	return c.ClientFile(), nil
}

func (l *localCluster) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running != nil {
		l.running.Stop()
		l.running = nil
	}
}

// pxCluster is what the %px family works with: a client of the kernel's own.
type pxCluster struct {
	local *localCluster

	mu      sync.Mutex
	rc      *client.Client
	pending []*pxRun // the last is the newest
}

// pxRun is a %px that is not waited for.
type pxRun struct {
	name  string
	done  chan struct{}
	mu    sync.Mutex
	outs  []wire.Output
	reply wire.Reply
}

// connect gives the client, made anew when the cluster has gone.
func (p *pxCluster) connect(ctx context.Context) (*client.Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rc != nil && p.rc.Alive() {
		return p.rc, nil
	}
	if p.rc != nil {
		_ = p.rc.Close() // its controller is gone
		p.rc = nil
	}
	rc, err := client.Dial(ctx, client.WithStarter(p.local.file))
	if err != nil {
		return nil, err
	}
	p.rc = rc
	return rc, nil
}

// Px runs a module on engines.
func (p *pxCluster) Px(ctx context.Context, px kernel.Px, m *module.Module, emit func(wire.Output)) wire.Reply {
	rc, err := p.connect(ctx)
	if err != nil {
		return errorReply(err)
	}
	v, err := rc.View(px.Targets)
	if err != nil {
		return errorReply(err)
	}
	if m == nil {
		return errorReply(v.Check())
	}
	if !px.NoWait {
		g := newGrouper(px, emit)
		err := v.WithOutput(g.take).RunModule(ctx, m)
		g.flush()
		return errorReply(err)
	}
	r := &pxRun{name: px.Name, done: make(chan struct{})}
	p.keep(r)
	go func() {
		defer close(r.done)
		err := v.WithOutput(r.take).RunModule(context.WithoutCancel(ctx), m)
		r.reply = errorReply(err)
	}()
	return wire.Reply{Status: "ok"}
}

func (r *pxRun) take(o wire.Output) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outs = append(r.outs, o)
}

// maxPending is how many results of runs that nobody waited for are kept.
const maxPending = 100

// keep remembers a run until it is asked for; one of the same name is forgotten, and the oldest of too many.
func (p *pxCluster) keep(r *pxRun) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending = slices.DeleteFunc(p.pending, func(o *pxRun) bool { return r.name != "" && o.name == r.name })
	p.pending = append(p.pending, r)
	p.pending = p.pending[max(0, len(p.pending)-maxPending):]
}

// find gives a run by its name, or the last without one.
func (p *pxCluster) find(name string) *pxRun {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range slices.Backward(p.pending) {
		if name == "" || r.name == name {
			return r
		}
	}
	return nil
}

// Result waits for a run that was not waited for.
func (p *pxCluster) Result(ctx context.Context, name string, emit func(wire.Output)) wire.Reply {
	r := p.find(name)
	if r == nil && name != "" {
		return errorReply(fmt.Errorf("no %%px was named %s by -o", name))
	}
	if r == nil {
		return errorReply(errors.New("no %px is under way"))
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		return errorReply(ctx.Err())
	}
	p.mu.Lock()
	p.pending = slices.DeleteFunc(p.pending, func(o *pxRun) bool { return o == r })
	p.mu.Unlock()
	for _, o := range r.outs {
		emit(o)
	}
	return r.reply
}

func (p *pxCluster) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rc != nil {
		_ = p.rc.Close() // the process ends
		p.rc = nil
	}
}

// errorReply makes a reply of an error, nil for success.
func errorReply(err error) wire.Reply {
	if err == nil {
		return wire.Reply{Status: "ok"}
	}
	f := wire.NewFailure(errorName(err), err.Error())
	var many interface{ Traceback() []string }
	if errors.As(err, &many) { // each engine's error is told there, once
		f.Traceback = severalLines(f, many.Traceback())
	}
	return wire.Reply{Status: "error", Failure: &f}
}

// severalLines is the traceback of an error of several engines: what it is in one line, then each engine's own lines, without the first when
// that says again what the engine's line has said.
func severalLines(f wire.Failure, engines []string) []string {
	first, _, _ := strings.Cut(f.Name+": "+f.Value, "\n")
	out := []string{first}
	for i, line := range engines {
		if i == 0 || !strings.HasSuffix(engines[i-1], ": "+line) {
			out = append(out, line)
		}
	}
	return out
}

// errorName is the ename of an error: an engine's own, where only one failed.
func errorName(err error) string {
	var one *client.EngineError
	var many *client.CompositeError
	var failure wire.Failure
	switch {
	case errors.Is(err, context.Canceled):
		return "KeyboardInterrupt"
	case errors.As(err, &many) && len(many.Errors) > 1:
		return "CompositeError"
	case errors.As(err, &one):
		return one.Name
	case errors.As(err, &failure):
		return failure.Name
	}
	return "ClusterError"
}

// grouper puts the engines' text together. Output goes out as it comes, each piece with its engine's label, unless it is held to the end:
// then it is in the order of its coming, or, by type, what is printed first, then what is displayed.
type grouper struct {
	hold   bool
	byType bool
	emit   func(wire.Output)
	mu     sync.Mutex
	held   []wire.Output
}

func newGrouper(px kernel.Px, emit func(wire.Output)) *grouper {
	return &grouper{hold: px.Hold || px.Group == "type" || px.Group == "order", byType: px.Group == "type", emit: emit}
}

func (g *grouper) take(o wire.Output) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hold {
		g.held = append(g.held, o)
		return
	}
	g.emit(o)
}

func (g *grouper) flush() {
	g.mu.Lock()
	defer g.mu.Unlock()
	slices.SortStableFunc(g.held, func(a, b wire.Output) int {
		if g.byType {
			return strings.Compare(b.MsgType, a.MsgType)
		}
		return 0
	})
	for _, o := range g.held {
		g.emit(o)
	}
	g.held = nil
}
