package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxConnectionFile bounds a connection file, in bytes.
const maxConnectionFile = 1 << 20

// curveKey is the length of a CURVE key in Z85.
const curveKey = 40

// Port is a port number that JSON gives as a number or as a string.
type Port int

// UnmarshalJSON reads 5001 and "5001".
func (p *Port) UnmarshalJSON(b []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(b), `"`))
	if err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("wire: port %s: want a number from 0 to 65535", b)
	}
	*p = Port(n)
	return nil
}

// KernelFile is the connection file of a Jupyter kernel.
type KernelFile struct {
	Transport  string `json:"transport"`
	IP         string `json:"ip"`
	Shell      Port   `json:"shell_port"`
	Control    Port   `json:"control_port"`
	Stdin      Port   `json:"stdin_port"`
	IOPub      Port   `json:"iopub_port"`
	Heartbeat  Port   `json:"hb_port"`
	Key        string `json:"key"`
	Scheme     string `json:"signature_scheme"`
	KernelName string `json:"kernel_name,omitempty"`
	Session    string `json:"jupyter_session,omitempty"`

	// The kernel's pair of CURVE keys in Z85, both or neither: with them all five sockets are CURVE servers.
	CurvePublic string `json:"curve_publickey,omitempty"`
	CurveSecret string `json:"curve_secretkey,omitempty"`
}

// Endpoint gives the ZeroMQ endpoint of a port.
func (f *KernelFile) Endpoint(p Port) string {
	if f.Transport == "ipc" {
		return fmt.Sprintf("ipc://%s-%d", f.IP, p)
	}
	ip := f.IP
	if ip == "" {
		ip = "127.0.0.1"
	}
	return fmt.Sprintf("tcp://%s:%d", ip, p)
}

// ReadKernelFile reads and checks a kernel's connection file.
func ReadKernelFile(path string) (*KernelFile, error) {
	f := &KernelFile{}
	if err := readJSON(path, f); err != nil {
		return nil, err
	}
	if f.Transport == "" {
		f.Transport = "tcp"
	}
	if f.Scheme == "" {
		f.Scheme = "hmac-sha256"
	}
	if f.Transport != "tcp" && f.Transport != "ipc" {
		return nil, fmt.Errorf("wire: %s: transport %q: want tcp or ipc", path, f.Transport)
	}
	if _, err := SchemeHash(f.Scheme); err != nil {
		return nil, fmt.Errorf("%w (%s)", err, path)
	}
	if (f.CurvePublic == "") != (f.CurveSecret == "") {
		return nil, fmt.Errorf("wire: %s: curve_publickey and curve_secretkey: want both or neither", path)
	}
	if err := errors.Join(checkCurve(path, "curve_publickey", f.CurvePublic), checkCurve(path, "curve_secretkey", f.CurveSecret)); err != nil {
		return nil, err
	}
	for name, p := range map[string]Port{"shell_port": f.Shell, "control_port": f.Control, "stdin_port": f.Stdin, "iopub_port": f.IOPub, "hb_port": f.Heartbeat} {
		if p == 0 {
			return nil, fmt.Errorf("wire: %s: %s is missing", path, name)
		}
	}
	return f, nil
}

// ClusterFile is the connection file that a controller writes for its clients, or for its engines, in ipyparallel's form.
type ClusterFile struct {
	Interface    string          `json:"interface"` // tcp://127.0.0.1, tcp://*, ipc://…
	Location     string          `json:"location"`  // host name or address that peers use when the interface is every one
	Registration Port            `json:"registration"`
	Control      Port            `json:"control"`
	Mux          Port            `json:"mux"`
	Task         Port            `json:"task"`
	TaskScheme   string          `json:"task_scheme,omitempty"` // client
	IOPub        Port            `json:"iopub"`
	Notification Port            `json:"notification,omitempty"` // client
	Broadcast    json.RawMessage `json:"broadcast"`              // client: a port; engine: a list of ports
	HBPing       Port            `json:"hb_ping,omitempty"`      // engine
	HBPong       Port            `json:"hb_pong,omitempty"`      // engine
	Key          string          `json:"key"`
	CurveServer  *string         `json:"curve_serverkey"` // the controller's public CURVE key in Z85; null: no encryption
	SSH          string          `json:"ssh"`
	Pack         string          `json:"pack"`
	Unpack       string          `json:"unpack"`
	Scheme       string          `json:"signature_scheme"`
	ClusterID    string          `json:"cluster_id,omitempty"`
}

// ServerKey gives the controller's public CURVE key in Z85, "" when nothing is encrypted.
func (f *ClusterFile) ServerKey() string {
	if f.CurveServer == nil {
		return ""
	}
	return *f.CurveServer
}

// BroadcastPorts gives the broadcast ports of either form.
func (f *ClusterFile) BroadcastPorts() ([]Port, error) {
	var one Port
	if json.Unmarshal(f.Broadcast, &one) == nil {
		return []Port{one}, nil
	}
	var many []Port
	if err := json.Unmarshal(f.Broadcast, &many); err != nil || len(many) == 0 {
		return nil, fmt.Errorf("wire: broadcast %s: want a port or a list of ports", f.Broadcast)
	}
	return many, nil
}

// Endpoint gives the ZeroMQ endpoint that a peer connects to for a port.
func (f *ClusterFile) Endpoint(p Port) string {
	if base, ok := strings.CutPrefix(f.Interface, "ipc://"); ok {
		return fmt.Sprintf("ipc://%s-%d", base, p)
	}
	host := strings.TrimPrefix(f.Interface, "tcp://")
	if host == "*" || host == "0.0.0.0" || host == "" {
		if host = f.Location; host == "" || isThisHost(host) {
			host = "127.0.0.1"
		}
	}
	return fmt.Sprintf("tcp://%s:%d", host, p)
}

func isThisHost(name string) bool {
	own, err := os.Hostname()
	return err == nil && own == name
}

// ReadClusterFile reads and checks a controller's connection file.
func ReadClusterFile(path string) (*ClusterFile, error) {
	f := &ClusterFile{}
	if err := readJSON(path, f); err != nil {
		return nil, err
	}
	return f, f.check(path)
}

// ParseClusterFile reads and checks the text of a controller's connection file.
func ParseClusterFile(text []byte) (*ClusterFile, error) {
	f := &ClusterFile{}
	if err := json.Unmarshal(text, f); err != nil {
		return nil, fmt.Errorf("wire: connection info: %w", err)
	}
	return f, f.check("connection info")
}

func (f *ClusterFile) check(name string) error {
	switch {
	case f.Interface == "":
		return fmt.Errorf("wire: %s: interface is missing", name)
	case f.Scheme != "" && f.Scheme != "hmac-sha256":
		return fmt.Errorf("wire: %s: signature_scheme %q: want hmac-sha256", name, f.Scheme)
	}
	if err := checkCurve(name, "curve_serverkey", f.ServerKey()); err != nil {
		return err
	}
	for name2, p := range map[string]Port{"registration": f.Registration, "control": f.Control, "mux": f.Mux, "task": f.Task, "iopub": f.IOPub} {
		if p == 0 {
			return fmt.Errorf("wire: %s: %s is missing", name, name2)
		}
	}
	_, err := f.BroadcastPorts()
	return err
}

// checkCurve refuses what cannot be a key; nobody falls back to clear because of a damaged one. It does not repeat the key.
func checkCurve(file, field, key string) error {
	if key != "" && len(key) != curveKey {
		return fmt.Errorf("wire: %s: %s has %d characters: want %d of Z85", file, field, len(key), curveKey)
	}
	return nil
}

// Private is the file by which a kernel's child finds the kernel: endpoints on one machine and a key.
type Private struct {
	Shell   string `json:"shell"`
	Control string `json:"control"`
	IOPub   string `json:"iopub"`
	Host    string `json:"host"`
	Key     string `json:"key"`
}

// ReadPrivate reads the file of a private connection.
func ReadPrivate(path string) (*Private, error) {
	f := &Private{}
	if err := readJSON(path, f); err != nil {
		return nil, err
	}
	if f.Shell == "" || f.Control == "" || f.IOPub == "" || f.Host == "" || f.Key == "" {
		return nil, fmt.Errorf("wire: %s: an endpoint or the key is missing", path)
	}
	return f, nil
}

func readJSON(path string, v any) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("wire: reading connection file: %w", err)
	}
	if info.Size() > maxConnectionFile {
		return fmt.Errorf("wire: %s: %d bytes are too many for a connection file", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("wire: reading connection file: %w", err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("wire: %s: %w", path, err)
	}
	return nil
}

// WriteFile writes v as indented JSON so that nobody else can read it (mode 0600) and nobody sees half of it: to a temporary
// name beside path, then renamed.
func WriteFile(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("wire: writing %s: %w", path, err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("wire: writing connection file: %w", err)
	}
	_, err = tmp.Write(append(text, '\n'))
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		if rerr := os.Remove(tmp.Name()); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
		return fmt.Errorf("wire: writing %s: %w", path, err)
	}
	return nil
}
