package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/galeproject/gale/wire"
)

const sigterm = syscall.SIGTERM

// contender is a controller to measure.
type contender struct {
	name    string
	command []string
	tasks   int
}

// burst is the outcome of a number of tasks: tasks a second, and µs of the controller's processor time a task.
type burst struct{ rate, cpu float64 }

// round is what one start of a controller gave.
type round struct {
	balanced, window, single, direct burst
	registered                       float64 // seconds
}

// profile writes a profile of the processor until it is stopped; without a name it does nothing.
func profile(name string) (stop func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "hub:", err)
		}
	}, nil
}

// round starts a controller and engines, measures, and ends them.
func (c contender) round(p plan) (r round, err error) {
	dir, err := os.MkdirTemp("", "bench-hub-")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.command[0], append(c.command[1:], "--profile-dir="+dir, "--log-level=50", "--ping=1000")...)
	cmd.Cancel = func() error { return cmd.Process.Signal(sigterm) }
	if err := cmd.Start(); err != nil {
		return r, err
	}
	defer func() {
		cancel()
		_ = cmd.Wait() // it was ended by a signal
	}()
	clientFile, engineFile, err := connectionFiles(ctx, dir)
	if err != nil {
		return r, err
	}
	l, err := newLoad(clientFile)
	if err != nil {
		return r, err
	}
	defer l.close()
	began := time.Now()
	for range p.engines {
		e, err := newEngine(ctx, engineFile)
		if err != nil {
			return r, err
		}
		defer e.close()
	}
	if err := l.waitFor(ctx, p.engines); err != nil {
		return r, err
	}
	r.registered = time.Since(began).Seconds()
	for _, b := range []struct {
		out           *burst
		direct        bool
		tasks, window int
	}{
		{&r.balanced, false, c.tasks, c.tasks},
		{&r.window, false, c.tasks, 64},
		{&r.single, false, min(c.tasks/10, 1000), 1},
		{&r.direct, true, c.tasks, c.tasks},
	} {
		if *b.out, err = l.burst(ctx, cmd.Process.Pid, b.direct, b.tasks, b.window); err != nil {
			return r, err
		}
	}
	return r, nil
}

// connectionFiles waits for the files that the controller writes.
func connectionFiles(ctx context.Context, dir string) (client, engine *wire.ClusterFile, err error) {
	path := func(side string) string {
		return filepath.Join(dir, "security", "ipcontroller-"+side+".json")
	}
	for {
		client, err1 := wire.ReadClusterFile(path("client"))
		engine, err2 := wire.ReadClusterFile(path("engine"))
		if err1 == nil && err2 == nil {
			return client, engine, nil
		}
		select {
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("waiting for the connection files: %w", errors.Join(err1, err2))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// settled waits until the processes of a controller have nothing left to do, and gives the processor time that they took.
func settled(ctx context.Context, pid int) time.Duration {
	const pause, idle = 200 * time.Millisecond, 20 * time.Millisecond
	last := processorTime(pid)
	for {
		select {
		case <-ctx.Done():
			return last
		case <-time.After(pause):
		}
		now := processorTime(pid)
		if now-last < idle {
			return now
		}
		last = now
	}
}

// processorTime is that of a process and its children.
func processorTime(pid int) time.Duration {
	sum := time.Duration(0)
	for _, p := range family(pid) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
		if err != nil {
			continue // it has ended
		}
		f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		for _, s := range f[11:13] {
			n, err := strconv.Atoi(s)
			if err == nil {
				sum += time.Duration(n) * 10 * time.Millisecond
			}
		}
	}
	return sum
}

func family(pid int) []int {
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", all[i]))
		if err != nil {
			continue
		}
		for _, t := range tasks {
			text, err := os.ReadFile(t)
			if err != nil {
				continue
			}
			for w := range strings.FieldsSeq(string(text)) {
				if n, err := strconv.Atoi(w); err == nil {
					all = append(all, n)
				}
			}
		}
	}
	return all
}
