package namespace

import (
	"fmt"
	"strings"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
)

// Sent names one value of a variable of the notebook, which came from there.
type Sent struct {
	Name, Symbol string
	Hash         string // of the encoded value
}

// Lacks is the error of a call that could not begin because modules or values have not come. Nothing ran.
type Lacks struct {
	Modules []module.ID
	Vars    []Sent
}

// Error lists what is missing.
func (l *Lacks) Error() string {
	var parts []string
	for _, m := range l.Modules {
		parts = append(parts, "module "+m.String())
	}
	for _, v := range l.Vars {
		parts = append(parts, "the value of "+v.Name)
	}
	return "namespace: lacks " + strings.Join(parts, ", ")
}

// Keep gives a variable of the notebook the value that was sent with hash s.Hash. Its module must be loaded. The value may share memory
// with e's frames. session is that of the module that declares the variable.
func (n *Namespace) Keep(session string, s Sent, e value.Encoded) error {
	var v *variable
	n.update(func() { v = n.vars[symbol{session, s.Symbol}] })
	if v == nil {
		return fmt.Errorf("namespace: keeping %s: no loaded module of %s declares %s", s.Name, session, s.Symbol)
	}
	x, err := value.Decode(e, v.at.Type(), value.Options{Types: n.Types(), Name: s.Name})
	if err != nil {
		return fmt.Errorf("namespace: keeping %s: %w", s.Name, err)
	}
	n.update(func() {
		v.at.Set(x)
		v.own, v.hash = false, s.Hash
	})
	return nil
}

// lacks says what a call needs and has not; nil if nothing.
func (n *Namespace) lacks(c Call) (l *Lacks) {
	n.update(func() {
		miss := &Lacks{}
		if n.units[c.Module] == nil {
			miss.Modules = append(miss.Modules, c.Module)
		}
		for _, s := range c.Vars {
			if v := n.vars[symbol{c.Module.Session, s.Symbol}]; v == nil || v.hash != s.Hash || v.hash == "" {
				miss.Vars = append(miss.Vars, s)
			}
		}
		if len(miss.Modules)+len(miss.Vars) > 0 {
			l = miss
		}
	})
	return l
}
