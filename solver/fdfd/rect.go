package fdfd

import (
	"math"
	"math/cmplx"
)

// rectFit gives the weights of a cell of hx×hz metres at k², and, if slope is wanted, D = d(k²·w)/d(k²).
//
// The conditions are those of fit9 in four directions of a quadrant, with the mean slope of two: five equations for four weights, by
// least squares with the plain transpose, so that the weights stay analytic in k². For square cells they agree with fit9.
func rectFit(k2 complex128, hx, hz float64, slope bool) (w, d weights) {
	const clamp = 1e-4
	area := complex(hx*hz, 0)
	if cmplx.Abs(k2*area) < clamp {
		w = rectSolve(clamp/area, hx, hz)
		return w, w
	}
	if w = rectSolve(k2, hx, hz); !slope {
		return w, d
	}
	h := complex(1e-4*max(cmplx.Abs(k2), 1e-2/(hx*hz)), 0)
	p1, m1 := rectSolve(k2+h, hx, hz), rectSolve(k2-h, hx, hz)
	p2, m2 := rectSolve(k2+2*h, hx, hz), rectSolve(k2-2*h, hx, hz)
	diff := func(w, p1, m1, p2, m2 complex128) complex128 { return w + k2*(8*(p1-m1)-(p2-m2))/(12*h) }
	d.c = diff(w.c, p1.c, m1.c, p2.c, m2.c)
	d.dx = diff(w.dx, p1.dx, m1.dx, p2.dx, m2.dx)
	d.dz = diff(w.dz, p1.dz, m1.dz, p2.dz, m2.dz)
	d.e = diff(w.e, p1.e, m1.e, p2.e, m2.e)
	return w, d
}

// rectSolve works with ξ = 1−cos u_x and ζ = 1−cos u_z, whose columns are scaled to order one, against loss of digits.
func rectSolve(k2 complex128, hx, hz float64) weights {
	k := cmplx.Sqrt(k2)
	ax, az := k*complex(hx, 0), k*complex(hz, 0)
	wx, wz := complex(hz/hx, 0), complex(hx/hz, 0)
	area := k2 * complex(hx*hz, 0)
	sx, sz := ax*ax/2, az*az/2
	const a = hourglass
	row := func(t float64) (value, slope [5]complex128) {
		st, ct := math.Sincos(t)
		ux, uz := ax*complex(ct, 0), az*complex(st, 0)
		_, hsx := cosSin(ux / 2)
		_, hsz := cosSin(uz / 2)
		_, snx := cosSin(ux)
		_, snz := cosSin(uz)
		xi, ze := 2*hsx*hsx, 2*hsz*hsz
		xi1, ze1 := ux*snx, uz*snz
		s := -2*wx*xi - 2*wz*ze + (1-a)*(wx+wz)*xi*ze
		s1 := -2*wx*xi1 - 2*wz*ze1 + (1-a)*(wx+wz)*(xi1*ze+xi*ze1)
		value = [5]complex128{1, -xi / sx, -ze / sz, xi * ze / (sx * sz), -s / area}
		slope = [5]complex128{0, -xi1 / sx, -ze1 / sz, (xi1*ze + xi*ze1) / (sx * sz), -2 - s1/area}
		return value, slope
	}
	var rows [5][5]complex128
	for i := range 4 {
		rows[i], _ = row(math.Pi / 16 * float64(2*i+1))
	}
	_, p := row(math.Pi / 8)
	_, q := row(3 * math.Pi / 8)
	for j := range p {
		rows[4][j] = (p[j] + q[j]) / 2
	}
	y := leastSquares(rows[:])
	s1, s2, e := y[1]/sx, y[2]/sz, y[3]/(4*sx*sz)
	dx, dz := (s1-4*e)/2, (s2-4*e)/2
	return weights{c: y[0] - 2*dx - 2*dz - 4*e, dx: dx, dz: dz, e: e}
}

// leastSquares solves rows of four coefficients and a right-hand side with the plain transpose.
func leastSquares(rows [][5]complex128) [size]complex128 {
	var m system
	for i := range 4 {
		for j := range 5 {
			for _, r := range rows {
				m[i][j] += r[i] * r[j]
			}
		}
	}
	return m.solve(4)
}
