//go:build !race

package compile_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/namespace"
)

// engineEnv names a directory of modules: this test binary then loads and runs them in order, and writes what each shows.
const engineEnv = "GALE_ENGINE_DIR"

// engineChild runs modules 0, 1, … of a directory in a namespace of this process.
func engineChild(dir string) error {
	n := namespace.New(namespace.Options{})
	var out []string
	for i := 0; ; i++ {
		tables, err := os.ReadFile(filepath.Join(dir, fmt.Sprint(i, ".tables")))
		if errors.Is(err, os.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		image, err := os.ReadFile(filepath.Join(dir, fmt.Sprint(i, ".image")))
		if err != nil {
			return err
		}
		m, err := module.Decode([][]byte{tables, image})
		if err != nil {
			return err
		}
		if err := n.Load(m); err != nil {
			return err
		}
		if err := n.Load(m); err != nil { // loading again changes nothing
			return err
		}
		o := n.Run(context.Background(), m.ID, namespace.RunOptions{})
		text := ""
		if o.Failure != nil {
			text = o.Failure.Text()
		} else if o.Result != nil {
			text, _ = o.Result.Data["text/plain"].(string)
		}
		out = append(out, text)
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "out"), b, 0o600)
}

// runElsewhere runs modules in another process of this program.
func runElsewhere(ctx context.Context, dir string, modules []*module.Module) ([]string, error) {
	for i, m := range modules {
		bufs := m.Encode()
		if err := errors.Join(
			os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".tables")), bufs[0], 0o600),
			os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".image")), bufs[1], 0o600)); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "/proc/self/exe")
	c.Env = append(os.Environ(), engineEnv+"="+dir, "GODEBUG=clobberfree=1")
	if text, err := c.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %.3000s", err, text)
	}
	b, err := os.ReadFile(filepath.Join(dir, "out"))
	if err != nil {
		return nil, err
	}
	var out []string
	return out, json.Unmarshal(b, &out)
}

func trial(tb testing.TB) compile.Trial {
	tb.Helper()
	return func(ctx context.Context, modules []*module.Module) ([]string, error) {
		return runElsewhere(ctx, tb.TempDir(), modules)
	}
}

func TestSelfTest(t *testing.T) {
	if testing.Short() {
		t.Skip("a toolchain of its own for each fault; run without -short")
	}
	cache := t.TempDir()
	ran := 0
	counted := func(ctx context.Context, modules []*module.Module) ([]string, error) {
		ran++
		return trial(t)(ctx, modules)
	}
	for range 2 {
		c, err := compile.Open(t.Context(), compile.Options{Cache: cache, Trial: counted})
		if err != nil {
			t.Fatal(err)
		}
		if c.Mode() != compile.Hollow || ran != 1 {
			t.Errorf("mode %v after %d runs: %s", c.Mode(), ran, c.Reason())
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, f := range []struct{ masks, moves bool }{{true, false}, {false, true}} {
		c, err := compile.Open(t.Context(), compile.WithFault(compile.Options{Cache: cache, Trial: trial(t)}, f.masks, f.moves))
		if err != nil {
			t.Fatal(err)
		}
		if c.Mode() != compile.Full || !strings.Contains(c.Reason(), "self-test") {
			t.Errorf("stubs with fault %+v pass the self-test: %v %s", f, c.Mode(), c.Reason())
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// An engine that joined late has only the third of five modules; it runs what needs no variable of the others.
func TestLateEngine(t *testing.T) {
	s := compile.NewSession(toolchain(t), "late")
	var modules []*module.Module
	for i, src := range []string{
		"type P struct{ X int }\nfunc (p *P) Get() int { return p.X }\nfunc sq(x int) int { return x * x }\na := &P{3}",
		"func (p *P) Get() int { return 10 * p.X }\nb := sq(2)",
		"c := &P{sq(4)}\nc.Get() + sq(1)",
		"var g interface{ Get() int } = a\ng.Get()",
		"func (p *P) Get() int { return -1 }",
	} {
		c, err := s.Compile(t.Context(), module.Engines, compile.Cell{Source: src, Number: i + 1})
		if err != nil {
			t.Fatal(err)
		}
		s.Commit(c)
		modules = append(modules, c.Module)
	}
	got, err := runElsewhere(t.Context(), t.TempDir(), modules[2:3])
	if err != nil || got[0] != "161" {
		t.Errorf("the third module alone shows %q, %v", got, err)
	}
	got, err = runElsewhere(t.Context(), t.TempDir(), []*module.Module{modules[3], modules[0], modules[3]})
	if err != nil || !strings.Contains(got[0], "a is not set") || got[2] != "30" {
		t.Errorf("a module that needs a variable of another shows %q, %v", got, err)
	}
	// an older module that comes late does not set methods back
	got, err = runElsewhere(t.Context(), t.TempDir(), []*module.Module{modules[4], modules[0], modules[3]})
	if err != nil || got[2] != "-1" {
		t.Errorf("after modules out of order: %q, %v", got, err)
	}
}

func TestTwoSessions(t *testing.T) {
	a, b := newNotebook(t, "two_a"), newNotebook(t, "two_b")
	a.want("type T struct{ A, B string }\nv := T{\"x\", \"y\"}\nv", "{x y}")
	b.want("type T struct{ N float64 }\nv := T{1.5}\nv", "{1.5}")
	a.want("v.B + fmt.Sprintf(\"%T\", v)", "ymain.T")
	b.want("v.N", "1.5")
}

func TestRedefinition(t *testing.T) {
	b := newNotebook(t, "redefine")
	b.want("x := 1\nkeep := func() int { return x }", "")
	b.want("x := x + 1\nx", "2")
	b.want("fmt.Sprint(x); x := \"s\" + fmt.Sprint(x); x", "s2")
	b.want("keep()", "2")
	if _, err := b.run("x = \"changed\"\ny := undefinedName\nx := 3"); err == nil {
		t.Error("a cell with an error in it is compiled")
	}
	b.want("x", "s2")
	if _, err := b.run("fmt.Sprint(z)\nz := 1"); err == nil || !strings.Contains(err.Error(), "1:12: undefined: z") {
		t.Errorf("a variable before its definition: %v", err)
	}
	b.want("func f() string { return x + \"!\" }\nf()", "s2!")
	if _, err := b.run("f()\nx := 5"); err == nil || !strings.Contains(err.Error(), "f reads x, which this cell redefines") && !strings.Contains(err.Error(), "mismatched types") {
		t.Errorf("a function that would need two variables: %v", err)
	}
	// a name means its newest kind
	b.want("sort := 3\nsort", "3")
	b.want("func g() []int { v := []int{2, 1}; slices.Sort(v); return v }\ng()", "[1 2]")
	b.want("slices := 4\nfmt.Sprint(slices, g())", "4 [1 2]")
	// the same cell again keeps old values usable
	for range 2 {
		b.want("type Q struct{ n int }\nfunc (q Q) N() int { return q.n }\nq := Q{7}\nq.N()", "7")
	}
}

func TestInit(t *testing.T) {
	b := newNotebook(t, "init")
	b.want("order := \"\"\nfunc init() { order += \"a\" }\nfunc init() { order += \"b\" }\norder += \"0\"", "")
	b.want("order", "0ab")
	b.want("order", "0ab")
}

func TestPolicies(t *testing.T) {
	b := newNotebook(t, "policies")
	b.want("1 + 1;", "")
	b.want("fmt.Fprint(io.Discard, 3)", "")
	b.want("strconv.Atoi(\"12\")", "12")
	if _, err := b.run("strconv.Atoi(\"x\")"); err == nil || !strings.Contains(err.Error(), "invalid syntax") {
		t.Errorf("an error as last value: %v", err)
	}
	if _, err := b.run("must(strconv.Atoi(\"y\")) + 1"); err == nil || !strings.Contains(err.Error(), "invalid syntax") {
		t.Errorf("must: %v", err)
	}
	b.want("must(strconv.Atoi(\"7\")) + 1", "8")
	b.want("ctx.Err() == nil", "true")
	b.want("must := 3\nmust", "3")
	if _, err := b.run("done := 1\nos.Exit(3)"); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("os.Exit: %v", err)
	}
	b.want("done", "1")
	for src, want := range map[string]string{
		"import \"C\"":                              "cells cannot use cgo",
		"//go:embed x\nvar s string":                "cells cannot use //go:embed",
		"//go:linkname a b\nfunc a()":               "cells cannot use //go:linkname",
		"import \"no.such/pkg\"":                    "1:8: could not import no.such/pkg",
		"xᐧ := 1":                                   "1:1: the letter ᐧ",
		"ctx = nil":                                 "ctx is predeclared",
		"a, e := strconv.Atoi(\"1\")\nb, e := 2, 3": "cannot use",
		"var w int\nvar w int":                      "w redeclared",
	} {
		if _, err := b.run(src); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", src, err, want)
		}
	}
	b.want("//go:noinline\nfunc slow() int { return 4 }\nslow()", "4")
}

func TestStalePackagesAreRefused(t *testing.T) {
	c, err := compile.Open(t.Context(), compile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, p := range compile.Stale(c) {
		if p != "github.com/galeproject/gale/compile" { // which has files of the test in it
			t.Errorf("package %s differs from that in this program", p)
		}
	}
	compile.MakeStale(c, "strings")
	s := compile.NewSession(c, "stale")
	for _, src := range []string{"import \"strings\"", "strings.ToUpper(\"a\")"} {
		_, err := s.Compile(t.Context(), module.Local, compile.Cell{Source: src, Number: 1})
		if err == nil || src[0] == 'i' && !strings.Contains(err.Error(), "could not import strings: the package has changed") {
			t.Errorf("%s: %v", src, err)
		}
	}
}

// What the program lacks is linked into the module.
func TestFallbacks(t *testing.T) {
	if testing.Short() {
		t.Skip("linkable archives have to be compiled; run without -short")
	}
	c, err := compile.Open(t.Context(), compile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	b := &notebook{t: t, s: compile.NewSession(c, "fallback"), n: namespace.New(namespace.Options{})}
	for _, symbol := range []string{"text/tabwriter.NewWriter", "runtime.slicebytetostring"} {
		if !compile.HasSymbol(c, symbol) {
			t.Fatalf("the program has no %s", symbol)
		}
		compile.HideSymbol(c, symbol)
	}
	b.want("w := tabwriter.NewWriter(io.Discard, 0, 8, 1, ' ', 0)\nn, _ := w.Write([]byte(\"a\"))\nn", "1")
	b.want("x := 4", "")
	b.want("s := []byte{65}\nstring(s) + fmt.Sprint(x)", "A4")
}

// A cancelled compilation ends and leaves the session as it was.
func TestCancel(t *testing.T) {
	b := newNotebook(t, "cancel")
	b.want("x := 1", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.s.Compile(ctx, module.Local, compile.Cell{Source: "x := \"s\"", Number: 2}); !errors.Is(err, context.Canceled) {
		t.Errorf("compiling with a cancelled context: %v", err)
	}
	b.want("x", "1")
}
