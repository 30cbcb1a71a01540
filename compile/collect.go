package compile

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/galeproject/gale/module"
)

// compilation is the work on one cell.
type compilation struct {
	ctx   context.Context // of a compilation that may build libraries; nil: none
	s     *Session
	t     *Toolchain
	st    *state
	scope module.Scope
	cell  Cell
	gen   int

	imports   map[string]string // that hold in the cell
	names     map[string]kind   // that the cell defines
	defined   map[string]bool   // variables that it defines
	fresh     []*piece          // of the cell, in order
	run       []*piece          // those that do something when the cell runs, in order
	onlyDecls bool              // no statement among them: variables are initialised in the order of their dependencies
	inits     int

	old      map[string]*variable // name with mark -> variable as it was before this cell redefines it
	included map[*decl]bool       // older declarations that take part
	vars     map[string]*variable // older variables that take part, by the name in the check
	predecl  map[string]bool      // predeclared names that take part

	mentioned map[string]bool // names in the cell, and in what is collected
}

func (s *Session) newCompilation(scope module.Scope, cell Cell) *compilation {
	st := s.current()
	c := &compilation{
		s: s, t: s.t, st: st, scope: scope, cell: cell, gen: s.nextGen(), imports: maps.Clone(st.imports), names: map[string]kind{},
		defined: map[string]bool{}, onlyDecls: true, old: map[string]*variable{}, included: map[*decl]bool{}, vars: map[string]*variable{},
		predecl: map[string]bool{},
	}
	c.cell.Source = newlines(cell.Source)
	return c
}

// newlines makes the ends of lines those of Go.
func newlines(src string) string { return strings.ReplaceAll(src, "\r\n", "\n") }

// fail makes an error of one message about the cell.
func (c *compilation) fail(line, col int, format string, args ...any) error {
	return c.diagnose(Diagnostic{Cell: c.cell.Number, Line: line, Column: col, Text: fmt.Sprintf(format, args...)})
}

func (c *compilation) diagnose(list ...Diagnostic) error {
	for i := range list {
		d := &list[i]
		if d.Cell == 0 {
			d.Cell = c.cell.Number
		}
		src := c.st.sources[d.Cell]
		if d.Cell == c.cell.Number {
			src = c.cell.Source
		}
		d.Source = line(src, d.Line)
	}
	return Diagnostics(list[:min(len(list), maxMessages)])
}

// parse makes pieces of the cell.
func (c *compilation) parse() error {
	chunks, bad := split(c.cell.Source)
	if bad != nil {
		return c.diagnose(*bad)
	}
	chunks = slices.DeleteFunc(chunks, func(ch chunk) bool { return ch.kind == packageClause })
	for i, ch := range chunks {
		p, err := c.parseChunk(ch)
		if err != nil {
			return err
		}
		if ch.kind == statement {
			c.onlyDecls = false
			err = p.statement(i == len(chunks)-1)
		} else {
			err = p.declarations()
		}
		if err != nil {
			return err
		}
	}
	for name := range c.defined {
		c.names[name] = varDecl
	}
	for name, k := range c.names {
		if k != importDecl {
			delete(c.imports, name)
		}
	}
	c.keepOld()
	return nil
}

// parsed is a chunk with its syntax tree.
type parsed struct {
	c    *compilation
	ch   chunk
	fset *token.FileSet
	file *ast.File
	text string // that was parsed: the chunk in a file
	pre  int    // bytes before the chunk
}

const (
	wrapDecl = "package p;"
	wrapStmt = "package p;func _(){"
)

func (c *compilation) parseChunk(ch chunk) (*parsed, error) {
	p := &parsed{c: c, ch: ch, fset: token.NewFileSet(), text: wrapDecl + ch.src + "\n", pre: len(wrapDecl)}
	if ch.kind == statement {
		p.text, p.pre = wrapStmt+ch.src+"\n}", len(wrapStmt)
	}
	var err error
	p.file, err = parser.ParseFile(p.fset, "", p.text, parser.SkipObjectResolution|parser.ParseComments)
	if err == nil {
		return p, nil
	}
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return nil, c.fail(ch.line, ch.col, "%v", err)
	}
	line, col := p.place(list[0].Pos)
	if n := strings.Count(ch.src, "\n"); line > ch.line+n { // behind the end of the chunk
		line = ch.line + n
		col = len(ch.src) - strings.LastIndexByte(ch.src, '\n')
		if n == 0 {
			col += ch.col - 1
		}
	}
	return nil, c.fail(line, col, "%s", list[0].Msg)
}

// place converts a position in the parsed text to one in the cell.
func (p *parsed) place(q token.Position) (line, col int) {
	line, col = p.ch.line+q.Line-1, q.Column
	if q.Line == 1 {
		col += p.ch.col - 1 - p.pre
	}
	return line, col
}

func (p *parsed) at(pos token.Pos) (line, col int) { return p.place(p.fset.Position(pos)) }

// sub is the text between two positions.
func (p *parsed) sub(a, b token.Pos) string {
	return p.text[p.fset.Position(a).Offset:p.fset.Position(b).Offset]
}

func (c *compilation) add(p *piece, runs bool) {
	p.cell = c.cell.Number
	c.fresh = append(c.fresh, p)
	if runs {
		c.run = append(c.run, p)
	}
}

// statement makes a piece of a statement; x := e at the top level becomes a variable.
func (p *parsed) statement(last bool) error {
	fn, ok := p.file.Decls[0].(*ast.FuncDecl)
	if !ok || len(fn.Body.List) == 0 {
		return nil
	}
	body := fn.Body.List
	if as, ok := body[0].(*ast.AssignStmt); ok && as.Tok == token.DEFINE {
		return p.shortVar(as)
	}
	q := &piece{kind: statement, src: p.ch.src, line: p.ch.line, col: p.ch.col}
	if _, ok := body[0].(*ast.ExprStmt); ok && last && len(body) == 1 {
		q.last, q.quiet = true, p.ch.semicolon
	}
	p.c.add(q, true)
	return nil
}

// shortVar makes a package variable of x := e.
func (p *parsed) shortVar(as *ast.AssignStmt) error {
	c := p.c
	q := &piece{kind: varDecl, define: true, line: p.ch.line, col: p.ch.col}
	var left []string
	fresh := false
	for _, l := range as.Lhs {
		id, ok := l.(*ast.Ident)
		if !ok {
			line, col := p.at(l.Pos())
			return c.fail(line, col, "non-name on left side of :=")
		}
		again := c.defined[id.Name] && id.Name != "_"
		q.names, q.again = append(q.names, id.Name), append(q.again, again)
		switch {
		case again:
			left = append(left, "_")
		case id.Name == "_":
			left = append(left, "_")
		default:
			line, col := p.at(id.Pos())
			left = append(left, lineHere(c.cell.Number, line, col)+id.Name)
			fresh = true
			c.defined[id.Name] = true
		}
	}
	if !fresh {
		line, col := p.at(as.TokPos)
		return c.fail(line, col, "no new variables on left side of :=")
	}
	line, col := p.at(as.Rhs[0].Pos())
	q.src = "var " + strings.Join(left, ", ") + " = " + lineHere(c.cell.Number, line, col) + p.sub(as.Rhs[0].Pos(), as.End())
	c.add(q, true)
	return nil
}

func (p *parsed) declarations() error {
	for _, d := range p.file.Decls {
		var err error
		switch d := d.(type) {
		case *ast.FuncDecl:
			err = p.function(d)
		case *ast.GenDecl:
			switch d.Tok {
			case token.IMPORT:
				err = p.imports(d)
			case token.TYPE:
				p.types(d)
			case token.CONST:
				p.constants(d)
			case token.VAR:
				err = p.variables(d)
			default: // there are no others
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *parsed) imports(d *ast.GenDecl) error {
	c := p.c
	for _, sp := range d.Specs {
		is, ok := sp.(*ast.ImportSpec)
		if !ok {
			continue
		}
		line, col := p.at(is.Path.Pos())
		path, err := strconv.Unquote(is.Path.Value)
		if err != nil {
			return c.fail(line, col, "bad import path %s", is.Path.Value)
		}
		pkg, err := c.t.importPackage(path)
		if errors.Is(err, errNotHeld) && c.ctx != nil {
			if err = c.t.ensurePackage(c.ctx, path); err == nil {
				pkg, err = c.t.importPackage(path)
			}
		}
		if err != nil {
			return c.fail(line, col, "could not import %s: %v", path, err)
		}
		name := pkg.Name()
		if is.Name != nil {
			name = is.Name.Name
		}
		switch name {
		case ".", "_":
			c.imports[name+path] = path
		default:
			c.imports[name] = path
			c.names[name] = importDecl
		}
	}
	return nil
}

func (p *parsed) declare(d *decl) {
	d.cell, d.gen = p.c.cell.Number, p.c.gen
	p.c.add(&piece{kind: d.kind, d: d, src: d.src, line: d.line, col: d.col}, false)
}

func (p *parsed) types(d *ast.GenDecl) {
	for _, sp := range d.Specs {
		ts, ok := sp.(*ast.TypeSpec)
		if !ok {
			continue
		}
		line, col := p.at(ts.Pos())
		doc := p.ch.doc
		if len(d.Specs) > 1 || ts.Doc != nil {
			doc = commentText(ts.Doc)
		}
		p.c.names[ts.Name.Name] = typeDecl
		p.declare(&decl{kind: typeDecl, names: []string{ts.Name.Name}, line: line, col: col, doc: doc, src: "type " + p.sub(ts.Pos(), ts.End())})
	}
}

func (p *parsed) constants(d *ast.GenDecl) {
	line, col := p.at(d.Pos())
	dd := &decl{kind: constDecl, line: line, col: col, doc: p.ch.doc, src: p.sub(d.Pos(), d.End())}
	for _, sp := range d.Specs {
		if vs, ok := sp.(*ast.ValueSpec); ok {
			for _, n := range vs.Names {
				dd.names = append(dd.names, n.Name)
				p.c.names[n.Name] = constDecl
			}
		}
	}
	p.declare(dd)
}

func (p *parsed) variables(d *ast.GenDecl) error {
	c := p.c
	for _, sp := range d.Specs {
		vs, ok := sp.(*ast.ValueSpec)
		if !ok {
			continue
		}
		line, col := p.at(vs.Pos())
		q := &piece{kind: varDecl, line: line, col: col, src: "var " + p.sub(vs.Pos(), vs.End())}
		for _, n := range vs.Names {
			if c.defined[n.Name] && n.Name != "_" {
				line, col := p.at(n.Pos())
				return c.fail(line, col, "%s redeclared in this cell", n.Name)
			}
			q.names, q.again = append(q.names, n.Name), append(q.again, false)
			if n.Name != "_" {
				c.defined[n.Name] = true
			}
		}
		c.add(q, true)
	}
	return nil
}

func (p *parsed) function(d *ast.FuncDecl) error {
	c := p.c
	line, col := p.at(d.Pos())
	dd := &decl{kind: funcDecl, names: []string{d.Name.Name}, line: line, col: col, doc: p.ch.doc, src: p.sub(d.Pos(), d.End())}
	switch {
	case d.Body == nil:
		return c.fail(line, col, "missing function body")
	case d.Recv != nil && len(d.Recv.List) == 1:
		dd.kind, dd.recv = methodDecl, receiverBase(d.Recv.List[0].Type)
	case d.Recv != nil:
		return c.fail(line, col, "method has no receiver or several")
	case d.Name.Name == "init":
		c.inits++
		dd.cell, dd.gen = c.cell.Number, c.gen
		c.add(&piece{kind: funcDecl, d: dd, src: dd.src, line: line, col: col, init: fmt.Sprintf("initᐧ%d_%d", c.gen, c.inits)}, true)
		return nil
	default:
		c.names[d.Name.Name] = funcDecl
	}
	p.declare(dd)
	return nil
}

func commentText(g *ast.CommentGroup) string {
	if g == nil {
		return ""
	}
	var b strings.Builder
	for _, c := range g.List {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

// receiverBase is the name of the type that a method belongs to.
func receiverBase(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return receiverBase(x.X)
	case *ast.ParenExpr:
		return receiverBase(x.X)
	case *ast.IndexExpr:
		return receiverBase(x.X)
	case *ast.IndexListExpr:
		return receiverBase(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}

// keepOld renames, in pieces that stand before the redefinition of a variable (or are its own value), the uses of the variable: they mean
// the one that was there before the cell.
func (c *compilation) keepOld() {
	definedAt := map[string]int{}
	for i, p := range c.run {
		for j, n := range p.names {
			if n != "_" && !p.again[j] {
				definedAt[n] = i
			}
		}
	}
	for i, p := range c.run {
		if p.d != nil {
			continue
		}
		names := map[string]bool{}
		for id := range identifiers(p.src) {
			at, ok := definedAt[id]
			if ok && c.st.variable(c.scope, id) != nil && (at == i || at > i && !c.onlyDecls) {
				names[id] = true
			}
		}
		if len(names) > 0 {
			c.renameOld(p, names)
		}
	}
}

func (c *compilation) renameOld(p *piece, names map[string]bool) {
	pre := wrapStmt
	fset := token.NewFileSet()
	text := pre + p.src + "\n}"
	f, err := parser.ParseFile(fset, "", text, 0)
	if err != nil {
		return // the check will say why
	}
	keys := fieldKeys(f)
	var uses []*ast.Ident
	for _, id := range f.Unresolved {
		if names[id.Name] && !keys[id] {
			uses = append(uses, id)
		}
	}
	sort.Slice(uses, func(i, j int) bool { return uses[i].Pos() < uses[j].Pos() })
	var out strings.Builder
	at := len(pre)
	tf := fset.File(f.Pos())
	for _, id := range uses {
		off := tf.Offset(id.Pos())
		out.WriteString(text[at:off])
		at = off + len(id.Name)
		out.WriteString(id.Name + mark)
		// what follows keeps its column
		q := positionIn(p, text[len(pre):at])
		out.WriteString(lineHere(c.cell.Number, q.Line, q.Column))
		c.old[id.Name+mark] = c.st.variable(c.scope, id.Name)
	}
	out.WriteString(text[at : len(text)-len("\n}")])
	p.src = out.String()
}

// positionIn is the position in the cell behind the first bytes of a piece's source, which may contain line directives.
func positionIn(p *piece, before string) token.Position {
	q := token.Position{Line: p.line, Column: p.col}
	if i := strings.LastIndex(before, "/*line cell["); i >= 0 {
		if j := strings.Index(before[i:], "*/"); j >= 0 {
			if f := strings.Split(before[i+len("/*line "):i+j], ":"); len(f) == 3 {
				q.Line, _ = strconv.Atoi(f[1])
				q.Column, _ = strconv.Atoi(f[2])
			}
			before = before[i+j+2:]
		}
	}
	if n := strings.Count(before, "\n"); n > 0 {
		q.Line += n
		q.Column = len(before) - strings.LastIndexByte(before, '\n')
	} else {
		q.Column += len(before)
	}
	return q
}

// fieldKeys lists the keys of composite literals that are taken for names of fields: all but those of literals that are seen to be of a
// map, slice or array type.
func fieldKeys(f *ast.File) map[*ast.Ident]bool {
	keys := map[*ast.Ident]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		switch lit.Type.(type) {
		case *ast.MapType, *ast.ArrayType:
			return true
		}
		for _, e := range lit.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				if id, ok := kv.Key.(*ast.Ident); ok {
					keys[id] = true
				}
			}
		}
		return true
	})
	return keys
}
