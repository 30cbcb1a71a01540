package kernel

import (
	"fmt"
	"go/ast"
	"go/parser"
	"strconv"
	"strings"
	"time"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

func timingMagics() []magic {
	return []magic{
		{"%time", "STATEMENT", "run the statement and say how long it took, without compiling", runTime},
		{"%%time", "", "the same for the cell", runTime},
		{"%timeit", "[-n LOOPS] [-r RUNS] STATEMENT", "repeat the statement and say how long it takes: mean, deviation, median, fastest and slowest run", runTimeit},
		{"%%timeit", "[-n LOOPS] [-r RUNS] [SETUP]", "the same for the cell; the setup runs once before", runTimeit},
		{"%prof", "STATEMENT", "run the statement and show where the processors were: a table and a flame graph", runProf},
		{"%%prof", "", "the same for the cell", runProf},
		{"%test", "[-v] [-run PATTERN] [-bench PATTERN]", "run the tests of this cell, or without any those of all cells; benchmarks only with -bench", runTests},
		{"%bench", "[-run PATTERN]", "run the benchmarks of this cell, or without any those of all cells", runTests},
	}
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
	failure = c.failed(c.o.Evaluator.Run(c.ctx, m, c.asked(false), c.emit))
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

// measurePath is the package that times, profiles and tests where cells run.
const measurePath = "github.com/galeproject/gale/measure"

// measured gives source behind an import of the package that measures, on its first line so that lines stay.
func measured(before, source, behind string) string {
	at := len(source) - len(strings.TrimLeft(source, " \n\r\t"))
	at = strings.LastIndexByte(source[:at], '\n') + 1
	return source[:at] + "import gale_measure \"" + measurePath + "\"; " + before + strings.TrimLeft(source[at:], " \t") + behind
}

// runTimeit runs %timeit and %%timeit.
func runTimeit(c *cell, code string, p part) *wire.Failure {
	flags, setup := options(p.args, "nr")
	counts := map[string]int{"n": 0, "r": 0}
	for name, value := range flags {
		if _, ok := counts[name]; !ok {
			return noOption(p, name, "-n LOOPS and -r RUNS")
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return usage("%s: -%s %s: want a number from 1", p.magic, name, value)
		}
		counts[name] = n
	}
	from, to := p.argAt+len(p.args)-len(setup), p.to
	if p.magic == "%%timeit" {
		from = p.to - len(p.body)
	} else {
		setup = ""
	}
	statement := only(code, from, to)
	if strings.TrimSpace(statement) == "" {
		return usage("%s: want a statement", p.magic)
	}
	before := "func() gale_measure.Timing { " + strings.TrimSpace(setup) + "; return gale_measure.Loop(" + fmt.Sprintf("%d, %d", counts["n"], counts["r"]) + ", func(gale_n int) { for range gale_n { "
	behind := "\n} }) }()"
	if kept, ok := kept(statement); ok {
		failure := c.runGo(measured(before, kept, behind), false)
		if failure == nil || !strings.Contains(failure.Value, "no value") {
			return failure
		}
	}
	return c.runGo(measured(before, statement, behind), false)
}

// kept makes a statement that is an expression keep its value, so that the compiler does not leave it out.
func kept(statement string) (string, bool) {
	text := strings.TrimSpace(statement)
	x, err := parser.ParseExpr(text)
	if err != nil {
		return "", false
	}
	if _, ok := x.(*ast.FuncLit); ok {
		return "", false
	}
	at := strings.Index(statement, text)
	return statement[:at] + "gale_measure.Keep(" + text + ")", true
}

// runProf runs %prof and %%prof.
func runProf(c *cell, code string, p part) *wire.Failure {
	from, to := p.argAt, p.to
	if p.magic == "%%prof" {
		from = p.to - len(p.body)
	}
	m, failure := c.compile(module.Local, only(code, from, to))
	if failure != nil {
		return failure
	}
	if failure := c.runGo(measured("", "gale_measure.Start()", ""), true); failure != nil {
		return failure
	}
	if m != nil {
		failure = c.failed(c.o.Evaluator.Run(c.ctx, m, c.asked(false), c.emit))
	}
	stop := "gale_measure.Stop()"
	if failure != nil { // what was recorded is dropped; this failure tells less
		_ = c.uninterrupted(func() *wire.Failure { return c.runGo(measured("_, _ = ", stop, ""), true) })
		return failure
	}
	return c.runGo(measured("", stop, ""), false)
}

// uninterrupted lets f run also when the cell was interrupted.
func (c *cell) uninterrupted(f func() *wire.Failure) *wire.Failure {
	ctx := c.ctx
	c.ctx = c.Kernel.ctx
	defer func() { c.ctx = ctx }()
	return f()
}
