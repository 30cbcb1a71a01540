package cellrt

import "fmt"

// Interrupted is the panic value that ends an interrupted goroutine.
type Interrupted struct{}

func (Interrupted) Error() string { return "interrupted" }

// Deep is the panic value of a recursion that went too deep.
type Deep struct{}

func (Deep) Error() string { return "stack overflow: recursion too deep" }

// RuntimeError makes Deep a runtime.Error, as Go's own failures are.
func (Deep) RuntimeError() {}

// Exit is the panic value of os.Exit and log.Fatal in cell code.
type Exit struct{ Code int }

func (e Exit) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

// Failure is the panic value of must, and of a last expression that gave an error: the cell ends with the error's message.
type Failure struct{ Err error }

func (f Failure) Error() string { return f.Err.Error() }

func (f Failure) Unwrap() error { return f.Err }

// Must is must in cell code: it gives v, or ends the cell with err.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(Failure{Err: err})
	}
	return v
}
