package kernel

import (
	"context"
	"fmt"
	"strings"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/module"
)

// Compiler turns the text of cells into modules and answers questions about text. Offsets are bytes. Its methods are called
// from several goroutines: questions also while something compiles.
type Compiler interface {
	// Compile checks and compiles a cell that is shown as cell[number]; the session changes at Commit only. An error of the text
	// is a *CompileError. A cancelled context ends it soon.
	Compile(ctx context.Context, scope module.Scope, source string, number int) (Compiled, error)
	// Commit makes what a compiled cell declares known to the cells after it.
	Commit(Compiled)
	// Complete finds what can stand at an offset.
	Complete(source string, offset int) Completion
	// Inspect describes what stands at an offset; with detail 1 it shows the source too.
	Inspect(source string, offset, detail int) (display.Bundle, bool)
	// Status says whether a text can be run as it is.
	Status(source string) Completeness
}

// Keeper is what a [Compiler] may also be: RestartKeeping ends the process of the variables and begins another one that has them, as far as
// they can travel; report says what was kept and what was lost.
type Keeper interface {
	RestartKeeping(ctx context.Context) (report string, err error)
}

// Resetter is what a [Compiler] may also be: Reset forgets every declaration of the session.
type Resetter interface{ Reset() error }

// Compiled is a cell that was compiled.
type Compiled struct {
	Module *module.Module // nil: there is nothing to run
	Handle any            // the compiler's own, given back to it by Commit
}

// Completion is what can replace source[Start:End].
type Completion struct {
	Start, End int // bytes
	Candidates []Candidate
}

// Candidate is one possible text.
type Candidate struct {
	Text      string
	Kind      string // function, method, type, variable, constant, field, module, keyword, label, path, magic
	Signature string // of a function or the type of a variable; may be empty
}

// State says whether a text can be run.
type State string

// The states of a text.
const (
	Complete   State = "complete"
	Incomplete State = "incomplete" // more is needed
	Invalid    State = "invalid"    // more cannot help
	Unknown    State = "unknown"
)

// Completeness is the answer of [Compiler.Status].
type Completeness struct {
	State  State
	Indent string // for the next line, when incomplete
}

// CompileError is what is wrong with the text of a cell.
type CompileError struct {
	Diagnostics []Diagnostic // at least one
}

// Diagnostic is one thing that is wrong.
type Diagnostic struct {
	Cell         int
	Line, Column int // from 1; the column counts bytes; 0: unknown
	Message      string
	Source       string // the whole line
}

// Error gives the first message with its place.
func (e *CompileError) Error() string {
	if len(e.Diagnostics) == 0 {
		return "does not compile"
	}
	d := e.Diagnostics[0]
	if d.Line == 0 {
		return d.Message
	}
	return fmt.Sprintf("%s: %s", d.place(), d.Message)
}

func (d Diagnostic) place() string {
	if d.Column == 0 {
		return fmt.Sprintf("cell[%d]:%d", d.Cell, d.Line)
	}
	return fmt.Sprintf("cell[%d]:%d:%d", d.Cell, d.Line, d.Column)
}

// traceback shows every diagnostic with its place, its line and a caret under the column.
func (e *CompileError) traceback() []string {
	var out []string
	for _, d := range e.Diagnostics {
		if d.Line == 0 {
			out = append(out, d.Message)
			continue
		}
		text := fmt.Sprintf("\x1b[36m%s\x1b[0m: %s", d.place(), d.Message)
		if d.Source != "" {
			text += "\n    " + d.Source
			if d.Column > 0 {
				text += "\n    " + indentLike(d.Source, d.Column-1) + "\x1b[31m^\x1b[0m"
			}
		}
		out = append(out, text)
	}
	return out
}

// indentLike gives white space as wide as the first n bytes of line, tabs kept.
func indentLike(line string, n int) string {
	var b strings.Builder
	for _, r := range line[:min(n, len(line))] {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
