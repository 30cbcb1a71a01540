// Package kerneltest states what a Jupyter kernel promises: one exported function per promise, each run against a fresh kernel
// through its sockets, so that they hold for a kernel in this process and for a program alike. [All] runs every one.
//
// The cells that the promises send are Go that needs no imports.
package kerneltest
