//go:build !race

package compile_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/internal/host"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/namespace"
)

// notebook is a session with a namespace in this process.
type notebook struct {
	t testing.TB
	s *compile.Session
	n *namespace.Namespace
	k int

	last *compile.Compiled
}

var chain struct {
	t   *compile.Toolchain
	err error
}

func TestMain(m *testing.M) {
	if host.Size() == 0 {
		os.Exit(2)
	}
	if dir := os.Getenv(engineEnv); dir != "" {
		if err := engineChild(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if file := os.Getenv(batteryCaseEnv); file != "" {
		if err := batteryChild(file, os.Getenv(batteryResultEnv)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func toolchain(tb testing.TB) *compile.Toolchain {
	tb.Helper()
	if chain.t == nil && chain.err == nil {
		var log *slog.Logger
		if os.Getenv("GALE_TEST_LOG") != "" {
			log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
		}
		chain.t, chain.err = compile.Open(context.Background(), compile.Options{Log: log, Remote: []string{remotePath}})
	}
	if chain.err != nil {
		tb.Fatal(chain.err)
	}
	if chain.t.Mode() == compile.None {
		tb.Fatal(chain.t.Reason())
	}
	return chain.t
}

const remotePath = "github.com/galeproject/gale/compile/internal/remote"

func newNotebook(tb testing.TB, id string) *notebook {
	tb.Helper()
	return &notebook{t: tb, s: compile.NewSession(toolchain(tb), id), n: namespace.New(namespace.Options{})}
}

// run runs a cell and gives what it shows.
func (b *notebook) run(src string) (string, error) {
	b.k++
	c, err := b.s.Compile(context.Background(), module.Local, compile.Cell{Source: src, Number: b.k})
	if err != nil {
		return "", err
	}
	b.last = c
	if c.Module == nil {
		b.s.Commit(c)
		return "", nil
	}
	if err := b.n.Load(c.Module); err != nil {
		return "", err
	}
	b.s.Commit(c)
	out := b.n.Run(context.Background(), c.Module.ID, namespace.RunOptions{})
	if out.Failure != nil {
		return "", out.Failure
	}
	if out.Result == nil {
		return "", nil
	}
	text, _ := out.Result.Data["text/plain"].(string)
	return text, nil
}

func (b *notebook) want(src, want string) {
	b.t.Helper()
	got, err := b.run(src)
	if err != nil {
		b.t.Errorf("%s\nfails: %v", src, err)
	} else if got != want {
		b.t.Errorf("%s\nshows %q, want %q", src, got, want)
	}
}

func TestFirstCells(t *testing.T) {
	b := newNotebook(t, "first")
	b.want("1 + 1", "2")
	b.want("x := 3", "")
	b.want("x * 2", "6")
	b.want("x = x + 1\nx", "4")
	b.want("func f(a int) int { return a + x }", "")
	b.want("f(10)", "14")
	b.want("type P struct{ X, Y int }\nfunc (p *P) Sum() int { return p.X + p.Y }\np := &P{1, 2}\np.Sum()", "3")
	b.want("func (p *P) Sum() int { return 100 * p.X }", "")
	b.want("p.Sum()", "100")
	b.want("fmt.Sprintf(\"%T\", p)", "*main.P")
}
