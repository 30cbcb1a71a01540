package fdfd

import (
	"fmt"
	"math"
	"math/cmplx"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/exact"
)

// Term is a cross-line wavenumber in radians per metre and what its two-dimensional field is multiplied by in the sum.
type Term struct{ Ky, Weight complex128 }

// Contour is a path of cross-line wavenumbers whose fields add up to that of point sources over a section that does not change across
// (2.5-D),
//
//	p(x, z, y) = ΣW_j·cos(k_j·y)·p̂_j(x, z),   k_j = τ·K·sinh(v_j)·e^{−iφ},
//
// with v_j at the points of Gauss and Legendre between 0 and asinh(T/τ). With the time factor e^{−iωt} and a medium that makes no
// energy no singularity lies below the real axis, so the path may turn away from them: eight to ten wavenumbers do what along the real axis
// takes hundreds, and each of their fields dies away from its source.
type Contour struct {
	N   int     // wavenumbers
	Phi float64 // angle below the real axis, 0 to π/4
	Tau float64 // how dense they are at 0
	T   float64 // how far they reach, in K
	K   float64 // largest wavenumber of the section, rad/m
}

// Terms are the wavenumbers and their weights.
func (c Contour) Terms() []Term {
	turn := cmplx.Exp(complex(0, -c.Phi))
	v := math.Asinh(c.T / c.Tau)
	ts := make([]Term, 0, c.N)
	for _, g := range gaussLegendre(c.N) {
		s := (g[0] + 1) / 2 * v
		ts = append(ts, Term{
			Ky:     complex(c.Tau*c.K*math.Sinh(s), 0) * turn,
			Weight: complex(g[1]/2*v*c.Tau*c.K*math.Cosh(s)/math.Pi, 0) * turn,
		})
	}
	return ts
}

// String is the contour in one line.
func (c Contour) String() string {
	return fmt.Sprintf("%d wavenumbers to %.3g·%.4g rad/m at −%.3g°", c.N, c.T, c.K, c.Phi*180/math.Pi)
}

func (c Contour) check() error {
	if c.N < 1 || c.N > mostTerms || !(c.Phi >= 0 && c.Phi <= math.Pi/4) || !(c.Tau > 0) || !(c.T > 0) || !(c.K > 0) || math.IsInf(c.Tau*c.T*c.K, 0) {
		return fmt.Errorf("fdfd: reading a contour: %d wavenumbers, angle %g, density %g, reach %g, wavenumber %g rad/m", c.N, c.Phi, c.Tau, c.T, c.K)
	}
	return nil
}

const (
	mostTerms = 1000
	// mostGrowth is the exponent by which terms of a point off the section may outgrow their sum.
	mostGrowth = 4
	leastPhi   = math.Pi / 20
)

// growth is the exponent by which the terms outgrow their sum where max y²/r = slant, in metres.
func growth(k, phi, slant float64) float64 { return k * slant * math.Tan(phi) / 4 }

// PlanContour chooses the fewest wavenumbers that give the field of a point source at distances of rMin to rMax metres in the section,
// and up to yMax across it, to the relative accuracy tol, for sections whose largest wavenumber is k = 2πf/c_min rad/m. Errors are
// measured on the exact field of a homogeneous medium.
//
// It is an error when no angle does: at yMax about as large as rMin and more than ten wavelengths the field is one of three dimensions.
func PlanContour(k, rMin, rMax, yMax, tol float64) (Contour, error) {
	for _, v := range [...]float64{k, rMin, rMax, tol} {
		if !(v > 0) || math.IsInf(v, 0) {
			return Contour{}, fmt.Errorf("fdfd: planning a contour: wavenumber %g rad/m, distances %g to %g m, accuracy %g", k, rMin, rMax, tol)
		}
	}
	if rMax < rMin || !(yMax >= 0) || math.IsInf(yMax, 0) {
		return Contour{}, fmt.Errorf("fdfd: planning a contour: distances %g to %g m, %g m across", rMin, rMax, yMax)
	}
	return plan(k, k, tol, spread(rMin, rMax, yMax))
}

// ContourFor plans the contour of a survey over a model at freq Hz, for its slowest and its fastest wavenumbers. Receivers closer to
// their source than a cell count as that far. tol zero is 2e-3.
func ContourFor(m *solver.Model, freq float64, s *solver.Survey, tol float64) (Contour, error) {
	if err := m.Check(); err != nil {
		return Contour{}, err
	}
	if err := s.Check(); err != nil {
		return Contour{}, err
	}
	if tol == 0 {
		tol = defaultTol
	}
	if !(freq > 0) || math.IsInf(freq, 0) || !(tol > 0) {
		return Contour{}, fmt.Errorf("fdfd: planning a contour: %g Hz, accuracy %g", freq, tol)
	}
	lo, hi := m.Range()
	least := min(m.Dx, m.Dz)
	slant, at := 0., offset{least, 0}
	near, far := math.Inf(1), least
	for i, p := range s.Src {
		for _, q := range s.Receivers(i) {
			o := offset{max(math.Hypot(p.X-q.X, p.Z-q.Z), least), math.Abs(p.Y - q.Y)}
			near, far = min(near, o.r), max(far, o.r)
			if v := o.y * o.y / o.r; v > slant {
				slant, at = v, o
			}
		}
	}
	if math.IsInf(near, 0) || math.IsNaN(near) || math.IsInf(far, 0) {
		near, far = lo/freq, math.Hypot(m.Width(), m.Height())
	}
	offsets := spread(near, max(far, near), 0)
	if slant > 0 {
		offsets = append(offsets, at, offset{at.r, at.y / 2})
	}
	return plan(2*math.Pi*freq/lo, 2*math.Pi*freq/hi, tol, offsets)
}

const defaultTol = 2e-3

// offset is where a receiver is from its source, in the section and across.
type offset struct{ r, y float64 }

// spread are offsets between two distances.
func spread(near, far, across float64) (o []offset) {
	const n = 9
	for i := range n {
		o = append(o, offset{near * math.Pow(far/near, float64(i)/(n-1)), 0})
	}
	if across > 0 {
		for i := range n {
			o = append(o, offset{o[i].r, across}, offset{o[i].r, across / 2})
		}
	}
	return o
}

// plan tries numbers of wavenumbers from few to many, and for each angles, densities and reaches.
func plan(slow, fast, tol float64, offsets []offset) (Contour, error) {
	slant, near := 0., math.Inf(1)
	for _, o := range offsets {
		slant, near = max(slant, o.y*o.y/o.r), min(near, o.r)
	}
	var phis []float64
	for _, n := range [...]float64{4, 5, 6, 8, 10, 14, 20} {
		if phi := math.Pi / n; growth(slow, phi, slant) <= mostGrowth {
			phis = append(phis, phi)
		}
	}
	if len(phis) == 0 {
		return Contour{}, fmt.Errorf("fdfd: planning a contour: receivers too far across the section: y²/r is %.4g m where %.4g m are possible at this wavenumber of %.4g rad/m",
			slant, mostGrowth*4/(slow*math.Tan(leastPhi)), slow)
	}
	best, least := Contour{}, math.Inf(1)
	for _, n := range [...]int{8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48} {
		for _, phi := range phis[:min(len(phis), 3)] {
			for _, tau := range [...]float64{0.1, 0.2, 0.4, 0.8} {
				for _, t := range [...]float64{1.5, 2, 2.5, 3, 4, max(1.5, math.Log(1/tol)/(slow*near*math.Cos(phi)))} {
					c := Contour{N: n, Phi: phi, Tau: tau, T: t, K: slow}
					if e := c.miss(slow, fast, least, offsets); e < least {
						best, least = c, e
					}
				}
			}
		}
		if least <= tol {
			return best, nil
		}
	}
	return Contour{}, fmt.Errorf("fdfd: planning a contour: %d wavenumbers are not accurate to %.2g, only to %.2g, for distances from %.4g m (%.2g wavelengths), up to %.4g m across",
		48, tol, least, near, near*slow/(2*math.Pi), math.Sqrt(slant*near))
}

// miss is the largest relative error over offsets, or something above enough.
func (c Contour) miss(slow, fast, enough float64, offsets []offset) float64 {
	ts := c.Terms()
	worst := 0.
	for _, k := range [2]float64{slow, fast} {
		for _, o := range offsets {
			r := math.Hypot(o.r, o.y)
			want := cmplx.Exp(complex(0, k*r)) / complex(4*math.Pi*r, 0)
			sum := complex128(0)
			for _, t := range ts {
				q := cmplx.Sqrt(complex(k*k, 0) - t.Ky*t.Ky)
				if imag(q) < 0 {
					q = -q
				}
				sum += t.Weight * cmplx.Cos(t.Ky*complex(o.y, 0)) * 0.25i * exact.Hankel0(q*complex(o.r, 0))
			}
			if worst = max(worst, cmplx.Abs(sum-want)/cmplx.Abs(want)); worst > enough || math.IsNaN(worst) {
				return math.Inf(1)
			}
		}
		if fast == slow {
			break
		}
	}
	return worst
}

// gaussLegendre gives points and weights on −1…1.
func gaussLegendre(n int) [][2]float64 {
	out := make([][2]float64, 0, n)
	for i := range n {
		x := math.Cos(math.Pi * (float64(i) + 0.75) / (float64(n) + 0.5))
		var dp float64
		for range 50 {
			p0, p1 := 1., x
			for j := 2; j <= n; j++ {
				p0, p1 = p1, (float64(2*j-1)*x*p1-float64(j-1)*p0)/float64(j)
			}
			if n == 1 {
				p0 = 1
			}
			dp = float64(n) * (x*p1 - p0) / (x*x - 1)
			step := p1 / dp
			if x -= step; math.Abs(step) < 1e-16 {
				break
			}
		}
		out = append(out, [2]float64{x, 2 / ((1 - x*x) * dp * dp)})
	}
	return out
}
