package compile

import (
	"bytes"
	"fmt"
	"go/ast"
	"sort"
	"strings"
)

// piece is a declaration, variable definition or statement that takes part in a check: of the cell itself, or an older declaration.
type piece struct {
	kind      kind
	d         *decl // a declaration; nil for variables and statements
	src       string
	cell      int
	line, col int

	names  []string // of variables, "_" for blank
	again  []bool   // the name is defined before in the same cell: the value is evaluated only
	define bool     // :=
	last   bool     // the cell's last expression
	quiet  bool     // it ends in a semicolon: not shown
	init   string   // generated name of a func init, "" for other pieces

	file *file
	off  int // of src in the file
	node ast.Node
}

// older says whether the piece was declared by an earlier cell.
func (p *piece) older(gen int) bool { return p.d != nil && p.d.gen != gen }

// title names a piece in messages and closures.
func (p *piece) title() string {
	switch {
	case p.d == nil:
		return strings.Join(p.names, ",")
	case p.kind == methodDecl:
		return p.d.recv + "." + p.d.names[0]
	}
	return strings.Join(p.d.names, ",")
}

// file is a file of a check. Declarations of one cell share a file, and with it the imports that they were written with.
type file struct {
	name    string
	gen     int // of its cell; 0 for the file of the session's variables
	buf     bytes.Buffer
	imports map[string]string
	ast     *ast.File
	edits   []edit
}

// edit replaces text of a file. An edit with a function replaces a whole construct by text made of edited parts of it: it is called when
// the text is wanted, after all edits are known.
type edit struct {
	off, del int
	text     string
	make     func() string
}

func (f *file) replace(off, del int, text string) {
	f.edits = append(f.edits, edit{off: off, del: del, text: text})
}

func (f *file) replaceBy(off, del int, make func() string) {
	f.edits = append(f.edits, edit{off: off, del: del, make: make})
}

// text gives n bytes from off with the edits that lie in them. A construct replaced as a whole hides the edits within.
func (f *file) text(off, n int) string { return f.edited(off, n, false) }

// inside is text for a construct that is replaced as a whole, without this replacement.
func (f *file) inside(off, n int) string { return f.edited(off, n, true) }

func (f *file) edited(off, n int, inside bool) string {
	var edits []edit
	for _, e := range f.edits {
		if e.off < off || e.off+e.del > off+n || inside && e.make != nil && e.off == off && e.del == n {
			continue
		}
		edits = append(edits, e)
	}
	sort.SliceStable(edits, func(i, j int) bool { return edits[i].off < edits[j].off })
	b := f.buf.Bytes()
	var out strings.Builder
	at := off
	for _, e := range edits {
		if e.off < at {
			continue
		}
		out.Write(b[at:e.off])
		if e.make != nil {
			out.WriteString(e.make())
		} else {
			out.WriteString(e.text)
		}
		at = e.off + e.del
	}
	out.Write(b[at : off+n])
	return out.String()
}

// writeImports writes the package clause and imports.
func writeImports(b interface{ WriteString(string) (int, error) }, imports map[string]string, use func(name string) bool) {
	_, _ = b.WriteString("package main\n")
	for _, name := range sortedKeys(imports) {
		path := imports[name]
		switch {
		case strings.HasPrefix(name, "_"):
			_, _ = b.WriteString(fmt.Sprintf("import _ %q\n", path))
		case !use(name):
		case strings.HasPrefix(name, "."):
			_, _ = b.WriteString(fmt.Sprintf("import . %q\n", path))
		default:
			_, _ = b.WriteString(fmt.Sprintf("import %s %q\n", name, path))
		}
	}
}

// lineBefore is a directive for the line that follows.
func lineBefore(cell, line, col int) string {
	return fmt.Sprintf("//line cell[%d]:%d:%d\n", cell, line, col)
}

// lineHere is a directive for what follows in the line.
func lineHere(cell, line, col int) string {
	return fmt.Sprintf("/*line cell[%d]:%d:%d*/", cell, line, col)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func has[K comparable, V any](m map[K]V, k K) bool {
	_, ok := m[k]
	return ok
}
