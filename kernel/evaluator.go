package kernel

import (
	"context"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

// Evaluator runs modules where the notebook's variables live, in another process.
type Evaluator interface {
	// Run loads a module and runs its cell. What it shows and prints goes to emit before Run returns, and what its goroutines
	// print later may go there too; emit may wait when a front end reads slowly. A cancelled context is an interrupt: Run then returns within a second, with a Failure named
	// KeyboardInterrupt. That the process died is a Failure too.
	Run(ctx context.Context, m *module.Module, run wire.Run, emit func(wire.Output)) wire.Reply
	// Request asks the process anything else, for instance a wire.NamesRequest.
	Request(ctx context.Context, msgType string, content any, buffers [][]byte, emit func(wire.Output)) (*wire.Message, error)
	// Interrupt is told of an interrupt that has no running cell to stop, or comes after the one that cancelled the cell. It ends
	// the process when goroutines of an interrupted cell still run there, and does nothing otherwise.
	Interrupt()
	// Restart begins with a new process; every value is gone.
	Restart(ctx context.Context) error
	// Close ends the process and everything that it started, at once.
	Close() error
}

// Cluster runs modules on engines, for the %px family. Emit may be called after a return, by work that was not waited for.
type Cluster interface {
	// Px runs a module on the targets of p. A nil module has nothing to run, but the engines are made sure of.
	Px(ctx context.Context, p Px, m *module.Module, emit func(wire.Output)) wire.Reply
	// Result waits for a Px that was not waited for, by its name or, without one, the last, and emits what it gave.
	Result(ctx context.Context, name string, emit func(wire.Output)) wire.Reply
}

// Px says how a cell runs on engines.
type Px struct {
	Targets string // "all", or ids and ranges: "0,2,4-7"; "" is "all"
	NoWait  bool   // return when the work is under way
	Name    string // of its result, for Result; may be empty
	Hold    bool   // output is given out at the end only
	Group   string // how output is put together: "engine" (default), "order", "type"
}
