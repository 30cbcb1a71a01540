package namespace

import (
	"context"
	"log/slog"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
)

// Options of a namespace. The zero value is usable, except that Host must be given where modules are not of the program's own making.
type Options struct {
	Log   *slog.Logger
	Host  string       // build id of this program: modules made for another one are refused; "" accepts every module
	Scope module.Scope // whose names Get, Set and Names mean; "" is module.Local
	Label string       // begins messages about names, e.g. "engine 3"; may be empty
	Types value.Types  // names of the program's own types, may be nil
	Dir   string       // where images stand while they are loaded; "" is the system's temporary directory

	// Open loads an image and gives its symbols Reg and Run; nil loads it with package plugin.
	Open func(path string) (reg, run any, err error)
	// Late takes what a goroutine says that outlived its run and panicked; nil writes it to os.Stderr.
	Late func(f *Failure)
}

// Namespace holds what outlives cells. Its methods may be called from any goroutine.
type Namespace struct {
	o     Options
	space *cellrt.Space

	limit int64 // of memory, bytes; 0: none

	loading sync.Mutex // one module at a time is mapped
	areas   areas

	mu      sync.Mutex // guards all below
	units   map[module.ID]*unit
	methods map[symbol]int // generation of the newest module that has a method

	libraries map[string]bool   // that are loaded, by id
	packages  map[string]string // package of a library -> the library's id

	vars      map[symbol]*variable
	named     map[string][]*variable
	loose     map[string]*loose
	funcs     map[string]*function // by the user's name
	types     table
	objects   map[Ref]*object
	runs      map[*run]struct{}
	typeNames map[string]map[string]bool // types by session and the user's name
	alone     atomic.Pointer[run]        // the run that has standard output to itself; nil: several print
	touched   int                        // counts settings of names, to tell the newest
	label     string
}

// symbol is a symbol of a session.
type symbol struct{ session, name string }

// unit is a loaded module.
type unit struct {
	m     *module.Module
	run   any // symbol Run
	stop  *uint32
	funcs map[string]*function // by symbol
	cell  atomic.Int64         // number of the cell that it belongs to now; its places name m.Cell, the first
}

// Output is a value that user code shows while it runs, or text that it prints.
type Output struct {
	Bundle display.Bundle
	Text   string // not empty: of standard output, which other code uses at the same time; then there is no bundle
}

// New makes an empty namespace.
func New(o Options) *Namespace {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Scope == "" {
		o.Scope = module.Local
	}
	if o.Open == nil {
		o.Open = openPlugin
	}
	if o.Late == nil {
		o.Late = func(f *Failure) { _, _ = os.Stderr.WriteString(f.Text() + "\n") }
	}
	n := &Namespace{
		o: o, label: o.Label,
		units: map[module.ID]*unit{}, libraries: map[string]bool{}, packages: map[string]string{}, methods: map[symbol]int{}, vars: map[symbol]*variable{}, named: map[string][]*variable{},
		loose: map[string]*loose{}, funcs: map[string]*function{}, objects: map[Ref]*object{}, typeNames: map[string]map[string]bool{}, runs: map[*run]struct{}{},
		types: table{byName: map[string]reflect.Type{}, names: map[reflect.Type]string{}, host: o.Types},
	}
	n.space = cellrt.NewSpace(cellrt.Hooks{Show: n.show, Failed: n.failed, Context: context.Background, Stopped: n.stopped, Print: n.print})
	return n
}

// Space is what the namespace's modules share with each other.
func (n *Namespace) Space() *cellrt.Space { return n.space }

// Types names the types of loaded modules and the program's own.
func (n *Namespace) Types() value.Types { return (*types)(n) }

// SetLabel changes what begins messages about names, once an engine knows its number.
func (n *Namespace) SetLabel(label string) { n.update(func() { n.label = label }) }

// update changes or reads the state: there is no other lock to take while it runs, and f calls no user code.
func (n *Namespace) update(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
}

// since is a duration in seconds.
func since(t time.Time) float64 { return time.Since(t).Seconds() }
