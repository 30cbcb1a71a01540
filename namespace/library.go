package namespace

import (
	"fmt"
	"strings"

	"github.com/galeproject/gale/module"
)

// loadLibraries maps the libraries that a module needs and that are not here, in order: their packages are initialised. A process can hold a
// package in one version only.
func (n *Namespace) loadLibraries(m *module.Module) error {
	for _, l := range m.Libraries {
		var known bool
		var clash string
		n.update(func() {
			known = n.libraries[l.ID]
			for _, p := range l.Packages {
				if id := n.packages[p]; id != "" && id != l.ID {
					clash = p
				}
			}
		})
		switch {
		case known:
			continue
		case clash != "":
			return fmt.Errorf("namespace: loading %v: another build of package %s is loaded here: restart to load this one", m.ID, clash)
		}
		if err := n.loadLibrary(l); err != nil {
			return fmt.Errorf("namespace: loading %v: packages %s: %w", m.ID, strings.Join(l.Packages, ", "), err)
		}
		n.update(func() {
			n.libraries[l.ID] = true
			for _, p := range l.Packages {
				n.packages[p] = l.ID
			}
		})
	}
	return nil
}

// loadLibrary maps a library. Another namespace of the process may have mapped it before.
func (n *Namespace) loadLibrary(l module.Library) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("a package panicked while it was initialised: %s", text(x))
		}
	}()
	_, _, err = n.open(&module.Module{Image: l.Image})
	if err != nil && strings.Contains(err.Error(), "plugin already loaded") {
		return nil
	}
	return err
}
