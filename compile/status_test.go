//go:build !race

package compile_test

import (
	"go/scanner"
	"go/token"
	"path/filepath"
	"testing"

	"github.com/galeproject/gale/compile"
)

// TestStatusOfPrefixes asks about every beginning, up to the end of a token, of every cell of the battery that runs: none is invalid, since
// the rest of the cell completes it; one with an open bracket is incomplete; the whole is complete.
func TestStatusOfPrefixes(t *testing.T) {
	files, err := filepath.Glob("testdata/battery/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	asked := 0
	for _, file := range files {
		c, err := readCase(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, cell := range c.cells {
			if cell.err != nil || cell.anyError {
				continue
			}
			if got := compile.StatusOf(cell.src).State; got != compile.Complete {
				t.Errorf("%s: cell %d is %s", filepath.Base(file), i+1, got)
			}
			for _, p := range prefixes(cell.src) {
				asked++
				got := compile.StatusOf(p.text).State
				if got == compile.Invalid || p.open && got != compile.Incomplete {
					t.Errorf("%s: cell %d: %q is %s", filepath.Base(file), i+1, p.text, got)
				}
			}
		}
	}
	t.Logf("%d prefixes", asked)
}

type prefix struct {
	text string
	open bool // a bracket is open
}

func prefixes(src string) (out []prefix) {
	var sc scanner.Scanner
	f := token.NewFileSet().AddFile("", 1, len(src))
	sc.Init(f, []byte(src), nil, scanner.ScanComments)
	depth := 0
	for {
		pos, tok, lit := sc.Scan()
		switch tok {
		case token.EOF:
			return out
		case token.LPAREN, token.LBRACE, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth--
		default:
		}
		if lit == "" {
			lit = tok.String()
		}
		out = append(out, prefix{src[:min(f.Offset(pos)+len(lit), len(src))], depth > 0})
	}
}
