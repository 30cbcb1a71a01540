package fdfd

import "fmt"

// Stencil is a set of mass weights and the weight of the hourglass term. All of them have the same nine points.
type Stencil uint8

// The stencils.
const (
	Fit9      Stencil = iota // weights from the local wavenumber, the one to use
	JSS                      // Jo, Shin and Suh 1996
	Operto                   // Hustedt, Operto and Virieux 2004
	FivePoint                // the classic second-order cross
)

// fixed are the stencils with weights that do not follow the wavenumber, here to see the difference.
var fixed = map[Stencil]struct {
	a float64
	w weights
}{
	JSS:       {0.5461, weights{0.6248, 0.09381, 0.09381, 1.297e-6}},
	Operto:    {1 - 0.4382634, weights{0.6287326, 0.3712667 / 4, 0.3712667 / 4, (1 - 0.6287326 - 0.3712667) / 4}},
	FivePoint: {1, weights{1, 0, 0, 0}},
}

// String is the stencil's name.
func (s Stencil) String() string {
	if int(s) < 4 {
		return [...]string{"Fit9", "JSS", "Operto", "FivePoint"}[s]
	}
	return fmt.Sprintf("Stencil(%d)", uint8(s))
}

// massAt gives the hourglass weight, the mass weights and their derivative D of a cell with wavenumber √k2.
func (s Stencil) massAt(k2 complex128, hx, hz float64) (a float64, w, d weights) {
	if f, ok := fixed[s]; ok {
		return f.a, f.w, f.w
	}
	if hx != hz {
		w, d = rectFit(k2, hx, hz)
		return hourglass, w, d
	}
	u, v := fit9(k2 * complex(hx*hz, 0))
	return hourglass, weights{u[0], u[1], u[1], u[2]}, weights{v[0], v[1], v[1], v[2]}
}
