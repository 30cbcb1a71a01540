package compile

import (
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/galeproject/gale/module"
)

// hole stands in place of the identifier at the cursor while a source is looked at for completion.
const hole = "GaleᐧHole"

// look checks a source that may be broken, as far as it goes: chunks that do not parse are left out. The session's state is that of the last
// commit, and stays.
func (s *Session) look(src string) (a *analysis) {
	defer func() {
		if recover() != nil { // go/types on a broken tree: there is no answer then
			a = nil
		}
	}()
	c := &compilation{
		s: s, t: s.t, st: s.current(), scope: module.Local, cell: Cell{Source: src, Number: lookCell}, gen: lookGen,
		names: map[string]kind{}, defined: map[string]bool{}, onlyDecls: true, old: map[string]*variable{}, included: map[*decl]bool{},
		vars: map[string]*variable{}, predecl: map[string]bool{}, imports: map[string]string{},
	}
	maps.Copy(c.imports, c.st.imports)
	chunks := splitTolerant(src)
	for i, ch := range chunks {
		if ch.kind == packageClause {
			continue
		}
		p := c.parseAround(&ch)
		if p == nil {
			continue
		}
		if ch.kind == statement {
			c.onlyDecls = false
			_ = p.statement(i == len(chunks)-1) // what it refuses is left out
		} else {
			_ = p.declarations()
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
	c.autoImport()
	c.need(nil)
	u, err := c.newUnit(nil)
	if err != nil {
		return nil
	}
	u.check()
	return u.analyse(nil)
}

// parseAround parses a chunk, or as much of it up to the hole as parses; nil if there is no hole in it or nothing parses.
func (c *compilation) parseAround(ch *chunk) *parsed {
	p, err := c.parseChunk(*ch)
	at := strings.Index(ch.src, hole)
	if err == nil || at < 0 {
		return p
	}
	ch.src = closed(ch.src[:at+len(hole)])
	if p, err = c.parseChunk(*ch); err == nil {
		return p
	}
	lineStart := strings.LastIndexByte(ch.src[:at], '\n') + 1
	ch.kind, ch.src = statement, closed(ch.src[lineStart:at+len(hole)])
	if p, err = c.parseChunk(*ch); err == nil {
		return p
	}
	return nil
}

// Numbers of the cell and generation of a source that is only looked at.
const lookCell, lookGen = 1 << 30, 1 << 30

// splitTolerant is split for sources with a hole and with errors.
func splitTolerant(src string) []chunk {
	s := &splitter{src: src, tolerant: true}
	s.file = token.NewFileSet().AddFile("", 1, len(src))
	var sc scanner.Scanner
	sc.Init(s.file, []byte(src), nil, scanner.ScanComments)
	for {
		pos, tok, lit := sc.Scan()
		if tok == token.EOF {
			break
		}
		s.token(s.file.Offset(pos), tok, lit)
	}
	s.flush(false)
	return s.chunks
}

// closed ends a source that was cut off with the brackets that are open in it.
func closed(src string) string {
	var stack []byte
	var sc scanner.Scanner
	sc.Init(token.NewFileSet().AddFile("", 1, len(src)), []byte(src), nil, 0)
	for {
		_, tok, _ := sc.Scan()
		switch tok {
		case token.EOF:
			for _, s := range slices.Backward(stack) {
				if s == '}' {
					src += "\n"
				}
				src += string(s)
			}
			return src
		case token.LPAREN:
			stack = append(stack, ')')
		case token.LBRACE:
			stack = append(stack, '}')
		case token.LBRACK:
			stack = append(stack, ']')
		case token.RPAREN, token.RBRACE, token.RBRACK:
			if len(stack) > 0 {
				stack = stack[:len(stack)-1]
			}
		default:
		}
	}
}

// identifierAt gives the bounds of the identifier that an offset lies in or ends.
func identifierAt(src string, off int) (from, to int) {
	isLetter := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	from, to = off, off
	for from > 0 {
		r, n := utf8.DecodeLastRuneInString(src[:from])
		if !isLetter(r) {
			break
		}
		from -= n
	}
	for to < len(src) {
		r, n := utf8.DecodeRuneInString(src[to:])
		if !isLetter(r) {
			break
		}
		to += n
	}
	return from, to
}

// tokenAt gives the kind and bounds of the comment or literal that an offset lies within.
func tokenAt(src string, off int) (tok token.Token, from, to int) {
	fset := token.NewFileSet()
	f := fset.AddFile("", 1, len(src))
	var sc scanner.Scanner
	sc.Init(f, []byte(src), nil, scanner.ScanComments)
	for {
		pos, tok, lit := sc.Scan()
		at := f.Offset(pos)
		if tok == token.EOF || at >= off {
			return token.ILLEGAL, off, off
		}
		end := at + len(lit)
		inside := off < end || off == end && tok == token.COMMENT && strings.HasPrefix(lit, "//")
		unclosed := off == end && (tok == token.STRING || tok == token.CHAR) && (len(lit) < 2 || lit[len(lit)-1] != lit[0])
		if (inside || unclosed) && (tok == token.COMMENT || tok == token.STRING || tok == token.CHAR || tok == token.INT || tok == token.FLOAT || tok == token.IMAG) {
			return tok, at, end
		}
	}
}

// mine is the file of the source that is looked at.
func (a *analysis) mine() *file {
	for _, f := range a.files {
		if f.gen == a.c.gen {
			return f
		}
	}
	return nil
}

// path lists the nodes around a position of the source that is looked at, outermost first; col counts bytes from 1.
func (a *analysis) path(line, col int) []ast.Node {
	f := a.mine()
	if f == nil {
		return nil
	}
	var best []ast.Node
	var stack []ast.Node
	// generated functions stand around statements: their own positions mean nothing
	around := map[ast.Node]bool{}
	for _, d := range f.ast.Decls {
		if fd, ok := d.(*ast.FuncDecl); ok && strings.Contains(fd.Name.Name, mark) {
			around[fd], around[fd.Body] = true, true
		}
	}
	inside := func(n ast.Node) bool {
		if around[n] {
			return true
		}
		from, to := a.position(n.Pos()), a.position(n.End())
		if from.Filename != to.Filename || from.Filename != lookFile {
			return true // the file: look at what is within
		}
		return (from.Line < line || from.Line == line && from.Column <= col) && (to.Line > line || to.Line == line && to.Column >= col)
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if !inside(n) {
			return false
		}
		stack = append(stack, n)
		if len(stack) > len(best) && !around[n] && a.position(n.Pos()).Filename == lookFile {
			best = append(best[:0], stack...)
		}
		return true
	})
	return best
}

const lookFile = "cell[1073741824]"

// lineAndColumn converts an offset.
func lineAndColumn(src string, off int) (line, col int) {
	before := src[:off]
	return strings.Count(before, "\n") + 1, off - strings.LastIndexByte(before, '\n')
}

// kindOf says what an object is, in the words of front ends.
func kindOf(o types.Object) string {
	switch o := o.(type) {
	case *types.PkgName:
		return "module"
	case *types.Const:
		return "constant"
	case *types.TypeName:
		return "type"
	case *types.Label:
		return "label"
	case *types.Func:
		if o.Signature().Recv() != nil {
			return "method"
		}
		return "function"
	case *types.Builtin:
		return "function"
	case *types.Var:
		if o.IsField() {
			return "field"
		}
		return "variable"
	case *types.Nil:
		return "constant"
	}
	return "variable"
}
