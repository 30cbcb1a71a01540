// Package kernel is a notebook's ear and voice: it speaks the Jupyter kernel protocol, version 5.5, to front ends.
//
// A [Kernel] binds the five sockets of a connection file, takes requests, keeps the order that the protocol promises and
// publishes what cells say. It runs no user code and compiles nothing itself: it asks a [Compiler] for modules, an [Evaluator] to
// run them, a [Cluster] for the %px family and a [History] to remember inputs. Whoever starts a kernel hands these in.
//
// # Order
//
// Shell requests are handled one at a time, in the order of their arrival; control requests likewise, beside shell. Each is
// framed on iopub by status busy and idle, and its output and reply come before idle. After an error with stop_on_error, every
// execute_request that has arrived by then is answered "aborted". Text of streams is merged, and flushed before any other
// message; the reply of a request leaves after its output.
//
// # Bounds
//
// Nothing that was published is dropped for a subscriber that still reads: when one falls behind by more than a soft bound of
// bytes, the cell that prints waits, and an interrupt ends the waiting. A subscriber that takes nothing for two minutes is
// disconnected, so that one dead front end cannot stop a cell for ever.
//
// # Never
//
// No input on any socket ends the kernel: what is malformed, forged or unknown is logged at debug level and dropped or refused.
// It never prints and never exits the process: [Kernel.Serve] returns.
package kernel
