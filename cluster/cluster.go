package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// keptEndings is how many endings a cluster remembers.
const keptEndings = 100

// Cluster is a controller and engines that this process started.
type Cluster struct {
	o      Options
	ctx    context.Context //nolint:containedctx // of the cluster's life: restarts end with it
	cancel context.CancelFunc

	mu         sync.Mutex
	controller *member
	members    []*member
	named      int // units ever named
	endings    []Ending
	gone       chan struct{} // closed when the controller has ended for good
	supervised bool
	watching   sync.WaitGroup
}

// member is a place in the cluster: the unit that holds it now, and how often it died.
type member struct {
	unit   unit
	deaths []time.Time
	left   bool // stopped on purpose: whoever watches it lets go
	lost   bool // ended for good
}

// Start starts a cluster. Where engines run on this machine it waits until all are registered. On failure nothing is left running, and
// the error holds the last lines of what failed.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	if err := o.Launcher.check(); err != nil {
		return nil, err
	}
	if s, err := readState(o.Profile, o.ID); err == nil && s.alive() {
		return nil, fmt.Errorf("cluster: %q is running already (controller process %d): stop it first, or choose another id", name(o.ID), s.Controller)
	}
	reach, err := o.Launcher.reach(ctx)
	if err != nil {
		return nil, err
	}
	o.Args = append(reach, o.Args...) // what the user says comes last, and wins
	c := &Cluster{o: o, gone: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	p, err := c.startController(ctx)
	if err != nil {
		c.cancel()
		return nil, err
	}
	c.controller = &member{unit: p}
	c.watching.Go(func() { c.watchController(c.controller) })
	if err := c.Add(ctx, o.Engines); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// startController starts the controller and waits until it serves.
func (c *Cluster) startController(ctx context.Context, more ...string) (*process, error) {
	args := append([]string{"controller", "--profile-dir=" + c.o.Profile, "--cluster-id=" + c.o.ID}, more...)
	p, err := start(&c.o, command{name: "controller", args: append(args, c.o.Args...)})
	if err != nil {
		return nil, err
	}
	if err := p.await(ctx); err != nil {
		p.stop(c.o.Grace)
		return nil, err
	}
	return p, nil
}

// site is what the launcher is told.
func (c *Cluster) site() (*site, error) {
	text, err := os.ReadFile(EngineFile(c.o.Profile, c.o.ID))
	if err != nil && c.o.Launcher.Name() != "local" {
		return nil, fmt.Errorf("cluster: reading the engines' connection file: %w", err)
	}
	return &site{o: &c.o, connection: text, fresh: c.fresh}, nil
}

// fresh gives an engine's name that was never used.
func (c *Cluster) fresh() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.named++
	return "engine-" + strconv.Itoa(c.named)
}

// Add starts n more engines.
func (c *Cluster) Add(ctx context.Context, n int) error {
	s, err := c.site()
	if err != nil {
		return err
	}
	units, err := c.o.Launcher.launch(ctx, s, n)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range units {
		m := &member{unit: u}
		c.members = append(c.members, m)
		c.watching.Go(func() { c.watch(m) })
	}
	return c.writeState()
}

// Scale makes the number of engines n: more are started, the youngest are stopped.
func (c *Cluster) Scale(ctx context.Context, n int) error {
	if n < 0 {
		return fmt.Errorf("cluster: %d engines: want a number from 0", n)
	}
	have := c.Engines()
	if n > have {
		return c.Add(ctx, n-have)
	}
	c.mu.Lock()
	var out []unit
	for i := len(c.members) - 1; i >= 0 && have > n; i-- {
		m := c.members[i]
		if m.lost {
			continue
		}
		if have-m.unit.size() < n {
			c.mu.Unlock()
			return fmt.Errorf("cluster: %s has %d engines that start and end as one: %d engines cannot be had by stopping some", m.unit.label(), m.unit.size(), n)
		}
		m.left = true
		have -= m.unit.size()
		out = append(out, m.unit)
		c.members = slices.Delete(c.members, i, i+1)
	}
	err := c.writeState()
	c.mu.Unlock()
	stopAll(out, c.o.Grace)
	return err
}

// RestartEngines stops all engines and starts as many.
func (c *Cluster) RestartEngines(ctx context.Context) error {
	n := c.Engines()
	if err := c.Scale(ctx, 0); err != nil {
		return err
	}
	return c.Add(ctx, n)
}

// Signal sends a signal to all engines.
func (c *Cluster) Signal(ctx context.Context, s syscall.Signal) error {
	var failed error
	for _, u := range c.units() {
		failed = errors.Join(failed, u.signal(ctx, s))
	}
	return failed
}

// units gives the units of engines that have not ended for good.
func (c *Cluster) units() []unit {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []unit
	for _, m := range c.members {
		if !m.lost {
			out = append(out, m.unit)
		}
	}
	return out
}

// Engines is how many engines there are, or are being started again.
func (c *Cluster) Engines() int {
	n := 0
	for _, u := range c.units() {
		n += u.size()
	}
	return n
}

// Pids gives the process ids of the engines that run on this machine, in the order of their start.
func (c *Cluster) Pids() []int {
	var out []int
	for _, u := range c.units() {
		select {
		case <-u.done():
		default:
			if u.id() > 0 {
				out = append(out, u.id())
			}
		}
	}
	return out
}

// ClientFile is the connection file for clients.
func (c *Cluster) ClientFile() string { return ClientFile(c.o.Profile, c.o.ID) }

// Gone is closed when the controller has ended for good.
func (c *Cluster) Gone() <-chan struct{} { return c.gone }

// Alive says whether the controller runs, or is being started again.
func (c *Cluster) Alive() bool {
	select {
	case <-c.gone:
		return false
	default:
		return true
	}
}

// Endings gives what ended, oldest first.
func (c *Cluster) Endings() []Ending {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.endings)
}

// Stop ends engines and controller; when it returns none of them runs.
func (c *Cluster) Stop() {
	c.cancel()
	c.mu.Lock()
	var units []unit
	for _, m := range append(slices.Clip(c.members), c.controller) {
		m.left = true
		units = append(units, m.unit)
	}
	c.mu.Unlock()
	stopAll(units, c.o.Grace)
	c.watching.Wait()
	removeState(c.o.Profile, c.o.ID)
	if !c.o.Detached { // its id is never used again, and whoever wanted to know was told
		_ = os.Remove(c.o.log("controller"))
		for i := range c.named {
			_ = os.Remove(c.o.log("engine-" + strconv.Itoa(i+1)))
		}
	}
}
