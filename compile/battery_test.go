//go:build !race

package compile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/compile/internal/solver"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/namespace"
)

// A battery case is a notebook session: a file of sections. "-- cell --" (with timeout=2s if the cell is interrupted then) is followed
// by sections that say what the cell must do: stdout, value, novalue, error (a regular expression), anyerror (it may fail or not).
type batteryCase struct {
	title string
	cells []batteryCell
}

type batteryCell struct {
	src      string
	timeout  time.Duration
	stdout   string
	value    *string
	noValue  bool
	err      *regexp.Regexp
	anyError bool
}

// batteryResult is what a child process writes for each cell, one line of JSON.
type batteryResult struct {
	Stdout, Value, Err string
	HasValue           bool
}

// Names of environment variables by which the test runs itself for one case.
const (
	batteryCaseEnv   = "GALE_BATTERY_CASE"
	batteryResultEnv = "GALE_BATTERY_RESULT"
	batteryExecEnv   = "GALE_BATTERY_EXEC" // a program that runs this one, for another machine
)

const solverPath = "github.com/galeproject/gale/compile/internal/solver"

var keepSolver = []any{
	solver.New, solver.TotalAmp, solver.Each, solver.Describe, solver.Identity, solver.Store, solver.Load, solver.Stream,
	solver.Parallel, solver.Fail, (*solver.Field)(nil), (*solver.Model)(nil), (*solver.Source)(nil), (*solver.SolveError)(nil),
}

var section = regexp.MustCompile(`^-- (\w+)(?: timeout=(\S+))? --$`)

func readCase(file string) (*batteryCase, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	text := strings.ReplaceAll(string(b), `"battery/solver"`, `"`+solverPath+`"`)
	c := &batteryCase{}
	name := ""
	var lines []string
	for _, l := range append(strings.Split(strings.TrimSuffix(text, "\n"), "\n"), "-- end --") {
		m := section.FindStringSubmatch(l)
		if m == nil {
			if name != "" {
				lines = append(lines, l)
			} else if v, ok := strings.CutPrefix(l, "title: "); ok {
				c.title = v
			}
			continue
		}
		if name != "" {
			if err := c.section(name, strings.Join(lines, "\n")); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
		lines = nil
		if name = m[1]; name == "cell" {
			d := 30 * time.Second
			if m[2] != "" {
				if d, err = time.ParseDuration(m[2]); err != nil {
					return nil, err
				}
			}
			c.cells = append(c.cells, batteryCell{timeout: d})
		}
	}
	return c, nil
}

func (c *batteryCase) section(name, body string) error {
	if len(c.cells) == 0 {
		return fmt.Errorf("section %s before the first cell", name)
	}
	cell := &c.cells[len(c.cells)-1]
	switch name {
	case "cell":
		cell.src = body
	case "stdout":
		cell.stdout = body
	case "value":
		cell.value = &body
	case "novalue":
		cell.noValue = true
	case "error":
		var err error
		cell.err, err = regexp.Compile(body)
		return err
	case "anyerror":
		cell.anyError = true
	default:
		return fmt.Errorf("unknown section %s", name)
	}
	return nil
}

// check gives the first difference, "" if there is none.
func (c *batteryCell) check(r *batteryResult) string {
	trim := func(s string) string { return strings.TrimRight(s, " \n") }
	switch {
	case c.err != nil && r.Err == "":
		return fmt.Sprintf("no error, value %q; want error %q", r.Value, c.err)
	case c.err != nil && !c.err.MatchString(r.Err):
		return fmt.Sprintf("error %q, want %q", r.Err, c.err)
	case c.err != nil, c.anyError:
		return ""
	case r.Err != "":
		return "error: " + r.Err
	case trim(r.Stdout) != trim(c.stdout):
		return fmt.Sprintf("stdout %q, want %q", r.Stdout, c.stdout)
	case c.value != nil && (!r.HasValue || r.Value != *c.value):
		return fmt.Sprintf("value %q (%v), want %q", r.Value, r.HasValue, *c.value)
	case c.noValue && r.HasValue:
		return fmt.Sprintf("value %q, want none", r.Value)
	}
	return ""
}

// batteryChild runs one case in this process.
func batteryChild(file, results string) error {
	c, err := readCase(file)
	if err != nil {
		return err
	}
	if len(keepSolver) == 0 {
		return nil
	}
	out, err := os.Create(results)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }() // written line by line
	t, err := compile.Open(context.Background(), compile.Options{Full: os.Getenv("GALE_BATTERY_FULL") != ""})
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }()
	if os.Getenv("GALE_BATTERY_GC") != "" {
		go func() {
			for {
				runtime.GC()
			}
		}()
	}
	s, n := compile.NewSession(t, "battery"), namespace.New(namespace.Options{})
	for i, cell := range c.cells {
		r := batteryRun(s, n, &cell, i+1)
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

func batteryRun(s *compile.Session, n *namespace.Namespace, cell *batteryCell, number int) (r batteryResult) {
	c, err := s.Compile(context.Background(), module.Local, compile.Cell{Source: cell.src, Number: number})
	if err == nil && c.Module != nil {
		err = n.Load(c.Module)
	}
	if err != nil {
		r.Err = err.Error()
		return r
	}
	s.Commit(c)
	if c.Module == nil {
		return r
	}
	ctx, cancel := context.WithTimeout(context.Background(), cell.timeout)
	defer cancel()
	var o namespace.Outcome
	r.Stdout, err = captureStdout(func() { o = n.Run(ctx, c.Module.ID, namespace.RunOptions{}) })
	switch {
	case err != nil:
		r.Err = err.Error()
	case o.Failure != nil:
		r.Err = o.Failure.Name + ": " + o.Failure.Text()
	case o.Result != nil:
		r.Value, _ = o.Result.Data["text/plain"].(string)
		r.HasValue = true
	}
	return r
}

// captureStdout gives what is written to file descriptor 1 while f runs.
func captureStdout(f func()) (string, error) {
	tmp, err := os.CreateTemp("", "stdout")
	if err != nil {
		return "", err
	}
	defer func() { _ = tmp.Close() }()
	if err := os.Remove(tmp.Name()); err != nil {
		return "", err
	}
	saved, err := syscall.Dup(1)
	if err != nil {
		return "", err
	}
	if err := syscall.Dup3(int(tmp.Fd()), 1, 0); err != nil {
		return "", err
	}
	f()
	if err := syscall.Dup3(saved, 1, 0); err != nil {
		return "", err
	}
	if err := syscall.Close(saved); err != nil {
		return "", err
	}
	if _, err := tmp.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	b, err := io.ReadAll(tmp)
	return string(b), err
}

// TestBattery runs every case in a process of its own: this test binary is the program that cells are compiled for. Cases that
// are known to fail stand in testdata/battery-failing.txt; one that passes must leave it.
func TestBattery(t *testing.T) {
	files, err := filepath.Glob("testdata/battery/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	failing := map[string]string{}
	known, err := os.ReadFile("testdata/battery-failing.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(known)) {
		if number, why, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
			failing[number] = why
		}
	}
	toolchain(t) // its self-test is then done once
	for i, file := range files {
		if testing.Short() && i%30 != 0 {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			number, _, _ := strings.Cut(name, "-")
			why, knownFailing := failing[number]
			switch msg := runCase(t, file); {
			case msg == "" && knownFailing:
				t.Errorf("passes, but is listed as failing (%s)", why)
			case msg != "" && !knownFailing:
				t.Error(msg)
			}
		})
	}
}

// runCase runs a case in a child process and gives the first difference.
func runCase(t *testing.T, file string) string {
	t.Helper()
	c, err := readCase(file)
	if err != nil {
		return err.Error()
	}
	results := filepath.Join(t.TempDir(), "results")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	argv := append(strings.Fields(os.Getenv(batteryExecEnv)), os.Args[0])
	child := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // this program
	child.Env = append(os.Environ(), batteryCaseEnv+"="+file, batteryResultEnv+"="+results)
	child.WaitDelay = 5 * time.Second
	log, runErr := child.CombinedOutput()
	b, _ := os.ReadFile(results)
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	for i := range c.cells {
		var r batteryResult
		if i >= len(lines) || json.Unmarshal(lines[i], &r) != nil {
			return fmt.Sprintf("cell %d: no result: %v: %.2000s", i+1, runErr, log)
		}
		if msg := c.cells[i].check(&r); msg != "" {
			return fmt.Sprintf("cell %d: %s", i+1, msg)
		}
	}
	return ""
}
