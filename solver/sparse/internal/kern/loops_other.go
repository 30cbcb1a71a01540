//go:build !amd64

package kern

const haveAVX2 = false

const noAssembly = "kern: there is no assembly for this processor"

func tilesAVX2(int, int, *complex128, *complex128, *complex128, bool)      { panic(noAssembly) }
func trsmAVX2(*complex128, *complex128, *complex128, *complex128)          { panic(noAssembly) }
func addAVX2(int, *complex128, *complex128)                                { panic(noAssembly) }
func forwardAVX2(int, int, *complex128, *complex128, int, *[4]*complex128) { panic(noAssembly) }
func rowAVX2(int, complex128, *complex128, *complex128)                    { panic(noAssembly) }
func scaleAVX2(int, complex128, *complex128)                               { panic(noAssembly) }
func backwardAVX2(int, int, *complex128, int, int, *complex128, int, *[4]*complex128) {
	panic(noAssembly)
}
func maxAbsAVX2(int, *complex128) float64 { panic(noAssembly) }
