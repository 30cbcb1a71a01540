package client

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// Host is the process that a cell runs in, as far as shipping functions goes. A context that comes from a cell carries it.
type Host interface {
	// Function says how a function value is made again in another process.
	Function(f any) (Function, bool)
	// Module gives a module that this process loaded.
	Module(id module.ID) (*module.Module, error)
	// Types names the types of cells and of the program.
	Types() value.Types
	// Emit publishes an output under the cell whose ctx it is.
	Emit(ctx context.Context, o wire.Output)
	// Ask puts a question to the kernel: "cluster" starts or finds one, "compile" compiles for the engines, "declare" tells
	// what a name on the engines means.
	Ask(ctx context.Context, kind string, content any) (json.RawMessage, [][]byte, error)
}

// Function is a function of a cell as another process can make it: what module has it, what it captured, which of the notebook's
// variables it reads, and which of the engine's own.
type Function struct {
	Module module.ID
	Symbol string
	Cap    any // pointer to the captured values, nil without
	Vars   []Variable
	Needs  []module.Need
}

// Variable is a variable of the notebook that a function reads.
type Variable struct {
	Name, Symbol string
	P            any // pointer to it
}

type hostKey struct{}

// WithHost gives a context that carries the host of the cells that run under it.
func WithHost(ctx context.Context, h Host) context.Context {
	return context.WithValue(ctx, hostKey{}, h)
}

// hostOf finds the host in a context; nil outside of a cell.
func hostOf(ctx context.Context) Host {
	h, _ := ctx.Value(hostKey{}).(Host)
	return h
}

// function finds out how f travels.
func (c *Client) function(f any) (Function, error) {
	if c.host == nil {
		return Function{}, fmt.Errorf("client: a function can be sent from a cell only: this client was not made with the cell's ctx")
	}
	if f == nil || reflect.ValueOf(f).Kind() != reflect.Func || reflect.ValueOf(f).IsNil() {
		return Function{}, fmt.Errorf("client: the function is nil")
	}
	fn, ok := c.host.Function(f)
	if !ok {
		return Function{}, fmt.Errorf("client: cannot send this %T: write it in the call as a function literal, or pass a named function, a method expression or a method value", f)
	}
	return fn, nil
}
