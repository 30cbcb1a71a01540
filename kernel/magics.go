package kernel

import (
	"fmt"
	"slices"
	"strings"

	"github.com/galeproject/gale/wire"
)

// magic is a line that is not Go.
type magic struct {
	name string // with its %
	args string // as help shows them
	help string // one line; empty: it is taken, for notebooks of other kernels, and not shown
	run  func(c *cell, code string, p part) *wire.Failure
}

// allMagics makes the table of magics, and the names in the order of help.
func (k *Kernel) allMagics() (map[string]magic, []string) {
	all := slices.Concat(helpMagics(), timingMagics(), nameMagics(), fileMagics(), shellMagics(), otherMagics())
	if k.o.Cluster != nil {
		all = append(all, pxMagics()...)
	}
	if m, ok := k.o.Compiler.(Modules); ok {
		all = append(all, moduleMagics(m)...)
	}
	if f, ok := k.o.Compiler.(Formatter); ok {
		all = append(all, formatMagics(f)...)
	}
	table, shown := map[string]magic{}, []string(nil)
	for _, m := range all {
		table[m.name] = m
		if m.help != "" {
			shown = append(shown, m.name)
		}
	}
	return table, shown
}

// runMagic runs one magic.
func (c *cell) runMagic(code string, p part) *wire.Failure {
	switch p.magic {
	case "!":
		return c.shellCommand(strings.TrimPrefix(p.args, "*"), false)
	case "?":
		return c.question(strings.TrimSpace(p.args))
	}
	m, ok := c.magics[p.magic]
	if !ok {
		return c.unknownMagic(p.magic)
	}
	return m.run(c, code, p)
}

// unknownMagic is an error that names the nearest.
func (c *cell) unknownMagic(name string) *wire.Failure {
	if strings.HasSuffix(name, "px") || strings.HasPrefix(name, "%px") {
		return usage("%s needs engines, and this kernel was started without a cluster", name)
	}
	best, least := "", 1000
	for _, known := range c.shown {
		if d := distance(name, known); d < least {
			best, least = known, d
		}
	}
	if least <= 1+len(name)/3 {
		return usage("there is no magic %s; the nearest is %s, and %%help lists all", name, best)
	}
	return usage("there is no magic %s; %%help lists all", name)
}

// usage is the failure of a magic that cannot be run as written.
func usage(format string, args ...any) *wire.Failure {
	f := wire.NewFailure("MagicError", fmt.Sprintf(format, args...))
	return &f
}

// distance is the number of letters to insert, delete or replace between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// valuedLong are the long options whose value may be the next word.
//
//nolint:gochecknoglobals // a table
var valuedLong = map[string]bool{"targets": true, "out": true, "group-outputs": true, "progress-after": true, "signal-on-interrupt": true, "bench": true, "run": true}

// flagsEnd gives where the options at the beginning of args end.
func flagsEnd(args string) int {
	_, rest := options(args, "to")
	return len(args) - len(rest)
}

// dashed gives an option as it was written.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// noOption is the failure of a magic that was given an option it lacks.
func noOption(p part, name, has string) *wire.Failure {
	return usage("%s has no option %s; it has %s", p.magic, dashed(name), has)
}

// options takes options off the beginning of args: -x, --long, --long=value; the letters of valued take the next word as their
// value, and so do the long options of valuedLong. The rest keeps its spaces but for those in front.
func options(args, valued string) (flags map[string]string, rest string) {
	flags, rest = map[string]string{}, strings.TrimLeft(args, " \t")
	for len(rest) > 1 && rest[0] == '-' && (isLetter(rest[1]) || rest[1] == '-') {
		word, after, _ := strings.Cut(rest, " ")
		word = strings.TrimRight(word, "\t\r")
		after = strings.TrimLeft(after, " \t")
		if word == "--" {
			return flags, after
		}
		name, value, has := strings.Cut(strings.TrimLeft(word, "-"), "=")
		if !has && (len(name) == 1 && strings.Contains(valued, name) || valuedLong[name]) {
			value, after, _ = strings.Cut(after, " ")
			after = strings.TrimLeft(after, " \t")
		}
		flags[name] = value
		rest = after
	}
	return flags, rest
}
