package notebook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/kernel/kerneltest"
	"github.com/galeproject/gale/kernel/kerneltest/toy"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/notebook"
	"github.com/galeproject/gale/wire"
)

// showing is an evaluator whose cells are lists of output messages, or, failing that, what the toy understands.
type showing struct{ *toy.Evaluator }

func (s showing) Run(ctx context.Context, m *module.Module, run wire.Run, emit func(wire.Output)) wire.Reply {
	text, ok := strings.CutPrefix(string(m.Image), "messages(`")
	if !ok {
		return s.Evaluator.Run(ctx, m, run, emit)
	}
	for line := range strings.Lines(strings.TrimSuffix(text, "`)")) {
		msgType, content, _ := strings.Cut(strings.TrimSpace(line), " ")
		emit(wire.Output{MsgType: msgType, Content: json.RawMessage(content)})
	}
	return wire.Reply{Status: "ok"}
}

// dial starts a kernel in this process and connects to it.
func dial(t *testing.T) (*notebook.Client, *notebook.Info) {
	t.Helper()
	f := kerneltest.File(t, "ipc")
	k, err := kernel.New(kernel.Options{Connection: f, Compiler: &toy.Compiler{}, Evaluator: showing{toy.NewEvaluator()}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- k.Serve(t.Context()) }()
	c, info, err := notebook.Dial(t.Context(), f, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		k.Shutdown()
		if err := <-done; err != nil {
			t.Error(err)
		}
		c.Close()
	})
	return c, info
}

// cells makes a notebook; a cell that begins with # and tags has them.
func cells(sources ...string) *notebook.Notebook {
	nb := &notebook.Notebook{}
	for i, s := range sources {
		c := &notebook.Cell{ID: fmt.Sprint("c", i), Type: notebook.Code, Metadata: map[string]any{}}
		if tag, rest, ok := strings.Cut(s, "#"); ok {
			c.Metadata["tags"], s = []any{tag}, rest
		}
		c.Source = s
		nb.Cells = append(nb.Cells, c)
	}
	return nb
}

// outputs writes the outputs of a notebook, a line an output.
func outputs(t *testing.T, nb *notebook.Notebook) string {
	t.Helper()
	var lines []string
	for _, c := range nb.Cells {
		for _, o := range c.Outputs {
			b, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, c.ID+" "+string(b))
		}
	}
	return strings.Join(lines, "\n")
}

func TestRunStoresOutputs(t *testing.T) {
	c, info := dial(t)
	nb := cells(
		"fmt.Println(\"a\")\nfmt.Println(\"b\")\nfmt.Fprintln(os.Stderr, \"c\")\n6*7",
		"  ",
		"messages(`display_data {\"data\":{\"image/png\":\"AAAA\",\"text/plain\":\"one\"},\"metadata\":{},\"transient\":{\"display_id\":\"d\"}}\n"+
			"stream {\"name\":\"stdout\",\"text\":\"x\"}`)",
		"messages(`update_display_data {\"data\":{\"text/plain\":\"two\"},\"metadata\":{\"n\":1.50},\"transient\":{\"display_id\":\"d\"}}`)",
		"messages(`stream {\"name\":\"stdout\",\"text\":\"gone\"}\nclear_output {\"wait\":true}\nstream {\"name\":\"stdout\",\"text\":\"kept\"}`)",
		"messages(`stream {\"name\":\"stdout\",\"text\":\"gone\"}\nclear_output {\"wait\":false}`)",
	)
	var steps []string
	err := notebook.Run(t.Context(), nb, c, notebook.Options{Info: info, KernelName: "gale", DisplayName: "Go (gale)", Progress: func(s notebook.Step) {
		if s.Done {
			s.Elapsed = time.Second
		}
		steps = append(steps, s.String())
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := `c0 {"name":"stdout","output_type":"stream","text":"a\nb\n"}
c0 {"name":"stderr","output_type":"stream","text":"c\n"}
c0 {"data":{"text/plain":"42"},"execution_count":1,"metadata":{},"output_type":"execute_result"}
c2 {"data":{"text/plain":"two"},"metadata":{"n":1.50},"output_type":"display_data"}
c2 {"name":"stdout","output_type":"stream","text":"x"}
c4 {"name":"stdout","output_type":"stream","text":"kept"}`
	if got := outputs(t, nb); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := nb.Validate(); err != nil {
		t.Error(err)
	}
	lang, _ := nb.Metadata["language_info"].(map[string]any)
	spec, _ := nb.Metadata["kernelspec"].(map[string]any)
	if lang["name"] != "go" || spec["name"] != "gale" {
		t.Errorf("metadata %v", nb.Metadata)
	}
	if nb.Cells[1].Count != nil || *nb.Cells[2].Count != 2 {
		t.Error("an empty cell counts")
	}
	if len(steps) != 10 || steps[0] != `[1/5] fmt.Println("a")` || steps[1] != `[1/5] fmt.Println("a")  1s` {
		t.Errorf("steps %q", steps)
	}
}

func TestRunStopsAtTheFirstError(t *testing.T) {
	c, _ := dial(t)
	nb := cells("raises-exception#panic(\"expected\")", "fmt.Println(\"before\")\npanic(\"boom\")", "fmt.Println(\"never\")")
	err := notebook.Run(t.Context(), nb, c, notebook.Options{})
	var failed *notebook.CellError
	if !errors.As(err, &failed) || failed.Index != 2 || failed.Name != "Panic" || failed.Value != "boom" || len(failed.Traceback) == 0 {
		t.Fatalf("%v", err)
	}
	want := `c0 {"ename":"Panic","evalue":"expected","output_type":"error","traceback":["Panic: expected"]}
c1 {"name":"stdout","output_type":"stream","text":"before\n"}
c1 {"ename":"Panic","evalue":"boom","output_type":"error","traceback":["Panic: boom"]}`
	if got := outputs(t, nb); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := notebook.Run(t.Context(), nb, c, notebook.Options{AllowErrors: true}); err != nil || len(nb.Cells[2].Outputs) != 1 {
		t.Errorf("with errors allowed: %v", err)
	}
}

func TestRunSetsParameters(t *testing.T) {
	c, _ := dial(t)
	nb := cells("parameters#n := 1\nname := \"\"", "skip-execution#panic(1)", "n * 2", "name")
	if err := notebook.Run(t.Context(), nb, c, notebook.Options{Set: []notebook.Assignment{{Name: "n", Value: "21"}, {Name: "name", Value: "a b"}}}); err != nil {
		t.Fatal(err)
	}
	if got := outputs(t, nb); !strings.Contains(got, `"42"`) || !strings.Contains(got, `"a b"`) {
		t.Errorf("%s", got)
	}
	if err := notebook.Run(t.Context(), nb, c, notebook.Options{Set: []notebook.Assignment{{Name: "m", Value: "1"}}}); err == nil {
		t.Error("an unknown parameter was set")
	}
}

func TestRunIsInterrupted(t *testing.T) {
	c, _ := dial(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	nb := cells("fmt.Println(1)\nfor {\n}", "2")
	go cancel()
	err := notebook.Run(ctx, nb, c, notebook.Options{})
	if !errors.Is(err, context.Canceled) || len(nb.Cells[1].Outputs) != 0 {
		t.Errorf("%v", err)
	}
	nb = cells("for {\n}")
	err = notebook.Run(t.Context(), nb, c, notebook.Options{Timeout: time.Millisecond, AllowErrors: true})
	if err == nil || !strings.Contains(err.Error(), "longer than 1ms") {
		t.Errorf("%v", err)
	}
	if got := outputs(t, nb); !strings.Contains(got, "KeyboardInterrupt") {
		t.Errorf("%s", got)
	}
}

// TestMain is also the kernel that TestStart starts.
func TestMain(m *testing.M) {
	if file := os.Getenv("NOTEBOOK_TEST_KERNEL"); file != "" {
		if err := child(os.Args[len(os.Args)-1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func child(path string) error {
	f, err := wire.ReadKernelFile(path)
	if err != nil {
		return err
	}
	if os.Getenv("NOTEBOOK_TEST_KERNEL") == "dies" {
		return errors.New("this kernel never starts")
	}
	k, err := kernel.New(kernel.Options{Connection: f, Compiler: &toy.Compiler{}, Evaluator: toy.NewEvaluator()})
	if err != nil {
		return err
	}
	return k.Serve(context.Background())
}

func TestStart(t *testing.T) {
	var stderr strings.Builder
	p := notebook.Program{Argv: []string{os.Args[0], "{connection_file}"}, Env: []string{"NOTEBOOK_TEST_KERNEL=yes"}, Stderr: &stderr}
	k, err := notebook.Start(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	nb := cells("6*7")
	if err := notebook.Run(t.Context(), nb, k.Client, notebook.Options{Info: k.Info}); err != nil || !strings.Contains(outputs(t, nb), "42") {
		t.Errorf("%v %s", err, outputs(t, nb))
	}
	k.Stop(10 * time.Second)
	p.Env = []string{"NOTEBOOK_TEST_KERNEL=dies"}
	if _, err := notebook.Start(t.Context(), p); !errors.Is(err, notebook.ErrDead) || !strings.Contains(stderr.String(), "never starts") {
		t.Errorf("%v, stderr %q", err, stderr.String())
	}
	p.Argv = []string{"/nowhere/at/all"}
	if _, err := notebook.Start(t.Context(), p); !errors.Is(err, os.ErrNotExist) && !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
