package kernel_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/kernel/kerneltest"
	"github.com/galeproject/gale/kernel/kerneltest/toy"
)

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHistoryAndSave(t *testing.T) {
	c := commKernel(t)
	path := filepath.Join(t.TempDir(), "saved.go")
	c.Execute("x := 1", nil)
	c.Execute("x + 1", nil)
	if r := c.Execute("%history -n 2", nil); !strings.Contains(r.Text("stdout"), "/2: x + 1\n") || strings.Contains(r.Text("stdout"), "/1:") {
		t.Errorf("%q", r.Text("stdout"))
	}
	if r := c.Execute("%history -g *:=*", nil); strings.Count(r.Text("stdout"), "\n") != 2 { // x := 1, and this cell
		t.Errorf("%q", r.Text("stdout"))
	}
	c.Execute("%save "+path, nil)
	if got := text(t, path); !strings.HasPrefix(got, "// cell 1\nx := 1\n\n// cell 2\nx + 1\n") || strings.Contains(got, "%save") {
		t.Errorf("%q", got)
	}
	for code, want := range map[string]string{"%history -n 0": "from 1", "%history -z": "no option -z", "%history x": "want -n", "%save": "want the name"} {
		if r := c.Execute(code, nil); !strings.Contains(fmt.Sprint(r.Reply["evalue"]), want) {
			t.Errorf("%s: %v", code, r.Reply["evalue"])
		}
	}
}

func TestCapture(t *testing.T) {
	c := commKernel(t)
	path := filepath.Join(t.TempDir(), "out.txt")
	if r := c.Execute("%capture "+path+"\nfmt.Println(\"one\")\n!echo two", nil); r.Text("stdout") != "one\ntwo\n" {
		t.Errorf("%v %q", r.Reply, r.Text("stdout"))
	}
	c.Execute("fmt.Println(\"other cell\")", nil)
	c.Execute("%capture -a "+path+"\nfmt.Println(\"three\")", kerneltest.Request{"silent": true})
	if got := text(t, path); got != "one\ntwo\nthree\n" {
		t.Errorf("%q", got)
	}
	if r := c.Execute("%capture /nowhere/file", nil); r.Status() != "error" {
		t.Errorf("%v", r.Reply)
	}
}

func TestShellCommandReadsInput(t *testing.T) {
	c := commKernel(t)
	id := c.Cell("%with_password\n!read line; echo got $line", kerneltest.Request{"allow_stdin": true})
	ask := c.Asked(id)
	if got := kerneltest.Content(ask); got["password"] != true {
		t.Errorf("%v", got)
	}
	c.Send(kerneltest.Stdin, "input_reply", map[string]string{"value": "secret"})
	if r := c.Wait(id); r.Text("stdout") != "got secret\n" {
		t.Errorf("%v %q", r.Reply, r.Text("stdout"))
	}
	if r := c.Execute("!read line; echo got $line", nil); r.Text("stdout") != "got\n" {
		t.Errorf("%q", r.Text("stdout"))
	}
	if r := c.Execute("%with_inputs", nil); r.Reply["ename"] != "StdinNotImplementedError" {
		t.Errorf("%v", r.Reply)
	}
}

func TestMagicsOfOtherKernelsSayThatTheyAreNotNeeded(t *testing.T) {
	c := commKernel(t)
	for _, name := range []string{"%widgets", "%widgets_hb", "%goworkfix", "%go111module on", "%autoget"} {
		if r := c.Execute(name, nil); r.Status() != "ok" || !strings.Contains(r.Text("stdout"), "not needed") {
			t.Errorf("%s: %v", name, r.Reply)
		}
	}
	if r := c.Execute("%wasm", nil); r.Status() != "error" {
		t.Errorf("%v", r.Reply)
	}
}

func TestSubshellMagicTellsWhereItIs(t *testing.T) {
	c := commKernel(t)
	if r := c.Execute("%subshell", nil); r.Text("stdout") != "the kernel's own  (this one)\n" {
		t.Errorf("%q", r.Text("stdout"))
	}
}

// modKeeper is a compiler that keeps a go.mod.
type modKeeper struct {
	toy.Compiler
	asked []string
}

func (m *modKeeper) note(what string, words []string) (string, error) {
	m.asked = append(m.asked, what+" "+strings.Join(words, " "))
	if len(words) > 0 && words[0] == "bad" {
		return "", fmt.Errorf("no module %s", words[0])
	}
	return "the text of " + what, nil
}

func (m *modKeeper) Get(_ context.Context, modules ...string) (string, error) {
	return m.note("get", modules)
}

func (m *modKeeper) Mod(_ context.Context, flags ...string) (string, error) {
	return m.note("mod", flags)
}

func (m *modKeeper) SetTags(_ context.Context, tags string) error {
	_, err := m.note("tags", []string{tags})
	return err
}

func TestModulesAreAskedOfTheCompiler(t *testing.T) {
	if r := commKernel(t).Execute("%get a@v1", nil); r.Status() != "error" {
		t.Errorf("%v", r.Reply)
	}
	o := options(t, "ipc")
	q := &modKeeper{}
	var _ kernel.Modules = q
	o.Compiler = q
	serve(t, o)
	c := kerneltest.Dial(t, o.Connection)
	if r := c.Execute("%get a@v1 b@v2", nil); r.Text("stdout") != "the text of get\n" {
		t.Errorf("%v %q", r.Reply, r.Text("stdout"))
	}
	for _, code := range []string{"%mod -replace=a=b", "%goflags -tags=x,y", "%goflags"} {
		if r := c.Execute(code, nil); r.Status() != "ok" {
			t.Errorf("%s: %v", code, r.Reply)
		}
	}
	for code, want := range map[string]string{"%dep bad": "no module bad", "%get": "takes modules", "%goflags -race": "-tags=A,B only"} {
		if r := c.Execute(code, nil); !strings.Contains(fmt.Sprint(r.Reply["evalue"]), want) {
			t.Errorf("%s: %v", code, r.Reply["evalue"])
		}
	}
	if got := strings.Join(q.asked[:4], "|"); got != "get a@v1 b@v2|mod -replace=a=b|tags x,y|tags " {
		t.Error(got)
	}
}
