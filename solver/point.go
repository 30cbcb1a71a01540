package solver

import "fmt"

// Point is a place in metres: X to the right, Z down, Y across the section. Y matters where waves spread in three dimensions only.
type Point struct{ X, Z, Y float64 }

// At is the point (x, z) in the section, in metres.
func At(x, z float64) Point { return Point{X: x, Z: z} }

// Off is the point y metres beside p, off the section.
func (p Point) Off(y float64) Point { return Point{X: p.X, Z: p.Z, Y: p.Y + y} }

// Plus is the point p moved by d.
func (p Point) Plus(d Point) Point { return Point{X: p.X + d.X, Z: p.Z + d.Z, Y: p.Y + d.Y} }

// String is the point in metres: (x, z), or (x, z, y) off the section.
func (p Point) String() string {
	if p.Y != 0 {
		return fmt.Sprintf("(%.6g, %.6g, %.6g)", p.X, p.Z, p.Y)
	}
	return fmt.Sprintf("(%.6g, %.6g)", p.X, p.Z)
}

// Line returns n points from a to b, both included, evenly spaced. One point is a; none or fewer are nil.
func Line(a, b Point, n int) []Point {
	if n < 1 {
		return nil
	}
	ps := make([]Point, n)
	for i := range ps {
		ps[i] = Point{X: between(a.X, b.X, i, n), Z: between(a.Z, b.Z, i, n), Y: between(a.Y, b.Y, i, n)}
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
