package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"github.com/galeproject/gale/internal/stream"
	"github.com/galeproject/gale/internal/temp"
	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// life is one child process with its sockets and pipes.
type life struct {
	o       *Options
	log     *slog.Logger
	folder  *temp.Folder // of the sockets, the file, and what the child needs for a moment
	session *wire.Session
	output  *stream.Collector
	pid     int
	guard   chan *guard // holds the guardian, nil if there is none

	shell, control, iopub, host *zmtp.Socket

	ctx    context.Context // ends with the child
	cancel context.CancelFunc
	exited chan struct{} // closed when the process is gone
	ended  chan struct{} // closed when everything of it is gone and all requests were answered
	status error         // of the process; read after exited
	asked  chan *request // requests on their way to the loop

	mu     sync.Mutex
	why    string // it was killed by us
	tail   tail
	closed error // of sockets and files; read after ended
	lefts  map[wire.MsgID]chan int
}

// begin starts a child.
func begin(o *Options) (_ *life, err error) {
	l := &life{
		o: o, log: o.Log, output: stream.NewCollector(), session: wire.NewSession(wire.Options{Key: []byte(wire.NewID())}),
		exited: make(chan struct{}), ended: make(chan struct{}), asked: make(chan *request), guard: make(chan *guard, 1), lefts: map[wire.MsgID]chan int{},
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			l.cancel()
			err = fmt.Errorf("worker: starting a namespace: %w", errors.Join(err, l.release()))
		}
	}()
	if l.folder, err = temp.New("", "gale-n-"); err != nil {
		return nil, err
	}
	file, err := l.bind()
	if err != nil {
		return nil, err
	}
	if err := l.start(file); err != nil {
		return nil, err
	}
	go l.loop()
	return l, nil
}

// bind opens the sockets and writes the file by which the child finds them.
func (l *life) bind() (file string, err error) {
	p := wire.Private{Key: string(l.session.Key())}
	for _, s := range []struct {
		to   **zmtp.Socket
		typ  zmtp.Type
		name string
		ep   *string
	}{
		{&l.shell, zmtp.Dealer, "shell", &p.Shell},
		{&l.control, zmtp.Dealer, "control", &p.Control},
		{&l.iopub, zmtp.Sub, "iopub", &p.IOPub},
		{&l.host, zmtp.Router, "host", &p.Host},
	} {
		if *s.to, err = zmtp.New(s.typ, zmtp.Options{Logger: l.log}); err != nil {
			return "", err
		}
		if *s.ep, err = (*s.to).Bind("ipc://" + filepath.Join(l.folder.Path(), s.name)); err != nil {
			return "", err
		}
	}
	l.iopub.Subscribe("")
	file = filepath.Join(l.folder.Path(), "connection.json")
	return file, wire.WriteFile(file, p)
}

// start starts the process. It must die when this process dies, and the system ties that to the thread that started it: so a thread is kept
// for it until it has ended.
func (l *life) start(file string) error {
	command := l.o.Command
	if len(command) == 0 {
		command = []string{"/proc/self/exe", "engine"}
	}
	cmd := exec.CommandContext(context.WithoutCancel(l.ctx), command[0], append(command[1:len(command):len(command)], "--private", file)...)
	cmd.Dir = l.o.Dir
	mark := l.folder.Path()
	cmd.Env = append(append(os.Environ(), l.o.Env...), markEnv+"="+mark)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	stdout, err := l.output.Pipe("stdout")
	if err != nil {
		return err
	}
	defer closeFile(stdout, l.log)
	stderr, err := l.output.Pipe("stderr")
	if err != nil {
		return err
	}
	defer closeFile(stderr, l.log)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		l.status = cmd.Wait()
		sweep(cmd.Process.Pid, mark)
		close(l.exited)
	}()
	if err := <-started; err != nil {
		return err
	}
	l.pid = cmd.Process.Pid
	go func() {
		g, err := startGuard(l.pid, mark)
		if err != nil {
			l.log.Warn("nobody will clear up behind this process if it is killed", "error", err)
			g = nil
		}
		l.guard <- g
	}()
	return nil
}

func closeFile(f *os.File, log *slog.Logger) {
	if err := f.Close(); err != nil {
		log.Warn("a file was not closed", "error", err)
	}
}

// kill ends the process and its group, for a reason that requests will hear.
func (l *life) kill(why string) {
	l.mu.Lock()
	if l.why == "" {
		l.why = why
	}
	l.mu.Unlock()
	select {
	case <-l.exited: // its number may be another's by now
	default:
		_ = syscall.Kill(-l.pid, syscall.SIGKILL) // gone in this moment: as well
	}
}

// how says how the process ended.
func (l *life) how() string {
	l.mu.Lock()
	why := l.why
	l.mu.Unlock()
	if why != "" {
		return why
	}
	<-l.exited
	var e *exec.ExitError
	if !errors.As(l.status, &e) {
		if l.status != nil {
			return l.status.Error()
		}
		return "exit status 0"
	}
	l.mu.Lock()
	said := l.tail.fatal
	l.mu.Unlock()
	if strings.Contains(said, "out of memory") || strings.Contains(said, "cannot allocate memory") {
		return said + "; GALE_MEMORY sets how much it may use"
	}
	if said != "" {
		return said
	}
	if s, ok := e.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		text := fmt.Sprintf("killed by signal %d, %s", s.Signal(), s.Signal())
		if s.Signal() == syscall.SIGKILL {
			text += "; perhaps memory ran out"
		}
		return text
	}
	return e.Error()
}

// release frees what the life holds: sockets, pipes, files.
func (l *life) release() error {
	var errs []error
	for _, s := range []*zmtp.Socket{l.shell, l.control, l.iopub, l.host} {
		if s != nil {
			errs = append(errs, s.Close(0))
		}
	}
	errs = append(errs, l.output.Close())
	if l.pid != 0 {
		(<-l.guard).dismiss()
	}
	if l.folder != nil {
		errs = append(errs, l.folder.Close())
	}
	return errors.Join(errs...)
}

func (l *life) err() error {
	<-l.ended
	return l.closed
}

// maxTail bounds the last words of a child: lines, and bytes of a line.
const (
	maxTail = 20
	maxLine = 1000
)

// tail keeps the last lines of a text.
type tail struct {
	lines []string
	open  string
	fatal string // the last line by which Go's runtime says what ends a process
}

func (t *tail) add(text string) {
	parts := strings.Split(t.open+text, "\n")
	for i, p := range parts {
		parts[i] = p[:min(len(p), maxLine)]
		if strings.HasPrefix(p, "panic: ") || strings.HasPrefix(p, "fatal error: ") {
			t.fatal = parts[i]
		}
	}
	t.open = parts[len(parts)-1]
	t.lines = append(t.lines, parts[:len(parts)-1]...)
	if k := len(t.lines) - maxTail; k > 0 {
		t.lines = append([]string(nil), t.lines[k:]...)
	}
}

// lastWords gives the last lines of stderr.
func (l *life) lastWords() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := append([]string(nil), l.tail.lines...)
	if l.tail.open != "" {
		out = append(out, l.tail.open)
	}
	return out[max(0, len(out)-maxTail):]
}
