package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"
)

// defaultGrace is how long a process may take to end after SIGTERM.
const defaultGrace = 2 * time.Second

// Options of a cluster.
type Options struct {
	Program  string   // the gale program; "" is the running one
	Profile  string   // profile folder, where connection files and logs live; "" is [DefaultProfile]
	ID       string   // cluster id, "" is the default cluster
	Engines  int      // number of engines; 0 is one per core
	Detached bool     // outlives this process
	Env      []string // additions to the environment of controller and engines
	Args     []string // additions to the controller's command line
	Grace    time.Duration
}

// DefaultProfile is the folder where ipyparallel's default profile lives, so that a Python client finds a cluster of ours:
// $IPYTHONDIR/profile_default, or ~/.ipython/profile_default.
func DefaultProfile() (string, error) {
	dir := os.Getenv("IPYTHONDIR")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("cluster: finding the profile folder: %w", err)
		}
		dir = filepath.Join(home, ".ipython")
	}
	return filepath.Join(dir, "profile_default"), nil
}

// ClientFile gives the path of the connection file for clients of a cluster.
func ClientFile(profile, id string) string { return connectionFile(profile, id, "client") }

// EngineFile gives the path of the connection file for engines of a cluster.
func EngineFile(profile, id string) string { return connectionFile(profile, id, "engine") }

func connectionFile(profile, id, who string) string {
	if id != "" {
		id = "-" + id
	}
	return filepath.Join(profile, "security", "ipcontroller"+id+"-"+who+".json")
}

func (o *Options) complete() error {
	if o.Program == "" {
		// The running program itself, even when its file has been replaced or removed since.
		o.Program = "/proc/self/exe"
		if runtime.GOOS != "linux" {
			exe, err := os.Executable()
			if err != nil {
				return fmt.Errorf("cluster: finding the program: %w", err)
			}
			o.Program = exe
		}
	}
	if o.Profile == "" {
		p, err := DefaultProfile()
		if err != nil {
			return err
		}
		o.Profile = p
	}
	if o.Engines < 0 {
		return fmt.Errorf("cluster: %d engines: want a number from 1, or 0 for one per core", o.Engines)
	}
	if o.Engines == 0 {
		o.Engines = runtime.NumCPU()
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	for _, d := range []string{"security", "log", "pid"} {
		if err := os.MkdirAll(filepath.Join(o.Profile, d), 0o700); err != nil {
			return fmt.Errorf("cluster: making the profile folder: %w", err)
		}
	}
	return nil
}

// log is the path of a process's log.
func (o *Options) log(name string) string {
	prefix := "gale"
	if o.ID != "" {
		prefix += "-" + o.ID
	}
	return filepath.Join(o.Profile, "log", prefix+"-"+name+".log")
}

// output opens the log of a process.
func (o *Options) output(name string) (*os.File, error) {
	f, err := os.OpenFile(o.log(name), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cluster: opening the log of %s: %w", name, err)
	}
	return f, nil
}

// Cluster is a controller and engines that this process started.
type Cluster struct {
	o Options

	mu         sync.Mutex
	controller *process
	engines    []*process
	started    int // engines ever started, for their names
}

// Start starts a cluster and waits until all its engines are registered. On failure nothing is left running, and the error holds
// the last lines of what failed.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	if s, err := readState(o.Profile, o.ID); err == nil && s.alive() {
		return nil, fmt.Errorf("cluster: %q is running already (controller process %d): stop it first, or choose another id", name(o.ID), s.Controller)
	}
	c := &Cluster{o: o}
	args := append([]string{"controller", "--profile-dir=" + o.Profile, "--cluster-id=" + o.ID}, o.Args...)
	p, err := start(&c.o, "controller", !o.Detached, args...)
	if err != nil {
		return nil, err
	}
	c.controller = p
	if err := p.await(ctx); err != nil {
		c.Stop()
		return nil, err
	}
	if err := c.Add(ctx, o.Engines); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

func name(id string) string {
	if id == "" {
		return "default"
	}
	return id
}

// Add starts n more engines and waits until they are registered.
func (c *Cluster) Add(ctx context.Context, n int) error {
	c.mu.Lock()
	var fresh []*process
	var failed error
	for range n {
		c.started++
		p, err := start(&c.o, "engine-"+strconv.Itoa(c.started), !c.o.Detached, "engine", "--file="+connectionFile(c.o.Profile, c.o.ID, "engine"))
		if err != nil {
			failed = err
			break
		}
		fresh = append(fresh, p)
	}
	c.engines = append(c.engines, fresh...)
	err := c.writeState()
	c.mu.Unlock()
	for _, p := range fresh {
		failed = errors.Join(failed, p.await(ctx))
	}
	return errors.Join(failed, err)
}

// writeState tells other processes about this cluster; call it with the lock held.
func (c *Cluster) writeState() error {
	s := State{ID: c.o.ID, Profile: c.o.Profile, Controller: c.controller.cmd.Process.Pid, Owner: os.Getpid(), Detached: c.o.Detached}
	for _, p := range c.engines {
		s.Engines = append(s.Engines, p.cmd.Process.Pid)
	}
	return s.write()
}

// ClientFile is the connection file for clients.
func (c *Cluster) ClientFile() string { return ClientFile(c.o.Profile, c.o.ID) }

// Pids gives the process ids of the engines that run, in the order of their start.
func (c *Cluster) Pids() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []int
	for _, p := range c.engines {
		select {
		case <-p.done:
		default:
			out = append(out, p.cmd.Process.Pid)
		}
	}
	return out
}

// Alive says whether the controller runs.
func (c *Cluster) Alive() bool {
	select {
	case <-c.controller.done:
		return false
	default:
		return true
	}
}

// Stop ends engines and controller; when it returns none of them runs.
func (c *Cluster) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all sync.WaitGroup
	for _, p := range append(slices.Clip(c.engines), c.controller) {
		if p != nil {
			all.Go(func() { p.stop(c.o.Grace) })
		}
	}
	all.Wait()
	removeState(c.o.Profile, c.o.ID)
	if !c.o.Detached { // its id is never used again, and whoever wanted to know was told
		_ = os.Remove(c.o.log("controller"))
		for i := range c.started {
			_ = os.Remove(c.o.log("engine-" + strconv.Itoa(i+1)))
		}
	}
}
