package kernel

import (
	"fmt"
	"strings"
	"time"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

// magic is a line that is not Go.
type magic struct {
	name string // with its %
	args string // as help shows them
	help string // one line
	run  func(c *cell, code string, p part) *wire.Failure
}

// allMagics makes the table of magics, and the names in the order of help.
func (k *Kernel) allMagics() (map[string]magic, []string) {
	all := []magic{
		{"%help", "[NAME]", "this page, or what a magic or a name is; NAME? is the same, NAME?? shows source", runHelp},
		{"%time", "STATEMENT", "run the statement and say how long it took, without compiling", runTime},
		{"%%time", "", "the same for the cell", runTime},
		{"%who", "", "names of the variables", runWho},
		{"%whos", "", "variables with type, size and value", runWho},
		{"%reset", "", "begin with an empty namespace", runReset},
		{"%cd", "[DIR]", "change the directory, here and for shell commands", runCd},
		{"%pwd", "", "tell the directory", runPwd},
		{"%env", "[NAME [VALUE]]", "tell or set a variable of the environment", runEnv},
		{"%load", "FILE", "put a file's text into the next cell", runLoad},
		{"%%writefile", "[-a] FILE", "write the rest of the cell to a file, -a at its end", runWritefile},
		{"%%script", "[--raise-error] COMMAND", "give the rest of the cell to a command", runScript},
		{"%%bash", "[--raise-error]", "the same with bash", runScript},
		{"%%sh", "[--raise-error]", "the same with sh", runScript},
		{"%clear", "[--wait]", "take away what the cell has shown; --wait: when it shows more", runClear},
		{"%exit", "", "ask the front end to end", runExit},
		{"%version", "", "versions of gale and Go", runVersion},
	}
	if k.o.Cluster != nil {
		all = append(all,
			magic{"%px", "[-t TARGETS] [-a] STATEMENT", "run the statement on every engine, or on those named: -t 0,2-5; -a does not wait", runPx},
			magic{"%%px", "[-t TARGETS] [-a] [--local]", "run the cell on engines; --local: here too, first", runPx},
			magic{"%pxresult", "", "wait for the last %px that was not waited for, and show what it gave", runPxResult})
	}
	if m, ok := k.o.Compiler.(Modules); ok {
		all = append(all, moduleMagics(m)...)
	}
	table, shown := map[string]magic{}, []string(nil)
	for _, m := range all {
		table[m.name] = m
		shown = append(shown, m.name)
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
	case "%%", "%main":
		return nil // the rest are statements anyway
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

// flagsEnd gives where the options at the beginning of args end.
func flagsEnd(args string) int {
	_, rest := options(args, "tr")
	return len(args) - len(rest)
}

// options takes options off the beginning of args: -x, --long, --long=value; the letters of valued take the next word as their
// value, and so do --targets and --name. The rest keeps its spaces but for those in front.
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
		if !has && (len(name) == 1 && strings.Contains(valued, name) || name == "targets") {
			value, after, _ = strings.Cut(after, " ")
			after = strings.TrimLeft(after, " \t")
		}
		flags[name] = value
		rest = after
	}
	return flags, rest
}

// runTime runs %time and %%time.
func runTime(c *cell, code string, p part) *wire.Failure {
	from, to := p.argAt, p.to
	if p.magic == "%%time" {
		from = p.to - len(p.body)
	}
	m, failure := c.compile(module.Local, only(code, from, to))
	if failure != nil || m == nil {
		return failure
	}
	start := time.Now()
	failure = c.failed(c.o.Evaluator.Run(c.ctx, m, wire.Run{Silent: c.silent}, c.emit))
	took := time.Since(start)
	if failure == nil {
		c.print("stdout", fmt.Sprintf("took %v\n", rounded(took)))
	}
	return failure
}

// rounded keeps three or four digits of a duration.
func rounded(d time.Duration) time.Duration {
	for unit := time.Duration(1); ; unit *= 10 {
		if d < 10000*unit {
			return d.Round(unit)
		}
	}
}
