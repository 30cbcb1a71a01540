package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/dashboard"
)

// controllerVerb takes ipcontroller's command line, which is not cobra's: the room reads it.
func controllerVerb() *cobra.Command {
	return &cobra.Command{
		Use:                "controller",
		Short:              "Schedule work onto engines (stands in for ipcontroller)",
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			from := newStarter()
			o, warnings, err := controller.ParseArgs(args, os.Getenv)
			if err != nil {
				return err
			}
			switch {
			case o.Help:
				_, err = fmt.Fprint(cmd.OutOrStdout(), controller.Usage)
				return err
			case o.Version:
				_, err = fmt.Fprintln(cmd.OutOrStdout(), controller.Version)
				return err
			}
			if o.WorkDir != "" {
				if err := os.Chdir(o.WorkDir); err != nil {
					return fmt.Errorf("changing to the work folder: %w", err)
				}
			}
			log, err := controllerLog(o)
			if err != nil {
				return err
			}
			o.Log = log
			for _, w := range warnings {
				log.Warn(w)
			}
			return serveController(cmd.Context(), o, from)
		},
	}
}

func controllerLog(o controller.Options) (*slog.Logger, error) {
	out := os.Stderr
	if o.LogToFile {
		dir := filepath.Join(o.ProfileDir, "log")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("making the log folder: %w", err)
		}
		name := fmt.Sprintf("ipcontroller-%s-%d.log", o.ClusterID, os.Getpid())
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("opening the log: %w", err)
		}
		out = f // lives as long as the process
	}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: o.LogLevel})), nil
}

// dashboardToken is the environment's name of a dashboard's token that stays the same, for instance for Prometheus.
const dashboardToken = "GALE_DASHBOARD_TOKEN" //nolint:gosec // a name, no secret

// dashboardFile is where a cluster's dashboard leaves its address.
func dashboardFile(profile, id string) string {
	if id != "" {
		id = "-" + id
	}
	return filepath.Join(profile, "security", "gale-dashboard"+id+".json")
}

// gcPercent is how much garbage a controller may make before it is collected: its live heap is small, and collecting at every doubling of it
// would cost more than all else.
const gcPercent = 400

// serveController runs a controller until it is told to end, by a signal, a request, or the end of its starter.
func serveController(ctx context.Context, o controller.Options, from *starter) error {
	debug.SetGCPercent(gcPercent)
	ctx, stop := interruptible(ctx)
	defer stop()
	c, err := controller.Start(ctx, o)
	if err != nil {
		return err
	}
	if o.Dashboard {
		d, err := dashboard.Start(ctx, c, dashboard.Options{Port: o.DashboardPort, Token: os.Getenv(dashboardToken), File: dashboardFile(o.ProfileDir, o.ClusterID), Log: o.Log})
		if err != nil {
			return errors.Join(err, c.Close())
		}
		defer func() {
			if err := d.Close(o.Reuse); err != nil {
				o.Log.Warn("closing the dashboard", "err", err)
			}
		}()
	}
	client, _ := c.ConnectionFiles()
	from.serving(client)
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	case <-from.gone:
	}
	return c.Close()
}
