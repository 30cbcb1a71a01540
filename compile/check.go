package compile

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// unit is a cell with what it reaches, as one package for go/types.
type unit struct {
	c      *compilation
	fset   *token.FileSet
	files  []*file
	pieces []*piece
	vars   *file // declarations of older variables and predeclared names
	info   *types.Info
	pkg    *types.Package
	errs   []checkError
	byAST  map[*ast.File]*file
}

// checkError is a message with its place in the generated files.
type checkError struct {
	pos token.Pos
	msg string
}

// need collects the older declarations and variables whose names occur in the cell, or in what is collected: more than what is used at
// times, never less.
func (c *compilation) need(skip map[*decl]bool) {
	c.included, c.vars, c.predecl = map[*decl]bool{}, map[string]*variable{}, map[string]bool{}
	seen := map[string]bool{}
	var queue []string
	add := func(names map[string]bool) {
		for n := range names {
			if !seen[n] {
				seen[n] = true
				queue = append(queue, n)
			}
		}
	}
	for _, p := range c.fresh {
		add(identifiers(p.src))
		if p.kind == methodDecl {
			add(map[string]bool{p.d.recv: true})
		}
	}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		c.needDecls(name, skip, func(d *decl) { add(identifiers(d.src)) })
		v := c.old[name]
		if v == nil && !has(c.names, name) {
			v = c.st.variable(c.scope, name)
		}
		switch {
		case v != nil:
			c.vars[name] = v
			add(identifiers(v.text))
		case predeclared[name] != "" && !c.isDefined(name):
			c.predecl[name] = true
		}
	}
	c.mentioned = seen
}

func (c *compilation) needDecls(name string, skip map[*decl]bool, found func(*decl)) {
	for _, d := range c.st.decls {
		if c.included[d] || skip[d] || c.replaced(d) {
			continue
		}
		hit := d.kind == methodDecl && d.recv == name
		if d.kind != methodDecl && !has(c.names, name) {
			for _, n := range d.names {
				hit = hit || n == name
			}
		}
		if hit {
			c.included[d] = true
			found(d)
		}
	}
}

// replaced says whether the cell takes the place of an older declaration.
func (c *compilation) replaced(d *decl) bool {
	switch d.kind {
	case methodDecl:
		for _, p := range c.fresh {
			if p.kind == methodDecl && p.d.recv == d.recv && p.d.names[0] == d.names[0] {
				return true
			}
		}
		return c.names[d.recv] == typeDecl && has(c.names, d.recv)
	case constDecl:
		return false
	default:
		return has(c.names, d.names[0])
	}
}

// isDefined says whether the session or the cell gives a name a meaning.
func (c *compilation) isDefined(name string) bool {
	if has(c.names, name) || has(c.imports, name) {
		return true
	}
	for _, d := range c.st.decls {
		if d.kind != methodDecl {
			if slices.Contains(d.names, name) {
				return true
			}
		}
	}
	return false
}

// newUnit writes the files of a check. Variables in stale have types of which the layout has changed: they are declared with the old one.
func (c *compilation) newUnit(stale map[string]bool) (*unit, error) {
	u := &unit{c: c, fset: token.NewFileSet(), byAST: map[*ast.File]*file{}}
	byGen := map[int]*file{}
	fileOf := func(gen int, imports map[string]string) *file {
		if f := byGen[gen]; f != nil {
			return f
		}
		f := &file{name: fmt.Sprintf("f%d.go", gen), gen: gen, imports: imports}
		writeImports(&f.buf, imports, func(string) bool { return true })
		byGen[gen] = f
		u.files = append(u.files, f)
		return f
	}
	top := c.topLevel()
	for _, d := range c.st.decls {
		if !c.included[d] {
			continue
		}
		src, imports := d.src, d.imports
		if d.kind == constDecl {
			src = blankConstants(src, func(n string) bool { return has(c.names, n) || c.st.constantOwner(n) != d })
		}
		f := fileOf(d.gen, withoutClashes(imports, top))
		src = aliasClashes(d, src, imports, top)
		u.put(f, &piece{kind: d.kind, d: d, src: src, cell: d.cell, line: d.line, col: d.col})
	}
	mine := fileOf(c.gen, c.imports)
	for _, p := range c.fresh {
		if p.kind != statement {
			u.put(mine, p)
		}
	}
	mine.buf.WriteString("\nfunc runᐧ() {\n")
	for _, p := range c.run {
		if p.kind == statement {
			u.put(mine, p)
		}
	}
	mine.buf.WriteString("\n}\n")
	u.writeVars(stale)
	return u, u.parse()
}

// put writes a piece into a file.
func (u *unit) put(f *file, p *piece) {
	p.file, p.node = f, nil
	f.buf.WriteByte('\n')
	text := p.src
	before := lineBefore(p.cell, p.line, p.col)
	for _, keyword := range []string{"type ", "var "} {
		if rest, ok := strings.CutPrefix(text, keyword); ok && (p.kind == typeDecl || p.kind == varDecl && !p.define) {
			text = keyword + lineHere(p.cell, p.line, p.col) + rest
		}
	}
	f.buf.WriteString(before)
	p.off = f.buf.Len()
	f.buf.WriteString(text)
	f.buf.WriteByte('\n')
	u.pieces = append(u.pieces, p)
}

// end is the offset behind a piece.
func (p *piece) end() int {
	if p.file == nil {
		return p.off
	}
	n := len(p.src)
	if p.kind == typeDecl || p.kind == varDecl && !p.define {
		n += len(lineHere(p.cell, p.line, p.col))
	}
	return p.off + n
}

// topLevel is the names that the package will have at its top level, which no file may also import.
func (c *compilation) topLevel() map[string]bool {
	top := map[string]bool{}
	for n, k := range c.names {
		if k != importDecl {
			top[n] = true
		}
	}
	for d := range c.included {
		if d.kind != methodDecl {
			for _, n := range d.names {
				top[n] = true
			}
		}
	}
	for n := range c.vars {
		top[n] = true
	}
	for n := range c.predecl {
		top[n] = true
	}
	return top
}

// writeVars writes the file with older variables and predeclared names.
func (u *unit) writeVars(stale map[string]bool) {
	c := u.c
	f := &file{name: "vars.go", imports: map[string]string{}}
	var text strings.Builder
	old := map[string]bool{}
	for _, n := range sortedKeys(c.vars) {
		v := c.vars[n]
		maps.Copy(f.imports, v.imports)
		if !stale[n] {
			fmt.Fprintf(&text, "var %s %s\n", n, v.text)
			continue
		}
		fmt.Fprintf(&text, "var %s %s\n", n, oldNames(v.frozen))
		for _, m := range marks(v.frozen) {
			c.st.frozenClosure(m, old)
		}
	}
	for _, m := range sortedKeys(old) {
		t := c.st.frozen[m]
		maps.Copy(f.imports, t.imports)
		fmt.Fprintf(&text, "%s\n", oldNames(t.text))
	}
	for _, n := range sortedKeys(c.predecl) {
		if n == "ctx" {
			f.imports["contextᐧ"] = "context"
		}
		fmt.Fprintf(&text, "%s\n", predeclared[n])
	}
	writeImports(&f.buf, f.imports, func(string) bool { return true })
	f.buf.WriteString("\n//line gale:1\n")
	f.buf.WriteString(text.String())
	u.vars = f
	u.files = append(u.files, f)
}

// predeclared is how the names that every session has are declared to the checker.
var predeclared = map[string]string{
	"ctx":  "var ctx contextᐧ.Context",
	"must": "func must[T any](v T, err error) T { return v }",
	"show": "func show(v ...any) {}",
}

func (u *unit) parse() error {
	for _, f := range u.files {
		a, err := parser.ParseFile(u.fset, f.name, f.buf.Bytes(), parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			if list, ok := errors.AsType[scanner.ErrorList](err); ok {
				return u.c.diagnose(diagnosticAt(list[0].Pos, list[0].Msg))
			}
			return fmt.Errorf("compile: parsing generated code: %w", err)
		}
		f.ast = a
		u.byAST[a] = f
	}
	return nil
}

var cellName = regexp.MustCompile(`^cell\[(\d+)\]$`)

// diagnosticAt makes a message at a position that a line directive has made.
func diagnosticAt(p token.Position, msg string) Diagnostic {
	d := Diagnostic{Line: p.Line, Column: p.Column, Text: msg}
	if m := cellName.FindStringSubmatch(p.Filename); m != nil {
		d.Cell, _ = strconv.Atoi(m[1])
	}
	return d
}

// check runs go/types. Errors are collected; some are not errors in a cell.
func (u *unit) check() {
	u.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Implicits: map[ast.Node]types.Object{}, Scopes: map[ast.Node]*types.Scope{},
		Instances: map[*ast.Ident]types.Instance{},
	}
	var asts []*ast.File
	for _, f := range u.files {
		asts = append(asts, f.ast)
	}
	conf := &types.Config{
		Importer: toolchainImporter{u.c.t}, GoVersion: "go1.26", DisableUnusedImportCheck: true,
		Error: func(err error) {
			var te types.Error
			if errors.As(err, &te) && !u.harmless(te) {
				u.errs = append(u.errs, checkError{te.Pos, te.Msg})
			}
		},
	}
	// the error is the first of those that were reported
	u.pkg, _ = conf.Check(packagePath(u.c.s.id), u.fset, asts, u.info)
}

// harmless says whether an error of go/types is none in a cell: dependencies of variables in a circle, since these are assigned when the cell runs,
// and the last expression, which is shown.
func (u *unit) harmless(err types.Error) bool {
	if strings.Contains(err.Msg, "initialization cycle") || strings.HasPrefix(err.Msg, "\t") && strings.Contains(err.Msg, "refers to") {
		return true
	}
	if !strings.HasSuffix(err.Msg, "is not used") {
		return false
	}
	p := u.pieceAt(err.Pos)
	return p != nil && p.last
}

func (u *unit) offset(pos token.Pos) int { return u.fset.File(pos).Offset(pos) }

func (u *unit) position(pos token.Pos) token.Position { return u.fset.Position(pos) }

// pieceAt is the piece that a position lies in, nil if none.
func (u *unit) pieceAt(pos token.Pos) *piece {
	tf := u.fset.File(pos)
	if tf == nil {
		return nil
	}
	off := tf.Offset(pos)
	for _, p := range u.pieces {
		if p.file.name == tf.Name() && off >= p.off && off < p.end() {
			return p
		}
	}
	return nil
}

// oldVersion is the number of a version in a generated name.
var oldVersion = regexp.MustCompile(`ᐧ\d+`)

// readable makes a message of the checker one for the user.
func readable(msg string) string {
	return strings.ReplaceAll(oldVersion.ReplaceAllString(msg, " (old definition)"), mark, "")
}

// diagnostics turns the errors of the check into messages.
func (u *unit) diagnostics() error {
	var list []Diagnostic
	for _, e := range u.errs {
		if strings.HasPrefix(e.msg, "\t") && len(list) > 0 { // continues the one before
			continue
		}
		list = append(list, diagnosticAt(u.position(e.pos), readable(e.msg)))
	}
	return u.c.diagnose(list...)
}
