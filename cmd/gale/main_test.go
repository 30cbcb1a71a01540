//go:build !race

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// asProgram makes the test binary be the program: it contains all that cells need, so it can start itself as kernel and engine.
const asProgram = "GALE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run())
	}
	os.Exit(m.Run())
}

func TestScripts(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(exe, filepath.Join(bin, "gale")); err != nil {
		t.Fatal(err)
	}
	// What cells need is prepared once for all scripts: they share the caches of whoever runs the tests.
	keep := map[string]string{}
	for _, name := range []string{"HOME", "GOCACHE", "GOMODCACHE", "GOPATH", "XDG_CACHE_HOME", "GOFLAGS", "GOPROXY", "GONOSUMDB", "GOTOOLCHAIN"} {
		if v, ok := os.LookupEnv(name); ok {
			keep[name] = v
		}
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			for name, v := range keep {
				e.Setenv(name, v)
			}
			e.Setenv("PATH", bin+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv(asProgram, "1")
			e.Setenv("IPYTHONDIR", filepath.Join(e.WorkDir, "ipython"))
			e.Setenv("JUPYTER_DATA_DIR", filepath.Join(e.WorkDir, "jupyter"))
			e.Setenv("GALE_HISTORY", filepath.Join(e.WorkDir, "history.sqlite"))
			e.Setenv("GALE_CLUSTER", "")
			return nil
		},
		Condition: func(cond string) (bool, error) {
			return cond == "long" && !testing.Short(), nil
		},
	})
}
