// Package stream carries what a process prints: a [Pipe] reads one of its file descriptors in order, a [Merger] puts the bytes together
// into few messages of whole runes.
//
// Nothing is lost: when nobody takes the bytes, the pipe is not read, and the process that prints waits. [Pipe.Drain] gives what had been
// written before it was called, so that a message that came another way does not overtake output.
//
// The package never decides what becomes of the text, and its Merger reads no clock: times come in.
package stream
