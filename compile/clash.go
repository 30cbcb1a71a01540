package compile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"sort"
	"strings"
)

// A declaration keeps the imports that it was written with. When a later cell uses the local name of such an import for something else, Go
// would see both in one file: the import is then given another local name in the declaration's file.

// withoutClashes gives imports with local names that are no names of the package.
func withoutClashes(imports map[string]string, top map[string]bool) map[string]string {
	out := maps.Clone(imports)
	for name, path := range imports {
		if top[name] {
			delete(out, name)
			out[name+mark] = path
		}
	}
	return out
}

// aliasClashes renames qualifiers in a declaration to match withoutClashes.
func aliasClashes(d *decl, src string, imports map[string]string, top map[string]bool) string {
	clash := false
	for name := range imports {
		clash = clash || top[name]
	}
	if !clash {
		return src
	}
	fset := token.NewFileSet()
	text := wrapDecl + src + "\n"
	a, err := parser.ParseFile(fset, "", text, 0)
	if err != nil {
		return src
	}
	unresolved := map[*ast.Ident]bool{}
	for _, id := range a.Unresolved {
		unresolved[id] = true
	}
	var uses []*ast.Ident
	ast.Inspect(a, func(n ast.Node) bool {
		if se, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := se.X.(*ast.Ident); ok && unresolved[id] && top[id.Name] && has(imports, id.Name) {
				uses = append(uses, id)
			}
		}
		return true
	})
	sort.Slice(uses, func(i, j int) bool { return uses[i].Pos() < uses[j].Pos() })
	var out strings.Builder
	at := len(wrapDecl)
	for _, id := range uses {
		off := fset.Position(id.Pos()).Offset + len(id.Name)
		out.WriteString(text[at:off])
		out.WriteString(mark)
		q := positionIn(&piece{line: d.line, col: d.col}, text[len(wrapDecl):off])
		out.WriteString(lineHere(d.cell, q.Line, q.Column))
		at = off
	}
	out.WriteString(text[at : len(text)-1])
	return out.String()
}

// blankConstants makes names of a group of constants blank that have another meaning by now; iota stays right.
func blankConstants(src string, gone func(string) bool) string {
	fset := token.NewFileSet()
	text := wrapDecl + src
	f, err := parser.ParseFile(fset, "", text, parser.SkipObjectResolution)
	if err != nil {
		return src
	}
	d, ok := f.Decls[0].(*ast.GenDecl)
	if !ok {
		return src
	}
	var out strings.Builder
	at := len(wrapDecl)
	for _, sp := range d.Specs {
		vs, ok := sp.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for _, n := range vs.Names {
			if n.Name != "_" && gone(n.Name) {
				off := fset.Position(n.Pos()).Offset
				out.WriteString(text[at:off])
				out.WriteString("_")
				at = off + len(n.Name)
			}
		}
	}
	out.WriteString(text[at:])
	return out.String()
}
