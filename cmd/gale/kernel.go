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
	connection, err := wire.ReadKernelFile(path)
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
	history := store.OpenHistory(store.HistoryPath(), log)
	defer func() { _ = history.Close() }() // what was not written is lost either way
	k, err := kernel.New(kernel.Options{
		Connection: connection, Compiler: s, Evaluator: w, Cluster: px, History: history, Log: log, Version: versionText(),
		OwnsProcess: true,
	})
	if err != nil {
		return err
	}
	k.HandleSignals(ctx)
	if pid, err := strconv.Atoi(os.Getenv("JPY_PARENT_PID")); err == nil {
		go k.WatchParent(ctx, pid)
	}
	if err := k.Serve(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
