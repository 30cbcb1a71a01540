package compile

import (
	"fmt"
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
)

// kind is what a piece of a cell is.
type kind int

const (
	importDecl kind = iota
	typeDecl
	funcDecl
	methodDecl
	varDecl
	constDecl
	statement
	packageClause
)

func (k kind) String() string {
	return [...]string{"import", "type", "func", "method", "var", "const", "statement", "package"}[k]
}

// chunk is one declaration or statement at the top level of a cell.
type chunk struct {
	kind      kind
	src       string
	doc       string // comments that stand directly above it, with the newlines between
	off       int    // of src in the cell, in bytes
	line, col int    // of src in the cell, from 1; the column counts bytes
	semicolon bool   // ended by a semicolon that was written
}

// mark is the letter that generated names contain and cells must not.
const mark = "ᐧ"

// split cuts a cell at the semicolons of depth zero that the scanner sees or inserts. Those in the header of a for, if or switch do not
// cut. It gives what it has up to the first error of the scanner.
func split(src string) ([]chunk, *Diagnostic) {
	s := &splitter{src: src}
	s.file = token.NewFileSet().AddFile("", 1, len(src))
	var sc scanner.Scanner
	sc.Init(s.file, []byte(src), func(p token.Position, msg string) { s.fail(p, msg) }, scanner.ScanComments)
	for {
		pos, tok, lit := sc.Scan()
		if tok == token.EOF || s.err != nil {
			break
		}
		s.token(s.file.Offset(pos), tok, lit)
	}
	if s.err == nil {
		s.flush(false)
	}
	return s.chunks, s.err
}

type splitter struct {
	src    string
	file   *token.File
	chunks []chunk
	err    *Diagnostic
	// tolerant splitters take what comes
	tolerant bool

	tokens   []part
	comments []part // since the last chunk
	depth    int
	header   bool // in a for, if or switch
}

type part struct {
	off, end int
	tok      token.Token
}

func (s *splitter) fail(p token.Position, msg string) {
	if s.err == nil && !s.tolerant {
		s.err = &Diagnostic{Line: p.Line, Column: p.Column, Text: msg}
	}
}

func (s *splitter) token(off int, tok token.Token, lit string) {
	end := off + len(lit)
	switch tok {
	case token.COMMENT:
		s.comment(off, end, lit)
		return
	case token.IDENT:
		if strings.Contains(lit, mark) {
			s.fail(s.file.Position(s.file.Pos(off)), fmt.Sprintf("the letter %s (U+1427) is kept for generated names", mark))
		}
	case token.FOR, token.IF, token.SWITCH:
		if s.depth == 0 {
			s.header = true
		}
	case token.LPAREN, token.LBRACE, token.LBRACK:
		s.depth++
	case token.RPAREN, token.RBRACE, token.RBRACK:
		s.depth--
	case token.SEMICOLON:
		if s.depth <= 0 && (!s.header || lit != ";" || s.whole(off)) {
			s.flush(lit == ";")
			return
		}
		if lit == "\n" {
			end = off
		}
	default:
	}
	if lit == "" {
		end = off + len(tok.String())
	}
	// a bad byte is given as U+FFFD, which is longer
	s.tokens = append(s.tokens, part{off, min(end, len(s.src)), tok})
}

// whole says whether the statement with a header, up to an offset, has its body. A brace before it may belong to a literal.
func (s *splitter) whole(off int) bool {
	if n := len(s.tokens); n == 0 || s.tokens[n-1].tok != token.RBRACE {
		return false
	}
	_, err := parser.ParseFile(token.NewFileSet(), "", wrapStmt+s.src[s.tokens[0].off:off]+"\n}", parser.SkipObjectResolution)
	return err == nil
}

// comment keeps a comment that may belong to the next chunk and refuses directives that cells cannot have.
func (s *splitter) comment(off, end int, text string) {
	for _, d := range []string{"//go:embed", "//go:linkname", "//go:cgo_", "//export "} {
		if strings.HasPrefix(text, d) {
			s.fail(s.file.Position(s.file.Pos(off)), "cells cannot use "+strings.Fields(text)[0])
		}
	}
	if len(s.tokens) == 0 {
		s.comments = append(s.comments, part{off, min(end, len(s.src)), token.COMMENT})
	}
}

// flush ends a chunk.
func (s *splitter) flush(semicolon bool) {
	s.header = false
	if len(s.tokens) == 0 {
		if semicolon && len(s.chunks) > 0 {
			s.chunks[len(s.chunks)-1].semicolon = true
		}
		return
	}
	a, b := s.tokens[0].off, s.tokens[len(s.tokens)-1].end
	p := s.file.Position(s.file.Pos(a))
	s.chunks = append(s.chunks, chunk{kind: s.kind(), src: s.src[a:b], doc: s.doc(a), off: a, line: p.Line, col: p.Column, semicolon: semicolon})
	s.tokens, s.comments = s.tokens[:0], s.comments[:0]
}

// doc is the block of comments that ends in the line above off.
func (s *splitter) doc(off int) string {
	from := off
	for _, c := range slices.Backward(s.comments) {

		if gap := s.src[c.end:from]; strings.Count(gap, "\n") > 1 || strings.TrimSpace(gap) != "" {
			break
		}
		if start := strings.LastIndexByte(s.src[:c.off], '\n') + 1; strings.TrimSpace(s.src[start:c.off]) != "" {
			break // behind something else in its line
		}
		from = c.off
	}
	return s.src[from:off]
}

func (s *splitter) kind() kind {
	switch s.tokens[0].tok {
	case token.IMPORT:
		return importDecl
	case token.PACKAGE:
		return packageClause
	case token.TYPE:
		return typeDecl
	case token.VAR:
		return varDecl
	case token.CONST:
		return constDecl
	case token.FUNC:
		return s.funcKind()
	default:
		return statement
	}
}

// funcKind tells functions, methods (func, receiver, name, parameter list) and statements that begin with a function literal apart.
func (s *splitter) funcKind() kind {
	t := s.tokens
	switch {
	case len(t) > 1 && t[1].tok == token.IDENT:
		return funcDecl
	case len(t) < 2 || t[1].tok != token.LPAREN:
		return statement
	}
	depth := 0
	for i := 1; i < len(t); i++ {
		switch t[i].tok {
		case token.LPAREN:
			depth++
		case token.RPAREN:
			depth--
		default:
		}
		if depth == 0 {
			if i+2 < len(t) && t[i+1].tok == token.IDENT && t[i+2].tok == token.LPAREN {
				return methodDecl
			}
			return statement
		}
	}
	return statement
}

// identifiers lists the identifiers of a source that are not behind a dot.
func identifiers(src string) map[string]bool {
	m := map[string]bool{}
	var sc scanner.Scanner
	sc.Init(token.NewFileSet().AddFile("", 1, len(src)), []byte(src), nil, 0)
	before := token.ILLEGAL
	for {
		_, tok, lit := sc.Scan()
		if tok == token.EOF {
			return m
		}
		if tok == token.IDENT && before != token.PERIOD {
			m[lit] = true
		}
		before = tok
	}
}
