package kern

import "golang.org/x/sys/cpu"

var haveAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// Counts are at least one. nr counts groups of four right-hand sides; strides are in bytes.

//go:noescape
func tilesAVX2(k, nt int, a, b, c *complex128, set bool)

//go:noescape
func trsmAVX2(c, x, l, d *complex128)

//go:noescape
func addAVX2(n int, dst, src *complex128)

//go:noescape
func forwardAVX2(k, nr int, a, y *complex128, ld int, o *[4]*complex128)

//go:noescape
func backwardAVX2(ns, nr int, a *complex128, stride, more int, x *complex128, ld int, o *[4]*complex128)

//go:noescape
func rowAVX2(nr int, f complex128, y, o *complex128)

//go:noescape
func scaleAVX2(nr int, f complex128, o *complex128)

//go:noescape
func maxAbsAVX2(n int, a *complex128) float64
