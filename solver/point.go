package solver

import "fmt"

// Point is a place in metres: X to the right, Z down.
type Point struct{ X, Z float64 }

// At is the point (x, z), in metres.
func At(x, z float64) Point { return Point{x, z} }

// String is the point in metres.
func (p Point) String() string { return fmt.Sprintf("(%.6g, %.6g)", p.X, p.Z) }

// Line returns n points from a to b, both included, evenly spaced. One point is a; none or fewer are nil.
func Line(a, b Point, n int) []Point {
	if n < 1 {
		return nil
	}
	ps := make([]Point, n)
	for i := range ps {
		ps[i] = Point{between(a.X, b.X, i, n), between(a.Z, b.Z, i, n)}
	}
	return ps
}

// Frequencies returns n frequencies from lo to hi, both included, evenly spaced, in the unit of lo and hi. One is lo; none or
// fewer are nil.
func Frequencies(lo, hi float64, n int) []float64 {
	if n < 1 {
		return nil
	}
	fs := make([]float64, n)
	for i := range fs {
		fs[i] = between(lo, hi, i, n)
	}
	return fs
}

// between is the i-th of n evenly spaced values; the ends are exact.
func between(a, b float64, i, n int) float64 {
	if i == 0 {
		return a
	}
	if i == n-1 {
		return b
	}
	return a + (b-a)*float64(i)/float64(n-1)
}
