// Package store keeps SQLite files: now the history of inputs that a user's kernels share.
//
// The contract: a store never stops the program that uses it. [OpenHistory] returns at once, opens the file in the background
// and is usable from any goroutine; a file that is damaged is set aside under the name FILE.damaged and begun anew, and where no
// file can be had, the history lives in memory for as long as the process. What went wrong is logged and nowhere else.
//
// Files are made with mode 0600. Several processes may have one open.
//
// The package never keeps what it was not given, never deletes a row, and never prints.
package store
