package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/galeproject/gale/wire"
)

// kernelEnv makes the test's program a kernel that runs a cell and waits; its value is the cell.
const kernelEnv = "GALE_WORKER_TEST_KERNEL"

func playKernel() error {
	w, err := Start(context.Background(), Options{Command: []string{os.Args[0]}, Env: []string{childEnv + "=1", kernelEnv + "="}})
	if err != nil {
		return err
	}
	if r := w.Run(context.Background(), cell(os.Getenv(kernelEnv)), wire.Run{}, nil); r.Failure != nil {
		return *r.Failure
	}
	fmt.Println("ready")
	select {}
}

// escape starts a process in a session of its own that holds a FIFO open: as long as it lives, whoever reads that sees no end.
func escape(fifo string) error {
	c := exec.CommandContext(context.Background(), "sh", "-c", "exec 9>"+fifo+"; echo up >&9; exec sleep 1000")
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return c.Start()
}

// fifo is the reading end of a FIFO that processes hold.
func fifo(t *testing.T) (path string, r *os.File) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := os.OpenFile(path, os.O_RDWR, 0) // also for writing, so that it can be opened now
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() }) // it was only read
	return path, r
}

// ended waits until nobody holds the FIFO.
func ended(t *testing.T, path string, r *os.File) {
	t.Helper()
	alone, err := os.OpenFile(path, os.O_RDONLY, 0)
	if err == nil {
		err = r.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, alone); err != nil {
		t.Fatal(err)
	}
	if err := alone.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestProcessesThatEscapedEndWithTheChild(t *testing.T) {
	path, r := fifo(t)
	w := start(t, Options{})
	if out, reply := run(t, w, cell("escape "+path)); reply.Failure != nil {
		t.Fatal(out, text(reply))
	}
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := w.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	ended(t, path, r)
}

func TestNothingOutlivesAKilledKernel(t *testing.T) {
	path, r := fifo(t)
	tmp := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), kernelEnv+"=escape "+path, "TMPDIR="+tmp)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatal(line, err)
	}
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	ended(t, path, r)
	t.Setenv("TMPDIR", tmp)
	w, err := Start(t.Context(), Options{Command: []string{os.Args[0]}, Env: []string{childEnv + "=1"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(tmp, "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestDeathsSayWhy(t *testing.T) {
	w := start(t, Options{})
	for line, want := range map[string]string{
		"crash": "panic: a goroutine of a library",
		"exit":  "exit status 7",
		"kill":  "killed by signal 9, killed; perhaps memory ran out",
		"race":  "fatal error: concurrent map",
	} {
		_, r := run(t, w, cell(line))
		if r.Failure == nil || r.Name != NameDied || !strings.Contains(r.Value, want) {
			t.Errorf("%s: %s, want %q", line, text(r), want)
		}
		if err := w.Restart(t.Context()); err != nil && !errors.Is(err, ErrClosed) {
			t.Fatal(err)
		}
	}
}
