package namespace

import (
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// Frame is a line of a cell that is being executed.
type Frame struct {
	Goroutine  int
	State      string // "running", "chan receive", "sleep" …
	Function   string // as the user wrote it; empty for statements of the cell itself
	File       string // cell[3]
	Cell, Line int
}

// maxStacks bounds the text of all goroutines' stacks, in bytes.
const maxStacks = 8 << 20

// Stacks lists, goroutine by goroutine, innermost first, what lines of cells are being executed.
func (x *Explorer) Stacks() []Frame {
	buf := make([]byte, 64<<10)
	for {
		if k := runtime.Stack(buf, true); k < len(buf) || len(buf) >= maxStacks {
			return parseStacks(string(buf[:k]))
		}
		buf = make([]byte, 4*len(buf))
	}
}

var (
	stackHead = regexp.MustCompile(`^goroutine (\d+)(?: [^\[]*)? \[([^\]]*)\]:$`)
	stackFile = regexp.MustCompile(`^\t(.*):(\d+)(?: \+0x[0-9a-f]+)?$`)
	cellFile  = regexp.MustCompile(`^cell\[(\d+)\]$`)
)

// parseStacks reads the text that runtime.Stack gives.
func parseStacks(text string) (out []Frame) {
	var g Frame
	function := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if m := stackHead.FindStringSubmatch(line); m != nil {
			g = Frame{State: m[2]}
			g.Goroutine, _ = strconv.Atoi(m[1]) // the pattern says that it is a number
			continue
		}
		m := stackFile.FindStringSubmatch(line)
		if m == nil {
			function = line
			if i := strings.LastIndexByte(line, '('); i > 0 {
				function = line[:i]
			}
			if strings.HasPrefix(line, "created by ") {
				function = "" // who started it is not where it is
			}
			continue
		}
		c := cellFile.FindStringSubmatch(filepath.Base(m[1]))
		if c == nil || function == "" {
			continue
		}
		f := g
		f.File, f.Function = c[0], userName(function)
		f.Cell, _ = strconv.Atoi(c[1])
		f.Line, _ = strconv.Atoi(m[2])
		out = append(out, f)
	}
	return out
}
