package namespace

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"

	"github.com/galeproject/gale/cellrt"
)

// Names of failures that user code did not name itself.
const (
	NameInterrupted = "KeyboardInterrupt"
	NameDeep        = "StackOverflow"
	NameExit        = "Exit"
	NameRuntime     = "RuntimeError"
	NamePanic       = "Panic"
	NameError       = "Error"
	NameUnset       = "NotSet"
)

// maxFrames is how many lines of cells a failure lists.
const maxFrames = 10

// Failure says why a run or a call did not end well.
type Failure struct {
	Name  string   // class of the failure: RuntimeError, KeyboardInterrupt, the type's name of an error …
	Value string   // message
	Trace []string // one line that says name and value, then where: "cell[3]:2 f", innermost first
	Err   error    // the user's error, when there is one
}

// Error gives name and message.
func (f *Failure) Error() string { return strings.TrimSuffix(f.Name+": "+f.Value, ": ") }

// Unwrap gives the user's error.
func (f *Failure) Unwrap() error { return f.Err }

// Text gives the failure as several lines.
func (f *Failure) Text() string { return strings.Join(f.Trace, "\n") }

// failure makes a Failure without lines.
func failure(name, format string, a ...any) *Failure {
	f := &Failure{Name: name, Value: fmt.Sprintf(format, a...)}
	f.Trace = []string{f.Error()}
	return f
}

// recovered makes a Failure of what recover gave, in a function that was deferred by the one that panicked or by a caller of it.
// skip is the number of the caller's frames that are not of interest.
func recovered(x any, skip int) *Failure {
	f := &Failure{Value: text(x)}
	stack := true
	switch x := x.(type) {
	case cellrt.Interrupted:
		f.Name, f.Value, stack = NameInterrupted, "interrupted", false
	case cellrt.Deep:
		f.Name = NameDeep
		f.Value = "recursion too deep"
	case cellrt.Exit:
		f.Name, stack = NameExit, false
	case cellrt.Failure: // of must: the message is enough
		f.Err, stack = x.Err, false
		f.Name = errorName(x.Err)
	case runtime.Error:
		f.Name, f.Err = NameRuntime, x
		f.Value = strings.TrimPrefix(f.Value, "runtime error: ")
	case error:
		f.Name, f.Err = typeName(x), x
	default:
		f.Name = typeName(x)
	}
	f.Trace = []string{f.Error()}
	if stack {
		f.Trace = append(f.Trace, cellFrames(skip+1)...)
	}
	return f
}

// errorName names an error: by its type, unless that says nothing.
func errorName(err error) string {
	if name := typeName(err); name != NamePanic {
		return name
	}
	return NameError
}

// typeName is the name of a named type of the user's or of a library, NamePanic for the others.
func typeName(x any) string {
	t := reflect.TypeOf(x)
	if t == nil {
		return NamePanic
	}
	e := t
	if e.Kind() == reflect.Pointer {
		e = e.Elem()
	}
	switch e.PkgPath() {
	case "", "errors", "fmt", "log": // *errors.errorString and its like
		return NamePanic
	}
	return t.String()
}

// text prints a panic value; its methods may panic in turn.
func text(x any) (s string) {
	defer func() {
		if r := recover(); r != nil {
			s = fmt.Sprintf("%T (its text panicked: %T)", x, r)
		}
	}()
	switch x := x.(type) {
	case error:
		return x.Error()
	case fmt.Stringer:
		return x.String()
	}
	return fmt.Sprint(x)
}

// cellFrames lists the frames of the calling goroutine that are in cells, innermost first.
func cellFrames(skip int) []string {
	pc := make([]uintptr, 512)
	frames := runtime.CallersFrames(pc[:runtime.Callers(skip+2, pc)])
	var out []string
	more := true
	for n := 0; more; {
		var f runtime.Frame
		f, more = frames.Next()
		at, ok := cellLine(f)
		if !ok {
			continue
		}
		if n++; n <= maxFrames {
			out = append(out, "  "+at)
		} else if n == maxFrames+1 {
			out = append(out, "  …")
		}
	}
	return out
}

// renumber makes places in a module that belongs to another cell by now places in that cell.
func (f *Failure) renumber(u *unit) {
	from, to := fmt.Sprintf("  cell[%d]:", u.m.Cell), fmt.Sprintf("  cell[%d]:", u.cell.Load())
	for i, l := range f.Trace {
		if place, ok := strings.CutPrefix(l, from); ok {
			f.Trace[i] = to + place
		}
	}
}

// cellLine gives "cell[3]:2 f" for a frame in a cell.
func cellLine(f runtime.Frame) (string, bool) {
	file := filepath.Base(f.File)
	if !strings.HasPrefix(file, "cell[") || f.Line <= 0 {
		return "", false
	}
	return strings.TrimSuffix(fmt.Sprintf("%s:%d %s", file, f.Line, userName(f.Function)), " "), true
}

// generated is the name of a function of a cell, as the compiler makes it: of a method, receiver and name are parted by the same dot.
var generated = regexp.MustCompile(`.*ƒᐧ(.*?)_g\d+`)

// userName gives a function's name as the user knows it: of "gale_s1.Run.runᐧ1.ƒᐧpointᐧnorm_g7.func1" it is "point.norm", of a function
// literal that left its process "func literal", of a cell's own statements nothing.
func userName(full string) string {
	if m := generated.FindStringSubmatch(full); m != nil {
		return strings.ReplaceAll(m[1], "ᐧ", ".")
	}
	switch {
	case strings.Contains(full, ".λᐧ"):
		return "func literal"
	case strings.Contains(full, "ᐧ"), full == "":
		return ""
	}
	name := full[strings.LastIndexByte(full, '/')+1:]
	if i := strings.IndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	if name == "Run" {
		return ""
	}
	return name
}

// asFailure makes a Failure of an error.
func asFailure(err error) *Failure {
	if f := (*Failure)(nil); errors.As(err, &f) {
		return f
	}
	f := failure(errorName(err), "%s", text(err))
	f.Err = err
	return f
}
