package kern

import "unsafe"

// PeakFlops is how many operations Peak does for one unit of n.
const PeakFlops = 96

// Peak does nothing but multiply-adds of double numbers in registers, as the assembly would at its very best. It
// says no where there is no assembly.
func Peak(n int) bool {
	if haveAVX2 && n > 0 {
		peak128(n)
	}
	return haveAVX2
}

// Read reads memory in the order of a sweep, as fast as the loops do.
func Read(a []complex128) complex128 {
	var out [Rows]complex128
	y := [64]complex128{}
	l := Best[complex128]()
	const width = Rows * len(y)
	sum := complex128(0)
	for ; len(a) >= width; a = a[width:] {
		l.Ones(1, len(y), a[:width], y[:], out[:])
		sum += out[0]
	}
	return sum
}

// Numbers is a slice of n numbers whose memory comes in large pages where the system has them.
func Numbers[T Number](n int64) []T {
	x := make([]T, n)
	if bytes := n * int64(size[T]()); bytes >= 4<<20 {
		large(unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), bytes))
	}
	return x
}
