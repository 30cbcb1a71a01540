package fdfd

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/cmplx"
	"runtime"
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
	weight    complex128 // of results
	lined     bool       // with a cross-line wavenumber
	fields    int64      // bytes
	progress  func(what string, done, total int)
	log       *slog.Logger
	halfWidth int
	fitted    bool
	power     float64 // of the correction at a fitted point
	safe      bool
	single    bool
	threads   int
	limit     int64
}

func defaults() options {
	return options{ctx: context.Background(), halfWidth: 4, power: 0.5, weight: 1, fields: 512 << 20}
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

// CrossLine gives the wavenumber along y in radians per metre, which may be complex: waves go as cos(ky·y) across the section.
func CrossLine(ky complex128) Option {
	return func(o *options) { o.ky, o.weight, o.lined = ky, 1, true }
}

// Share makes the kernel one term of a field of point sources in three dimensions, see Contour: its results are its share, and data,
// fields and gradients of all terms add up to those of the whole.
func Share(t Term) Option {
	return func(o *options) { o.ky, o.weight, o.lined = t.Ky, t.Weight, true }
}

// HalfWidth is the reach in cells, 1 to 10, of sources and receivers between nodes. The default is 4; 6 is for high accuracy. Points closer
// to an absorbing side than that reach into the layer and are less accurate; at free and rigid sides what reaches beyond is mirrored. A source and a
// receiver closer than twice the reach are less accurate too.
func HalfWidth(cells int) Option { return func(o *options) { o.halfWidth = cells } }

// FittedPoints corrects sources and receivers for the direction dependence of the operator's symbol where the cells around them are
// of one medium: errors of smooth models fall three- to tenfold. Rectangular cells need it.
func FittedPoints() Option { return func(o *options) { o.fitted = true } }

// SafeWeights lets an anisotropic model be computed with less accurate weights, wrong by 1 to 11 % over ten wavelengths, where the accurate ones would let the grid
// carry the slow shear wave of the acoustic approximation, instead of refusing.
func SafeWeights() Option { return func(o *options) { o.safe = true } }

// FieldMemory is how many bytes of fields the kernel may keep for derivatives, so that they are solved for once; the default is
// 512 MiB, 0 keeps none. Fields go when the model changes.
func FieldMemory(bytes int64) Option { return func(o *options) { o.fields = bytes } }

// Progress is told of long work: what is under way and how far it is. It is called from one goroutine at a time.
func Progress(f func(what string, done, total int)) Option {
	return func(o *options) { o.progress = f }
}

// Log is told, before the work begins, what of a kernel's results may be wrong by more than 2 %.
func Log(l *slog.Logger) Option { return func(o *options) { o.log = l } }

// Threads is how many to compute with; 0 is all. Results do not depend on it.
func Threads(n int) Option { return func(o *options) { o.threads = n } }

// SinglePrecision keeps the factor in half the memory; solutions are refined in double precision.
func SinglePrecision() Option { return func(o *options) { o.single = true } }

// MemoryLimit refuses work that needs more bytes, before it begins or when the matrix has been analysed; the terms of a Kernel25D share them.
func MemoryLimit(bytes int64) Option { return func(o *options) { o.limit = bytes } }

// workers is the number of threads in use.
func (o *options) workers() int {
	if o.threads == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return o.threads
}

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
	case o.ctx == nil:
		return fmt.Errorf("fdfd: reading options: there is no context")
	case cmplx.IsNaN(o.ky) || cmplx.IsInf(o.ky):
		return fmt.Errorf("fdfd: reading options: cross-line wavenumber %g rad/m", o.ky)
	case cmplx.IsNaN(o.weight) || cmplx.IsInf(o.weight):
		return fmt.Errorf("fdfd: reading options: weight %g of a share", o.weight)
	case o.halfWidth < 1 || o.halfWidth > len(hicksB):
		return fmt.Errorf("fdfd: reading options: half width of %d cells, 1 to %d are possible", o.halfWidth, len(hicksB))
	case o.limit < 0 || o.threads < 0 || o.fields < 0:
		return fmt.Errorf("fdfd: reading options: %d threads, limit of %d bytes, %d bytes of fields", o.threads, o.limit, o.fields)
	}
	return nil
}
