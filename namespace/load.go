package namespace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"plugin"
	"reflect"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/module"
)

// ErrNotLoaded is wrapped by errors about a module that has not been loaded.
var ErrNotLoaded = errors.New("not loaded")

// Load maps a module and registers its names; it runs no code of the user. A module that is here already is not mapped again, but from
// now on it belongs to the cell that its tables name. An error wraps module.ErrHost when the module was made for another program.
func (n *Namespace) Load(m *module.Module) error {
	n.loading.Lock()
	defer n.loading.Unlock()
	if n.loadedAgain(m) {
		return nil
	}
	if n.o.Host != "" && m.Host != n.o.Host {
		return fmt.Errorf("namespace: loading %v: %w: it is for %.12s…, this is %.12s…", m.ID, module.ErrHost, m.Host, n.o.Host)
	}
	if len(m.Image) == 0 {
		n.update(func() { n.install(m, n.shows(m), &cellrt.Registrar{}) })
		return nil
	}
	if err := n.loadLibraries(m); err != nil {
		return err
	}
	err := n.room()
	if err != nil {
		return fmt.Errorf("namespace: loading %v: %w", m.ID, err)
	}
	reg, run, err := n.open(m)
	if err != nil {
		return fmt.Errorf("namespace: loading %v: %w", m.ID, err)
	}
	r := &cellrt.Registrar{Space: n.space, Newest: func(method string) bool { return n.newest(m.ID, method) }}
	if err := register(reg, r); err != nil {
		return fmt.Errorf("namespace: registering %v: %w", m.ID, err)
	}
	n.update(func() { n.install(m, run, r) })
	return nil
}

// loadedAgain says whether a module is here, and gives it to the cell that has it now.
func (n *Namespace) loadedAgain(m *module.Module) (ok bool) {
	n.update(func() {
		var u *unit
		if u, ok = n.units[m.ID]; !ok {
			return
		}
		u.cell.Store(int64(m.Cell))
		for _, d := range m.Vars {
			if v := n.vars[symbol{m.Session, d.Symbol}]; v != nil && d.Defined {
				v.cell = d.Cell
			}
		}
	})
	return ok
}

// shows makes what stands for the symbol Run of a module without an image.
func (n *Namespace) shows(m *module.Module) any {
	show := m.Show
	return func(a *struct {
		Reg *cellrt.Registrar
		Run *cellrt.Run
	},
	) {
		switch {
		case show == nil:
		case show.Symbol == "":
			x, err := show.Constant()
			if err != nil {
				panic(cellrt.Failure{Err: err})
			}
			a.Run.Result(x)
		default:
			var v *variable
			n.update(func() { v = n.vars[symbol{m.Session, show.Symbol}] })
			if v == nil {
				panic(cellrt.Failure{Err: fmt.Errorf("namespace: showing %s: %w", show.Symbol, ErrNoName)})
			}
			a.Run.Result(v.at.Interface())
		}
	}
}

// Loaded says whether a module is here.
func (n *Namespace) Loaded(id module.ID) (ok bool) {
	n.update(func() { _, ok = n.units[id] })
	return ok
}

// Module gives a loaded module that has functions, so that it can be sent elsewhere. The error wraps ErrNotLoaded.
func (n *Namespace) Module(id module.ID) (m *module.Module, err error) {
	n.update(func() {
		if u := n.units[id]; u != nil && u.m.Image != nil {
			m = u.m
		}
	})
	if m == nil {
		return nil, fmt.Errorf("namespace: module %v with its functions: %w", id, ErrNotLoaded)
	}
	return m, nil
}

// open writes the image to a file that only this user can read, loads it and removes the file: the mapping keeps it alive, and
// as long as it lives its inode, by which the dynamic linker knows a library, cannot return.
func (n *Namespace) open(m *module.Module) (reg, run any, err error) {
	f, err := os.CreateTemp(n.o.Dir, fmt.Sprintf("gale-%d-*.so", m.Gen))
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if rerr := os.Remove(f.Name()); err == nil && rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			n.o.Log.Warn("an image was not removed", "file", f.Name(), "error", rerr)
		}
	}()
	_, err = f.Write(m.Image)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, nil, err
	}
	return n.o.Open(f.Name())
}

// openPlugin loads an image with package plugin.
func openPlugin(path string) (reg, run any, err error) {
	p, err := plugin.Open(path)
	if err != nil {
		return nil, nil, err
	}
	if reg, err = p.Lookup("Reg"); err != nil {
		return nil, nil, err
	}
	if run, err = p.Lookup("Run"); err != nil {
		return nil, nil, err
	}
	return reg, run, nil
}

// register calls Reg of a module. A panic there is a fault of the module.
func register(reg any, r *cellrt.Registrar) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("its Reg panicked: %s", text(x))
		}
	}()
	return cellrt.Register(reg, r)
}

// newest says whether a module is the newest that has a method, and remembers that it has it.
func (n *Namespace) newest(id module.ID, method string) (yes bool) {
	n.update(func() {
		key := symbol{id.Session, method}
		if yes = id.Gen >= n.methods[key]; yes {
			n.methods[key] = id.Gen
		}
	})
	return yes
}

// install records what a module registered.
func (n *Namespace) install(m *module.Module, run any, r *cellrt.Registrar) {
	kept := *m
	if len(r.Funcs) == 0 {
		kept.Image = nil // nobody will ask for it
	}
	u := &unit{m: &kept, run: run, stop: r.Stop, funcs: map[string]*function{}}
	u.cell.Store(int64(m.Cell))
	if u.stop == nil {
		u.stop = new(uint32)
	}
	n.units[m.ID] = u
	for _, t := range r.Types {
		n.types.add(m.Session, t)
		if n.typeNames[m.Session] == nil {
			n.typeNames[m.Session] = map[string]bool{}
		}
		n.typeNames[m.Session][t.Name] = true
	}
	for _, f := range r.Funcs {
		v := reflect.ValueOf(f.F)
		if v.Kind() != reflect.Func {
			n.o.Log.Warn("a module registered a function that is none", "module", m.String(), "symbol", f.Symbol)
			continue
		}
		g := &function{id: m.ID, name: f.Name, f: v, unit: u}
		u.funcs[f.Symbol] = g
		if old := n.funcs[f.Name]; f.Name != "" && (old == nil || old.id.Session != m.Session || old.id.Gen <= m.Gen) {
			n.funcs[f.Name] = g
		}
	}
	about := map[string]module.Var{}
	for _, v := range m.Vars {
		about[v.Symbol] = v
	}
	for _, v := range r.Vars {
		n.declare(m.ID, v, about[v.Symbol])
	}
}
