package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/galeproject/gale/client"
	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/install"
	"github.com/galeproject/gale/internal/host"
	"github.com/galeproject/gale/namespace"
)

func doctorVerb() *cobra.Command {
	var prepare bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Look whether everything is there that cells need, and say what to do",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return doctor(cmd.Context(), cmd.OutOrStdout(), prepare)
		},
	}
	c.Flags().BoolVar(&prepare, "prepare", false, "only prepare what cells need and run the self-test, as an image does when it is built")
	return c
}

// check is one thing that doctor looks at. It gives what it found, and an error that says what to do; a hint is no failure.
type check struct {
	name string
	look func(ctx context.Context) (found string, err error)
	hint bool
}

// doctor runs the checks and fails when one that matters fails.
func doctor(ctx context.Context, out io.Writer, prepare bool) error {
	checks := []check{
		{"gale", lookAtProgram, false},
		{"go", lookAtGo, false},
		{"linker", lookAtLinker, false},
		{"cells", lookAtCells, false},
		{"room", lookAtRoom, true},
	}
	if !prepare {
		checks = append(checks, []check{
			{"kernelspec", lookAtKernelspec, true},
			{"ports", lookAtPorts, false},
			{"cluster", lookAtCluster, true},
		}...)
	}
	bad := 0
	for _, c := range checks {
		found, err := c.look(ctx)
		switch {
		case err == nil:
			fmt.Fprintf(out, "%-11s ok    %s\n", c.name, found)
		case c.hint:
			fmt.Fprintf(out, "%-11s –     %v\n", c.name, err)
		default:
			bad++
			fmt.Fprintf(out, "%-11s BAD   %v\n", c.name, err)
		}
	}
	if bad > 0 {
		return &exitError{1, fmt.Sprintf("%d of %d checks failed", bad, len(checks))}
	}
	return nil
}

func lookAtProgram(context.Context) (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("this program's path is not known: %w", err)
	}
	return fmt.Sprintf("%s at %s, %s %s/%s, %d names for cells", versionText(), exe, runtime.Version(), runtime.GOOS, runtime.GOARCH, host.Size()), nil
}

func lookAtGo(ctx context.Context) (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("cells are compiled by Go's own tools, and there is no go command in PATH: install %s from go.dev/dl", runtime.Version())
	}
	text, err := exec.CommandContext(ctx, path, "env", "GOVERSION").Output()
	if err != nil {
		return "", fmt.Errorf("%s env GOVERSION: %w", path, err)
	}
	if v := strings.TrimSpace(string(text)); v != runtime.Version() {
		return fmt.Sprintf("%s at %s; its tool chain of %s is used, which gale was built with", v, path, runtime.Version()), nil
	}
	return fmt.Sprintf("%s at %s", runtime.Version(), path), nil
}

func lookAtLinker(context.Context) (string, error) {
	path, err := exec.LookPath("ld")
	if err != nil {
		return "", fmt.Errorf("modules are linked by ld, which is not in PATH: apt-get install binutils")
	}
	if cc, err := exec.LookPath("gcc"); err == nil {
		return path + ", " + cc, nil
	}
	return path + "; no gcc: packages that gale does not contain cannot be imported", nil
}

// lookAtCells opens the tool chain, which runs the self-test if this build has not passed it yet.
func lookAtCells(ctx context.Context) (string, error) {
	begin := time.Now()
	t, err := toolchain(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", err
	}
	defer func() { _ = t.Close() }() // temporary files
	switch t.Mode() {
	case compile.None:
		return "", fmt.Errorf("cells cannot be compiled: %s", t.Reason())
	case compile.Full:
		return fmt.Sprintf("compiled, but slowly (full links): %s", t.Reason()), nil
	case compile.Hollow:
	}
	return fmt.Sprintf("compiled; self-test passed; ready in %.2f s", time.Since(begin).Seconds()), nil
}

func lookAtKernelspec(context.Context) (string, error) {
	found := install.List(install.Places(), "gale")
	if len(found) == 0 {
		return "", errors.New("the kernel is not known to Jupyter yet: gale install --user")
	}
	first := found[0]
	if _, err := os.Stat(first.Argv[0]); err != nil {
		return "", fmt.Errorf("%s starts %s, which is not there: gale install again", first.Folder, first.Argv[0])
	}
	return fmt.Sprintf("%q in %s", first.DisplayName, first.Folder), nil
}

func lookAtPorts(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("no port can be opened on 127.0.0.1: %w", err)
	}
	defer func() { _ = l.Close() }() // nobody connected
	dir, err := os.MkdirTemp("", "gale-doctor")
	if err != nil {
		return "", fmt.Errorf("no folder for private sockets: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // temporary
	u, err := lc.Listen(ctx, "unix", filepath.Join(dir, "s"))
	if err != nil {
		return "", fmt.Errorf("no private socket can be opened in %s: %w; set TMPDIR to a shorter path", dir, err)
	}
	return "127.0.0.1 and " + dir, u.Close()
}

func lookAtCluster(ctx context.Context) (string, error) {
	path, err := client.Locate("")
	if err != nil {
		return "", fmt.Errorf("no cluster runs; notebooks start their own. To share one: gale cluster start")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c, err := client.Open(ctx, path)
	if err != nil {
		return "", fmt.Errorf("%s is there and nobody answers: gale cluster stop, then start", path)
	}
	defer func() { _ = c.Close() }() // it has made nothing
	return fmt.Sprintf("%d engines, %s", len(c.IDs()), path), nil
}

// lookAtRoom says how many cells a notebook may compile before its process is full.
func lookAtRoom(context.Context) (string, error) {
	return fmt.Sprintf("some %d cells can be compiled before a notebook needs %%restart --keep (vm.max_map_count)", namespace.MaxModules()), nil
}
