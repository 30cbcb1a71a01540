package compile

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/galeproject/gale/module"
)

// job is one module to be made.
type job struct {
	pkg   string   // package path, the same for all modules of a session
	plug  string   // plugin path, never used again
	files []string // generated Go
	// imports of the files
	imports []string

	libraries []module.Library // set by build: what must be loaded before
}

// abihash is an object that the linker's output refers to by the name of the stub.
const abihash = `.section .galeabi,"aw",@progbits
.globl "go:link.abihash.` + stubName + `"
.type "go:link.abihash.` + stubName + `",@object
.size "go:link.abihash.` + stubName + `",16
"go:link.abihash.` + stubName + `":
.quad 0
.quad 0
.section .note.GNU-stack,"",@progbits
`

// versionScript hides what package plugin would compare with its own list of packages: modules of one session differ there, and this
// package compares fingerprints itself.
const versionScript = "{ local: go?link.pkghash*; };\n"

// prepareLink makes the objects that every module contains.
func (t *Toolchain) prepareLink(ctx context.Context) error {
	next, err := t.program.fieldOffset("type:runtime.moduledata", "next")
	if err != nil {
		return unusable(err.Error())
	}
	for name, text := range map[string]string{"registration.s": fmt.Sprintf(registration, next), "abihash.s": abihash, "versions": versionScript} {
		if err := os.WriteFile(filepath.Join(t.dir, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("compile: preparing links: %w", err)
		}
	}
	if _, err := t.tools.run(ctx, t.dir, t.tools.tool("asm"), "-p", "gale", "-dynlink", "-linkshared", "-I", filepath.Join(t.tools.root, "pkg", "include"), "-o", "registration.o", "registration.s"); err != nil {
		return err
	}
	_, err = t.tools.run(ctx, t.dir, "as", "abihash.s", "-o", "abihash.o")
	return err
}

// build makes the image of a module: hollow if the program has all that it needs, else together with the packages that have what is
// missing, and in full if nothing else works.
func (t *Toolchain) build(ctx context.Context, j *job) (image []byte, err error) {
	dir, err := os.MkdirTemp(t.dir, "module-")
	if err != nil {
		return nil, fmt.Errorf("compile: making a temporary directory: %w", err)
	}
	defer func() {
		if rerr := os.RemoveAll(dir); err == nil && rerr != nil {
			err = fmt.Errorf("compile: removing temporary files: %w", rerr)
		}
	}()
	l := &linking{t: t, j: j, dir: dir}
	for i, text := range j.files {
		name := fmt.Sprintf("f%d.go", i)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("compile: writing generated code: %w", err)
		}
		l.files = append(l.files, name)
	}
	start := time.Now()
	how, err := l.link(ctx)
	if err != nil {
		return nil, err
	}
	image, err = os.ReadFile(l.path("module.so"))
	if err != nil {
		return nil, fmt.Errorf("compile: reading the module: %w", err)
	}
	t.log.Debug("module is built", "plugin", j.plug, "link", how, "missing", l.missing, "bytes", len(image), "seconds", time.Since(start).Seconds())
	return image, nil
}

// linking is a job at work.
type linking struct {
	t       *Toolchain
	j       *job
	dir     string
	files   []string
	missing []string // symbols that the program lacks
}

func (l *linking) path(name string) string { return filepath.Join(l.dir, name) }

// link tries the ways in order and says which one it was.
func (l *linking) link(ctx context.Context) (how string, err error) {
	if l.t.mode == Full {
		return "full", l.linkFull(ctx)
	}
	obj, err := l.compile(ctx, l.t.importConfig())
	if err != nil {
		return "", err
	}
	l.j.libraries = l.t.librariesFor(obj.imports())
	for _, p := range obj.imports() {
		if l.t.exports.stale[p] {
			return "", fmt.Errorf("compile: package %s has changed since this program was built; build the program again", p)
		}
	}
	if obj, err = obj.byName(l.t.exports.object); err != nil {
		return "", err
	}
	libs := l.t.librariesByID(l.j.libraries)
	if l.missing, err = l.stubs(obj.refs(), libs, nil); err != nil {
		return "", err
	}
	if len(l.missing) == 0 {
		return "hollow", l.linkWith(ctx, obj, libs, nil)
	}
	if len(libs) > 0 {
		return "", fmt.Errorf("compile: neither this program nor the imported libraries hold %s", strings.Join(l.missing, ", "))
	}
	l.t.log.Info("the program lacks symbols: the module is linked with code of its own", "symbols", l.missing)
	err = l.linkPartly(ctx)
	if err == nil || ctx.Err() != nil {
		return "partly hollow", err
	}
	l.t.log.Debug("partly hollow link failed", "error", err)
	return "full", l.linkFull(ctx)
}

// compile compiles the generated files and parses the object.
func (l *linking) compile(ctx context.Context, config string) (*object, error) {
	args := append([]string{
		"-o", "module.a", "-p", l.j.pkg, "-lang=go1.26", "-complete", "-c=2", "-dynlink", "-linkshared", "-installsuffix", "dynlink",
		"-nolocalimports", "-dwarf=false", "-trimpath", l.dir + "=>", "-importcfg", config, "-pack",
	}, l.files...)
	if _, err := l.t.tools.run(ctx, l.dir, l.t.tools.tool("compile"), args...); err != nil {
		return nil, compilerDiagnostics(err)
	}
	b, err := os.ReadFile(l.path("module.a"))
	if err != nil {
		return nil, fmt.Errorf("compile: reading the object: %w", err)
	}
	return parseObject(b)
}

var compilerMessage = regexp.MustCompile(`(?m)^(?:.*/)?cell\[(\d+)\]:(\d+):(\d+): (.*)$`)

// compilerDiagnostics makes messages about cells of what the compiler says; the checker has let them pass.
func compilerDiagnostics(err error) error {
	var te *ToolError
	if !errors.As(err, &te) {
		return err
	}
	var list Diagnostics
	for _, m := range compilerMessage.FindAllStringSubmatch(te.Output, maxMessages) {
		d := Diagnostic{Text: readable(m[4])}
		for i, p := range []*int{&d.Cell, &d.Line, &d.Column} {
			*p, _ = strconv.Atoi(m[i+1]) // digits
		}
		list = append(list, d)
	}
	if len(list) == 0 {
		return err
	}
	return list
}

// finish links the object that cmd/link left. Functions of shared libraries have names with a suffix there, those of a program have not.
func (l *linking) finish(ctx context.Context) error {
	b, err := os.ReadFile(l.path("go.o"))
	if err != nil {
		return fmt.Errorf("compile: linking: %w", err)
	}
	if err := stripABI(b); err != nil {
		return err
	}
	if err := os.WriteFile(l.path("go.o"), b, 0o600); err != nil {
		return fmt.Errorf("compile: linking: %w", err)
	}
	args := append([]string{"-shared", "--version-script=" + filepath.Join(l.t.dir, "versions")}, l.entries("--defsym=")...)
	args = append(args, "-z", "relro", "-z", "now", "-z", "nocopyreloc", "-z", "noexecstack", "-s", "-o", "module.so", "go.o", filepath.Join(l.t.dir, "abihash.o"))
	_, err = l.t.tools.run(ctx, l.dir, "ld", args...)
	return err
}

// entries gives the names by which package plugin looks for a module's functions.
func (l *linking) entries(prefix string) []string {
	return []string{prefix + l.j.plug + ".Reg=" + l.j.pkg + ".Reg", prefix + l.j.plug + ".Run=" + l.j.pkg + ".Run"}
}

// stripABI ends names at their suffix in the string table of an object.
func stripABI(b []byte) error {
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("compile: linking: %w", err)
	}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_SYMTAB || int(s.Link) >= len(f.Sections) {
			continue
		}
		names := f.Sections[s.Link]
		if names.Offset+names.Size > uint64(len(b)) {
			return fmt.Errorf("compile: linking: the string table lies outside of the object")
		}
		table := b[names.Offset : names.Offset+names.Size]
		suffix := []byte(".abiinternal\x00")
		for {
			i := bytes.Index(table, suffix)
			if i < 0 {
				break
			}
			table[i], table[i+1] = 0, '_'
		}
	}
	return nil
}

// linkPartly compiles again, against archives that can be linked, and links the packages of missing symbols into the module.
func (l *linking) linkPartly(ctx context.Context) error {
	static := map[string]bool{}
	for _, m := range l.missing {
		if p := packageOf(m); l.t.exports.files[p] != "" {
			static[p] = true
		}
	}
	if static["runtime"] {
		return fmt.Errorf("compile: the program lacks symbols of package runtime: %v", l.missing)
	}
	cfg, err := l.linkableConfig(ctx, sortedKeys(static))
	if err != nil {
		return err
	}
	obj, err := l.compile(ctx, cfg)
	if err != nil {
		return err
	}
	refs := obj.refs()
	for p := range static {
		b, err := os.ReadFile(l.t.archive(p))
		if err != nil {
			return fmt.Errorf("compile: archive of %s: %w", p, err)
		}
		o, err := parseObject(b)
		if err != nil {
			return err
		}
		refs = append(refs, o.refs()...)
	}
	if _, err := l.stubs(refs, nil, nil); err != nil {
		return err
	}
	files := map[string]string{}
	for p := range static {
		files[p] = l.t.archive(p)
	}
	return l.linkWith(ctx, obj, nil, files)
}

// linkFull links a module as go build -buildmode=plugin does.
func (l *linking) linkFull(ctx context.Context) error {
	cfg, err := l.linkableConfig(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := l.compile(ctx, cfg); err != nil {
		return err
	}
	flags := "-extldflags=-Wl,--version-script=" + filepath.Join(l.t.dir, "versions") + " " + strings.Join(l.entries("-Wl,--defsym="), " ")
	_, err = l.t.tools.run(ctx, l.dir, l.t.tools.tool("link"), "-o", "module.so", "-importcfg", cfg, "-installsuffix", "dynlink", "-pluginpath", l.j.plug,
		"-buildmode=plugin", "-s", "-w", "-extld=gcc", flags, "module.a")
	return err
}

// linkableConfig makes archives that can be linked into a module: of what the files import, of more, and of all that these import.
func (l *linking) linkableConfig(ctx context.Context, more []string) (string, error) {
	t := l.t
	need := slices.Concat([]string{"runtime/cgo", "runtime"}, l.j.imports, more)
	need = slices.DeleteFunc(need, func(p string) bool { return p == "unsafe" || t.archive(p) != "" })
	if len(need) > 0 {
		files, err := t.goList(ctx, need, "-buildmode=plugin", "-gcflags=all=-linkshared", "-asmflags=all=-linkshared")
		if err != nil {
			return "", err
		}
		t.mu.Lock()
		maps.Copy(t.linkable, files)
		t.mu.Unlock()
	}
	t.mu.Lock()
	text := packageFiles(t.linkable)
	t.mu.Unlock()
	cfg := l.path("linkable")
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("compile: linking: %w", err)
	}
	return cfg, nil
}

// archive is the linkable archive of a package, "" if there is none yet.
func (t *Toolchain) archive(path string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.linkable[path]
}

// packageOf guesses the package of a linker symbol.
func packageOf(symbol string) string {
	s := strings.TrimPrefix(strings.TrimPrefix(symbol, "type:"), "*")
	if i := strings.IndexByte(s, '['); i >= 0 {
		s = s[:i]
	}
	if i := strings.IndexByte(s, '('); i > 0 {
		s = s[:i]
	}
	slash := strings.LastIndexByte(s, '/') + 1
	if i := strings.IndexByte(s[slash:], '.'); i >= 0 {
		return s[:slash+i]
	}
	return s
}
