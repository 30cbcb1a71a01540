package compile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// tools are the programs that make modules.
type tools struct {
	goCommand string
	dir       string // of compile, link and asm
	root      string // GOROOT
	env       []string
	flags     []string // of go list: those that the program was built with
}

// ToolError is a tool that failed.
type ToolError struct {
	Tool   string
	Output string
	Err    error
}

func (e *ToolError) Error() string {
	return fmt.Sprintf("compile: %s failed: %v: %s", e.Tool, e.Err, strings.TrimSpace(e.Output))
}

func (e *ToolError) Unwrap() error { return e.Err }

// run runs a program and gives its standard output. When ctx ends, the program is killed and the error is the context's.
func (t *tools) run(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = dir, t.env
	c.WaitDelay = 2 * time.Second
	var out, text bytes.Buffer
	c.Stdout, c.Stderr = &out, &text
	if err := c.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &ToolError{Tool: filepath.Base(name), Output: out.String() + text.String(), Err: err}
	}
	return out.Bytes(), nil
}

func (t *tools) tool(name string) string { return filepath.Join(t.dir, name) }

// errUnusable explains why cells cannot be compiled here.
type unusable string

func (u unusable) Error() string { return string(u) }

// findTools asks the go command where its tools are, and checks that they are of the version that built the program.
func findTools(ctx context.Context, goCommand string) (*tools, error) {
	if goCommand == "" {
		goCommand = "go"
	}
	path, err := exec.LookPath(goCommand)
	if err != nil {
		return nil, unusable("cells need the go command to be compiled: install " + runtime.Version() + " and put it into PATH")
	}
	t := &tools{goCommand: path, env: cleanEnvironment()}
	t.addSettings()
	for _, toolchain := range []string{"local", runtime.Version()} {
		t.env = append(t.env, "GOTOOLCHAIN="+toolchain)
		out, err := t.run(ctx, os.TempDir(), path, "env", "GOTOOLDIR", "GOROOT", "GOVERSION")
		if err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			var te *ToolError
			if errors.As(err, &te) && toolchain != "local" {
				break
			}
			return nil, unusable("cells cannot be compiled: " + err.Error())
		}
		f := strings.Split(strings.TrimSpace(string(out)), "\n")
		if len(f) != 3 {
			return nil, unusable("cells cannot be compiled: go env answers " + string(out))
		}
		t.dir, t.root = f[0], f[1]
		if f[2] == runtime.Version() {
			return t, t.checkInstalled()
		}
		if toolchain == "local" {
			continue
		}
	}
	return nil, unusable("this program was built with " + runtime.Version() + ", and the go command has another version: install " + runtime.Version())
}

// checkInstalled looks for what is needed beside the go command.
func (t *tools) checkInstalled() error {
	for _, name := range []string{"compile", "link", "asm"} {
		if _, err := os.Stat(t.tool(name)); err != nil {
			return unusable("cells cannot be compiled: Go's tool " + name + " is missing: " + err.Error())
		}
	}
	for _, name := range []string{"ld", "as"} {
		if _, err := exec.LookPath(name); err != nil {
			return unusable("cells cannot be compiled: " + name + " is missing: install binutils")
		}
	}
	return nil
}

// cleanEnvironment is the environment without what would make the go command work otherwise than for the program's own build.
func cleanEnvironment() []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "GOFLAGS", "GOWORK", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "CGO_ENABLED", "GOTOOLCHAIN", "GO111MODULE", "GODEBUG", "PWD":
		default:
			env = append(env, v)
		}
	}
	return append(env, "GOFLAGS=", "GOWORK=off", "LC_ALL=C")
}

// addSettings takes the program's build settings over.
func (t *tools) addSettings() {
	t.flags = []string{"-buildvcs=false"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "CGO_ENABLED":
			t.env = append(t.env, s.Key+"="+s.Value)
		case "-trimpath", "-race":
			if s.Value == "true" {
				t.flags = append(t.flags, s.Key)
			}
		case "-tags", "-gcflags", "-asmflags", "-pgo":
			t.flags = append(t.flags, s.Key+"="+s.Value)
		}
	}
}

// builtWithoutCgo says whether the program cannot load modules.
func builtWithoutCgo() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "CGO_ENABLED" {
			return s.Value == "0"
		}
	}
	return false
}

// machine tells the assembler for what it assembles.
func (t *tools) machine() []string {
	args := []string{"-D", "GOOS_" + runtime.GOOS, "-D", "GOARCH_" + runtime.GOARCH}
	for _, v := range t.env {
		if level, ok := strings.CutPrefix(v, "GOAMD64="); ok && runtime.GOARCH == "amd64" {
			args = append(args, "-D", "GOAMD64_"+level)
		}
	}
	return args
}
