// Package simulate lets whole clusters live under one seed: a controller, engines and clients over a network in memory and a clock that
// is told the time. Connections break, stand still and come back, processes are killed between any two messages and begin again, the
// disk is full or keeps half of what it was given. Then the faults cease, and all that was asked for must be answered within a bound.
//
// A history is a function of its [Plan]: what fails once fails again, step by step, and the story tells every step. The controller is a
// [controller.Machine]; engines and clients are anything that is a [Peer]: models of Go's and of Python's here, the real shells in the
// tests of their rooms.
//
// It has no goroutines, sockets, files and clocks, and it is for tests alone.
package simulate
