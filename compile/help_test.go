//go:build !race

package compile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/module"
)

func TestStatus(t *testing.T) {
	for src, want := range map[string]compile.State{
		"":                                compile.Complete,
		"// a comment":                    compile.Complete,
		"x := 1":                          compile.Complete,
		"for i := range 3 {":              compile.Incomplete,
		"for i := range 3 {\n}":           compile.Complete,
		"x := `raw":                       compile.Incomplete,
		"/* open":                         compile.Incomplete,
		"x := 1 +":                        compile.Incomplete,
		"f(1,":                            compile.Incomplete,
		"fmt.":                            compile.Incomplete,
		"x :=":                            compile.Incomplete,
		"func f() int":                    compile.Incomplete,
		"func f() int { return 1 }":       compile.Complete,
		"if x > 1":                        compile.Incomplete,
		"type T struct":                   compile.Incomplete,
		"x = = 2":                         compile.Invalid,
		"}":                               compile.Invalid,
		"x := 'ab'":                       compile.Invalid,
		"a := 1 b := 2":                   compile.Invalid,
		"import (\n\"fmt\"\n)\nfmt.Print": compile.Complete,
	} {
		if got := compile.StatusOf(src); got.State != want {
			t.Errorf("%q is %s, want %s", src, got.State, want)
		}
	}
	if got := compile.StatusOf("for {\n\tif x {"); got.Indent != "\t\t" {
		t.Errorf("indent %q, want two tabs", got.Indent)
	}
}

// declared is a session that knows some names; nothing runs.
func declared(t *testing.T) *compile.Session {
	t.Helper()
	s := compile.NewSession(toolchain(t), "help")
	for i, src := range []string{
		"import \"strings\"\n// Point is a place.\n// It has two parts.\ntype Point struct {\n\tX, Y float64\n\thidden int\n}\n\n// Norm measures.\nfunc (p *Point) Norm() float64 { return p.X }",
		"// double doubles.\nfunc double(v float64) float64 { return 2 * v }\nconst limit = 3",
	} {
		c, err := s.Compile(t.Context(), module.Local, compile.Cell{Source: src, Number: i + 1})
		if err != nil {
			t.Fatal(err)
		}
		s.Commit(c)
	}
	for name, typ := range map[string]string{"pt": "*Point", "words": "[]string", "when": `"time".Time`} {
		if err := s.Declare(module.Local, name, typ); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestComplete(t *testing.T) {
	s := declared(t)
	for _, x := range []struct{ src, want, not string }{
		{"strings.HasP|", "HasPrefix", "double"},
		{"x := strings.|", "ToUpper Builder", "double"},
		{"fmt.Println(strings.HasP|", "HasPrefix", ""},
		{"fmt.Sprin|", "Sprintf", "Print"},
		{"pt.|", "X Y hidden Norm", "words"},
		{"pt.N|\nx := 3", "Norm", "X"},
		{"do|", "double", "limit"},
		{"for i := range 3 {\n\tinner := i\n\tinn|\n}", "inner", ""},
		{"func g(argument int) int {\n\treturn arg|\n}", "argument", ""},
		{"func g(q *Point) float64 {\n\treturn q.|\n}", "X Norm", "double"},
		{"when.Add|", "Add AddDate", "X"},
		{"Point{h|}", "hidden", ""},
		{"import \"net/ht|\"", "net/http net/http/httptest", "fmt"},
		{"ret|", "return", ""},
		{"mus|", "must", ""},
		{"mat.NewD|", "NewDense", ""},
		{"x := (\nbroken = = 3\npt.N|", "Norm", ""},
		{"// strings.H|", "", "HasPrefix"},
		{"\"strings.H|\"", "", "HasPrefix"},
	} {
		off := strings.Index(x.src, "|")
		list, r := s.Complete(strings.Replace(x.src, "|", "", 1), off)
		var texts []string
		for _, c := range list {
			texts = append(texts, c.Text)
		}
		for w := range strings.FieldsSeq(x.want) {
			if !slices.Contains(texts, w) {
				t.Errorf("%q: %s is not offered among %d: %.200v", x.src, w, len(texts), texts)
			}
		}
		if x.not != "" && slices.Contains(texts, x.not) {
			t.Errorf("%q: %s is offered", x.src, x.not)
		}
		if r.End < off || r.Start > off {
			t.Errorf("%q: range %v does not hold the cursor %d", x.src, r, off)
		}
	}
}

func TestInspect(t *testing.T) {
	s := declared(t)
	for _, x := range []struct{ src, want string }{
		{"strings.HasPre|fix", "func HasPrefix(s, prefix string) bool"},
		{"strings.HasPrefix(|", "func HasPrefix(s, prefix string) bool"},
		{"strings.HasPrefix(\"a\", |", "func HasPrefix(s, prefix string) bool"},
		{"do|uble", "doubles."},
		{"double|", "func double(v float64) float64"},
		{"pt|", "var pt *Point"},
		{"pt.No|rm()", "measures"},
		{"Poin|t{}", "It has two parts."},
		{"strin|gs.ToUpper", "Package strings implements simple functions"},
		{"must|", "ends the cell"},
		{"l|en(words)", "len"},
		{"y := 3\ny|", "y int"},
	} {
		off := strings.Index(x.src, "|")
		d, ok := s.Inspect(strings.Replace(x.src, "|", "", 1), off, 0)
		if !ok || !strings.Contains(d.Text, x.want) || !strings.Contains(d.Markdown, "```go") {
			t.Errorf("%q: %v\n%s\nwant %q", x.src, ok, d.Text, x.want)
		}
	}
	if d, ok := s.Inspect("double", 3, 1); !ok || !strings.Contains(d.Source, "return 2 * v") {
		t.Errorf("source is %q", d.Source)
	}
	for _, src := range []string{"", "+++", "nosuchname", "// double", "12"} {
		if d, ok := s.Inspect(src, len(src), 0); ok {
			t.Errorf("%q is found: %s", src, d.Text)
		}
	}
}

func BenchmarkComplete(b *testing.B) {
	s := compile.NewSession(toolchain(b), "complete")
	for b.Loop() {
		s.Complete("x := strings.HasPre", 19)
	}
}

func BenchmarkInspect(b *testing.B) {
	s := compile.NewSession(toolchain(b), "inspect")
	for b.Loop() {
		s.Inspect("strings.HasPrefix", 12, 0)
	}
}

func FuzzHelp(f *testing.F) {
	for _, src := range []string{"x := strings.", "for {", "type T struct{ ", "`", "func (p *P) ", "a.b.c(", "import \"", "x := func() {", "ᐧ", "}{"} {
		f.Add(src, len(src))
	}
	s := compile.NewSession(toolchain(f), "fuzz")
	f.Fuzz(func(t *testing.T, src string, off int) {
		if _, r := s.Complete(src, off); r.Start < 0 || r.End > len(src) || r.Start > r.End {
			t.Errorf("range %v of %d bytes", r, len(src))
		}
		s.Inspect(src, off, 1)
		compile.StatusOf(src)
	})
}
