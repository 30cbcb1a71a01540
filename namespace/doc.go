// Package namespace loads compiled cells, runs them, and holds the variables, functions, types and objects that outlive them.
//
// A [Namespace] is what a kernel's child or an engine keeps for its user. It loads modules ([Namespace.Load]), runs their cells
// ([Namespace.Run]), calls functions that were sent to it ([Namespace.Call]), and answers by name what it holds. Names know whether
// they are set: a cell that needs a variable which was never set here is refused with a sentence that says so, not run with a zero.
//
// User code runs in a goroutine of its own. A panic ends the run, not the process, and becomes a [Failure] with the lines of cells
// that led to it. A cancelled context interrupts the run: loops stop at once, what only waits is left behind after 0.6 s. State is
// kept either way.
//
// Modules are native code that is mapped into the process and never leaves it: only those from authenticated peers may be loaded,
// and only those that were made for this very program.
//
// The package never opens a socket, never prints (what no run can report goes to the log), never compiles, and never runs user code
// outside of a run: listing and deleting call no methods of values.
package namespace
