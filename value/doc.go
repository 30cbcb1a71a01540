// Package value carries Go values between processes of one binary: every field, exported or not, shared and cyclic
// pointers, interface values by the name of their type, and big arrays of numbers without a copy.
//
// An encoding is a head of bytes and a list of frames. Slices, arrays and structs of plain numbers above 4 KB travel as
// frames that share the sender's memory; the receiver uses a frame in place when it is aligned. So an array must not be
// changed before it is sent, nor a frame after it is decoded, unless Options.Copy asks for copies.
//
// What is kept: nil against empty, NaN and its bits, pointers and maps that are shared or cyclic, slices that are the same
// array, pointers and slices into what is also reached as a whole, the instant of a time.Time and its zone. Equal values
// encode equally: maps are sorted by the encoding of their keys, padding and blank fields are zeroed. Two values that
// differ only in what they share encode differently. What is not kept: capacity beyond the length, slices that overlap
// without one being part of the other, the monotonic clock of a time.Time, the order of maps keyed by pointers or by NaN.
//
// What depends on its process is refused with the path of the field: channels, functions, locked mutexes, files,
// connections, contexts, types, addresses. A type may say how it travels: see Sender and Receiver.
//
// Both ends must be the same binary on the same architecture; who connects them proves that. Decode checks everything
// that it reads, and never allocates more than in proportion to what came.
//
// The package never calls methods of the values it carries, except those of Sender and Receiver, and never registers
// types: whoever has names for types hands them in as Types.
package value
