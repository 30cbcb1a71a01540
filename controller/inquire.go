package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrNoTask is returned by [Controller.Story] for a task that is not known, or not any more.
var ErrNoTask = errors.New("no such task is known")

// errOver is returned by a controller that has ended.
var errOver = errors.New("controller: it has ended")

// inquire has the loop do something with the shell.
func (c *Controller) inquire(ctx context.Context, f func(*shell)) error {
	over := make(chan struct{})
	select {
	case c.asks <- func(s *shell) { f(s); close(over) }:
		<-over // the loop does at once what it takes
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.done:
		return errOver
	}
}

// Report says how the controller is doing. Spans are those after number since; 0 means all that are remembered, and ten minutes of
// seconds instead of three.
func (c *Controller) Report(ctx context.Context, since int64) (r Report, err error) {
	if err = c.inquire(ctx, func(s *shell) { r = s.report(since) }); err != nil {
		return r, err
	}
	if info, err := os.Stat(c.o.storeFile()); err == nil && !c.o.NoStore {
		r.StoreBytes = info.Size()
	}
	return r, nil
}

// Story tells what happened to the task with an id that begins so.
func (c *Controller) Story(ctx context.Context, task string) (st Story, err error) {
	known := false
	err = c.inquire(ctx, func(s *shell) { st, known = s.tellStory(task) })
	if err == nil && !known {
		err = fmt.Errorf("controller: task %q: %w", shortened(task), ErrNoTask)
	}
	return st, err
}

// ClusterFile is where the cluster's supervisor, if there is one, says what ended; see [Ending].
func (o *Options) ClusterFile() string {
	infix := ""
	if o.ClusterID != "" {
		infix = "-" + o.ClusterID
	}
	return filepath.Join(o.ProfileDir, "security", "gale-cluster"+infix+".json")
}

// readEndings reads what the cluster's supervisor says of processes that ended.
func (o *Options) readEndings() []Ending {
	text := readBounded(o.ClusterFile())
	if text == nil {
		return nil
	}
	var c struct {
		Ended []Ending `json:"ended"`
	}
	if json.Unmarshal(text, &c) != nil {
		return nil
	}
	here, _ := os.Hostname() // without it the processes of this machine are not told from others
	for i := range c.Ended {
		c.Ended[i].How = shortened(c.Ended[i].How)
		if c.Ended[i].Host == "" {
			c.Ended[i].Host = here
		}
	}
	return c.Ended
}
