// Package engine puts a namespace on the wire: a process that a controller gives work, or that a kernel keeps as its child.
//
// An engine registers with a controller in ipyparallel's way and answers two kinds of clients: Go clients by gale's own requests (run a
// module, prepare, call, names, objects), Python clients by execute and apply requests, as far as those mean something to Go: source text,
// push, pull, calls of Go functions by name, arrays as raw frames. A child of a kernel does the same on private sockets, without
// registration ([Options].Private).
//
// The shell in the middle is a value with one method, step: an event and a time go in, effects come out. A loop around it ([Engine.Run])
// moves messages between the [Conn], the runner of user code and the shell; one piece of user code runs at a time, beside the loop, so that
// control, heartbeat, abort and interrupt are answered while it runs. A request's output reaches the wire before its reply, and idle comes
// last.
//
// What user code is and where it runs is the [Space]'s business; the package asks it through three small interfaces and never imports it.
//
// The package never exits the process, never loads code itself, never sends a gale message to a peer that did not ask for one, and never
// trusts a length or a pickle that it is sent: no pickle makes it run code.
package engine
