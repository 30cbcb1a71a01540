package cluster

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// defaultGrace is how long a process may take to end after SIGTERM.
const defaultGrace = 2 * time.Second

// Options of a cluster.
type Options struct {
	Program    string   // the gale program; "" is the running one
	Profile    string   // profile folder, where connection files and logs live; "" is [DefaultProfile]
	ID         string   // cluster id, "" is the default cluster
	Engines    int      // number of engines; 0 is one per core, where they run here
	Launcher   Launcher // where engines run; nil is [Local]
	Detached   bool     // outlives this process
	Env        []string // additions to the environment of controller and engines
	Args       []string // additions to the controller's command line
	Restart    Policy
	Grace      time.Duration
	Log        *slog.Logger // nil discards
	EngineArgs []string     // additions to the engines' command line
}

// DefaultProfile is the folder where ipyparallel's default profile lives, so that a Python client finds a cluster of ours:
// $IPYTHONDIR/profile_default, or ~/.ipython/profile_default.
func DefaultProfile() (string, error) {
	dir := os.Getenv("IPYTHONDIR")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("cluster: finding the profile folder: %w", err)
		}
		dir = filepath.Join(home, ".ipython")
	}
	return filepath.Join(dir, "profile_default"), nil
}

// ClientFile gives the path of the connection file for clients of a cluster.
func ClientFile(profile, id string) string { return connectionFile(profile, id, "client") }

// EngineFile gives the path of the connection file for engines of a cluster.
func EngineFile(profile, id string) string { return connectionFile(profile, id, "engine") }

func connectionFile(profile, id, who string) string {
	return filepath.Join(profile, "security", "ipcontroller"+infix(id)+"-"+who+".json")
}

// infix is what a cluster id adds to names of files.
func infix(id string) string {
	if id == "" {
		return ""
	}
	return "-" + id
}

func name(id string) string {
	if id == "" {
		return "default"
	}
	return id
}

func (o *Options) complete() error {
	if filepath.Base(o.ID) != o.ID && o.ID != "" {
		return fmt.Errorf("cluster: id %q: an id is part of file names, so it has no %q", o.ID, filepath.Separator)
	}
	if o.Program == "" {
		// The running program itself, even when its file has been replaced or removed since.
		o.Program = "/proc/self/exe"
		if runtime.GOOS != "linux" {
			exe, err := os.Executable()
			if err != nil {
				return fmt.Errorf("cluster: finding the program: %w", err)
			}
			o.Program = exe
		}
	}
	if o.Profile == "" {
		p, err := DefaultProfile()
		if err != nil {
			return err
		}
		o.Profile = p
	}
	if o.Launcher == nil {
		o.Launcher = Local{}
	}
	if o.Engines < 0 {
		return fmt.Errorf("cluster: %d engines: want a number from 1, or 0 for one per core", o.Engines)
	}
	if o.Engines == 0 {
		o.Engines = o.Launcher.natural()
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range []string{"security", "log", "pid"} {
		if err := os.MkdirAll(filepath.Join(o.Profile, d), 0o700); err != nil {
			return fmt.Errorf("cluster: making the profile folder: %w", err)
		}
	}
	return nil
}

// log is the path of a process's log.
func (o *Options) log(name string) string {
	return filepath.Join(o.Profile, "log", "gale"+infix(o.ID)+"-"+name+".log")
}

// output opens the log of a process.
func (o *Options) output(name string) (*os.File, error) {
	f, err := os.OpenFile(o.log(name), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cluster: opening the log of %s: %w", name, err)
	}
	return f, nil
}
