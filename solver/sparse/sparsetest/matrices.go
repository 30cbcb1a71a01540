package sparsetest

import (
	"math"
	"math/rand/v2"

	"github.com/galeproject/gale/solver/sparse"
)

// build makes a 9-point matrix from its couplings: at is called once for each node and neighbour inside the box, and
// must give the same for both ends. The walls are not coupled to anything.
func build(nx, nz int, at func(x, z, dx, dz int) complex128) *Matrix {
	n := nx * nz
	a := &Matrix{NX: nx, NZ: nz, Values: make([]complex128, 0, 9*n)}
	rowPtr, col := make([]int, 1, n+1), make([]int32, 0, 9*n)
	for z := range nz {
		for x := range nx {
			for dz := -1; dz <= 1; dz++ {
				for dx := -1; dx <= 1; dx++ {
					if u, v := x+dx, z+dz; u >= 0 && v >= 0 && u < nx && v < nz {
						col = append(col, int32(v*nx+u))
						a.Values = append(a.Values, at(x, z, dx, dz))
					}
				}
			}
			rowPtr = append(rowPtr, len(col))
		}
	}
	p, err := sparse.NewPattern(n, rowPtr, col)
	if err != nil {
		panic(err)
	}
	a.Pattern = p
	return a
}

// Random is a random complex symmetric 9-point matrix on an nx×nz box with shift added to its diagonal: 20 makes it
// dominant, 0 to 5 indefinite and hard.
func Random(seed uint64, nx, nz int, shift complex128) *Matrix {
	r := rand.New(rand.NewPCG(seed, 1))
	type pair [2]int
	seen := map[pair]complex128{}
	return build(nx, nz, func(x, z, dx, dz int) complex128 {
		i, j := z*nx+x, (z+dz)*nx+x+dx
		if v, ok := seen[pair{j, i}]; ok {
			return v
		}
		v := complex(r.NormFloat64(), r.NormFloat64())
		if i == j {
			v += shift
		}
		seen[pair{i, j}] = v
		return v
	})
}

// Wave is −Δ − k² on an nx×nz box, two thirds of the 5-point Laplacian and one third of the rotated one, the mass
// spread over neighbours; g nodes to a wavelength at the top, twice as many at the bottom; rim nodes of complex
// stretching absorb waves at each side (0: a closed box).
func Wave(nx, nz, rim int, g float64) *Matrix {
	sx, sz := stretch(nx, rim), stretch(nz, rim)
	coupling := func(x, z, dx, dz int) complex128 {
		u, v := sx[2*x+dx+1], sz[2*z+dz+1]
		switch {
		case dz == 0:
			return 2. / 3 * v / u
		case dx == 0:
			return 2. / 3 * u / v
		}
		return (v/u + u/v) / 12
	}
	return build(nx, nz, func(x, z, dx, dz int) complex128 {
		k := 2 * math.Pi / g / (1 + (float64(z)+float64(dz)/2)/float64(nz))
		part := [3]float64{0.62, 0.08, 0.015}[dx*dx+dz*dz]
		mass := complex(k*k*part, 0) * sx[2*x+dx+1] * sz[2*z+dz+1]
		if dx != 0 || dz != 0 {
			return -coupling(x, z, dx, dz) - mass
		}
		sum := -mass
		for v := -1; v <= 1; v++ {
			for u := -1; u <= 1; u++ {
				if u != 0 || v != 0 {
					sum += coupling(x, z, u, v)
				}
			}
		}
		return sum
	})
}

// stretch is 1 + iσ; nodes are at odd places, half-way points at even ones.
func stretch(n, rim int) []complex128 {
	s := make([]complex128, 2*n+1)
	for i := range s {
		at := float64(i-1) / 2
		d := max(float64(rim)-at, at-float64(n-1-rim), 0)
		s[i] = 1
		if rim > 0 {
			s[i] = complex(1, 2.5*d*d/float64(rim*rim))
		}
	}
	return s
}
