package kernel_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/kernel/kerneltest"
	"github.com/galeproject/gale/kernel/kerneltest/toy"
	"github.com/galeproject/gale/wire"
)

// TestMain is also the kernel that TestProgram starts.
func TestMain(m *testing.M) {
	if os.Getenv("KERNEL_TEST_PROGRAM") == "" {
		os.Exit(m.Run())
	}
	if err := program(os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func program(path string) error {
	f, err := wire.ReadKernelFile(path)
	if err != nil {
		return err
	}
	k, err := kernel.New(kernel.Options{Connection: f, Compiler: &toy.Compiler{}, Evaluator: toy.NewEvaluator(), OwnsProcess: true})
	if err != nil {
		return err
	}
	k.HandleSignals(context.Background())
	return k.Serve(context.Background())
}

func TestProgram(t *testing.T) {
	start := kerneltest.Program("tcp", []string{"KERNEL_TEST_PROGRAM=yes"}, os.Args[0], "{connection_file}")
	t.Run("SIGTERM", func(t *testing.T) { kerneltest.OrderOfCell(t, start) })
	t.Run("Shutdown", func(t *testing.T) { kerneltest.Shutdown(t, start) })
	t.Run("ShutdownBusy", func(t *testing.T) { kerneltest.ShutdownBusy(t, start) })
	t.Run("Interrupt", func(t *testing.T) { kerneltest.Interrupt(t, start) })
}
