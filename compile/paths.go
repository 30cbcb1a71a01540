package compile

import (
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// completeImport completes the path of an import; in says whether the string from an offset to another is one.
func (s *Session) completeImport(src string, off, from, to int) (list []Candidate, r Range, in bool) {
	before := strings.TrimRight(src[:from], " \t")
	chunks := splitTolerant(src)
	for _, ch := range chunks {
		in = in || ch.kind == importDecl && from >= ch.off && from < ch.off+len(ch.src)
	}
	if !in && !strings.HasSuffix(before, "import") {
		return nil, Range{off, off}, false
	}
	if n := strings.IndexByte(src[from:to], '\n'); n >= 0 {
		to = from + n
	}
	end := to
	if end > from+1 && src[end-1] == src[from] {
		end--
	}
	prefix := src[from+1 : off]
	for _, p := range sortedKeys(s.t.exports.files) {
		if strings.HasPrefix(p, prefix) && importable(p) && !isInternal(p) && !s.t.exports.stale[p] {
			list = append(list, Candidate{Text: p, Kind: "path"})
		}
	}
	return list, Range{from + 1, max(off, end)}, true
}

// maxEntries is how many entries of a directory are looked at.
const maxEntries = 5000

// completeFile completes the last element of a path in the string that begins at an offset.
func completeFile(src string, off, from int) ([]Candidate, Range) {
	dir, prefix := filepath.Split(src[min(from+1, off):off])
	none := Range{off, off}
	if strings.ContainsAny(dir+prefix, "\\\n") {
		return nil, none
	}
	look := dir
	if rest, ok := strings.CutPrefix(dir, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, none
		}
		look = filepath.Join(home, rest)
	}
	f, err := os.Open(filepath.Clean(look))
	if err != nil {
		return nil, none
	}
	defer func() { _ = f.Close() }()
	entries, err := f.ReadDir(maxEntries)
	if err != nil {
		return nil, none
	}
	var list []Candidate
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, prefix) || prefix == "" && strings.HasPrefix(name, ".") {
			continue
		}
		if e.IsDir() {
			name += "/"
		}
		list = append(list, Candidate{Text: name, Kind: "path"})
	}
	slices.SortFunc(list, func(a, b Candidate) int { return strings.Compare(a.Text, b.Text) })
	return list, Range{off - len(prefix), off}
}

// Keys says of which variable's entries the key is wanted at an offset: place is the variable with the fields behind it, r what stands of
// the key. It goes by the text alone, which may be broken behind the offset.
func Keys(src string, off int) (place []string, r Range, ok bool) {
	type tok struct {
		pos  int
		kind token.Token
		lit  string
	}
	var toks []tok
	file := token.NewFileSet().AddFile("", 1, len(src))
	var sc scanner.Scanner
	sc.Init(file, []byte(src), nil, 0)
	for {
		pos, kind, lit := sc.Scan()
		at := file.Offset(pos)
		if kind == token.EOF || at >= off {
			break
		}
		toks = append(toks, tok{at, kind, lit})
	}
	n := len(toks)
	r = Range{off, off}
	if n > 0 && (toks[n-1].kind == token.STRING || toks[n-1].kind == token.INT || toks[n-1].kind == token.FLOAT) {
		r.Start = toks[n-1].pos
		if lit := toks[n-1].lit; off > r.Start+len(lit) || off == r.Start+len(lit) && len(lit) > 1 && lit[0] == lit[len(lit)-1] && lit[0] == '"' {
			return nil, r, false // behind the key
		}
		n--
	}
	if n == 0 || toks[n-1].kind != token.LBRACK {
		return nil, r, false
	}
	for n--; n > 0 && toks[n-1].kind == token.IDENT; n -= 2 {
		place = append(place, toks[n-1].lit)
		if n < 2 || toks[n-2].kind != token.PERIOD {
			slices.Reverse(place)
			return place, r, true
		}
	}
	return nil, r, false
}
