package kernel_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/galeproject/gale/internal/store"
	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/kernel/kerneltest"
	"github.com/galeproject/gale/kernel/kerneltest/toy"
	"github.com/galeproject/gale/wire"
)

var (
	_ kernel.Compiler  = (*toy.Compiler)(nil)
	_ kernel.Resetter  = (*toy.Compiler)(nil)
	_ kernel.Evaluator = (*toy.Evaluator)(nil)
	_ kernel.History   = (*store.History)(nil)
)

// serve starts a kernel over the toys; it must end by itself or with the test.
func serve(t *testing.T, o kernel.Options) *kernel.Kernel {
	t.Helper()
	k, err := kernel.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- k.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return k
}

func options(t *testing.T, transport string) kernel.Options {
	t.Helper()
	h := store.OpenHistory(filepath.Join(t.TempDir(), "h.sqlite"), nil)
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return kernel.Options{
		Connection: kerneltest.File(t, transport), Compiler: &toy.Compiler{}, Evaluator: toy.NewEvaluator(), History: h, Branch: func() kernel.History { return h.Branch() },
		Log: slog.New(slog.DiscardHandler),
	}
}

func TestPromises(t *testing.T) {
	kerneltest.All(t, func(t *testing.T) *wire.KernelFile {
		t.Helper()
		o := options(t, "ipc")
		serve(t, o)
		return o.Connection
	})
}

func TestPromisesBeside(t *testing.T) {
	kerneltest.Beside(t, func(t *testing.T) *wire.KernelFile {
		t.Helper()
		o := options(t, "ipc")
		serve(t, o)
		return o.Connection
	})
}

func TestPromisesOverTCP(t *testing.T) {
	start := func(t *testing.T) *wire.KernelFile {
		t.Helper()
		o := options(t, "tcp")
		serve(t, o)
		return o.Connection
	}
	t.Run("Welcome", func(t *testing.T) { kerneltest.Welcome(t, start) })
	t.Run("OrderOfCell", func(t *testing.T) { kerneltest.OrderOfCell(t, start) })
}
