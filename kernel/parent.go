package kernel

import (
	"context"
	"os"
	"syscall"
	"time"
)

// parentEvery is how often a parent is looked for.
const parentEvery = time.Second

// WatchParent shuts the kernel down when the process that started it is gone; pid is what JPY_PARENT_PID names. It returns when
// ctx ends or the kernel does. When pid is our parent, the kernel ends with a change of parent; when it is another process (a
// wrapper stands between), with that process; when there is no such process (another namespace of processes), when init has
// taken us over.
func (k *Kernel) WatchParent(ctx context.Context, pid int) {
	gone := parentWatch(pid, os.Getppid, alive)
	tick := time.NewTicker(parentEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.ctx.Done():
			return
		case <-tick.C:
			if gone() {
				k.log.Info("the parent is gone", "pid", pid)
				k.Shutdown()
				return
			}
		}
	}
}

// parentWatch gives a function that says whether the parent is gone.
func parentWatch(pid int, getppid func() int, alive func(int) bool) func() bool {
	first := getppid()
	switch {
	case pid <= 1 || pid != first && !alive(pid):
		return func() bool { return first != 1 && getppid() == 1 }
	case pid == first:
		return func() bool { return getppid() != first }
	}
	return func() bool { return !alive(pid) }
}

// alive says whether a process exists.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM
}
