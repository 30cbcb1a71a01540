package compile

import (
	"fmt"
	"strings"
)

// maxMessages is how many messages a failed cell gets.
const maxMessages = 10

// Diagnostic is one message about a cell.
type Diagnostic struct {
	Cell   int // number of the cell that it is about: this one, or an older one whose function this cell needs
	Line   int // from 1
	Column int // in bytes, from 1; 0 if there is none
	Text   string
	Source string // the line, "" if unknown
}

func (d Diagnostic) String() string {
	if d.Column == 0 {
		return fmt.Sprintf("cell[%d]:%d: %s", d.Cell, d.Line, d.Text)
	}
	return fmt.Sprintf("cell[%d]:%d:%d: %s", d.Cell, d.Line, d.Column, d.Text)
}

// Diagnostics is why a cell was not compiled. Nothing of it has run and nothing has changed.
type Diagnostics []Diagnostic

func (d Diagnostics) Error() string {
	lines := make([]string, len(d))
	for i := range d {
		lines[i] = d[i].String()
	}
	return strings.Join(lines, "\n")
}

// line is line n of a source, from 1.
func line(src string, n int) string {
	for text := range strings.Lines(src) {
		if n--; n == 0 {
			return strings.TrimRight(text, "\r\n")
		}
	}
	return ""
}
