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

// String is the stencil's name.
func (s Stencil) String() string {
	if int(s) < 4 {
		return [...]string{"Fit9", "JSS", "Operto", "FivePoint"}[s]
	}
	return fmt.Sprintf("Stencil(%d)", uint8(s))
}

// fixed gives the mass weights of a stencil whose weights do not follow the wavenumber, here to see the difference, and the weight of
// the hourglass term.
func (s Stencil) fixed() (w weights, a float64) {
	switch s {
	case JSS:
		return weights{0.6248, 0.09381, 0.09381, 1.297e-6}, 0.5461
	case Operto:
		return weights{0.6287326, 0.3712667 / 4, 0.3712667 / 4, (1 - 0.6287326 - 0.3712667) / 4}, 1 - 0.4382634
	case FivePoint:
		return weights{1, 0, 0, 0}, 1
	default:
		return weights{}, hourglass
	}
}

// massAt gives the mass weights of a cell with wavenumber √k2 and, if slope is wanted, their derivative D.
func (s Stencil) massAt(k2 complex128, hx, hz float64, slope bool) (w, d weights) {
	if s != Fit9 {
		w, _ = s.fixed()
		return w, w
	}
	if hx != hz {
		return rectFit(k2, hx, hz, slope)
	}
	u, v := fit9(k2*complex(hx*hz, 0), slope)
	return weights{u[0], u[1], u[1], u[2]}, weights{v[0], v[1], v[1], v[2]}
}
