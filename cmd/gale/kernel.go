package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galeproject/gale/install"
	"github.com/galeproject/gale/internal/store"
	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/wire"
	"github.com/galeproject/gale/worker"
)

func kernelVerb() *cobra.Command {
	var verbose bool
	c := &cobra.Command{
		Use:   "kernel CONNECTION_FILE",
		Short: "Be a Jupyter kernel (front ends start this)",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return serveKernel(cmd.Context(), args[0], verbose)
		},
	}
	c.Flags().BoolVar(&verbose, "debug", os.Getenv(debugEnv) != "", "log everything; also set by "+debugEnv)
	return c
}

// debugEnv makes every process that a front end or a launcher starts log everything.
const debugEnv = "GALE_DEBUG"

// serveKernel runs a kernel until it is told to end. Its child, its tool chain and its cluster are made beside it: the kernel answers at
// once.
func serveKernel(ctx context.Context, path string, verbose bool) error {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	registration, registers := kernel.ReadRegistration(path)
	connection, err := connectionOf(path, registration, registers)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newSession(ctx, "k"+strings.ReplaceAll(wire.NewID(), "-", ""), log)
	defer s.close()
	local := &localCluster{}
	defer local.stop()
	px := &pxCluster{local: local}
	defer px.close()
	w, err := worker.Start(ctx, worker.Options{
		Log: log,
		Host: func(ctx context.Context, kind string, content json.RawMessage, _ [][]byte) (any, [][]byte, error) {
			return s.answer(ctx, local, kind, content)
		},
	})
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // the kernel closes it first; this is for errors on the way
	s.child = w
	history := store.OpenHistory(store.HistoryPath(), log)
	defer func() { _ = history.Close() }() // what was not written is lost either way
	k, err := kernel.New(kernel.Options{
		Connection: connection, Compiler: s, Evaluator: w, Cluster: px, History: history, Branch: func() kernel.History { return history.Branch() }, Log: log, Version: versionText(),
		OwnsProcess: true,
	})
	if err != nil {
		return err
	}
	ask := k.Input
	s.input.Store(&ask)
	k.HandleSignals(ctx)
	if registers {
		file, err := register(ctx, k, registration)
		if err != nil {
			return err
		}
		defer func() { _ = os.Remove(file) }() // nobody needs it any more
	}
	if pid, err := strconv.Atoi(os.Getenv("JPY_PARENT_PID")); err == nil {
		go k.WatchParent(ctx, pid)
	}
	if err := k.Serve(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// connectionOf gives what the kernel binds to: a connection file's ports, or ports of its own for a launcher that wants to be told.
func connectionOf(path string, r *kernel.Registration, registers bool) (*wire.KernelFile, error) {
	if registers {
		return r.Connection()
	}
	return wire.ReadKernelFile(path)
}

// register tells the launcher the ports, once somebody answers there, and writes a connection file for other clients.
func register(ctx context.Context, k *kernel.Kernel, r *kernel.Registration) (string, error) {
	if err := k.Register(ctx, r); err != nil {
		return "", err
	}
	dir, err := install.RuntimeDir()
	if err != nil {
		return "", err
	}
	return k.WriteConnection(dir, r.KernelID)
}
