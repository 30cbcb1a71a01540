package fdfd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/cmplx"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/sparse"
)

var (
	errEmpty   = errors.New("fdfd: using a kernel: it is empty; NewKernel and NewKernel25D make kernels")
	errContext = errors.New("fdfd: using a kernel: there is no context")
)

// ready tells whether the kernel can work.
func (k *Kernel) ready(ctx context.Context) error {
	switch {
	case k == nil || k.factor == nil:
		return errEmpty
	case ctx == nil:
		return errContext
	}
	return nil
}

// ready tells whether the kernel can work.
func (k *Kernel25D) ready(ctx context.Context) error {
	switch {
	case k == nil || len(k.terms) == 0:
		return errEmpty
	case ctx == nil:
		return errContext
	}
	return nil
}

// fits refuses a matrix whose factor is certain to be larger than the limit, before anything is made: what lies above the limit by
// less is found when the matrix has been analysed.
func (k *Kernel) fits(m *solver.Model) error {
	if k.opt.limit == 0 {
		return nil
	}
	nx, nz := int64(m.Nx)+1, int64(m.Nz)+1
	for i, l := range k.lay {
		if i%2 == 0 {
			nz += int64(l.Cells)
		} else {
			nx += int64(l.Cells)
		}
	}
	for i, s := range [4]Side{k.opt.sides.Top, k.opt.sides.Right, k.opt.sides.Bottom, k.opt.sides.Left} {
		switch {
		case s == Rigid:
		case i%2 == 0:
			nz--
		default:
			nx--
		}
	}
	if nx < 1 || nz < 1 {
		return nil
	}
	if need := leastBytes(nx, nz, k.opt.single); need > k.opt.limit {
		return &sparse.LimitError{Doing: fmt.Sprintf("factoring %d unknowns", nx*nz), Needed: need, Allowed: k.opt.limit}
	}
	return nil
}

// leastBytes is what a factor on nx×nz unknowns has at least. Per unknown it is the logarithm of the shorter side times 92 to 167 bytes,
// in single precision 52 to 104, from 20×20 to 3000×150.
func leastBytes(nx, nz int64, single bool) int64 {
	each := 80.
	if single {
		each = 45
	}
	return int64(each * float64(nx*nz) * math.Log2(float64(max(2, min(nx, nz)))))
}

// check names what makes the matrix have no numbers.
func (d *medium) check(m *solver.Model, o *options) error {
	const most = 1e60 // products of a few stay finite
	for i, s := range [2][]complex128{d.z, d.x} {
		for _, v := range s {
			if !(cmplx.Abs(v) < most) {
				first, last := d.layers[i], d.layers[i+2] // top and bottom, right and left
				return fmt.Errorf("absorbing layers with C0 %g and %g m/s, R %g and %g stretch coordinates by %g", first.C0, last.C0, first.R, last.R, cmplx.Abs(v))
			}
		}
	}
	for i, k2 := range d.k2 {
		w := d.w[i]
		if cmplx.Abs(k2) < most && cmplx.Abs(w.c)+cmplx.Abs(w.dx)+cmplx.Abs(w.dz)+cmplx.Abs(w.e) < most {
			continue
		}
		where := fmt.Sprintf("cell %d (ix %d, iz %d) at %v m", i, i%m.Nx, i/m.Nx, m.Center(i%m.Nx, i/m.Nx))
		ky2 := cmplx.Abs(o.ky * o.ky)
		switch {
		case ky2 > cmplx.Abs(k2)/2:
			return fmt.Errorf("the cross-line wavenumber %g rad/m changes too much over cells of %g m", o.ky, max(m.Dx, m.Dz))
		case m.Q != nil && m.Q[i] < 1:
			return fmt.Errorf("waves die at once where Q is %g, in %s", m.Q[i], where)
		case o.tau > 0:
			return fmt.Errorf("waves die at once with a damping time of %g s, in %s", o.tau, where)
		}
		return fmt.Errorf("no weights for speed %g m/s in %s", m.C[i], where)
	}
	return nil
}
