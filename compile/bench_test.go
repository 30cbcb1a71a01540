//go:build !race

package compile_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/module"
)

// BenchmarkCell measures cells by kind: check, generate, compile and link; without loading and running.
func BenchmarkCell(b *testing.B) {
	var long strings.Builder
	for i := range 160 {
		fmt.Fprintf(&long, "func f%d(x int) int {\n\treturn x + %d\n}\n", i, i)
	}
	long.WriteString("f3(4) + f159(2)")
	for _, x := range []struct{ name, setup, src string }{
		{"expression", "", "1 + 1"},
		{"print", "", "fmt.Println(\"a\", 3)"},
		{"method", "type P struct{ X, Y float64 }\nfunc (p *P) Norm() float64 { return math.Hypot(p.X, p.Y) }", "p := &P{3, 4}\np.Norm()"},
		{"http", "", "http.StatusText(404) + http.MethodGet"},
		{"gonum", "", "mat.NewDense(2, 2, []float64{1, 2, 3, 4}).At(1, 1)"},
		{"generics", "", "slices.Sorted(maps.Keys(map[string]int{\"a\": 1}))"},
		{"480-lines", "", long.String()},
		{"declaration", "", "type Q struct{ A, B int }\nfunc (q Q) Sum() int { return q.A + q.B }"},
		{"error", "", "x := undefinedName + 1"},
	} {
		b.Run(x.name, func(b *testing.B) {
			s := compile.NewSession(toolchain(b), "bench")
			compileOne := func(src string) error {
				c, err := s.Compile(context.Background(), module.Local, compile.Cell{Source: src, Number: 1})
				if err == nil {
					s.Commit(c)
				}
				return err
			}
			if x.setup != "" {
				if err := compileOne(x.setup); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if err := compileOne(x.src); err != nil && x.name != "error" {
					b.Fatal(err)
				}
			}
		})
	}
}
