package compile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

// preferred says which package a name means where several have it.
var preferred = map[string]string{
	"rand": "math/rand/v2", "template": "text/template", "scanner": "text/scanner", "pprof": "runtime/pprof", "trace": "runtime/trace",
	"parser": "go/parser", "token": "go/token", "types": "go/types", "version": "go/version", "color": "image/color", "list": "container/list",
	"heap": "container/heap", "ring": "container/ring", "path": "path", "plot": "gonum.org/v1/plot", "mat": "gonum.org/v1/gonum/mat",
	"stat": "gonum.org/v1/gonum/stat", "floats": "gonum.org/v1/gonum/floats", "draw": "image/draw", "user": "os/user",
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// nameAll lists the packages that cells need not import: those of the standard library, gonum and gale that have a name of their own.
func (x *exports) nameAll() {
	several := map[string]bool{}
	x.names["unsafe"] = "unsafe"
	for p := range x.files {
		if isInternal(p) || x.stale[p] || !silently(p) {
			continue
		}
		name := p[strings.LastIndexByte(p, '/')+1:]
		if majorVersion.MatchString(name) {
			parts := strings.Split(p, "/")
			name = parts[len(parts)-2]
		}
		if x.names[name] != "" {
			several[name] = true
		}
		x.names[name] = p
	}
	for name := range several {
		delete(x.names, name)
	}
	for name, p := range preferred {
		if x.files[p] != "" {
			x.names[name] = p
		}
	}
}

func silently(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "vendor" && first != "cmd" || strings.HasPrefix(path, "gonum.org/v1/") || strings.HasPrefix(path, modulePath+"/")
}

// autoImport imports packages that the cell names and nobody has defined.
func (c *compilation) autoImport() {
	for _, p := range c.fresh {
		for name := range qualifiers(p) {
			if path := c.t.exports.names[name]; path != "" && !c.isDefined(name) && c.st.variable(c.scope, name) == nil {
				c.imports[name] = path
			}
		}
	}
}

// qualifiers lists the names before dots that are not defined within a piece.
func qualifiers(p *piece) map[string]bool {
	names := map[string]bool{}
	text := wrapStmt + p.src + "\n}"
	if p.kind == funcDecl || p.kind == methodDecl {
		text = wrapDecl + p.src
	}
	f, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
	if err != nil {
		return names
	}
	unresolved := map[*ast.Ident]bool{}
	for _, id := range f.Unresolved {
		unresolved[id] = true
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if se, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := se.X.(*ast.Ident); ok && unresolved[id] {
				names[id.Name] = true
			}
		}
		return true
	})
	return names
}
