package compile

import (
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"html"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galeproject/gale/module"
)

// Doc describes what stands at a place of a source.
type Doc struct {
	Name      string
	Kind      string // as in Candidate
	Signature string // declaration in one piece of Go
	Comment   string // documentation, as written
	Source    string // of the declaration, with detail 1 or more and if it is there
	Variable  string // of the notebook that it is; "" for all else
	Value     string // what [Doc.Holds] was told
	Text      string // all of it, as plain text
	Markdown  string // all of it
	HTML      string // all of it
}

// Holds adds what a variable holds: a summary of its value, and the value's type where that says more than the declaration.
func (d *Doc) Holds(typ, value string) {
	d.Value = value
	if typ != "" && !strings.HasSuffix(d.Signature, " "+strings.ReplaceAll(typ, "main.", "")) {
		d.Value += " (" + typ + ")"
	}
	d.render()
}

// Inspect describes the identifier at an offset, or the function that is called around it. With detail 1 the source is
// given as well. It is false for everything else.
func (s *Session) Inspect(src string, off, detail int) (Doc, bool) {
	off = max(0, min(off, len(src)))
	if s.t.mode == None {
		return Doc{}, false
	}
	if tok, _, _ := tokenAt(src, off); tok == token.COMMENT {
		return Doc{}, false
	}
	a, o := s.lookAt(src, off)
	if o == nil {
		return Doc{}, false
	}
	d := Doc{Name: o.Name(), Kind: kindOf(o)}
	_, isPackage := o.(*types.PkgName)
	switch {
	case a.pkg == o.Pkg() && !isPackage:
		a.describeOwn(&d, o)
	case o.Pkg() == nil:
		d.Signature = universeSignature(o)
	default:
		s.describeForeign(&d, o)
	}
	if d.Signature == "" {
		d.Signature = a.declarationOf(o)
	}
	if detail < 1 {
		d.Source = ""
	}
	d.render()
	return d, true
}

// lookAt finds what an offset means: in the whole source or, where that is broken, in its line up to there, as a value or as the key of a
// literal.
func (s *Session) lookAt(src string, off int) (*analysis, types.Object) {
	from, to := identifierAt(src, off)
	text := closed(src)
	for try := range 3 {
		if a := s.look(text); a != nil {
			if o := a.objectAt(src, off); o != nil {
				return a, o
			}
		}
		if from == to {
			break
		}
		start := strings.LastIndexByte(src[:from], '\n') + 1
		before := strings.TrimRight(src[start:from], " \t")
		if text = src[start:to]; try == 1 && before != "" && strings.Contains("{,", before[len(before)-1:]) {
			text += ": 0"
		}
		text = blank(src[:start]) + closed(text)
	}
	return nil, nil
}

// blank replaces all of a text by spaces, but for its ends of lines.
func blank(src string) string {
	b := []byte(src)
	for i := range b {
		if b[i] != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

// objectAt finds what an offset means.
func (a *analysis) objectAt(src string, off int) types.Object {
	line, col := lineAndColumn(src, off)
	nodes := a.path(line, col)
	if from, to := identifierAt(src, off); from < to {
		if o := a.named(nodes, src[from:to]); o != nil {
			return o
		}
		if path := a.c.t.exports.names[src[from:to]]; path != "" && len(nodes) == 0 {
			if p, err := a.c.t.importPackage(path); err == nil {
				return types.NewPkgName(token.NoPos, a.pkg, p.Name(), p)
			}
		}
	}
	for _, node := range slices.Backward(nodes) {
		c, ok := node.(*ast.CallExpr)
		if !ok || !a.before(c.Lparen, line, col) {
			continue
		}
		if fn := a.callee(c); fn != nil {
			return fn
		}
		if id, ok := c.Fun.(*ast.Ident); ok {
			return a.info.Uses[id]
		}
	}
	return nil
}

func (a *analysis) before(pos token.Pos, line, col int) bool {
	p := a.position(pos)
	return p.Line < line || p.Line == line && p.Column < col
}

// named finds the object of an identifier among nodes, or by name where statements have become declarations.
func (a *analysis) named(nodes []ast.Node, name string) types.Object {
	for _, node := range slices.Backward(nodes) {
		if id, ok := node.(*ast.Ident); ok && id.Name == name {
			if o := a.info.Uses[id]; o != nil {
				return o
			}
			if o := a.info.Defs[id]; o != nil {
				return o
			}
		}
	}
	if len(nodes) == 0 || !isSelector(nodes[len(nodes)-1]) {
		if o := a.pkg.Scope().Lookup(name); o != nil {
			return o
		}
		return types.Universe.Lookup(name)
	}
	return nil
}

func isSelector(n ast.Node) bool {
	_, ok := n.(*ast.SelectorExpr)
	return ok
}

// describeOwn describes what the session or the source declares, as far as more than a type is known.
func (a *analysis) describeOwn(d *Doc, o types.Object) {
	st := a.c.st
	if p := a.byObject[origin(o)]; p != nil && p.d != nil {
		d.Comment, d.Source = commentOf(p.d.doc), p.d.src
		d.Signature = signatureOf(p.d.src)
		return
	}
	switch o.Name() {
	case "ctx", "must", "show":
		if a.ofPackage(o) && !a.notebookVar(o) {
			d.Signature, d.Comment = predeclaredHelp[o.Name()][0], predeclaredHelp[o.Name()][1]
			return
		}
	}
	for _, scope := range []module.Scope{module.Local, module.Engines} {
		if v := st.vars[scope][o.Name()]; v != nil && a.notebookVar(o) {
			d.Signature = "var " + o.Name() + " " + v.shown
			if scope == module.Local {
				d.Variable = o.Name()
			}
			if scope == module.Engines && st.vars[module.Local][o.Name()] == nil {
				d.Comment = fmt.Sprintf("lives on the engines (cell %d)", v.cell)
			}
			return
		}
	}
}

var predeclaredHelp = map[string][2]string{
	"ctx":  {"var ctx context.Context", "The context of the running cell. An interrupt cancels it."},
	"must": {"func must[T any](v T, err error) T", "Must gives v, or ends the cell with the error's message if err is not nil."},
	"show": {"func show(v ...any)", "Show displays values while the cell runs."},
}

// declarationOf writes the declaration of an object without documentation.
func (u *unit) declarationOf(o types.Object) string {
	q := func(p *types.Package) string {
		if p == u.pkg {
			return ""
		}
		return p.Name()
	}
	return readable(types.ObjectString(o, q))
}

func universeSignature(o types.Object) string {
	if _, ok := o.(*types.Builtin); ok {
		return "func " + o.Name() + " (builtin)"
	}
	return types.ObjectString(o, nil)
}

// commentOf takes the marks off a comment.
func commentOf(doc string) string {
	if strings.TrimSpace(doc) == "" {
		return ""
	}
	f, err := parser.ParseFile(token.NewFileSet(), "", strings.TrimRight(doc, " \t\n")+"\npackage p\n", parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(f.Doc.Text())
}

// signatureOf is a declaration without the body of a function.
func signatureOf(src string) string {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", wrapDecl+src, parser.SkipObjectResolution)
	if err != nil || len(f.Decls) == 0 {
		return src
	}
	fd, ok := f.Decls[0].(*ast.FuncDecl)
	if !ok {
		return src
	}
	fd.Body, fd.Doc = nil, nil
	var b strings.Builder
	if err := format.Node(&b, fset, fd); err != nil {
		return src
	}
	return b.String()
}

// describeForeign describes what a package of the program declares, from its sources if they are there.
func (s *Session) describeForeign(d *Doc, o types.Object) {
	if p, ok := o.(*types.PkgName); ok {
		d.Signature = fmt.Sprintf("package %s // import %q", p.Imported().Name(), p.Imported().Path())
		d.Comment = s.packageComment(p.Imported())
		return
	}
	p := s.t.exports.fset.Position(o.Pos())
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, s.t.sourceFile(p.Filename), nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return
	}
	for _, decl := range f.Decls {
		from, to := fset.Position(decl.Pos()).Line, fset.Position(decl.End()).Line
		if p.Line < from || p.Line > to {
			continue
		}
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			d.Comment = strings.TrimSpace(decl.Doc.Text())
			decl.Doc = nil
			d.Source = nodeText(fset, decl)
			decl.Body = nil
			d.Signature = nodeText(fset, decl)
		case *ast.GenDecl:
			describeSpec(d, fset, decl, p.Line, o)
		}
	}
}

// describeSpec describes a type, constant, variable or field from its group of declarations.
func describeSpec(d *Doc, fset *token.FileSet, g *ast.GenDecl, line int, o types.Object) {
	for _, sp := range g.Specs {
		if line < fset.Position(sp.Pos()).Line || line > fset.Position(sp.End()).Line {
			continue
		}
		doc := g.Doc
		switch sp := sp.(type) {
		case *ast.TypeSpec:
			if sp.Doc != nil {
				doc = sp.Doc
			}
			if v, ok := o.(*types.Var); ok && v.IsField() {
				ast.Inspect(sp, func(n ast.Node) bool {
					if field, ok := n.(*ast.Field); ok && fset.Position(field.Pos()).Line == line {
						d.Comment = strings.TrimSpace(field.Doc.Text() + field.Comment.Text())
					}
					return true
				})
				return
			}
			sp.Doc = nil
			d.Signature = "type " + nodeText(fset, sp)
		case *ast.ValueSpec:
			if sp.Doc != nil {
				doc = sp.Doc
			}
			sp.Doc = nil
			d.Signature = g.Tok.String() + " " + nodeText(fset, sp)
		}
		d.Comment = strings.TrimSpace(doc.Text())
		d.Source = d.Signature
	}
}

func nodeText(fset *token.FileSet, n any) string {
	var b strings.Builder
	if err := format.Node(&b, fset, n); err != nil {
		return ""
	}
	return b.String()
}

// sourceFile resolves the directories that export data leaves open.
func (t *Toolchain) sourceFile(name string) string {
	if rest, ok := strings.CutPrefix(name, "$GOROOT"); ok {
		return filepath.Join(t.tools.root, rest)
	}
	return name
}

// packageComment finds a package's comment in the sources.
func (s *Session) packageComment(p *types.Package) string {
	for _, n := range p.Scope().Names() {
		file := s.t.sourceFile(s.t.exports.fset.Position(p.Scope().Lookup(n).Pos()).Filename)
		files, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*.go"))
		if err != nil || len(files) == 0 {
			continue
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			a, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.ParseComments|parser.PackageClauseOnly)
			if err == nil && a.Doc != nil && a.Name.Name == p.Name() {
				return strings.TrimSpace(a.Doc.Text())
			}
		}
		return ""
	}
	return ""
}

// render puts the parts together.
func (d *Doc) render() {
	var p comment.Parser
	doc := p.Parse(d.Comment)
	parts, md := []string{d.Signature}, []string{"```go\n" + d.Signature + "\n```"}
	page := []string{"<pre>" + html.EscapeString(d.Signature) + "</pre>"}
	add := func(text, markdown, hypertext string) {
		parts, md, page = append(parts, text), append(md, markdown), append(page, hypertext)
	}
	if d.Value != "" {
		add("value: "+d.Value, "value:\n```\n"+d.Value+"\n```", "<p>value: <code>"+html.EscapeString(d.Value)+"</code></p>")
	}
	if d.Comment != "" {
		pr := comment.Printer{HeadingLevel: 4}
		text, markdown := strings.TrimSpace(string(pr.Text(doc))), strings.TrimSpace(string(pr.Markdown(doc)))
		add(text, markdown, strings.TrimSpace(string(pr.HTML(doc))))
	}
	if d.Source != "" && d.Source != d.Signature {
		add(d.Source, "```go\n"+d.Source+"\n```", "<pre>"+html.EscapeString(d.Source)+"</pre>")
	}
	d.Text, d.Markdown, d.HTML = strings.Join(parts, "\n\n"), strings.Join(md, "\n\n"), strings.Join(page, "\n")
}
