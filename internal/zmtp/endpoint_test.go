package zmtp

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func TestBindEndpoints(t *testing.T) {
	eps := []string{"tcp://*:0", "tcp://*:*", "tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://localhost:0", "ipc://" + filepath.Join(t.TempDir(), "s")}
	if runtime.GOOS == "linux" {
		eps = append(eps, "ipc://@gale-test-"+filepath.Base(t.TempDir())+filepath.Base(filepath.Dir(t.TempDir())))
	}
	for _, ep := range eps {
		r := must(t, Rep, Options{Reply: func(m Msg) [][]byte { return m.Frames }})
		bound, err := r.Bind(ep)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(ep, "ipc") && bound != ep || strings.Contains(bound, "*") || strings.HasSuffix(bound, ":0") {
			t.Errorf("%s became %s", ep, bound)
		}
		second, err := r.Bind("tcp://127.0.0.1:0") // several binds per socket
		if err != nil {
			t.Fatal(err)
		}
		served(t, strings.Replace(bound, "[::]", "127.0.0.1", 1), r)
		served(t, second, r)
		if err := r.Close(0); err != nil {
			t.Fatal(err)
		}
		if path, ok := strings.CutPrefix(bound, "ipc:///"); ok {
			if _, err := os.Lstat("/" + path); !errors.Is(err, fs.ErrNotExist) {
				t.Error("the socket file is still there")
			}
		}
		var d net.Dialer
		if nc, err := d.DialContext(t.Context(), "tcp", second[len("tcp://"):]); err == nil {
			_ = nc.Close()
			t.Error("closed and still listening")
		}
	}
}

func TestBadEndpoints(t *testing.T) {
	r := must(t, Router, Options{})
	for _, ep := range []string{"", "tcp", "tcp://", "tcp://nohost", "inproc://x", "ipc://", "ipc://" + strings.Repeat("x", 108), "udp://1.2.3.4:5"} {
		if _, err := r.Bind(ep); err == nil {
			t.Errorf("bound %q", ep)
		}
		if err := r.Connect(ep); err == nil {
			t.Errorf("connected to %q", ep)
		}
	}
}

func TestBindInUse(t *testing.T) {
	dir := t.TempDir()
	ipc := "ipc://" + filepath.Join(dir, "s")
	a, b := must(t, Router, Options{}), must(t, Router, Options{})
	if _, err := a.Bind(ipc); err != nil {
		t.Fatal(err)
	}
	tcp := bind(t, a)
	for _, ep := range []string{ipc, tcp} {
		if _, err := b.Bind(ep); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("%s: %v", ep, err)
		}
	}
	// A file that a killed process left is replaced; what is no socket is not.
	left := filepath.Join(dir, "left")
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "unix", left)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Bind("ipc://" + left); err != nil {
		t.Error(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Bind("ipc://" + file); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "precious" {
		t.Error("a file was removed")
	}
}
