package cluster

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// remote is the engines that were started together on one host, and the connection that watches them.
type remote struct {
	l       SSH
	o       *Options
	host    string
	folder  string // where the host keeps pids, exit statuses and logs; a word for its shell
	engines []*remoteEngine

	mu     sync.Mutex
	cancel context.CancelFunc // ends the connection that watches
}

// remoteEngine is an engine process on another machine.
type remoteEngine struct {
	group *remote
	name  string
	pid   int
	over  chan struct{}

	mu    sync.Mutex
	asked bool
	end   Ending
}

func (g *remote) units() []unit {
	var out []unit
	for _, e := range g.engines {
		out = append(out, e)
	}
	return out
}

func (g *remote) start() { go g.watch() }

// watch holds a connection that tells what has ended, and makes it anew when it is cut, until no engine is left.
func (g *remote) watch() {
	lost := time.Now()
	for {
		left := g.left()
		if len(left) == 0 {
			return
		}
		if g.connection(left) {
			lost = time.Now()
		}
		if time.Since(lost) > g.l.patience() {
			for _, e := range g.left() {
				e.close(func(end *Ending) { end.Cause = "the machine cannot be reached" })
			}
			return
		}
		time.Sleep(time.Second) // a host that is away is not asked more often
	}
}

// cut ends the connection that watches; another is tried.
func (g *remote) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cancel != nil {
		g.cancel()
	}
}

// left gives the engines that have not ended.
func (g *remote) left() []*remoteEngine {
	return slices.DeleteFunc(slices.Clone(g.engines), (*remoteEngine).closed)
}

// connection watches engines over one ssh connection until it ends, and says whether the host ever answered.
func (g *remote) connection(left []*remoteEngine) (answered bool) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g.mu.Lock()
	g.cancel = cancel
	g.mu.Unlock()
	names := make([]string, len(left))
	for i, e := range left {
		names[i] = e.name
	}
	ssh := g.l.ssh()
	script := "folder=" + g.folder + " names=" + quote(strings.Join(names, " ")) + "\n" + watchScript
	cmd := exec.CommandContext(ctx, ssh[0], append(slices.Clone(ssh[1:]),
		"-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2", g.host, "--", script)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return false
	}
	defer func() { _ = stdin.Close() }() // tells the watcher there to end
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return false
	}
	defer func() { _ = cmd.Wait() }() // how ssh ended says nothing that its silence has not said
	defer cancel()
	go func() { // when all are stopped from here, there is nothing to watch
		for _, e := range left {
			select {
			case <-e.over:
			case <-ctx.Done():
				return
			}
		}
		cancel()
	}()
	return g.read(out)
}

// read takes what the watcher says.
func (g *remote) read(r io.Reader) (answered bool) {
	var now *remoteEngine
	var status string
	var tail []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		answered = true
		line := lines.Text()
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, " ") && now != nil && len(tail) < tailLines:
			tail = append(tail, line[1:])
		case len(words) == 3 && words[0] == "end":
			now, status, tail = g.engine(words[1]), words[2], nil
		case len(words) == 2 && words[0] == "over" && now != nil:
			now.close(func(end *Ending) {
				end.Tail = tail
				end.exited(status)
			})
			now = nil
		}
	}
	return answered
}

// exited reads an exit status as a shell gives it.
func (e *Ending) exited(status string) {
	n, err := strconv.Atoi(status)
	switch {
	case err != nil:
		e.Cause = "the process is gone, and nobody saw how it ended: was the machine started anew?"
	case n > 128:
		e.Signal = signalName(syscall.Signal(n - 128))
	default:
		e.Exit = n
		e.Asked = e.Asked || n == 0
	}
}

func (g *remote) engine(name string) *remoteEngine {
	for _, e := range g.engines {
		if e.name == name {
			return e
		}
	}
	return nil
}

func (e *remoteEngine) label() string         { return e.name }
func (e *remoteEngine) size() int             { return 1 }
func (e *remoteEngine) where() string         { return e.group.host }
func (e *remoteEngine) id() int               { return e.pid }
func (e *remoteEngine) done() <-chan struct{} { return e.over }

func (e *remoteEngine) ending() Ending {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.end
}

func (e *remoteEngine) closed() bool {
	select {
	case <-e.over:
		return true
	default:
		return false
	}
}

// close says that the engine has ended, once.
func (e *remoteEngine) close(how func(*Ending)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed() {
		return
	}
	e.end = Ending{Name: e.name, Where: e.group.host, Time: time.Now(), Asked: e.asked}
	how(&e.end)
	close(e.over)
}

func (e *remoteEngine) signal(ctx context.Context, s syscall.Signal) error {
	_, err := e.group.l.run(ctx, e.group.host, fmt.Sprintf("kill -%d %d", int(s), e.pid), nil)
	return err
}

// stop ends the engine. A machine that cannot be reached keeps it, until it misses its controller.
func (e *remoteEngine) stop(grace time.Duration) {
	e.mu.Lock()
	e.asked = true
	e.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), grace+remotePatience)
	defer cancel()
	script := fmt.Sprintf("folder=%s name=%s grace=%d\n%s", e.group.folder, quote(e.name), max(1, int(grace.Seconds())), stopScript)
	if _, err := e.group.l.run(ctx, e.group.host, script, nil); err != nil {
		e.group.o.Log.Warn("an engine may still run", "engine", e.name, "host", e.group.host, "error", err)
	}
	e.close(func(end *Ending) { end.Cause = "stopped" })
}
