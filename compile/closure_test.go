//go:build !race

package compile_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/module"
)

var closureCells = []string{
	"gain := 3.0",
	`import ("fmt"; "math"; "sort"; str "strings"; "` + solverPath + `"; "errors"; "sync")
const (
	A = iota
	B
	C
)
const scale = 2.5
type Point struct{ X, Y float64 }
type Shape interface{ Area() float64 }
type Sq struct{ Point; side float64 }
func (s Sq) Area() float64 { return s.side * s.side * gain }
func (p Point) Norm() float64 { return math.Hypot(p.X, p.Y) }
func (p *Point) Move(d float64) { p.X += d; logf("moved") }
func logf(f string, a ...any) { fmt.Printf(f+"\n", a...) }
type Grid[T any] struct { n int; v []T }
func NewGrid[T any](n int) *Grid[T] { return &Grid[T]{n, make([]T, n)} }
func (g *Grid[T]) Map(f func(T) T) { for i := range g.v { g.v[i] = f(g.v[i]) } }
type tree struct { l, r *tree; v int }
func (t *tree) sum() int { if t == nil { return 0 }; return t.v + t.l.sum() + t.r.sum() }
var ErrX = errors.New("x")
type E struct{ k kind }
type kind int
const ( k0 kind = iota; k1 )
func (e E) Error() string { return names[e.k] }
var names = []string{"a", "b"}`,
	"cfg := map[string]float64{\"tol\": 1e-3}\nunused := 1\nvar mu sync.Mutex",
	`func double(x float64) float64 { return x * scale }
func viaDouble(x float64) float64 { return double(x) + double(x) }
func shadow(gain float64) float64 { cfg := gain; return cfg }
func usesShape(s Shape) float64 { return s.Area() }
func makeSq(x float64) Shape { return Sq{Point{x, x}, x} }
func generic() []complex128 { g := NewGrid[complex128](3); g.Map(func(z complex128) complex128 { return z + 1i }); return g.v }
func even(n int) bool { if n == 0 { return true }; return odd(n-1) }
func odd(n int) bool { if n == 0 { return false }; return even(n-1) }
func model(n int) float64 { m := solver.New(n); m.Fill(func(i int) float64 { return float64(i) * cfg["tol"] }); return m.Sum() }
func fail(n int) error { if n > B { return fmt.Errorf("%w %s", ErrX, str.Repeat("z", n)) }; return E{k1} }
func local() int { type point struct{ x int }; double := func(i int) int { return i * 2 }; return double(point{4}.x) }
func locked() { mu.Lock(); defer mu.Unlock(); sort.Ints([]int{A}) }
func trees() int { t := &tree{&tree{nil, nil, 1}, nil, 2}; return t.sum() }
func pt() float64 { p := Point{3, 4}; f := p.Norm; return f() }`,
}

func TestClosure(t *testing.T) {
	c := toolchain(t)
	s := compile.NewSession(c, "closure")
	for i, src := range closureCells {
		out, err := s.Compile(t.Context(), module.Local, compile.Cell{Source: src, Number: i + 1})
		if err != nil {
			t.Fatal(err)
		}
		s.Commit(out)
	}
	for _, x := range []struct{ root, parts, vars, imports string }{
		{"double", "double scale", "", ""},
		{"viaDouble", "double scale viaDouble", "", ""},
		{"shadow", "shadow", "", ""},
		{"makeSq", "Point Point.Move Point.Norm Shape Sq Sq.Area logf makeSq", "gain", "fmt math"},
		{"generic", "Grid Grid.Map NewGrid generic", "", ""},
		{"even", "even odd", "", ""},
		{"model", "model", "cfg", "solver"},
		{"fail", "A,B,C E E.Error fail k0,k1 kind", "ErrX names", "fmt str"},
		{"local", "local", "", ""},
		{"locked", "A,B,C locked", "mu", "pᐧsync sort"},
		{"trees", "tree tree.sum trees", "", ""},
		{"pt", "Point Point.Move Point.Norm logf pt", "", "fmt math"},
		{"usesShape", "Shape usesShape", "", ""},
	} {
		got, err := s.Closure(x.root)
		if err != nil {
			t.Errorf("%s: %v", x.root, err)
			continue
		}
		var parts []string
		for _, p := range got.Parts {
			parts = append(parts, p.Name)
		}
		slices.Sort(parts)
		vars, imports := slices.Sorted(maps.Keys(got.Vars)), slices.Sorted(maps.Keys(got.Imports))
		if strings.Join(parts, " ") != x.parts || strings.Join(vars, " ") != x.vars || strings.Join(imports, " ") != x.imports {
			t.Errorf("%s: parts %q, variables %q, imports %q; want %q, %q, %q", x.root, parts, vars, imports, x.parts, x.vars, x.imports)
		}
		if err := compile.CheckAlone(c, got.Source); err != nil {
			t.Errorf("%s: the source does not check alone: %v\n%s", x.root, err, got.Source)
		}
	}
	if _, err := s.Closure("nosuch"); err == nil {
		t.Error("a closure of a name that is not there")
	}
}
