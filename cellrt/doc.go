// Package cellrt is what the code of compiled cells calls, and what a namespace and a module say to each other.
//
// All state hangs on a [Space], of which a namespace makes one. The modules of a session may be loaded into one space per process
// only, because the variables of a session are package variables of its modules.
//
// # How a namespace calls a module
//
// A module exports two functions, found with plugin.Lookup: "Reg" and "Run". Their types are unique to the module, so they are called
// through this package:
//
//	reg, err := p.Lookup("Reg")
//	r := &cellrt.Registrar{Space: space, Newest: newest}
//	err = cellrt.Register(reg, r)      // names, types, functions; methods take effect; runs no code of the user
//	run, err := p.Lookup("Run")
//	one := &cellrt.Run{Space: space, Context: ctx}
//	err = cellrt.Start(run, one)       // runs the cell in the calling goroutine; panics of the cell pass through
//	one.Values, one.Shown              // last expression
//
// Register comes before anything else and once per module; modules may come in any order of generation, since Newest answers for each
// method whether the module is the newest that has it. Start may be called again for a rerun. A function that Registrar.Func recorded
// is called by reflection inside [Run.Do], which makes the goroutine, and those that it starts by go statements of cells, belong to the
// run: [Space.Current] finds it, and with it context, interruption and reports of panics.
//
// Panic values [Interrupted], [Deep], [Exit] and [Failure] end a run in an orderly way.
//
// # Stopping
//
// Loops of a module read its stop flag ([Registrar.Stop]) and call [Space.Stop] when it is not zero. Stop asks [Hooks].Stopped, and
// panics with Interrupted if the answer is yes. In a goroutine that a library started ([Space.Current] is nil) a panic would end the
// process: answer no there.
//
// The package never decides what an interrupt, a failure or a shown value means; it never prints and starts no goroutine. It keeps no state
// outside of spaces: a table from goroutines to runs and a weak table from function values to their records, both in the space.
package cellrt
