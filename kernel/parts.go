package kernel

import (
	"go/scanner"
	"go/token"
	"regexp"
	"strings"
)

// part is a stretch of a cell: Go, or a magic.
type part struct {
	magic string // "%px", "%%px", "!" for a shell command, "?" for a question; "" for Go
	args  string // of a magic: the rest of its line
	argAt int    // offset of args in the cell
	body  string // of a cell magic: the lines below, as they are
	// from and to are offsets in the cell: of the Go text, or of the magic's line; of a cell magic, the end of the cell.
	from, to int
}

// question matches a line that asks about a name: ?name, name?, name??, %name?
var question = regexp.MustCompile(`^(?:\?{1,2}(%{0,2}[\pL_][\pL\pN_.]*)|(%{0,2}[\pL_][\pL\pN_.]*)\?{1,2})\s*$`)

// split finds the magics of a cell. A magic is a line that begins with %, ! or $, or asks about a name, where a statement of Go
// could begin: not inside brackets, a raw string or a comment, and not behind an operator.
func split(code string) []part {
	if p, ok := cellMagic(code); ok {
		return []part{p}
	}
	var parts []part
	goFrom := 0
	addGo := func(to int) {
		if strings.TrimSpace(code[goFrom:to]) != "" {
			parts = append(parts, part{from: goFrom, to: to})
		}
	}
	for at := 0; at < len(code); {
		end := lineEnd(code, at)
		p, ok := magicLine(code, at, end)
		if ok && statementCanBegin(code[goFrom:at]) {
			for p.magic == "!" && strings.HasSuffix(strings.TrimRight(p.args, " \t\r"), `\`) && end < len(code) {
				end = lineEnd(code, end+1)
				p.args, p.to = code[p.argAt:end], end
			}
			addGo(at)
			parts = append(parts, p)
			goFrom = min(end+1, len(code))
		}
		at = end + 1
	}
	if goFrom < len(code) {
		addGo(len(code))
	}
	return parts
}

func lineEnd(code string, at int) int {
	if n := strings.IndexByte(code[at:], '\n'); n >= 0 {
		return at + n
	}
	return len(code)
}

// magicLine reads code[at:end] as a magic.
func magicLine(code string, at, end int) (part, bool) {
	p := part{from: at, to: end}
	for _, prefix := range []string{"//gale:", "//gonb:"} { // so that a cell stays Go for other tools
		if rest, ok := strings.CutPrefix(code[at:end], prefix); ok {
			at += len(prefix) + len(rest) - len(strings.TrimLeft(rest, " "))
			break
		}
	}
	line := code[at:end]
	switch {
	case line == "":
		return p, false
	case question.MatchString(line):
		p.magic, p.args, p.argAt = "?", line, at
		return p, true
	case line[0] == '!' || line[0] == '$':
		p.magic, p.argAt = "!", at+1
	case line[0] == '%':
		n := 1
		for n < len(line) && (isLetter(line[n]) || line[n] == '%' && n == 1 || n > 1 && '0' <= line[n] && line[n] <= '9') {
			n++
		}
		p.magic, p.argAt = line[:n], at+n
	default:
		return p, false
	}
	p.args = code[p.argAt:end]
	return p, true
}

// cellMagic reads a cell whose first line that is not blank begins with %% and a name.
func cellMagic(code string) (part, bool) {
	at := len(code) - len(strings.TrimLeft(code, " \t\r\n"))
	at = strings.LastIndexByte(code[:at], '\n') + 1
	end := lineEnd(code, at)
	p, ok := magicLine(code, at, end)
	if !ok || !strings.HasPrefix(p.magic, "%%") || len(p.magic) == 2 {
		return p, false
	}
	p.body, p.to = code[min(end+1, len(code)):], len(code)
	return p, true
}

// statementCanBegin says whether src, a piece of Go, ends where a new statement can begin.
func statementCanBegin(src string) bool {
	if strings.TrimSpace(src) == "" {
		return true
	}
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(src))
	open := false
	var s scanner.Scanner
	s.Init(file, []byte(src), func(_ token.Position, msg string) {
		open = open || strings.Contains(msg, "not terminated")
	}, 0)
	depth, last := 0, token.SEMICOLON
	for {
		_, t, _ := s.Scan()
		switch t {
		case token.EOF:
			return depth <= 0 && !open && last == token.SEMICOLON
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		default:
		}
		last = t
	}
}

// only gives the cell's text with everything but code[from:to] blanked, so that lines and columns stay.
func only(code string, from, to int) string {
	return blank(code[:from]) + code[from:to]
}

// blank replaces everything but line ends by spaces, byte by byte.
func blank(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

// lines gives as many line ends as s has, so that what follows keeps its line numbers.
func lines(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) }

// masked gives the Go of a cell with its magics blanked, at the same offsets.
func masked(code string) string {
	if !strings.ContainsAny(code, "%!$?") {
		return code
	}
	b := []byte(code)
	for _, p := range split(code) {
		if p.magic == "" {
			continue
		}
		from, to := p.from, p.to
		switch p.magic {
		case "%px", "%time", "%prof", "%timeit":
			to = p.argAt + flagsEnd(p.args)
		case "%%px", "%%time", "%%prof", "%%timeit", "%%fmt":
			to = lineEnd(code, p.argAt)
		}
		copy(b[from:to], blank(code[from:to]))
	}
	return string(b)
}
