package cellrt

import (
	"sync/atomic"
	"unsafe"
)

// MaxStack is the depth of a goroutine's stack, in bytes, at which a recursive function of a cell panics with [Deep]. Go's own limit
// (1 GB) ends the process.
const MaxStack = 256 << 20

// checked holds addresses of blocks of 64 KB of stacks that were not too deep, each at the place that its number has in the table: recursion
// stays in a block for long, so that most checks need no call. An address that is left over from a stack that is gone can let one block
// of a deeper stack pass, never the 4 MB after it.
var checked [64]uintptr

// CheckStack panics when the goroutine's stack is too deep. It is small enough to become part of its caller.
func CheckStack() {
	// what new gives stays on the stack
	if block := uintptr(unsafe.Pointer(new(byte))) >> 16; atomic.LoadUintptr(&checked[block%64]) != block {
		checkBlock(block)
	}
}

// checkBlock stays a call, or CheckStack would be too large to become part of its caller.
//
//go:noinline
func checkBlock(block uintptr) {
	if stackUsed() > MaxStack {
		panic(Deep{})
	}
	atomic.StoreUintptr(&checked[block%64], block)
}

// stackUsed is the distance from the stack pointer to the upper end of the goroutine's stack, in bytes.
func stackUsed() uintptr

// goroutine is the address of the runtime's record of the calling goroutine: unique as long as the goroutine lives.
func goroutine() uintptr
