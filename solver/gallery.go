package solver

import (
	"fmt"
	"math"
	"slices"
)

// section is a made-up piece of ground and its size in metres.
type section struct {
	name          string
	width, height float64
	at            func(x, z float64) Props
}

func sections() []section {
	return []section{
		{"marmousi", 9000, 3000, Marmousi},
		{"salt", 12000, 4000, Salt},
		{"layers5", 4000, 2000, Layers5},
		{"wedge", 4000, 2000, Wedge},
		{"camembert", 2000, 2000, Camembert},
		{"crosswell", 264, 164, Crosswell},
		{"fold", 6000, 3000, Fold},
	}
}

// Sections are the names of the made-up sections.
func Sections() []string {
	var names []string
	for _, s := range sections() {
		names = append(names, s.name)
	}
	return names
}

// Section makes a model of a made-up section by its name, see [Sections], of cells of h metres; the section is extended to whole cells. Cells
// are means over sub×sub points, see [Average]: 1 samples their centres, 8 keeps interfaces where they are.
func Section(name string, h float64, sub int) (*Model, error) {
	all := sections()
	i := slices.IndexFunc(all, func(s section) bool { return s.name == name })
	if i < 0 {
		return nil, fmt.Errorf("solver: making a section: there is no %q; there are %q", name, Sections())
	}
	s := all[i]
	if !(h > 0) || s.width/h > 1e5 || h > s.height {
		return nil, fmt.Errorf("solver: making the section %s of %g×%g m: cells of %g m", name, s.width, s.height, h)
	}
	g := Grid{Nx: int(math.Ceil(s.width/h - 1e-9)), Nz: int(math.Ceil(s.height/h - 1e-9)), Dx: h, Dz: h}
	m, err := Average(g, sub, s.at)
	if err != nil {
		return nil, err
	}
	m.Name = name
	return m, nil
}

// Salt is a body of salt with a rough top under a rough sea floor, in sediments with two reflectors, 12000×4000 m.
func Salt(x, z float64) Props {
	floor := 400 + 60*math.Sin(2*math.Pi*x/5000) + 15*math.Sin(2*math.Pi*x/700)
	d := z - floor
	p := Props{C: 1500, Rho: 1000}
	if d > 0 {
		p.C = 1650 + .7*d
	}
	if d > 900+.05*x {
		p.C += 250
	}
	if d > 2300-.03*x {
		p.C += 300
	}
	if d > 0 {
		p.Rho = Gardner(p.C)
	}
	u := (x - 6300) / 3000
	r := math.Sqrt(max(0, 1-u*u))
	top := 2100 - 900*r + 70*math.Sin(2*math.Pi*x/420) + 30*math.Sin(2*math.Pi*x/150+1)
	if math.Abs(u) < 1 && z > top && z < 2100+600*r {
		p.C, p.Rho = 4500, 2200
	}
	return p
}

// Layers5 are five flat layers with attenuation, 4000×2000 m.
func Layers5(_, z float64) Props {
	p := Props{C: 1500, Rho: 1000, Q: 1e9}
	for _, l := range [...]struct {
		top float64
		Props
	}{{380, Props{C: 1900, Rho: 1900, Q: 40}}, {810, Props{C: 1700, Rho: 1800, Q: 25}}, {1190, Props{C: 2600, Rho: 2150, Q: 80}}, {1620, Props{C: 3400, Rho: 2300, Q: 150}}} {
		if z >= l.top {
			p = l.Props
		}
	}
	return p
}

// Wedge is a flat layer over a dipping contrast, 4000×2000 m, for free surfaces.
func Wedge(x, z float64) Props {
	if z > 500+.35*x {
		return Props{C: 3000, Rho: 2300}
	}
	return Props{C: 1600, Rho: 1100}
}

// Camembert is a disc that is a fifth faster than what surrounds it, 2000×2000 m (Gauthier, Virieux and Tarantola 1986 had the first).
func Camembert(x, z float64) Props {
	if sq(x-1000)+sq(z-1000) < 500*500 {
		return Props{C: 3000, Rho: 2200}
	}
	return Props{C: 2500, Rho: 2200}
}

// Crosswell is a block between two wells, 264×164 m: a gradient, three thin beds, a lens.
func Crosswell(x, z float64) Props {
	v := 2500 + 2*z
	for _, b := range [...][3]float64{{45, 6, -300}, {80, 9, 250}, {120, 5, -200}} { // top, thickness, change
		s := b[0] + 8*math.Sin(2*math.Pi*x/400)
		if s < z && z < s+b[1] {
			v += b[2]
		}
	}
	if sq((x-150)/40)+sq((z-95)/18) < 1 {
		v -= 350
	}
	return Props{C: v, Rho: Gardner(v)}
}

// Fold is a folded layer, transversely isotropic about its normal, between isotropic ones, 6000×3000 m.
func Fold(x, z float64) Props {
	const a, l = 250, 3000
	f := a * math.Cos(2*math.Pi*x/l)
	p := Props{C: 3400}
	switch top, bottom := 1000+f, 1900+f; {
	case z < top:
		p.C = 2000
	case z < bottom:
		p.C, p.Eps, p.Delta = 2600, .2, .1
		p.Theta = math.Atan(a * 2 * math.Pi / l * math.Sin(2*math.Pi*x/l))
	}
	p.Rho = Gardner(p.C)
	return p
}
