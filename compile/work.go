package compile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// work is the notebook's own module: imports of packages that the program does not contain are resolved in it. It requires the
// modules that the program was built from in their versions, and takes over the go.mod above the notebook, if there is one.
type work struct {
	dir   string
	flags []string // of go list: build tags
	cache string   // GOMODCACHE
}

// goMod is what go mod edit -json says.
type goMod struct {
	Module  struct{ Path string }
	Require []struct{ Path, Version string }
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

// workModule gives the notebook's module, which is made when first wanted.
func (t *Toolchain) workModule(ctx context.Context) (*work, error) {
	t.working.Lock()
	defer t.working.Unlock()
	if t.work != nil {
		return t.work, nil
	}
	out, err := t.tools.run(ctx, t.dir, t.tools.goCommand, "env", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	w := &work{dir: filepath.Join(t.dir, "notebook"), cache: strings.TrimSpace(string(out))}
	mod, sum := t.programRequirements()
	near, nearSum, err := t.nearModule(ctx)
	if err != nil {
		return nil, err
	}
	if err := writeModule(w.dir, mod+near, sum+nearSum); err != nil {
		return nil, err
	}
	t.work = w
	return w, nil
}

// programRequirements requires what the program was built from.
func (t *Toolchain) programRequirements() (mod, sum string) {
	var b, s strings.Builder
	fmt.Fprintf(&b, "module gale.notebook\n\ngo %s\n\n", strings.TrimPrefix(runtime.Version(), "go"))
	own := false
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Version == "" || m.Version == "(devel)" {
				continue
			}
			own = own || m.Path == modulePath
			fmt.Fprintf(&b, "require %s %s\n", m.Path, m.Version)
			fmt.Fprintf(&s, "%s %s %s\n", m.Path, m.Version, m.Sum)
		}
	}
	if moduleAbove(t.source) == t.source && !own {
		fmt.Fprintf(&b, "require %s v0.0.0\nreplace %s => %s\n", modulePath, modulePath, t.source)
		if sums, err := os.ReadFile(filepath.Join(t.source, "go.sum")); err == nil {
			s.Write(sums)
		}
	}
	return b.String(), s.String()
}

// nearModule gives requirements for the module that the notebook stands in: its packages can be imported, and what it replaces is replaced.
func (t *Toolchain) nearModule(ctx context.Context) (mod, sum string, err error) {
	dir, err := filepath.Abs(t.o.Notebook)
	if err != nil {
		return "", "", fmt.Errorf("compile: finding the notebook's module: %w", err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return "", "", nil
		}
	}
	out, err := t.tools.run(ctx, dir, t.tools.goCommand, "mod", "edit", "-json")
	if err != nil {
		return "", "", err
	}
	var m goMod
	if err := json.Unmarshal(out, &m); err != nil {
		return "", "", fmt.Errorf("compile: reading %s: %w", filepath.Join(dir, "go.mod"), err)
	}
	if m.Module.Path == modulePath || m.Module.Path == "" {
		return "", "", nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "require %s v0.0.0\nreplace %s => %s\n", m.Module.Path, m.Module.Path, dir)
	for _, r := range m.Replace {
		to := r.New.Path
		if r.New.Version == "" && !filepath.IsAbs(to) {
			to = filepath.Join(dir, to)
		}
		fmt.Fprintf(&b, "replace %s => %s\n", strings.TrimSpace(r.Old.Path+" "+r.Old.Version), strings.TrimSpace(to+" "+r.New.Version))
	}
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", "", fmt.Errorf("compile: reading sums: %w", err)
	}
	return b.String(), string(sums), nil
}

// Get requires modules, written path@version, in the notebook's module and gives what the go command says. What is in the module cache
// is taken from there.
func (t *Toolchain) Get(ctx context.Context, args ...string) (string, error) {
	for _, a := range args {
		if strings.HasPrefix(a, "-") {
			return "", fmt.Errorf("compile: requiring modules: %q is no module", a)
		}
	}
	w, err := t.workModule(ctx)
	if err != nil {
		return "", err
	}
	t.working.Lock()
	defer t.working.Unlock()
	return t.get(ctx, w, args...)
}

func (t *Toolchain) get(ctx context.Context, w *work, args ...string) (string, error) {
	_, text, err := t.goWork(ctx, w, slices.Insert(args, 0, "get")...)
	if err != nil {
		return "", fmt.Errorf("compile: requiring %s: %w", strings.Join(args, " "), err)
	}
	return text, nil
}

// Mod edits the notebook's module by flags of go mod edit, and gives its text. Without flags it only gives the text.
func (t *Toolchain) Mod(ctx context.Context, flags ...string) (string, error) {
	w, err := t.workModule(ctx)
	if err != nil {
		return "", err
	}
	t.working.Lock()
	defer t.working.Unlock()
	for i, f := range flags {
		if flags[i], err = t.modFlag(f); err != nil {
			return "", err
		}
	}
	if len(flags) > 0 {
		if _, err := t.tools.run(ctx, w.dir, t.tools.goCommand, slices.Concat([]string{"mod", "edit"}, flags)...); err != nil {
			return "", err
		}
	}
	b, err := os.ReadFile(filepath.Join(w.dir, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("compile: reading the notebook's module: %w", err)
	}
	return string(b), nil
}

// modFlag checks a flag of go mod edit; directories are the notebook's.
func (t *Toolchain) modFlag(f string) (string, error) {
	name, value, ok := strings.Cut(strings.TrimLeft(f, "-"), "=")
	if !ok || !slices.Contains([]string{"require", "droprequire", "replace", "dropreplace", "exclude", "dropexclude"}, name) {
		return "", fmt.Errorf("compile: editing the notebook's module: %q is none of -require=, -replace=, -exclude= and -drop…=", f)
	}
	if from, to, ok := strings.Cut(value, "="); ok && name == "replace" && strings.HasPrefix(to, ".") {
		dir, err := filepath.Abs(t.o.Notebook)
		if err != nil {
			return "", fmt.Errorf("compile: editing the notebook's module: %w", err)
		}
		value = from + "=" + filepath.Join(dir, to)
	}
	return "-" + name + "=" + value, nil
}

// SetTags sets the build tags of packages that the program does not contain; those that are compiled already keep theirs.
func (t *Toolchain) SetTags(ctx context.Context, tags string) error {
	w, err := t.workModule(ctx)
	if err != nil {
		return err
	}
	t.working.Lock()
	defer t.working.Unlock()
	w.flags = nil
	if tags != "" {
		w.flags = []string{"-tags=" + tags}
	}
	return nil
}

// goWork runs the go command in the notebook's module: with the module cache alone, then, where that is not enough, as the user's
// environment says.
func (t *Toolchain) goWork(ctx context.Context, w *work, args ...string) (out []byte, text string, err error) {
	cached := []string{"GOPROXY=file://" + filepath.ToSlash(filepath.Join(w.cache, "cache", "download")), "GOSUMDB=off"}
	for _, env := range [][]string{cached, nil} {
		c := exec.CommandContext(ctx, t.tools.goCommand, args...)
		c.Dir, c.Env = w.dir, slices.Concat(t.tools.env, []string{"GOFLAGS=-mod=mod"}, env)
		var o, e strings.Builder
		c.Stdout, c.Stderr = &o, &e
		err = c.Run()
		out, text = []byte(o.String()), strings.TrimSpace(e.String())
		switch {
		case ctx.Err() != nil:
			return nil, "", context.Cause(ctx)
		case err == nil:
			return out, text, nil
		}
		err = &ToolError{Tool: "go " + args[0], Output: text, Err: err}
	}
	return out, text, err
}

// listed is a package as go list describes it.
type listed struct {
	ImportPath, Name, Dir string
	Standard              bool
	GoFiles, CgoFiles     []string
	SFiles, HFiles        []string
	CFiles, CXXFiles      []string
	SwigFiles             []string
	EmbedPatterns         []string
	EmbedFiles            []string
	ImportMap             map[string]string
	Module                *struct{ Path, Version, GoVersion string }
	Error                 *struct{ Err string }
}

const listedFields = "ImportPath,Name,Dir,Standard,GoFiles,CgoFiles,SFiles,HFiles,CFiles,CXXFiles,SwigFiles,EmbedPatterns,EmbedFiles,ImportMap,Module,Error"

// listPackage lists a package and all that it imports, those first that the others import. A module that is missing is required.
func (t *Toolchain) listPackage(ctx context.Context, w *work, path string) ([]*listed, error) {
	for attempt := 0; ; attempt++ {
		args := slices.Concat([]string{"list", "-e", "-deps", "-json=" + listedFields}, w.flags, []string{"--", path})
		out, _, err := t.goWork(ctx, w, args...)
		if err != nil {
			return nil, err
		}
		var list []*listed
		var bad error
		for d := json.NewDecoder(strings.NewReader(string(out))); ; {
			p := &listed{}
			if err := d.Decode(p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("compile: listing %s: %w", path, err)
			}
			if p.Error != nil && bad == nil {
				bad = errors.New(strings.TrimSpace(p.Error.Err))
			}
			list = append(list, p)
		}
		if bad == nil {
			return list, nil
		}
		if attempt > 0 || !strings.Contains(path, ".") {
			return nil, bad
		}
		if _, err := t.get(ctx, w, path); err != nil {
			return nil, err
		}
	}
}

// programVersions are the versions of the modules that the program was built from.
func programVersions() map[string]string {
	versions := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			versions[m.Path] = m.Version
		}
	}
	return versions
}
