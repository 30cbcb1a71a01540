package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

var gen atomic.Int64

// cell is a module whose image is a script.
func cell(lines ...string) *module.Module {
	return &module.Module{ID: module.ID{Session: "s", Gen: int(gen.Add(1))}, Image: []byte(strings.Join(lines, "\n"))}
}

func start(t *testing.T, o Options) *Worker {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	if o.Command == nil {
		o.Command = []string{os.Args[0]}
	}
	if o.Env == nil {
		o.Env = []string{childEnv + "=1"}
	}
	w, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
		if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "gale-*")); len(left) != 0 {
			t.Errorf("files were left behind: %v", left)
		}
	})
	return w
}

func run(t *testing.T, w *Worker, m *module.Module) (string, wire.Reply) {
	t.Helper()
	var out outputs
	r := w.Run(t.Context(), m, wire.Run{}, out.emit)
	return out.String(), r
}

func text(r wire.Reply) string {
	if r.Failure == nil {
		return ""
	}
	return strings.Join(r.Traceback, "\n")
}

func TestRunInOrder(t *testing.T) {
	w := start(t, Options{})
	out, r := run(t, w, cell("out one", "show two", "err three", "out four", "show five", "result six", "out seven"))
	// the two pipes are two: what one goroutine writes to both comes with stdout first or last, but never behind a display
	a := `[stdout one][display_data "two"][stderr three][stdout four][display_data "five"][stdout seven]`
	b := `[stdout one][display_data "two"][stdout four][stderr three][display_data "five"][stdout seven]`
	if r.Status != "ok" || out != a && out != b {
		t.Fatalf("%s %s\n%s", r.Status, text(r), out)
	}
	if out, r = run(t, w, cell("result six")); r.Status != "ok" || out != `[execute_result "six"]` {
		t.Fatalf("%s %s\n%s", r.Status, text(r), out)
	}
	if out, r = run(t, w, cell("out x", "fail boom")); r.Status != "error" || r.Failure == nil || r.Name != "Panic" || r.Value != "boom" || out != "[stdout x][error ]" {
		t.Fatalf("%s %s\n%s", r.Status, text(r), out)
	}
	if out, r = run(t, w, cell("later")); r.Status != "ok" || out != "" {
		t.Fatalf("%s %s\n%s", r.Status, text(r), out)
	}
}

func TestLateOutput(t *testing.T) {
	w := start(t, Options{})
	late := make(chan string, 1)
	if r := w.Run(t.Context(), cell("later"), wire.Run{}, func(o wire.Output) { late <- o.MsgType }); r.Status != "ok" {
		t.Fatal(text(r))
	}
	if got := <-late; got != "display_data" {
		t.Fatal(got)
	}
}

func TestManyOrderedOutputs(t *testing.T) {
	w := start(t, Options{})
	var script []string
	want := ""
	for i := range 300 {
		script = append(script, fmt.Sprintf("out p%d", i), fmt.Sprintf("show d%d", i))
		want += fmt.Sprintf(`[stdout p%d][display_data "d%d"]`, i, i)
	}
	if out, r := run(t, w, cell(script...)); r.Status != "ok" || out != want {
		t.Fatalf("%s %s\n%s", r.Status, text(r), out)
	}
}

func TestOtherRequests(t *testing.T) {
	w := start(t, Options{})
	m, err := w.Request(t.Context(), wire.NamesRequest, wire.Names{List: true}, nil, nil)
	var r wire.NamesReply
	if err != nil || m.Content(&r) != nil || len(r.Names) != 1 || r.Names[0].Name != "x" {
		t.Fatal(r, err)
	}
}

func TestQuestions(t *testing.T) {
	w := start(t, Options{Host: func(_ context.Context, kind string, content json.RawMessage, _ [][]byte) (any, [][]byte, error) {
		if kind != "cluster" {
			return nil, nil, errors.New("what?")
		}
		return map[string]string{"got": string(content)}, [][]byte{[]byte("frame")}, nil
	}})
	out, r := run(t, w, cell("ask cluster"))
	if r.Status != "ok" || out != `[stdout {"got":"{\"n\":1}"} [frame]]` {
		t.Fatalf("%s %s\n%s", r.Status, text(r), out)
	}
	if _, r = run(t, w, cell("ask nonsense")); r.Failure == nil || !strings.Contains(r.Value, "what?") {
		t.Fatalf("%s %s", r.Status, text(r))
	}
}

func TestDeaths(t *testing.T) {
	for _, c := range []struct{ name, command, how, last string }{
		{"exit", "exit", "exit status 7", ""},
		{"kill -9", "err some words\nkill", "killed by signal 9", "some words"},
		{"crash", "crash", "panic: a goroutine of a library", "goroutine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := start(t, Options{})
			before := w.Pid()
			out, r := run(t, w, cell("out before", c.command))
			if r.Status != "error" || r.Failure == nil || r.Name != NameDied || !strings.Contains(r.Value, c.how) || !strings.Contains(out, "[stdout before") {
				t.Fatalf("%s %s\n%s", r.Status, text(r), out)
			}
			if !strings.Contains(strings.Join(r.Traceback, "\n"), c.last) || !strings.Contains(out, c.last) {
				t.Fatalf("%q\n%s", r.Traceback, out)
			}
			if out, r = run(t, w, cell("out again")); r.Status != "ok" || out != "[stdout again]" || w.Pid() == before {
				t.Fatalf("the next child: %s %s", text(r), out)
			}
		})
	}
}

func TestStillborn(t *testing.T) {
	w := start(t, Options{Env: []string{childEnv + "=stillborn"}})
	for range 5 { // after three deaths each request has one child of its own
		if _, r := run(t, w, cell("out x")); r.Failure == nil || r.Name != NameDied || !strings.Contains(r.Value, "exit status 3") ||
			!strings.Contains(strings.Join(r.Traceback, "\n"), "no will to live") {
			t.Fatalf("%s %s", r.Status, text(r))
		}
	}
	if _, err := Start(t.Context(), Options{Command: []string{"/nonexistent"}}); err == nil {
		t.Fatal("a program that does not exist was started")
	}
}

// interrupted runs a script that prints "waiting" and interrupts it then.
func interrupted(t *testing.T, w *Worker, m *module.Module) (string, wire.Reply) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out outputs
	r := w.Run(ctx, m, wire.Run{}, func(o wire.Output) {
		if out.emit(o); strings.Contains(out.String(), "waiting") {
			cancel()
		}
	})
	return out.String(), r
}

func TestInterrupt(t *testing.T) {
	w := start(t, Options{})
	w.Interrupt() // idle: nothing happens, and the next cell is not hit
	pid := w.Pid()
	if out, r := interrupted(t, w, cell("wait")); r.Failure == nil || r.Name != NameInterrupted || !strings.HasPrefix(out, "[stdout waiting]") {
		t.Fatalf("%s %s\n%s", r.Status, text(r), out)
	}
	w.Interrupt() // nothing was left behind
	if out, r := run(t, w, cell("out on")); r.Status != "ok" || out != "[stdout on]" || w.Pid() != pid {
		t.Fatalf("%s %s\n%s", r.Status, text(r), out)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := w.Run(ctx, cell("out never"), wire.Run{}, nil); r.Failure == nil || r.Name != NameInterrupted {
		t.Fatalf("%s %s", r.Status, text(r))
	}
}

func TestSecondInterruptEndsWhatWasLeftBehind(t *testing.T) {
	w := start(t, Options{})
	pid := w.Pid()
	if _, r := interrupted(t, w, cell("block")); r.Failure == nil || r.Value != "left behind" || w.Pid() != pid {
		t.Fatalf("%s %s", r.Status, text(r))
	}
	w.mu.Lock()
	l := w.life
	w.mu.Unlock()
	w.Interrupt()
	<-l.ended
	if _, r := run(t, w, cell("out on")); r.Status != "ok" || w.Pid() == pid {
		t.Fatalf("%s %s", r.Status, text(r))
	}
}

func TestADeafChildIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("waits two seconds for a child that does not answer")
	}
	w := start(t, Options{})
	if _, r := interrupted(t, w, cell("deaf")); r.Failure == nil || r.Name != NameDied || !strings.Contains(r.Value, "after an interrupt") {
		t.Fatalf("%s %s", r.Status, text(r))
	}
}

func TestRestart(t *testing.T) {
	w := start(t, Options{})
	pid := w.Pid()
	first := make(chan wire.Reply)
	waiting := make(chan struct{})
	go func() {
		first <- w.Run(t.Context(), cell("wait"), wire.Run{}, func(wire.Output) { close(waiting) })
	}()
	<-waiting
	if err := w.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := <-first; r.Failure == nil || r.Name != NameDied || !strings.Contains(r.Value, "restarted") {
		t.Fatalf("%s %s", r.Status, text(r))
	}
	if out, r := run(t, w, cell("out on")); r.Status != "ok" || out != "[stdout on]" || w.Pid() == pid {
		t.Fatalf("%s %s\n%s", r.Status, text(r), out)
	}
}

func TestCloseEndsTheGroup(t *testing.T) {
	w := start(t, Options{})
	pid := w.Pid()
	out, r := run(t, w, cell("fork"))
	if r.Status != "ok" {
		t.Fatalf("%s %s", r.Status, text(r))
	}
	var grandchild int
	if _, err := fmt.Sscanf(out, "[stdout %d]", &grandchild); err != nil {
		t.Fatal(out, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []int{pid, grandchild} {
		if alive(p) {
			t.Errorf("process %d lives on", p)
		}
	}
	if r := w.Run(t.Context(), cell("out x"), wire.Run{}, nil); r.Failure == nil || !strings.Contains(r.Value, ErrClosed.Error()) {
		t.Fatalf("%s %s", r.Status, text(r))
	}
}

// alive says whether a process runs; one that is dead and was not yet waited for by its new parent does not.
func alive(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

func TestASlowReaderStopsTheChild(t *testing.T) {
	w := start(t, Options{})
	n, first := 0, true
	release := time.NewTimer(300 * time.Millisecond)
	r := w.Run(t.Context(), cell("flood"), wire.Run{}, func(o wire.Output) {
		if first {
			<-release.C // the child prints on, until nobody takes it
			first = false
		}
		c, err := o.Said()
		if err != nil {
			t.Error(err)
		}
		n += len(c.Text)
	})
	if r.Status != "ok" || n != 8<<20 {
		t.Fatalf("%s: %d bytes", text(r), n)
	}
}
