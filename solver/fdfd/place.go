package fdfd

import (
	"math"

	"github.com/galeproject/gale/solver"
)

// Place is how a kernel treats a source or a receiver.
type Place struct {
	Node      bool // on a node; else spread over those within the half width
	Interface bool // the cells around are not of one medium
	Fitted    bool // corrected as FittedPoints does, which is not done at an interface
}

// Place tells how a point is treated; it is an error where there is no grid.
func (k *Kernel) Place(p solver.Point) (Place, error) {
	if k.empty() {
		return Place{}, errEmpty
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if _, err := k.med.columns("point", []solver.Point{p}, 1, &k.opt); err != nil {
		return Place{}, err
	}
	g := k.model.Grid
	u, v := (p.X-g.X0)/g.Dx, (p.Z-g.Z0)/g.Dz
	ix, iz := int(math.Round(u)), int(math.Round(v))
	_, one := k.med.around(ix, iz)
	on := math.Abs(u-float64(ix)) <= onNode && math.Abs(v-float64(iz)) <= onNode
	return Place{Node: on, Interface: !one, Fitted: one && k.opt.fitted}, nil
}

// Place tells how a point is treated, see Kernel.Place.
func (k *Kernel25D) Place(p solver.Point) (Place, error) {
	if k.empty() {
		return Place{}, errEmpty
	}
	return k.terms[0].Place(p)
}

// String is the place in words.
func (p Place) String() string {
	s := "between nodes"
	if p.Node {
		s = "on a node"
	}
	if p.Interface {
		s += ", at an interface"
	}
	if p.Fitted {
		return s + ", fitted"
	}
	return s + ", plain"
}
