package kern

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

var haveAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// Counts are at least one unless said otherwise; steps are in bytes.

//go:noescape
func tiles128(k, nt int, a, b, c unsafe.Pointer, set bool)

//go:noescape
func strip128(from, to int, c, x, b unsafe.Pointer, step, more int, d unsafe.Pointer)

//go:noescape
func back128(ns int, b unsafe.Pointer, step, more int, x, c unsafe.Pointer)

//go:noescape
func lower128(c, t unsafe.Pointer)

//go:noescape
func scatter128(n int, to *int32, x, y unsafe.Pointer)

//go:noescape
func gather128(n int, to *int32, x, y unsafe.Pointer)

//go:noescape
func take128(n int, to, from unsafe.Pointer)

//go:noescape
func copyRows128(n int, to, from unsafe.Pointer)

//go:noescape
func take64(n int, to, from unsafe.Pointer)

//go:noescape
func copyRows64(n int, to, from unsafe.Pointer)

//go:noescape
func fromColumns128(n int, at *int32, cols *[4]unsafe.Pointer, rows unsafe.Pointer)

//go:noescape
func toColumns128(n int, at *int32, cols *[4]unsafe.Pointer, rows unsafe.Pointer)

//go:noescape
func add128(m, n int, runs *Run, limit, first int, dst, src unsafe.Pointer)

//go:noescape
func maxAbs128(n int, a unsafe.Pointer) (m [4]float64)

//go:noescape
func ones128(ns, k int, a, y, out unsafe.Pointer)

//go:noescape
func dots128(ns, k int, a, x, lanes unsafe.Pointer)

//go:noescape
func tiles64(k, nt int, a, b, c unsafe.Pointer, set bool)

//go:noescape
func strip64(from, to int, c, x, b unsafe.Pointer, step, more int, d unsafe.Pointer)

//go:noescape
func back64(ns int, b unsafe.Pointer, step, more int, x, c unsafe.Pointer)

//go:noescape
func lower64(c, t unsafe.Pointer)

//go:noescape
func scatter64(n int, to *int32, x, y unsafe.Pointer)

//go:noescape
func gather64(n int, to *int32, x, y unsafe.Pointer)

//go:noescape
func add64(m, n int, runs *Run, limit, first int, dst, src unsafe.Pointer)

//go:noescape
func maxAbs64(n int, a unsafe.Pointer) (m [4]float64)

//go:noescape
func ones64(ns, k int, a, y, out unsafe.Pointer)

//go:noescape
func dots64(ns, k int, a, x, lanes unsafe.Pointer)

//go:noescape
func residual128(n int, rows *int32, ptr *int, col, perm *int32, half *uint32, values, x, t unsafe.Pointer)

//go:noescape
func residualOne128(n int, rows *int32, ptr *int, col, perm *int32, half *uint32, values, x, t unsafe.Pointer)

//go:noescape
func prefetch128(n int, a unsafe.Pointer)

//go:noescape
func peak128(n int)
