package compile

import (
	"maps"
	"slices"

	"github.com/galeproject/gale/module"
)

// state is what a session knows. It is never changed: commit makes another.
type state struct {
	imports  map[string]string // local name, or "." + path, or "_" + path -> path
	decls    []*decl
	vars     map[module.Scope]map[string]*variable
	versions map[string][]string   // type name -> identity keys, in order
	frozen   map[string]frozenType // mark of a version -> its text
	sources  map[int]string        // cell number -> text, for messages
}

func newState() *state {
	return &state{
		imports: map[string]string{}, versions: map[string][]string{}, frozen: map[string]frozenType{}, sources: map[int]string{},
		vars: map[module.Scope]map[string]*variable{module.Local: {}, module.Engines: {}},
	}
}

func (s *state) clone() *state {
	n := &state{
		imports: maps.Clone(s.imports), decls: slices.Clone(s.decls), vars: map[module.Scope]map[string]*variable{},
		versions: maps.Clone(s.versions), frozen: maps.Clone(s.frozen), sources: maps.Clone(s.sources),
	}
	for scope, vars := range s.vars {
		n.vars[scope] = maps.Clone(vars)
	}
	return n
}

// decl is a declaration of a type, function, method or group of constants.
type decl struct {
	kind      kind
	names     []string
	recv      string // base type of a method
	src, doc  string
	cell      int
	line, col int
	gen       int               // of the cell that declared it
	imports   map[string]string // with which it was written
}

// variable is a variable of a session, in one scope.
type variable struct {
	name    string
	symbol  string
	scope   module.Scope
	text    string            // of its type, with the names of types as the user sees them
	frozen  string            // of its type, with marks for the versions of types
	shown   string            // of its type, for messages
	keys    map[string]string // type that occurs in its type -> identity key at its definition
	layouts map[string]string // the same -> layout key
	imports map[string]string // that its texts need
	gen     int
	cell    int
}

// variable finds the variable that a name means in a scope: engines see the notebook's where they have none of their own; in the
// notebook a variable of the engines is found too, for functions that will run there, and checked later.
func (s *state) variable(scope module.Scope, name string) *variable {
	if v := s.vars[scope][name]; v != nil {
		return v
	}
	return s.vars[other(scope)][name]
}

func other(scope module.Scope) module.Scope {
	if scope == module.Local {
		return module.Engines
	}
	return module.Local
}

// constantOwner is the newest declaration of constants that defines a name.
func (s *state) constantOwner(name string) *decl {
	for _, d := range slices.Backward(s.decls) {
		if d.kind != methodDecl && slices.Contains(d.names, name) {
			return d
		}
	}
	return nil
}

// delta is what a cell adds to a state.
type delta struct {
	gen      int
	cell     int
	source   string
	scope    module.Scope
	imports  map[string]string // all that hold from now on
	decls    []*decl
	names    map[string]kind // that the cell defines
	vars     map[string]*variable
	versions map[string]string
	frozen   map[string]frozenType
}

// apply gives the state after a cell. A name means its newest kind.
func (s *state) apply(d *delta) *state {
	n := s.clone()
	maps.Copy(n.imports, d.imports)
	n.sources[d.cell] = d.source
	for _, add := range d.decls {
		n.decls = slices.DeleteFunc(n.decls, func(old *decl) bool {
			drop := replaces(add, old, d)
			if drop && add.kind == old.kind && add.src == old.src {
				add.gen = old.gen // the same text again
			}
			return drop
		})
		n.decls = append(n.decls, add)
	}
	for name, k := range d.names {
		if k != importDecl {
			delete(n.imports, name)
		}
		if k != varDecl {
			delete(n.vars[module.Local], name)
			delete(n.vars[module.Engines], name)
		}
		if k == varDecl || k == importDecl {
			n.decls = slices.DeleteFunc(n.decls, func(o *decl) bool { return (o.kind == typeDecl || o.kind == funcDecl) && o.names[0] == name })
		}
	}
	maps.Copy(n.vars[d.scope], d.vars)
	for name, key := range d.versions {
		n.versions[name] = append(slices.Clone(n.versions[name]), key)
	}
	maps.Copy(n.frozen, d.frozen)
	return n
}

// replaces says whether a new declaration takes the place of an old one.
func replaces(add, old *decl, d *delta) bool {
	switch {
	case add.kind == methodDecl:
		return old.kind == methodDecl && old.recv == add.recv && old.names[0] == add.names[0]
	case old.kind == methodDecl:
		return add.kind == typeDecl && old.recv == add.names[0] && old.gen != d.gen
	case old.kind == constDecl:
		return old.gen != d.gen && !slices.ContainsFunc(old.names, func(n string) bool { _, again := d.names[n]; return n != "_" && !again })
	}
	_, again := d.names[old.names[0]]
	return again && old.gen != d.gen
}
