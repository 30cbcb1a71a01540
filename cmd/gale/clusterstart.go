package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/galeproject/gale/client"
	"github.com/galeproject/gale/cluster"
	"github.com/galeproject/gale/module"
)

// clusterFlags say what cluster to start.
type clusterFlags struct {
	n          int
	engines    string // where they run
	hosts, ssh string
	queue      string
	template   string
	options    []string // of jobs, or of mpirun
	program    string
	restart    string
	ip         string
	location   string
	controller []string
	engineArgs []string
	wait       time.Duration
	dashboard  bool
}

func (f *clusterFlags) declare(c *cobra.Command) {
	fl := c.Flags()
	fl.IntVarP(&f.n, "n", "n", 0, "number of engines (default: one per core, or as many as the hosts say)")
	fl.StringVar(&f.engines, "engines", "local", "where engines run: local, mpi, ssh, "+strings.Join(cluster.SystemNames(), ", ")+"; a number alone means as many local ones")
	fl.StringVar(&f.hosts, "hosts", "", "ssh: hosts and their engines, as s1:4,s2:4")
	fl.StringVar(&f.ssh, "ssh", "ssh", "ssh: the command, with its options")
	fl.StringVar(&f.queue, "queue", "", "batch systems: queue or partition")
	fl.StringVar(&f.template, "template", "", "batch systems: file with the job's script; fields in braces are filled in")
	fl.StringArrayVar(&f.options, "option", nil, "batch systems: one more directive; mpi: one more argument of mpirun")
	fl.StringVar(&f.program, "program", "", "the gale program where engines run (default: the same path; ssh: it is sent there)")
	fl.StringVar(&f.restart, "restart-policy", "3", "how often within five minutes an engine that died is started again, or never")
	fl.StringVar(&f.ip, "ip", "", "address at which the controller listens (default: 127.0.0.1, or all where engines run elsewhere)")
	fl.StringVar(&f.location, "location", "", "address or name by which engines elsewhere reach the controller")
	fl.StringArrayVar(&f.controller, "controller-arg", nil, "one more argument of the controller")
	fl.StringArrayVar(&f.engineArgs, "engine-arg", nil, "one more argument of the engines")
	fl.BoolVar(&f.dashboard, "dashboard", true, "the controller serves a page that shows engines and tasks, on loopback")
	fl.DurationVar(&f.wait, "wait", time.Minute, "how long to wait for engines elsewhere to be registered")
}

// options makes the room's options of the flags.
func (f *clusterFlags) clusterOptions(w *whichCluster) (o cluster.Options, err error) {
	o = cluster.Options{Profile: w.profile, ID: w.id, Engines: f.n, Args: f.controller, EngineArgs: f.engineArgs}
	if f.dashboard {
		o.Args = append([]string{"--dashboard"}, o.Args...)
	}
	if f.ip != "" {
		o.Args = append(o.Args, "--ip="+f.ip)
	}
	if f.location != "" {
		o.Args = append(o.Args, "--location="+f.location)
	}
	if o.Restart, err = cluster.ParsePolicy(f.restart); err != nil {
		return o, err
	}
	if n, err := strconv.Atoi(f.engines); err == nil {
		if n < 1 || f.n != 0 {
			return o, fmt.Errorf("--engines %s: want a number from 1 and no -n, or where engines run", f.engines)
		}
		o.Engines, f.engines = n, "local"
	}
	o.Launcher, err = f.launcher()
	return o, err
}

func (f *clusterFlags) launcher() (cluster.Launcher, error) {
	switch f.engines {
	case "local":
		return cluster.Local{}, nil
	case "mpi":
		return cluster.MPI{Args: f.options}, nil
	case "ssh":
		hosts, err := cluster.ParseHosts(f.hosts)
		if err != nil {
			return nil, fmt.Errorf("--hosts: %w", err)
		}
		own, err := module.Program()
		if err != nil {
			return nil, err
		}
		build := sha256.Sum256([]byte(own)) // a build id has slashes
		return cluster.SSH{Hosts: hosts, Command: strings.Fields(f.ssh), Program: f.program, Build: hex.EncodeToString(build[:8])}, nil
	}
	b := cluster.Batch{System: f.engines, Queue: f.queue, Options: f.options, Program: f.program}
	if f.template != "" {
		text, err := os.ReadFile(f.template)
		if err != nil {
			return nil, fmt.Errorf("reading the job's template: %w", err)
		}
		b.Template = string(text)
	}
	return b, nil
}

// clusterRunVerb runs a cluster in this process until it is told to end.
func clusterRunVerb(w *whichCluster) *cobra.Command {
	var f clusterFlags
	var detached bool
	c := &cobra.Command{
		Use:   "run",
		Short: "Start a cluster and stay with it; it ends with this process",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from := newStarter()
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			o, err := f.clusterOptions(w)
			if err != nil {
				return err
			}
			o.Detached = detached
			o.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			c, err := cluster.Start(ctx, o)
			if err != nil {
				return err
			}
			return c.Supervise(ctx, func() {
				if !detached {
					fmt.Fprintf(cmd.OutOrStdout(), "%s; clients: %s\n", counted(c.Engines(), "engine"), c.ClientFile())
				}
				from.serving(c.ClientFile())
			})
		},
	}
	f.declare(c)
	c.Flags().BoolVar(&detached, "detached", false, "controller and engines outlive this process when it is killed")
	_ = c.Flags().MarkHidden("detached") // the flag exists
	return c
}

func clusterStartVerb(w *whichCluster) *cobra.Command {
	var f clusterFlags
	c := &cobra.Command{
		Use:   "start",
		Short: "Start a controller here and engines here or elsewhere, and leave them running",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			begin := time.Now()
			args := repeated(cmd) // as they were given: what follows changes some
			o, err := f.clusterOptions(w)
			if err != nil {
				return err
			}
			file, err := supervisor(ctx, o, args)
			if err != nil {
				return err
			}
			have, err := f.await(ctx, w, file)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s registered after %.2f s\nclients: %s\n", counted(have, "engine"), time.Since(begin).Seconds(), file)
			return err
		},
	}
	f.declare(c)
	return c
}

// repeated gives the flags of a command as they were set, for another process.
func repeated(cmd *cobra.Command) []string {
	var args []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if several, ok := f.Value.(pflag.SliceValue); ok {
			values = several.GetSlice()
		}
		for _, v := range values {
			args = append(args, "--"+f.Name+"="+v)
		}
	})
	return args
}

// supervisor starts a process that holds the cluster and waits until it is ready.
func supervisor(ctx context.Context, o cluster.Options, args []string) (string, error) {
	log, err := cluster.SupervisorLog(o)
	if err != nil {
		return "", err
	}
	defer func() { _ = log.Close() }() // the process has it
	r, ready, err := os.Pipe()
	if err != nil {
		return "", fmt.Errorf("starting the supervisor: %w", err)
	}
	defer func() { _ = r.Close() }() // it was only read from
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/proc/self/exe", append([]string{"cluster", "run", "--detached"}, args...)...)
	cmd.Args[0] = "gale"
	cmd.Env = append(os.Environ(), cluster.ReadyFD+"=3")
	cmd.ExtraFiles = []*os.File{ready}
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return "", errors.Join(fmt.Errorf("starting the supervisor: %w", err), ready.Close())
	}
	if err := ready.Close(); err != nil {
		return "", fmt.Errorf("starting the supervisor: %w", err)
	}
	said := make(chan string, 1)
	go func() {
		buf := make([]byte, 4096)
		n, _ := r.Read(buf) // nothing at all: it has ended
		said <- strings.TrimSpace(string(buf[:n]))
	}()
	select {
	case file := <-said:
		if file != "" {
			return file, cmd.Process.Release()
		}
		_ = cmd.Wait() // what it said last tells more than its exit status
		return "", cluster.Failed(log.Name())
	case <-ctx.Done():
		_ = cmd.Process.Signal(syscall.SIGTERM) // it stops what it has started
		_ = cmd.Wait()
		return "", ctx.Err()
	}
}

// await waits until all engines that were asked for are registered, and says how many are. Engines of a batch system may wait in its queue:
// that is no failure.
func (f *clusterFlags) await(ctx context.Context, w *whichCluster, file string) (int, error) {
	s, err := w.find()
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, f.wait)
	defer cancel()
	c, err := client.Open(ctx, file)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }() // it has made nothing
	if err := c.WaitForEngines(ctx, s.Asked); err != nil {
		fmt.Fprintf(os.Stderr, "%d of %d engines are registered after %v; the others may still come: gale cluster status\n", len(c.IDs()), s.Asked, f.wait)
	}
	return len(c.IDs()), nil
}
