// Package host is what the program must contain for cells: every exported function, variable and type of the standard library, of
// gonum, and of the public rooms.
//
// A cell is linked against the running program, so what the program lacks costs a slower link. The tables mention each name once, which
// keeps the linker from dropping it; keep.go does the same for runtime functions that only features of the language need. The tables are
// generated:
//
//	go generate ./internal/host
//
// [Types] gives names to the types of the tables, for values that travel between processes of this program.
//
// The package never calls anything in the tables. Packages that change a program which merely contains them (expvar, net/http/pprof) are
// left out.
package host

//go:generate go run ./gen -o std_amd64.go -var std -build "linux && amd64" std
//go:generate go run ./gen -o std_arm64.go -arch arm64 -var std -build "linux && arm64" std
//go:generate go run ./gen -o gonum.go -var gonum gonum.org/v1/gonum/mat gonum.org/v1/gonum/floats gonum.org/v1/gonum/floats/scalar gonum.org/v1/gonum/cmplxs gonum.org/v1/gonum/stat gonum.org/v1/gonum/stat/distuv gonum.org/v1/gonum/dsp/fourier gonum.org/v1/gonum/dsp/window gonum.org/v1/gonum/interp gonum.org/v1/gonum/integrate gonum.org/v1/gonum/optimize gonum.org/v1/gonum/diff/fd gonum.org/v1/plot gonum.org/v1/plot/plotter gonum.org/v1/plot/plotutil gonum.org/v1/plot/palette gonum.org/v1/plot/vg gonum.org/v1/plot/vg/draw
//go:generate go run ./gen -o own.go -var own github.com/galeproject/gale/client github.com/galeproject/gale/comm github.com/galeproject/gale/widget github.com/galeproject/gale/display github.com/galeproject/gale/solver github.com/galeproject/gale/solver/fdfd github.com/galeproject/gale/solver/exact github.com/galeproject/gale/solver/solvertest github.com/galeproject/gale/solver/seismogram github.com/galeproject/gale/solver/files github.com/galeproject/gale/solver/invert github.com/galeproject/gale/measure github.com/galeproject/gale/cellrt
