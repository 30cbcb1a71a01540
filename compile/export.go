package compile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// exports are the archives with export data of the packages that the program contains: those that building the program left in Go's
// build cache.
type exports struct {
	files  map[string]string // import path -> archive
	config string            // file that tells the compiler of them
	stale  map[string]bool   // packages whose archive is not what the program contains
	names  map[string]string // name of a package -> import path, for imports that a cell leaves out

	fset *token.FileSet // positions of what packages declare

	mu      sync.Mutex
	lent    map[string]string // archives of libraries
	types   types.Importer
	objects map[string]*object
}

// listExports asks the go command for the archives, and compares their fingerprints with those in the program.
func (t *Toolchain) listExports(ctx context.Context) (*exports, error) {
	var paths []string
	for p := range t.program.packages {
		if importable(p) {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	files, err := t.goList(ctx, paths)
	if err != nil {
		return nil, err
	}
	x := &exports{files: files, config: filepath.Join(t.dir, "importcfg"), stale: map[string]bool{}, names: map[string]string{}, objects: map[string]*object{}, fset: token.NewFileSet()}
	if err := os.WriteFile(x.config, []byte(packageFiles(files)), 0o600); err != nil {
		return nil, fmt.Errorf("compile: writing the list of packages: %w", err)
	}
	x.types = importer.ForCompiler(x.fset, "gc", func(path string) (io.ReadCloser, error) {
		if file := x.lent[path]; file != "" { // mu is held
			return os.Open(file)
		}
		return os.Open(files[path])
	})
	for p, file := range files {
		if want := t.program.fingerprint(p); want != nil && !bytes.Equal(want, archiveFingerprint(file)) {
			x.stale[p] = true
		}
	}
	for _, p := range []string{"runtime", "fmt", "sync/atomic", cellrtPath} {
		if files[p] == "" || x.stale[p] {
			return nil, unusable(fmt.Sprintf("cells cannot be compiled: package %s is not the one that this program was built from: other sources or other build flags; build the program again", p))
		}
	}
	if len(x.stale) > 0 {
		t.log.Warn("packages differ from those in the program: cells cannot import them", "packages", sortedKeys(x.stale))
	}
	x.nameAll()
	return x, nil
}

// cellrtPath is the package that generated code calls.
const cellrtPath = modulePath + "/cellrt"

// importable says whether a cell may import a package of the program.
func importable(path string) bool {
	switch {
	case path == "main", path == "command-line-arguments", strings.HasSuffix(path, ".test"), strings.HasSuffix(path, "_test"):
		return false
	case strings.HasPrefix(path, "vendor/"), strings.HasPrefix(path, "gale.cells"):
		return false
	case strings.HasPrefix(path, modulePath+"/compile/internal/"):
		return true
	case isInternal(path):
		return false
	}
	if own, ok := strings.CutPrefix(path, modulePath+"/"); ok {
		room, _, _ := strings.Cut(own, "/")
		return !slices.Contains(innerRooms, room)
	}
	return silently(path)
}

// innerRooms are those of gale's that cells have no use for: the archives of these, and of what only they import, need not be kept.
var innerRooms = []string{"cluster", "compile", "controller", "engine", "hub", "install", "kernel", "namespace", "notebook", "worker"}

func isInternal(path string) bool { return strings.Contains("/"+path+"/", "/internal/") }

func packageFiles(files map[string]string) string {
	var b strings.Builder
	for _, p := range sortedKeys(files) {
		fmt.Fprintf(&b, "packagefile %s=%s\n", p, files[p])
	}
	return b.String()
}

// goList gives the archives of packages and of all that they import. Packages that do not build are left out.
func (t *Toolchain) goList(ctx context.Context, paths []string, flags ...string) (map[string]string, error) {
	args := slices.Concat([]string{"list", "-e", "-export", "-deps", "-f", "{{if .Export}}{{.ImportPath}} {{.Export}}{{end}}"}, t.tools.flags, flags, paths)
	if strings.HasPrefix(t.source, t.cache) {
		args = slices.Insert(args, 1, "-mod=mod")
	}
	out, err := t.tools.run(ctx, t.source, t.tools.goCommand, args...)
	if err != nil {
		if te, ok := errors.AsType[*ToolError](err); ok {
			return nil, unusable("cells cannot be compiled: export data of packages: " + te.Error())
		}
		return nil, err
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if p, f, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			files[p] = f
		}
	}
	return files, nil
}

// archiveFingerprint reads the fingerprint of an archive, nil if it has none.
func archiveFingerprint(file string) []byte {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return nil
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	defer func() { _ = syscall.Munmap(b) }()
	o, err := parseObject(b)
	if err != nil {
		return nil
	}
	return bytes.Clone(o.fingerprint())
}

// importPackage gives the types of a package that the program contains.
func (t *Toolchain) importPackage(path string) (*types.Package, error) {
	x := t.exports
	switch {
	case path == "unsafe":
		return types.Unsafe, nil
	case path == "C":
		return nil, errors.New("cells cannot use cgo")
	case path == "embed":
		return nil, errors.New("cells cannot embed files")
	case x.files[path] == "" && t.libraryOf(path) != nil:
		return x.importPath(path)
	case x.files[path] == "":
		return nil, errNotHeld
	case x.stale[path]:
		return nil, errors.New("the package has changed since this program was built; build the program again")
	}
	return x.importPath(path)
}

// errNotHeld: a library may have the package.
var errNotHeld = errors.New("this program does not contain the package")

func (x *exports) importPath(path string) (*types.Package, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.types.Import(path)
}

// lend makes archives of a library known.
func (x *exports) lend(files map[string]string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.lent == nil {
		x.lent = map[string]string{}
	}
	maps.Copy(x.lent, files)
}

// toolchainImporter is importPackage as go/types wants it.
type toolchainImporter struct{ t *Toolchain }

func (i toolchainImporter) Import(path string) (*types.Package, error) {
	return i.t.importPackage(path)
}

// object gives the object of a package that a cell was compiled against. Archives stay mapped.
func (x *exports) object(path string) (*object, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if o := x.objects[path]; o != nil {
		return o, nil
	}
	f, err := os.Open(x.files[path])
	if err != nil {
		return nil, fmt.Errorf("compile: archive of %s: %w", path, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("compile: archive of %s: %w", path, err)
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("compile: archive of %s: %w", path, err)
	}
	o, err := parseObject(b)
	if err != nil {
		return nil, fmt.Errorf("compile: archive of %s: %w", path, err)
	}
	x.objects[path] = o
	return o, nil
}
