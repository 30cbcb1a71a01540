package engine

import (
	"context"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// Space is where user code runs. Its methods are called from a goroutine that the engine does not wait for, one at a time, but for Load and
// Run in a kernel's child: there cells run at once. A cancelled context is an interrupt, and they return soon after it. show takes what
// user code displays while it runs, also after the return.
type Space interface {
	// Load makes a module's names known; loading it again does nothing.
	Load(m *module.Module) error
	// Run runs a loaded module's cell and gives how its result looks, nil without one.
	Run(ctx context.Context, id module.ID, run wire.Run, show func(display.Bundle)) (*display.Bundle, *wire.Failure)
	// Keep gives a variable of the notebook the value that came for it; without a hash, as the namespace's own.
	Keep(session string, v wire.VarRef, e value.Encoded) error
	// Call calls a function for its items. values are the captures, if any, then the packed arguments. It gives the reply, with Lacks if the
	// call could not begin, and the values of the results that are not kept.
	Call(ctx context.Context, c wire.Call, values []value.Encoded, owner string, show func(display.Bundle)) (wire.CallReply, []value.Encoded)
	// Apply calls what a name means with arguments of another language and gives its result.
	Apply(ctx context.Context, place string, args []any, show func(display.Bundle)) (any, *wire.Failure)
}

// Names are the variables of a namespace.
type Names interface {
	// Get gives the value of a name, or of a part of it: "model.Rho[3]".
	Get(place string) (any, error)
	// Set gives a name or a part of it a value.
	Set(place string, x any) error
	// Delete forgets names and counts those that were set.
	Delete(names ...string) int
	// Clear forgets all names.
	Clear()
	// List describes what is set.
	List() []wire.NameInfo
}

// Explorer looks at variables, also beside running cells.
type Explorer interface {
	// Explore answers at once, whatever runs.
	Explore(ctx context.Context, v wire.Vars) wire.VarsReply
	// Take gives the values of all variables; nothing runs.
	Take() (wire.TakeReply, []value.Encoded)
}

// Comms are the comms of a kernel's child.
type Comms interface {
	// Receive hands a message of a front end to its handler, and waits until that has ended; msgType is one of wire.CommOpen, CommMsg, CommClose.
	// Messages of one comm come one after another, beside running cells.
	Receive(ctx context.Context, msgType string, c wire.Comm, buffers [][]byte, show func(display.Bundle)) *wire.Failure
}

// Stdin is the standard input of the process.
type Stdin interface {
	// Attend calls ask for a line, without its line feed, whenever code waits for input, until stop is called; an error of ask is the end of
	// the input. stop says whether ctx ended while code waited, which user code does not hear of in another way.
	Attend(ctx context.Context, ask func(context.Context) (string, error)) (stop func() (interrupted bool))
}

// Objects are values that stay for clients.
type Objects interface {
	// Do names, deletes and releases as o says, then lists if it asks for that.
	Do(o wire.Objects) []wire.ObjectInfo
}

// Compiler compiles Go source that a client sends as text. number is what messages call the cell.
type Compiler interface {
	// Compile gives nil for a cell that has nothing to run. An error's text is what the client sees; a [wire.Failure] is passed on whole.
	Compile(ctx context.Context, source string, number int) (*module.Module, error)
}
