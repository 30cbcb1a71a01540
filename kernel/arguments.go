package kernel

import (
	"fmt"
	"strings"

	"github.com/galeproject/gale/wire"
)

// otherMagics set arguments, or are those of other kernels that have nothing to do here.
func otherMagics() []magic {
	return []magic{
		{"%args", "[ARGUMENT …]", "set os.Args of cells", runArgs},
		{"%main", "[ARGUMENT …]", "the same, and parse package flag's flags; the rest of the cell are statements", runMain},
		{"%%", "[ARGUMENT …]", "", runMain},
		{"%exec", "FUNCTION [ARGUMENT …]", "set os.Args and call a function", runExec},
		{"%goworkfix", "", "", needless("go.work files count as they are")},
		{"%go111module", "", "", needless("modules are always on")},
		{"%autoget", "", "", needless("modules that a cell imports are looked for by themselves")},
		{"%widgets", "", "", needless("widgets work as they are")},
		{"%widgets_hb", "", "", needless("widgets work as they are")},
		{"%wasm", "", "", func(*cell, string, part) *wire.Failure {
			return usage("%%wasm: cells are native code, not WebAssembly")
		}},
	}
}

// arguments are words as a literal of Go.
func arguments(words []string) string {
	var b strings.Builder
	for _, w := range words {
		fmt.Fprintf(&b, ", %q", w)
	}
	return b.String()
}

// runArgs runs %args.
func runArgs(c *cell, _ string, p part) *wire.Failure {
	return c.tell("os.Args = append(os.Args[:1:1]" + arguments(strings.Fields(p.args)) + ")")
}

// runMain runs %main and %%.
func runMain(c *cell, _ string, p part) *wire.Failure {
	words := strings.Fields(p.args)
	if len(words) == 0 {
		return nil // the rest are statements anyway
	}
	if failure := runArgs(c, "", p); failure != nil {
		return failure
	}
	return c.tell(`func() error { flag.CommandLine.Init("cell", flag.ContinueOnError); return flag.CommandLine.Parse(os.Args[1:]) }()`)
}

// runExec runs %exec.
func runExec(c *cell, _ string, p part) *wire.Failure {
	words := strings.Fields(p.args)
	if len(words) == 0 {
		return usage("%%exec: want a function")
	}
	if len(words) > 1 {
		if failure := c.tell("os.Args = append(os.Args[:1:1]" + arguments(words[1:]) + ")"); failure != nil {
			return failure
		}
	}
	return c.runGo(lines(p.args)+words[0]+"()", false)
}

// needless is a magic of another kernel that has nothing to do here.
func needless(why string) func(*cell, string, part) *wire.Failure {
	return func(c *cell, _ string, p part) *wire.Failure {
		c.print("stdout", fmt.Sprintf("%s is not needed: %s\n", p.magic, why))
		return nil
	}
}
