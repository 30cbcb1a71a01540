package compile

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// link makes the image of a library: its main package keeps all that its packages export.
func (b *libraryBuild) link(ctx context.Context, list []*listed) error {
	id, err := b.hashID()
	if err != nil {
		return err
	}
	b.l.id = id
	plug := "gale_library_" + id
	keep, err := b.keep(list)
	if err != nil {
		return err
	}
	if err := os.WriteFile(b.path("keep.go"), []byte(keep), 0o600); err != nil {
		return fmt.Errorf("compile: writing generated code: %w", err)
	}
	cfg, err := b.config("keep", nil)
	if err != nil {
		return err
	}
	// packages of the library stand in the place of modules' older packages: the linking is a module's
	l := &linking{t: b.t, j: &job{pkg: plug, plug: plug}, dir: b.dir, files: []string{"keep.go"}}
	obj, err := l.compile(ctx, cfg)
	if err != nil {
		return err
	}
	if obj, err = obj.byName(b.t.exports.object); err != nil {
		return err
	}
	b.take(obj)
	if l.missing, err = l.stubs(b.refs, b.l.needs, b.defined); err != nil {
		return err
	}
	if len(l.missing) > 0 {
		return fmt.Errorf("it needs %s, which this program does not hold", strings.Join(l.missing[:min(5, len(l.missing))], ", "))
	}
	if err := l.linkWith(ctx, obj, b.l.needs, b.l.files); err != nil {
		return err
	}
	if b.l.image, err = os.ReadFile(l.path("module.so")); err != nil {
		return fmt.Errorf("compile: reading a library: %w", err)
	}
	b.l.elf, err = readProgram(b.l.image)
	return err
}

// keep writes a package that mentions all that the library's packages export, so that the linker keeps it.
func (b *libraryBuild) keep(list []*listed) (string, error) {
	// the new packages are not listed among the libraries yet
	b.t.exports.lend(b.l.files)
	var imports, body strings.Builder
	for i, p := range list {
		if isInternal(p.ImportPath) || p.Name == "main" {
			continue
		}
		pkg, err := b.t.exports.importPath(p.ImportPath)
		if err != nil {
			return "", err
		}
		name, before := fmt.Sprintf("p%d", i), body.Len()
		for _, n := range pkg.Scope().Names() {
			if o := pkg.Scope().Lookup(n); o.Exported() {
				body.WriteString(mention(o, name+"."+n))
			}
		}
		if body.Len() == before {
			name = "_"
		}
		fmt.Fprintf(&imports, "import %s %q\n", name, p.ImportPath)
	}
	return "package main\n" + imports.String() + "type arg struct{}\nfunc Reg(*arg) {}\nfunc Run(*arg) { use(table) }\nfunc main() {}\n//go:noinline\nfunc use(x any) {}\n" +
		"var table = []any{\n" + body.String() + "}\n", nil
}

// mention writes an entry of the table for an object, "" for those that are no code or data.
func mention(o types.Object, name string) string {
	switch o := o.(type) {
	case *types.Func:
		if o.Signature().TypeParams().Len() == 0 {
			return name + ",\n"
		}
	case *types.Var:
		return "&" + name + ",\n"
	case *types.TypeName:
		if generic(o) || o.IsAlias() {
			return ""
		}
		if it, ok := o.Type().Underlying().(*types.Interface); ok && !it.IsMethodSet() {
			return ""
		}
		return "(*" + name + ")(nil),\n"
	}
	return ""
}

func generic(o *types.TypeName) bool {
	n, ok := o.Type().(*types.Named)
	return ok && n.TypeParams().Len() > 0
}

// stubs writes the stubs of libraries and of the program for what is wanted, and gives what none has nor is defined by the objects.
func (l *linking) stubs(wanted []ref, libs []*library, defined map[string]bool) (missing []string, err error) {
	lacks := map[string]int{}
	for i := len(libs) - 1; i >= -1; i-- { // a library's types may consist of those of libraries before it, and of the program's
		elf, dir := l.t.program, l.dir
		if i >= 0 {
			elf, dir = libs[i].elf, l.path(libs[i].id)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return nil, fmt.Errorf("compile: writing a stub: %w", err)
			}
		}
		lack, foreign, err := elf.writeStub(filepath.Join(dir, stubName), wanted, l.t.o.fault, l.t.program)
		if err != nil {
			return nil, err
		}
		for _, n := range lack {
			lacks[n]++
		}
		wanted = append(slices.Clip(wanted), foreign...)
	}
	for _, n := range sortedKeys(lacks) {
		if lacks[n] == len(libs)+1 && !defined[n] {
			missing = append(missing, n)
		}
	}
	return missing, nil
}

// linkWith links an object against the program and libraries, with the archives of more packages.
func (l *linking) linkWith(ctx context.Context, obj *object, libs []*library, static map[string]string) error {
	reg, err := os.ReadFile(filepath.Join(l.t.dir, "registration.o"))
	if err != nil {
		return fmt.Errorf("compile: linking: %w", err)
	}
	if err := os.WriteFile(l.path("linked.a"), addMember(obj.archive, "reg.o", reg), 0o600); err != nil {
		return fmt.Errorf("compile: linking: %w", err)
	}
	var cfg bytes.Buffer
	for p := range l.t.exports.files {
		if l.t.program.packages[p] && static[p] == "" {
			fmt.Fprintf(&cfg, "packageshlib %s=%s\n", p, l.path(stubName))
		}
	}
	for _, lib := range libs {
		for p := range lib.packages {
			fmt.Fprintf(&cfg, "packageshlib %s=%s\n", p, filepath.Join(l.path(lib.id), stubName))
		}
	}
	cfg.WriteString(packageFiles(static))
	if err := os.WriteFile(l.path("linkcfg"), cfg.Bytes(), 0o600); err != nil {
		return fmt.Errorf("compile: linking: %w", err)
	}
	// the external linker does nothing: what it would get is taken from the temporary directory
	if _, err := l.t.tools.run(ctx, l.dir, l.t.tools.tool("link"), "-linkshared", "-o", "module.so", "-importcfg", "linkcfg", "-installsuffix", "dynlink",
		"-pluginpath", l.j.plug, "-buildmode=plugin", "-s", "-w", "-tmpdir", l.dir, "-extld=true", "linked.a"); err != nil {
		return err
	}
	return l.finish(ctx)
}

// readProgram reads the symbols of an image.
func readProgram(data []byte) (*program, error) {
	p := &program{data: data, symbols: map[string]symbol{}, typeAt: map[uint64]string{}, packages: map[string]bool{}}
	var err error
	if p.elf, err = elf.NewFile(bytes.NewReader(data)); err != nil {
		return nil, fmt.Errorf("compile: reading a library: %w", err)
	}
	if err := p.readSymbols(); err != nil && !errors.Is(err, errNoDynamicSymbols) {
		return nil, err
	}
	return p, nil
}
