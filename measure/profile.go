package measure

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"
)

// recorder is the profile that is being made; there is one of a process.
type recorder struct {
	mu  sync.Mutex
	buf *bytes.Buffer
}

//nolint:gochecknoglobals // the runtime has one profile, too
var recording recorder

// Start begins to record where the processors are.
func Start() error {
	recording.mu.Lock()
	defer recording.mu.Unlock()
	buf := &bytes.Buffer{}
	if err := pprof.StartCPUProfile(buf); err != nil {
		return fmt.Errorf("measure: profiling: %w", err)
	}
	recording.buf = buf
	return nil
}

// Stop ends what Start began.
func Stop() (*Profile, error) {
	recording.mu.Lock()
	defer recording.mu.Unlock()
	if recording.buf == nil {
		return nil, fmt.Errorf("measure: nothing is recorded")
	}
	pprof.StopCPUProfile()
	data := recording.buf.Bytes()
	recording.buf = nil
	samples, err := decode(data)
	if err != nil {
		return nil, err
	}
	return newProfile(samples, data), nil
}

// Profile tells which functions took how much of the processors' time. It shows itself as a table and a flame graph.
type Profile struct {
	Total time.Duration
	Lines []Line // the busiest first
	Data  []byte // as go tool pprof reads it
	root  *node
}

// Line is one function: the time in it, and in it and what it called.
type Line struct {
	Function   string
	Self, With time.Duration
}

// node is a function in a stack.
type node struct {
	name     string
	time     int64
	children map[string]*node
}

func (n *node) child(name string) *node {
	c := n.children[name]
	if c == nil {
		c = &node{name: name, children: map[string]*node{}}
		n.children[name] = c
	}
	return c
}

// sorted gives the children, the busiest first.
func (n *node) sorted() []*node {
	return slices.SortedFunc(maps.Values(n.children), func(a, b *node) int {
		return cmp.Or(cmp.Compare(b.time, a.time), strings.Compare(a.name, b.name))
	})
}

func newProfile(samples []sample, data []byte) *Profile {
	p := &Profile{Data: data, root: &node{name: "all", children: map[string]*node{}}}
	self, with := map[string]int64{}, map[string]int64{}
	for _, s := range samples {
		stack := ofCells(s.stack)
		if len(stack) == 0 {
			continue
		}
		p.root.time += s.count
		at, seen := p.root, map[string]bool{}
		for _, name := range stack {
			at = at.child(name)
			at.time += s.count
			if !seen[name] {
				seen[name] = true
				with[name] += s.count
			}
		}
		self[stack[len(stack)-1]] += s.count
	}
	p.Total = time.Duration(p.root.time)
	for name, n := range with {
		p.Lines = append(p.Lines, Line{name, time.Duration(self[name]), time.Duration(n)})
	}
	slices.SortFunc(p.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(b.Self, a.Self), cmp.Compare(b.With, a.With), strings.Compare(a.Function, b.Function))
	})
	return p
}

// machinery are the packages that carry a cell; a stack is shown from the first function that is none of theirs.
var machinery = []string{"github.com/galeproject/gale/namespace.", "github.com/galeproject/gale/cellrt.", "runtime.goexit", "runtime.main", "main."}

// ofCells leaves out what carries the cell, outside of it, and shortens names.
func ofCells(stack []string) []string {
	carried := false
	for len(stack) > 0 && slices.ContainsFunc(machinery, func(p string) bool { return strings.HasPrefix(stack[0], p) }) {
		stack, carried = stack[1:], true
	}
	if !carried && len(stack) > 0 && strings.HasPrefix(stack[0], "github.com/galeproject/gale/engine.") {
		return nil // the engine's own loops
	}
	out := make([]string, len(stack))
	for i, name := range stack {
		out[i] = short(name)
	}
	return out
}

// short leaves out the folders of an import path, and the long name that cells' packages have.
func short(name string) string {
	if at := strings.LastIndexByte(name, '/'); at >= 0 {
		name = name[at+1:]
	}
	if rest, ok := strings.CutPrefix(name, "gale_"); ok {
		if _, fn, ok := strings.Cut(rest, "."); ok {
			return "cell." + fn
		}
	}
	return name
}

// maxLines is how many functions the table shows.
const maxLines = 20

// String is the table.
func (p *Profile) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v of processor time\n%8s %6s %8s  %s\n", p.Total.Round(time.Millisecond), "self", "", "with", "function")
	for _, l := range p.Lines[:min(len(p.Lines), maxLines)] {
		fmt.Fprintf(&b, "%8v %5.1f%% %8v  %s\n", l.Self.Round(time.Millisecond), 100*float64(l.Self)/float64(max(p.Total, 1)), l.With.Round(time.Millisecond), l.Function)
	}
	if n := len(p.Lines) - maxLines; n > 0 {
		fmt.Fprintf(&b, "… and %d more\n", n)
	}
	return b.String()
}
