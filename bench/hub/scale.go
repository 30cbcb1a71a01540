package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"time"

	"github.com/galeproject/gale/wire"
)

// many is a process of n engines for the controller in a folder; it lives until it is killed.
func many(n int, dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, sigterm)
	defer stop()
	_, file, err := connectionFiles(ctx, dir)
	if err != nil {
		return err
	}
	for i := range n {
		if _, err := newEngine(ctx, file); err != nil {
			return fmt.Errorf("engine %d: %w", i, err)
		}
	}
	<-ctx.Done()
	return nil
}

// crowd has n engines come, counts them, kills their process, and waits until the controller knows; again and again.
func crowd(out io.Writer, n, rounds int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for r := range rounds {
		came, gone, restored, err := crowdOnce(self, n)
		if err != nil {
			return fmt.Errorf("round %d: %w", r+1, err)
		}
		if _, err := fmt.Fprintf(out, "round %d: %d engines, all here after %.2f s; controller killed with -9: all back after %.2f s; engines killed: all gone after %.2f s\n",
			r+1, n, came.Seconds(), restored.Seconds(), gone.Seconds()); err != nil {
			return err
		}
	}
	return nil
}

func crowdOnce(self string, n int) (came, gone, restored time.Duration, err error) {
	dir, err := os.MkdirTemp("", "bench-hub-")
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	start := func(args ...string) (*exec.Cmd, error) {
		cmd := exec.CommandContext(ctx, self, args...)
		cmd.Stderr = os.Stderr
		return cmd, cmd.Start()
	}
	end := func(cmd *exec.Cmd) {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // by a signal
	}
	serve := []string{"controller", "--profile-dir=" + dir, "--log-level=40", "--restore"}
	controller, err := start(serve...)
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { end(controller) }()
	client, _, err := connectionFiles(ctx, dir)
	if err != nil {
		return 0, 0, 0, err
	}
	began := time.Now()
	engines, err := start("engines", strconv.Itoa(n), dir)
	if err != nil {
		return 0, 0, 0, err
	}
	defer end(engines)
	if err = await(ctx, client, func(here int) bool { return here == n }); err != nil {
		return 0, 0, 0, err
	}
	came = time.Since(began)
	began = time.Now()
	end(controller)
	if controller, err = start(serve...); err != nil {
		return 0, 0, 0, err
	}
	if err = await(ctx, client, func(here int) bool { return here == n }); err != nil {
		return 0, 0, 0, err
	}
	restored = time.Since(began)
	began = time.Now()
	end(engines)
	err = await(ctx, client, func(here int) bool { return here == 0 })
	return came, time.Since(began), restored, err
}

// await asks a controller how many engines are here until it is what is wanted.
func await(ctx context.Context, f *wire.ClusterFile, enough func(int) bool) error {
	l, err := newLoad(f)
	if err != nil {
		return err
	}
	defer l.close()
	for {
		here, err := l.count(ctx)
		if err != nil {
			return fmt.Errorf("%d engines are here: %w", here, err)
		}
		if enough(here) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d engines are here: %w", here, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
