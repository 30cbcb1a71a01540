package zmtp

import (
	"math/bits"
	"sync"
)

const (
	blockMin = 12 // log2 of the smallest class
	blockMax = 25 // and of the largest: what is above is left to the collector
)

// blocks lends buffers by size class, each a power of two. What it lends holds whatever was there before. A nil one makes
// each buffer anew.
type blocks struct {
	classes [blockMax - blockMin + 1]sync.Pool
}

func class(n int) int { return max(bits.Len(uint(max(n, 1)-1)), blockMin) - blockMin }

// shift keeps a buffer off the start of a page. A frame's header puts its body 9 bytes into the pages of the kernel's socket
// buffer, and processors copy between two addresses that are nearly equal modulo 4096 at a fraction of their speed. A
// multiple of 64 suits every type that a frame may be read as.
const shift = 64

// apart makes a buffer of n bytes that is fast to write to a socket again.
func apart(n int) []byte {
	if n <= arenaFrame {
		return make([]byte, n)
	}
	return make([]byte, n+shift)[shift:]
}

// get lends n bytes.
func (b *blocks) get(n int) []byte {
	k := class(n)
	if b == nil || k >= len(b.classes) {
		return apart(n)
	}
	if p, ok := b.classes[k].Get().(*[]byte); ok {
		return (*p)[:n]
	}
	return make([]byte, n, 1<<(k+blockMin))
}

// put takes back what get lent.
func (b *blocks) put(p []byte) {
	if k := class(cap(p)); b != nil && k < len(b.classes) && cap(p) == 1<<(k+blockMin) {
		b.classes[k].Put(&p)
	}
}
