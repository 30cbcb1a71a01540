package fdfd

import (
	"testing"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/sparse"
)

// Residuals of matrices at 4 and at 12 points per wavelength: in double precision one refinement at most is needed, in single precision
// three give what they are known to.
func TestResiduals(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	m := solver.MarmousiLike(25)
	for _, c := range []struct {
		freq, single float64
	}{{15, 1e-7}, {5, 1e-11}} {
		k, err := NewKernel(m, c.freq, Absorbing(Layer{Cells: 15}))
		if err != nil {
			t.Fatal(err)
		}
		values := k.med.assemble(k.st, 2)
		for _, o := range []struct {
			sparse.FactorOptions
			limit float64
		}{
			{sparse.FactorOptions{Refine: sparse.Refine{Tol: 1e-13, Steps: 1}}, 1e-12},
			{sparse.FactorOptions{Single: true, Refine: sparse.Refine{Tol: 1e-17, Steps: 3}}, c.single},
		} {
			f, err := k.st.sym.Factor(t.Context(), values, o.FactorOptions)
			if err != nil {
				t.Fatal(err)
			}
			x := zeros(1, f.N())
			i, _ := k.med.unknown(m.Nx/2, 4)
			x[0][i] = 1
			if err := f.Solve(t.Context(), x); err != nil {
				t.Fatal(err)
			}
			r := f.Report()
			t.Logf("%.3g points per wavelength, single %v: residual %.1e after %d refinements, allowed %.0e", k.points, o.Single, r.Residual, r.Refinements, o.limit)
			if !(r.Residual <= o.limit) || r.Refinements > o.Refine.Steps {
				t.Errorf("%.3g points per wavelength, single %v: residual %.1e after %d refinements, allowed %.0e", k.points, o.Single, r.Residual, r.Refinements, o.limit)
			}
		}
	}
}
