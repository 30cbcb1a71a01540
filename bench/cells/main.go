// cells measures how long a notebook waits for a cell, by kind: compiled, loaded and run in one session with many cells.
//
//	go run ./bench/cells [-n 40]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/internal/host"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/namespace"
)

func main() {
	n := flag.Int("n", 40, "cells of each kind")
	flag.Parse()
	if err := run(*n); err != nil {
		fmt.Fprintln(os.Stderr, "cells:", err)
		os.Exit(1)
	}
}

func run(n int) (err error) {
	if host.Size() == 0 {
		return fmt.Errorf("the program contains no tables")
	}
	start := time.Now()
	t, err := compile.Open(context.Background(), compile.Options{})
	if err != nil {
		return err
	}
	defer func() {
		if cerr := t.Close(); err == nil {
			err = cerr
		}
	}()
	if t.Mode() == compile.None {
		return fmt.Errorf("%s", t.Reason())
	}
	_, _ = fmt.Fprintf(os.Stdout, "toolchain ready in %.0f ms, %v modules\n", ms(time.Since(start)), t.Mode())
	b := &bench{s: compile.NewSession(t, "bench"), ns: namespace.New(namespace.Options{})}
	if err := b.cell("type P struct{ X, Y float64 }\nfunc (p *P) Norm() float64 { return math.Hypot(p.X, p.Y) }\nxs := make([]float64, 1000)\np := &P{3, 4}"); err != nil {
		return err
	}
	var long strings.Builder
	for i := range 160 {
		fmt.Fprintf(&long, "func f%d(x int) int {\n\treturn x + %d\n}\n", i, i)
	}
	long.WriteString("f3(4) + f159(2)")
	_, _ = fmt.Fprintf(os.Stdout, "%-14s %10s %10s %10s %10s\n", "kind", "median ms", "p90 ms", "cpu ms", "KB")
	for _, x := range [][2]string{
		{"expression", "len(xs) + 1"},
		{"variable", "y := xs[3] + 1"},
		{"print", "fmt.Sprintln(\"a\", 3)"},
		{"method", "p.Norm()"},
		{"loop", "for i := range xs { xs[i] += p.X }"},
		{"http", "http.StatusText(404)"},
		{"gonum", "mat.NewDense(2, 2, []float64{1, 2, 3, 4}).At(1, 1)"},
		{"generics", "slices.Sorted(maps.Keys(map[string]int{\"a\": 1}))"},
		{"480 lines", long.String()},
		{"declaration", "func g(x int) int { return x + 1 }"},
		{"error", "undefinedName(1)"},
		{"plain variable", "xs"},
		{"constant", "1 + 1"},
		{"again", "xs[5] += p.X"},
		{"again long", "sum := 0.0\n" + strings.Repeat("for _, x := range xs { sum += x }\n", 100)},
	} {
		if err := b.measure(x[0], x[1], n); err != nil {
			return err
		}
	}
	slices.Sort(b.all)
	_, _ = fmt.Fprintf(os.Stdout, "%-14s %10.1f %10.1f   cells that ran: %d\n", "all that ran", b.all[len(b.all)/2], b.all[len(b.all)*9/10], len(b.all))
	return nil
}

type bench struct {
	s      *compile.Session
	ns     *namespace.Namespace
	number int
	size   int
	all    []float64
}

func (b *bench) cell(src string) error {
	b.number++
	c, err := b.s.Compile(context.Background(), module.Local, compile.Cell{Source: src, Number: b.number})
	if err != nil {
		return err
	}
	if c.Module == nil {
		b.s.Commit(c)
		return nil
	}
	b.size = len(c.Module.Image)
	if err := b.ns.Load(c.Module); err != nil {
		return err
	}
	b.s.Commit(c)
	if o := b.ns.Run(context.Background(), c.Module.ID, namespace.RunOptions{}); o.Failure != nil {
		return o.Failure
	}
	return nil
}

func (b *bench) measure(kind, src string, n int) error {
	var wall []float64
	cpu := cpuTime()
	b.size = 0
	for i := range n {
		text := src
		if !strings.HasPrefix(kind, "again") { // each text is a fresh one
			text += fmt.Sprintf(" // %d", i)
		}
		start := time.Now()
		if err := b.cell(text); err != nil && kind != "error" {
			return fmt.Errorf("%s: %w", kind, err)
		}
		wall = append(wall, ms(time.Since(start)))
	}
	used := ms(cpuTime()-cpu) / float64(n)
	slices.Sort(wall)
	if b.size > 0 && !strings.HasPrefix(kind, "again") {
		b.all = append(b.all, wall...)
	}
	_, _ = fmt.Fprintf(os.Stdout, "%-14s %10.1f %10.1f %10.1f %10.1f\n", kind, wall[n/2], wall[n*9/10], used, float64(b.size)/1024)
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// cpuTime is what this process and its children have used.
func cpuTime() time.Duration {
	var total time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			total += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return total
}
