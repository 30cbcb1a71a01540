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

// tailLines is how many last lines of a process's output its report keeps.
const tailLines = 20

// process is one started program and what it last said.
type process struct {
	name  string
	cmd   *exec.Cmd
	ready chan string   // one line, or closed without one
	done  chan struct{} // closed when the process has ended
	life  *os.File      // our end of its lifeline

	mu   sync.Mutex
	tail []string
	err  error
}

// start runs the program with arguments. When owned, it ends with this process.
func start(o *Options, name string, owned bool, args ...string) (*process, error) {
	p := &process{name: name, ready: make(chan string, 1), done: make(chan struct{})}
	readyR, readyW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("cluster: starting %s: %w", name, err)
	}
	defer closeQuietly(readyW)
	// The command is not bound to a context: a cluster outlives the call that starts it.
	p.cmd = exec.CommandContext(context.WithoutCancel(context.Background()), o.Program, args...)
	p.cmd.Args[0] = "gale" // what a list of processes shows
	p.cmd.Env = append(append(os.Environ(), o.Env...), ReadyFD+"=3")
	p.cmd.ExtraFiles = []*os.File{readyW}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var lifeR *os.File
	if owned {
		if lifeR, p.life, err = os.Pipe(); err != nil {
			return nil, errors.Join(fmt.Errorf("cluster: starting %s: %w", name, err), readyR.Close())
		}
		defer closeQuietly(lifeR)
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, lifeR)
		p.cmd.Env = append(p.cmd.Env, LifelineFD+"=4")
	}
	logTo, err := o.output(name)
	if err != nil {
		return nil, errors.Join(err, readyR.Close())
	}
	defer closeQuietly(logTo)
	p.cmd.Stdout, p.cmd.Stderr = logTo, logTo
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("cluster: starting %s: %w", name, err), readyR.Close())
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
	p.mu.Lock()
	p.err = err
	p.tail = lastLines(log, tailLines)
	p.mu.Unlock()
	if p.life != nil {
		closeQuietly(p.life)
	}
	close(p.done)
}

// lastLines gives the last n lines of a file, as far as it can be read.
func lastLines(name string, n int) []string {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return lines[max(0, len(lines)-n):]
}

// await waits until the process is ready.
func (p *process) await(ctx context.Context) error {
	select {
	case _, ok := <-p.ready:
		if ok {
			return nil
		}
		select { // the pipe closed without a word: the process is ending
		case <-p.done:
			return p.report()
		case <-ctx.Done():
			return fmt.Errorf("cluster: waiting for %s: %w", p.name, ctx.Err())
		}
	case <-ctx.Done():
		return fmt.Errorf("cluster: waiting for %s: %w", p.name, ctx.Err())
	}
}

// report says how the process ended; call it after done.
func (p *process) report() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	how := "ended"
	if p.err != nil {
		how = p.err.Error()
	}
	if len(p.tail) == 0 {
		return fmt.Errorf("cluster: %s: %s", p.name, how)
	}
	return fmt.Errorf("cluster: %s: %s; its last lines:\n%s", p.name, how, strings.Join(p.tail, "\n"))
}

// stop asks the process to end, and kills it when it has not within the grace.
func (p *process) stop(grace time.Duration) {
	signalPid(p.cmd.Process.Pid, syscall.SIGTERM)
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-p.done:
	case <-t.C:
		signalPid(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
}

// signalPid sends a signal; a process that is gone already needs none.
func signalPid(pid int, s syscall.Signal) { _ = syscall.Kill(pid, s) }

// closeQuietly closes a file of which nothing more is wanted.
func closeQuietly(f *os.File) { _ = f.Close() }
