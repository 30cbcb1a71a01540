package compile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galeproject/gale/module"
)

// library is packages that the program does not contain, linked against it into one image. It is loaded, and its packages initialised,
// before the first module that uses it. Modules refer to its symbols as to those of the program.
type library struct {
	id       string
	root     string
	packages map[string]bool
	files    map[string]string // package -> archive, as the compiler wants it
	image    []byte
	elf      *program // the image's symbols
	needs    []*library
}

// ensurePackage makes a package importable that the program does not contain.
func (t *Toolchain) ensurePackage(ctx context.Context, path string) error {
	if t.program.packages[path] {
		return errors.New("this program holds only a part of the package, for itself")
	}
	if t.libraryOf(path) != nil || path == "unsafe" || path == "C" {
		return nil
	}
	if t.mode != Hollow {
		return errors.New("this program does not contain the package, and links modules in full: " + t.reason)
	}
	w, err := t.workModule(ctx)
	if err != nil {
		return err
	}
	t.working.Lock()
	defer t.working.Unlock()
	list, err := t.listPackage(ctx, w, path)
	if err != nil {
		return err
	}
	l := &library{root: path, packages: map[string]bool{}, files: map[string]string{}}
	var own []*listed
	for _, p := range list {
		switch {
		case p.ImportPath == "unsafe":
		case t.program.packages[p.ImportPath]:
			if err := t.sameVersion(path, p); err != nil {
				return err
			}
			if t.exports.files[p.ImportPath] == "" {
				return fmt.Errorf("it needs %s, of which this program holds only a part for itself", p.ImportPath)
			}
		default:
			if known := t.libraryOf(p.ImportPath); known != nil {
				if !slices.Contains(l.needs, known) {
					l.needs = append(l.needs, known)
				}
				continue
			}
			l.packages[p.ImportPath] = true
			own = append(own, p)
		}
	}
	if err := t.buildLibrary(ctx, l, own); err != nil {
		return err
	}
	config, err := (&libraryBuild{t: t, l: l, dir: t.dir}).config("importcfg-"+l.id, nil)
	if err != nil {
		return err
	}
	t.addLibrary(l, config)
	return nil
}

// libraryOf is the library that has a package, nil if none has.
func (t *Toolchain) libraryOf(path string) *library {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.libs {
		if l.packages[path] {
			return l
		}
	}
	return nil
}

func (t *Toolchain) addLibrary(l *library, config string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.libs = append(slices.Clone(t.libs), l)
	t.config = config
	t.log.Info("a library was built", "package", l.root, "packages", len(l.packages), "bytes", len(l.image))
}

// importConfig is the file that tells the compiler of all packages that there are.
func (t *Toolchain) importConfig() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.config == "" {
		return t.exports.config
	}
	return t.config
}

// librariesByID finds the libraries of a module.
func (t *Toolchain) librariesByID(list []module.Library) (libs []*library) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range list {
		for _, l := range t.libs {
			if l.id == m.ID {
				libs = append(libs, l)
			}
		}
	}
	return libs
}

// sameVersion refuses a library that needs a package of the program in another version.
func (t *Toolchain) sameVersion(root string, p *listed) error {
	if p.Module == nil || p.Module.Version == "" || t.exports.stale[p.ImportPath] {
		return nil
	}
	if have := t.versions[p.Module.Path]; have != "" && have != p.Module.Version {
		return fmt.Errorf("it needs %s %s, and this program holds %s: a process can hold one version only; ask for a version of %s that does with %s",
			p.Module.Path, p.Module.Version, have, root, have)
	}
	return nil
}

// buildLibrary compiles packages, in order, and links them.
func (t *Toolchain) buildLibrary(ctx context.Context, l *library, list []*listed) error {
	dir, err := os.MkdirTemp(t.dir, "library-")
	if err != nil {
		return fmt.Errorf("compile: making a directory for a library: %w", err)
	}
	b := &libraryBuild{t: t, l: l, dir: dir, defined: map[string]bool{}}
	for i, p := range list {
		if err := b.compile(ctx, p, i); err != nil {
			return fmt.Errorf("compiling %s: %w", p.ImportPath, err)
		}
	}
	return b.link(ctx, list)
}

// libraryBuild is a library in the making.
type libraryBuild struct {
	t       *Toolchain
	l       *library
	dir     string
	refs    []ref
	defined map[string]bool
}

func (b *libraryBuild) path(name string) string { return filepath.Join(b.dir, name) }

// compile makes the archive of a package: against export data of the program, with references by name.
func (b *libraryBuild) compile(ctx context.Context, p *listed, i int) error {
	if len(p.CgoFiles)+len(p.CFiles)+len(p.CXXFiles)+len(p.SwigFiles) > 0 {
		return errors.New("it has parts in C, which cells cannot have")
	}
	name := fmt.Sprintf("p%d", i)
	args := []string{
		"-o", b.path(name + ".a"), "-p", p.ImportPath, "-c=2", "-dynlink", "-linkshared", "-installsuffix", "dynlink", "-nolocalimports", "-dwarf=false",
		"-trimpath", p.Dir + "=>" + p.ImportPath, "-pack",
	}
	if p.Standard {
		args = append(args, "-std")
	} else if p.Module != nil && p.Module.GoVersion != "" {
		args = append(args, "-lang=go"+majorMinor(p.Module.GoVersion))
	}
	embed, err := b.embedding(p, name)
	if err != nil {
		return err
	}
	cfg, err := b.config(name, p.ImportMap)
	if err != nil {
		return err
	}
	args = append(append(args, embed...), "-importcfg", cfg)
	if len(p.SFiles) == 0 {
		args = append(args, "-complete")
	} else {
		abis := b.path(name + ".abis")
		if err := b.assemble(ctx, p, "-gensymabis", "-o", abis); err != nil {
			return err
		}
		args = append(args, "-symabis", abis, "-asmhdr", b.path("go_asm.h"))
	}
	if _, err := b.t.tools.run(ctx, p.Dir, b.t.tools.tool("compile"), append(args, p.GoFiles...)...); err != nil {
		return err
	}
	return b.named(ctx, p, name)
}

// majorMinor is go1.24 of go1.24.3.
func majorMinor(v string) string {
	parts := strings.SplitN(v, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// named gives an archive references by name, and adds what was written in assembly.
func (b *libraryBuild) named(ctx context.Context, p *listed, name string) error {
	file := b.path(name + ".a")
	b.l.files[p.ImportPath] = file
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("compile: reading an object: %w", err)
	}
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	if o, err = o.byName(b.t.exports.object); err != nil {
		return err
	}
	b.take(o)
	archive := o.archive
	for i, s := range p.SFiles {
		out := fmt.Sprintf("%s_%d.o", name, i)
		if err := b.assemble(ctx, &listed{ImportPath: p.ImportPath, Dir: p.Dir, Standard: p.Standard, SFiles: []string{s}}, "-o", b.path(out)); err != nil {
			return err
		}
		data, err := os.ReadFile(b.path(out))
		if err != nil {
			return fmt.Errorf("compile: reading an object: %w", err)
		}
		if o, err := parseObject(addMember([]byte(arMagic), out, data)); err == nil {
			b.take(o)
		}
		archive = addMember(archive, out, data)
	}
	if err := os.WriteFile(file, archive, 0o600); err != nil {
		return fmt.Errorf("compile: writing an archive: %w", err)
	}
	return nil
}

// take notes what an object defines and wants.
func (b *libraryBuild) take(o *object) {
	b.refs = append(b.refs, o.refs()...)
	for _, n := range o.defines() {
		b.defined[n] = true
	}
}

func (b *libraryBuild) assemble(ctx context.Context, p *listed, flags ...string) error {
	header := b.path("go_asm.h")
	if _, err := os.Stat(header); err != nil {
		if err := os.WriteFile(header, nil, 0o600); err != nil {
			return fmt.Errorf("compile: writing a header: %w", err)
		}
	}
	args := slices.Concat([]string{"-p", p.ImportPath, "-dynlink", "-linkshared", "-I", b.dir, "-I", filepath.Join(b.t.tools.root, "pkg", "include")}, b.t.tools.machine(), flags, p.SFiles)
	_, err := b.t.tools.run(ctx, p.Dir, b.t.tools.tool("asm"), args...)
	return err
}

// embedding writes what the compiler asks of files that a package embeds.
func (b *libraryBuild) embedding(p *listed, name string) ([]string, error) {
	if len(p.EmbedPatterns) == 0 {
		return nil, nil
	}
	file := b.path(name + ".embed")
	if err := os.WriteFile(file, embedConfig(p), 0o600); err != nil {
		return nil, fmt.Errorf("compile: embedding files: %w", err)
	}
	return []string{"-embedcfg", file}, nil
}

// config writes the compiler's list of packages: the program's, those of libraries, and what vendored imports mean.
func (b *libraryBuild) config(name string, renamed map[string]string) (string, error) {
	base, err := os.ReadFile(b.t.exports.config)
	if err != nil {
		return "", fmt.Errorf("compile: reading the list of packages: %w", err)
	}
	var text bytes.Buffer
	text.Write(base)
	for _, l := range append(slices.Clone(b.t.libs), b.l) {
		text.WriteString(packageFiles(l.files))
	}
	for _, from := range sortedKeys(renamed) {
		fmt.Fprintf(&text, "importmap %s=%s\n", from, renamed[from])
	}
	file := b.path(name + ".cfg")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return "", fmt.Errorf("compile: writing the list of packages: %w", err)
	}
	return file, nil
}

// hashID names a library by what it is made of, and by the program.
func (b *libraryBuild) hashID() (string, error) {
	h := sha256.New()
	_, _ = h.Write([]byte(b.t.program.id))
	for _, p := range sortedKeys(b.l.files) {
		data, err := os.ReadFile(b.l.files[p])
		if err != nil {
			return "", fmt.Errorf("compile: reading an archive: %w", err)
		}
		_, _ = h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// librariesFor lists the libraries that packages are of, in the order in which they must be loaded.
func (t *Toolchain) librariesFor(paths []string) (list []module.Library) {
	seen := map[*library]bool{}
	var visit func(l *library)
	visit = func(l *library) {
		if l == nil || seen[l] {
			return
		}
		seen[l] = true
		for _, n := range l.needs {
			visit(n)
		}
		list = append(list, module.Library{ID: l.id, Packages: sortedKeys(l.packages), Image: l.image})
	}
	for _, p := range paths {
		visit(t.libraryOf(p))
	}
	return list
}
