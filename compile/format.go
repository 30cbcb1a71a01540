package compile

import (
	"fmt"
	"go/format"
	"regexp"
	"strings"
)

// manyLines is more than one empty line.
var manyLines = regexp.MustCompile(`\n\s*\n\s*\n`)

// Format gives a cell as gofmt would write it: each declaration and statement by itself, since a cell may mix them. Comments between them stay
// as they are. What is no Go is blank in src and stands in text, which is as long.
func Format(src, text string) (string, error) {
	if len(text) != len(src) {
		return "", fmt.Errorf("compile: formatting a cell: %d bytes stand for %d", len(text), len(src))
	}
	chunks, bad := split(src)
	if bad != nil {
		return "", Diagnostics{*bad}
	}
	var out strings.Builder
	at := 0
	for _, ch := range chunks {
		b, err := format.Source([]byte(ch.src))
		if err != nil {
			return "", fmt.Errorf("compile: formatting a cell: the declaration or statement in line %d: %w", ch.line, err)
		}
		out.WriteString(between(text[at:ch.off]))
		out.WriteString(strings.TrimSpace(string(b)))
		at = ch.off + len(ch.src)
	}
	out.WriteString(strings.TrimRight(between(text[at:]), " \t\n"))
	return strings.TrimLeft(out.String(), " \t\n"), nil
}

// between is what stands between two chunks, without indentation of the second and without more than one empty line.
func between(text string) string {
	text = manyLines.ReplaceAllString(text, "\n\n")
	if i := strings.LastIndexByte(text, '\n'); i >= 0 && strings.TrimSpace(text[i:]) == "" {
		return text[:i+1]
	}
	return text
}
