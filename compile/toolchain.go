package compile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/galeproject/gale/internal/temp"
)

// Mode says how modules are linked.
type Mode int

const (
	// None is when cells cannot be compiled; [Toolchain.Reason] says what to do.
	None Mode = iota
	// Full is when modules contain all that they use: slower to link, and larger.
	Full
	// Hollow is when modules contain only the cell and use the program's own code.
	Hollow
)

func (m Mode) String() string { return [...]string{"none", "full", "hollow"}[m] }

// Options of a toolchain. The zero value is usable.
type Options struct {
	Log   *slog.Logger
	Cache string // directory that outlives the process; "" takes gale's in the user's cache directory
	Dir   string // directory for temporary files; "" takes the system's
	Go    string // the go command; "" takes the one in PATH
	// Source is the directory of the module whose packages cells import; "" finds it: the sources that the program was built from when
	// they are there, else a module in Cache that requires the versions in the program.
	Source string
	// Notebook is the directory of the notebook, "" the working directory: the go.mod there or above it says which modules cells can import
	// beside those of the program.
	Notebook string
	// Remote lists import paths of packages that run functions elsewhere: functions given to them are lifted.
	Remote []string
	// Full links every module in full.
	Full bool
	// Trial runs the self-test's modules, once for each build of the program; nil leaves the self-test out.
	Trial Trial

	fault fault // for tests of the self-test
}

// Toolchain compiles for the running program. It is safe for use from any goroutine.
type Toolchain struct {
	o      Options
	log    *slog.Logger
	mode   Mode
	reason string

	tools   *tools
	program *program
	folder  *temp.Folder
	dir     string // its path
	cache   string
	source  string
	remote  map[string]bool

	exports *exports

	working sync.Mutex // guards work; one at a time makes libraries
	work    *work

	versions map[string]string // module of the program -> its version

	mu       sync.Mutex
	libs     []*library
	config   string            // list of packages with those of libraries
	linkable map[string]string // import path -> archive built with -linkshared, for links that need object code
}

// Open gets ready to compile cells for the running program. It fails only when the machine does (no space, no permission) or ctx ends; when cells
// cannot be compiled for lack of tools or because of how the program was built, the toolchain has mode None.
func Open(ctx context.Context, o Options) (*Toolchain, error) {
	t := &Toolchain{o: o, log: o.Log, linkable: map[string]string{}, remote: map[string]bool{}}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	for _, p := range o.Remote {
		t.remote[p] = true
	}
	t.versions = programVersions()
	err := t.open(ctx)
	var u unusable
	if errors.As(err, &u) || errors.Is(err, errNoDynamicSymbols) {
		t.mode, t.reason = None, err.Error()
		t.log.Warn("cells cannot be compiled", "reason", t.reason)
		return t, nil
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	t.log.Debug("toolchain is ready", "mode", t.mode, "reason", t.reason, "packages", len(t.exports.files))
	return t, nil
}

func (t *Toolchain) open(ctx context.Context) error {
	if runtime.GOOS != "linux" {
		return unusable("cells can be compiled on Linux only")
	}
	if builtWithoutCgo() {
		return unusable("this gale was built without cgo and cannot run cells: install a C compiler and build again with CGO_ENABLED=1")
	}
	var err error
	if t.cache, err = cacheDir(t.o.Cache); err != nil {
		return err
	}
	if t.folder, err = temp.New(t.o.Dir, "gale-compile-"); err != nil {
		return fmt.Errorf("compile: making a temporary directory: %w", err)
	}
	t.dir = t.folder.Path()
	read := make(chan error, 1)
	go func() {
		var err error
		t.program, err = openProgram()
		read <- err
	}()
	t.tools, err = findTools(ctx, t.o.Go)
	if err = errors.Join(<-read, err); err != nil {
		return err
	}
	if err := t.prepareLink(ctx); err != nil {
		return err
	}
	if t.source, err = t.findSource(); err != nil {
		return err
	}
	if t.exports, err = t.listExports(ctx); err != nil {
		return err
	}
	t.mode = Hollow
	if t.o.Full {
		t.mode, t.reason = Full, "asked for"
	}
	return t.ensureTested(ctx)
}

func cacheDir(dir string) (string, error) {
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			user = os.TempDir()
		}
		dir = filepath.Join(user, "gale")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("compile: making the cache directory: %w", err)
	}
	return dir, nil
}

// Close removes temporary files.
func (t *Toolchain) Close() error {
	if t.folder == nil {
		return nil
	}
	if err := t.folder.Close(); err != nil {
		return fmt.Errorf("compile: removing temporary files: %w", err)
	}
	return nil
}

// Mode says how modules are linked.
func (t *Toolchain) Mode() Mode { return t.mode }

// Reason says why the mode is not Hollow, "" if it is.
func (t *Toolchain) Reason() string { return t.reason }

// Host is the build id of the program that modules are made for.
func (t *Toolchain) Host() string {
	if t.program == nil {
		return ""
	}
	return t.program.id
}
