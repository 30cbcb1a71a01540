package kern

import (
	"syscall"
	"unsafe"
)

// large asks for large pages: a sweep then misses far fewer address translations. It is a hint; a refusal costs
// nothing but time.
func large(b []byte) {
	const page = 2 << 20
	skip := -address(b) & (page - 1)
	if len(b) < skip+page {
		return
	}
	b = b[skip:]
	_ = syscall.Madvise(b[:len(b)&^(page-1)], syscall.MADV_HUGEPAGE)
}

func address(b []byte) int { return int(uintptr(unsafe.Pointer(&b[0]))) }
