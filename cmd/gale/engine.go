package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/galeproject/gale/client"
	"github.com/galeproject/gale/cluster"
	"github.com/galeproject/gale/comm"
	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/engine"
	"github.com/galeproject/gale/internal/host"
	"github.com/galeproject/gale/internal/stream"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/namespace"
	"github.com/galeproject/gale/widget"
	"github.com/galeproject/gale/wire"
)

// engineFlags are what the engine verb is told.
type engineFlags struct {
	file, private, profile, id string
	wanted                     int
	null, mpi                  bool
	debug                      bool
}

func engineVerb() *cobra.Command {
	var f engineFlags
	c := &cobra.Command{
		Use:   "engine",
		Short: "Be an engine of a cluster",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serveEngine(cmd.Context(), f)
		},
	}
	c.Flags().StringVar(&f.file, "file", "", "connection file that the controller wrote for engines")
	c.Flags().StringVar(&f.profile, "profile-dir", "", "profile folder to look for the connection file in")
	c.Flags().StringVar(&f.id, "cluster-id", "", "cluster id")
	c.Flags().IntVar(&f.wanted, "id", -1, "engine id to ask for")
	c.Flags().BoolVar(&f.mpi, "mpi", false, "ask for the rank in an MPI job as engine id")
	c.Flags().BoolVar(&f.null, "null", false, "answer every request and run nothing, for measurements")
	c.Flags().BoolVar(&f.debug, "debug", os.Getenv(debugEnv) != "", "log everything; also set by "+debugEnv)
	c.Flags().StringVar(&f.private, "private", "", "file by which a kernel's child finds its kernel")
	_ = c.Flags().MarkHidden("private") // the flag exists
	return c
}

// serveEngine runs an engine until it is told to end, or its controller or kernel is gone.
func serveEngine(ctx context.Context, f engineFlags) error {
	from := newStarter()
	ctx, stop := interruptibleBy(ctx, f.private)
	defer stop()
	level := slog.LevelInfo
	if f.debug {
		level = slog.LevelDebug
	}
	stderr := os.Stderr
	o := engine.Options{Null: f.null, Version: versionText()}
	if err := f.connection(&o); err != nil {
		return err
	}
	if o.Cluster != nil && !f.null {
		var err error
		if o.Output, stderr, err = captureOutput(); err != nil {
			return err
		}
	}
	o.Log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	scope := module.Local
	if o.Cluster != nil {
		scope = module.Engines
	}
	own, err := module.Program()
	if err != nil {
		return err
	}
	n := namespace.New(namespace.Options{Log: o.Log, Dir: f.folder(), Host: own, Scope: scope, Types: host.Types()})
	s := space{n: n, running: new(atomic.Int64)}
	o.Names, o.Objects, o.Types = names{n}, objects{n}, n.Types()
	o.Left = n.LeftBehind
	h := &hostOfCells{n: n}
	o.Context = func(ctx context.Context) context.Context { return comm.WithHost(client.WithHost(ctx, h), h) }
	o.Explorer = explorer{namespace.NewExplorer(n), n}
	if o.Private != nil {
		o.Comms = comms{h}
		if err := widget.Offer(comm.WithHost(ctx, h)); err != nil {
			return err
		}
		stdin, err := stream.TakeStdin()
		if err != nil {
			return err
		}
		if s.standard, err = stream.KeepStandard(stdin); err != nil {
			return err
		}
		o.Stdin = stdin
	}
	o.Space = s
	if limit, err := memoryLimit(o.Private != nil); err != nil {
		return err
	} else if limit > 0 {
		if err := n.LimitMemory(limit); err != nil {
			o.Log.Warn("memory is not limited", "error", err)
		}
	}
	if o.Cluster != nil {
		o.Compiler = &sourceCompiler{ctx: ctx, log: o.Log, n: n}
	}
	o.Serving = func(id int) {
		if o.Cluster != nil {
			n.SetLabel(fmt.Sprintf("engine %d", id))
		}
		from.serving(strconv.Itoa(id))
	}
	e, err := engine.New(o)
	if err != nil {
		return err
	}
	if from.gone != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		go func() {
			<-from.gone
			cancel()
		}()
	}
	return e.Run(ctx)
}

// interruptibleBy gives a context that ends with SIGTERM. A kernel's child does nothing about signals that a terminal or a cell sends it: the
// kernel tells it what to stop, and kills it.
func interruptibleBy(ctx context.Context, private string) (context.Context, context.CancelFunc) {
	if private != "" {
		// caught and not ignored: what a cell starts must not inherit that
		signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGPIPE)
		return context.WithCancel(ctx)
	}
	return interruptible(ctx)
}

// folder is where a kernel's child may have files for a moment: the kernel removes it. "" is the system's.
func (f *engineFlags) folder() string {
	if f.private == "" {
		return ""
	}
	return filepath.Dir(f.private)
}

// connection finds and reads the file of the controller or kernel.
func (f *engineFlags) connection(o *engine.Options) (err error) {
	if f.mpi {
		endWithParent()
	}
	if f.mpi && f.wanted < 0 {
		if f.wanted, err = mpiRank(os.Getenv); err != nil {
			return err
		}
	}
	if f.wanted >= 0 {
		o.Wanted = &f.wanted
	}
	if f.private != "" {
		o.Private, err = wire.ReadPrivate(f.private)
		return err
	}
	if info := os.Getenv("IPP_CONNECTION_INFO"); info != "" && f.file == "" {
		o.Cluster, err = wire.ParseClusterFile([]byte(info))
		return err
	}
	if f.file == "" {
		profile := f.profile
		if profile == "" {
			profile = os.Getenv("IPP_PROFILE_DIR")
		}
		if profile == "" {
			if profile, err = cluster.DefaultProfile(); err != nil {
				return err
			}
		}
		id := f.id
		if id == "" {
			id = os.Getenv("IPP_CLUSTER_ID")
		}
		f.file = cluster.EngineFile(profile, id)
	}
	o.Cluster, err = wire.ReadClusterFile(f.file)
	return err
}

// endWithParent makes this process get SIGTERM when the one that started it is killed: an mpirun that is killed leaves its ranks behind.
func endWithParent() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0) // at worst it stays
}

// mpiRank reads the rank that an MPI's starter put into the environment: Open MPI, MPICH and its relatives, Slurm.
func mpiRank(getenv func(string) string) (int, error) {
	for _, name := range []string{"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID"} {
		if rank, err := strconv.Atoi(getenv(name)); err == nil && rank >= 0 {
			return rank, nil
		}
	}
	return 0, errors.New("--mpi: no rank in the environment: start the engine by mpirun or srun")
}

// captureOutput makes pipes of file descriptors 1 and 2, so that whatever cells, libraries and child processes print goes to whoever
// asked for it. What the runtime says when the process crashes still goes to the former standard error, which is returned.
func captureOutput() (*stream.Collector, *os.File, error) {
	fd, err := syscall.Dup(2)
	if err != nil {
		return nil, nil, fmt.Errorf("keeping standard error: %w", err)
	}
	syscall.CloseOnExec(fd)
	stderr := os.NewFile(uintptr(fd), "stderr")
	if err := debug.SetCrashOutput(stderr, debug.CrashOptions{}); err != nil {
		return nil, nil, fmt.Errorf("keeping standard error for crashes: %w", err)
	}
	c := stream.NewCollector()
	for fd, name := range map[int]string{1: "stdout", 2: "stderr"} {
		w, err := c.Pipe(name)
		if err != nil {
			return nil, nil, fmt.Errorf("capturing %s: %w", name, err)
		}
		if err := syscall.Dup3(int(w.Fd()), fd, 0); err != nil {
			return nil, nil, fmt.Errorf("capturing %s: %w", name, err)
		}
		if err := w.Close(); err != nil {
			return nil, nil, fmt.Errorf("capturing %s: %w", name, err)
		}
	}
	return c, stderr, nil
}

// sourceCompiler compiles Go source that a client sends as text, as Python clients do. It gets ready when it is first needed.
type sourceCompiler struct {
	ctx context.Context //nolint:containedctx // of the process
	log *slog.Logger
	n   *namespace.Namespace

	once  sync.Once
	t     *compile.Toolchain
	s     *compile.Session
	err   error
	known map[string]string // type text of the names that the session was told of
}

// declare tells the session what names clients have set, and modules of other sessions have made.
func (c *sourceCompiler) declare() {
	for _, v := range c.n.Names() {
		text := client.TypeText(v.Value.Type())
		if c.known[v.Name] == text {
			continue
		}
		if err := c.s.Declare(module.Engines, v.Name, text); err != nil {
			c.log.Debug("a name is not known to source that comes as text", "name", v.Name, "error", err)
		}
		c.known[v.Name] = text
	}
}

// Compile gives the module of a source, nil when there is nothing to run.
func (c *sourceCompiler) Compile(ctx context.Context, source string, number int) (*module.Module, error) {
	c.once.Do(func() {
		if c.t, c.err = toolchain(c.ctx, c.log); c.err != nil {
			return
		}
		if c.t.Mode() == compile.None {
			c.err = errors.New(c.t.Reason())
			return
		}
		c.s = compile.NewSession(c.t, "e"+strings.ReplaceAll(wire.NewID(), "-", ""))
		c.known = map[string]string{}
	})
	if c.err != nil {
		return nil, c.err
	}
	c.declare()
	out, err := c.s.Compile(ctx, module.Engines, compile.Cell{Source: source, Number: number})
	if ds, ok := errors.AsType[compile.Diagnostics](err); ok {
		f := wire.NewFailure("CompileError", ds.Error())
		return nil, f
	}
	if err != nil {
		return nil, err
	}
	c.s.Commit(out)
	return out.Module, nil
}
