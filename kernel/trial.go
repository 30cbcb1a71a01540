package kernel

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/galeproject/gale/wire"
)

// trialFunc finds functions that the testing package runs.
var trialFunc = regexp.MustCompile(`(?m)^func[ \t]+((Test|Benchmark)(?:[^\pL\s(][\pL\pN_]*|[\p{Lu}][\pL\pN_]*)?)[ \t]*\([ \t]*\w+[ \t]+\*testing\.(T|B)[ \t]*\)`)

// trials are tests or benchmarks by their names.
func trials(code string) (tests, benchmarks []string) {
	for _, m := range trialFunc.FindAllStringSubmatch(code, -1) {
		switch {
		case m[2] == "Test" && m[3] == "T" && m[1] != "TestMain":
			tests = append(tests, m[1])
		case m[2] == "Benchmark" && m[3] == "B":
			benchmarks = append(benchmarks, m[1])
		}
	}
	return tests, benchmarks
}

// noteTrials remembers the tests of a cell that was run.
func (k *Kernel) noteTrials(code string) {
	if !strings.Contains(code, "testing.") {
		return
	}
	tests, benchmarks := trials(code)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, name := range slices.Concat(tests, benchmarks) {
		if k.trials == nil {
			k.trials = map[string]bool{}
		}
		k.trials[name] = true
	}
}

// runTests runs %test and %bench, when the rest of the cell has run.
func runTests(c *cell, code string, p part) *wire.Failure {
	flags, err := testFlags(p)
	if err != nil {
		return err
	}
	tests, benchmarks := trials(code)
	if len(tests)+len(benchmarks) == 0 {
		c.mu.Lock()
		for _, name := range slices.Sorted(maps.Keys(c.trials)) {
			if strings.HasPrefix(name, "Test") {
				tests = append(tests, name)
			} else {
				benchmarks = append(benchmarks, name)
			}
		}
		c.mu.Unlock()
	}
	if p.magic == "%bench" {
		tests = nil
	}
	if len(tests)+len(benchmarks) == 0 {
		return usage("%s: there is nothing to run: write func TestX(t *testing.T) or func BenchmarkX(b *testing.B)", p.magic)
	}
	var b strings.Builder
	b.WriteString("import \"testing\"; import gale_measure \"" + measurePath + "\"; gale_measure.Tests(map[string]string{")
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		fmt.Fprintf(&b, "%q: %q, ", name, flags[name])
	}
	b.WriteString("}, []testing.InternalTest{")
	for _, name := range tests {
		fmt.Fprintf(&b, "{Name: %q, F: %s}, ", name, name)
	}
	b.WriteString("}, []testing.InternalBenchmark{")
	for _, name := range benchmarks {
		fmt.Fprintf(&b, "{Name: %q, F: %s}, ", name, name)
	}
	b.WriteString("})")
	failure := c.runGo(b.String(), true)
	if failure != nil && strings.Contains(failure.Value, "a test failed") {
		f := wire.NewFailure("TestFailed", "a test failed")
		return &f
	}
	return failure
}

// testFlags reads the flags of %test and %bench by their names without "test.". A pattern may stand in the next word.
func testFlags(p part) (map[string]string, *wire.Failure) {
	flags := map[string]string{}
	if p.magic == "%bench" {
		flags["bench"], flags["benchmem"] = ".", "true"
	}
	valued := map[string]bool{"run": true, "bench": true, "count": true, "benchtime": true, "cpu": true, "parallel": true, "timeout": true}
	words := strings.Fields(p.args)
	for i := 0; i < len(words); i++ {
		word := strings.TrimPrefix(strings.TrimLeft(words[i], "-"), "test.")
		if !strings.HasPrefix(words[i], "-") {
			return nil, usage("%s: %s: want flags such as -v, -run PATTERN", p.magic, words[i])
		}
		name, value, has := strings.Cut(word, "=")
		switch {
		case has:
		case valued[name] && i+1 < len(words):
			i++
			value = words[i]
		case valued[name]:
			return nil, usage("%s: -%s: want a value", p.magic, name)
		default:
			value = "true"
		}
		if name == "run" && p.magic == "%bench" {
			name = "bench"
		}
		flags[name] = value
	}
	return flags, nil
}
