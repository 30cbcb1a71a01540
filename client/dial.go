package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/galeproject/gale/wire"
)

// settings are what the options of Dial and Open say.
type settings struct {
	host     Host
	starter  Starter
	output   func(wire.Output)
	log      *slog.Logger
	timeout  time.Duration
	patience time.Duration
	file     string
}

// Starter starts a local cluster, or finds the one that it started before, and gives the path of its connection file.
type Starter func(ctx context.Context) (string, error)

// Setting is an option of [Dial] and [Open].
type Setting func(*settings)

// WithStarter says how a local cluster is started when none is configured.
func WithStarter(s Starter) Setting { return func(o *settings) { o.starter = s } }

// WithFile names the connection file.
func WithFile(path string) Setting { return func(o *settings) { o.file = path } }

// WithOutput says where outputs of engines go; in a notebook they go under the cell that asked.
func WithOutput(f func(wire.Output)) Setting { return func(o *settings) { o.output = f } }

// WithTimeout bounds the wait for the controller's first answer; the default is 10 s.
func WithTimeout(d time.Duration) Setting { return func(o *settings) { o.timeout = d } }

// WithPatience bounds how long calls wait for a controller that is gone to come back, 60 s by default; then they fail and say so. A
// controller that was stopped, so that its connection file is gone, is waited for no longer than 3 s.
func WithPatience(d time.Duration) Setting { return func(o *settings) { o.patience = d } }

// WithLog gives a logger; the default is silent.
func WithLog(l *slog.Logger) Setting { return func(o *settings) { o.log = l } }

// EnvCluster names a cluster in the environment: a connection file, or a cluster's id.
const EnvCluster = "GALE_CLUSTER"

// Open connects to the cluster of a connection file in ipyparallel's form, …-client.json.
func Open(ctx context.Context, path string, opts ...Setting) (*Client, error) {
	return open(ctx, path, apply(ctx, opts))
}

// Dial connects to a cluster: the one that an option names; the one that GALE_CLUSTER names; the running default cluster (gale
// cluster start); else a local one with an engine per core, started now. In a notebook the kernel starts it, once, and ends it with the
// notebook.
func Dial(ctx context.Context, opts ...Setting) (*Client, error) {
	o := apply(ctx, opts)
	if c := o.running(ctx); c != nil {
		return c, nil
	}
	path, err := o.find(ctx)
	if err != nil {
		return nil, err
	}
	return open(ctx, path, o)
}

func apply(ctx context.Context, opts []Setting) settings {
	o := settings{host: hostOf(ctx), timeout: 10 * time.Second, patience: patience}
	for _, f := range opts {
		f(&o)
	}
	return o
}

// destination is where outputs of engines go.
func (o *settings) destination() func(context.Context, wire.Output) {
	switch {
	case o.output != nil:
		return func(_ context.Context, out wire.Output) { o.output(out) }
	case o.host != nil:
		return o.host.Emit
	}
	return func(context.Context, wire.Output) {}
}

// running connects to the default cluster, when no other is named and its controller answers: the file may be left from a dead one.
func (o settings) running(ctx context.Context) *Client {
	if o.file != "" || os.Getenv(EnvCluster) != "" {
		return nil
	}
	path, err := Locate("")
	if err != nil {
		return nil
	}
	o.timeout = min(o.timeout, time.Second)
	c, err := open(ctx, path, o)
	if err != nil {
		return nil
	}
	return c
}

// find says which connection file is meant.
func (o *settings) find(ctx context.Context) (string, error) {
	if o.file != "" {
		return o.file, nil
	}
	if named := os.Getenv(EnvCluster); named != "" {
		if strings.HasSuffix(named, ".json") {
			return named, nil
		}
		return Locate(named)
	}
	if o.starter != nil {
		return o.starter(ctx)
	}
	if o.host == nil {
		return "", fmt.Errorf("client: no cluster is configured: start one with `gale cluster start`, set %s, or pass the cell's ctx", EnvCluster)
	}
	raw, _, err := o.host.Ask(ctx, "cluster", nil)
	if err != nil {
		return "", err
	}
	var reply struct {
		File string `json:"file"`
	}
	if err := json.Unmarshal(raw, &reply); err != nil {
		return "", fmt.Errorf("client: the kernel's answer about a cluster: %w", err)
	}
	return reply.File, nil
}

// Locate gives the path of the client's connection file of a cluster of the default profile, "" or "default" for the default cluster.
// The error is fs.ErrNotExist when there is none.
func Locate(cluster string) (string, error) {
	dir := os.Getenv("IPYTHONDIR")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("client: looking for a cluster: %w", err)
		}
		dir = filepath.Join(home, ".ipython")
	}
	if cluster == "default" {
		cluster = ""
	}
	infix := ""
	if cluster != "" {
		infix = "-" + cluster
	}
	path := filepath.Join(dir, "profile_default", "security", "ipcontroller"+infix+"-client.json")
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("client: there is no cluster %q: %w", cluster, err)
		}
		return "", fmt.Errorf("client: looking for cluster %q: %w", cluster, err)
	}
	return path, nil
}
