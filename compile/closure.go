package compile

import (
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"strings"

	"github.com/galeproject/gale/module"
)

// Closure is what some names need in order to be compiled elsewhere.
type Closure struct {
	Parts   []ClosurePart
	Vars    map[string]string // variable -> its type
	Imports map[string]string // local name -> path
	Source  string            // a file of Go that checks alone; its variables have no values
}

// ClosurePart is one declaration of a closure.
type ClosurePart struct {
	Name   string // f, T, T.M, or the names of a group of constants
	Kind   string // func, type, method, const
	Source string
	Cell   int
}

// Closure finds the declarations that functions, types and variables of the session refer to: by what names mean, not by how they
// are spelled. What is reached through an interface's value at run time cannot be known.
func (s *Session) Closure(names ...string) (*Closure, error) {
	if s.t.mode == None {
		return nil, unusable(s.t.reason)
	}
	c := s.newCompilation(module.Local, Cell{Source: strings.Join(names, "; ")})
	for i, n := range names {
		form := "_ = %s"
		for _, d := range c.st.decls {
			if d.kind == typeDecl && d.names[0] == n {
				form = "_ = (*%s)(nil)"
			}
		}
		c.onlyDecls = false
		c.add(&piece{kind: statement, src: fmt.Sprintf(form, n), line: i + 1, col: 1}, true)
	}
	a, err := c.analyse()
	if err != nil {
		return nil, err
	}
	return a.closureOf(), nil
}

// closureOf collects what the run pieces reach.
func (a *analysis) closureOf() *Closure {
	need := map[*piece]bool{}
	keep := func(p *piece) {
		for q := range a.reach(p) {
			need[q] = true
		}
	}
	for _, p := range a.c.run {
		keep(p)
	}
	for grown := true; grown; {
		n := len(need)
		for p := range need {
			for v := range a.reads[p] {
				own := map[string]bool{}
				a.ownTypes(a.pkg.Scope().Lookup(v).Type(), own)
				for t := range own {
					if q := a.byType[t]; q != nil {
						keep(q)
					}
				}
			}
		}
		grown = len(need) > n
	}
	out := &Closure{Vars: map[string]string{}, Imports: map[string]string{}}
	var body strings.Builder
	for _, p := range a.pieces {
		if !need[p] {
			continue
		}
		for n := range a.reads[p] {
			if v := a.c.vars[n]; v != nil {
				out.Vars[n] = v.text
				maps.Copy(out.Imports, v.imports)
			}
		}
		if p.d == nil {
			continue
		}
		out.Parts = append(out.Parts, ClosurePart{Name: p.title(), Kind: p.kind.String(), Source: p.d.src, Cell: p.cell})
		a.importsOf(p, out.Imports)
		fmt.Fprintf(&body, "%s\n", withoutLines(p.src))
	}
	var head strings.Builder
	writeImports(&head, out.Imports, func(string) bool { return true })
	for _, n := range sortedKeys(out.Vars) {
		fmt.Fprintf(&head, "var %s %s\n", n, out.Vars[n])
	}
	out.Source = head.String() + body.String()
	return out
}

func (a *analysis) importsOf(p *piece, out map[string]string) {
	ast.Inspect(p.node, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if pn, ok := a.info.Uses[id].(*types.PkgName); ok {
				out[pn.Name()] = pn.Imported().Path()
			}
		}
		return true
	})
}
