package kernel

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// Registration is a registration file (JEP 66): a kernel that is started with it chooses its own ports and tells them to the address.
type Registration struct {
	KernelID  string    `json:"kernel_id"`
	Transport string    `json:"transport"`
	IP        string    `json:"registration_ip"`
	Port      wire.Port `json:"registration_port"`
	Scheme    string    `json:"signature_scheme"`
	Key       string    `json:"key"`
}

// registerWithin is how long a launcher may take to acknowledge a registration.
const registerWithin = 10 * time.Second

// ErrUnregistered is returned when nobody acknowledged a registration in time.
var ErrUnregistered = errors.New("kernel: the registration was not acknowledged")

// ReadRegistration reads a registration file. ok is false when the file is no such file but perhaps a connection file.
func ReadRegistration(path string) (r *Registration, ok bool) {
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxRegistration {
		return nil, false
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	r = &Registration{}
	if json.Unmarshal(text, r) != nil || r.Port == 0 {
		return nil, false
	}
	return r, true
}

// maxRegistration bounds a registration file, in bytes.
const maxRegistration = 1 << 20

// Connection gives what a kernel binds to: all ports are zero, to be chosen by the system.
func (r *Registration) Connection() (*wire.KernelFile, error) {
	f := &wire.KernelFile{Transport: r.Transport, IP: r.IP, Key: r.Key, Scheme: r.Scheme}
	if f.Transport == "" {
		f.Transport = "tcp"
	}
	if f.Scheme == "" {
		f.Scheme = "hmac-sha256"
	}
	switch _, err := wire.SchemeHash(f.Scheme); {
	case err != nil:
		return nil, fmt.Errorf("kernel: registration: %w", err)
	case f.Transport != "tcp":
		return nil, fmt.Errorf("kernel: registration: transport %q: want tcp", r.Transport)
	case r.Key == "":
		return nil, errors.New("kernel: registration: key is missing")
	}
	return f, nil
}

// registered is what a kernel says of itself. Ports are strings in it.
type registered struct {
	KernelID  string `json:"kernel_id"`
	Shell     string `json:"shell_port"`
	Control   string `json:"control_port"`
	Stdin     string `json:"stdin_port"`
	IOPub     string `json:"iopub_port"`
	Heartbeat string `json:"hb_port"`
}

// Register tells the launcher the ports that the kernel has bound, and waits until it acknowledges them with the right signature.
func (k *Kernel) Register(ctx context.Context, r *Registration) error {
	s, err := zmtp.New(zmtp.Dealer, zmtp.Options{Logger: k.log})
	if err != nil {
		return fmt.Errorf("kernel: registering: %w", err)
	}
	defer func() { _ = s.Close(0) }() // the acknowledgement came, or it never will
	f := k.o.Connection
	port := func(p wire.Port) string { return strconv.Itoa(int(p)) }
	content, err := json.Marshal(registered{r.KernelID, port(f.Shell), port(f.Control), port(f.Stdin), port(f.IOPub), port(f.Heartbeat)})
	if err != nil {
		return fmt.Errorf("kernel: registering: %w", err)
	}
	endpoint := (&wire.KernelFile{Transport: "tcp", IP: r.IP}).Endpoint(r.Port)
	if err := s.Connect(endpoint); err != nil {
		return fmt.Errorf("kernel: registering at %s: %w", endpoint, err)
	}
	ctx, cancel := context.WithTimeout(ctx, registerWithin)
	defer cancel()
	signature := func(content []byte) []byte {
		mac := hmac.New(k.hash, []byte(r.Key))
		mac.Write(content)
		return []byte(hex.EncodeToString(mac.Sum(nil)))
	}
	if err := s.Send(ctx, []byte(wire.Delimiter), signature(content), content); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnregistered, endpoint, err)
	}
	for {
		m, err := s.Recv(ctx)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrUnregistered, endpoint, err)
		}
		n := len(m.Frames)
		if n >= 3 && string(m.Frames[n-3]) == wire.Delimiter && hmac.Equal(m.Frames[n-2], signature(m.Frames[n-1])) {
			return nil
		}
		k.log.Debug("refused an acknowledgement", "frames", n)
	}
}

// WriteConnection writes the connection file of a registered kernel for other clients into Jupyter's runtime folder, and gives its path.
func (k *Kernel) WriteConnection(dir, kernelID string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("kernel: Jupyter's runtime folder: %w", err)
	}
	path := filepath.Join(dir, "kernel-"+filepath.Base(kernelID)+".json")
	return path, wire.WriteFile(path, k.o.Connection)
}
