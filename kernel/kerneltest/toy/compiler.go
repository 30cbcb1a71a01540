package toy

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/module"
)

// wrap makes statements a file; the head has no line end, so lines stay.
const (
	head = "package p; func _() { "
	tail = "\n}"
)

// Compiler is a kernel.Compiler.
type Compiler struct {
	gen atomic.Int64
	mu  sync.Mutex
	// Resets counts Reset.
	Resets int
	names  map[string]bool
}

// Compile checks that the text parses; the module's image is the text.
func (c *Compiler) Compile(ctx context.Context, scope module.Scope, source string, number int) (kernel.Compiled, error) {
	if err := ctx.Err(); err != nil {
		return kernel.Compiled{}, err
	}
	body, err := parse(withoutImports(source))
	if err != nil {
		return kernel.Compiled{}, diagnose(err, source, number)
	}
	if len(body.List) == 0 {
		return kernel.Compiled{}, nil
	}
	m := &module.Module{ID: module.ID{Session: "toy", Gen: int(c.gen.Add(1))}, Scope: scope, Cell: number, Image: []byte(withoutImports(source))}
	return kernel.Compiled{Module: m, Handle: body}, nil
}

// withoutImports blanks import lines.
func withoutImports(source string) string {
	all := strings.Split(source, "\n")
	for i, line := range all {
		if strings.HasPrefix(line, "import ") {
			all[i] = ""
		}
	}
	return strings.Join(all, "\n")
}

func parse(source string) (*ast.BlockStmt, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "", head+source+tail, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	fn, ok := f.Decls[0].(*ast.FuncDecl)
	if !ok || len(f.Decls) != 1 {
		return nil, errors.New("only statements are understood")
	}
	return fn.Body, nil
}

func diagnose(err error, source string, number int) error {
	d := kernel.Diagnostic{Cell: number, Message: err.Error()}
	var list scanner.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		d.Message, d.Line, d.Column = list[0].Msg, list[0].Pos.Line, list[0].Pos.Column
		if d.Line == 1 {
			d.Column = max(1, d.Column-len(head))
		}
		if all := strings.Split(source, "\n"); d.Line <= len(all) {
			d.Source = all[d.Line-1]
		} else {
			d.Line, d.Column = len(all), 0
		}
	}
	return &kernel.CompileError{Diagnostics: []kernel.Diagnostic{d}}
}

// Commit remembers the names that the cell defines.
func (c *Compiler) Commit(done kernel.Compiled) {
	body, ok := done.Handle.(*ast.BlockStmt)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range body.List {
		if a, ok := s.(*ast.AssignStmt); ok && a.Tok == token.DEFINE {
			if id, ok := a.Lhs[0].(*ast.Ident); ok {
				if c.names == nil {
					c.names = map[string]bool{}
				}
				c.names[id.Name] = true
			}
		}
	}
}

// Reset forgets the names.
func (c *Compiler) Reset() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names, c.Resets = nil, c.Resets+1
	return nil
}

// members are the packages that can be completed.
var members = map[string][]string{
	"strings": {"HasPrefix", "HasSuffix", "Repeat"},
	"math":    {"Sqrt", "Sqrt2", "SqrtE", "SqrtPhi", "SqrtPi"},
	"fmt":     {"Print", "Printf", "Println"},
}

func isName(b byte) bool {
	return b == '_' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}

// word gives the identifier before an offset, and the package before its dot.
func word(source string, offset int) (pkg, name string) {
	at := offset
	for at > 0 && isName(source[at-1]) {
		at--
	}
	name = source[at:offset]
	if at > 0 && source[at-1] == '.' {
		end := at - 1
		for at = end; at > 0 && isName(source[at-1]); at-- {
		}
		pkg = source[at:end]
	}
	return pkg, name
}

// Complete finds members of a few packages and the cells' variables.
func (c *Compiler) Complete(source string, offset int) kernel.Completion {
	pkg, name := word(source, offset)
	found := kernel.Completion{Start: offset - len(name), End: offset}
	c.mu.Lock()
	all, kind := slices.Sorted(maps.Keys(c.names)), "variable"
	c.mu.Unlock()
	if pkg != "" {
		all, kind = members[pkg], "function"
	}
	for _, text := range all {
		if strings.HasPrefix(text, name) {
			found.Candidates = append(found.Candidates, kernel.Candidate{Text: text, Kind: kind})
		}
	}
	return found
}

// Inspect knows the members of a few packages.
func (c *Compiler) Inspect(source string, offset, detail int) (display.Bundle, bool) {
	pkg, name := word(source, offset)
	if !slices.Contains(members[pkg], name) {
		return display.Bundle{}, false
	}
	text := "func " + pkg + "." + name
	if detail > 0 {
		text += "\n(source)"
	}
	return display.Markdown(text), true
}

// Status parses the text.
func (c *Compiler) Status(source string) kernel.Completeness {
	_, err := parse(withoutImports(source))
	var list scanner.ErrorList
	switch {
	case err == nil:
		return kernel.Completeness{State: kernel.Complete}
	case errors.As(err, &list) && len(list) > 0 && (list[0].Pos.Line > strings.Count(source, "\n")+1 || strings.Contains(list[0].Msg, "not terminated") && !strings.Contains(list[0].Msg, "string literal not") || strings.Contains(list[0].Msg, "raw string")):
		return kernel.Completeness{State: kernel.Incomplete, Indent: "\t"}
	}
	return kernel.Completeness{State: kernel.Invalid}
}

// Format tells that it was asked; it refuses open brackets.
func (c *Compiler) Format(source, text string) (string, error) {
	if strings.HasSuffix(source, "(") {
		return "", errors.New("no Go")
	}
	return "formatted: " + text, nil
}
