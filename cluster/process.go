package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Environment of a started process: numbers of inherited file descriptors.
const (
	ReadyFD    = "GALE_READY_FD"    // write one line here when serving or registered
	LifelineFD = "GALE_LIFELINE_FD" // end of file here means: the starter is gone, end
)

// command is a process to start.
type command struct {
	name    string
	engines int
	program string // "" is the gale program
	args    []string
	env     []string
}

// process is one started program on this machine.
type process struct {
	name    string
	engines int
	cmd     *exec.Cmd
	ready   chan string // one line, or closed without one
	over    chan struct{}
	life    *os.File // our end of its lifeline
	oom     int      // kills for want of memory before it was started

	mu    sync.Mutex
	asked bool
	end   Ending
}

// start runs a command. When the cluster is not detached, the process ends with this one.
func start(o *Options, c command) (*process, error) {
	p := &process{name: c.name, engines: c.engines, ready: make(chan string, 1), over: make(chan struct{}), oom: oomKills()}
	readyR, readyW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("cluster: starting %s: %w", c.name, err)
	}
	defer closeQuietly(readyW)
	program := c.program
	if program == "" {
		program = o.Program
	}
	// The command is not bound to a context: a cluster outlives the call that starts it.
	p.cmd = exec.CommandContext(context.WithoutCancel(context.Background()), program, c.args...)
	if c.program == "" {
		p.cmd.Args[0] = "gale" // what a list of processes shows
	}
	p.cmd.Env = append(append(append(os.Environ(), o.Env...), c.env...), ReadyFD+"=3")
	p.cmd.ExtraFiles = []*os.File{readyW}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if !o.Detached {
		var lifeR *os.File
		if lifeR, p.life, err = os.Pipe(); err != nil {
			return nil, errors.Join(fmt.Errorf("cluster: starting %s: %w", c.name, err), readyR.Close())
		}
		defer closeQuietly(lifeR)
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, lifeR)
		p.cmd.Env = append(p.cmd.Env, LifelineFD+"=4")
	}
	logTo, err := o.output(c.name)
	if err != nil {
		return nil, errors.Join(err, readyR.Close())
	}
	defer closeQuietly(logTo)
	p.cmd.Stdout, p.cmd.Stderr = logTo, logTo
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("cluster: starting %s: %w", c.name, err), readyR.Close())
	}
	go p.awaitReady(readyR)
	go p.wait(logTo.Name())
	return p, nil
}

// awaitReady passes on the line by which the process says that it is ready.
func (p *process) awaitReady(r *os.File) {
	defer closeQuietly(r)
	line, err := bufio.NewReader(r).ReadString('\n')
	if err == nil {
		p.ready <- strings.TrimSpace(line)
	}
	close(p.ready)
}

// wait collects the process's end and the last lines of its log.
func (p *process) wait(log string) {
	err := p.cmd.Wait()
	end := Ending{Name: p.name, Time: time.Now(), Tail: lastLines(log, tailLines)}
	end.died(err)
	p.mu.Lock()
	end.Asked = p.asked || end.Signal == "" && end.Cause == "" && end.Exit == 0
	end.Memory = !p.asked && end.Signal == "SIGKILL" && oomKills() > p.oom
	p.end = end
	p.mu.Unlock()
	if p.life != nil {
		closeQuietly(p.life)
	}
	close(p.over)
}

// await waits until the process is ready.
func (p *process) await(ctx context.Context) error {
	select {
	case _, ok := <-p.ready:
		if ok {
			return nil
		}
		select { // the pipe closed without a word: the process is ending
		case <-p.over:
			return p.ending()
		case <-ctx.Done():
			return fmt.Errorf("cluster: waiting for %s: %w", p.name, ctx.Err())
		}
	case <-ctx.Done():
		return fmt.Errorf("cluster: waiting for %s: %w", p.name, ctx.Err())
	}
}

func (p *process) label() string         { return p.name }
func (p *process) size() int             { return p.engines }
func (p *process) where() string         { return "" }
func (p *process) id() int               { return p.cmd.Process.Pid }
func (p *process) done() <-chan struct{} { return p.over }

func (p *process) ending() Ending {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.end
}

func (p *process) signal(_ context.Context, s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("cluster: sending %s to %s: %w", signalName(s), p.name, err)
	}
	return nil
}

// stop asks the process to end, and kills it when it has not within the grace.
func (p *process) stop(grace time.Duration) {
	p.mu.Lock()
	p.asked = true
	p.mu.Unlock()
	signalPid(p.cmd.Process.Pid, syscall.SIGTERM)
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-p.over:
	case <-t.C:
		signalPid(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.over
	}
}

// stopAll ends units side by side.
func stopAll(units []unit, grace time.Duration) {
	var all sync.WaitGroup
	for _, u := range units {
		all.Go(func() { u.stop(grace) })
	}
	all.Wait()
}

// signalPid sends a signal; a process that is gone already needs none.
func signalPid(pid int, s syscall.Signal) { _ = syscall.Kill(pid, s) }

// closeQuietly closes a file of which nothing more is wanted.
func closeQuietly(f *os.File) { _ = f.Close() }
