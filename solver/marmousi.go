package solver

import (
	"fmt"
	"math"
)

// MarmousiLike is a made-up section of 9200×3000 m in the manner of the Marmousi model: water, sixteen layers cut by three faults
// over an anticline, a lens of salt, a pocket of gas. h is the side of a cell in metres, 2 to 500; the section is extended to whole
// cells. Cells are means of the continuous medium. An h out of range gives a model that tells its Problem and
// that nothing accepts.
func MarmousiLike(h float64) *Model {
	if !(h >= 2 && h <= 500) {
		return &Model{Name: "Marmousi-like", Problem: fmt.Sprintf("cells of %g m, 2 to 500 are possible", h)}
	}
	g := Grid{Nx: int(math.Ceil(9200/h - 1e-9)), Nz: int(math.Ceil(3000/h - 1e-9)), Dx: h, Dz: h}
	sub := min(max(int(math.Round(h/3)), 2), 8)
	m, err := Average(g, sub, Marmousi)
	if err != nil { // the formulas give positive finite values on every grid
		panic(fmt.Sprintf("solver: making the Marmousi-like model: %v", err))
	}
	m.Name = "Marmousi-like"
	return m
}

// layers are the tops of the layers and the speeds there.
var layers = [...][2]float64{
	{200, 1650},
	{320, 1800},
	{430, 1720},
	{560, 2000},
	{720, 2200},
	{850, 2050},
	{1000, 2400},
	{1180, 2650},
	{1330, 2300},
	{1500, 2800},
	{1700, 3100},
	{1880, 2700},
	{2100, 3300},
	{2300, 3600},
	{2550, 3200},
	{2800, 4000},
}

// Marmousi is the continuous medium of MarmousiLike.
func Marmousi(x, z float64) Props {
	d := z
	for _, f := range [...][3]float64{{2600, .45, 180}, {4300, .35, 260}, {6200, -.40, -220}} { // place, dip, throw
		if x > f[0]+f[1]*z {
			d -= f[2] * unit(z/800)
		}
	}
	u := (x - 5200) / 1500
	d = d + 350*math.Exp(-u*u)*unit(z/1500) - .05*(x-4500)*unit(z/1000)
	v := 1500.
	for _, l := range layers {
		if d > l[0] {
			v = l[1] + .15*(d-l[0])
		}
	}
	if z <= 200 {
		v = 1500
	}
	if sq((x-6900)/900)+sq((z-1500)/350) < 1 { // salt
		v = 4500
	}
	if sq((x-3400)/260)+sq((z-1050)/60) < 1 { // gas
		v = 1700
	}
	if z <= 200 {
		return Props{C: v, Rho: 1000}
	}
	return Props{C: v, Rho: Gardner(v)}
}

func unit(a float64) float64 { return min(1, max(0, a)) }

func sq(a float64) float64 { return a * a }
