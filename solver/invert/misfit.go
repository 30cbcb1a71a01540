package invert

import (
	"fmt"
	"math"
	"math/cmplx"
)

// Misfit is how computed data d are compared with observed ones o, w being weights.
type Misfit uint8

// The misfits. Phase and Log leave out data that are exactly zero.
const (
	L2         Misfit = iota // Σw|d−o|², of Σw|o|²
	Phase                    // Σw|d/|d| − o/|o||², of Σw: amplitudes do not count
	Log                      // Σw|ln(d/o)|², of Σw: relative amplitudes and phases, whatever the distance
	Normalised               // |d/‖d‖ − o/‖o‖|² of each source: a source's strength does not count
)

// String is the misfit's name.
func (m Misfit) String() string {
	if int(m) < len(misfitNames) {
		return misfitNames[m]
	}
	return fmt.Sprintf("Misfit(%d)", m)
}

var misfitNames = [...]string{"L2", "phase", "log", "normalised"}

// Source is what is known of the sources' signatures.
type Source uint8

// Sources. An estimated signature σ is the one that fits best, so the gradient needs no term for it (variable projection).
const (
	Known     Source = iota // as the survey's strengths say
	PerSource               // each source's is estimated
	Shared                  // one is estimated for all sources of a term
)

// String is the choice in a word.
func (s Source) String() string {
	if int(s) < len(sourceNames) {
		return sourceNames[s]
	}
	return fmt.Sprintf("Source(%d)", s)
}

var sourceNames = [...]string{"known", "per source", "shared"}

// group is a set of data that have one signature.
type group struct {
	d, o  []complex128
	w     []float64
	kind  Misfit
	guess bool // the signature is estimated
}

func (g *group) weight(i int) float64 {
	if g.w == nil {
		return 1
	}
	return g.w[i]
}

// used tells whether datum i counts.
func (g *group) used(i int) bool { return g.d[i] != 0 && g.o[i] != 0 && g.weight(i) != 0 }

// measure returns the misfit and what it is to be divided by, puts its derivative by the data, ∂/∂Re d + i·∂/∂Im d, into adj, and
// estimates the signature.
func (g *group) measure(adj []complex128) (value, norm float64, sigma complex128) {
	switch g.kind {
	case Phase:
		return g.phase(adj)
	case Log:
		return g.log(adj)
	case Normalised:
		return g.normalised(adj)
	default:
		return g.squares(adj)
	}
}

func (g *group) squares(adj []complex128) (value, norm float64, sigma complex128) {
	sigma = 1
	if g.guess {
		dd, do := g.products()
		sigma = 0
		if dd > 0 {
			sigma = do / complex(dd, 0)
		}
	}
	for i, d := range g.d {
		w := g.weight(i)
		r := sigma*d - g.o[i]
		value += w * abs2(r)
		norm += w * abs2(g.o[i])
		adj[i] = complex(2*w, 0) * cmplx.Conj(sigma) * r
	}
	return value, norm, sigma
}

// products are Σw|d|² and Σw·d̄·o.
func (g *group) products() (dd float64, do complex128) {
	for i, d := range g.d {
		w := g.weight(i)
		dd += w * abs2(d)
		do += complex(w, 0) * cmplx.Conj(d) * g.o[i]
	}
	return dd, do
}

// turn is the phase factor that brings the phases of d nearest to those of o, 1 when it is not to be estimated.
func (g *group) turn() complex128 {
	if !g.guess {
		return 1
	}
	var s complex128
	for i := range g.d {
		if g.used(i) {
			p := cmplx.Conj(g.d[i]) * g.o[i]
			s += complex(g.weight(i)/cmplx.Abs(p), 0) * p
		}
	}
	if s == 0 {
		return 1
	}
	return s / complex(cmplx.Abs(s), 0)
}

func (g *group) phase(adj []complex128) (value, norm float64, sigma complex128) {
	sigma = g.turn()
	for i, d := range g.d {
		adj[i] = 0
		if !g.used(i) {
			continue
		}
		w := g.weight(i)
		p := sigma * d * cmplx.Conj(g.o[i])
		p /= complex(cmplx.Abs(p), 0)
		value += w * abs2(p-1)
		norm += w
		adj[i] = complex(0, 2*w*imag(p)) / cmplx.Conj(d)
	}
	return value, norm, sigma
}

func (g *group) log(adj []complex128) (value, norm float64, sigma complex128) {
	sigma = g.turn()
	var mean complex128
	for i, d := range g.d {
		adj[i] = 0
		if g.used(i) {
			adj[i] = cmplx.Log(sigma * d / g.o[i])
			mean += complex(g.weight(i), 0) * adj[i]
			norm += g.weight(i)
		}
	}
	if g.guess && norm > 0 {
		mean /= complex(norm, 0)
		sigma *= cmplx.Exp(-mean)
	} else {
		mean = 0
	}
	for i, d := range g.d {
		if g.used(i) {
			l := adj[i] - mean
			value += g.weight(i) * abs2(l)
			adj[i] = complex(2*g.weight(i), 0) * l / cmplx.Conj(d)
		}
	}
	return value, norm, sigma
}

func (g *group) normalised(adj []complex128) (value, norm float64, sigma complex128) {
	dd, do := g.products()
	oo := 0.
	for i, o := range g.o {
		oo += g.weight(i) * abs2(o)
	}
	clear(adj)
	if dd == 0 || oo == 0 {
		return 0, 0, 1
	}
	turn := complex128(1)
	if g.guess && do != 0 {
		turn = do / complex(cmplx.Abs(do), 0)
	}
	nd, no := math.Sqrt(dd), math.Sqrt(oo)
	c := real(turn * cmplx.Conj(do))
	for i, d := range g.d {
		w := complex(2*g.weight(i)/(nd*no), 0)
		adj[i] = w * (complex(c/dd, 0)*d - cmplx.Conj(turn)*g.o[i])
	}
	return max(2-2*c/(nd*no), 0), 1, turn * complex(no/nd, 0)
}

// curve applies the Gauss–Newton matrix of the misfit by data to a change of the data, which it replaces. measure must have been
// called for the same data and have given sigma.
func (g *group) curve(sigma complex128, change []complex128) {
	switch g.kind {
	case Phase, Log:
		g.curveLog(change)
	case Normalised:
		dd, _ := g.products()
		if dd == 0 {
			clear(change)
			return
		}
		var c complex128 // what is taken up: the amplitude, with a signature the phase too
		for i, d := range g.d {
			c += complex(g.weight(i)/dd, 0) * cmplx.Conj(d) * change[i]
		}
		if !g.guess {
			c = complex(real(c), 0)
		}
		for i, d := range g.d {
			change[i] = complex(2*g.weight(i)/dd, 0) * (change[i] - c*d)
		}
	default:
		var p complex128 // what the signature takes up of the change
		if dd, _ := g.products(); g.guess && dd > 0 {
			for i, d := range g.d {
				p += complex(g.weight(i)/dd, 0) * cmplx.Conj(d) * change[i]
			}
		}
		for i, d := range g.d {
			change[i] = complex(2*g.weight(i)*abs2(sigma), 0) * (change[i] - p*d)
		}
	}
}

// curveLog is curve for what depends on ln d: its imaginary part only, if phases alone count.
func (g *group) curveLog(change []complex128) {
	var mean complex128
	sum := 0.
	for i, d := range g.d {
		if !g.used(i) {
			change[i] = 0
			continue
		}
		change[i] /= d
		if g.kind == Phase {
			change[i] = complex(0, imag(change[i]))
		}
		mean += complex(g.weight(i), 0) * change[i]
		sum += g.weight(i)
	}
	if !g.guess || sum == 0 {
		mean, sum = 0, 1
	}
	for i, d := range g.d {
		if g.used(i) {
			change[i] = complex(2*g.weight(i), 0) * (change[i] - mean/complex(sum, 0)) / cmplx.Conj(d)
		}
	}
}

func abs2(z complex128) float64 { return real(z)*real(z) + imag(z)*imag(z) }
