package cellrt

// MaxStack is the depth of a goroutine's stack, in bytes, at which a recursive function of a cell panics with [Deep]. Go's own limit
// (1 GB) ends the process.
const MaxStack = 256 << 20

// CheckStack panics when the goroutine's stack is too deep.
func CheckStack() {
	if stackUsed() > MaxStack {
		panic(Deep{})
	}
}

// stackUsed is the distance from the stack pointer to the upper end of the goroutine's stack, in bytes.
func stackUsed() uintptr

// goroutine is the address of the runtime's record of the calling goroutine: unique as long as the goroutine lives.
func goroutine() uintptr
