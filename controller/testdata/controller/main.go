// Command controller runs the room controller alone, for upstream's tests and for benchmarks.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"syscall"

	"github.com/galeproject/gale/controller"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	o, warnings, err := controller.ParseArgs(os.Args[1:], os.Getenv)
	if err != nil {
		return err
	}
	if o.Version {
		fmt.Println(controller.Version)
		return nil
	}
	if o.Help {
		fmt.Print(controller.Usage)
		return nil
	}
	o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: o.LogLevel}))
	for _, w := range warnings {
		o.Log.Warn(w)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if name := os.Getenv("CPUPROFILE"); name != "" {
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGABRT)
	defer stop()
	c, err := controller.Start(ctx, o)
	if err != nil {
		return err
	}
	return c.Wait()
}
