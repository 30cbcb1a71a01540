//go:build !race

package compile_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/namespace"
)

// writeTree writes files below a new directory.
func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// inModule is a notebook in a module of its own.
func inModule(t *testing.T, id string, files map[string]string) (*notebook, *compile.Toolchain) {
	t.Helper()
	tc, err := compile.Open(context.Background(), compile.Options{Notebook: writeTree(t, files), Remote: []string{remotePath}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tc.Close() })
	return &notebook{t: t, s: compile.NewSession(tc, id), n: namespace.New(namespace.Options{})}, tc
}

func TestNotebooksOwnModule(t *testing.T) {
	b, tc := inModule(t, "module", map[string]string{
		"go.mod": "module example.com/survey\n\ngo 1.24\n\nrequire example.com/tool v1.2.3\n\nreplace example.com/tool => ./tool\n",
		"shapes/shapes.go": `// Package shapes is the notebook's own.
package shapes

import (
	"bytes"
	_ "embed"
	"fmt"
	"sort"

	"example.com/tool"
)

//go:embed note.txt
var Note string

var order = []string{"init"}

func init() { order = append(order, "ran") }

// Box has a buffer of the program's.
type Box struct {
	W, H float64
	buf  bytes.Buffer
	hidden []string
}

func (b *Box) Area() float64 { fmt.Fprintf(&b.buf, "%g;", b.W*b.H); return b.W * b.H }
func (b Box) Log() string { return b.buf.String() }

type Shape interface{ Area() float64 }

type Pair[T any] struct{ A, B T }

func (p Pair[T]) Swap() Pair[T] { return Pair[T]{p.B, p.A} }

func Order() []string { return order }
func Twice(x int) int { return tool.Double(x) }

func Sorted[T any](xs []T, less func(a, b T) bool) []T {
	sort.Slice(xs, func(i, j int) bool { return less(xs[i], xs[j]) })
	return xs
}
`,
		"shapes/note.txt": "a note",
		"tool/go.mod":     "module example.com/tool\n\ngo 1.24\n",
		"tool/tool.go":    "package tool\n\nimport \"errors\"\n\nvar Count int\nvar ErrOdd = errors.New(\"odd\")\n\nfunc Double(x int) int { Count++; return 2 * x }\n",
	})
	b.want("import \"example.com/survey/shapes\"\nshapes.Twice(21)", "42")
	b.want("shapes.Order()", "[init ran]")
	b.want("import \"example.com/tool\"\ntool.Double(1); tool.Count", "2")
	b.want("shapes.Note", "a note")
	b.want("box := &shapes.Box{W: 2, H: 3}\nvar s shapes.Shape = box\nbox.Area() + s.Area()", "12")
	b.want("runtime.GC(); box.Log()", "6;6;")
	b.want("p := shapes.Pair[string]{\"a\", \"b\"}\np.Swap()", "{b a}")
	b.want("type Mine struct{ shapes.Box; n int }\nm := Mine{shapes.Box{W: 4, H: 5}, 1}\nm.Area()", "20")
	b.want("shapes.Sorted([]int{3, 1, 2}, func(a, b int) bool { return a < b })", "[1 2 3]")
	b.want("errors.Is(fmt.Errorf(\"x: %w\", tool.ErrOdd), tool.ErrOdd)", "true")
	b.want("boxes := make([]shapes.Box, 50)\nfor i := range boxes { boxes[i].W, boxes[i].H = 1, float64(i); boxes[i].Area() }\nfor range 3 { runtime.GC() }\nboxes[49].Log()", "49;")
	if text, err := tc.Mod(t.Context()); err != nil || !strings.Contains(text, "example.com/tool => ") {
		t.Errorf("go.mod: %v\n%s", err, text)
	}
	if _, err := tc.Mod(t.Context(), "-toolchain=go1.1"); err == nil {
		t.Error("any flag of go mod edit is taken")
	}
	if n := len(b.last.Module.Libraries); n == 0 || len(b.last.Module.Libraries[0].Image) > 200<<10 {
		t.Errorf("%d libraries", n)
	}
}

func TestImportsThatCannotBe(t *testing.T) {
	b, _ := inModule(t, "nomodule", map[string]string{
		"go.mod":     "module example.com/survey\n\ngo 1.24\n",
		"c/c.go":     "package c\n\n// int f(void) { return 1; }\nimport \"C\"\n\nfunc F() int { return int(C.f()) }\n",
		"bad/bad.go": "package bad\n\nvar X int = \"text\"\n",
	})
	for path, want := range map[string]string{
		"example.com/survey/none": "cell[1]:1:8: could not import example.com/survey/none: ",
		"example.com/survey/c":    "it has parts in C",
		"example.com/survey/bad":  "cannot use \"text\"",
	} {
		b.k = 0
		if _, err := b.run("import \"" + path + "\""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}
