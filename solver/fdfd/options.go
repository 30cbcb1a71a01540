package fdfd

import (
	"context"
	"fmt"
	"math"
	"math/cmplx"
)

// Option changes how a kernel is made.
type Option func(*options)

type options struct {
	ctx       context.Context
	sides     Boundary
	layer     Layer
	stencil   Stencil
	tau, f0   float64
	ky        complex128
	halfWidth int
	fitted    bool
	threads   int
	limit     int64
}

// Context lets the factorisation be cancelled. Without it nothing can.
func Context(ctx context.Context) Option { return func(o *options) { o.ctx = ctx } }

// FreeSurface makes the top a free surface.
func FreeSurface() Option { return func(o *options) { o.sides.Top = Free } }

// Sides says what each side does. Without it all absorb.
func Sides(b Boundary) Option { return func(o *options) { o.sides = b } }

// Absorbing says what the absorbing layers are like.
func Absorbing(l Layer) Option { return func(o *options) { o.layer = l } }

// Using takes other weights than Fit9, to see the difference.
func Using(s Stencil) Option { return func(o *options) { o.stencil = s } }

// Damping makes the frequency complex, ω + i/tau with tau in seconds, which is the transform of u(t)·e^{−t/tau}.
func Damping(tau float64) Option { return func(o *options) { o.tau = tau } }

// Dispersion gives the frequency in Hz at which the model's speeds were measured; with attenuation speed depends on frequency
// (Kolsky, Futterman). Without it there is no dispersion.
func Dispersion(f0 float64) Option { return func(o *options) { o.f0 = f0 } }

// CrossLine gives the wavenumber along y in radians per metre, which may be complex, of one term of a 2.5-D field.
func CrossLine(ky complex128) Option { return func(o *options) { o.ky = ky } }

// HalfWidth is the reach in cells, 1 to 10, of sources and receivers between nodes. The default is 4; 6 is for high accuracy.
func HalfWidth(cells int) Option { return func(o *options) { o.halfWidth = cells } }

// FittedPoints corrects sources and receivers for the direction dependence of the operator's symbol where the cells around them are
// of one medium: errors of smooth models fall three- to tenfold. Rectangular cells need it.
func FittedPoints() Option { return func(o *options) { o.fitted = true } }

// Threads is how many to compute with; 0 is all. Results do not depend on it.
func Threads(n int) Option { return func(o *options) { o.threads = n } }

// MemoryLimit refuses work that needs more bytes.
func MemoryLimit(bytes int64) Option { return func(o *options) { o.limit = bytes } }

func (o *options) check() error {
	switch {
	case o.sides.Top > Rigid || o.sides.Right > Rigid || o.sides.Bottom > Rigid || o.sides.Left > Rigid:
		return fmt.Errorf("fdfd: reading options: sides %+v", o.sides)
	case o.stencil > FivePoint:
		return fmt.Errorf("fdfd: reading options: %v", o.stencil)
	case o.layer.Cells < 0 || o.layer.Cells > maxLayer:
		return fmt.Errorf("fdfd: reading options: absorbing layer of %d cells, 1 to %d are possible", o.layer.Cells, maxLayer)
	case o.layer.R != 0 && !(o.layer.R > 0 && o.layer.R < 1) || o.layer.M < 0 || o.layer.M > 10 || !(o.layer.C0 >= 0) || math.IsInf(o.layer.C0, 0):
		return fmt.Errorf("fdfd: reading options: absorbing layer with R %g, M %d, C0 %g m/s", o.layer.R, o.layer.M, o.layer.C0)
	case !(o.tau >= 0):
		return fmt.Errorf("fdfd: reading options: damping time %g s", o.tau)
	case !(o.f0 >= 0) || math.IsInf(o.f0, 0):
		return fmt.Errorf("fdfd: reading options: reference frequency %g Hz", o.f0)
	case cmplx.IsNaN(o.ky) || cmplx.IsInf(o.ky):
		return fmt.Errorf("fdfd: reading options: cross-line wavenumber %g rad/m", o.ky)
	case o.halfWidth < 1 || o.halfWidth > len(hicksB):
		return fmt.Errorf("fdfd: reading options: half width of %d cells, 1 to %d are possible", o.halfWidth, len(hicksB))
	case o.limit < 0 || o.threads < 0:
		return fmt.Errorf("fdfd: reading options: %d threads, limit of %d bytes", o.threads, o.limit)
	}
	return nil
}
