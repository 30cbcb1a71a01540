package client

import (
	"errors"
	"fmt"
	"strings"

	"github.com/galeproject/gale/wire"
)

// EngineError is an error that happened on an engine: a function's error, a panic with its cell lines, or a refusal.
type EngineError struct {
	Engine int
	wire.Failure
}

func (e *EngineError) Error() string {
	text := e.Failure.Error()
	if e.Name == "Error" || e.Name == "" {
		text = e.Value
	}
	return fmt.Sprintf("engine %d: %s", e.Engine, text)
}

// DeadEngine says that an engine ended while it was at work. It is an ErrEngineDied.
type DeadEngine struct {
	ID   int
	UUID string
}

func (e *DeadEngine) Error() string { return fmt.Sprintf("engine %d died", e.ID) }

// Is makes errors.Is(err, ErrEngineDied) true.
func (e *DeadEngine) Is(target error) bool { return target == ErrEngineDied }

// ItemError is the error of one item of a map, or of one engine of a direct view.
type ItemError struct {
	What string // "item 3", "kernels[3] on engine 1", "engine 2"
	Err  error
}

func (e *ItemError) Error() string {
	var ee *EngineError
	if errors.As(e.Err, &ee) && strings.HasPrefix(e.Err.Error(), e.What+":") {
		return e.Err.Error()
	}
	return e.What + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *ItemError) Unwrap() error { return e.Err }

// CompositeError has the errors of the items that failed, in their order; the others have their results.
type CompositeError struct {
	Of     int // items in all
	Errors []*ItemError
}

// shownErrors is how many errors a CompositeError's text has.
const shownErrors = 4

func (e *CompositeError) Error() string {
	if e.Of == 1 && len(e.Errors) == 1 {
		if errors.Is(e.Errors[0], ErrEngineDied) { // what died with it must be said
			return e.Errors[0].Error()
		}
		return e.Errors[0].Err.Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d failed", len(e.Errors), e.Of)
	for i, x := range e.Errors {
		if i == shownErrors {
			fmt.Fprintf(&b, "\n  … and %d more", len(e.Errors)-i)
			break
		}
		b.WriteString("\n  " + strings.ReplaceAll(x.Error(), "\n", "\n    "))
	}
	return b.String()
}

// Unwrap gives the errors, for errors.Is and errors.As.
func (e *CompositeError) Unwrap() []error {
	out := make([]error, len(e.Errors))
	for i, x := range e.Errors {
		out[i] = x
	}
	return out
}

// Traceback gives the lines that a notebook shows: the cell lines of each failure.
func (e *CompositeError) Traceback() []string {
	var out []string
	for i, x := range e.Errors {
		if i == shownErrors {
			out = append(out, fmt.Sprintf("… and %d more", len(e.Errors)-i))
			break
		}
		out = append(out, x.Error())
		if ee, ok := errors.AsType[*EngineError](x.Err); ok {
			out = append(out, ee.Traceback...)
		}
	}
	return out
}
