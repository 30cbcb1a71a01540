// Package wire is a message as bytes that someone signed.
//
// Jupyter's kernel protocol and ipyparallel's cluster protocol share one form of message: routing frames, a delimiter, an
// HMAC signature, four JSON objects (header, parent header, metadata, content) and raw buffers. This package builds, parses and
// verifies that form, reads and writes the connection files that carry keys and ports, and names the contents that gale's own
// requests have. A [Session] signs what one process says and refuses what it has heard before.
//
// A parsed [Message] keeps its JSON as the bytes that came: signatures are computed over them, and a relay passes them on
// unchanged. Contents are decoded by whoever needs a field, never here.
//
// The package never opens a socket, never reads a clock it was not given through [Options.Now], never starts a goroutine and
// never panics on what it is sent.
package wire
