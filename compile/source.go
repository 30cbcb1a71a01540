package compile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// modulePath is the path of gale's module.
const modulePath = "github.com/galeproject/gale"

// findSource finds the module in which import paths are resolved.
func (t *Toolchain) findSource() (string, error) {
	if t.o.Source != "" {
		return filepath.Abs(t.o.Source)
	}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		if dir := moduleAbove(filepath.Dir(file)); dir != "" && !inModuleCache(dir) {
			return dir, nil
		}
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", unusable("cells cannot be compiled: the program has no build information")
	}
	if wd, err := os.Getwd(); err == nil && isDevelopment(info) {
		if dir := moduleAbove(wd); dir != "" {
			return dir, nil
		}
	}
	return t.makeModule(info)
}

func inModuleCache(dir string) bool {
	return strings.Contains(filepath.Base(filepath.Dir(dir))+filepath.Base(dir), "@")
}

// moduleAbove is the nearest directory at or above dir with gale's go.mod, "" if there is none.
func moduleAbove(dir string) string {
	for {
		b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(b), "module "+modulePath+"\n") {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

func isDevelopment(info *debug.BuildInfo) bool {
	m := galeIn(info)
	return m == nil || m.Version == "" || m.Version == "(devel)"
}

// galeIn finds gale's module in a program: as the main module or as a dependency.
func galeIn(info *debug.BuildInfo) *debug.Module {
	if info.Main.Path == modulePath {
		return &info.Main
	}
	for _, m := range info.Deps {
		if m.Path == modulePath {
			return m
		}
	}
	return nil
}

// makeModule writes a module that requires exactly the modules that the program was built from.
func (t *Toolchain) makeModule(info *debug.BuildInfo) (string, error) {
	if isDevelopment(info) {
		return "", unusable("cells cannot be compiled: this gale was built from sources that are not where they were; run it in the directory of its sources, or install a released version")
	}
	dir := filepath.Join(t.cache, "module-"+safeName(t.program.id))
	var mod, sum strings.Builder
	fmt.Fprintf(&mod, "module gale.cells\n\ngo %s\n\nrequire (\n", strings.TrimPrefix(runtime.Version(), "go"))
	add := func(m *debug.Module) {
		fmt.Fprintf(&mod, "\t%s %s\n", m.Path, m.Version)
		if r := m.Replace; r != nil {
			m = r
		}
		if m.Sum != "" {
			fmt.Fprintf(&sum, "%s %s %s\n", m.Path, m.Version, m.Sum)
		}
	}
	if info.Main.Path != "" && info.Main.Version != "" && info.Main.Version != "(devel)" {
		add(&info.Main)
	}
	for _, m := range info.Deps {
		add(m)
	}
	mod.WriteString(")\n")
	for _, m := range info.Deps {
		if m.Replace != nil {
			fmt.Fprintf(&mod, "\nreplace %s => %s %s\n", m.Path, m.Replace.Path, m.Replace.Version)
		}
	}
	return dir, writeModule(dir, mod.String(), sum.String())
}

func writeModule(dir, mod, sum string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("compile: making a module for imports: %w", err)
	}
	for name, text := range map[string]string{"go.mod": mod, "go.sum": sum} {
		file := filepath.Join(dir, name)
		if _, err := os.Stat(file); err == nil {
			continue // the go command has completed it since
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("compile: making a module for imports: %w", err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return fmt.Errorf("compile: making a module for imports: %w", err)
		}
	}
	return nil
}

// safeName makes a text usable as a file name.
func safeName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '_'
	}, s)
}
