package kernel

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// Options of a kernel. Connection, Compiler and Evaluator are needed.
type Options struct {
	Connection *wire.KernelFile
	Compiler   Compiler
	Evaluator  Evaluator
	Cluster    Cluster        // nil: %px says that there are no engines
	History    History        // nil: nothing is remembered
	Branch     func() History // begins another session of it, for a subshell; nil: they share the first
	Log        *slog.Logger
	Version    string // of the program
	GoVersion  string // of the language; "" takes that of the program
	// OwnsProcess says that the kernel is the only user of its process, so that %cd and %env change the process's own directory
	// and environment, which new namespaces inherit.
	OwnsProcess bool
}

// Kernel serves one connection file. Make one with [New].
type Kernel struct {
	o       Options
	log     *slog.Logger
	session *wire.Session
	hash    func() hash.Hash // of signatures
	pub     *publisher
	main    *subshell
	comms   comms

	shell, control, stdin, iopub, heartbeat *zmtp.Socket

	ctx    context.Context // ends when the kernel does
	stop   context.CancelFunc
	first  sync.Once // the status "starting"
	inputs inputs

	shells    sync.WaitGroup // of the subshells and comms that are at work
	compiling sync.Mutex     // held from Compile to Commit
	lastUsage lastUsage
	debugger  debugger

	mu        sync.Mutex
	trials    map[string]bool      // tests and benchmarks of cells
	px        pxOptions            // that every %px has
	autopx    bool                 // cells run on engines
	subshells map[string]*subshell // but for main

	magics map[string]magic // read only
	shown  []string         // what help lists, in order
}

// running is something at work that an interrupt stops.
type running struct {
	cell        *cell // nil: a comm's message
	cancel      context.CancelFunc
	interrupted bool
}

// New binds the sockets of a connection file; a port of zero is chosen by the system, see [Kernel.Connection]. The kernel answers once
// [Kernel.Serve] runs.
func New(o Options) (*Kernel, error) {
	k, err := newKernel(o)
	if err != nil {
		return nil, err
	}
	if err := k.bind(); err != nil {
		k.stop()
		k.close(0)
		return nil, err
	}
	return k, nil
}

// newKernel makes a kernel without sockets.
func newKernel(o Options) (*Kernel, error) {
	if o.Connection == nil || o.Compiler == nil || o.Evaluator == nil {
		return nil, errors.New("kernel: starting: connection, compiler and evaluator are needed")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.GoVersion == "" {
		o.GoVersion = runtime.Version()
	}
	k := &Kernel{o: o, log: o.Log, subshells: map[string]*subshell{}}
	k.main = k.newSubshell("")
	k.comms.open = map[string]*comm{}
	k.comms.working = map[*running]bool{}
	var err error
	if k.hash, err = wire.SchemeHash(o.Connection.Scheme); err != nil {
		return nil, fmt.Errorf("kernel: starting: %w", err)
	}
	k.session = wire.NewSession(wire.Options{Key: []byte(o.Connection.Key), Hash: k.hash})
	k.ctx, k.stop = context.WithCancel(context.Background())
	k.magics, k.shown = k.allMagics()
	return k, nil
}

// ID is the session of this kernel, which clients know a restart by.
func (k *Kernel) ID() string { return k.session.ID() }

// bind makes and binds the five sockets.
func (k *Kernel) bind() error {
	f := *k.o.Connection // a copy: ports that were zero are filled in
	k.o.Connection = &f
	curve, err := zmtp.CurveServer(f.CurvePublic, f.CurveSecret)
	if err != nil {
		return fmt.Errorf("kernel: keys of the connection file: %w", err)
	}
	router := zmtp.Options{Handover: true, Logger: k.log, Curve: curve}
	sockets := []struct {
		name string
		at   **zmtp.Socket
		typ  zmtp.Type
		o    zmtp.Options
		port *wire.Port
	}{
		{"shell", &k.shell, zmtp.Router, router, &f.Shell},
		{"control", &k.control, zmtp.Router, router, &f.Control},
		{"stdin", &k.stdin, zmtp.Router, router, &f.Stdin},
		{"iopub", &k.iopub, zmtp.XPub, zmtp.Options{QueueMsgs: 1 << 22, QueueBytes: hardBytes, Logger: k.log, Curve: curve, Welcome: k.welcome, OnEvent: k.subscribed}, &f.IOPub},
		{"heartbeat", &k.heartbeat, zmtp.Rep, zmtp.Options{Reply: echo, Logger: k.log, Curve: curve}, &f.Heartbeat},
	}
	for _, s := range sockets {
		socket, err := zmtp.New(s.typ, s.o)
		if err != nil {
			return fmt.Errorf("kernel: making the %s socket: %w", s.name, err)
		}
		*s.at = socket
	}
	k.pub = newPublisher(k.iopub, k.session, k.log)
	for _, s := range sockets {
		bound, err := (*s.at).Bind(f.Endpoint(*s.port))
		if err != nil {
			return fmt.Errorf("kernel: binding %s to %s: %w", s.name, f.Endpoint(*s.port), err)
		}
		if path, ipc := strings.CutPrefix(bound, "ipc://"); ipc {
			if err := os.Chmod(path, 0o600); err != nil {
				return fmt.Errorf("kernel: binding %s: %w", s.name, err)
			}
		}
		if *s.port == 0 {
			if *s.port, err = portOf(bound); err != nil {
				return fmt.Errorf("kernel: binding %s: %w", s.name, err)
			}
		}
	}
	return nil
}

// portOf gives the port that the system chose.
func portOf(endpoint string) (p wire.Port, err error) {
	err = p.UnmarshalJSON([]byte(endpoint[strings.LastIndexByte(endpoint, ':')+1:]))
	return p, err
}

// Connection is the connection file's content, with the ports that are bound.
func (k *Kernel) Connection() wire.KernelFile { return *k.o.Connection }

// welcome greets a subscription; it is called from peers' goroutines, perhaps before New has returned.
func (k *Kernel) welcome(topic string) [][]byte { return k.pub.welcome(topic) }

// subscribed publishes the status "starting" once somebody hears it.
func (k *Kernel) subscribed(e zmtp.Event) {
	if e.Kind == zmtp.Subscribed {
		k.first.Do(func() { k.pub.status(nil, "starting") })
	}
}

// Serve answers requests until a shutdown_request has been answered or ctx ends; both are a clean end and give nil. The
// evaluator is closed then, and what was published has been sent, if it could be within a second.
func (k *Kernel) Serve(ctx context.Context) error {
	var loops sync.WaitGroup
	loops.Go(func() { k.read(k.shell, k.arrived) })
	loops.Go(func() { k.read(k.control, func(r *request) { k.handle(r, k.handlerOf(r)) }) })
	loops.Go(k.readStdin)
	k.shells.Go(func() { k.serve(k.main) })
	select {
	case <-ctx.Done():
		k.stop()
	case <-k.ctx.Done():
	}
	shell := make(chan struct{})
	k.mu.Lock() // from now on none begins
	go func() {
		defer close(shell)
		k.shells.Wait()
	}()
	k.mu.Unlock()
	err := k.o.Evaluator.Close()
	select {
	case <-shell:
	case <-time.After(closeShell):
		k.log.Debug("leaving a request behind")
	}
	k.pub.flush()
	k.close(linger)
	loops.Wait()
	if err != nil {
		return fmt.Errorf("kernel: ending the namespace: %w", err)
	}
	return nil
}

// How long an end waits.
const (
	closeShell = 25 * time.Millisecond // for the cell, whose process is gone
	linger     = time.Second           // for subscribers and askers to take what they were sent
)

// close closes all sockets at once.
func (k *Kernel) close(linger time.Duration) {
	var all sync.WaitGroup
	for _, s := range []*zmtp.Socket{k.shell, k.control, k.stdin, k.iopub, k.heartbeat} {
		if s != nil {
			all.Go(func() {
				if err := s.Close(linger); err != nil {
					k.log.Debug("closing a socket", "type", s.Type(), "err", err)
				}
			})
		}
	}
	all.Wait()
}

// read takes the messages of a ROUTER, refusing what is malformed or forged.
func (k *Kernel) read(s *zmtp.Socket, to func(*request)) {
	for {
		msg, err := s.Recv(k.ctx)
		if err != nil {
			return
		}
		m, err := k.session.Parse(msg.Frames)
		if err != nil {
			k.log.Debug("refused a message", "from", msg.From.Addr, "err", err)
			continue
		}
		to(&request{Message: m, via: s, from: msg.From.ID})
	}
}

// directory is where shell commands and file magics work.
func directory() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	return dir
}
