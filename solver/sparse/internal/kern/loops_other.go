//go:build !amd64

package kern

import "unsafe"

const haveAVX2 = false

const noAssembly = "kern: there is no assembly for this processor"

func tiles128(k, nt int, a, b, c unsafe.Pointer, set bool) { panic(noAssembly) }
func strip128(from, to int, c, x, b unsafe.Pointer, step, more int, d unsafe.Pointer) {
	panic(noAssembly)
}
func back128(ns int, b unsafe.Pointer, step, more int, x, c unsafe.Pointer) { panic(noAssembly) }
func lower128(c, t unsafe.Pointer)                                          { panic(noAssembly) }
func scatter128(n int, to *int32, x, y unsafe.Pointer)                      { panic(noAssembly) }
func gather128(n int, to *int32, x, y unsafe.Pointer)                       { panic(noAssembly) }
func take128(n int, to, from unsafe.Pointer)                                { panic(noAssembly) }
func copyRows128(n int, to, from unsafe.Pointer)                            { panic(noAssembly) }
func take64(n int, to, from unsafe.Pointer)                                 { panic(noAssembly) }
func copyRows64(n int, to, from unsafe.Pointer)                             { panic(noAssembly) }
func fromColumns128(n int, at *int32, cols *[4]unsafe.Pointer, rows unsafe.Pointer) {
	panic(noAssembly)
}
func toColumns128(n int, at *int32, cols *[4]unsafe.Pointer, rows unsafe.Pointer) {
	panic(noAssembly)
}
func add128(m, n int, runs *Run, limit, first int, dst, src unsafe.Pointer) { panic(noAssembly) }
func maxAbs128(n int, a unsafe.Pointer) (m [4]float64)                      { panic(noAssembly) }
func ones128(ns, k int, a, y, out unsafe.Pointer)                           { panic(noAssembly) }
func dots128(ns, k int, a, x, lanes unsafe.Pointer)                         { panic(noAssembly) }
func tiles64(k, nt int, a, b, c unsafe.Pointer, set bool)                   { panic(noAssembly) }
func strip64(from, to int, c, x, b unsafe.Pointer, step, more int, d unsafe.Pointer) {
	panic(noAssembly)
}
func back64(ns int, b unsafe.Pointer, step, more int, x, c unsafe.Pointer) { panic(noAssembly) }
func lower64(c, t unsafe.Pointer)                                          { panic(noAssembly) }
func scatter64(n int, to *int32, x, y unsafe.Pointer)                      { panic(noAssembly) }
func gather64(n int, to *int32, x, y unsafe.Pointer)                       { panic(noAssembly) }
func add64(m, n int, runs *Run, limit, first int, dst, src unsafe.Pointer) { panic(noAssembly) }
func maxAbs64(n int, a unsafe.Pointer) (m [4]float64)                      { panic(noAssembly) }
func ones64(ns, k int, a, y, out unsafe.Pointer)                           { panic(noAssembly) }
func dots64(ns, k int, a, x, lanes unsafe.Pointer)                         { panic(noAssembly) }
func residual128(n int, rows *int32, ptr *int, col, perm *int32, half *uint32, values, x, t unsafe.Pointer) {
	panic(noAssembly)
}
func peak128(n int) { panic(noAssembly) }

func residualOne128(n int, rows *int32, ptr *int, col, perm *int32, half *uint32, values, x, t unsafe.Pointer) {
	panic(noAssembly)
}
func prefetch128(n int, a unsafe.Pointer) { panic(noAssembly) }
