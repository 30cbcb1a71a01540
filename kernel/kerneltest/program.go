package kerneltest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/galeproject/gale/wire"
)

// Program starts kernels as processes: argv is that of a kernelspec, where {connection_file} stands for the file; env comes on
// top of this process's environment. When the test ends, the process gets SIGTERM and must exit with status 0; one that has ended
// by itself must have done so with status 0 too. What it wrote to stderr is logged when the test failed.
func Program(transport string, env []string, argv ...string) Start {
	return func(t *testing.T) *wire.KernelFile {
		t.Helper()
		f := File(t, transport)
		dir := t.TempDir()
		path := filepath.Join(dir, "connection.json")
		if err := wire.WriteFile(path, f); err != nil {
			t.Fatal(err)
		}
		args := make([]string, len(argv))
		for i, a := range argv {
			args[i] = strings.ReplaceAll(a, "{connection_file}", path)
		}
		var stderr lockedBuffer
		cmd := exec.Command(args[0], args[1:]...) //nolint:noctx // the cleanup ends it, after the test's context
		cmd.Dir = dir
		cmd.Env = append(append(os.Environ(), "GALE_HISTORY="+filepath.Join(dir, "history.sqlite")), env...)
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		t.Cleanup(func() {
			err := cmd.Process.Signal(syscall.SIGTERM)
			if err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Errorf("SIGTERM: %v", err)
			}
			select {
			case err = <-ended:
			case <-time.After(Patience):
				t.Errorf("the kernel goes on %v after SIGTERM", Patience)
				_ = cmd.Process.Kill()
				err = <-ended
			}
			if err != nil {
				t.Errorf("the kernel's end: %v", err)
			}
			if t.Failed() {
				t.Logf("the kernel's stderr:\n%s", stderr.String())
			}
		})
		return f
	}
}

// lockedBuffer is a buffer that a process writes to while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
