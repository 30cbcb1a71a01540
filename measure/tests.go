package measure

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"runtime/debug"
	"testing"
	"time"
)

// ErrFailed is returned by [Tests] when a test has failed; what failed was printed.
var ErrFailed = errors.New("measure: a test failed")

// Tests runs tests and benchmarks as go test does, with its flags by their names without "test.": v, run, bench, count … What they print
// goes to the standard output. A test that panics fails.
func Tests(flags map[string]string, tests []testing.InternalTest, benchmarks []testing.InternalBenchmark) error {
	for i := range tests {
		tests[i].F = guarded(tests[i].F)
	}
	testing.Init()
	set := map[string]string{"v": "false", "run": "", "bench": "", "count": "1", "timeout": "0", "short": "false", "benchmem": "false", "benchtime": "1s", "failfast": "false", "cpu": "", "parallel": ""}
	for name, value := range flags {
		if _, ok := set[name]; !ok {
			return fmt.Errorf("measure: there is no flag -%s; there are -v -run -bench -benchmem -benchtime -count -cpu -failfast -parallel -short -timeout", name)
		}
		set[name] = value
	}
	for _, pattern := range []string{set["run"], set["bench"]} {
		if _, err := regexp.Compile(pattern); err != nil {
			return fmt.Errorf("measure: pattern %q: %w", pattern, err)
		}
	}
	for name, value := range set {
		if value == "" && name != "run" && name != "bench" {
			continue
		}
		if err := flag.Set("test."+name, value); err != nil {
			return fmt.Errorf("measure: flag -%s=%s: %w", name, value, err)
		}
	}
	if testing.MainStart(deps{}, tests, benchmarks, nil, nil).Run() != 0 {
		return ErrFailed
	}
	return nil
}

// guarded makes a panic of a test its failure: otherwise it would end the process.
func guarded(f func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		f(t)
	}
}

// deps is what the testing package wants from the program that go test would generate; nothing of it is needed here but patterns.
type deps struct{}

// errNone says that a flag is for go test only.
var errNone = errors.New("measure: not here")

type corpusEntry = struct {
	Parent     string
	Path       string
	Data       []byte
	Values     []any
	Generation int
	IsSeed     bool
}

func (deps) ImportPath() string                                       { return "cell" }
func (deps) ModulePath() string                                       { return "" }
func (deps) SetPanicOnExit0(bool)                                     {}
func (deps) StartCPUProfile(io.Writer) error                          { return errNone }
func (deps) StopCPUProfile()                                          {}
func (deps) StartTestLog(io.Writer)                                   {}
func (deps) StopTestLog() error                                       { return nil }
func (deps) WriteProfileTo(string, io.Writer, int) error              { return errNone }
func (deps) RunFuzzWorker(func(corpusEntry) error) error              { return errNone }
func (deps) CheckCorpus([]any, []reflect.Type) error                  { return nil }
func (deps) ResetCoverage()                                           {}
func (deps) SnapshotCoverage()                                        {}
func (deps) MatchString(pattern, s string) (bool, error)              { return regexp.MatchString(pattern, s) }
func (deps) ReadCorpus(string, []reflect.Type) ([]corpusEntry, error) { return nil, nil }

func (deps) CoordinateFuzzing(time.Duration, int64, time.Duration, int64, int, []corpusEntry, []reflect.Type, string, string) error {
	return errNone
}

func (deps) InitRuntimeCoverage() (mode string, tearDown func(string, string) (string, error), snapcov func() float64) {
	return "", nil, nil
}
