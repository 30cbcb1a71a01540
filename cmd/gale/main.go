// Command gale is a Jupyter kernel for Go with parallel engines. One binary has a verb for every process: kernel, controller, engine;
// for people: run, install, cluster, doctor, version.
//
// This package hands the rooms to each other and holds the adapters between their interfaces; it never decides anything that a
// room could decide.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run()) }

// exitError ends the program with a status and, unless it is empty, a message.
type exitError struct {
	status int
	text   string
}

func (e *exitError) Error() string { return e.text }

// run carries out the command line and gives the exit status.
func run() int {
	root := &cobra.Command{
		Use:           "gale",
		Short:         "A Jupyter kernel for Go with parallel engines",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(kernelVerb(), controllerVerb(), engineVerb(), clusterVerb(), runVerb(), installVerb(), uninstallVerb(), doctorVerb(), versionVerb())
	err := root.ExecuteContext(context.Background())
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		if e.text != "" {
			fmt.Fprintln(os.Stderr, "gale:", e.text)
		}
		return e.status
	}
	fmt.Fprintln(os.Stderr, "gale:", err)
	return 1
}

// interruptible gives a context that ends with SIGINT or SIGTERM.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}
