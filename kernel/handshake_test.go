package kernel_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/kernel/kerneltest"
	"github.com/galeproject/gale/wire"
)

func signed(key string, content []byte) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(content)
	return []byte(hex.EncodeToString(mac.Sum(nil)))
}

// launcher listens for registrations and gives the registration file's content.
func launcher(t *testing.T) (*zmtp.Socket, *kernel.Registration) {
	t.Helper()
	s, err := zmtp.New(zmtp.Router, zmtp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(0) })
	at, err := s.Bind("tcp://127.0.0.1:*")
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(at[strings.LastIndexByte(at, ':')+1:])
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "registration.json")
	if err := wire.WriteFile(path, kernel.Registration{
		KernelID: "k-1", Transport: "tcp", IP: "127.0.0.1", Port: wire.Port(port), Scheme: "hmac-sha256", Key: "secret",
	}); err != nil {
		t.Fatal(err)
	}
	r, ok := kernel.ReadRegistration(path)
	if !ok || r.KernelID != "k-1" || int(r.Port) != port {
		t.Fatalf("%+v", r)
	}
	return s, r
}

func TestRegistration(t *testing.T) {
	s, r := launcher(t)
	o := options(t, "tcp")
	var err error
	if o.Connection, err = r.Connection(); err != nil {
		t.Fatal(err)
	}
	k := serve(t, o)
	done := make(chan error, 1)
	go func() { done <- k.Register(t.Context(), r) }()
	m, err := s.Recv(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Frames) != 3 || string(m.Frames[0]) != wire.Delimiter || string(m.Frames[1]) != string(signed("secret", m.Frames[2])) {
		t.Fatalf("%q", m.Frames)
	}
	var told map[string]string // ports are strings
	if err := json.Unmarshal(m.Frames[2], &told); err != nil {
		t.Fatal(err)
	}
	f := k.Connection()
	for key, port := range map[string]wire.Port{"shell_port": f.Shell, "control_port": f.Control, "stdin_port": f.Stdin, "iopub_port": f.IOPub, "hb_port": f.Heartbeat} {
		if told[key] != strconv.Itoa(int(port)) || port == 0 {
			t.Errorf("%s %q, bound %d", key, told[key], port)
		}
	}
	if told["kernel_id"] != "k-1" {
		t.Errorf("%v", told)
	}
	for _, ack := range [][]byte{signed("another key", []byte("ACK")), signed("secret", []byte("ACK"))} { // the first is refused
		if err := m.From.Send([]byte(wire.Delimiter), ack, []byte("ACK")); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	path, err := k.WriteConnection(filepath.Join(t.TempDir(), "runtime"), "k-1")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || filepath.Base(path) != "kernel-k-1.json" {
		t.Errorf("%s %v %v", path, info.Mode(), err)
	}
	written, err := wire.ReadKernelFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if r := kerneltest.Dial(t, written).Execute("6*7", nil); r.Value() != "42" {
		t.Errorf("%v", r.Reply)
	}
}

func TestRegistrationThatNobodyAcknowledges(t *testing.T) {
	s, r := launcher(t)
	o := options(t, "tcp")
	var err error
	if o.Connection, err = r.Connection(); err != nil {
		t.Fatal(err)
	}
	k := serve(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Register(ctx, r) }()
	m, err := s.Recv(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.From.Send([]byte("ACK")); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, kernel.ErrUnregistered) {
		t.Error(err)
	}
}

func TestRegistrationFilesThatAreNone(t *testing.T) {
	for _, text := range []string{"", "{", `{"shell_port": 1}`, `{"registration_port": "x"}`, `{"registration_port": 70000}`, `[]`} {
		path := filepath.Join(t.TempDir(), "f.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, ok := kernel.ReadRegistration(path); ok {
			t.Errorf("%s: %+v", text, r)
		}
	}
	for _, r := range []kernel.Registration{{Transport: "ipc", Key: "k"}, {Scheme: "none", Key: "k"}, {}} {
		if f, err := r.Connection(); err == nil {
			t.Errorf("%+v gave %+v", r, f)
		}
	}
}
