package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// dask is the scheduler of dask that runs beside the controller when a client asked for one.
type dask struct {
	address string // "" until it has started
	waiting []question
}

// becomeDask starts a scheduler of dask, or tells where it is.
func (q *question) becomeDask() {
	var c struct {
		Args map[string]any `json:"scheduler_args"`
	}
	if err := q.m.Content(&c); err != nil {
		q.fail("become_dask_reply", "ValueError", err.Error())
		return
	}
	s := q.s
	switch {
	case s.dask == nil:
		s.dask = &dask{waiting: []question{*q}}
		var args []string
		for _, name := range []string{"host", "port"} {
			if v, ok := c.Args[name]; ok {
				args = append(args, "--"+name+"="+fmt.Sprint(v))
			}
		}
		if ip, ok := c.Args["ip"]; ok {
			args = append(args, "--host="+fmt.Sprint(ip))
		}
		s.do(effect{kind: startDask, args: args})
	case s.dask.address == "":
		s.dask.waiting = append(s.dask.waiting, *q)
	default:
		q.daskIs(s.dask.address)
	}
}

// daskStarted answers those who wait for the scheduler.
func (s *shell) daskStarted(address string, err error) {
	d := s.dask
	if d == nil {
		return
	}
	if err != nil {
		s.dask = nil
	} else {
		d.address = address
	}
	for _, q := range d.waiting {
		if err != nil {
			q.fail("become_dask_reply", "RuntimeError", err.Error())
		} else {
			q.daskIs(address)
		}
	}
	d.waiting = nil
}

func (q *question) daskIs(address string) {
	content := map[string]any{"status": "ok", "address": address, "ip": nil, "port": nil}
	if u, err := url.Parse(address); err == nil {
		content["ip"] = u.Hostname()
		if port, err := strconv.Atoi(u.Port()); err == nil {
			content["port"] = port
		}
	}
	q.answer("become_dask_reply", content)
}

func (q *question) stopDask() {
	if q.s.dask != nil {
		q.s.dask = nil
		q.s.do(effect{kind: endDask})
	}
	q.answer("stop_distributed_reply", map[string]any{"status": "ok"})
}

// daskResult is how a start went.
type daskResult struct {
	address string
	err     error
}

// daskTime is how long the scheduler may take to start, and daskEnd to end when it is told to.
const (
	daskTime = time.Minute
	daskEnd  = 3 * time.Second
)

// runDask runs a scheduler until ctx ends, and tells once on started how the start went.
func runDask(ctx context.Context, args []string, started chan<- daskResult) {
	address, err := daskScheduler(ctx, args, func(address string) {
		select {
		case started <- daskResult{address: address}:
		case <-ctx.Done():
		}
	})
	if address != "" {
		return
	}
	select {
	case started <- daskResult{err: err}:
	case <-ctx.Done():
	}
}

// daskScheduler starts the program and calls up with its address when it has one; it returns when the program has ended.
func daskScheduler(ctx context.Context, args []string, up func(string)) (address string, err error) {
	command := []string{"dask", "scheduler"}
	if _, err := exec.LookPath(command[0]); err != nil {
		command = []string{"dask-scheduler"}
		if _, err := exec.LookPath(command[0]); err != nil {
			return "", fmt.Errorf("controller: starting dask: neither dask nor dask-scheduler is in PATH")
		}
	}
	dir, err := os.MkdirTemp("", "gale-dask-")
	if err != nil {
		return "", fmt.Errorf("controller: starting dask: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "scheduler.json")
	args = append([]string{"--scheduler-file=" + file, "--no-dashboard", "--port=0"}, args...)
	cmd := exec.CommandContext(ctx, command[0], append(command[1:], args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = daskEnd
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("controller: starting dask: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	late := time.After(daskTime)
	for address == "" {
		select {
		case err := <-ended:
			return "", fmt.Errorf("controller: dask ended at once: %w", err)
		case <-late:
			return "", errors.Join(fmt.Errorf("controller: dask did not start within %v", daskTime), cmd.Process.Kill(), <-ended)
		case <-time.After(20 * time.Millisecond):
			address = daskAddress(file)
		}
	}
	up(address)
	return address, <-ended
}

// daskAddress reads the address that the scheduler wrote, "" while there is none.
func daskAddress(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	var c struct {
		Address string `json:"address"`
	}
	if json.Unmarshal(text, &c) != nil {
		return ""
	}
	return c.Address
}
