package compile

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"
)

// State says whether a source can be compiled as it is.
type State string

// States of a source.
const (
	Complete   State = "complete"
	Incomplete State = "incomplete" // more text can make it complete
	Invalid    State = "invalid"    // nothing that follows can
)

// Status is the answer to whether a cell is complete.
type Status struct {
	State  State
	Indent string // of the next line, when incomplete
}

// StatusOf tells a complete cell from one that needs more lines. It looks at the form only.
func StatusOf(src string) Status {
	s := tokenState(src)
	switch {
	case s.open:
		return Status{State: Incomplete}
	case s.bad, s.depth < 0:
		return Status{State: Invalid}
	case s.depth > 0:
		return Status{State: Incomplete, Indent: strings.Repeat("\t", s.depth)}
	case s.continues:
		return Status{State: Incomplete, Indent: "\t"}
	}
	chunks, bad := split(src)
	if bad != nil {
		return Status{State: Invalid}
	}
	for i, ch := range chunks {
		if st := chunkState(ch, i == len(chunks)-1); st != Complete {
			return Status{State: st}
		}
	}
	return Status{State: Complete}
}

// Status is StatusOf.
func (s *Session) Status(src string) Status { return StatusOf(src) }

// tokens is what the tokens of a source say about its end.
type tokens struct {
	depth     int  // of brackets
	open      bool // in a raw string or comment
	bad       bool // a token that is none
	continues bool // the last token wants another
}

func tokenState(src string) tokens {
	var t tokens
	var sc scanner.Scanner
	sc.Init(token.NewFileSet().AddFile("", 1, len(src)), []byte(src), func(_ token.Position, msg string) {
		if strings.HasPrefix(msg, "raw string literal not terminated") || strings.HasPrefix(msg, "comment not terminated") {
			t.open = true
		} else {
			t.bad = true
		}
	}, 0)
	for {
		_, tok, _ := sc.Scan()
		switch tok {
		case token.EOF:
			return t
		case token.LPAREN, token.LBRACE, token.LBRACK:
			t.depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			t.depth--
		default:
		}
		switch tok {
		case token.RPAREN, token.RBRACE, token.RBRACK, token.INC, token.DEC, token.SEMICOLON:
			t.continues = false
		case token.FUNC, token.ELSE, token.VAR, token.CONST, token.TYPE, token.IMPORT:
			t.continues = true
		default:
			t.continues = tok.IsOperator()
		}
	}
}

// chunkState parses a chunk: an error at the end of the last one means that more is to come.
func chunkState(ch chunk, last bool) State {
	if ch.kind == packageClause {
		if len(strings.Fields(ch.src)) < 2 {
			return Incomplete
		}
		return Complete
	}
	text, pre := wrapDecl+ch.src+"\n", len(wrapDecl)
	if ch.kind == statement {
		text, pre = wrapStmt+ch.src+"\n}", len(wrapStmt)
	}
	f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	if err != nil {
		list, ok := err.(scanner.ErrorList) //nolint:errorlint // the parser gives nothing else
		if ok && last && (list[0].Pos.Offset >= pre+len(ch.src) || ch.grows()) {
			return Incomplete
		}
		return Invalid
	}
	if ch.kind == funcDecl || ch.kind == methodDecl {
		if fd, ok := f.Decls[0].(*ast.FuncDecl); ok && fd.Body == nil {
			if last {
				return Incomplete
			}
			return Invalid
		}
	}
	return Complete
}

// endings are what can follow a beginning that does not parse as it stands: of an assignment, of a loop over something, of a call.
var endings = []string{" = 0", " := 0", " := range 0 {}", " = range 0 {}", ".f()", "() {}", " := 0; x {}", " int = 0"}

// grows says whether a chunk that does not parse is the beginning of one that does.
func (ch *chunk) grows() bool {
	pre, post := wrapDecl, "\n"
	if ch.kind == statement {
		pre, post = wrapStmt, "\n}"
	}
	for _, end := range endings {
		if _, err := parser.ParseFile(token.NewFileSet(), "", pre+ch.src+end+post, parser.SkipObjectResolution); err == nil {
			return true
		}
	}
	return false
}
